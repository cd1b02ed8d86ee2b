//! `check` and `plan`: what a spec asks for, before anything is done.

use super::args::{Folders, Sets};
use super::exit::{Exit, Failure};
use super::{Outcome, output};
use crate::data::{DataError, DecodedAudioHashes, Recordings, needs_audio};
use crate::plan::{self, Outlook, Plan, PlanError, Preview, RunPlan, split_alike};
use crate::record::{Depth, RunState, StoredRun};
use crate::spec::{Cell, Place, Setup, Spec, SpecErrors};
use crate::split::{Audit, Finding, FindingKind, FittedOn, Severity, Sizes};
use crate::words::in_shell;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads a spec with the environment and the command line over it.
pub fn load(path: &Path, sets: &Sets) -> Result<(Spec, Vec<Cell>), SpecErrors> {
    let spec = Spec::load(path, &environment(), &sets.sets)?;
    let cells = spec.cells()?;
    Ok((spec, cells))
}

/// The variables that speak to specs, without their prefix, in the order of their names.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn environment() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
        .filter_map(|(k, v)| Some((k.strip_prefix("SERLAB_")?.to_owned(), v)))
        .filter(|(k, _)| !k.is_empty())
        .collect();
    found.sort();
    found
}

/// Reads a spec and plans its runs, telling what to know of them; `cache` may know what the clips sound like.
pub fn load_plan(path: &Path, sets: &Sets, cache: &Path) -> Result<(Spec, Plan), Failure> {
    let (spec, cells) = load(path, sets)?;
    let plan = planned(&spec, cells, cache)?;
    plan.notes.iter().for_each(|note| output::note(&format!("note: {note}")));
    Ok((spec, plan))
}

/// The runs of cells; what clips sound like is kept in `cache` for the next time.
pub fn planned(spec: &Spec, cells: Vec<Cell>, cache: &Path) -> Result<Plan, Failure> {
    let heard = DecodedAudioHashes::open(Some(cache));
    let plan = plan::plan(spec, cells, &heard)?;
    heard.keep();
    Ok(plan)
}

/// What can be told of the runs of cells, without a file being written.
pub(super) fn preview(spec: &Spec, cells: Vec<Cell>, cache: &Path) -> Result<Preview, PlanError> {
    plan::preview(spec, cells, &DecodedAudioHashes::open(Some(cache)))
}

/// What is to be said where a plan was made without the audio.
pub(super) fn by_list(absent: &DataError) -> String {
    let first = absent.to_string().lines().next().unwrap_or_default().to_owned();
    format!("By the published list of clips, for the corpus is not whole here: {first}\n")
}

/// The mistakes of a spec and, where they are of its outline alone, what keeps its runs from being trained.
fn despite(errors: SpecErrors, path: &Path, sets: &Sets) -> Failure {
    let mut failure = Failure::from(errors);
    let spec = Spec::with_mistakes(path, &environment(), &sets.sets);
    if let Some((spec, Ok(cells))) = spec.map(|spec| {
        let cells = spec.cells();
        (spec, cells)
    }) && let Err(PlanError::Settings(misfits)) = plan::check(&spec, &cells)
    {
        misfits.iter().for_each(|misfit| failure.message.push_str(&format!("\n{}: {misfit}", path.display())));
    }
    failure
}

/// Names every mistake of the specs; what needs the corpus is looked at where the corpus is there.
pub fn check(specs: &[PathBuf], sets: &Sets) -> Outcome {
    let mut wrong: Vec<Failure> = Vec::new();
    for path in specs {
        let loaded = load(path, sets).map_err(|errors| despite(errors, path, sets));
        let checked = loaded.and_then(|(spec, cells)| {
            let named = |line: &str| match line.starts_with(' ') {
                true => line.to_owned(),
                false => format!("{}: {line}", path.display()),
            };
            let of_file =
                |e: Failure| Failure::new(e.exit, e.message.lines().map(named).collect::<Vec<_>>().join("\n"));
            plan::check(&spec, &cells).map_err(|e| of_file(e.into()))
        });
        match checked {
            Ok(summary) => output::result(&format!("{}: {summary}", path.display())),
            Err(failure) => wrong.push(failure),
        }
    }
    // A mistake of a spec weighs more than data that is not there.
    let Some(exit) = wrong.iter().map(|failure| failure.exit).min_by_key(|exit| *exit as u8) else {
        return Ok(Exit::Done);
    };
    let messages: Vec<String> = wrong.into_iter().map(|failure| failure.message).collect();
    Err(Failure::new(exit, messages.join("\n")))
}

