//! The rows of a fold as a network is fed them: padded, stacked, scaled.

use super::scratch::Scratch;
use super::{DataError, FrameStore, RowSource};
use crate::features::{
    Feature, FeatureError, Frames, Length, Lie, Scaler, Shape, Share, SpeakerRows, Stack, TrainingRows, UsedLength,
    View, assemble,
};
use crate::model::{InputShape, Span};
use crate::spec::Setup;
use crate::split::{FittedOn, Fold, Row};
use crate::train::{ExampleError, Examples, TrainingExamples, ValidationExamples};
use memmap2::Mmap;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Marks a table of training rows: augmented, and the only one a scaler is fitted to.
#[derive(Debug)]
pub struct Train;
/// Marks a table of validation rows: it may pick the best epoch.
#[derive(Debug)]
pub struct Validation;
/// Marks a table of test rows: they are asked once, at the end.
#[derive(Debug)]
pub struct Test;

/// How the features of a row become one input.
#[derive(Debug)]
struct Assembly<'a> {
    features: &'a [Feature],
    stack: Stack,
    length: &'a Length,
    frames: usize,
    shape: Shape,
}

impl Assembly<'_> {
    /// Writes the input of a clip with these frames to `out`; `drawn` is the number that places a training row,
    /// `window` what is seen of a longer clip, where that is not what `length.crop` keeps.
    fn write(
        &self,
        frames: &[Frames],
        drawn: Option<f64>,
        window: Option<Share>,
        out: &mut [f32],
    ) -> Result<Span, FeatureError> {
        let lie = self.length.lie(self.frames, drawn);
        let lie = Lie { crop: window.unwrap_or(lie.crop), ..lie };
        let own = assemble(self.features, frames, lie, self.stack, out)?;
        Ok(Span { start: own.start, frames: own.len() })
    }
}

/// Unscaled inputs of the rows of one partition in a mapped file without a name, row after row.
#[derive(Debug)]
struct Packed {
    map: Option<Mmap>,
    values: usize,
    /// Which frames of each row are its own.
    own: Vec<Span>,
}

impl Packed {
    /// Every row, with its own frames.
    fn rows(&self) -> impl Iterator<Item = (&[f32], Range<usize>)> {
        self.own.iter().enumerate().map(|(i, own)| (self.row(i), own.start..own.end()))
    }

    fn row(&self, i: usize) -> &[f32] {
        let all: &[f32] = self.map.as_deref().map_or(&[], bytemuck::cast_slice);
        &all[i * self.values..(i + 1) * self.values]
    }
}

/// The rows of one partition, ready to be fed.
#[derive(Debug)]
pub struct Table<'a, P> {
    rows: Vec<Row>,
    packed: Packed,
    source: &'a RowSource<'a>,
    store: &'a FrameStore,
    assembly: Arc<Assembly<'a>>,
    scaler: Arc<Scaler>,
    partition: PhantomData<fn() -> P>,
}

/// The three tables of a fold.
#[derive(Debug)]
pub struct Tables<'a> {
    /// Rows to learn from.
    pub train: Table<'a, Train>,
    /// Rows to pick the best epoch on.
    pub validation: Table<'a, Validation>,
    /// Rows to report on.
    pub test: Table<'a, Test>,
    /// How long their inputs are, and which clips are longer.
    pub length: UsedLength,
}

