//! `run`: executes what is not sealed yet, then compares the variants.

use super::args::{DeviceName, Folders, Sets};
use super::exit::{Exit, Failure};
use super::progress::Display;
use super::signals::Signals;
use super::{Outcome, compare, globs, output, plan};
use crate::engine;
use crate::features::Cache;
use crate::plan::RunPlan;
use crate::record::{self, RunState, StoredRun};
use crate::run::{self, Compute, Context, DeviceKind, RunError};
use std::path::{Path, PathBuf};

/// What was asked for.
pub struct Request {
    /// The spec.
    pub spec: PathBuf,
    /// Settings over it.
    pub sets: Sets,
    /// A pattern that names must fit.
    pub only: Option<String>,
    /// Where to train.
    pub device: DeviceName,
    /// Runs at the same time.
    pub jobs: usize,
    /// Runs and cache.
    pub folders: Folders,
}

/// Executes the runs of a spec.
pub fn run(request: &Request) -> Outcome {
    let compute = Compute::new(kind(request.device)).map_err(|e| Failure::new(Exit::Usage, e))?;
    let (spec, plan) = plan::load_plan(&request.spec, &request.sets)?;
    let label = |run: &RunPlan| {
        let fold = run.name.fold.map(|f| format!("-f{f}")).unwrap_or_default();
        format!("{}-s{}{fold}", run.name.variant, run.name.seed)
    };
    let wanted: Vec<&RunPlan> = plan
        .runs
        .iter()
        .filter(|r| {
            request.only.as_deref().is_none_or(|glob| globs::fits(glob, &label(r)) || globs::fits(glob, &r.cell.name))
        })
        .collect();
    if wanted.is_empty() {
        let names: Vec<String> = plan.runs.iter().take(5).map(label).collect();
        let message = format!(
            "no run fits --only {}; there are {}, ...",
            request.only.as_deref().unwrap_or(""),
            names.join(", ")
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    let (done, open): (Vec<&RunPlan>, Vec<&RunPlan>) = wanted.iter().partition(|r| is_sealed(&request.folders.runs, r));
    refuse_tampered(&request.folders.runs, &done)?;
    let signals =
        Signals::listen().map_err(|e| Failure::new(Exit::Failed, format!("cannot listen to signals: {e}")))?;
    let display = Display::new(signals.clone());
    display.line(&format!(
        "{}: {} runs, {} done, {} to do, on {}",
        plan.experiment,
        wanted.len(),
        done.len(),
        open.len(),
        compute.name()
    ));
    let cache = Cache::open(Some(&request.folders.cache));
    let clock = clock();
    let context = Context {
        runs: &request.folders.runs,
        cache: &cache,
        scratch: request.folders.cache.is_dir().then_some(request.folders.cache.as_path()),
        compute: &compute,
        spec_text: &spec.text,
        git: &record::git_state(request.spec.parent().unwrap_or(Path::new("."))),
        build: &run::build_info(),
        command_line: &std::env::args().collect::<Vec<_>>(),
        clock: &clock,
    };
    let perform = |plan: &&RunPlan| {
        let mut progress = display.run(label(plan), plan.setup().train.select);
        let ended = run::execute(plan, &context, &mut progress);
        drop(progress);
        match &ended {
            Ok(run::Outcome::Sealed(path)) => display.line(&sealed_line(&label(plan), path)),
            Ok(run::Outcome::Stopped) => display.line(&format!("{}: stopped, state saved", label(plan))),
            Err(e) => display.line(&format!("{}: FAILED: {e}", label(plan))),
        }
        ended
    };
    let results = engine::work(&open, request.jobs, &|| signals.stop(), &perform);
    if let Some(warning) = cache.warning() {
        display.line(&warning);
    }
    if signals.stop() {
        display.line(&format!("stopped; `serlab run {}` goes on from here", request.spec.display()));
        return Ok(signals.exit());
    }
    finish(request, &plan.experiment, &results)
}

/// Compares what is sealed and says what comes next.
fn finish(request: &Request, experiment: &str, results: &[Option<Result<run::Outcome, RunError>>]) -> Outcome {
    let failures: Vec<&RunError> = results.iter().flatten().filter_map(|r| r.as_ref().err()).collect();
    let names = [experiment.to_owned()];
    let compared = compare::text(&names, &request.folders);
    if let Ok(table) = &compared {
        output::result(table);
    }
    if failures.is_empty() {
        compared?;
        let plots = format!("{}/{experiment}/*/plots", request.folders.runs.display());
        let list = flag("--runs", &request.folders.runs, "runs");
        output::result(&format!(
            "plots: {plots}\nnext: serlab compare {experiment}{list} --format markdown, or serlab show latest{list}"
        ));
        return Ok(Exit::Done);
    }
    let exit = if failures.iter().all(|e| e.is_about_data()) { Exit::Data } else { Exit::Failed };
    let count = format!("{} of {} runs failed", failures.len(), results.len());
    let again = "mend the cause and give the same command again: only what failed is retried";
    Err(Failure::new(exit, format!("{count}; {again}")))
}

/// An option as it must be repeated, where it is not the default.
fn flag(name: &str, value: &Path, default: &str) -> String {
    if value == Path::new(default) { String::new() } else { format!(" {name} {}", value.display()) }
}

fn is_sealed(runs: &Path, run: &RunPlan) -> bool {
    run.name.directory(runs).is_ok_and(|dir| dir.join(record::FileName::Seal.path()).is_file())
}

/// A finished run that was edited is no result, and is not overwritten either: that is for a person to decide.
fn refuse_tampered(runs: &Path, done: &[&RunPlan]) -> Result<(), Failure> {
    let stored = |run: &&RunPlan| StoredRun::read(&run.name.directory(runs).ok()?, record::Depth::All);
    let lines: Vec<String> = done
        .iter()
        .filter_map(stored)
        .filter(|run| matches!(run.state, RunState::Tampered(_)))
        .map(|run| format!("{}: TAMPERED ({}); move it away to run it again", run.dir.display(), run.state.why()))
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(Failure::new(Exit::Data, lines.join("\n"))) }
}

fn sealed_line(label: &str, path: &Path) -> String {
    let figures = StoredRun::read(path, record::Depth::Figures).and_then(|run| run.evaluation);
    match figures {
        Some(f) => {
            let (accuracy, uar) = (100.0 * f.evaluation.accuracy.value, 100.0 * f.evaluation.uar.value);
            let left_out = match f.left_out {
                0 => String::new(),
                count => format!(" ({count} clips could not be used)"),
            };
            let stamp = f.audit.stamp.map(|s| format!("  {s}")).unwrap_or_default();
            format!("{label}: test accuracy {accuracy:.2} %, UAR {uar:.2} %{left_out}  -> {}{stamp}", path.display())
        }
        None => format!("{label}: sealed -> {}", path.display()),
    }
}

fn kind(name: DeviceName) -> DeviceKind {
    match name {
        DeviceName::Auto => DeviceKind::Auto,
        DeviceName::Cpu => DeviceKind::Cpu,
        DeviceName::Cuda => DeviceKind::Cuda,
        DeviceName::Wgpu => DeviceKind::Wgpu,
    }
}

/// Seconds since the command began; reaches `timing.csv` and nothing else.
#[expect(clippy::disallowed_methods, reason = "how long a run took is part of its record")]
fn clock() -> impl Fn() -> f64 + Sync {
    let begun = std::time::Instant::now();
    move || begun.elapsed().as_secs_f64()
}
