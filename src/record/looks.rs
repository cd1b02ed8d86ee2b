//! The record of an experiment to which seeds were added until it was settled.

use super::{RecordError, run_dir, write_atomic};
use crate::evaluate::{Looks, SIGNIFICANT};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file in the folder of an experiment.
const FILE: &str = "until-settled.json";

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Document {
    serlab: u32,
    until_settled: Looks,
}

/// Writes the looks of the experiment in `folder`.
///
/// # Errors
/// The file and why it cannot be written.
pub fn write_looks(folder: &Path, looks: &Looks) -> Result<(), RecordError> {
    let document = Document { serlab: 1, until_settled: looks.clone() };
    let text = serde_json::to_string_pretty(&document).expect("looks are plain data") + "\n";
    write_atomic(&folder.join(FILE), text.as_bytes())
}

/// The looks of the experiment in `folder`; none where nobody added seeds.
///
/// # Errors
/// The file and what is wrong with it.
pub fn read_looks(folder: &Path) -> Result<Option<Looks>, RecordError> {
    let path = folder.join(FILE);
    let Some(bytes) = run_dir::read(&path)? else { return Ok(None) };
    let document: Document = serde_json::from_slice(&bytes).map_err(|e| RecordError::damaged(&path, e.to_string()))?;
    match wrong(&document) {
        Some(why) => Err(RecordError::damaged(&path, why)),
        None => Ok(Some(document.until_settled)),
    }
}

/// What cannot be in such a record.
fn wrong(document: &Document) -> Option<String> {
    let Looks { cap, looks, .. } = &document.until_settled;
    let levels: f64 = looks.iter().map(|look| look.level).sum();
    if document.serlab != 1 {
        return Some(format!("it has version {}; this program reads 1", document.serlab));
    }
    if looks.iter().any(|look| !(1e-6..=SIGNIFICANT).contains(&look.level)) || levels > SIGNIFICANT + 1e-9 {
        return Some(format!("its levels are not those of looks, which sum to {SIGNIFICANT} at most"));
    }
    let rising = looks.windows(2).all(|both| both[0].seeds < both[1].seeds);
    (!rising || looks.iter().any(|look| look.seeds > *cap)).then(|| format!("its looks do not rise to {cap} seeds"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::schedule;

    #[test]
    fn looks_are_read_as_they_were_written_and_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_looks(folder.path()).unwrap(), None);
        let looks = Looks { cap: 12, asks: ["ab".to_owned()].into(), looks: schedule(3, 12) };
        write_looks(folder.path(), &looks).unwrap();
        assert_eq!(read_looks(folder.path()).unwrap(), Some(looks));
        let whole = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        let forged = whole.replace("\"level\": 0.", "\"level\": 1.");
        for damaged in [
            "{",
            &forged,
            &whole.replace("\"cap\": 12", "\"cap\": 4"),
            &whole.replace("\"serlab\": 1", "\"serlab\": 9"),
        ] {
            std::fs::write(folder.path().join(FILE), damaged).unwrap();
            assert!(read_looks(folder.path()).unwrap_err().to_string().contains(FILE), "{damaged}");
        }
    }
}
