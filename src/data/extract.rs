//! From clips to features: decode, augment, extract, by way of the cache.

use super::{DataError, FrameStore, FrameStoreWriter, Meter, Recordings, Work};
use crate::audio::AudioSettings;
use crate::augment::{self, Step};
use crate::corpus::Broken;
use crate::features::{self, Cache, Feature, FeatureError, Frames, Stack};
use crate::kind::Kinds;
use crate::seed::{Seeds, Stream, streams};
use crate::split::Row;
use rayon::prelude::*;
use std::path::Path;

/// Clips whose features are held in memory at the same time while a store is written.
const CHUNK: usize = 128;

/// Frames by which arrays made elsewhere may differ from other features of their clip: what is added at a clip's ends differs
/// from tool to tool.
const UNEQUAL_FRAMES: usize = 2;

/// Extracts the features of rows: of clips, of their offline copies, and of rows augmented on the fly.
pub struct RowSource<'a> {
    recordings: &'a Recordings,
    audio: &'a AudioSettings,
    features: &'a [Feature],
    stack: Stack,
    /// The step of each offline copy, copy 1 first.
    copies: Vec<Step>,
    /// What is applied in every epoch anew.
    live: Vec<Step>,
    /// Those of them that are computed, made ready for the spec's sample rate.
    extractor: features::Extractor,
    cache: &'a Cache,
    seeds: Seeds,
    meter: &'a Meter<'a>,
    stop: &'a (dyn Fn() -> bool + Sync),
}

impl std::fmt::Debug for RowSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowSource").field("features", &self.features).finish_non_exhaustive()
    }
}

/// The features of all clips that could be used, and what was wrong with the others.
#[derive(Debug)]
pub struct Extraction {
    /// Holds a row (copy 0) for every usable clip; open for the rows of copies.
    pub writer: FrameStoreWriter,
    /// Positions of the clips that cannot be used, with a line each; sorted.
    pub broken: Vec<(usize, String)>,
}

impl Extraction {
    /// An error that names every clip that cannot be used, unless they are to be left out.
    pub fn refuse_broken(&self, broken: Broken, total: usize) -> Result<(), DataError> {
        if broken == Broken::LeaveOut || self.broken.is_empty() {
            return Ok(());
        }
        Err(DataError::Broken { total, lines: self.broken.iter().map(|(_, line)| line.clone()).collect() })
    }
}

