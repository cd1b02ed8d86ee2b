//! One table, written as text, Markdown, CSV or JSON.

use super::ReportError;
use crate::record::csv_bytes;
use serde_json::{Map, Value};
use std::str::FromStr;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Aligned columns for a terminal.
    #[default]
    Text,
    /// Markdown of GitHub.
    Markdown,
    /// CSV with a header; numbers in full.
    Csv,
    /// One versioned JSON document; numbers in full.
    Json,
}

impl FromStr for Format {
    type Err = ReportError;
    fn from_str(name: &str) -> Result<Self, ReportError> {
        match name {
            "text" => Ok(Self::Text),
            "markdown" => Ok(Self::Markdown),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            other => Err(ReportError::UnknownFormat(other.to_owned())),
        }
    }
}

/// Who a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Readers and programs.
    Always,
    /// Readers: text and Markdown, where a figure and its spread share a cell.
    Readers,
    /// Programs: CSV and JSON, where every number has a column of its own.
    Programs,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name in CSV and JSON.
    pub key: String,
    /// Its head in text and Markdown.
    pub title: String,
    /// Who it is for.
    pub shown: Shown,
}

/// A value in a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, shown to readers with this many decimals.
    Number(f64, usize),
    /// A share in [0, 1], shown to readers in percent with one decimal; programs get the share.
    Share(f64),
    /// A number of things.
    Count(u64),
    /// Pieces of one value for readers, such as mean, deviation and interval: each is aligned with its like in the other
    /// rows.
    Parts(Vec<String>),
    /// Nothing to say.
    Empty,
}

impl Cell {
    /// A share in [0, 1]. NaN is nothing to say.
    pub fn share(value: f64) -> Self {
        if value.is_nan() { Self::Empty } else { Self::Share(value) }
    }