impl<'a> Tables<'a> {
    /// Builds the tables of a fold whose rows `store` holds. Length and scaler come from training rows alone, and epochs are
    /// picked on validation rows, unless `setup.fit` says otherwise.
    pub fn new(
        source: &'a RowSource<'a>,
        store: &'a FrameStore,
        fold: &Fold,
        setup: &'a Setup,
        scratch: Option<&Path>,
    ) -> Result<Self, DataError> {
        let shape_error = |e: FeatureError| DataError::Shape(e.to_string());
        let measured: Vec<usize> = setup.fit.length.rows(fold).iter().map(|row| store.frames(*row)).collect();
        let rate = setup.audio.sample_rate_hz as u32;
        let frames = setup.length.resolve(&setup.features, &measured, rate).map_err(shape_error)?;
        let shape = setup.stack.shape(&setup.features, frames).map_err(shape_error)?;
        let clips = fold.iter().map(|(_, row)| row).filter(|row| row.copy == 0);
        let length = UsedLength::of(frames, &setup.features, rate, clips.map(|row| store.lengths(row)));
        let assembly = Assembly { features: &setup.features, stack: setup.stack, length: &setup.length, frames, shape };
        let assembly = Arc::new(assembly);
        let pack = |rows: &[Row]| pack(rows, source, store, &assembly, scratch);
        let train = pack(fold.train.rows())?;
        let fitted = match setup.fit.scaler {
            FittedOn::Train => None,
            FittedOn::All => Some(pack(&FittedOn::All.rows(fold))?),
        };
        let fitted = fitted.as_ref().unwrap_or(&train);
        // The one place where test rows may pick an epoch: the audit knows it from the same setting.
        let picking = fold.partition(setup.fit.epoch.partition());
        let (validation, test) = (pack(picking)?, pack(fold.test.rows())?);
        let scaler = if setup.scale.is_by_speaker() {
            let parts = [(fold.train.rows(), &train), (picking, &validation), (fold.test.rows(), &test)];
            let speakers = by_speaker(parts, |clip| &source.recordings().clips[clip].speaker);
            Scaler::of_speakers(setup.scale.clone(), shape, speakers)
        } else {
            let rows = TrainingRows::new(shape, fitted.rows()).map_err(shape_error)?;
            Scaler::fit(setup.scale.clone(), rows)
        };
        let scaler = Arc::new(scaler.map_err(shape_error)?);
        Ok(Self {
            validation: Table::new(picking, validation, source, store, &assembly, &scaler),
            test: Table::new(fold.test.rows(), test, source, store, &assembly, &scaler),
            train: Table::new(fold.train.rows(), train, source, store, &assembly, &scaler),
            length,
        })
    }

    /// What all rows are scaled by.
    pub fn scaler(&self) -> &Scaler {
        &self.train.scaler
    }

    /// The shape of every row.
    pub fn shape(&self) -> InputShape {
        self.train.shape()
    }
}

impl<'a, P> Table<'a, P> {
    fn new(
        rows: &[Row],
        packed: Packed,
        source: &'a RowSource<'a>,
        store: &'a FrameStore,
        assembly: &Arc<Assembly<'a>>,
        scaler: &Arc<Scaler>,
    ) -> Self {
        let (assembly, scaler) = (assembly.clone(), scaler.clone());
        Self { rows: rows.to_vec(), packed, source, store, assembly, scaler, partition: PhantomData }
    }

    fn shape(&self) -> InputShape {
        let Shape { channels, bins, frames } = self.assembly.shape;
        InputShape { channels, bins, frames }
    }

    fn label(&self, i: usize) -> usize {
        self.source.recordings().classes[self.rows[i].clip]
    }

    fn speaker(&self, i: usize) -> &str {
        &self.source.recordings().clips[self.rows[i].clip].speaker
    }

    /// Row `i` as recorded, scaled.
    fn write_plain(&self, i: usize, out: &mut [f32]) -> Result<Span, FeatureError> {
        out.copy_from_slice(self.packed.row(i));
        self.scaler.apply(out, self.speaker(i))?;
        Ok(self.packed.own[i])
    }

    fn example_error(&self, i: usize, error: impl std::error::Error + Send + Sync + 'static) -> ExampleError {
        let clip = &self.source.recordings().clips[self.rows[i].clip];
        ExampleError { example: clip.id.clone(), source: Box::new(error) }
    }
}

/// A table whose rows are looked at in another way.
#[derive(Debug)]
pub struct Viewed<'t, 'a, P> {
    table: &'t Table<'a, P>,
    view: View,
}

impl<'a, P> Table<'a, P> {
    /// The rows looked at in a way of their own.
    pub fn view(&self, view: View) -> Viewed<'_, 'a, P> {
        Viewed { table: self, view }
    }

    /// Row `i` as recorded, looked at in this way, scaled.
    fn write_viewed(&self, i: usize, view: View, out: &mut [f32]) -> Result<Span, FeatureError> {
        if view.is_plain() {
            return self.write_plain(i, out);
        }
        let mut frames = self.store.get(self.rows[i]);
        frames.iter_mut().for_each(|frames| frames.stretch(view.stretch));
        let own = self.assembly.write(&frames, None, view.window, out)?;
        self.scaler.apply(out, self.speaker(i))?;
        Ok(own)
    }
}

