//! Tables that come with a corpus (CSV): read once, with every problem by line.

use super::CorpusError;
use std::collections::BTreeMap;
use std::path::Path;

/// A CSV table whose cells are all text.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The names in its first line.
    pub header: Vec<String>,
    /// The other lines: line number and as many cells as the header has.
    pub rows: Vec<(usize, Vec<String>)>,
    /// What is wrong with it, each starting with the line number.
    pub problems: Vec<String>,
}

impl Table {
    /// Reads a table: UTF-8 with or without byte-order mark, any line ends, separated by commas, semicolons or tabs
    /// (whichever the first line holds most of). Lines that do not fit are problems, not rows.
    pub fn read(path: &Path) -> Result<Self, CorpusError> {
        let bytes = std::fs::read(path).map_err(|source| CorpusError::Read { path: path.to_owned(), source })?;
        Ok(Self::parse(&bytes))
    }

    fn parse(bytes: &[u8]) -> Self {
        let mut table = Self::default();
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            table.problems.push("1: is UTF-16; save it as CSV in UTF-8".to_owned());
            return table;
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let count = |separator: &u8| first.iter().filter(|b| *b == separator).count();
        // The first of the most frequent ones: `max_by_key` alone would take the last.
        let separator = *b",;\t".iter().rev().max_by_key(|s| count(s)).unwrap_or(&b',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let mut record = csv::ByteRecord::new();
        let (mut counted, mut line) = (0, 1);
        // Reading from memory with `flexible` cannot fail.
        while let Ok(true) = reader.read_byte_record(&mut record) {
            // The reader's own line numbers lag behind at CRLF and empty lines; count to where the record really starts.
            let start = record.position().map_or(0, |p| p.byte() as usize).min(bytes.len());
            let breaks = bytes[start..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            line += bytes[counted..start + breaks].iter().filter(|b| **b == b'\n').count();
            counted = start + breaks;
            match record.iter().map(|cell| std::str::from_utf8(cell).map(str::to_owned)).collect::<Result<Vec<_>, _>>()
            {
                Err(_) => table.problems.push(format!("{line}: is not UTF-8; save the table in UTF-8")),
                Ok(cells) if table.header.is_empty() && table.problems.is_empty() => table.header = cells,
                Ok(cells) if cells.len() != table.header.len() => {
                    let (found, expected) = (cells.len(), table.header.len());
                    table.problems.push(format!("{line}: {found} cells, the header has {expected}"));
                }
                Ok(cells) => table.rows.push((line, cells)),
            }
        }
        table
    }

    /// The position of a column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }

    /// The table by one of its columns: key to the row's named, filled cells that `wanted` keeps.
    pub fn by(&self, key: &str, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, BTreeMap<String, String>> {
        let Some(key) = self.position(key) else { return BTreeMap::new() };
        let named = |cells: &[String]| {
            let pairs = self.header.iter().zip(cells).filter(|(name, cell)| wanted(name) && !cell.is_empty());
            pairs.map(|(name, cell)| (name.clone(), cell.clone())).collect()
        };
        self.rows.iter().map(|(_, cells)| (cells[key].clone(), named(cells))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_line_ends_and_separators_make_no_difference() {
        let plain = Table::parse(b"file,label\na,happy\nb,sad\n");
        assert_eq!((plain.header.as_slice(), plain.rows.len()), (&["file".to_owned(), "label".to_owned()][..], 2));
        for text in
            ["\u{feff}file,label\r\na,happy\r\nb,sad", "file;label\na;happy\nb;sad", "file\tlabel\na\thappy\nb\tsad\n"]
        {
            let table = Table::parse(text.as_bytes());
            assert_eq!((&table.header, &table.rows, &table.problems), (&plain.header, &plain.rows, &plain.problems));
        }
    }

    #[test]
    fn ragged_and_undecodable_lines_are_problems_with_their_number() {
        let table = Table::parse(b"file,label\na\nb,\xE4\nc,sad\n");
        assert_eq!(table.problems, ["2: 1 cells, the header has 2", "3: is not UTF-8; save the table in UTF-8"]);
        assert_eq!(table.rows, [(4, vec!["c".to_owned(), "sad".to_owned()])]);
        assert!(Table::parse(b"\xFF\xFEf\0").problems[0].contains("UTF-16"));
    }
}
