//! One run in full.

use super::brief::settings_in_brief;
use super::table::percent;
use super::tables::{span, title};
use super::{Cell, ReportError, Shown, Table, document};
use crate::evaluate::{ClassFigures, Components, Confused, Estimate, Evaluation, Metric, Network, Question, estimate};
use crate::record::{Provenance, StoredRun, rfc3339};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A run as text: how it stands, its figures with intervals, each class, the confusion, what is most confused, its settings
/// as far as they are no defaults, where it comes from, its files. Shares are in percent. A run without a result, or one changed after sealing, shows no figures but says why.
///
/// # Errors
/// A file of the record that cannot be read.
pub fn show(run: &StoredRun) -> Result<String, ReportError> {
    let mut out = format!("{}  {}\n", run.name, run.state.word());
    let why = run.state.why();
    if !why.is_empty() {
        out += &format!("  {why}\n");
    }
    run.stamps.iter().for_each(|stamp| out += &format!("  {stamp}\n"));
    out += &facts(run).text();
    if let Some(file) = &run.evaluation {
        let e = &file.evaluation;
        out += &format!("\nTest: {} clips of {} speakers\n", e.n, e.speakers);
        file.remarks().iter().for_each(|remark| out += &format!("  {remark}\n"));
        out += &figures(e).text();
        out += &sources(run);
        out += &answers("clips", &e.labels, &e.classes, &e.confusion, &e.most_confused);
    }
    if let Some(epochs) = run.epochs()?.filter(|_| run.evaluation.is_none()) {
        out += &format!("\n{} epochs are complete\n", epochs.rows.len());
    }
    let settings = settings_in_brief(&run.config);
    if !settings.is_empty() {
        let rows = settings.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        out += &format!("\nSettings (only what is not a default)\n{}", pairs(rows).text());
    }
    if let Some(provenance) = run.provenance()? {
        out += &format!("\nProvenance\n{}", origin(&provenance).text());
    }
    let mut files = Table::new([("file", "file", Shown::Always), ("bytes", "bytes", Shown::Always)]);
    for (file, bytes) in run.files() {
        files.row(vec![file.into(), Cell::Count(bytes)]);
    }
    out += &format!("\nFiles in {}\n{}", run.dir.display(), files.text());
    Ok(out)
}

/// A run as a JSON document: identity, state, the whole of `evaluation.json`, `provenance.json` and the configuration.
///
/// # Errors
/// A file of the record that cannot be read.
pub fn show_json(run: &StoredRun) -> Result<String, ReportError> {
    let files: Vec<Value> =
        run.files().into_iter().map(|(file, bytes)| json!({"file": file, "bytes": bytes})).collect();
    let body = json!({
        "name": run.name.to_string(),
        "experiment": run.name.experiment,
        "variant": run.name.variant,
        "seed": run.name.seed,
        "fold": run.name.fold,
        "id": run.name.id.as_str(),
        "directory": run.dir.display().to_string(),
        "state": run.state.word(),
        "why": run.state.why(),
        "stamps": run.stamps,
        "status": run.status,
        "evaluation": run.evaluation,
        "length": run.evaluation.as_ref().and_then(|_| run.length()),
        "provenance": run.provenance()?,
        "config": run.config,
        "files": files,
    });
    Ok(document("run", body))
}

/// Two columns, what and its value, without heads.
fn pairs(rows: Vec<(&str, String)>) -> Table {
    let mut table = Table::new([("what", "", Shown::Always), ("value", "", Shown::Always)]);
    for (what, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        table.row(vec![format!("  {what}").into(), value.into()]);
    }
    table
}

fn facts(run: &StoredRun) -> Table {
    let mut rows = vec![("id", run.name.id.to_string())];
    if let Some(status) = &run.status {
        let ended = status.ended_unix.map(|e| format!(" to {}", rfc3339(e))).unwrap_or_default();
        rows.push(("worked on", format!("{}{ended} on {}", status.started, status.host)));
    }
    if let Some(file) = &run.evaluation {
        let on = file.epoch_picked_on.as_ref().map(|rows| format!(", which {rows} rows picked")).unwrap_or_default();
        let best = file.best_epoch.map(|b| format!(", weights of epoch {b}{on}")).unwrap_or_default();
        let how = if file.epochs == 0 { "solved at once".to_owned() } else { format!("{} epochs{best}", file.epochs) };
        rows.push(("training", format!("{how}, {} parameters", file.parameters)));
        if file.left_out > 0 {
            rows.push(("left out", format!("{} clips", file.left_out)));
        }
        rows.extend(run.length().map(|length| ("length", length.to_string())));
    }
    pairs(rows)
}

fn figures(e: &Evaluation) -> Table {
    let mut table = Table::new([
        ("metric", "metric", Shown::Always),
        ("value", "value (%)", Shown::Always),
        ("interval", "95 % interval", Shown::Always),
        ("method", "made by", Shown::Always),
    ]);
    let rows: [(Metric, Estimate); 5] = [
        (Metric::Accuracy, e.accuracy),
        (Metric::Accuracy, e.accuracy_over_speakers),
        (Metric::Uar, e.uar),
        (Metric::WeightedF1, e.weighted_f1),
        (Metric::MacroF1, e.macro_f1),
    ];
    for (metric, Estimate { value, low, high, method }) in rows {
        let interval = Cell::Parts(vec![span(low, high, percent)]);
        table.row(vec![title(metric).into(), Cell::share(value), interval, method.to_string().into()]);
    }
    table
}

