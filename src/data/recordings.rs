//! The clips of an experiment: found, selected and known by their content.

use super::audio_hashes::Sound;
use super::{Arrays, DataError, DecodedAudioHashes};
use crate::corpus::{self, Broken, Clip, Corpus, Selection, Span};
use crate::features::Feature;
use crate::spec::Setup;
use crate::split::{Item, Known};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// The clips that an experiment is about, in the order of their ids.
#[derive(Debug, Clone)]
pub struct Recordings {
    /// The clips.
    pub clips: Vec<Clip>,
    /// The class labels, in the order of the network's outputs.
    pub labels: Vec<String>,
    /// For each clip the index of its label.
    pub classes: Vec<usize>,
    /// For each clip a hash of its file's bytes and its arrays; empty where the recordings were only listed.
    pub contents: Vec<[u8; 32]>,
    /// For each clip a hash of its decoded audio, or of its arrays where no audio is needed; empty where the recordings were only
    /// listed.
    pub sounds: Vec<[u8; 32]>,
    /// For each clip whether it is silent, or has an array of a single value where no audio is needed; empty where the recordings
    /// were only listed.
    pub silent: Vec<bool>,
    /// The arrays of external features.
    pub arrays: Arrays,
    /// For each clip whether it could be decoded; empty where the recordings were only listed.
    pub heard: Vec<bool>,
    /// For each clip which part of which recording it is; empty where none is a part of a file.
    pub spans: Vec<Span>,
    /// Ids of clips that the corpus has and that are not used (by the selection, or as they are broken), sorted.
    pub passed_over: Vec<String>,
    /// Files that cannot be used (misnamed, missing, unreadable, too short) and were left out as the spec says.
    pub broken: Vec<String>,
}

impl Recordings {
    /// Lists and selects the clips of a corpus; no file is opened but a manifest. Where all features are external no audio need be
    /// there.
    pub fn list(setup: &Setup) -> Result<Self, DataError> {
        let found = if needs_audio(&setup.features) { setup.corpus.clips()? } else { setup.corpus.named()? };
        Self::select(found, &setup.clips)
    }

    /// Lists the clips that a corpus is known to have, from its published list of names: nothing of it need be there.
    /// `None` where no such list is known.
    pub fn published(corpus: &Corpus, selection: &Selection) -> Option<Result<Self, DataError>> {
        Some(Self::select(corpus.published()?, selection))
    }

    fn select(found: corpus::Found, selection: &Selection) -> Result<Self, DataError> {
        let broken = match selection.broken {
            Broken::LeaveOut => found.misnamed.iter().chain(&found.again).chain(&found.missing).cloned().collect(),
            Broken::Refuse => Vec::new(),
        };
        let missing = found.missing.clone();
        let clips = found.accept(selection.broken)?;
        let mut passed_over: Vec<String> = clips.iter().map(|clip| clip.id.clone()).chain(missing).collect();
        passed_over.sort_unstable();
        let selected = corpus::select(clips, selection)?;
        let used: BTreeSet<&str> = selected.clips.iter().map(|clip| clip.id.as_str()).collect();
        passed_over.retain(|id| !used.contains(id.as_str()));
        let class = |clip: &Clip| selected.labels.iter().position(|l| *l == clip.label).unwrap_or_default();
        let classes = selected.clips.iter().map(class).collect();
        let (contents, sounds, silent, heard) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (spans, arrays) = (corpus::spans(&selected.clips), Arrays::default());
        let (clips, labels) = (selected.clips, selected.labels);
        Ok(Self { clips, labels, classes, contents, sounds, silent, arrays, heard, spans, passed_over, broken })
    }