/// Shows the runs of a spec.
pub fn plan(path: &Path, sets: &Sets, why: Option<&str>, json: bool, folders: &Folders) -> Outcome {
    if let Some(key) = why {
        return explain_origin(path, sets, key);
    }
    let (spec, cells) = load(path, sets)?;
    let Preview { plan, absent, misfits } = preview(&spec, cells, &folders.cache)?;
    if !misfits.is_empty() {
        return Err(PlanError::Settings(misfits).into());
    }
    let state = |run: &RunPlan| -> &'static str {
        if absent.is_some() {
            return "needs the audio";
        }
        let dir = run.name.directory(&folders.runs).ok().filter(|dir| dir.is_dir());
        dir.and_then(|dir| StoredRun::read(&dir, Depth::All)).map_or("to do", |run| run.state.word())
    };
    let states: Vec<&'static str> = plan.runs.par_iter().map(state).collect();
    if json {
        output::result(&plan_json(&spec, &plan, absent.is_none(), &states)?);
        return Ok(Exit::Done);
    }
    let mut text = format!("{}: {}\n", plan.experiment, output::counted(plan.runs.len(), "run"));
    let same_cell = |a: &RunPlan, b: &RunPlan| a.cell.name == b.cell.name;
    let firsts: Vec<&RunPlan> = plan.runs.chunk_by(same_cell).map(|runs| &runs[0]).collect();
    let audits = each_cell(&plan.runs, plan::audit_all)?;
    let lines: Vec<String> = firsts
        .par_iter()
        .zip(each_cell(&plan.runs, Outlook::of)?)
        .zip(&audits)
        .map(|((run, outlook), audit)| {
            let Outlook { design, remarks, sizes } = &*outlook;
            let remarks: String = remarks.sentences().iter().map(|remark| format!("\n  {remark}")).collect();
            let leaks = leaks(run.setup(), audit);
            let renumbered = renumbered(&run.recordings, run.setup());
            format!("{}{leaks}{renumbered}\n  {design}{remarks}", cell_lines(run, &sizes[0]))
        })
        .collect();
    // The end of a folder's name is the id, which follows from the audio.
    let folder = |run: &RunPlan| if absent.is_some() { label(run) } else { run.name.folder() };
    let width = plan.runs.iter().map(|run| folder(run).chars().count()).fold(40, usize::max);
    let mut lines = lines.into_iter();
    for (i, (run, state)) in plan.runs.iter().zip(&states).enumerate() {
        if i == 0 || !same_cell(&plan.runs[i - 1], run) {
            text.push_str(&format!("\n{}\n", lines.next().expect("there is one a cell")));
        }
        text.push_str(&format!("  {:<width$} {state}\n", folder(run)));
    }
    if !plan.notes.is_empty() {
        text.push('\n');
    }
    plan.notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    if let Some(why) = absent {
        output::result(&format!("{text}\n{}", by_list(&why)));
        return Ok(Exit::Done);
    }
    let done = states.iter().filter(|state| **state == RunState::Sealed.word()).count();
    let sets: String = sets.sets.iter().map(|s| format!(" --set {}", in_shell(s))).collect();
    let to_do = plan.runs.len() - done;
    for line in silence(path, &plan.runs) {
        text.push_str(&format!("\n{line}"));
    }
    let is_refused = |(run, audit): &(&&RunPlan, &Arc<Audit>)| !audit.refused(&run.setup().audit).is_empty();
    let refused: Vec<&str> =
        firsts.iter().zip(&audits).filter(is_refused).map(|(run, _)| run.cell.name.as_str()).collect();
    let (path, next) = (in_shell(&path.display().to_string()), format!("\n{done} done, {to_do} to do. "));
    text.push_str(&match refused.as_slice() {
        [] => format!("{next}Next: serlab run {path}{sets}\n"),
        some if some.len() == firsts.len() => {
            format!("{next}`serlab run` will refuse this for its leaks: serlab audit {path}{sets}\n")
        }
        some => {
            let shown = some[..some.len().min(5)].join(", ");
            let more = if some.len() > 5 { ", ..." } else { "" };
            format!("{next}`serlab run` will refuse {shown}{more} for their leaks: serlab audit {path}{sets}\n")
        }
    });
    output::result(&text);
    Ok(Exit::Done)
}

