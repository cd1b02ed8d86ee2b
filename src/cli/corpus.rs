//! `corpus stats`, `corpus doctor`, `corpus synth`.

use super::args::Sets;
use super::exit::{Exit, Failure};
use super::{Outcome, output, plan};
use crate::corpus::{self, Corpus, Found, Severity, Survey};
use crate::kind::{Context, Kinds, Settings};
use crate::spec::Setup;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;

/// The settings of a spec's first variant: all variants of an experiment usually share their corpus.
fn setup(path: &Path, sets: &Sets) -> Result<Setup, Failure> {
    let (_, cells) = plan::load(path, sets)?;
    cells.into_iter().next().map(|c| c.setup).ok_or_else(|| Failure::new(Exit::Usage, "the spec has no variant"))
}

/// Decodes every clip once, with a bar on a terminal.
fn listen(found: &Found) -> Vec<Result<Survey, String>> {
    let bar = if output::is_terminal() { ProgressBar::new(found.clips.len() as u64) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("listening  [{bar:24}] {pos}/{len}  {eta} left");
    bar.set_style(style.expect("the template is valid"));
    let heard = corpus::survey(&found.clips, &|| bar.inc(1));
    bar.finish_and_clear();
    heard
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("the report is plain data")
}

/// Classes, speakers, durations, rates.
pub fn stats(path: &Path, sets: &Sets, as_json: bool) -> Outcome {
    let setup = setup(path, sets)?;
    let found = setup.corpus.clips()?;
    let heard = listen(&found);
    let stats = corpus::stats(&found, &heard);
    output::result(&if as_json { json(&serde_json::json!({ "serlab": 1, "stats": stats })) } else { stats.text() });
    // Without a single clip that can be used there is nothing that the figures are of.
    Ok(if stats.unreadable == stats.clips { Exit::Data } else { Exit::Done })
}

/// What is wrong with the clips; exit 3 where something would make results wrong.
pub fn doctor(path: &Path, sets: &Sets, as_json: bool) -> Outcome {
    let setup = setup(path, sets)?;
    let mut found = setup.corpus.clips()?;
    found.clips.retain(|clip| !setup.clips.leave_out.contains(&clip.id));
    let heard = listen(&found);
    let findings = corpus::examine(&found, &heard);
    if as_json {
        output::result(&json(&serde_json::json!({ "serlab": 1, "clips": found.clips.len(), "findings": findings })));
    } else {
        let clips = output::counted(found.clips.len(), "clip");
        let mut text = format!("{}: {clips}, {}\n", setup.corpus.name(), output::counted(findings.len(), "finding"));
        findings.iter().for_each(|f| text.push_str(&format!("{}\n", f.text())));
        if let Some(lines) = corpus::advice(&findings) {
            text.push_str(&format!("\nTo leave out what should be, add to the spec:\n\n{lines}"));
        }
        output::result(&text);
    }
    let bad = findings.iter().any(|f| f.severity == Severity::Error);
    Ok(if bad { Exit::Data } else { Exit::Done })
}

/// Writes the synthetic corpus as files.
pub fn synth(folder: &Path, sets: &[String]) -> Outcome {
    let usage = |message: String| Failure::new(Exit::Usage, message);
    let text = sets.join("\n");
    let settings: corpus::Synth = toml::from_str(&text).map_err(|e| {
        let known = corpus::Synth::table().names().join(", ");
        usage(format!("--set: {}; settings of corpus.synth: {known}", e.message()))
    })?;
    let corpus = Corpus::Synth(settings);
    let problems = corpus.inside(&Context::default());
    if !problems.is_empty() {
        let lines: Vec<String> = problems.iter().map(|p| format!("--set {}: {}", p.key, p.message)).collect();
        return Err(usage(lines.join("\n")));
    }
    let found = corpus.clips()?;
    let manifest = corpus::write(&found.clips, folder)?;
    let path = manifest.display();
    output::result(&format!(
        "{} clips written to {}. Use them with [corpus.manifest] path = \"{path}\"",
        found.clips.len(),
        folder.display()
    ));
    Ok(Exit::Done)
}
