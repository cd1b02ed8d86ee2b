//! The tables that come with a corpus (CSV).

use super::{CorpusError, Problems};
use crate::csv_text::Table;
use std::path::Path;

/// Reads a table, whatever is wrong with it.
pub(super) fn read(path: &Path) -> Result<Table, CorpusError> {
    let bytes = std::fs::read(path).map_err(|source| CorpusError::Read { path: path.to_owned(), source })?;
    Ok(Table::parse(&bytes))
}

/// Reads a table of which nothing is wrong.
pub(super) fn sound(path: &Path) -> Result<Table, CorpusError> {
    let table = read(path)?;
    if table.problems.is_empty() { Ok(table) } else { Err(refused(path, &table.problems)) }
}

/// The error that names all problems of a table; each starts with the line number.
pub(super) fn refused(path: &Path, problems: &[String]) -> CorpusError {
    let lines: Vec<String> = problems.iter().map(|p| format!("{}:{p}", path.display())).collect();
    let counted = if lines.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", lines.len()) };
    CorpusError::Problems(Problems::new(format!("{}: {counted}; mend the list", path.display()), lines))
}
