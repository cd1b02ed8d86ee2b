//! The arrays of external features: found for the clips of an experiment, held against what the spec says of them, and known by
//! their content.

pub(in crate::data) mod keys;
mod names;
mod rows;
#[cfg(test)]
mod tests;

use super::DataError;
use crate::arrays::{ArrayError, Folder};
use crate::corpus::Clip;
use crate::features::{External, Feature, Frames, Lies, TimeAxis};
use rayon::prelude::*;
use rows::Rows;
use std::collections::BTreeMap;
use std::path::Path;

type Hash = [u8; 32];

/// The arrays of every external feature of a spec, in the order of its features.
#[derive(Debug, Clone, Default)]
pub struct Arrays {
    features: Vec<OfFeature>,
}

/// One feature's arrays.
#[derive(Debug, Clone)]
struct OfFeature {
    /// Its settings, with what was found out.
    settings: External,
    place: Place,
    /// For each clip where its array lies; none of a clip that cannot be used.
    at: Vec<Option<At>>,
    /// For each clip the hash of its array.
    hashes: Vec<Hash>,
}

#[derive(Debug, Clone)]
enum Place {
    Folder(Folder),
    Table(Rows),
}

/// Where a clip's array lies.
#[derive(Debug, Clone)]
enum At {
    File(String),
    Row(usize),
}

/// What was found of an array.
#[derive(Debug, Clone, Copy)]
struct Looked {
    bins: usize,
    frames: usize,
    hash: Hash,
    /// Whether all of its values are the same.
    is_flat: bool,
}

/// The arrays that were found, and what is wrong with others.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The arrays; those of broken clips are to be taken out.
    pub arrays: Arrays,
    /// Positions of clips without a usable array, with a line each; sorted.
    pub broken: Vec<(usize, String)>,
    /// Lines on keys of tables that fit no clip.
    pub unknown: Vec<String>,
    /// For each clip whether an array of its over time has a single value.
    pub flat: Vec<bool>,
}

impl Arrays {
    /// Finds the arrays of `clips` for the external ones among `features`, and reads all of them once. `passed_over` are the
    /// ids of clips that the corpus has and that are not used.
    ///
    /// # Errors
    /// A folder or a table that cannot be read, a name with a column that no clip has, arrays of which no two are alike.
    pub(super) fn find(features: &[Feature], clips: &[Clip], passed_over: &[String]) -> Result<Found, DataError> {
        let mut found = Found { flat: vec![false; clips.len()], ..Found::default() };
        let mut broken: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for settings in features.iter().filter_map(Feature::external) {
            let (place, at, unknown) = locate(settings, clips, passed_over)?;
            found.unknown.extend(unknown);
            let read = |at: &Result<At, String>| {
                let frames = array_of(settings, &place, at.as_ref().map_err(Clone::clone)?)?;
                let is_flat = frames.frames > 1 && frames.data.iter().all(|value| *value == frames.data[0]);
                Ok(Looked { bins: frames.bins, frames: frames.frames, hash: hash(&frames), is_flat })
            };
            let looked: Vec<Result<Looked, String>> = at.par_iter().map(read).collect();
            let mut settings = place.named(settings);
            settle(&mut settings, &looked)?;
            let mut hashes = Vec::with_capacity(clips.len());
            for (clip, looked) in looked.into_iter().enumerate() {
                let fits = looked.and_then(|looked| fits(&settings, &looked).map(|()| looked));
                hashes.push(fits.as_ref().map_or([0; 32], |looked| looked.hash));
                match fits {
                    Ok(looked) => found.flat[clip] |= looked.is_flat,
                    Err(why) => broken.entry(clip).or_default().push(why),
                }
            }
            let at = at.into_iter().map(Result::ok).collect();
            found.arrays.features.push(OfFeature { settings, place, at, hashes });
        }
        let line = |(clip, why): (usize, Vec<String>)| (clip, format!("{}: {}", clips[clip].id, why.join("; ")));
        found.broken = broken.into_iter().map(line).collect();
        Ok(found)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// `features` with what was found out of the external ones among them.
    pub fn resolve(&self, features: &[Feature]) -> Vec<Feature> {
        let mut found = self.features.iter();
        let mut resolved = |feature: &Feature| match feature.external().and_then(|_| found.next()) {
            Some(of) => Feature::External(of.settings.clone()),
            None => feature.clone(),
        };
        features.iter().map(&mut resolved).collect()
    }

    /// The array of external feature number `number` for the clip at a position.
    ///
    /// # Errors
    /// An array that cannot be read any more, or is another one than when the runs were planned.
    pub fn get(&self, number: usize, clip: usize) -> Result<Frames, String> {
        let of = &self.features[number];
        let at = of.at[clip].as_ref().ok_or("its array was not found")?;
        let frames = array_of(&of.settings, &of.place, at)?;
        if hash(&frames) != of.hashes[clip] {
            return Err("its array has changed since the runs were planned; give the command again".to_owned());
        }
        Ok(frames)
    }

    /// A hash of all arrays of the clip at a position.
    pub(super) fn content(&self, clip: usize) -> Hash {
        let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 arrays of a clip");
        self.features.iter().for_each(|of| {
            hasher.update(&of.hashes[clip]);
        });
        *hasher.finalize().as_bytes()
    }

    /// The arrays of the clips at these positions.
    pub(super) fn of(&self, kept: &[usize]) -> Self {
        let of = |of: &OfFeature| OfFeature {
            settings: of.settings.clone(),
            place: of.place.clone(),
            at: kept.iter().map(|&clip| of.at[clip].clone()).collect(),
            hashes: kept.iter().map(|&clip| of.hashes[clip]).collect(),
        };
        Self { features: self.features.iter().map(of).collect() }
    }
}

impl Place {
    /// The settings with the names of the columns that were chosen.
    fn named(&self, settings: &External) -> External {
        match self {
            Self::Folder(_) => settings.clone(),
            Self::Table(rows) => External { columns: rows.columns().to_vec(), ..settings.clone() },
        }
    }
}

/// Where the array of each clip lies, or why it lies nowhere; and lines on what belongs to no clip.
type Located = (Place, Vec<Result<At, String>>, Vec<String>);

fn locate(settings: &External, clips: &[Clip], passed_over: &[String]) -> Result<Located, DataError> {
    match settings.lies().expect("settings without problems name a folder or a table") {
        Lies::Folder(path, name) => {
            let folder = Folder::open(Path::new(path))?;
            let names = names::of(name, clips).map_err(DataError::Shape)?;
            let at = names.into_par_iter().map(|name| match name {
                Ok(name) if folder.has(&name) => Ok(At::File(name)),
                Ok(name) => Err(format!("there is no array {}", Path::new(path).join(name).display())),
                Err(why) => Err(why),
            });
            let at = at.collect();
            Ok((Place::Folder(folder), at, Vec::new()))
        }
        Lies::Table(path, key) => {
            let (rows, table) = Rows::read(Path::new(path), key, &settings.columns, clips)?;
            let (at, unknown) = keys::matched(&table, Path::new(path), key, clips, passed_over);
            let at = at.into_iter().map(|row| row.map(At::Row)).collect();
            Ok((Place::Table(rows), at, unknown))
        }
    }
}

/// The frames of an array that lies there, as the settings read it.
fn array_of(settings: &External, place: &Place, at: &At) -> Result<Frames, String> {
    match (place, at) {
        (Place::Folder(folder), At::File(name)) => {
            let array = folder.read(name).map_err(|e| match e {
                // The name of the file is no more than that of the clip.
                ArrayError::Unreadable { why, .. } => format!("{name}: {why}"),
                e => e.to_string(),
            })?;
            settings.read(&array).map_err(|why| format!("{name}: {why}"))
        }
        (Place::Table(rows), At::Row(row)) => rows.get(*row),
        (Place::Folder(_), At::Row(_)) | (Place::Table(_), At::File(_)) => {
            unreachable!("a place has its own kind of names")
        }
    }
}

fn hash(frames: &Frames) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 array");
    hasher.update(&(frames.bins as u64).to_le_bytes()).update(&(frames.frames as u64).to_le_bytes());
    *hasher.update(bytemuck::cast_slice(&frames.data)).finalize().as_bytes()
}

