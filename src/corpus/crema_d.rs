//! CREMA-D: the crowd-sourced emotional multimodal actors dataset (Cao et al. 2014, IEEE Transactions on Affective
//! Computing 5(4); Open Database License).

use super::columns::Table;
use super::scan::{Named, Unfit, columns, folder, scan, word};
use super::{CorpusError, Found};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

crate::settings! {
    /// CREMA-D. Labels: angry, disgust, fearful, happy, neutral, sad. Columns: sentence (IEO, TIE, ...), intensity (low,
    /// medium, high, unspecified). The names do not tell more: with the corpus's `VideoDemographics.csv` or an `index.csv`
    /// in the folder also sex, age, race, ethnicity and whatever else the index tells of a clip.
    pub struct CremaD {
        /// The folder that holds the clips, or the one above its `AudioWAV` folder. Ids are relative to the clips' own
        /// folder, whichever is named.
        pub root: String = String::new();
    }
}

const EMOTIONS: [(&str, &str); 6] =
    [("ANG", "angry"), ("DIS", "disgust"), ("FEA", "fearful"), ("HAP", "happy"), ("NEU", "neutral"), ("SAD", "sad")];

/// One published file name ends in a single X.
const INTENSITIES: [(&str, &str); 5] =
    [("LO", "low"), ("MD", "medium"), ("HI", "high"), ("XX", "unspecified"), ("X", "unspecified")];

const SENTENCES: [&str; 12] = ["DFA", "IEO", "IOM", "ITH", "ITS", "IWL", "IWW", "MTI", "TAI", "TIE", "TSI", "WSI"];

/// Reads a name of actor, sentence, emotion and level: `1001_DFA_ANG_XX`.
///
/// # Errors
/// When it does not follow the convention.
pub fn parse(name: &str) -> Result<Named, Unfit> {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let codes: Vec<&str> = stem.split('_').collect();
    let [actor, sentence, emotion, level] = codes[..] else {
        let message = "expected actor, sentence, emotion and level, as in 1001_DFA_ANG_XX";
        return Err(Unfit::Misnamed(message.to_owned()));
    };
    let number: u32 = match actor.parse() {
        Ok(number @ 1001..=1091) => number,
        _ => return Err(Unfit::Misnamed(format!("unknown actor `{actor}`, known are 1001 to 1091"))),
    };
    if !SENTENCES.contains(&sentence) {
        return Err(Unfit::Misnamed(format!("unknown sentence `{sentence}`, known are {}", SENTENCES.join(", "))));
    }
    let label = word(&EMOTIONS, emotion, "emotion")?;
    let intensity = word(&INTENSITIES, level, "level")?;
    let columns = columns([("sentence", sentence), ("intensity", intensity)]);
    Ok(Named { label, speaker: number.to_string(), columns })
}

impl CremaD {
    pub(super) fn find(&self) -> Result<Found, CorpusError> {
        let root = folder("crema-d", &self.root)?;
        let inner = root.join("AudioWAV");
        let clips = if inner.is_dir() { inner } else { root.clone() };
        let mut found = scan("crema-d", &clips, "1001_DFA_ANG_XX.wav", parse)?;
        let actors = demographics(&root.join("VideoDemographics.csv"))?;
        let (listed, index) = index(&root.join("index.csv"))?;
        for clip in &mut found.clips {
            clip.columns.extend(actors.get(&clip.speaker).cloned().unwrap_or_default());
            let file = clip.id.rsplit('/').next().unwrap_or(&clip.id);
            clip.columns.extend(index.get(file).cloned().unwrap_or_default());
        }
        let there: BTreeSet<&str> = found.clips.iter().filter_map(|c| c.id.rsplit('/').next()).collect();
        found.missing = listed.into_iter().filter(|file| !there.contains(file.as_str())).collect();
        Ok(found)
    }
}

/// Facts by speaker or by file.
pub(super) type Facts = BTreeMap<String, BTreeMap<String, String>>;

/// The corpus's own table of actors (ActorID, Age, Sex, Race, Ethnicity); nothing where there is none.
fn demographics(path: &Path) -> Result<Facts, CorpusError> {
    if !path.is_file() {
        return Ok(Facts::new());
    }
    Ok(lower(Table::read(path)?.by("ActorID", |name| name != "ActorID")))
}

/// An index with a line a clip: the files it lists, and what it tells of each. What the name tells already and the
/// single counts behind the votes are passed over.
pub(super) fn index(path: &Path) -> Result<(Vec<String>, Facts), CorpusError> {
    if !path.is_file() {
        return Ok((Vec::new(), Facts::new()));
    }
    let known = ["file", "bytes", "samples", "actor", "sentence", "emotion", "level"];
    let is_count = |name: &str| {
        name.rsplit_once('_').is_some_and(|(head, tail)| matches!(head, "voice" | "face" | "av") && tail.len() == 1)
    };
    let facts = lower(Table::read(path)?.by("file", |name| !known.contains(&name) && !is_count(name)));
    Ok((facts.keys().cloned().collect(), facts))
}

/// Column names in lower case, and `sex` in the words that all corpora use.
fn lower(facts: Facts) -> Facts {
    let plain = |(name, value): (String, String)| {
        let name = name.to_lowercase();
        let value = if name == "sex" { value.to_lowercase() } else { value };
        (name, value)
    };
    facts.into_iter().map(|(key, columns)| (key, columns.into_iter().map(plain).collect())).collect()
}
