//! `features`: what a network would be fed for audio files, before scaling.

mod names;

use super::args::{ArrayFormat, Sets};
use super::exit::{Exit, Failure};
use super::{Outcome, output, plan};
use crate::arrays::npy;
use crate::audio;
use crate::data::{DataError, DecodedAudioHashes, Recordings};
use crate::features::{Feature, Frames};
use crate::report::plots;
use crate::spec::Cell;
use names::Wanted;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    let chosen = cells.into_iter().filter(|c| request.variant.as_ref().is_none_or(|v| *v == c.name));
    let found = chosen.map(with_arrays).collect::<Result<Vec<_>, DataError>>()?;
    let chosen: Vec<(&Cell, Option<&Recordings>)> =
        found.iter().map(|(cell, found)| (&**cell, found.as_ref())).collect();
    let wanted = names::wanted(&chosen);
    let stems = names::stems(&request.audio).and_then(|stems| names::unique(&stems, &wanted).map(|()| stems));
    let stems = stems.map_err(|why| Failure::new(Exit::Usage, why))?;
    std::fs::create_dir_all(&request.output)
        .map_err(|e| Failure::new(Exit::Data, format!("cannot create {}: {e}", request.output.display())))?;
    let files = request.audio.iter().zip(&stems);
    let broken: Vec<String> = files.filter_map(|(path, stem)| one_file(request, &wanted, path, stem).err()).collect();
    if broken.is_empty() { Ok(Exit::Done) } else { Err(Failure::new(Exit::Data, broken.join("\n"))) }
}

/// A cell, and the clips with their arrays where it has external features.
fn with_arrays(cell: Cell) -> Result<(Arc<Cell>, Option<Recordings>), DataError> {
    let cell = Arc::new(cell);
    if !cell.setup.features.iter().any(Feature::is_external) {
        return Ok((cell, None));
    }
    let recordings = Recordings::find(&cell.setup, &DecodedAudioHashes::open(None))?;
    Ok((crate::plan::resolved(cell, &recordings), Some(recordings)))
}

/// The features of one file.
fn one_file(request: &Request, wanted: &[Wanted<'_>], path: &Path, stem: &str) -> Result<(), String> {
    let decoded = match wanted.iter().all(|want| want.arrays.is_some()) {
        true => None,
        false => Some(audio::decode(path).map_err(|e| e.to_string())?),
    };
    for note in decoded.iter().flat_map(|audio| &audio.notes) {
        output::note(&format!("{}: {note}", path.display()));
    }
    for want in wanted {
        let frames = match (want.arrays, &decoded) {
            (Some((recordings, number)), _) => array(recordings, number, path)?,
            (None, Some(audio)) => {
                let samples = want.audio.prepare(audio.clone()).map_err(|e| e.to_string())?;
                let rate = want.audio.sample_rate_hz as u32;
                want.feature.extract(&samples, rate).map_err(|e| format!("{}: {e}", path.display()))?
            }
            (None, None) => continue,
        };
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

/// The array of the clip that a path or an id names.
fn array(recordings: &Recordings, number: usize, path: &Path) -> Result<Frames, String> {
    let example = recordings.clips.first().map(|clip| clip.id.as_str()).unwrap_or_default();
    let unknown = || {
        format!("{}: no single clip of the corpus is called so; give a clip's id, such as {example}", path.display())
    };
    let clip = recordings.position(&path.to_string_lossy()).ok_or_else(unknown)?;
    recordings.arrays.get(number, clip).map_err(|why| format!("{}: {why}", recordings.clips[clip].id))
}

fn write(request: &Request, name: &str, want: &Wanted<'_>, frames: &Frames) -> Result<PathBuf, String> {
    let mut bytes = Vec::new();
    let rate = want.audio.sample_rate_hz as u32;
    let (extension, made) = match request.format {
        ArrayFormat::Npy => {
            let made = npy::write_f32(&mut bytes, &[frames.bins, frames.frames], &frames.data);
            ("npy", made.map_err(|e| e.to_string()))
        }
        ArrayFormat::Csv => {
            let made = crate::features::write_csv(&mut bytes, want.feature, frames, rate);
            ("csv", made.map_err(|e| e.to_string()))
        }
    };
    made?;
    save(&request.output.join(format!("{name}.{extension}")), &bytes)
}

fn draw(request: &Request, name: &str, want: &Wanted<'_>, frames: &Frames) -> Result<(), String> {
    // Where the hop is not known, a frame is drawn as a second.
    let rate = want.audio.sample_rate_hz as f64;
    let hop_seconds = want.feature.hop_length().map_or(1.0, |hop| hop as f64 / rate);
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
