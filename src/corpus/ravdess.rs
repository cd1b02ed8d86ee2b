//! RAVDESS: the Ryerson Audio-Visual Database of Emotional Speech and Song (Livingstone and Russo 2018, PLoS ONE
//! 13(5): e0196391). Its speech part.

use super::scan::{Named, Unfit, absent, columns, folder, scan, word};
use super::{Clip, CorpusError, Files, Found, Listing, per_speaker};
use std::collections::BTreeMap;

crate::settings! {
    /// RAVDESS. Labels: neutral, calm, happy, sad, angry, fearful, disgust, surprised. Columns: emotion (its code),
    /// intensity (normal, strong), statement (01, 02) and sentence (kids, dogs), repetition (1, 2), sex. Of the 1,440 published
    /// clips those that are not there count as missing.
    pub struct Ravdess {
        /// The folder that holds the clips, in folders of actors or not.
        pub root: String = String::new(), needed: true;
    }
    check: ranges;
}

const EMOTIONS: [(&str, &str); 8] = [
    ("01", "neutral"),
    ("02", "calm"),
    ("03", "happy"),
    ("04", "sad"),
    ("05", "angry"),
    ("06", "fearful"),
    ("07", "disgust"),
    ("08", "surprised"),
];
const INTENSITIES: [(&str, &str); 2] = [("01", "normal"), ("02", "strong")];
/// "Kids are talking by the door", "Dogs are sitting by the door".
const STATEMENTS: [(&str, &str); 2] = [("01", "kids"), ("02", "dogs")];
const REPETITIONS: [(&str, &str); 2] = [("01", "1"), ("02", "2")];

/// Reads a name of seven codes: modality, channel, emotion, intensity, statement, repetition, actor
/// (`03-01-06-01-02-01-12`). Odd actors are male, even ones female.
///
/// # Errors
/// When it does not follow the convention, or is a song or a video.
pub fn parse(name: &str) -> Result<Named, Unfit> {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let codes: Vec<&str> = stem.split('-').collect();
    let [modality, channel, emotion, intensity, statement, repetition, actor] = codes[..] else {
        return Err(Unfit::Misnamed("expected seven codes, as in 03-01-06-01-02-01-12".to_owned()));
    };
    let label = word(&EMOTIONS, emotion, "emotion")?;
    let intensity = word(&INTENSITIES, intensity, "intensity")?;
    let sentence = word(&STATEMENTS, statement, "statement")?;
    let repetition = word(&REPETITIONS, repetition, "repetition")?;
    let number: u32 = match actor.parse() {
        Ok(number @ 1..=24) if actor.len() == 2 => number,
        _ => return Err(Unfit::Misnamed(format!("unknown actor `{actor}`, known are 01 to 24"))),
    };
    match (modality, channel) {
        ("03", "01") => {}
        ("03", "02") => return Err(Unfit::Other("a song".to_owned())),
        ("01" | "02", "01" | "02") => return Err(Unfit::Other("the sound of a video".to_owned())),
        _ => return Err(Unfit::Misnamed(format!("unknown modality and channel `{modality}-{channel}`"))),
    }
    let columns = columns([
        ("emotion", emotion),
        ("intensity", intensity),
        ("statement", statement),
        ("sentence", sentence),
        ("repetition", repetition),
        ("sex", if number % 2 == 1 { "male" } else { "female" }),
    ]);
    Ok(Named { label, speaker: actor.to_owned(), columns })
}

/// The names of all 1,440 published clips of speech without extension: each of 24 actors speaks two sentences twice in eight
/// emotions, all but neutral in two intensities.
pub fn published_names() -> Vec<String> {
    let mut names = Vec::new();
    for actor in 1..=24 {
        for (emotion, _) in EMOTIONS {
            for (intensity, _) in INTENSITIES.iter().take(if emotion == "01" { 1 } else { 2 }) {
                for (statement, _) in STATEMENTS {
                    let name = |repetition| format!("03-01-{emotion}-{intensity}-{statement}-{repetition}-{actor:02}");
                    names.extend(REPETITIONS.map(|(repetition, _)| name(repetition)));
                }
            }
        }
    }
    names
}

impl Listing for Ravdess {
    fn find(&self, files: Files) -> Result<Found, CorpusError> {
        let root = folder("ravdess", &self.root)?;
        let mut found = scan("ravdess", files, &root, self.example(), parse)?;
        let stem = |clip: &Clip| {
            let file = clip.id.rsplit('/').next().unwrap_or(&clip.id);
            file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
        };
        found.missing = absent(&found, stem, published_names());
        Ok(found)
    }

    fn published_clips(&self) -> Option<BTreeMap<String, usize>> {
        let speaker = |name: String| parse(&name).expect("the published names follow the convention").speaker;
        Some(per_speaker(published_names().into_iter().map(speaker)))
    }

    fn example(&self) -> &'static str {
        "Actor_12/03-01-06-01-02-01-12.wav"
    }
}