    /// A number that is no share, with `decimals` for readers. NaN is nothing to say.
    pub fn number(value: f64, decimals: usize) -> Self {
        if value.is_nan() { Self::Empty } else { Self::Number(value, decimals) }
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
            Self::Number(value, decimals) => number(*value, *decimals),
            Self::Share(value) => percent(*value),
            Self::Count(count) => count.to_string(),
            Self::Parts(parts) => parts.iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(" "),
            Self::Empty => String::new(),
        }
    }

    fn data(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Number(value, _) | Self::Share(value) => Value::from(*value),
            Self::Count(count) => Value::from(*count),
            Self::Parts(_) => Value::from(self.shown()),
            Self::Empty => Value::Null,
        }
    }

    const fn is_number(&self) -> bool {
        matches!(self, Self::Number(..) | Self::Share(_) | Self::Count(_))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// A number with fixed decimals, without a negative zero.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let is_zero = text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

/// A share in percent, one decimal, without the sign: tables tell the unit at the head of the column.
pub(super) fn percent(share: f64) -> String {
    number(100.0 * share, 1)
}

/// Rows under named columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, a cell a column.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows. Each column is its key, its title and who it is for.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, &'a str, Shown)>) -> Self {
        let column = |(key, title, shown): (&str, &str, Shown)| Column { key: key.into(), title: title.into(), shown };
        Self { columns: columns.into_iter().map(column).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell a column");
        self.rows.push(cells);
    }

    /// Aligned columns, two spaces between them, numbers to the right. Columns in which nothing is said are left out, and
    /// the head if no column has a title.
    pub fn text(&self) -> String {
        let (titles, rows, right) = self.aligned().for_readers();
        let widths: Vec<usize> = (0..titles.len())
            .map(|i| rows.iter().map(|r| width(&r[i])).chain([width(&titles[i])]).max().unwrap_or(0))
            .collect();
        let line = |cells: &[String]| -> String {
            let mut out = String::new();
            for (i, cell) in cells.iter().enumerate() {
                let space = " ".repeat(widths[i] - width(cell));
                let gap = if i == 0 { "" } else { "  " };
                out += &if right[i] { format!("{gap}{space}{cell}") } else { format!("{gap}{cell}{space}") };
            }
            out.trim_end().to_owned() + "\n"
        };
        let head = Some(&titles).filter(|t| t.iter().any(|title| !title.is_empty()));
        head.into_iter().chain(&rows).map(|cells| line(cells)).collect()
    }

    /// A table of GitHub's Markdown.
    pub fn markdown(&self) -> String {
        let (titles, rows, right) = self.for_readers();
        let escape = |cell: &String| {
            let cell = cell.replace('&', "&amp;").replace('<', "&lt;").replace('\\', "\\\\");
            cell.replace('|', "\\|").replace('*', "\\*").replace('_', "\\_").replace('`', "\\`")
        };
        let line = |cells: &[String]| format!("| {} |\n", cells.iter().map(escape).collect::<Vec<_>>().join(" | "));
        let rule: Vec<&str> = right.iter().map(|r| if *r { "---:" } else { "---" }).collect();
        let rows: String = rows.iter().map(|r| line(r)).collect();
        format!("{}| {} |\n{rows}", line(&titles), rule.join(" | "))
    }

    /// CSV with the keys as header; nothing for what is not known.
    pub fn csv(&self) -> String {
        let chosen = self.for_programs();
        let mut lines = vec![chosen.iter().map(|i| self.columns[*i].key.clone()).collect::<Vec<_>>()];
        let text = |cell: &Cell| match cell {
            Cell::Number(value, _) | Cell::Share(value) => crate::record::float(*value),
            other => other.shown(),
        };
        lines.extend(self.rows.iter().map(|row| chosen.iter().map(|i| text(&row[*i])).collect()));
        String::from_utf8_lossy(&csv_bytes(&lines)).into_owned()
    }

    /// One object a row, its keys those of the columns.
    pub fn json(&self) -> Value {
        let chosen = self.for_programs();
        let row = |row: &Vec<Cell>| -> Value {
            chosen.iter().map(|i| (self.columns[*i].key.clone(), row[*i].data())).collect::<Map<_, _>>().into()
        };
        self.rows.iter().map(row).collect()
    }

    /// The table as a whole answer, JSON as a document with `kind`.
    pub fn render(&self, format: Format, kind: &str) -> String {
        match format {
            Format::Text => self.text(),
            Format::Markdown => self.markdown(),
            Format::Csv => self.csv(),
            Format::Json => super::document(kind, self.json()),
        }
    }

    /// Places that a line of the text takes at most.
    pub(super) fn text_width(&self) -> usize {
        self.text().lines().map(width).max().unwrap_or(0)
    }

    /// The same with each [`Cell::Parts`] as one text whose pieces are as wide as the widest of their column.
    fn aligned(&self) -> Self {
        let mut table = self.clone();
        for column in 0..self.columns.len() {
            let parts =
                |row: &Vec<Cell>| if let Cell::Parts(parts) = &row[column] { parts.clone() } else { Vec::new() };
            let rows: Vec<Vec<String>> = self.rows.iter().map(parts).collect();
            let most = rows.iter().map(Vec::len).max().unwrap_or(0);
            let width_of = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|p| width(p)).max().unwrap_or(0);
            let widths: Vec<usize> = (0..most).map(width_of).collect();
            for (row, parts) in table.rows.iter_mut().zip(&rows).filter(|(_, parts)| !parts.is_empty()) {
                let piece = |(part, wide): (&String, &usize)| format!("{}{part}", " ".repeat(wide - width(part)));
                let pieces: Vec<String> = parts.iter().zip(&widths).filter(|(_, w)| **w > 0).map(piece).collect();
                row[column] = Cell::Text(pieces.join(" "));
            }
        }
        table
    }

    fn for_programs(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|i| self.columns[*i].shown != Shown::Readers).collect()
    }

    /// Titles, cells, and whether a column is aligned to the right.
    fn for_readers(&self) -> (Vec<String>, Vec<Vec<String>>, Vec<bool>) {
        let says = |i: usize| self.rows.iter().any(|r| r[i] != Cell::Empty);
        let chosen: Vec<usize> = (0..self.columns.len())
            .filter(|i| self.columns[*i].shown != Shown::Programs && (self.rows.is_empty() || says(*i)))
            .collect();
        let titles = chosen.iter().map(|i| self.columns[*i].title.clone()).collect();
        let rows = self.rows.iter().map(|r| chosen.iter().map(|i| r[*i].shown()).collect()).collect();
        let right = chosen.iter().map(|i| self.rows.iter().any(|r| r[*i].is_number())).collect();
        (titles, rows, right)
    }
}