impl<'a> RowSource<'a> {
    /// The source of rows for the clips and settings of one run. Where `stop` says so, it ends with [`DataError::Stopped`]
    /// soon.
    pub fn new(
        recordings: &'a Recordings,
        setup: &'a crate::spec::Setup,
        cache: &'a Cache,
        seeds: Seeds,
        meter: &'a Meter<'a>,
        stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Result<Self, DataError> {
        let (offline, live): (Vec<Step>, Vec<Step>) = setup.augment.iter().cloned().partition(Step::is_offline);
        let copies =
            offline.iter().flat_map(|s| std::iter::repeat_n(Step { copies: 0, ..s.clone() }, s.copies as usize));
        let rate = setup.audio.sample_rate_hz as u32;
        let computed: Vec<Feature> = setup.features.iter().filter(|f| !f.is_external()).cloned().collect();
        let extractor = features::Extractor::new(&computed, rate).map_err(|e| DataError::Shape(e.to_string()))?;
        Ok(Self {
            recordings,
            audio: &setup.audio,
            features: &setup.features,
            stack: setup.stack,
            copies: copies.collect(),
            live,
            extractor,
            cache,
            seeds,
            meter,
            stop,
        })
    }

    /// An error where it was asked to stop.
    pub(super) fn go_on(&self) -> Result<(), DataError> {
        if (self.stop)() { Err(DataError::Stopped) } else { Ok(()) }
    }

    /// The clips.
    pub fn recordings(&self) -> &Recordings {
        self.recordings
    }

    /// The features of every clip. Clips that cannot be decoded or are too short for a feature are listed, not fatal.
    pub fn originals(&self, scratch: Option<&Path>) -> Result<Extraction, DataError> {
        let mut writer = FrameStoreWriter::new(scratch)?;
        let mut broken = Vec::new();
        let clips: Vec<usize> = (0..self.recordings.clips.len()).collect();
        for chunk in clips.chunks(CHUNK) {
            let found: Vec<_> = chunk.par_iter().map(|&clip| (clip, self.row(Row { clip, copy: 0 }))).collect();
            for (clip, frames) in found {
                match frames {
                    Ok(frames) => writer.put(Row { clip, copy: 0 }, &frames)?,
                    Err(DataError::Stopped) => return Err(DataError::Stopped),
                    Err(e) => broken.push((clip, e.to_string())),
                }
            }
        }
        Ok(Extraction { writer, broken })
    }

    /// Adds the offline copies among `rows` to a store.
    pub fn add_copies(&self, rows: &[Row], writer: &mut FrameStoreWriter) -> Result<(), DataError> {
        let copies: Vec<Row> = rows.iter().copied().filter(|r| r.copy > 0).collect();
        for chunk in copies.chunks(CHUNK) {
            let found: Vec<_> = chunk.par_iter().map(|&row| self.row(row)).collect();
            for (row, frames) in chunk.iter().zip(found) {
                writer.put(*row, &frames?)?;
            }
        }
        Ok(())
    }

    /// Whether every epoch sees the samples themselves anew.
    pub fn changes_waveforms(&self) -> bool {
        self.live.iter().any(|s| s.transform.stage() == augment::Stage::Waveform)
    }

    /// Whether every epoch sees other features than the last.
    pub fn changes_anything(&self) -> bool {
        self.live.iter().any(|s| s.transform.stage() != augment::Stage::Batch)
    }

    /// The features of a training row as augmented in `epoch`; `store` holds those of the row itself.
    pub fn live(&self, row: Row, epoch: u64, store: &FrameStore) -> Result<Vec<Frames>, DataError> {
        let mut stream = self.seeds.stream(streams::AUGMENT, &[self.identity(row.clip), u64::from(row.copy), epoch]);
        let mut frames = if self.changes_waveforms() {
            let (samples, mut copying) = self.copied_samples(row)?;
            let mut samples = samples.unwrap_or_default();
            self.meter
                .time(Work::Augment, || augment::waveform(&self.live, &mut samples, self.rate(), &mut stream))
                .map_err(|e| self.augment_error(row, e))?;
            let mut frames = self.frames(row.clip, Some(&samples))?;
            self.copied_frames(row, &mut frames, &mut copying);
            frames
        } else {
            store.get(row)
        };
        self.meter.time(Work::Augment, || {
            augment::clip(&self.live, self.features, &mut frames, &mut stream);
            for (feature, frames) in self.features.iter().zip(&mut frames) {
                let floor = feature.floor(frames);
                augment::spectrogram(&self.live, frames, &floor, &mut stream);
            }
        });
        Ok(frames)
    }

    /// The number in [0, 1) that says where a training row lies in the input in `epoch`, and which part of it is seen.
    pub(super) fn place(&self, row: Row, epoch: u64) -> f64 {
        self.seeds.stream(streams::PLACE, &[self.identity(row.clip), u64::from(row.copy), epoch]).uniform()
    }

    /// The features of a row as it is stored, from the cache where they are there.
    fn row(&self, row: Row) -> Result<Vec<Frames>, DataError> {
        self.go_on()?;
        // Arrays made elsewhere are there already: nothing of them is kept a second time.
        let key = |feature: &Feature| (!feature.is_external()).then(|| self.key(row, feature));
        let keys: Vec<Option<features::Key>> = self.features.iter().map(key).collect();
        let cached = |key: &Option<features::Key>| self.cache.get(key.as_ref()?).and_then(|mut entry| entry.pop());
        let found: Option<Vec<Frames>> = self.meter.time(Work::Cache, || keys.iter().map(cached).collect());
        if let Some(found) = found {
            return Ok(found);
        }
        let (samples, mut copying) = self.copied_samples(row)?;
        // All features, also those that were there: a step on spectrograms draws from one stream for all of them.
        let mut frames = self.frames(row.clip, samples.as_deref())?;
        self.copied_frames(row, &mut frames, &mut copying);
        self.meter.time(Work::Cache, || {
            let computed = keys.iter().zip(&frames).filter_map(|(key, frames)| Some((key.as_ref()?, frames)));
            computed.for_each(|(key, frames)| self.cache.put(key, std::slice::from_ref(frames)));
        });
        Ok(frames)
    }

    /// The frames of all features of a clip with these samples; arrays made elsewhere know nothing of the samples.
    fn frames(&self, clip: usize, samples: Option<&[f32]>) -> Result<Vec<Frames>, DataError> {
        let mut computed = samples.map(|samples| self.extract(clip, samples)).transpose()?.into_iter().flatten();
        let (mut frames, mut external) = (Vec::with_capacity(self.features.len()), 0);
        for feature in self.features {
            if feature.is_external() {
                let array = self.meter.time(Work::Cache, || self.recordings.arrays.get(external, clip));
                frames.push(array.map_err(|why| self.array_error(clip, why))?);
                external += 1;
            } else {
                frames.push(computed.next().expect("samples are there where a feature is computed"));
            }
        }
        if external > 0 && self.stack != Stack::Time {
            let lengths: Vec<usize> = frames.iter().map(|frames| frames.frames).collect();
            let (least, most) = (lengths.iter().min(), lengths.iter().max());
            if most.zip(least).is_some_and(|(most, least)| most - least > UNEQUAL_FRAMES) {
                let of = self.features.iter().zip(&lengths).map(|(f, n)| format!("{n} of `{}`", f.name()));
                let frames = of.collect::<Vec<_>>().join(", ");
                let why = format!(
                    "its features have different numbers of frames ({frames}), so that a column would be different moments: \
                     use equal hops, or stack = \"time\""
                );
                return Err(self.array_error(clip, why));
            }
        }
        Ok(frames)
    }

    fn array_error(&self, clip: usize, why: String) -> DataError {
        DataError::OfClip { clip: self.recordings.clips[clip].id.clone(), why }
    }

    /// The samples of a row, where a feature is computed of them, and the stream its copy is drawn from: an original needs none.
    fn copied_samples(&self, row: Row) -> Result<(Option<Vec<f32>>, Stream), DataError> {
        let mut stream = self.seeds.stream(streams::COPY, &[self.identity(row.clip), u64::from(row.copy)]);
        if self.extractor.features().is_empty() {
            return Ok((None, stream));
        }
        let clip = &self.recordings.clips[row.clip];
        let mut samples = self.meter.time(Work::Decode, || -> Result<Vec<f32>, DataError> {
            let audio = clip.audio()?;
            match audio.notes.iter().find(|note| note.is_loss()) {
                Some(note) => Err(DataError::Incomplete { clip: clip.id.clone(), note: note.to_string() }),
                None => Ok(self.audio.prepare(audio)?),
            }
        })?;
        if let Some(step) = self.copy_step(row) {
            let step = std::slice::from_ref(step);
            self.meter
                .time(Work::Augment, || augment::waveform(step, &mut samples, self.rate(), &mut stream))
                .map_err(|e| self.augment_error(row, e))?;
        }
        Ok((Some(samples), stream))
    }

    fn copied_frames(&self, row: Row, frames: &mut [Frames], stream: &mut Stream) {
        let Some(step) = self.copy_step(row) else { return };
        augment::clip(std::slice::from_ref(step), self.features, frames, stream);
        for (feature, frames) in self.features.iter().zip(frames) {
            let floor = feature.floor(frames);
            augment::spectrogram(std::slice::from_ref(step), frames, &floor, stream);
        }
    }

    fn copy_step(&self, row: Row) -> Option<&Step> {
        (row.copy as usize).checked_sub(1).and_then(|i| self.copies.get(i))
    }

    fn extract(&self, clip: usize, samples: &[f32]) -> Result<Vec<Frames>, DataError> {
        let extracted = self.meter.time(Work::Features, || self.extractor.extract(samples));
        extracted.map_err(|source| self.feature_error(clip, source))
    }

    fn feature_error(&self, clip: usize, source: FeatureError) -> DataError {
        DataError::Feature { clip: self.recordings.clips[clip].id.clone(), source }
    }

    fn rate(&self) -> u32 {
        self.audio.sample_rate_hz as u32
    }

    /// A number that stands for the clip in stream names, whatever else is in the corpus.
    fn identity(&self, clip: usize) -> u64 {
        let hash = blake3::hash(self.recordings.clips[clip].id.as_bytes());
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
    }

    fn augment_error(&self, row: Row, source: augment::AugmentError) -> DataError {
        DataError::Augment { clip: self.recordings.clips[row.clip].id.clone(), source }
    }

    /// Everything that an entry of the cache depends on.
    fn key(&self, row: Row, feature: &Feature) -> features::Key {
        let json = |value: serde_json::Result<Vec<u8>>| value.expect("settings are plain data");
        let copy = self.copy_step(row).map(|step| {
            let seed = self.seeds.root().to_le_bytes();
            let drawn = [self.identity(row.clip).to_le_bytes(), u64::from(row.copy).to_le_bytes(), seed].concat();
            // A folder of sounds that cannot be read has stopped the run before anything could be kept of it.
            let step =
                augment::content_key(std::slice::from_ref(step)).unwrap_or_else(|_| json(serde_json::to_vec(step)));
            [step, drawn].concat()
        });
        features::key(&[
            &self.recordings.contents[row.clip],
            &json(serde_json::to_vec(self.audio)),
            &json(serde_json::to_vec(feature)),
            &features::VERSION.to_le_bytes(),
            &copy.unwrap_or_default(),
        ])
    }
}
