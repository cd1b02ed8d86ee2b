//! TESS: the Toronto emotional speech set (Pichora-Fuller and Dupuis 2020).

use super::scan::{Named, Unfit, absent, code, columns, folder, how_many_absent, scan, word};
use super::{Clip, CorpusError, Files, Found, Listing};
use std::collections::{BTreeMap, BTreeSet};

crate::settings! {
    /// TESS. Labels: angry, disgust, fearful, happy, neutral, sad, surprised (its "pleasant surprise"). Columns:
    /// sentence (the word after "say the word"), sex, age. Two speakers only: a test on a speaker of her own is a test
    /// on half the corpus. Of the 2,800 published clips those that are not there count as missing.
    pub struct Tess {
        /// The folder that holds the clips, in folders of emotions or not.
        pub root: String = String::new(), needed: true;
    }
    check: ranges;
}

const EMOTIONS: [(&str, &str); 7] = [
    ("angry", "angry"),
    ("disgust", "disgust"),
    ("fear", "fearful"),
    ("happy", "happy"),
    ("neutral", "neutral"),
    ("ps", "surprised"),
    ("sad", "sad"),
];

/// Speaker and age. `OA` is the older speaker's code in one published file name.
const SPEAKERS: [(&str, &str, &str); 3] = [("OAF", "OAF", "64"), ("OA", "OAF", "64"), ("YAF", "YAF", "26")];

/// Reads speaker, word and emotion: `OAF_back_angry`.
///
/// # Errors
/// When it does not follow the convention.
pub fn parse(name: &str) -> Result<Named, Unfit> {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let codes: Vec<&str> = stem.split('_').collect();
    let [code, spoken, emotion] = codes[..] else {
        return Err(Unfit::Misnamed("expected speaker, word and emotion, as in OAF_back_angry".to_owned()));
    };
    let Some((_, speaker, age)) = SPEAKERS.iter().find(|(c, ..)| *c == code) else {
        return Err(Unfit::Misnamed(format!("unknown speaker `{code}`, known are OAF and YAF")));
    };
    let label = word(&EMOTIONS, &emotion.to_ascii_lowercase(), "emotion")?;
    let columns = columns([("sentence", spoken), ("sex", "female"), ("age", age)]);
    Ok(Named { label, speaker: (*speaker).to_owned(), columns })
}

/// How many words were published, each of both speakers in seven emotions.
const WORDS: usize = 200;

fn spoken(clip: &Clip) -> &str {
    clip.columns.get("sentence").map_or("", String::as_str)
}

/// The names under which these words were published, without extension.
fn names(words: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let each = |word: &String| {
        let of = |speaker: &str| EMOTIONS.map(|(emotion, _)| format!("{speaker}_{word}_{emotion}"));
        [of("OAF"), of("YAF")].concat()
    };
    words.iter().flat_map(each)
}

impl Listing for Tess {
    fn find(&self, files: Files) -> Result<Found, CorpusError> {
        let root = folder("tess", &self.root)?;
        let mut found = scan("tess", files, &root, self.example(), parse)?;
        let words: BTreeSet<String> = found.clips.iter().map(|clip| spoken(clip).to_owned()).collect();
        let name = |clip: &Clip| format!("{}_{}_{}", clip.speaker, spoken(clip), code(&EMOTIONS, &clip.label));
        found.missing = absent(&found, name, names(&words));
        if let Some(unheard) = how_many_absent(words.len(), WORDS) {
            found.missing.push(format!("all 14 clips of {unheard} of the {WORDS} words"));
        }
        Ok(found)
    }

    fn published_clips(&self) -> Option<BTreeMap<String, usize>> {
        Some(SPEAKERS.iter().map(|(_, speaker, _)| ((*speaker).to_owned(), WORDS * EMOTIONS.len())).collect())
    }

    fn example(&self) -> &'static str {
        "OAF_back_angry.wav"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_folder() {
        let named = parse("YAF_pleasant_surprised/YAF_dog_ps").unwrap();
        assert_eq!((named.label, named.speaker.as_str()), ("surprised", "YAF"));
        assert_eq!(named.columns, columns([("sentence", "dog"), ("sex", "female"), ("age", "26")]));
        assert_eq!(parse("OA_bite_neutral").unwrap().speaker, "OAF");
        assert_eq!(parse("OAF_Fear/OAF_back_fear").unwrap().label, "fearful");
    }

    #[test]
    fn names_that_do_not_fit_say_why() {
        for (name, why) in
            [("OAF_back", "as in OAF_back_angry"), ("MAF_back_sad", "speaker `MAF`"), ("OAF_back_bored", "`bored`")]
        {
            let Err(Unfit::Misnamed(said)) = parse(name) else { panic!("{name} fits") };
            assert!(said.contains(why), "{said}");
        }
    }
}