/// Places a text takes in a terminal: two for wide letters of East Asia and emoji, none for combining marks.
fn width(text: &str) -> usize {
    let one = |c: char| match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xff00..=0xff60 | 0x1f300..=0x1faff => {
            2
        }
        _ => 1,
    };
    text.chars().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Table {
        let mut table = Table::new([
            ("name", "name", Shown::Always),
            ("uar", "UAR", Shown::Always),
            ("spread", "spread", Shown::Readers),
            ("uar_sd", "sd", Shown::Programs),
            ("note", "note", Shown::Always),
        ]);
        table.row(vec!["2d|x".into(), Cell::share(1.0 / 3.0), "± 0.1".into(), Cell::Number(0.1, 3), Cell::Empty]);
        table.row(vec!["喜び, é".into(), Cell::share(f64::NAN), Cell::Empty, Cell::Empty, Cell::Empty]);
        table
    }

    #[test]
    fn text_is_aligned_and_leaves_out_what_is_empty() {
        assert_eq!(example().text(), "name      UAR  spread\n2d|x     33.3  ± 0.1\n喜び, é\n");
    }

    #[test]
    fn markdown_escapes_what_would_break_the_table() {
        let expected = "| name | UAR | spread |\n| --- | ---: | --- |\n| 2d\\|x | 33.3 | ± 0.1 |\n| 喜び, é |  |  |\n";
        assert_eq!(example().markdown(), expected);
    }

    #[test]
    fn programs_get_numbers_in_full_and_all_columns() {
        let expected = "name,uar,uar_sd,note\n2d|x,0.3333333333333333,0.1,\n\"喜び, é\",,,\n";
        assert_eq!(example().csv(), expected);
        let json = example().json();
        assert_eq!(json[0]["uar"], 1.0 / 3.0);
        assert_eq!(json[1]["uar"], Value::Null);
        let keys: Vec<&String> = json[0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["name", "uar", "uar_sd", "note"]);
    }

    #[test]
    fn pieces_of_a_value_are_aligned_in_text_and_only_joined_in_markdown() {
        let mut table = Table::new([("uar", "UAR (%)", Shown::Always)]);
        let parts = |parts: [&str; 3]| Cell::Parts(parts.map(str::to_owned).to_vec());
        table.row(vec![parts(["5.0", "", "[1.0, 22.5]"])]);
        table.row(vec![parts(["41.3", "", "[0.5, 9.5]"])]);
        table.row(vec![Cell::Empty]);
        assert_eq!(table.text(), "UAR (%)\n 5.0 [1.0, 22.5]\n41.3  [0.5, 9.5]\n\n");
        assert!(table.markdown().contains("| 41.3 [0.5, 9.5] |"), "{}", table.markdown());
    }

    #[test]
    fn a_clip_cannot_write_to_the_terminal() {
        let mut table = Table::new([("clip", "clip", Shown::Always)]);
        table.row(vec!["\u{1b}[2J".into()]);
        assert!(!table.text().contains('\u{1b}'));
    }

    #[test]
    fn formats_have_names() {
        assert_eq!("csv".parse::<Format>().unwrap(), Format::Csv);
        assert!("xml".parse::<Format>().unwrap_err().to_string().contains("`markdown`"));
    }
}
