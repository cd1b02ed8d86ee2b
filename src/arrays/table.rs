//! Tables with a row a clip.

use super::{ArrayError, csv, npz, parquet};
use std::path::Path;

/// A table, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: usize,
    /// The line of each row, where the file is text.
    pub(super) lines: Option<Vec<usize>>,
}

/// A column: as many cells as there are rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub cells: Cells,
}

/// The cells of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Texts.
    Texts(Vec<String>),
    /// Numbers; NaN where a cell is empty.
    Numbers(Vec<f64>),
    /// Spans of time in seconds; NaN where a cell is empty.
    Seconds(Vec<f64>),
}

impl Table {
    /// Reads a table by its name's ending: `.csv` (and `.tsv`, `.txt`), `.parquet` or `.npz`; `key` is the column that names
    /// the clips, which tells an archive's rows.
    ///
    /// # Errors
    /// A file that cannot be read or is none of these; a table with lines that do not fit.
    pub fn read(path: &Path, key: &str) -> Result<Self, ArrayError> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match ending.as_str() {
            "csv" | "tsv" | "txt" => csv::read(path, key),
            "parquet" | "pq" => parquet::read(path),
            "npz" => npz::read(path, key),
            _ => {
                let why = "a table is a .csv, .parquet or .npz file, told by its name's ending";
                Err(ArrayError::unreadable(path, why))
            }
        }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Where a row stands, for messages: `line 17`, `row 16`.
    pub fn place(&self, row: usize) -> String {
        self.lines.as_ref().map_or_else(|| format!("row {}", row + 1), |lines| format!("line {}", lines[row]))
    }
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Numbers(numbers) | Self::Seconds(numbers) => numbers.len(),
        }
    }

    /// The number in a row; NaN where there is none.
    pub fn number(&self, row: usize) -> f64 {
        match self {
            Self::Texts(texts) => texts[row].trim().parse().unwrap_or(f64::NAN),
            Self::Numbers(numbers) | Self::Seconds(numbers) => numbers[row],
        }
    }

    /// The cell in a row as a text, whole numbers without a point.
    pub fn text(&self, row: usize) -> String {
        match self {
            Self::Texts(texts) => texts[row].clone(),
            Self::Numbers(numbers) | Self::Seconds(numbers) => numbers[row].to_string(),
        }
    }

    /// The span of time in a row, in seconds: a number, or as pandas writes one (`0 days 00:00:03.303312500`); NaN where there
    /// is none.
    pub fn seconds(&self, row: usize) -> f64 {
        match self {
            Self::Texts(texts) => seconds(texts[row].trim()).unwrap_or(f64::NAN),
            Self::Numbers(numbers) | Self::Seconds(numbers) => numbers[row],
        }
    }

    /// Whether they are numbers.
    pub fn is_numeric(&self) -> bool {
        matches!(self, Self::Numbers(_))
    }
}

/// Seconds from a number or from pandas' way to write a span of time.
fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (days, clock) = match text.split_once(" days").or_else(|| text.split_once(" day")) {
        Some((days, rest)) if rest.trim().is_empty() => return Some(days.trim().parse::<f64>().ok()? * 86_400.0),
        Some((days, rest)) => (days.trim().parse::<f64>().ok()?, rest.trim().trim_start_matches('+')),
        None => (0.0, text),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, rest] = parts[..] else { return None };
    let [hours, minutes, rest]: [f64; 3] = [hours.parse().ok()?, minutes.parse().ok()?, rest.parse().ok()?];
    Some(days * 86_400.0 + hours * 3600.0 + minutes * 60.0 + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_are_read_as_pandas_writes_them() {
        let of = |text: &str| Cells::Texts(vec![text.to_owned()]).seconds(0);
        assert_eq!([of("0 days"), of("0 days 00:00:03.303312500"), of("1 days 01:02:03")], [0.0, 3.3033125, 90_123.0]);
        assert_eq!([of("2.5"), of("00:01:00.5")], [2.5, 60.5]);
        assert!(of("NaT").is_nan() && of("").is_nan() && of("soon").is_nan());
    }

    #[test]
    fn a_column_of_text_is_of_numbers_where_most_cells_are() {
        let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
        std::fs::write(file.path(), "file,a,b,c,d\n007,1,,x,\n8,2.5,nan,y,\n9,x,3,3,\n").unwrap();
        let table = Table::read(file.path(), "file").unwrap();
        let of = |name: &str| &table.column(name).unwrap().cells;
        assert_eq!(["file", "a", "b", "c", "d"].map(|name| of(name).is_numeric()), [false, true, true, false, false]);
        assert_eq!((of("file").text(0), of("a").number(1)), ("007".to_owned(), 2.5));
        assert!(of("a").number(2).is_nan() && of("b").number(0).is_nan());
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        let said = Table::read(Path::new("a.xlsx"), "file").unwrap_err().to_string();
        assert!(said.contains(".csv, .parquet or .npz"), "{said}");
    }
}
