//! `features`: what a network would be fed for audio files, before scaling.

use super::args::{ArrayFormat, Sets};
use super::exit::{Exit, Failure};
use super::{Outcome, output, plan};
use crate::audio;
use crate::features::{Feature, Frames, npy};
use crate::kind::Kinds;
use crate::report::plots;
use crate::spec::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was asked for.
pub struct Request {
    /// The spec whose features are extracted.
    pub spec: PathBuf,
    /// Audio files.
    pub audio: Vec<PathBuf>,
    /// The folder to write to.
    pub output: PathBuf,
    /// Only this variant.
    pub variant: Option<String>,
    /// The files' format.
    pub format: ArrayFormat,
    /// Whether to draw.
    pub plot: bool,
    /// Settings over the spec.
    pub sets: Sets,
}

/// Extracts every feature of every variant from every file: `<file>.<feature>.npy`, with the variant's name in between
/// where variants have different features of one name.
pub fn features(request: &Request) -> Outcome {
    let (_, cells) = plan::load(&request.spec, &request.sets)?;
    let known: Vec<&str> = cells.iter().map(|c| c.name.as_str()).collect();
    if let Some(variant) = request.variant.as_deref().filter(|v| !known.contains(v)) {
        let meant = crate::spec::nearest(variant, known.iter().copied());
        let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        return Err(Failure::new(Exit::Usage, format!("no variant `{variant}`; allowed: {}{meant}", known.join(", "))));
    }
    let chosen: Vec<&Cell> = cells.iter().filter(|c| request.variant.as_ref().is_none_or(|v| *v == c.name)).collect();
    std::fs::create_dir_all(&request.output)
        .map_err(|e| Failure::new(Exit::Data, format!("cannot create {}: {e}", request.output.display())))?;
    let mut broken = Vec::new();
    for path in &request.audio {
        if let Err(why) = one_file(request, &chosen, path) {
            broken.push(why);
        }
    }
    if broken.is_empty() { Ok(Exit::Done) } else { Err(Failure::new(Exit::Data, broken.join("\n"))) }
}

/// The features of one file under the names of its outputs. The same feature of two variants is written once.
fn one_file(request: &Request, cells: &[&Cell], path: &Path) -> Result<(), String> {
    let decoded = audio::decode(path).map_err(|e| e.to_string())?;
    for note in &decoded.notes {
        output::note(&format!("{}: {note}", path.display()));
    }
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let mut written: BTreeMap<String, (&Feature, &Cell)> = BTreeMap::new();
    for cell in cells {
        let samples = cell.setup.audio.prepare(decoded.clone()).map_err(|e| e.to_string())?;
        let rate = cell.setup.audio.sample_rate_hz as u32;
        for feature in &cell.setup.features {
            let plain = format!("{stem}.{}", feature.name());
            let same = |(f, c): &(&Feature, &Cell)| *f == feature && c.setup.audio == cell.setup.audio;
            let name = match written.get(&plain) {
                Some(other) if same(other) => continue,
                Some(_) => format!("{stem}.{}.{}", cell.name, feature.name()),
                None => plain,
            };
            let frames = feature.extract(&samples, rate).map_err(|e| format!("{}: {e}", path.display()))?;
            let file = write(request, &name, feature, &frames, rate)?;
            output::result(&format!("{}  [{} bins, {} frames]", file.display(), frames.bins, frames.frames));
            if request.plot {
                draw(request, &name, feature, &frames, rate)?;
            }
            written.insert(name, (feature, cell));
        }
    }
    Ok(())
}

fn write(request: &Request, name: &str, feature: &Feature, frames: &Frames, rate: u32) -> Result<PathBuf, String> {
    let mut bytes = Vec::new();
    let (extension, made) = match request.format {
        ArrayFormat::Npy => ("npy", npy::write_f32(&mut bytes, &[frames.bins, frames.frames], &frames.data)),
        ArrayFormat::Csv => ("csv", npy::write_csv(&mut bytes, feature, frames, rate)),
    };
    made.map_err(|e| e.to_string())?;
    save(&request.output.join(format!("{name}.{extension}")), &bytes)
}

fn draw(request: &Request, name: &str, feature: &Feature, frames: &Frames, rate: u32) -> Result<(), String> {
    let hop_seconds = feature.hop_length() as f64 / f64::from(rate);
    let scene = plots::frames(&frames.data, frames.bins, hop_seconds, name, None);
    let png = scene.png().map_err(|e| e.to_string())?;
    save(&request.output.join(format!("{name}.svg")), scene.svg().as_bytes())?;
    let file = save(&request.output.join(format!("{name}.png")), &png)?;
    output::result(&file.display().to_string());
    Ok(())
}

fn save(path: &Path, bytes: &[u8]) -> Result<PathBuf, String> {
    crate::record::write_atomic(path, bytes).map_err(|e| e.to_string())?;
    Ok(path.to_owned())
}
