//! CREMA-D: the crowd-sourced emotional multimodal actors dataset (Cao et al. 2014, IEEE Transactions on Affective
//! Computing 5(4); Open Database License).

use super::columns::sound;
use super::scan::{Named, Unfit, columns, folder, scan, word};
use super::{Clip, CorpusError, Files, Found, Listing, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

crate::settings! {
    /// CREMA-D. Labels: angry, disgust, fearful, happy, neutral, sad. Columns: sentence (IEO, TIE, ...), intensity (low,
    /// medium, high, unspecified), sex. With the corpus's `VideoDemographics.csv` or an `index.csv` in the folder also age,
    /// race, ethnicity and whatever else the index tells of a clip. Clips of the published list that are not there count
    /// as missing.
    pub struct CremaD {
        /// The folder that holds the clips, or the one above its `AudioWAV` folder. Ids are relative to the clips' own
        /// folder, whichever is named.
        pub root: String = String::new(), needed: true;
    }
    check: ranges;
}

const EMOTIONS: [(&str, &str); 6] =
    [("ANG", "angry"), ("DIS", "disgust"), ("FEA", "fearful"), ("HAP", "happy"), ("NEU", "neutral"), ("SAD", "sad")];

/// One published file name ends in a single X.
const INTENSITIES: [(&str, &str); 5] =
    [("LO", "low"), ("MD", "medium"), ("HI", "high"), ("XX", "unspecified"), ("X", "unspecified")];

const SENTENCES: [&str; 12] = ["DFA", "IEO", "IOM", "ITH", "ITS", "IWL", "IWW", "MTI", "TAI", "TIE", "TSI", "WSI"];

/// What was never recorded, or not published: (actor, sentence), the emotions where it is not all six.
const UNPUBLISHED: [(u32, &str, &[&str]); 5] = [
    (1002, "TIE", &["NEU"]),
    (1008, "WSI", &["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"]),
    (1009, "MTI", &["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"]),
    (1019, "ITH", &["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"]),
    (1076, "ITS", &["NEU"]),
];

/// The actors' sex, 1001 first, from the corpus's `VideoDemographics.csv`: 48 male, 43 female.
const SEX: &[u8; 91] = b"MFFFMFFFFFMFFMMMMFMFFMMFFMMFFFMMMMMMFMMMMMFMMFFMFMMFFFFFMFMFFMFMMMMMMMMFFFFFMFFMMFMFMMMMFMF";

const ACTORS: std::ops::RangeInclusive<u32> = 1001..=1091;

/// The names of all 7,442 published clips without extension, in order of actor, sentence, emotion and level.
///
/// Each actor speaks 12 sentences in 6 emotions, one of the sentences in three levels of each emotion but neutral; 20 of
/// the resulting 7,462 were not published. Counted from the corpus's list of files.
pub fn published_names() -> Vec<String> {
    let mut names = Vec::new();
    for actor in ACTORS {
        for sentence in SENTENCES {
            for (emotion, _) in EMOTIONS {
                let absent = UNPUBLISHED.iter().any(|(a, s, e)| (*a, *s) == (actor, sentence) && e.contains(&emotion));
                let levels: &[&str] = match (absent, sentence, emotion) {
                    (true, ..) => &[],
                    (false, "IEO", "ANG" | "DIS" | "FEA" | "HAP" | "SAD") => &["HI", "LO", "MD"],
                    _ => &["XX"],
                };
                names.extend(levels.iter().map(|level| format!("{actor}_{sentence}_{emotion}_{level}")));
            }
        }
    }
    names
}

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
        Ok(number) if ACTORS.contains(&number) => number,
        _ => return Err(Unfit::Misnamed(format!("unknown actor `{actor}`, known are 1001 to 1091"))),
    };
    if !SENTENCES.contains(&sentence) {
        return Err(Unfit::Misnamed(format!("unknown sentence `{sentence}`, known are {}", SENTENCES.join(", "))));
    }
    let label = word(&EMOTIONS, emotion, "emotion")?;
    let intensity = word(&INTENSITIES, level, "level")?;
    let sex = if SEX[(number - ACTORS.start()) as usize] == b'F' { "female" } else { "male" };
    let columns = columns([("sentence", sentence), ("intensity", intensity), ("sex", sex)]);
    Ok(Named { label, speaker: number.to_string(), columns })
}

impl CremaD {
    /// The published clips, whether they are there or not.
    fn by_name(&self) -> Found {
        let folder = PathBuf::from(&self.root).join("AudioWAV");
        let clip = |name: String| {
            let Named { label, speaker, columns } = parse(&name).expect("the published names follow the convention");
            let id = format!("{name}.wav");
            Clip { source: Source::File(folder.join(&id)), id, label: label.to_owned(), speaker, columns }
        };
        let mut clips: Vec<Clip> = published_names().into_iter().map(clip).collect();
        clips.sort_by(|a, b| a.id.cmp(&b.id));
        Found { clips, ..Found::default() }
    }
}

impl Listing for CremaD {
    fn find(&self, files: Files) -> Result<Found, CorpusError> {
        let root = folder("crema-d", &self.root)?;
        let inner = root.join("AudioWAV");
        let clips = if inner.is_dir() { inner } else { root.clone() };
        let mut found = scan("crema-d", files, &clips, self.example(), parse)?;
        let actors = demographics(&root.join("VideoDemographics.csv"))?;
        let (listed, index) = index(&root.join("index.csv"))?;
        for clip in &mut found.clips {
            clip.columns.extend(actors.get(&clip.speaker).cloned().unwrap_or_default());
            let file = clip.id.rsplit('/').next().unwrap_or(&clip.id);
            clip.columns.extend(index.get(file).cloned().unwrap_or_default());
        }
        let stem = |file: &str| {
            let name = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            if name.ends_with("_X") { format!("{name}X") } else { name.to_owned() }
        };
        let there: BTreeSet<String> = found.clips.iter().filter_map(|c| c.id.rsplit('/').next()).map(stem).collect();
        let known: BTreeSet<String> = listed.iter().map(|file| stem(file)).chain(published_names()).collect();
        found.missing = known.difference(&there).map(|name| format!("{name}.wav")).collect();
        Ok(found)
    }

    fn published(&self) -> Option<Found> {
        Some(self.by_name())
    }

    fn example(&self) -> &'static str {
        "1001_DFA_ANG_XX.wav"
    }
}

/// Facts by speaker or by file.
pub(super) type Facts = BTreeMap<String, BTreeMap<String, String>>;

/// The corpus's own table of actors (ActorID, Age, Sex, Race, Ethnicity); nothing where there is none.
fn demographics(path: &Path) -> Result<Facts, CorpusError> {
    if !path.is_file() {
        return Ok(Facts::new());
    }
    Ok(lower(sound(path)?.by("ActorID", |name| name != "ActorID")))
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
    let facts = lower(sound(path)?.by("file", |name| !known.contains(&name) && !is_count(name)));
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