    /// Lists, selects and hashes the clips of a corpus, and finds the arrays of external features. Only audio that `heard` does
    /// not know is decoded.
    pub fn find(setup: &Setup, heard: &DecodedAudioHashes) -> Result<Self, DataError> {
        let mut listed = Self::list(setup)?;
        let needs_audio = needs_audio(&setup.features);
        if needs_audio {
            listed.contents = corpus::contents(&listed.clips)?;
            let known = listed.clips.par_iter().zip(&listed.contents);
            let sounds: Vec<Sound> = known.map(|(clip, content)| heard.sound(clip, *content)).collect();
            listed.sounds = sounds.iter().map(|sound| sound.hash).collect();
            listed.silent = sounds.iter().map(|sound| sound.is_silent).collect();
            listed.heard = sounds.iter().map(|sound| sound.is_heard).collect();
        }
        let found = Arrays::find(&setup.features, &listed.clips, &listed.passed_over)?;
        if found.arrays.is_empty() {
            return Ok(listed);
        }
        let wrong: Vec<String> = found.broken.iter().map(|(_, line)| line.clone()).chain(found.unknown).collect();
        if setup.clips.broken == Broken::Refuse && !wrong.is_empty() {
            return Err(DataError::Broken { total: listed.clips.len(), lines: wrong });
        }
        let arrays = (0..listed.clips.len()).map(|clip| found.arrays.content(clip));
        if needs_audio {
            let both = listed.contents.iter().zip(arrays);
            listed.contents =
                both.map(|(audio, arrays)| *blake3::hash(&[*audio, arrays].concat()).as_bytes()).collect();
        } else {
            listed.contents = arrays.collect();
            listed.sounds = listed.contents.clone();
            listed.silent = found.flat;
        }
        listed.arrays = found.arrays;
        if found.broken.len() == listed.clips.len() {
            return Err(DataError::Broken { total: listed.clips.len(), lines: wrong });
        }
        Ok(listed.without(&found.broken))
    }

    /// The position of the clip that a path or name is about, written as in tables of arrays; none where there is no such clip, or
    /// are several.
    pub fn position(&self, name: &str) -> Option<usize> {
        super::arrays::keys::position(&self.clips, name)
    }

    /// The ids of the clips that are silent: nothing stands in the way of using them, and nothing is felt in them.
    pub fn silent_clips(&self) -> Vec<&str> {
        self.clips.iter().zip(&self.silent).filter(|(_, silent)| **silent).map(|(clip, _)| clip.id.as_str()).collect()
    }

    /// The ids of the clips that cannot be decoded: of these it is not known whether they sound like others.
    pub fn unheard_clips(&self) -> Vec<&str> {
        self.clips.iter().zip(&self.heard).filter(|(_, heard)| !**heard).map(|(clip, _)| clip.id.as_str()).collect()
    }

    /// The clips as the split sees them.
    pub fn items(&self) -> Vec<Item<'_>> {
        self.clips
            .iter()
            .zip(&self.classes)
            .map(|(clip, label)| Item { id: &clip.id, label: *label, speaker: &clip.speaker, columns: &clip.columns })
            .collect()
    }

    /// What the split knows of them beyond that.
    pub fn known(&self) -> Known<'_> {
        let sounds = (!self.sounds.is_empty()).then_some(&self.sounds[..]);
        let of_arrays = self.heard.is_empty();
        let (spans, labels, passed_over) = (&self.spans, &self.labels, &self.passed_over);
        Known { sounds, of_arrays, spans, labels, passed_over, ..Known::default() }
    }

    /// A hash of what the clips say and who says it: ids, labels, speakers and content, not paths or times.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 recordings");
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        self.labels.iter().for_each(|label| part(label.as_bytes()));
        for (clip, content) in self.clips.iter().zip(&self.contents) {
            part(clip.id.as_bytes());
            part(clip.label.as_bytes());
            part(clip.speaker.as_bytes());
            part(content);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The same without the clips at the given positions (sorted), which are listed as broken with their lines.
    pub fn without(&self, broken: &[(usize, String)]) -> Self {
        let keep = |i: &usize| broken.binary_search_by_key(i, |(position, _)| *position).is_err();
        let kept: Vec<usize> = (0..self.clips.len()).filter(keep).collect();
        let gone = broken.iter().map(|(position, _)| self.clips[*position].id.clone());
        let mut passed_over: Vec<String> = self.passed_over.iter().cloned().chain(gone).collect();
        passed_over.sort_unstable();
        Self {
            passed_over,
            clips: kept.iter().map(|&i| self.clips[i].clone()).collect(),
            labels: self.labels.clone(),
            arrays: self.arrays.of(&kept),
            classes: kept.iter().map(|&i| self.classes[i]).collect(),
            sounds: kept.iter().filter_map(|&i| self.sounds.get(i).copied()).collect(),
            silent: kept.iter().filter_map(|&i| self.silent.get(i).copied()).collect(),
            heard: kept.iter().filter_map(|&i| self.heard.get(i).copied()).collect(),
            spans: kept.iter().filter_map(|&i| self.spans.get(i).copied()).collect(),
            contents: kept.iter().filter_map(|&i| self.contents.get(i).copied()).collect(),
            broken: self.broken.iter().cloned().chain(broken.iter().map(|(_, line)| line.clone())).collect(),
        }
    }
}

/// Whether anything is computed of samples.
pub(crate) fn needs_audio(features: &[Feature]) -> bool {
    !features.iter().all(Feature::is_external)
}
