//! `predictions.csv` and `split.csv`: the same rows always give the same bytes.

use crate::evaluate::Prediction;
use csv::StringRecord;

/// A number in the shortest form that reads back as the same number, never with an exponent; nothing for NaN.
pub fn float(value: f64) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

/// One row of `split.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitRow {
    /// Id of the clip.
    pub clip: String,
    /// Id of the clip it was made from: itself, unless it is an augmented copy.
    pub source: String,
    /// Its speaker.
    pub speaker: String,
    /// Its label.
    pub label: String,
    /// `train`, `validation` or `test`.
    pub partition: String,
}

/// `split.csv`: clip, source_clip, speaker, label, partition.
pub fn split_csv(rows: &[SplitRow]) -> Vec<u8> {
    let mut table = vec![["clip", "source_clip", "speaker", "label", "partition"].map(str::to_owned).to_vec()];
    table.extend(
        rows.iter()
            .map(|r| vec![r.clip.clone(), r.source.clone(), r.speaker.clone(), r.label.clone(), r.partition.clone()]),
    );
    csv_bytes(&table)
}

/// Reads `split.csv` back.
///
/// # Errors
/// The line that is not a row.
pub fn parse_split(bytes: &[u8]) -> Result<Vec<SplitRow>, String> {
    let (_, reader) = csv_header(bytes)?;
    csv_rows(reader, |row| {
        let cells: Vec<&str> = row.iter().collect();
        let [clip, source, speaker, label, partition] =
            <[&str; 5]>::try_from(cells).map_err(|cells| format!("{} columns, not 5", cells.len()))?.map(str::to_owned);
        Ok(SplitRow { clip, source, speaker, label, partition })
    })
}

/// `predictions.csv`: clip, speaker, truth, predicted, and one column `p_<label>` a label with its probability; empty cells where
/// there are none.
pub fn predictions_csv(labels: &[String], predictions: &[Prediction]) -> Vec<u8> {
    let mut table = vec![["clip", "speaker", "truth", "predicted"].map(str::to_owned).to_vec()];
    table[0].extend(labels.iter().map(|l| format!("p_{l}")));
    table.extend(predictions.iter().map(|p| {
        let mut row = vec![p.clip.clone(), p.speaker.clone(), labels[p.truth].clone(), labels[p.predicted].clone()];
        row.extend(p.probabilities.iter().map(f32::to_string));
        row.resize(4 + labels.len(), String::new());
        row
    }));
    csv_bytes(&table)
}

/// Reads `predictions.csv` back: the labels and one prediction a row.
///
/// # Errors
/// The first row that does not fit the header.
pub fn parse_predictions(bytes: &[u8]) -> Result<(Vec<String>, Vec<Prediction>), String> {
    let (header, reader) = csv_header(bytes)?;
    let labels: Vec<String> = header.iter().skip(4).map(|h| h.strip_prefix("p_").unwrap_or(h).to_owned()).collect();
    let predictions = csv_rows(reader, |row| {
        if row.len() != 4 + labels.len() {
            return Err(format!("{} columns, not {}", row.len(), 4 + labels.len()));
        }
        let index = |label: &str| {
            let found = labels.iter().position(|l| l == label);
            found.ok_or_else(|| format!("`{label}` is not a label of the header"))
        };
        let (truth, predicted) = (index(&row[2])?, index(&row[3])?);
        let mut probabilities = Vec::new();
        if row.iter().skip(4).any(|cell| !cell.is_empty()) {
            probabilities.reserve(labels.len());
            for cell in row.iter().skip(4) {
                probabilities.push(cell.parse().map_err(|_| format!("`{cell}` is not a probability"))?);
            }
        }
        Ok(Prediction { clip: row[0].to_owned(), speaker: row[1].to_owned(), truth, predicted, probabilities })
    })?;
    Ok((labels, predictions))
}

/// Rows as CSV: `\n` line ends, quotes only where a value needs them.
pub fn csv_bytes(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("writing to memory does not fail");
    }
    writer.into_inner().expect("writing to memory does not fail")
}

/// The first row, and what reads the others.
fn csv_header(bytes: &[u8]) -> Result<(StringRecord, csv::Reader<&[u8]>), String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut header = StringRecord::new();
    let found = reader.read_record(&mut header).map_err(|e| e.to_string())?;
    if found { Ok((header, reader)) } else { Err("the header is missing".to_owned()) }
}