/// What is to be told of the silent clips among those that runs use, a line a corpus.
pub fn silence<'a>(path: &Path, runs: impl IntoIterator<Item = &'a RunPlan>) -> Vec<String> {
    const SHOWN: usize = 5;
    let mut said = Vec::new();
    for run in runs {
        let silent = run.recordings.silent_clips();
        if silent.is_empty() {
            continue;
        }
        let more = if silent.len() > SHOWN { ", ..." } else { "" };
        let shown = silent[..silent.len().min(SHOWN)].join(", ");
        let are = if silent.len() == 1 { "is" } else { "are" };
        let count = output::counted(silent.len(), "clip");
        let line = if needs_audio(&run.setup().features) {
            let doctor =
                format!("`serlab corpus doctor {}` says what to leave out", in_shell(&path.display().to_string()));
            format!("note: {count} {are} silent and used as any other: {shown}{more}; {doctor}")
        } else {
            let have = if silent.len() == 1 { "has an array" } else { "have arrays" };
            let leave = "`clips.leave_out` leaves out what it names";
            format!("note: {count} {have} of a single value and {are} used as any other: {shown}{more}; {leave}")
        };
        if !said.contains(&line) {
            said.push(line);
        }
    }
    said
}

/// What `of` says of the runs of each cell. Cells that are split alike share it: a grid has thousands.
fn each_cell<T: Send + Sync>(
    runs: &[RunPlan],
    of: fn(&[RunPlan]) -> Result<T, PlanError>,
) -> Result<Vec<Arc<T>>, Failure> {
    let cells: Vec<&[RunPlan]> = runs.chunk_by(|a, b| a.cell.name == b.cell.name).collect();
    let seeds = |cell: &[RunPlan]| cell.iter().map(|run| (run.name.seed, run.name.fold)).collect::<Vec<_>>();
    let same = |a: &&[RunPlan], b: &&[RunPlan]| {
        split_alike((a[0].setup(), &a[0].recordings), (b[0].setup(), &b[0].recordings))
            && a[0].setup().fit == b[0].setup().fit
            && seeds(a) == seeds(b)
    };
    let alike: Vec<&[&[RunPlan]]> = cells.chunk_by(same).collect();
    let each = |cells: &&[&[RunPlan]]| -> Result<_, Failure> {
        let said = Arc::new(of(cells[0])?);
        Ok(vec![said; cells.len()])
    };
    Ok(alike.par_iter().map(each).collect::<Result<Vec<_>, _>>()?.concat())
}

