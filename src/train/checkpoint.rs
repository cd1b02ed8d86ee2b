//! The state of a training between two epochs, as bytes that notice any damage.
//!
//! Layout: `magic (8) | length of the whole (u64) | version (u32) | sections | BLAKE3 of all before (32)`, integers little
//! endian, a section being its length (u64) and its bytes: a JSON head; the network, the best network so far and the mean of
//! networks (safetensors); the optimiser's numbers (f32). Magic, length and checksum stay where they are in every version.

use super::observe::EpochRow;
use super::schedule::PlateauState;
use super::selection::ImprovementCounter;
use super::updates::Layout;
use serde::{Deserialize, Serialize};
use std::fmt;

const MAGIC: &[u8; 8] = b"serlabck";
const VERSION: u32 = 3;
const CHECKSUM: usize = 32;
const FRONT: usize = 8 + 8 + 4;

/// Everything needed to go on after an epoch as if training had never stopped.
#[derive(Clone, PartialEq)]
pub struct Checkpoint {
    pub(super) head: Head,
    /// The network after the epoch.
    pub(super) net: Vec<u8>,
    /// The network after the best epoch; empty where that is this one.
    pub(super) best_net: Vec<u8>,
    /// The mean of networks; empty where there is none.
    pub(super) mean: Vec<u8>,
    pub(super) optimizer: Vec<u8>,
}

/// The part of a checkpoint that is not numbers of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Hash of everything that must be the same for the training that resumes.
    pub identity: String,
    pub epoch: usize,
    pub plateau: PlateauState,
    pub stop: ImprovementCounter,
    /// Epoch and value of the selecting metric.
    pub best: Option<(usize, Option<f64>)>,
    /// How many networks the mean is of.
    pub averaged: u64,
    pub history: Vec<EpochRow>,
    pub layout: Layout,
}

/// What is wrong with a checkpoint's bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not written by this program.
    #[error("this is not a checkpoint (it does not begin with `serlabck`)")]
    NotACheckpoint,
    /// Cut short, or with something appended.
    #[error("the checkpoint should be {expected} bytes long and is {actual}; use an earlier one or start again")]
    Length {
        /// The length it says it has, or the least any checkpoint has.
        expected: u64,
        /// The length it has.
        actual: u64,
    },
    /// A bit flipped somewhere.
    #[error("the checkpoint's checksum does not fit its content: it was damaged; use an earlier one or start again")]
    Checksum,
    /// From another version of the format.
    #[error(
        "the checkpoint has format {found}, this version reads {VERSION}; resume it with the version that wrote it"
    )]
    Version {
        /// The format it has.
        found: u32,
    },
    /// Whole, but not understood.
    #[error("the checkpoint's head cannot be read: {0}")]
    Head(String),
    /// The optimiser's state does not fit.
    #[error("the checkpoint's state of the optimiser does not fit: {0}; use an earlier one or start again")]
    Optimizer(String),
}

impl CheckpointError {
    pub(super) fn optimizer(message: impl Into<String>) -> Self {
        Self::Optimizer(message.into())
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint").field("epoch", &self.head.epoch).finish_non_exhaustive()
    }
}

impl Checkpoint {
    /// The last epoch it has complete, from 1; 0 before the first.
    pub fn epoch(&self) -> usize {
        self.head.epoch
    }

    /// The rows of all epochs it has complete.
    pub fn history(&self) -> &[EpochRow] {
        &self.head.history
    }

