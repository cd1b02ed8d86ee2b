//! Tables of text (CSV).

use super::ArrayError;
use super::table::{Cells, Column, Table};
use crate::csv_text;
use rayon::prelude::*;
use std::path::Path;

/// Reads a CSV file; its separator and what stands above its header are found out.
pub(super) fn read(path: &Path) -> Result<Table, ArrayError> {
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
    let column = |(i, name): (usize, &String)| Column {
        name: name.clone(),
        cells: Cells::Texts(table.rows().map(|(_, cells)| cells.at(i).to_owned()).collect()),
    };
    let columns = table.header.iter().enumerate().map(column).collect();
    Ok(Table { columns, rows: lines.len(), lines: Some(lines) })
}
