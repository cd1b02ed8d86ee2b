//! EmoDB: the Berlin database of emotional speech (Burkhardt et al., A database of German emotional speech,
//! Interspeech 2005).

use super::scan::{Named, Unfit, columns, folder, how_many_absent, scan, word};
use super::{CorpusError, Files, Found, Listing};
use std::collections::BTreeMap;

crate::settings! {
    /// EmoDB. Labels: angry, bored, disgust, fearful, happy, neutral, sad. Columns: sentence (a01 to b10), version, sex,
    /// age. Where fewer than the 535 published clips are there, the rest count as missing.
    pub struct EmoDb {
        /// The folder that holds the clips (its `wav` folder, or the one above).
        pub root: String = String::new(), needed: true;
    }
    check: ranges;
}

/// First letters of the German words: Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral.
const EMOTIONS: [(&str, &str); 7] = [
    ("W", "angry"),
    ("L", "bored"),
    ("E", "disgust"),
    ("A", "fearful"),
    ("F", "happy"),
    ("N", "neutral"),
    ("T", "sad"),
];

/// Speaker, sex, age (the corpus's documentation), and how many clips of theirs were published (counted from its list of files).
const SPEAKERS: [(&str, &str, &str, usize); 10] = [
    ("03", "male", "31", 49),
    ("08", "female", "34", 58),
    ("09", "female", "21", 43),
    ("10", "male", "32", 38),
    ("11", "male", "26", 55),
    ("12", "male", "30", 35),
    ("13", "female", "32", 61),
    ("14", "female", "35", 69),
    ("15", "male", "25", 56),
    ("16", "female", "31", 71),
];

/// The texts: a01, a02, a04, a05, a07 and b01, b02, b03, b09, b10.
const SENTENCES: [&str; 10] = ["a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10"];

/// Reads a name of speaker, text, emotion and version: `03a01Fa`.
///
/// # Errors
/// When it does not follow the convention.
pub fn parse(name: &str) -> Result<Named, Unfit> {
    let stem = name.rsplit('/').next().unwrap_or(name);
    if stem.len() != 7 || !stem.is_ascii() {
        return Err(Unfit::Misnamed("expected speaker, text, emotion and version, as in 03a01Fa".to_owned()));
    }
    let (speaker, text, emotion, version) = (&stem[..2], &stem[2..5], &stem[5..6], &stem[6..]);
    let Some((_, sex, age, _)) = SPEAKERS.iter().find(|(s, ..)| *s == speaker) else {
        return Err(Unfit::Misnamed(format!("unknown speaker `{speaker}`, known are 03 and 08 to 16")));
    };
    if !SENTENCES.contains(&text) {
        return Err(Unfit::Misnamed(format!("unknown text `{text}`, known are {}", SENTENCES.join(", "))));
    }
    let label = word(&EMOTIONS, emotion, "emotion")?;
    if !version.bytes().all(|b| b.is_ascii_lowercase()) {
        return Err(Unfit::Misnamed(format!("unknown version `{version}`, expected a small letter")));
    }
    let columns = columns([("sentence", text), ("version", version), ("sex", sex), ("age", age)]);
    Ok(Named { label, speaker: speaker.to_owned(), columns })
}

/// How many clips were published: 535.
fn published() -> usize {
    SPEAKERS.iter().map(|(.., clips)| clips).sum()
}

impl Listing for EmoDb {
    fn find(&self, files: Files) -> Result<Found, CorpusError> {
        let root = folder("emodb", &self.root)?;
        let mut found = scan("emodb", files, &root, self.example(), parse)?;
        // Which versions of a sentence were published follows no rule, so that only their number is known.
        let published = published();
        if let Some(absent) = how_many_absent(found.clips.len(), published) {
            found.missing.push(format!("{absent} of the {published} published clips, whose names follow no rule"));
        }
        Ok(found)
    }

    fn published_clips(&self) -> Option<BTreeMap<String, usize>> {
        Some(SPEAKERS.iter().map(|(speaker, .., clips)| ((*speaker).to_owned(), *clips)).collect())
    }

    fn example(&self) -> &'static str {
        "wav/03a01Fa.wav"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_corpus_explains_them() {
        let named = parse("wav/03a01Fa").unwrap();
        assert_eq!((named.label, named.speaker.as_str()), ("happy", "03"));
        assert_eq!(named.columns, columns([("sentence", "a01"), ("version", "a"), ("sex", "male"), ("age", "31")]));
        assert_eq!(parse("16b10Wb").unwrap().label, "angry");
        assert_eq!(parse("08a07La").unwrap().label, "bored");
        assert_eq!(parse("09b02Ab").unwrap().label, "fearful");
    }

    #[test]
    fn names_that_do_not_fit_say_why() {
        for (name, why) in [
            ("03a01F", "as in 03a01Fa"),
            ("04a01Fa", "speaker `04`"),
            ("03a03Fa", "text `a03`"),
            ("03a01Xa", "emotion `X`"),
        ] {
            let Err(Unfit::Misnamed(said)) = parse(name) else { panic!("{name} fits") };
            assert!(said.contains(why), "{said}");
        }
    }
}