/// What the audit of a variant's runs found beyond what its protocol has by design, a line each: leaks, and what may be one.
fn leaks(setup: &Setup, audit: &Audit) -> String {
    let mut told = BTreeSet::new();
    let by_design = setup.split.leaks_by_design();
    let shown = audit.findings.iter().filter(|finding| match finding.severity {
        Severity::Leak => !by_design.contains(&finding.kind) && told.insert(finding.kind),
        // Labels that are not tested are among the remarks.
        Severity::Warning => finding.kind != FindingKind::UntestedClasses && told.insert(finding.kind),
        Severity::Notice => false,
    });
    let line = |finding: &Finding| match finding.severity {
        Severity::Leak if setup.audit.allow.contains(&finding.kind) => {
            format!("\n  LEAK, allowed: {}", finding.sentence)
        }
        Severity::Leak => format!("\n  LEAK: {}; `run` will refuse it unless `audit.allow` names it", finding.sentence),
        _ => format!("\n  {}", finding.sentence),
    };
    shown.map(line).collect()
}

/// That the folds of a split file have other numbers in the names of runs. These count from 0, and are part of what a run's id
/// is made of: with the file's own numbers the runs that there are would answer for other folds.
fn renumbered(recordings: &Recordings, setup: &Setup) -> String {
    let Ok(numbers) = setup.split.fold_numbers(&recordings.items()) else { return String::new() };
    if numbers.iter().enumerate().all(|(i, number)| *number == i as u32) || numbers.len() < 2 {
        return String::new();
    }
    let shown = |i: usize| format!("{} is f{i}", numbers[i]);
    let (first, last) = (shown(0), shown(numbers.len() - 1));
    let between = match numbers.len() {
        2 => ",".to_owned(),
        3 => format!(", {},", shown(1)),
        _ => format!(", {}, ...,", shown(1)),
    };
    format!("\n  folds of the split file by the names of runs: {first}{between} {last}")
}

/// What is the same for all runs of a variant: rows, input and network.
fn cell_lines(run: &RunPlan, sizes: &Sizes) -> String {
    let setup = run.setup();
    let features: Vec<&str> = setup.features.iter().map(crate::kind::Kinds::name).collect();
    let mut lines = format!(
        "{}: {} on {}\n  rows train / validation / test: {sizes} (seed {}{}), speakers {}, {}\n",
        run.cell.name,
        crate::kind::Kinds::name(&setup.model),
        features.join(" + "),
        run.name.seed,
        run.name.fold.map(|f| format!(", fold {f}")).unwrap_or_default(),
        sizes.speakers(),
        output::counted(run.recordings.labels.len(), "class"),
    );
    if let Some((input, parameters)) = plan::parameters(run) {
        let parameters =
            parameters.map_or("as many parameters as its solution needs".to_owned(), |n| format!("{n} parameters"));
        lines.push_str(&format!(
            "  input {} x {} x {} (channels, bins, frames), {parameters}\n",
            input.channels, input.bins, input.frames
        ));
    }
    lines.push_str(&format!("  length: {}", what_is_cropped(setup)));
    let leaks: Vec<&str> = setup.split.leaks_by_design().iter().map(|leak| leak.short()).collect();
    if !leaks.is_empty() {
        let denied = |leak: &FindingKind| !setup.audit.allow.contains(leak);
        let refused = setup.split.leaks_by_design().iter().any(denied);
        let what_then = if refused { "; `run` will refuse it unless `audit.allow` names them" } else { "" };
        lines.push_str(&format!("\n  LEAKS by design: {}{what_then}", leaks.join(", ")));
    }
    lines
}

/// What is known of the clips that a length crops before they are decoded.
fn what_is_cropped(setup: &Setup) -> String {
    let length = &setup.length;
    let clips = if setup.fit.length == FittedOn::All { "all clips" } else { "the training clips" };
    let rate = setup.audio.sample_rate_hz as u32;
    let is_given = length.frames.is_some() || length.seconds.is_some();
    if let Some(frames) = length.known_frames(&setup.features, rate).filter(|_| !is_given) {
        return format!("{}, as all clips have", output::counted(frames, "frame"));
    }
    let given = match (length.frames, length.seconds) {
        (Some(frames), _) => Some(output::counted(frames, "frame")),
        (None, seconds) => seconds.map(|seconds| format!("{seconds} s")),
    };
    match (given, length.percentile) {
        (Some(given), _) => format!("{given}; longer clips are cropped, `run` and `show` tell how many"),
        (None, Some(percentile)) if percentile < 100.0 => format!(
            "percentile {percentile} of {clips}; up to {} % of them are cropped, `run` and `show` tell how many \
             (length.percentile = 100 crops none of them)",
            // Without the digits that a difference of decimal fractions leaves.
            ((100.0 - percentile) * 1e6).round() / 1e6
        ),
        (None, _) => format!("that of the longest of {clips}, so that none of them is cropped"),
    }
}

