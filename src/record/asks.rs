//! What a run asks apart from its seed and fold: what tells runs that may be averaged from those that may not.

use super::sha256;
use serde::{Deserialize, Serialize};
use toml::Value;

/// Hashes of what a run asks, the same for all its seeds and folds. Settings name files by their paths, so that what these files
/// hold is told here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Asks {
    /// Everything that the run's id knows but seed, fold and the version of the code, as 64 hexadecimal digits.
    pub question: String,
    /// The content, labels and speakers of the clips.
    pub corpus: String,
    /// The content of the file that splits them, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Settings of the augmentation with the content of its folders of sounds, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sounds: Option<String>,
    /// The version of the code that computes results.
    pub code: String,
}

impl Asks {
    /// One hash for the question and the code that answers it.
    pub fn key(&self) -> String {
        sha256(format!("{} {}", self.question, self.code).as_bytes())
    }

    /// As the `[run.asks]` table of `config.toml`.
    pub fn to_toml(&self) -> Value {
        Value::try_from(self).expect("hashes are plain data")
    }

    /// What a `config.toml` tells; none of a run that was made before it told anything.
    pub fn of(config: &toml::Table) -> Option<Self> {
        config.get("run")?.get("asks")?.clone().try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_asks_is_read_back_as_it_was_written() {
        let text = |s: &str| Some(s.to_owned());
        let asks = Asks {
            question: "0".repeat(64),
            corpus: "c".into(),
            split: text("s"),
            sounds: None,
            code: "results 2".into(),
        };
        let run = toml::Table::from_iter([("asks".to_owned(), asks.to_toml())]);
        let config = toml::Table::from_iter([("run".to_owned(), Value::Table(run))]);
        let written = toml::to_string(&config).unwrap();
        assert_eq!(Asks::of(&toml::from_str(&written).unwrap()), Some(asks));
        assert_eq!(Asks::of(&toml::from_str("[run]\nseed = 1\n").unwrap()), None);
    }
}
