//! A speech-like corpus without any data: clips made on the spot by a source-filter model.
//!
//! A speaker has a voice (`voice.rs`), a label a way of speaking (`prosody.rs`), a sentence its sounds (`speech.rs`);
//! `render.rs` turns the three into samples. What is heard in a clip depends on its own recipe only, so that more
//! speakers, sentences or labels never change the clips that were there before.
//!
//! It is made to behave as acted corpora do: a label shows in pitch, tempo, loudness, brightness and breath, and so does
//! the speaker, who also acts each emotion in a manner of his own. A test on speakers that were heard in training is
//! therefore easier than an honest one, and level and zero crossings alone say less than a spectrogram.
//!
//! To add a label: a line in `PROFILES` in `prosody.rs`.

mod prosody;
mod render;
mod speech;
mod voice;

use super::error::Problems;
use super::scan::columns;
use super::select::nearest;
use super::{Clip, CorpusError, Files, Found, Listing, Source};
use crate::audio::Audio;
use crate::kind::{Context, Described, Problem};
use crate::seed::Seeds;
use std::collections::BTreeMap;

crate::settings! {
    /// A speech-like corpus from a source-filter model: speakers x sentences x labels x repetitions. Columns: sentence,
    /// repetition, intensity (low, medium, high), sex. Uneven speakers are male, even ones female.
    pub struct Synth {
        /// Speakers.
        pub speakers: usize = 12, in 1..=999;
        /// Sentences, spoken by everyone.
        pub sentences: usize = 4, in 1..=99;
        /// How often each sentence is said with each label.
        pub repetitions: usize = 2, in 1..=99;
        /// The labels; each has its own way of speaking.
        pub labels: Vec<String> = ["angry", "disgust", "fearful", "happy", "neutral", "sad"].map(str::to_owned).to_vec();
        /// The clips' sample rate.
        pub sample_rate_hz: usize = 16_000, in 8_000..=48_000;
        /// The mean length of a clip.
        pub seconds: f64 = 1.6, in 0.5..=20.0;
        /// How strongly labels are acted: 0 not at all, 1 as actors do.
        pub expressiveness: f64 = 1.0, in 0.0..=3.0;
        /// How much manners and takes of the same label differ: 0 not at all.
        pub variation: f64 = 1.0, in 0.0..=3.0;
        /// The mean level of speech above the background noise.
        pub snr_db: f64 = 30.0, in 0.0..=80.0;
        /// The seed of voices, sentences and takes.
        pub seed: u64 = 0;
    }
    check: Synth::check, always;
}

/// All that decides what is heard in one synthetic clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The speaker, from 0.
    pub speaker: usize,
    /// The sentence, from 0.
    pub sentence: usize,
    /// The label.
    pub label: String,
    /// The repetition, from 0.
    pub repetition: usize,
    /// See [`Synth`].
    pub sample_rate_hz: usize,
    /// See [`Synth`].
    pub seconds: f64,
    /// See [`Synth`].
    pub expressiveness: f64,
    /// See [`Synth`].
    pub variation: f64,
    /// See [`Synth`].
    pub snr_db: f64,
    /// See [`Synth`].
    pub seed: u64,
}

impl Synth {
    /// Labels must be known, and named once.
    fn check(&self, _: &Context) -> Vec<Problem> {
        let known = || prosody::PROFILES.iter().map(|(label, _)| *label);
        let mut problems = Vec::new();
        if self.labels.is_empty() {
            problems.push(Problem::new("labels", "is empty; name at least one label"));
        }
        for (i, label) in self.labels.iter().enumerate() {
            if self.labels[..i].contains(label) {
                problems.push(Problem::new("labels", format!("`{label}` is listed twice")));
            } else if !known().any(|k| k == label) {
                let guess = nearest(label, known()).map_or_else(String::new, |n| format!("did you mean `{n}`? "));
                let all: Vec<&str> = known().collect();
                let message = format!("no way of speaking is known for `{label}`; {guess}known are {}", all.join(", "));
                problems.push(Problem::new("labels", message));
            }
        }
        problems
    }

    fn clip(&self, speaker: usize, sentence: usize, label: &str, repetition: usize) -> Clip {
        let recipe = Recipe {
            speaker,
            sentence,
            label: label.to_owned(),
            repetition,
            sample_rate_hz: self.sample_rate_hz,
            seconds: self.seconds,
            expressiveness: self.expressiveness,
            variation: self.variation,
            snr_db: self.snr_db,
            seed: self.seed,
        };
        let (name, text, take) = (format!("s{:03}", speaker + 1), format!("t{:02}", sentence + 1), repetition + 1);
        let columns = columns([
            ("sentence", text.as_str()),
            ("repetition", take.to_string().as_str()),
            ("intensity", prosody::take(&recipe).intensity_word()),
            ("sex", if voice::is_female(speaker) { "female" } else { "male" }),
        ]);
        let id = format!("{name}/{name}_{text}_{label}_{take}.wav");
        let source = Source::Synth(Box::new(recipe));
        Clip { id, source, label: label.to_owned(), speaker: name, columns }
    }
}

impl Listing for Synth {
    /// Lists the clips; nothing is rendered yet.
    fn find(&self, _files: Files) -> Result<Found, CorpusError> {
        let problems = self.problems(&Context::at_rate(u32::try_from(self.sample_rate_hz).unwrap_or(u32::MAX)));
        let lines: Vec<String> = problems.iter().map(|p| format!("corpus.synth.{}: {}", p.key, p.message)).collect();
        if !lines.is_empty() {
            return Err(CorpusError::Problems(Problems::new("the synthetic corpus cannot be made", lines)));
        }
        let mut clips = Vec::with_capacity(self.speakers * self.sentences * self.labels.len() * self.repetitions);
        for speaker in 0..self.speakers {
            for sentence in 0..self.sentences {
                for label in &self.labels {
                    clips.extend((0..self.repetitions).map(|take| self.clip(speaker, sentence, label, take)));
                }
            }
        }
        clips.sort_by(|a: &Clip, b: &Clip| a.id.cmp(&b.id));
        Ok(Found { clips, ..Found::default() })
    }

    fn published(&self) -> Option<Found> {
        self.find(Files::Any).ok()
    }

    /// It was not: it has as many clips as its settings say.
    fn published_clips(&self) -> Option<BTreeMap<String, usize>> {
        None
    }
}

impl Recipe {
    /// The clip's audio, rounded to 16 bits, so that writing it to a file loses nothing. The same recipe gives the same
    /// samples.
    pub fn render(&self) -> Audio {
        let sample_rate_hz = u32::try_from(self.sample_rate_hz).expect("the range of the setting fits");
        Audio { samples: render::render(self), sample_rate_hz, notes: Vec::new() }
    }

    /// The hash of the recipe. The derivation key counts versions of the model: a change that is heard needs a new one.
    pub fn content(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 synthetic clip, model 1");
        for count in [self.speaker, self.sentence, self.repetition, self.sample_rate_hz] {
            hasher.update(&(count as u64).to_le_bytes());
        }
        for value in [self.seconds, self.expressiveness, self.variation, self.snr_db] {
            hasher.update(&value.to_le_bytes());
        }
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(self.label.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// The corpus's random streams.
    fn seeds(&self) -> Seeds {
        Seeds::new(self.seed)
    }

    /// The indices of a stream of this clip's own; the label belongs to the stream's name.
    fn own(&self) -> [u64; 3] {
        [self.speaker as u64, self.sentence as u64, self.repetition as u64]
    }
}

#[cfg(test)]
mod tests;
