//! What `run`, `reproduce` and `leak-bill` have in common: a plan is carried out.

use super::args::{DeviceName, Work};
use super::exit::{Exit, Failure};
use super::progress::Display;
use super::signals::Signals;
use super::{output, plan, requeue, share};
use crate::engine;
use crate::features::Cache;
use crate::plan::RunPlan;
use crate::record::{self, Depth, Foreign, RecordError, RunDir, RunState, StoredRun};
use crate::report;
use crate::run::{self, Compute, Context, DeviceKind, RunError, Times};
use crate::spec::Spec;
use crate::words::in_shell;
use std::path::Path;

/// How carrying out a plan ended.
pub enum Ended {
    /// Every run was begun; those that failed, with their number and why.
    Through(Vec<RunError>),
    /// It was asked to stop; what was done is saved.
    Stopped(Exit),
}

/// Executes those of `wanted`, runs of `spec`, that are not sealed yet.
pub fn execute_plan(work: &Work, spec: &Spec, wanted: &[&RunPlan]) -> Result<Ended, Failure> {
    let compute = Compute::new(kind(work.device)).map_err(|e| Failure::new(Exit::Usage, e))?;
    let (done, open): (Vec<&RunPlan>, Vec<&RunPlan>) = wanted.iter().partition(|r| is_sealed(&work.folders.runs, r));
    refuse_tampered(&work.folders.runs, &done)?;
    for run in &done {
        RunDir::tidy(&run.name.directory(&work.folders.runs)?)?;
    }
    let signals =
        Signals::listen().map_err(|e| Failure::new(Exit::Failed, format!("cannot listen to signals: {e}")))?;
    let display = Display::new(signals.clone(), work.quiet);
    display.progress(&format!(
        "{}: {}, {} done, {} to do, on {}",
        spec.outline.name,
        output::counted(wanted.len(), "run"),
        done.len(),
        open.len(),
        compute.name()
    ));
    let cache = Cache::open(Some(&work.folders.cache));
    let (clock, stop) = (clock(), || signals.stop());
    let context = Context {
        runs: &work.folders.runs,
        cache: &cache,
        scratch: work.folders.cache.is_dir().then_some(work.folders.cache.as_path()),
        compute: &compute,
        spec_text: &spec.text,
        git: &record::git_state(spec.path.parent().unwrap_or(Path::new("."))),
        build: &run::build_info(),
        command_line: &std::env::args().collect::<Vec<_>>(),
        checkpoints: (&work.checkpoints).into(),
        foreign: if work.take_over { Foreign::TakeOver } else { Foreign::Refuse },
        clock: &clock,
        stop: &stop,
    };
    let perform = |run: &&RunPlan| {
        let mut progress = display.run(plan::label(run), run.setup().fit.epoch.called(), run.setup().train.select);
        let ended = run::execute(run, &context, &mut progress);
        drop(progress);
        tell(&display, run, &ended);
        ended
    };
    let mut results = engine::work(&open, usize::from(work.jobs), &stop, &perform);
    // Runs that another command has are looked at again once all else is done.
    for (run, result) in open.iter().zip(&mut results) {
        while result.as_ref().is_some_and(share::is_held) && !stop() {
            let settled = share::wait(context.runs, run, &stop);
            if let Some(ended) = &settled {
                tell(&display, run, ended);
            }
            *result = Some(settled.unwrap_or_else(|| perform(run)));
        }
    }
    if let Some(warning) = cache.warning() {
        display.line(&warning);
    }
    if signals.stop() {
        display.line("stopped; the same command goes on from here");
        if let Some(came_of_it) = signals.is_out_of_time().then(requeue::requeue).flatten() {
            display.line(&came_of_it);
        }
        return Ok(Ended::Stopped(signals.exit()));
    }
    let (ended, failures) = sorted(results.into_iter().flatten().filter(|ended| !share::is_done(ended)));
    if !ended.is_empty() {
        let all = ended.iter().fold(Times::default(), |sum, times| sum.and(times));
        display.progress(&format!("time of {}: {}", output::counted(ended.len(), "run"), all.brief()));
    }
    Ok(Ended::Through(failures))
}

