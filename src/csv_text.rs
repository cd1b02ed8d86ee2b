//! What a reader of CSV leaves open and a person needs: in which line something stands, and whether a quote is closed where
//! it should be.
//!
//! To the reader a quote that is never closed is a long cell: the rows behind it are gone, and nobody is told. Every table that
//! serlab is given is held against [`misquoted`] before its rows are believed.

mod table;

pub use table::{Cells, Table};

/// Counts lines from 1 up to places in a text, in one pass. CR, LF and the two together each end a line, as they each end
/// a row.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    /// Begins at the first line.
    pub fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line of the row that begins at byte `start`, or behind the line ends there: to the reader a row after CR LF or
    /// an empty line begins at these, to a person behind them. Places must not go down.
    pub fn of_row(&mut self, start: usize) -> usize {
        let start = start.clamp(self.at, self.text.len());
        let breaks = self.text[start..].iter().take_while(|b| is_break(**b)).count();
        self.to(start + breaks)
    }

    /// The line that byte `at` stands in.
    fn to(&mut self, at: usize) -> usize {
        let ends = |i: usize| match self.text[i] {
            b'\n' => true,
            b'\r' => self.text.get(i + 1) != Some(&b'\n'),
            _ => false,
        };
        self.line += (self.at..at).filter(|i| ends(*i)).count();
        self.at = at;
        self.line
    }
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Passes over what may stand above a table's header: empty lines, comments (`#`), and the line in which Excel is told the
/// separator (`sep=;`). Gives where the header begins and the separator, if one is named. `text` is without byte-order mark.
pub fn above_header(text: &[u8]) -> (usize, Option<u8>) {
    let (mut at, mut separator) = (0, None);
    while at < text.len() {
        let length = text[at..].iter().position(|b| is_break(*b)).unwrap_or(text.len() - at);
        match text[at..at + length].trim_ascii() {
            [] | [b'#', ..] => {}
            [name @ .., named] if separator.is_none() && name.eq_ignore_ascii_case(b"sep=") => separator = Some(*named),
            _ => break,
        }
        at = (at + length + 1).min(text.len());
    }
    (at, separator)
}

/// The cells that a line must have for a line within a quoted cell to be taken for a row: text of two columns is
/// easily one by chance.
const CELLS_OF_A_ROW: usize = 3;

/// What is wrong with the quotes of a table whose cells are parted by `separator`: the number of the line in which a quote
/// opens, and what is wrong with it. The rows of such a table are not to be believed.
///
/// Wrong is a quote that is never closed, one that closes amid text, and a quoted cell that holds whole rows: as many
/// cells in a line as the first row has, three or more. `text` is without byte-order mark.
pub fn misquoted(text: &[u8], separator: u8) -> Vec<(usize, String)> {
    if !text.contains(&b'"') {
        return Vec::new();
    }
    let (mut lines, mut wrong) = (Lines::of(text), Vec::new());
    let mut table = Quoted { text, separator, cells: None };
    let (mut at, mut row) = (0, Row::default());
    while at < text.len() {
        let quote = table.cell(at);
        if let Some(quote) = &quote {
            let line = lines.to(quote.open);
            match table.fault(&row, quote) {
                // What follows is in the cell or not, and cannot be read.
                Some(Fault::Open) => {
                    wrong.push((line, "the quote that opens here is never closed; close or remove it".to_owned()));
                    return wrong;
                }
                Some(Fault::Amid) => wrong.push((line, amid(line, lines.to(quote.close)))),
                Some(Fault::Rows) => wrong.push((line, rows(line, lines.to(quote.close)))),
                None => {}
            }
        }
        at = table.end(quote.as_ref().map_or(at, |quote| quote.close + 1));
        row.cells += 1;
        if text.get(at).is_none_or(|b| is_break(*b)) {
            // An empty line is no row.
            if at > row.start {
                table.cells.get_or_insert(row.cells);
            }
            row = Row { start: at + 1, cells: 0 };
        }
        at += 1;
    }
    wrong
}

