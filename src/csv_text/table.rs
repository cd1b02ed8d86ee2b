//! Tables (CSV): read once, with every problem by line.

use super::{Lines, above_header, misquoted};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A CSV table whose cells are all text.
///
/// The cells lie one after another in one text: a list of a million clips takes a fraction of the memory that a text of its
/// own for each cell would.
#[derive(Debug, Default)]
pub struct Table {
    /// The names in its first line.
    pub header: Vec<String>,
    /// What is wrong with it, each starting with the line number.
    pub problems: Vec<String>,
    /// The line number of each row; a row has as many cells as the header.
    lines: Vec<usize>,
    text: String,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
}

impl Table {
    /// Reads a table from its bytes: UTF-8 with or without byte-order mark, any line ends, separated by commas, semicolons or tabs
    /// (whichever the header holds most of, or as `sep=;` above it says). Lines that do not fit are problems, not rows; where a
    /// quote is wrong, there are no rows at all.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut table = Self::default();
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            table.problems.push("1: is UTF-16; save it as CSV in UTF-8".to_owned());
            return table;
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let (header, named) = above_header(bytes);
        let text = &bytes[header..];
        let separator = named.unwrap_or_else(|| separator(text));
        let mut lines = Lines::of(bytes);
        let above = lines.of_row(header) - 1;
        let wrong = misquoted(text, separator);
        if !wrong.is_empty() {
            table.problems = wrong.into_iter().map(|(line, what)| format!("{}: {what}", above + line)).collect();
            return table;
        }
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text);
        let mut record = csv::ByteRecord::new();
        // Reading from memory with `flexible` cannot fail.
        while let Ok(true) = reader.read_byte_record(&mut record) {
            // The reader's own line numbers lag behind at CRLF and empty lines.
            let line = lines.of_row(header + record.position().map_or(0, |p| p.byte() as usize));
            table.add(line, &record);
        }
        table
    }

    /// Takes up a line: as header, as a row or as a problem.
    fn add(&mut self, line: usize, record: &csv::ByteRecord) {
        let texts = || record.iter().map(std::str::from_utf8);
        if texts().any(|cell| cell.is_err()) {
            self.problems.push(format!("{line}: is not UTF-8; save the table in UTF-8"));
        } else if self.header.is_empty() && self.problems.is_empty() {
            self.header = texts().flatten().map(str::to_owned).collect();
        } else if record.len() != self.header.len() && record.get(0).is_some_and(|cell| cell.starts_with(b"#")) {
            self.problems.push(format!("{line}: a comment may only stand above the header; take it out"));
        } else if record.len() != self.header.len() {
            let (found, expected) = (record.len(), self.header.len());
            self.problems.push(format!("{line}: {found} cells, the header has {expected}"));
        } else {
            self.lines.push(line);
            for cell in texts().flatten() {
                self.text.push_str(cell);
                self.ends.push(self.text.len());
            }
        }
    }

    /// The rows, each with its line number.
    pub fn rows(&self) -> impl IndexedParallelIterator<Item = (usize, Cells<'_>)> {
        self.lines.par_iter().enumerate().map(|(row, line)| (*line, Cells { table: self, row }))
    }

    /// The position of a column: of that name, or of the only one that differs from it in case (`File`).
    pub fn position(&self, name: &str) -> Option<usize> {
        let in_any_case = || {
            let mut alike = (0..self.header.len()).filter(|i| self.header[*i].to_lowercase() == name.to_lowercase());
            alike.next().filter(|_| alike.next().is_none())
        };
        self.header.iter().position(|h| h == name).or_else(in_any_case)
    }

    /// The table by one of its columns: key to the row's named, filled cells that `wanted` keeps.
    pub fn by(&self, key: &str, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, BTreeMap<String, String>> {
        let Some(key) = self.position(key) else { return BTreeMap::new() };
        let named = |cells: Cells<'_>| {
            let pairs = self.header.iter().zip(cells.iter()).filter(|(name, cell)| wanted(name) && !cell.is_empty());
            pairs.map(|(name, cell)| (name.clone(), cell.to_owned())).collect()
        };
        let rows = (0..self.lines.len()).map(|row| Cells { table: self, row });
        rows.map(|cells| (cells.at(key).to_owned(), named(cells))).collect()
    }
}

/// The separator that the first line holds most of.
fn separator(text: &[u8]) -> u8 {
    let first = text.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    let count = |separator: &u8| first.iter().filter(|b| *b == separator).count();
    // The first of the most frequent ones: `max_by_key` alone would take the last.
    *b",;\t".iter().rev().max_by_key(|s| count(s)).unwrap_or(&b',')
}

/// The cells of one row.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'t> {
    table: &'t Table,
    row: usize,
}