/// What makes the figures of a run vary, as far as one run can tell; nothing where its predictions cannot be read.
fn sources(run: &StoredRun) -> String {
    let Ok((labels, answers)) = run.predictions() else { return String::new() };
    let network = [Network { seed: run.name.seed, fold: run.name.fold, answers: &answers }];
    let Some(found) = estimate(labels.len(), Metric::Uar, &network, Question::Networks) else { return String::new() };
    if found.speakers < 2 {
        return String::new();
    }
    let Components { speaker, clips, .. } = found.components;
    format!(
        "UAR differs by {} points from speaker to speaker (standard deviation), and by {} more for the few clips of each; how runs\n\
         differ one run cannot tell, `serlab compare {} --why` does.\n",
        percent(speaker),
        percent(clips),
        crate::words::in_shell(&run.name.experiment)
    )
}

/// Each class, the confusion and what is most confused; `what` is counted.
pub(super) fn answers(
    what: &str,
    labels: &[String],
    each: &[ClassFigures],
    counts: &[Vec<u64>],
    most: &[Confused],
) -> String {
    let mut out = format!("\nClasses (figures in percent)\n{}", classes(each, what).text());
    out += &format!("\nConfusion ({what}; rows: true, columns: predicted)\n{}", confusion(labels, counts).text());
    if !most.is_empty() {
        out += &format!("\nMost confused\n{}", confused(most, what).text());
    }
    out
}

fn classes(classes: &[ClassFigures], what: &str) -> Table {
    let mut table = Table::new([
        ("label", "label", Shown::Always),
        ("clips", what, Shown::Always),
        ("precision", "precision", Shown::Always),
        ("recall", "recall", Shown::Always),
        ("f1", "F1", Shown::Always),
    ]);
    for class in classes {
        let mut row = vec![class.label.as_str().into(), Cell::Count(class.support)];
        row.extend([class.precision, class.recall, class.f1].map(Cell::share));
        table.row(row);
    }
    table
}

/// Clips by truth and answer; a dot where there is none, so that the mistakes stand out.
fn confusion(labels: &[String], counts: &[Vec<u64>]) -> Table {
    let heads = heads(labels);
    let columns = heads.iter().map(|head| (head.as_str(), head.as_str(), Shown::Always));
    let mut table = Table::new(std::iter::once(("true", "", Shown::Always)).chain(columns));
    for (label, row) in labels.iter().zip(counts) {
        let count = |count: &u64| if *count == 0 { Cell::Parts(vec![".".to_owned()]) } else { Cell::Count(*count) };
        table.row(std::iter::once(Cell::from(label.as_str())).chain(row.iter().map(count)).collect());
    }
    table
}

/// Labels for the heads of narrow columns: cut, where all together are wider than a terminal, to as many letters as fit,
/// but never to where two would be the same.
fn heads(labels: &[String]) -> Vec<String> {
    const WIDTH: usize = 80;
    let letters = |label: &String| label.chars().count();
    let longest = labels.iter().map(letters).max().unwrap_or(0);
    let cut = |n: usize| labels.iter().map(|l| l.chars().take(n).collect()).collect::<Vec<String>>();
    let fits = |heads: &[String]| heads.iter().map(|h| letters(h).max(4) + 2).sum::<usize>() + longest <= WIDTH;
    let differ = |heads: &[String]| heads.iter().collect::<BTreeSet<_>>().len() == labels.len();
    let mut best = labels.to_vec();
    for n in (3..longest).rev() {
        let shorter = cut(n);
        if fits(&best) || !differ(&shorter) {
            break;
        }
        best = shorter;
    }
    best
}

fn confused(most: &[Confused], what: &str) -> Table {
    let mut table = Table::new([
        ("truth", "true", Shown::Always),
        ("predicted", "taken for", Shown::Always),
        ("count", what, Shown::Always),
        ("share", "of the class (%)", Shown::Always),
    ]);
    for pair in most.iter().take(5) {
        table.row(vec![
            pair.truth.as_str().into(),
            pair.predicted.as_str().into(),
            Cell::Count(pair.count),
            Cell::share(pair.share),
        ]);
    }
    table
}

fn origin(p: &Provenance) -> Table {
    let commit = match (&p.git.commit, p.git.dirty) {
        (Some(commit), true) => format!("{commit} with uncommitted changes (dirty.patch)"),
        (Some(commit), false) => commit.clone(),
        (None, _) => p.git.notes.join("; "),
    };
    pairs(vec![
        ("command", p.command_line.join(" ")),
        ("commit", commit),
        ("branch", p.git.branch.clone().unwrap_or_default()),
        ("untracked", some(&p.git.untracked)),
        ("serlab", format!("{} ({}, {})", p.serlab.version, p.serlab.profile, p.serlab.rustc)),
        ("device", format!("{}, {} threads", p.device, p.threads)),
        ("machine", format!("{} ({}, {})", p.machine.host, p.machine.os, p.machine.arch)),
        ("corpus", p.corpus_fingerprint.clone()),
        ("split", p.split_fingerprint.clone()),
    ])
}

/// The first few of many names.
fn some(names: &[String]) -> String {
    const FEW: usize = 8;
    let more = names.len().saturating_sub(FEW);
    let few = names[..names.len() - more].join(" ");
    if more > 0 { format!("{few} and {more} more") } else { few }
}

#[cfg(test)]
#[path = "show_tests.rs"]
mod tests;
