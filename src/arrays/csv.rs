//! Tables of text (CSV).

use super::ArrayError;
use super::table::{Cells, Column, Table};
use crate::csv_text;
use rayon::prelude::*;
use std::path::Path;

/// Reads a CSV file; its separator and what stands above its header are found out. `key` and times stay texts, of the other columns
/// those of which most filled cells are numbers become numbers.
pub(super) fn read(path: &Path, key: &str) -> Result<Table, ArrayError> {
    let bytes = std::fs::read(path).map_err(|source| ArrayError::io(path, source))?;
    let table = csv_text::Table::parse(&bytes);
    let mut problems = table.problems.iter();
    if let Some(first) = problems.next() {
        let more = problems.map(|problem| format!("\n  {}:{problem}", path.display())).collect::<String>();
        return Err(ArrayError::Unreadable {
            file: format!("{}:{first}{more}", path.display()),
            why: "mend the table".to_owned(),
        });
    }
    let lines: Vec<usize> = table.rows().map(|(line, _)| line).collect();
    let column = |(i, name): (usize, &String)| {
        let texts = || table.rows().map(|(_, cells)| cells.at(i));
        let filled = texts().filter(|text| !text.is_empty()).count();
        let numbers = texts().filter(|text| text.parse::<f64>().is_ok()).count();
        let is_text = name == key || matches!(name.as_str(), "start" | "end") || 2 * numbers <= filled;
        let cells = if is_text {
            Cells::Texts(texts().map(str::to_owned).collect())
        } else {
            Cells::Numbers(texts().map(|text| text.parse().unwrap_or(f64::NAN)).collect())
        };
        Column { name: name.clone(), cells }
    };
    let columns = table.header.iter().enumerate().map(column).collect();
    Ok(Table { columns, rows: lines.len(), lines: Some(lines) })
}