impl<'t> Cells<'t> {
    /// The cell under the header's name number `column`.
    pub fn at(self, column: usize) -> &'t str {
        let cell = self.row * self.table.header.len() + column;
        let start = cell.checked_sub(1).map_or(0, |before| self.table.ends[before]);
        &self.table.text[start..self.table.ends[cell]]
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = &'t str> {
        (0..self.table.header.len()).map(move |column| self.at(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(table: &Table) -> Vec<(usize, Vec<&str>)> {
        table.rows().map(|(line, cells)| (line, cells.iter().collect())).collect()
    }

    #[test]
    fn byte_order_marks_line_ends_and_separators_make_no_difference() {
        let plain = Table::parse(b"file,label\na,happy\nb,sad\n");
        assert_eq!(plain.header, ["file", "label"]);
        assert_eq!(rows(&plain), [(2, vec!["a", "happy"]), (3, vec!["b", "sad"])]);
        for text in
            ["\u{feff}file,label\r\na,happy\r\nb,sad", "file;label\na;happy\nb;sad", "file\tlabel\na\thappy\nb\tsad\n"]
        {
            let table = Table::parse(text.as_bytes());
            assert_eq!((&table.header, rows(&table), &table.problems), (&plain.header, rows(&plain), &plain.problems));
        }
    }

    #[test]
    fn ragged_and_undecodable_lines_are_problems_with_their_number() {
        let table = Table::parse(b"file,label\na\nb,\xE4\nc,sad\n");
        assert_eq!(table.problems, ["2: 1 cells, the header has 2", "3: is not UTF-8; save the table in UTF-8"]);
        assert_eq!(rows(&table), [(4, vec!["c", "sad"])]);
        let empty = Table::parse(b"file,label\n,\n\n,x\n");
        assert_eq!(rows(&empty), [(2, vec!["", ""]), (4, vec!["", "x"])], "cells may be empty, lines are passed over");
        assert!(Table::parse(b"\xFF\xFEf\0").problems[0].contains("UTF-16"));
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line_as_it_ends_a_row() {
        let table = Table::parse(&[0, 10, 0, 13, 0, 0]);
        assert_eq!(rows(&table), [(2, vec!["\0"]), (3, vec!["\0\0"])]);
        assert_eq!(rows(&Table::parse(b"a\rb\rc\r\rd")), [(2, vec!["b"]), (3, vec!["c"]), (5, vec!["d"])]);
    }

    #[test]
    fn of_a_table_with_an_open_quote_no_row_is_believed() {
        let table = Table::parse(b"\xEF\xBB\xBF# list\nfile,label,speaker\na,x,1\nb,\"x,1\nc,x,1\n");
        assert_eq!(table.problems, ["4: the quote that opens here is never closed; close or remove it"]);
        assert_eq!((rows(&table).len(), table.header.len()), (0, 0));
    }

    #[test]
    fn what_excel_and_people_write_above_a_header_is_passed_over() {
        let table = Table::parse(b"sep=;\r\n# by hand\r\nFile;Label\r\na,b;happy\r\n# no more\r\n");
        assert_eq!(rows(&table), [(4, vec!["a,b", "happy"])]);
        assert_eq!(table.problems, ["5: a comment may only stand above the header; take it out"]);
        assert_eq!(
            (table.position("label"), table.position("file"), table.position("speaker")),
            (Some(1), Some(0), None)
        );
        let both = Table::parse(b"File,FILE,file\n");
        assert_eq!((both.position("file"), both.position("fiLe")), (Some(2), None));
    }

    proptest! {
        #[test]
        fn of_arbitrary_bytes_each_row_is_as_wide_as_the_header_and_below_the_one_before(
            bytes in proptest::collection::vec(prop_oneof![any::<u8>(), proptest::sample::select(&b"a,;\t\n\r\"\xEF\xBB\xBF"[..])], 0..80),
        ) {
            let table = Table::parse(&bytes);
            let rows = rows(&table);
            prop_assert!(rows.iter().all(|(_, cells)| cells.len() == table.header.len()));
            prop_assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0), "{:?}", rows);
            let breaks = bytes.iter().filter(|b| matches!(b, b'\r' | b'\n')).count();
            prop_assert!(rows.iter().all(|(line, _)| (1..=breaks + 1).contains(line)));
        }

        #[test]
        fn cells_read_back_as_they_were_written(rows in proptest::collection::vec(("[a-z,;\"\n]{0,6}", "[a-zäöü ]{0,6}"), 0..6)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["first", "second"]).unwrap();
            rows.iter().for_each(|(a, b)| writer.write_record([a.trim(), b.trim()]).unwrap());
            let table = Table::parse(&writer.into_inner().unwrap());
            let read: Vec<(&str, &str)> = self::rows(&table).into_iter().map(|(_, cells)| (cells[0], cells[1])).collect();
            let expected: Vec<(&str, &str)> = rows.iter().map(|(a, b)| (a.trim(), b.trim())).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
