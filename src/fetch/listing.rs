//! Which files a corpus has, and the names they may have.

use super::Source;
use super::pointer::is_sha256;
use serde::{Deserialize, Serialize};

/// The folder of the clips, in the repository and below the output.
pub(super) const CLIPS: &str = "AudioWAV";
/// No clip of CREMA-D has more than 0.2 MB.
pub(super) const LARGEST_CLIP: u64 = 64 << 20;
/// Far beyond CREMA-D's 0.6 GB.
pub(super) const LARGEST_CORPUS: u64 = 16 << 30;
/// Of the list's format.
const VERSION: u32 = 1;

/// One clip of the corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clip {
    /// Its file's name.
    pub name: String,
    /// SHA-256 in lower-case hexadecimal digits; Git LFS names the object by it.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it came in the archive itself: Git LFS need not have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_archive: bool,
}

impl Clip {
    /// Its file below the output, for messages.
    pub fn file(&self) -> String {
        format!("{CLIPS}/{}", self.name)
    }

    /// A number of its own, to spread waits.
    pub fn salt(&self) -> u8 {
        u8::from_str_radix(&self.sha256[..2], 16).unwrap_or_default()
    }
}

/// All files of a corpus; kept in the output, so that the archive is needed once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing {
    serlab: u32,
    from: String,
    reference: Option<String>,
    /// The commit, where the archive tells it.
    pub commit: Option<String>,
    /// The clips, by name.
    pub clips: Vec<Clip>,
    /// The names of the tables in the root.
    pub tables: Vec<String>,
}

impl Listing {
    pub fn new(source: &Source, commit: Option<String>, clips: Vec<Clip>, tables: Vec<String>) -> Self {
        let (from, reference) = (source.base().to_owned(), source.reference().map(str::to_owned));
        Self { serlab: VERSION, from, reference, commit, clips, tables }
    }

    /// Whether it is one of `source`, and such as this program writes: it is a file that anybody could have edited.
    pub fn is_of(&self, source: &Source) -> bool {
        let same = self.from == source.base() && self.reference.as_deref() == source.reference();
        let sound = |clip: &Clip| is_clip(&clip.name) && is_sha256(&clip.sha256) && clip.bytes <= LARGEST_CLIP;
        let sorted = self.clips.is_sorted_by(|a, b| a.name < b.name);
        let tables = self.tables.iter().all(|name| is_table(name));
        self.serlab == VERSION && same && sorted && tables && !self.clips.is_empty() && self.clips.iter().all(sound)
    }

    /// The length of all clips.
    pub fn bytes(&self) -> u64 {
        self.clips.iter().map(|clip| clip.bytes).sum()
    }
}

/// Whether a clip's file may be called so.
pub(super) fn is_clip(name: &str) -> bool {
    is_plain(name) && name.ends_with(".wav") && name.len() > 4
}

/// Whether a file in the root of the repository is a table or text about the corpus. Lists of our own are none.
pub(super) fn is_table(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.rsplit_once('.').map_or(lower.as_str(), |(stem, _)| stem);
    let texts = [".csv", ".txt", ".md"].iter().any(|extension| lower.ends_with(extension));
    is_plain(name) && lower != "index.csv" && (texts || matches!(stem, "license" | "licence" | "copying"))
}

/// Whether a name is the same file everywhere: letters, digits, `.`, `_`, `-`, neither hidden nor a device of Windows.
fn is_plain(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    let first = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = matches!(first.as_str(), "con" | "prn" | "aux" | "nul")
        || first
            .strip_prefix("com")
            .or(first.strip_prefix("lpt"))
            .is_some_and(|n| matches!(n.as_bytes(), [b'0'..=b'9']));
    plain && !name.starts_with(['.', '-']) && !name.ends_with('.') && (1..=120).contains(&name.len()) && !device
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_clips() {
        assert!(is_clip("1001_DFA_ANG_XX.wav") && is_clip("1040_ITH_SAD_X.wav"));
        for name in [
            "",
            ".wav",
            "..wav",
            "-a.wav",
            "a.WAV",
            "a.mp3",
            "a b.wav",
            "a/b.wav",
            "a\\b.wav",
            "a:b.wav",
            "é.wav",
            "nul.wav",
            "CON.wav",
            "com1.x.wav",
            "a.wav.",
            "a\0.wav",
        ] {
            assert!(!is_clip(name), "{name}");
        }
        assert!(!is_clip(&format!("{}.wav", "a".repeat(117))));
    }

    #[test]
    fn tables_are_texts_of_the_root() {
        for name in ["VideoDemographics.csv", "LICENSE.txt", "README.md", "LICENSE", "copying"] {
            assert!(is_table(name), "{name}");
        }
        for name in ["index.csv", "INDEX.CSV", ".gitattributes", "process.R", "a.exe", "../a.csv", "aux.csv"] {
            assert!(!is_table(name), "{name}");
        }
    }

    #[test]
    fn a_list_that_was_edited_is_not_believed() {
        let source = Source::crema_d();
        let clip = |name: &str| Clip { name: name.to_owned(), sha256: "0".repeat(64), bytes: 1, in_archive: false };
        let of = |clips| Listing::new(&source, None, clips, vec!["a.csv".to_owned()]);
        assert!(of(vec![clip("a.wav"), clip("b.wav")]).is_of(&source));
        assert!(!of(vec![clip("a.wav"), clip("a.wav")]).is_of(&source));
        assert!(!of(vec![clip("../a.wav")]).is_of(&source));
        assert!(!of(vec![Clip { sha256: "é".repeat(32), ..clip("a.wav") }]).is_of(&source));
        assert!(!of(Vec::new()).is_of(&source));
        assert!(!of(vec![clip("a.wav")]).is_of(&Source::new("https://h/a", None).unwrap()));
    }
}