impl<P> Examples for Viewed<'_, '_, P> {
    fn len(&self) -> usize {
        self.table.rows.len()
    }
    fn shape(&self) -> InputShape {
        self.table.shape()
    }
    fn label(&self, i: usize) -> usize {
        self.table.label(i)
    }
    fn classes(&self) -> usize {
        self.table.source.recordings().labels.len()
    }
    fn write(&self, i: usize, _: u64, out: &mut [f32]) -> Result<Span, ExampleError> {
        self.table.write_viewed(i, self.view, out).map_err(|e| self.table.example_error(i, e))
    }
}

impl Table<'_, Train> {
    /// Row `i` as augmented in `epoch`, scaled.
    fn write_live(&self, i: usize, epoch: u64, out: &mut [f32]) -> Result<Span, DataError> {
        let frames = self.source.live(self.rows[i], epoch, self.store)?;
        let drawn = self.moves().then(|| self.source.place(self.rows[i], epoch));
        let shape_error = |e: FeatureError| DataError::Shape(e.to_string());
        let own = self.assembly.write(&frames, drawn, None, out).map_err(shape_error)?;
        self.scaler.apply(out, self.speaker(i)).map_err(shape_error)?;
        Ok(own)
    }

    /// Whether rows lie elsewhere in the input in every epoch.
    fn moves(&self) -> bool {
        !self.assembly.length.drawn().is_empty()
    }
}

/// [`Examples`] for a table whose rows are written by the given method.
macro_rules! examples {
    ($partition:ty, |$table:ident, $i:ident, $epoch:ident, $out:ident| $write:expr) => {
        impl Examples for Table<'_, $partition> {
            fn len(&self) -> usize {
                self.rows.len()
            }
            fn shape(&self) -> InputShape {
                Table::shape(self)
            }
            fn label(&self, i: usize) -> usize {
                Table::label(self, i)
            }
            fn classes(&self) -> usize {
                self.source.recordings().labels.len()
            }
            fn write(&self, $i: usize, $epoch: u64, $out: &mut [f32]) -> Result<Span, ExampleError> {
                let $table = self;
                $write
            }
        }
    };
}

examples!(Train, |table, i, epoch, out| {
    // Epoch 0 is outside of training: rows as recorded.
    if epoch > 0 && (table.source.changes_anything() || table.moves()) {
        table.write_live(i, epoch, out).map_err(|e| table.example_error(i, e))
    } else {
        table.write_plain(i, out).map_err(|e| table.example_error(i, e))
    }
});
examples!(Validation, |table, i, _epoch, out| table.write_plain(i, out).map_err(|e| table.example_error(i, e)));
examples!(Test, |table, i, _epoch, out| table.write_plain(i, out).map_err(|e| table.example_error(i, e)));

impl TrainingExamples for Table<'_, Train> {}
impl ValidationExamples for Table<'_, Validation> {}

/// The recordings of each speaker in these parts, without their copies; a clip that is in several counts once.
fn by_speaker<'p>(
    parts: [(&[Row], &'p Packed); 3],
    speaker: impl Fn(usize) -> &'p str,
) -> impl Iterator<Item = SpeakerRows<'p>> {
    let (mut seen, mut speakers) = (BTreeSet::new(), BTreeMap::<&str, Vec<_>>::new());
    for (rows, packed) in parts {
        let recorded = rows.iter().zip(packed.rows()).filter(|(row, _)| row.copy == 0);
        for (row, values) in recorded.filter(|(row, _)| seen.insert(row.clip)) {
            speakers.entry(speaker(row.clip)).or_default().push(values);
        }
    }
    speakers.into_iter().map(|(speaker, rows)| SpeakerRows { speaker, rows })
}

/// Assembles rows into a mapped file.
fn pack(
    rows: &[Row],
    source: &RowSource<'_>,
    store: &FrameStore,
    assembly: &Assembly<'_>,
    scratch: Option<&Path>,
) -> Result<Packed, DataError> {
    let mut file = Scratch::new(scratch)?;
    let (mut input, mut own) = (vec![0.0; assembly.shape.values()], Vec::with_capacity(rows.len()));
    for row in rows {
        source.go_on()?;
        let clip = || source.recordings().clips[row.clip].id.clone();
        let written = assembly.write(&store.get(*row), None, None, &mut input);
        own.push(written.map_err(|source| DataError::Feature { clip: clip(), source })?);
        file.write(bytemuck::cast_slice(&input))?;
    }
    let map = file.map()?;
    Ok(Packed { map, values: assembly.shape.values(), own })
}
