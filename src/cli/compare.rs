//! `compare`: variants side by side.

use super::args::{About, Folders, Format};
use super::exit::{Exit, Failure};
use super::{Outcome, output};
use crate::evaluate::{Looks, Metric, Question};
use crate::record::{self, StoredRun};
use crate::report::plots::Scene;
use crate::report::{self, Asked};
use std::collections::BTreeSet;
use std::path::Path;

/// Compares runs or experiments.
pub fn compare(
    selectors: &[String],
    baseline: Option<&str>,
    ensemble: bool,
    about: &About,
    format: Format,
    plot: Option<&Path>,
    folders: &Folders,
) -> Outcome {
    let drawing = plot.map(Drawing::of).transpose()?;
    let question = if about.networks { Question::Networks } else { Question::Recipes };
    let runs = selected(selectors, folders)?;
    // The looks were at recipes, and at the baseline that a comparison has by itself.
    let looks = if about.networks || baseline.is_some() { None } else { looks(&runs)? };
    let asked = Asked { baseline, question, looks: looks.as_ref(), looking: false, ensemble };
    let comparison = report::compare(&runs, &asked)?;
    output::result(&comparison.render(format.into(), about.why));
    if let (Some(drawing), Some(path)) = (drawing, plot) {
        drawing.write(&comparison.plot(Metric::Uar, &selectors.join(", ")), path)?;
        output::note(&format!("plot: {}", path.display()));
    }
    Ok(Exit::Done)
}

/// How a plot is written, by the end of its file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drawing {
    Svg,
    Png,
}

impl Drawing {
    fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|end| end.to_str()) {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => {
                Err(Failure::new(Exit::Usage, format!("--plot {}: its name must end in .svg or .png", path.display())))
            }
        }
    }

    fn write(self, scene: &Scene, path: &Path) -> Result<(), Failure> {
        let bytes = match self {
            Self::Svg => scene.svg().into_bytes(),
            Self::Png => scene.png().map_err(report::ReportError::from)?,
        };
        Ok(record::write_atomic(path, &bytes)?)
    }
}

/// The comparison of runs as text, as `run` ends with it.
pub fn text(runs: &[StoredRun]) -> Result<String, Failure> {
    let looks = looks(runs)?;
    let comparison = report::compare(runs, &Asked { looks: looks.as_ref(), ..Asked::default() })?;
    Ok(comparison.render(Format::Text.into(), false))
}

/// The looks that the runs' experiment was added to by, if it was; of several experiments nobody has looked at the whole.
fn looks(runs: &[StoredRun]) -> Result<Option<Looks>, Failure> {
    let folders: BTreeSet<&Path> = runs.iter().filter_map(|run| run.dir.parent()).collect();
    match folders.first() {
        Some(folder) if folders.len() == 1 => Ok(record::read_looks(folder)?),
        _ => Ok(None),
    }
}

/// The runs that are meant, each once.
fn selected(selectors: &[String], folders: &Folders) -> Result<Vec<StoredRun>, Failure> {
    let mut runs: Vec<StoredRun> = Vec::new();
    for selector in selectors {
        for run in record::find(&folders.runs, selector)? {
            if runs.iter().all(|known| known.dir != run.dir) {
                runs.push(run);
            }
        }
    }
    Ok(runs)
}