/// Fills in the bins that most arrays have and the frames that all have, where the settings leave them open.
fn settle(settings: &mut External, looked: &[Result<Looked, String>]) -> Result<(), DataError> {
    let sizes: Vec<&Looked> = looked.iter().flatten().collect();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    sizes.iter().for_each(|looked| *counts.entry(looked.bins).or_default() += 1);
    let most = counts.iter().max_by_key(|(bins, count)| (**count, std::cmp::Reverse(**bins)));
    let Some((&bins, &count)) = most else { return Ok(()) };
    if settings.bins.is_none() && 2 * count <= sizes.len() {
        return Err(DataError::Shape(disagreement(settings, &sizes, counts.len())));
    }
    let bins = *settings.bins.get_or_insert(bins);
    let mut fitting = sizes.iter().filter(|looked| looked.bins == bins).map(|looked| looked.frames);
    if settings.frames.is_none()
        && let Some(first) = fitting.next()
        && settings.time != TimeAxis::Absent
        && fitting.all(|frames| frames == first)
    {
        settings.frames = Some(first);
    }
    Ok(())
}

/// What there is to say of arrays of which no size is that of most.
fn disagreement(settings: &External, sizes: &[&Looked], different: usize) -> String {
    let of = settings.lies().map(|lies| match lies {
        Lies::Folder(path, _) | Lies::Table(path, _) => path.to_owned(),
    });
    let (least, most) = sizes.iter().fold((usize::MAX, 0), |(low, high), l| (low.min(l.bins), high.max(l.bins)));
    let said = format!(
        "external: the arrays in {} have {different} different numbers of bins, from {least} to {most}",
        of.unwrap_or_default()
    );
    let is_turned = settings.time != TimeAxis::Absent && sizes.iter().all(|looked| looked.frames == sizes[0].frames);
    let (other, axes) = match settings.time {
        TimeAxis::Last => ("first", "[frames, bins]"),
        _ => ("last", "[bins, frames]"),
    };
    match is_turned {
        true => format!(
            "{said}, and all have {} frames: is time the other axis? Set time = \"{other}\" for {axes}",
            sizes[0].frames
        ),
        false if settings.time == TimeAxis::Absent => {
            format!(
                "{said}: are they over time? Then set time = \"first\" or \"last\"; else `bins` says which are right"
            )
        }
        false => format!("{said}; all must have the same: `bins` says which are right"),
    }
}

/// Whether an array has the size that the settings say.
fn fits(settings: &External, looked: &Looked) -> Result<(), String> {
    let Looked { bins, frames, .. } = *looked;
    if let Some(expected) = settings.bins.filter(|expected| *expected != bins) {
        let turned = if frames == expected { ": is it transposed?" } else { "" };
        return Err(format!("its array has {bins} bins and {frames} frames, expected {expected} bins{turned}"));
    }
    match settings.frames {
        Some(expected) if expected != frames => Err(format!("its array has {frames} frames, expected {expected}")),
        _ => Ok(()),
    }
}