/// A run as `--only` knows it: variant, seed and fold.
pub fn label(run: &RunPlan) -> String {
    run.name.label()
}

fn plan_json(spec: &Spec, plan: &Plan, identified: bool, states: &[&'static str]) -> Result<String, Failure> {
    let mut runs = Vec::new();
    let outlooks = each_cell(&plan.runs, Outlook::of)?;
    let sizes = outlooks.iter().flat_map(|outlook| &outlook.sizes);
    for ((run, state), sizes) in plan.runs.iter().zip(states).zip(sizes) {
        runs.push(serde_json::json!({
            "variant": run.cell.name,
            "seed": run.name.seed,
            "fold": run.name.fold,
            "id": identified.then(|| run.name.id.as_str()),
            "folder": identified.then(|| run.name.folder()),
            "state": state,
            "rows": sizes,
            "parameters": plan::parameters(run).and_then(|(_, parameters)| parameters),
            "setup": run.setup(),
        }));
    }
    let cells = plan.runs.chunk_by(|a, b| a.cell.name == b.cell.name).map(|runs| runs[0].cell.name.clone());
    let designs: Vec<serde_json::Value> = cells
        .zip(&outlooks)
        .zip(each_cell(&plan.runs, plan::audit_all)?)
        .map(|((variant, outlook), audit)| {
            let Outlook { design, remarks, .. } = &**outlook;
            let (shows, leaks) = (design.to_string(), audit.stamp());
            serde_json::json!({ "variant": variant, "design": design, "shows": shows, "rows": remarks, "leaks": leaks })
        })
        .collect();
    let document = serde_json::json!({
        "serlab": 1,
        "experiment": plan.experiment,
        "question": spec.outline.question,
        "designs": designs,
        "notes": plan.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "runs": runs,
    });
    Ok(serde_json::to_string_pretty(&document).expect("a JSON value is written as JSON"))
}

/// Says for every variant where the value of a key came from.
fn explain_origin(path: &Path, sets: &Sets, key: &str) -> Outcome {
    let (spec, cells) = load(path, sets)?;
    let of_outline = spec.outline_origins(key);
    if !of_outline.is_empty() {
        let line = |(variant, full, value, place): &(Option<String>, String, _, Option<_>)| {
            let of = variant.as_ref().map(|variant| format!("{variant}: ")).unwrap_or_default();
            format!("{of}{}\n", came_from(full, value, place.as_ref()))
        };
        output::result(&of_outline.iter().map(line).collect::<String>());
        return Ok(Exit::Done);
    }
    let origins: Vec<_> = cells.iter().map(|cell| (cell, cell.origin(key))).collect();
    if origins.iter().all(|(_, origin)| origin.is_none()) {
        crate::spec::explain(key).map_err(|m| Failure::new(Exit::Usage, m))?;
    }
    let mut text = String::new();
    for (cell, origin) in origins {
        text.push_str(&match origin {
            Some((full, value, place)) => format!("{}: {}\n", cell.name, came_from(&full, &value, place.as_ref())),
            None => format!("{}: has no {key}\n", cell.name),
        });
    }
    output::result(&text);
    Ok(Exit::Done)
}

/// `train.epochs = 3  from spec.toml:2:1`.
fn came_from(key: &str, value: &toml::Value, place: Option<&Place>) -> String {
    match place {
        Some(place) => format!("{key} = {value}  from {place}"),
        None => format!("{key} = {value}  the default"),
    }
}
