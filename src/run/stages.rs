//! Hashes of what each stage of a run hands to the next, so that two runs can be told apart at the first stage that differs.

use super::RunError;
use super::files::row_name;
use crate::data::{FrameStore, Recordings};
use crate::model::Net;
use crate::record::sha256;
use crate::split::{Fold, Row};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// `stages.json`: what training begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// Format of the file.
    version: u32,
    /// Of the clips: ids, labels, speakers, content.
    corpus: String,
    /// SHA-256 of `split.csv`.
    split: String,
    /// SHA-256 of `inputs.csv`.
    inputs: String,
    /// BLAKE3 of the network's weights before the first step, as a safetensors file without metadata.
    initial_weights: String,
}

impl Stages {
    /// The hashes of a run that is about to train `net`.
    ///
    /// # Errors
    /// A device that does not give the weights.
    pub fn of(recordings: &Recordings, split: &[u8], inputs: &[u8], net: &Net) -> Result<Self, RunError> {
        Ok(Self {
            version: 1,
            corpus: recordings.fingerprint(),
            split: sha256(split),
            inputs: sha256(inputs),
            initial_weights: blake3::hash(&net.to_safetensors(&[])?).to_hex().to_string(),
        })
    }
}

/// `inputs.csv`: for each row, in the order of `split.csv`, BLAKE3 of its file and of its features before scaling, 32
/// hexadecimal digits of each.
pub fn inputs_csv(recordings: &Recordings, fold: &Fold, store: &FrameStore) -> Vec<u8> {
    let rows: Vec<Row> = fold.iter().map(|(_, row)| row).collect();
    let line = |row: &Row| {
        let mut features = blake3::Hasher::new();
        for frames in store.get(*row) {
            features.update(&(frames.bins as u64).to_le_bytes()).update(&(frames.frames as u64).to_le_bytes());
            features.update(bytemuck::cast_slice(&frames.data));
        }
        let content = blake3::Hash::from(recordings.contents[row.clip]).to_hex();
        vec![row_name(recordings, *row), content[..32].to_owned(), features.finalize().to_hex()[..32].to_owned()]
    };
    let mut table = vec![["clip", "content", "features"].map(str::to_owned).to_vec()];
    table.par_extend(rows.par_iter().map(line));
    crate::record::csv_bytes(&table)
}
