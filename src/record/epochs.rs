//! `epochs.csv`: one row an epoch.

use super::rows::float;

/// The table of epochs: the first column is `epoch`, counted from 1 without gaps; the others are numbers, named
/// `learning_rate`, `train_<metric>`, `validation_<metric>` and, where asked for, `unaugmented_<metric>` (of the training rows as they
/// are). Those of validation are of the rows that pick the epoch: where these are no validation rows, `epoch_picked_on` of `evaluation.json` says which, and so does `fit.epoch` of `config.toml`. A network that was
/// solved for at once has one row, 1, with the figures of the solution and no learning rate.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Epochs {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// One row an epoch, one value a column; NaN where there was nothing to measure.
    pub rows: Vec<Vec<f64>>,
}

impl Epochs {
    /// A table without rows.
    pub fn new(columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// The values of a column, in the order of epochs.
    pub fn column(&self, name: &str) -> Option<Vec<f64>> {
        let at = self.columns.iter().position(|c| c == name)?;
        Some(self.rows.iter().map(|r| r[at]).collect())
    }

    /// The header line, without its end.
    pub fn header(&self) -> String {
        self.columns.join(",")
    }

    /// One row as a line, without its end: whole numbers without a point, others in the shortest form that reads back
    /// as the same number, nothing for NaN.
    pub fn line(row: &[f64]) -> String {
        let cells: Vec<String> = row.iter().map(|v| float(*v)).collect();
        cells.join(",")
    }

    /// The whole file.
    pub fn csv(&self) -> String {
        let mut out = self.header() + "\n";
        for row in &self.rows {
            out += &Self::line(row);
            out.push('\n');
        }
        out
    }

    /// Keeps the epochs up to `last`: what a checkpoint of that epoch continues.
    pub fn truncate(&mut self, last: usize) {
        self.rows.retain(|r| r[0] <= last as f64);
    }

    /// Reads the file back. A torn last line, as a killed process leaves it, is dropped, and the second value says so.
    ///
    /// # Errors
    /// Damage anywhere else, with its line number.
    pub fn parse(text: &str) -> Result<(Self, Option<String>), String> {
        let mut lines = text.split_inclusive('\n');
        let header = lines.next().filter(|l| l.ends_with('\n')).ok_or("line 1: the header is missing or torn")?;
        let mut table = Self::new(header.trim_end().split(','));
        if table.columns[0] != "epoch" {
            return Err(format!("line 1: the first column must be `epoch`, found `{}`", table.columns[0]));
        }
        let lines: Vec<&str> = lines.collect();
        for (i, line) in lines.iter().enumerate() {
            let number = i + 2;
            match table.row(line) {
                Ok(row) => table.rows.push(row),
                Err(why) if i + 1 == lines.len() => {
                    return Ok((table, Some(format!("line {number} was torn ({why}) and has been dropped"))));
                }
                Err(why) => return Err(format!("line {number}: {why}")),
            }
        }
        Ok((table, None))
    }

    fn row(&self, line: &str) -> Result<Vec<f64>, String> {
        let Some(line) = line.strip_suffix('\n') else { return Err("it has no end".to_owned()) };
        let row = line
            .trim_end_matches('\r')
            .split(',')
            .map(|cell| match cell {
                "" => Ok(f64::NAN),
                cell => cell.parse().map_err(|_| format!("`{}` is not a number", cell.escape_default())),
            })
            .collect::<Result<Vec<f64>, String>>()?;
        if row.len() != self.columns.len() {
            return Err(format!("{} values for {} columns", row.len(), self.columns.len()));
        }
        let expected = self.rows.len() as f64 + 1.0;
        if row[0] != expected {
            return Err(format!("epoch {} where epoch {expected} belongs", float(row[0])));
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example() -> Epochs {
        let mut table = Epochs::new(["epoch", "learning_rate", "train_loss", "validation_uar"]);
        table.rows = vec![vec![1.0, 1e-3, 1.25, 0.1 + 0.2], vec![2.0, 1e-7, f64::INFINITY, 1.0 / 3.0]];
        table
    }

    #[test]
    fn a_table_reads_back_bit_by_bit() {
        let csv = example().csv();
        assert_eq!(csv.lines().nth(1), Some("1,0.001,1.25,0.30000000000000004"));
        assert_eq!(Epochs::parse(&csv).unwrap(), (example(), None));
        let mut nan = example();
        nan.rows[0][2] = f64::NAN;
        assert_eq!(Epochs::parse(&nan.csv()).unwrap().0.csv(), nan.csv());
    }

    #[test]
    fn a_torn_last_line_is_dropped_wherever_it_was_torn() {
        let csv = example().csv();
        let whole = csv.lines().take(2).map(|l| l.len() + 1).sum::<usize>();
        for cut in whole + 1..csv.len() {
            let (table, note) = Epochs::parse(&csv[..cut]).unwrap();
            assert_eq!(table.rows.len(), 1, "cut at {cut}");
            assert!(note.unwrap().contains("line 3 was torn"));
        }
        let zeros = format!("{}\0\0\0\0\n", &csv[..whole]);
        assert_eq!(Epochs::parse(&zeros).unwrap().0.rows.len(), 1);
    }

    #[test]
    fn damage_in_the_middle_is_an_error_with_its_line() {
        let csv = example().csv().replace("1,0.001", "1,O.001");
        assert_eq!(Epochs::parse(&csv).unwrap_err(), "line 2: `O.001` is not a number");
        let twice = "epoch,train_loss\n1,2\n1,2\n2,1\n";
        assert_eq!(Epochs::parse(twice).unwrap_err(), "line 3: epoch 1 where epoch 2 belongs");
    }

    proptest! {
        #[test]
        fn any_text_is_a_table_that_reads_back_or_is_refused(text in "(epoch(,[a-z]{0,3}){0,2}\r?\n)?([0-9,.\\-eNainf]{0,9}\r?\n?){0,4}") {
            if let Ok((table, _)) = Epochs::parse(&text) {
                let (again, torn) = Epochs::parse(&table.csv()).unwrap();
                prop_assert_eq!((again.csv(), torn), (table.csv(), None));
            }
        }
    }
}
