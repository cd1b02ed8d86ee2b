//! `features`: what a network would be fed for audio files, before scaling.

mod names;

use super::args::{ArrayFormat, Sets};
use super::exit::{Exit, Failure};
use super::{Outcome, output, plan};
use crate::audio;
use crate::features::{Frames, npy};
use crate::report::plots;
use crate::spec::Cell;
use names::Wanted;
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

/// Extracts every feature of every variant from every file: `<file>.<feature>.npy`, with as much of the file's path, of the
/// variant's name and of the feature's position as tells them apart. All names are known before anything is written.
pub fn features(request: &Request) -> Outcome {
    let (_, cells) = plan::load(&request.spec, &request.sets)?;
    let known: Vec<&str> = cells.iter().map(|c| c.name.as_str()).collect();
    if let Some(variant) = request.variant.as_deref().filter(|v| !known.contains(v)) {
        let meant = crate::spec::nearest(variant, known.iter().copied());
        let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        return Err(Failure::new(Exit::Usage, format!("no variant `{variant}`; allowed: {}{meant}", known.join(", "))));
    }
    let chosen: Vec<&Cell> = cells.iter().filter(|c| request.variant.as_ref().is_none_or(|v| *v == c.name)).collect();
    let wanted = names::wanted(&chosen);
    let stems = names::stems(&request.audio).and_then(|stems| names::unique(&stems, &wanted).map(|()| stems));
    let stems = stems.map_err(|why| Failure::new(Exit::Usage, why))?;
    std::fs::create_dir_all(&request.output)
        .map_err(|e| Failure::new(Exit::Data, format!("cannot create {}: {e}", request.output.display())))?;
    let files = request.audio.iter().zip(&stems);
    let broken: Vec<String> = files.filter_map(|(path, stem)| one_file(request, &wanted, path, stem).err()).collect();
    if broken.is_empty() { Ok(Exit::Done) } else { Err(Failure::new(Exit::Data, broken.join("\n"))) }
}

/// The features of one file.
fn one_file(request: &Request, wanted: &[Wanted<'_>], path: &Path, stem: &str) -> Result<(), String> {
    let decoded = audio::decode(path).map_err(|e| e.to_string())?;
    for note in &decoded.notes {
        output::note(&format!("{}: {note}", path.display()));
    }
    for want in wanted {
        let samples = want.audio.prepare(decoded.clone()).map_err(|e| e.to_string())?;
        let rate = want.audio.sample_rate_hz as u32;
        let frames = want.feature.extract(&samples, rate).map_err(|e| format!("{}: {e}", path.display()))?;
        let name = want.file(stem);
        let file = write(request, &name, want, &frames)?;
        output::result(&format!(
            "{}  [{}, {}]",
            file.display(),
            output::counted(frames.bins, "bin"),
            output::counted(frames.frames, "frame")
        ));
        if request.plot {
            draw(request, &name, want, &frames)?;
        }
    }
    Ok(())
}

fn write(request: &Request, name: &str, want: &Wanted<'_>, frames: &Frames) -> Result<PathBuf, String> {
    let mut bytes = Vec::new();
    let rate = want.audio.sample_rate_hz as u32;
    let (extension, made) = match request.format {
        ArrayFormat::Npy => ("npy", npy::write_f32(&mut bytes, &[frames.bins, frames.frames], &frames.data)),
        ArrayFormat::Csv => ("csv", npy::write_csv(&mut bytes, want.feature, frames, rate)),
    };
    made.map_err(|e| e.to_string())?;
    save(&request.output.join(format!("{name}.{extension}")), &bytes)
}

fn draw(request: &Request, name: &str, want: &Wanted<'_>, frames: &Frames) -> Result<(), String> {
    let hop_seconds = want.feature.hop_length() as f64 / want.audio.sample_rate_hz as f64;
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
