//! What `run`, `reproduce` and `leak-bill` have in common: a plan is carried out.

use super::args::{DeviceName, Work};
use super::exit::{Exit, Failure};
use super::progress::Display;
use super::signals::Signals;
use super::{output, plan};
use crate::engine;
use crate::features::Cache;
use crate::plan::RunPlan;
use crate::record::{self, Depth, RunState, StoredRun};
use crate::run::{self, Compute, Context, DeviceKind, RunError, Times};
use crate::spec::Spec;
use std::path::Path;

/// How carrying out a plan ended.
pub enum Ended {
    /// Every run was begun; those that failed, with their number and why.
    Through(Vec<RunError>),
    /// It was asked to stop; what was done is saved.
    Stopped(Exit),
}

/// Executes those of `wanted`, runs of `spec`, that are not sealed yet.
pub fn carry_out(work: &Work, spec: &Spec, wanted: &[&RunPlan]) -> Result<Ended, Failure> {
    let compute = Compute::new(kind(work.device)).map_err(|e| Failure::new(Exit::Usage, e))?;
    let (done, open): (Vec<&RunPlan>, Vec<&RunPlan>) = wanted.iter().partition(|r| is_sealed(&work.folders.runs, r));
    refuse_tampered(&work.folders.runs, &done)?;
    let signals =
        Signals::listen().map_err(|e| Failure::new(Exit::Failed, format!("cannot listen to signals: {e}")))?;
    let display = Display::new(signals.clone());
    display.line(&format!(
        "{}: {}, {} done, {} to do, on {}",
        spec.outline.name,
        output::counted(wanted.len(), "run"),
        done.len(),
        open.len(),
        compute.name()
    ));
    let cache = Cache::open(Some(&work.folders.cache));
    let clock = clock();
    let context = Context {
        runs: &work.folders.runs,
        cache: &cache,
        scratch: work.folders.cache.is_dir().then_some(work.folders.cache.as_path()),
        compute: &compute,
        spec_text: &spec.text,
        git: &record::git_state(spec.path.parent().unwrap_or(Path::new("."))),
        build: &run::build_info(),
        command_line: &std::env::args().collect::<Vec<_>>(),
        clock: &clock,
    };
    let perform = |run: &&RunPlan| {
        let label = plan::label(run);
        let mut progress = display.run(label.clone(), run.setup().train.select);
        let ended = run::execute(run, &context, &mut progress);
        drop(progress);
        match &ended {
            Ok(run::Outcome::Sealed(path, _)) => display.line(&sealed_line(&label, path)),
            Ok(run::Outcome::Stopped) => display.line(&format!("{label}: stopped, state saved")),
            Err(e) => display.line(&format!("{label}: FAILED: {e}")),
        }
        ended
    };
    let results = engine::work(&open, usize::from(work.jobs), &|| signals.stop(), &perform);
    if let Some(warning) = cache.warning() {
        display.line(&warning);
    }
    if signals.stop() {
        display.line("stopped; the same command goes on from here");
        return Ok(Ended::Stopped(signals.exit()));
    }
    let (ended, failures) = sorted(results.into_iter().flatten());
    if !ended.is_empty() {
        let all = ended.iter().fold(Times::default(), |sum, times| sum.and(times));
        display.line(&format!("time of {}: {}", output::counted(ended.len(), "run"), all.brief()));
    }
    Ok(Ended::Through(failures))
}

/// The times of the runs that ended well, and why the others did not.
fn sorted(results: impl Iterator<Item = Result<run::Outcome, RunError>>) -> (Vec<Times>, Vec<RunError>) {
    let (mut times, mut failures) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(run::Outcome::Sealed(_, spent)) => times.push(spent),
            Ok(run::Outcome::Stopped) => {}
            Err(e) => failures.push(e),
        }
    }
    (times, failures)
}

/// What to end with where runs failed.
pub fn failed(failures: &[RunError], of: usize) -> Failure {
    let exit = if failures.iter().all(RunError::is_about_data) { Exit::Data } else { Exit::Failed };
    let count = format!("{} of {} failed", failures.len(), output::counted(of, "run"));
    Failure::new(exit, format!("{count}; mend the cause and give the same command again: only what failed is retried"))
}

/// The runs of a plan as they lie on disk, the contents of all files checked.
pub fn stored<'a>(runs: &Path, wanted: impl IntoIterator<Item = &'a RunPlan>) -> Vec<StoredRun> {
    let read = |run: &RunPlan| StoredRun::read(&run.name.directory(runs).ok()?, Depth::All);
    wanted.into_iter().filter_map(read).collect()
}

/// An option as it must be repeated, where it is not the default.
pub fn flag(name: &str, value: &Path, default: &str) -> String {
    if value == Path::new(default) { String::new() } else { format!(" {name} {}", value.display()) }
}

fn is_sealed(runs: &Path, run: &RunPlan) -> bool {
    run.name.directory(runs).is_ok_and(|dir| dir.join(record::FileName::Seal.path()).is_file())
}

/// A finished run that was edited is no result, and is not overwritten either: that is for a person to decide.
fn refuse_tampered(runs: &Path, done: &[&RunPlan]) -> Result<(), Failure> {
    let lines: Vec<String> = stored(runs, done.iter().copied())
        .iter()
        .filter(|run| matches!(run.state, RunState::Tampered(_)))
        .map(|run| format!("{}: TAMPERED ({}); move it away to run it again", run.dir.display(), run.state.why()))
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(Failure::new(Exit::Data, lines.join("\n"))) }
}

fn sealed_line(label: &str, path: &Path) -> String {
    let figures = StoredRun::read(path, Depth::Figures).and_then(|run| run.evaluation);
    match figures {
        Some(f) => {
            let (accuracy, uar) = (100.0 * f.evaluation.accuracy.value, 100.0 * f.evaluation.uar.value);
            let left_out = match f.left_out {
                0 => String::new(),
                count => format!(" ({} could not be used)", output::counted(count, "clip")),
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