/// What `read` makes of every row. Damage to the file as a whole is told before the first row that nothing can be made of.
fn csv_rows<T>(
    mut reader: csv::Reader<&[u8]>,
    mut read: impl FnMut(&StringRecord) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let mut rows = Ok(Vec::new());
    // One record for all rows: thousands of runs have thousands of them.
    let (mut record, mut number) = (StringRecord::new(), 0);
    while reader.read_record(&mut record).map_err(|e| e.to_string())? {
        number += 1;
        if let Ok(made) = &mut rows {
            match read(&record) {
                Ok(row) => made.push(row),
                Err(why) => rows = Err(format!("row {number}: {why}")),
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example() -> (Vec<String>, Vec<Prediction>) {
        let labels = vec!["anger".to_owned(), "fear, strong".to_owned()];
        let clip = |clip: &str, truth, predicted, p: f32| Prediction {
            clip: clip.into(),
            speaker: "1001".into(),
            truth,
            predicted,
            probabilities: vec![p, 1.0 - p],
        };
        (labels, vec![clip("a \"b\".wav", 0, 0, 0.1 + 0.6), clip("c,d", 1, 0, 1e-9)])
    }

    #[test]
    fn predictions_read_back_bit_by_bit() {
        let (labels, predictions) = example();
        let bytes = predictions_csv(&labels, &predictions);
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(text.lines().next(), Some("clip,speaker,truth,predicted,p_anger,\"p_fear, strong\""));
        assert_eq!(text.lines().nth(2), Some("\"c,d\",1001,\"fear, strong\",anger,0.000000001,1"));
        let (labels2, again) = parse_predictions(&bytes).unwrap();
        assert_eq!(labels2, labels);
        assert_eq!(predictions_csv(&labels2, &again), bytes);
    }

    #[test]
    fn answers_without_probabilities_have_empty_cells_and_read_back() {
        let (labels, mut predictions) = example();
        predictions.iter_mut().for_each(|p| p.probabilities.clear());
        let bytes = predictions_csv(&labels, &predictions);
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(text.lines().nth(2), Some("\"c,d\",1001,\"fear, strong\",anger,,"));
        assert_eq!(parse_predictions(&bytes), Ok((labels, predictions)));
        let half = parse_predictions(b"clip,speaker,truth,predicted,p_a,p_b\nx,1,a,a,0.5,\n");
        assert_eq!(half.unwrap_err(), "row 1: `` is not a probability");
    }

    #[test]
    fn rows_that_do_not_fit_are_named() {
        let cut = b"clip,speaker,truth,predicted,p_a\nx,1,a,a,0.5\ny,1,a\n";
        assert_eq!(parse_predictions(cut).unwrap_err(), "row 2: 3 columns, not 5");
        let unknown = b"clip,speaker,truth,predicted,p_a\nx,1,b,a,0.5\n";
        assert_eq!(parse_predictions(unknown).unwrap_err(), "row 1: `b` is not a label of the header");
        let number = b"clip,speaker,truth,predicted,p_a\nx,1,a,a,0.5\ny,1,a,a,half\n";
        assert_eq!(parse_predictions(number).unwrap_err(), "row 2: `half` is not a probability");
        assert_eq!(parse_predictions(b"").unwrap_err(), "the header is missing");
        let undecodable = parse_predictions(b"clip,speaker,truth,predicted,p_a\nx,1,a\n\xff,1,a,a,1\n").unwrap_err();
        assert!(undecodable.contains("UTF-8"), "the file as a whole comes first: {undecodable}");
    }

    #[test]
    fn the_split_reads_back() {
        let row = SplitRow {
            clip: "a+noise".into(),
            source: "a".into(),
            speaker: "03".into(),
            label: "joy".into(),
            partition: "train".into(),
        };
        let bytes = split_csv(std::slice::from_ref(&row));
        assert_eq!(bytes, b"clip,source_clip,speaker,label,partition\na+noise,a,03,joy,train\n");
        assert_eq!(parse_split(&bytes).unwrap(), [row]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_rows_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for header in ["", "clip,speaker,truth,predicted,p_a\n", "clip,source_clip,speaker,label,partition\n"] {
                let bytes = [header.as_bytes(), &bytes].concat();
                if let Ok(rows) = parse_split(&bytes) {
                    prop_assert_eq!(parse_split(&split_csv(&rows)), Ok(rows));
                }
                if let Ok((labels, rows)) = parse_predictions(&bytes) {
                    let fits = |n: usize| n == labels.len() || n == 0;
                    prop_assert!(rows.iter().all(|r| r.truth < labels.len() && fits(r.probabilities.len())));
                }
            }
        }

        #[test]
        fn predictions_of_any_clips_read_back(clips in proptest::collection::vec((".{0,8}", ".{0,8}", any::<bool>(), any::<f32>()), 0..6)) {
            let labels = ["a".to_owned(), "b, \"c\"".to_owned()];
            let one = |(clip, speaker, truth, p): &(String, String, bool, f32)| Prediction {
                clip: clip.clone(),
                speaker: speaker.clone(),
                truth: usize::from(*truth),
                predicted: 0,
                probabilities: vec![*p, 1.0],
            };
            let bytes = predictions_csv(&labels, &clips.iter().map(one).collect::<Vec<_>>());
            let (read_labels, read) = parse_predictions(&bytes).unwrap();
            prop_assert_eq!(&read_labels[..], &labels[..]);
            prop_assert_eq!(predictions_csv(&read_labels, &read), bytes);
        }
    }
}