fn amid(open: usize, close: usize) -> String {
    let place = if open == close { "here".to_owned() } else { format!("in line {close}") };
    format!(
        "the quote that opens here closes {place} with more text behind it; close it before the separator, and write a quote \
         within quotes twice"
    )
}

fn rows(open: usize, close: usize) -> String {
    format!(
        "the quote that opens here closes in line {close}, and the lines between look like rows; close it in line {open}, or \
         write its text in one line"
    )
}

enum Fault {
    Open,
    Amid,
    Rows,
}

/// Where the quotes of a cell stand; `close` is the text's length where there is none.
struct Quote {
    open: usize,
    close: usize,
}

/// The row that is being read.
#[derive(Default)]
struct Row {
    start: usize,
    cells: usize,
}

struct Quoted<'a> {
    text: &'a [u8],
    separator: u8,
    /// How many the first row has.
    cells: Option<usize>,
}

impl Quoted<'_> {
    /// The quotes of the cell that begins at `at`, where it is quoted.
    fn cell(&self, at: usize) -> Option<Quote> {
        if self.text[at] != b'"' {
            return None;
        }
        let mut close = at + 1;
        while close < self.text.len() {
            match (self.text[close], self.text.get(close + 1)) {
                (b'"', Some(b'"')) => close += 2,
                (b'"', _) => break,
                _ => close += 1,
            }
        }
        Some(Quote { open: at, close })
    }

    /// Where the separator or line end behind a cell stands, seen from somewhere in it outside of quotes.
    fn end(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        let length = rest.iter().position(|b| *b == self.separator || is_break(*b));
        from + length.unwrap_or(rest.len())
    }

    fn fault(&self, row: &Row, quote: &Quote) -> Option<Fault> {
        if quote.close >= self.text.len() {
            return Some(Fault::Open);
        }
        let behind = &self.text[quote.close + 1..self.end(quote.close + 1)];
        if !behind.trim_ascii().is_empty() {
            return Some(Fault::Amid);
        }
        // Before the row's end is looked for: done for each cell, that would take the square of the cells of a row.
        let inside = self.text[quote.open..quote.close].iter().filter(|b| is_break(**b)).count();
        let cells = self.cells.filter(|cells| inside > 0 && *cells >= CELLS_OF_A_ROW)?;
        let line_end = (quote.close..self.text.len()).find(|i| is_break(self.text[*i])).unwrap_or(self.text.len());
        let lines: Vec<&[u8]> = self.text[row.start..line_end].split(|b| is_break(*b)).collect();
        let is_row = |line: &&[u8]| line.iter().filter(|b| **b == self.separator).count() + 1 == cells;
        let ends = [lines.first(), lines.last()].into_iter().flatten().all(is_row);
        let between = lines.get(1..lines.len() - 1).is_some_and(|between| between.iter().any(is_row));
        (ends || between).then_some(Fault::Rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines_of(text: &str) -> Vec<usize> {
        misquoted(text.as_bytes(), b',').into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_by_the_line_where_it_opens() {
        let text = "file,label,speaker\na,x,1\n\nb,x,\"1\nc,x,1\nd,x,1\n";
        let wrong = misquoted(text.as_bytes(), b',');
        assert_eq!(wrong, [(4, "the quote that opens here is never closed; close or remove it".to_owned())]);
        assert_eq!(lines_of("a,\"b"), [1]);
        assert_eq!(lines_of("\""), [1]);
        assert_eq!(lines_of("a\r\nb\r\n\"c\r\nd"), [3]);
    }

    #[test]
    fn a_quote_that_closes_further_down_is_told_by_the_line_where_it_opens() {
        // At the quote of another row, whose text then stands behind it.
        assert_eq!(lines_of("f,l,s,t\na,x,1,\"hello\nb,x,1,no\nc,x,1,\"dear, you\"\nd,x,1,no\n")[0], 2);
        // At the end of a row that lacks the first of its own.
        let wrong = misquoted(b"f,l,s,t\na,x,1,\"hello\nb,x,1,no\nc,x,1,you\"\nd,x,1,no\n", b',');
        assert!(wrong[0].0 == 2 && wrong[0].1.contains("closes in line 4"), "{wrong:?}");
        assert_eq!(lines_of("f,l,s,t\na,\"x,1,hello\nb,x\",1,no\nc,x,1,you\n"), [2], "one row, amid it");
        assert_eq!(lines_of("f,l,s,t\na,x,1,\"hello\nb,x,1,no\n\"\n"), [2], "in a line of its own");
    }

    #[test]
    fn a_hundred_thousand_quoted_names_of_a_header_are_read_at_once() {
        let names: Vec<String> = (0..100_000).map(|i| format!("\"name {i}\"")).collect();
        let text = format!("{}\n{}\n", names.join(","), names.join(","));
        // Where each of them is looked for its line's end, this takes half a minute.
        assert_eq!(misquoted(text.as_bytes(), b','), []);
    }

    #[test]
    fn sound_quotes_are_left_alone() {
        for text in [
            "f,l,s,t\na,x,1,\"one, two\"\nb,x,1,\"say \"\"no\"\"\"\n",
            "f,l,s,t\na,x,1,\"a text\nof two lines, or\nthree\"\nb,x,1,\"\"\n",
            "t,f,l,s\n\"two\nlines\",a,x,1\n",
            "f,l,s\n\"a\" ,\"x\"\t,\"1\"\r\n",
            "f,l,s\n5\" pipe,x,a\"b\n",
            "a,b\n\"1,2\n3\",x\n",
        ] {
            assert_eq!(misquoted(text.as_bytes(), b','), [], "{text}");
        }
        assert_eq!(misquoted(b"a;b;c\n\"1;2\";x;\"y\"\n", b';'), []);
    }

    #[test]
    fn lines_end_where_rows_do() {
        let text = b"a\rb\nc\r\nd\n\r\n\re";
        let mut lines = Lines::of(text);
        let at = |byte: u8| text.iter().position(|b| *b == byte).unwrap();
        assert_eq!([b'a', b'b', b'c', b'd', b'e'].map(|b| lines.of_row(at(b))), [1, 2, 3, 4, 7]);
        assert_eq!(Lines::of(text).of_row(at(b'd') + 1), 7, "a row begins behind empty lines");
    }

    #[test]
    fn comments_and_the_separator_for_excel_may_stand_above_a_header() {
        let of = |text: &str| above_header(text.as_bytes());
        assert_eq!(of("file;label"), (0, None));
        assert_eq!(of("sep=;\r\nfile;label"), (7, Some(b';')));
        assert_eq!(of("# made by hand\n\n#\nSEP=,\nfile,label"), (24, Some(b',')));
        assert_eq!(of("sep=;\nsep=;"), (6, Some(b';')), "a column may be called so");
        assert_eq!([of(""), of("# nothing"), of("\n")], [(0, None), (9, None), (1, None)]);
    }

    proptest! {
        #[test]
        fn what_a_writer_of_csv_quotes_is_sound(rows in proptest::collection::vec(["[a-z,\" ]{0,6}", "[a-z,\"]{0,6}"], 0..6)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            prop_assert_eq!(misquoted(&writer.into_inner().unwrap(), b','), []);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::sample::select(&b"a,\"\n\r"[..]), 0..60)) {
            let breaks = bytes.iter().filter(|b| is_break(**b)).count();
            prop_assert!(above_header(&bytes).0 <= bytes.len());
            prop_assert!(misquoted(&bytes, b',').iter().all(|(line, _)| (1..=breaks + 1).contains(line)));
        }
    }
}
