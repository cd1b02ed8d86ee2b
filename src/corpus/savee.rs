//! SAVEE: the Surrey audio-visual expressed emotion database (Haq and Jackson, Machine Audition 2010).

use super::scan::{Named, Unfit, absent, code, columns, folder, scan, word};
use super::{Clip, CorpusError, Files, Found, Listing, per_speaker};
use std::collections::BTreeMap;

crate::settings! {
    /// SAVEE. Labels: angry, disgust, fearful, happy, neutral, sad, surprised. Columns: sentence (01 to 30), sex. Of
    /// the 480 published clips those that are not there count as missing.
    pub struct Savee {
        /// The folder that holds the clips: in folders of speakers (`DC/a01.wav`) or together (`DC_a01.wav`).
        pub root: String = String::new(), needed: true;
    }
    check: ranges;
}

const EMOTIONS: [(&str, &str); 7] = [
    ("a", "angry"),
    ("d", "disgust"),
    ("f", "fearful"),
    ("h", "happy"),
    ("n", "neutral"),
    ("sa", "sad"),
    ("su", "surprised"),
];

/// The four speakers, all male.
const SPEAKERS: [(&str, &str); 4] = [("DC", "DC"), ("JE", "JE"), ("JK", "JK"), ("KL", "KL")];

/// Reads speaker, emotion and number: `DC/a01` or `DC_a01`.
///
/// # Errors
/// When it does not follow the convention.
pub fn parse(name: &str) -> Result<Named, Unfit> {
    let mut parts = name.rsplit('/');
    let (stem, parent) = (parts.next().unwrap_or(name), parts.next());
    let (speaker, code) = match (stem.split_once('_'), parent) {
        (Some(split), _) => split,
        (None, Some(parent)) => (parent, stem),
        (None, None) => return Err(Unfit::Misnamed("no speaker; expected DC/a01 or DC_a01".to_owned())),
    };
    let speaker = word(&SPEAKERS, speaker, "speaker")?;
    let digits = code.find(|c: char| c.is_ascii_digit()).unwrap_or(code.len());
    let (emotion, sentence) = code.split_at(digits);
    let label = word(&EMOTIONS, emotion, "emotion")?;
    match sentence.parse() {
        Ok(1..=30_u32) if sentence.len() == 2 => {}
        _ => return Err(Unfit::Misnamed(format!("unknown sentence `{sentence}`, known are 01 to 30"))),
    }
    // The lists differ by emotion: a01 and h01 are not the same words, except for the three common sentences.
    Ok(Named { label, speaker: speaker.to_owned(), columns: columns([("sentence", sentence), ("sex", "male")]) })
}

/// The names of all 480 published clips without extension: each of four speakers says 15 sentences in each emotion, 30 in
/// the neutral one.
pub fn published_names() -> Vec<String> {
    let mut names = Vec::new();
    for (speaker, _) in SPEAKERS {
        for (emotion, _) in EMOTIONS {
            let sentences = if emotion == "n" { 30 } else { 15 };
            names.extend((1..=sentences).map(|sentence| format!("{speaker}_{emotion}{sentence:02}")));
        }
    }
    names
}

impl Listing for Savee {
    fn find(&self, files: Files) -> Result<Found, CorpusError> {
        let root = folder("savee", &self.root)?;
        let mut found = scan("savee", files, &root, self.example(), parse)?;
        let name = |clip: &Clip| {
            let sentence = clip.columns.get("sentence").map_or("", String::as_str);
            format!("{}_{}{sentence}", clip.speaker, code(&EMOTIONS, &clip.label))
        };
        found.missing = absent(&found, name, published_names());
        Ok(found)
    }

    fn published_clips(&self) -> Option<BTreeMap<String, usize>> {
        let speaker = |name: String| parse(&name).expect("the published names follow the convention").speaker;
        Some(per_speaker(published_names().into_iter().map(speaker)))
    }

    fn example(&self) -> &'static str {
        "DC/a01.wav"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_are_read() {
        let named = parse("AudioData/JK/sa07").unwrap();
        assert_eq!(named, parse("JK_sa07").unwrap());
        assert_eq!((named.label, named.speaker.as_str()), ("sad", "JK"));
        assert_eq!(named.columns, columns([("sentence", "07"), ("sex", "male")]));
        assert_eq!(parse("KL_su15").unwrap().label, "surprised");
        assert_eq!(parse("DC/n30").unwrap().label, "neutral");
    }

    #[test]
    fn names_that_do_not_fit_say_why() {
        for (name, why) in
            [("a01", "no speaker"), ("XX_a01", "speaker `XX`"), ("DC_x01", "emotion `x`"), ("DC_a31", "sentence `31`")]
        {
            let Err(Unfit::Misnamed(said)) = parse(name) else { panic!("{name} fits") };
            assert!(said.contains(why), "{said}");
        }
    }
}