/// Tells how a run ended; that it ended well is progress.
fn tell(display: &Display, run: &RunPlan, ended: &Result<run::Outcome, RunError>) {
    let line = said(&plan::label(run), ended);
    match ended {
        Ok(_) => display.progress(&line),
        Err(_) => display.line(&line),
    }
}

/// A line about how a run ended.
fn said(label: &str, ended: &Result<run::Outcome, RunError>) -> String {
    match ended {
        Ok(run::Outcome::Sealed(path, _)) => sealed_line(label, path),
        Ok(run::Outcome::Stopped) => format!("{label}: stopped, state saved"),
        Err(RunError::Record(RecordError::Held { holder, .. })) => format!("{label}: {holder} works on it"),
        Err(RunError::Record(RecordError::Sealed { path })) => {
            format!("{label}: sealed by another process -> {}", path.display())
        }
        Err(e) if e.is_held() => format!("{label}: left alone: {e}"),
        Err(e) => format!("{label}: FAILED: {e}"),
    }
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
    if failures.iter().all(RunError::is_held) {
        let count = format!("{} of {} left alone", failures.len(), output::counted(of, "run"));
        return Failure::new(Exit::Stopped, format!("{count}; the same command goes on once they are let go"));
    }
    let exit = if failures.iter().all(RunError::is_about_data) { Exit::Data } else { Exit::Failed };
    let count = format!("{} of {} failed", failures.len(), output::counted(of, "run"));
    Failure::new(exit, format!("{count}; mend the cause and give the same command again: only what failed is retried"))
}

/// The runs of a plan as they lie on disk, the contents of all files checked.
pub fn stored<'a>(runs: &Path, wanted: impl IntoIterator<Item = &'a RunPlan>) -> Vec<StoredRun> {
    let read = |run: &RunPlan| {
        let mut stored = StoredRun::read(&run.name.directory(runs).ok()?, Depth::All)?;
        // The same id is the same question, also where the record was made before records told it.
        stored.asks = (stored.name.id == run.name.id).then(|| (*run.asks).clone()).or(stored.asks);
        Some(stored)
    };
    wanted.into_iter().filter_map(read).collect()
}

/// Tells what the learning curves of these runs suggest, unless it is to be quiet.
pub fn hint(work: &Work, runs: &[StoredRun]) {
    if !work.quiet {
        report::hints(runs).iter().for_each(|line| output::note(line));
    }
}

/// An option as it must be repeated, where it is not the default.
pub fn flag(name: &str, value: &Path, default: &str) -> String {
    if value == Path::new(default) {
        String::new()
    } else {
        format!(" {name} {}", in_shell(&value.display().to_string()))
    }
}

fn is_sealed(runs: &Path, run: &RunPlan) -> bool {
    // A link in its place is no run of ours, whatever lies behind it.
    let dir = run.name.directory(runs).ok().filter(|dir| dir.symlink_metadata().is_ok_and(|meta| meta.is_dir()));
    dir.is_some_and(|dir| dir.join(record::FileName::Seal.path()).is_file())
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
            let remarks = f.remarks();
            let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join("; ")) };
            let stamp = f.audit.stamp.map(|s| format!("  {s}")).unwrap_or_default();
            format!("{label}: test accuracy {accuracy:.2} %, UAR {uar:.2} %{remarks}  -> {}{stamp}", path.display())
        }
        None => format!("{label}: sealed -> {}", path.display()),
    }
}

/// The device that is meant.
pub fn kind(name: DeviceName) -> DeviceKind {
    match name {
        DeviceName::Auto => DeviceKind::Auto,
        DeviceName::Cpu => DeviceKind::Cpu,
        DeviceName::Cuda => DeviceKind::Cuda,
        DeviceName::Wgpu => DeviceKind::Wgpu,
    }
}

/// Seconds since the command began; reaches `timing.csv` and nothing else.
#[expect(clippy::disallowed_methods, reason = "how long a run took is part of its record")]
pub fn clock() -> impl Fn() -> f64 + Sync {
    let begun = std::time::Instant::now();
    move || begun.elapsed().as_secs_f64()
}