    /// The checkpoint as bytes; the same state always gives the same bytes.
    ///
    /// # Errors
    /// Where the head cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CheckpointError> {
        let head = serde_json::to_vec(&self.head).map_err(|e| CheckpointError::Head(e.to_string()))?;
        let sections = [&head, &self.net, &self.best_net, &self.mean, &self.optimizer];
        let length = FRONT + sections.iter().map(|s| 8 + s.len()).sum::<usize>() + CHECKSUM;
        let mut bytes = Vec::with_capacity(length);
        bytes.extend(MAGIC);
        bytes.extend((length as u64).to_le_bytes());
        bytes.extend(VERSION.to_le_bytes());
        for section in sections {
            bytes.extend((section.len() as u64).to_le_bytes());
            bytes.extend(section);
        }
        let checksum = blake3::hash(&bytes);
        bytes.extend(checksum.as_bytes());
        Ok(bytes)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// Where the bytes are no checkpoint, cut short, damaged or of another version; nothing is guessed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        if !bytes.starts_with(&MAGIC[..MAGIC.len().min(bytes.len())]) || bytes.is_empty() {
            return Err(CheckpointError::NotACheckpoint);
        }
        let least = (FRONT + CHECKSUM) as u64;
        let actual = bytes.len() as u64;
        if actual < least {
            return Err(CheckpointError::Length { expected: least, actual });
        }
        let expected = u64::from_le_bytes(bytes[8..16].try_into().expect("a range of 8 bytes"));
        if expected != actual {
            return Err(CheckpointError::Length { expected, actual });
        }
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
        if blake3::hash(content).as_bytes() != checksum {
            return Err(CheckpointError::Checksum);
        }
        let found = u32::from_le_bytes(bytes[16..20].try_into().expect("a range of 4 bytes"));
        if found != VERSION {
            return Err(CheckpointError::Version { found });
        }
        let mut rest = &content[FRONT..];
        let mut section = || -> Result<Vec<u8>, CheckpointError> {
            let cut = || CheckpointError::Head("a section is cut short".to_owned());
            let (length, after) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut())?;
            let (section, after) = after.split_at_checked(length).ok_or_else(cut)?;
            rest = after;
            Ok(section.to_vec())
        };
        let head = section()?;
        let (net, best_net, mean, optimizer) = (section()?, section()?, section()?, section()?);
        let head = serde_json::from_slice(&head).map_err(|e| CheckpointError::Head(e.to_string()))?;
        Ok(Self { head, net, best_net, mean, optimizer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Figures;
    use proptest::prelude::*;

    fn checkpoint() -> Checkpoint {
        let train = Figures { loss: 0.1 + 0.2, accuracy: 0.5, uar: 1.0 / 3.0, weighted_f1: 0.0, macro_f1: 0.0 };
        let (unaugmented, losses) = (Some(train), vec![1.5; 3]);
        let row = EpochRow { epoch: 1, learning_rate: 1e-3, train, validation: None, unaugmented, best: true, losses };
        let head = Head {
            identity: "abc".to_owned(),
            epoch: 1,
            plateau: PlateauState::default(),
            stop: ImprovementCounter::default(),
            best: Some((1, Some(1.0 / 3.0))),
            averaged: 2,
            history: vec![row],
            layout: serde_json::from_str("[]").unwrap(),
        };
        Checkpoint { head, net: vec![1, 2, 3], best_net: vec![], mean: vec![5, 6], optimizer: vec![4; 8] }
    }

    #[test]
    fn a_checkpoint_reads_back_exactly() {
        let bytes = checkpoint().to_bytes().unwrap();
        assert_eq!(Checkpoint::from_bytes(&bytes).unwrap(), checkpoint());
        assert_eq!(checkpoint().to_bytes().unwrap(), bytes);
    }

    #[test]
    fn every_truncation_is_an_error() {
        let bytes = checkpoint().to_bytes().unwrap();
        assert_eq!(Checkpoint::from_bytes(&[]), Err(CheckpointError::NotACheckpoint));
        for length in 1..bytes.len() {
            let error = Checkpoint::from_bytes(&bytes[..length]).unwrap_err();
            assert!(matches!(error, CheckpointError::Length { .. }), "{length}: {error}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(matches!(Checkpoint::from_bytes(&longer), Err(CheckpointError::Length { .. })));
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = checkpoint().to_bytes().unwrap();
        bytes[16] = 9;
        let content = bytes.len() - CHECKSUM;
        let checksum = blake3::hash(&bytes[..content]);
        bytes[content..].copy_from_slice(checksum.as_bytes());
        assert_eq!(Checkpoint::from_bytes(&bytes), Err(CheckpointError::Version { found: 9 }));
    }

    proptest! {
        #[test]
        fn every_flipped_bit_is_an_error(place in 0usize..10_000, bit in 0u8..8) {
            let mut bytes = checkpoint().to_bytes().unwrap();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            prop_assert!(Checkpoint::from_bytes(&bytes).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Checkpoint::from_bytes(&bytes);
            let _ = Checkpoint::from_bytes(&[&MAGIC[..], &bytes].concat());
        }
    }
}
