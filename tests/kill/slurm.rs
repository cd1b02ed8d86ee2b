//! Slurm's warning before the time limit (SIGUSR2): saved, and requeued unless that has gone on for too long.

use crate::common::{Folder, Serlab, serlab};
use crate::files::{RUN, long};
use crate::live::{Live, recorded, resumed_after};
use std::os::unix::fs::PermissionsExt;

/// A folder with a spec and, in `bin`, an `scontrol` that writes down what it is asked and ends with `code`.
fn cluster(code: u8) -> Folder {
    let folder = Folder::new();
    folder.write("long.toml", &long(40));
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let scontrol = bin.join("scontrol");
    let asked = folder.path().join("asked");
    let script =
        format!("#!/bin/sh\necho \"$@\" >> '{}'\n[ {code} = 0 ] || echo broken >&2\nexit {code}\n", asked.display());
    std::fs::write(&scontrol, script).unwrap();
    std::fs::set_permissions(&scontrol, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn asked(folder: &Folder) -> Vec<String> {
    let lines = std::fs::read_to_string(folder.path().join("asked")).unwrap_or_default();
    lines.lines().map(str::to_owned).collect()
}

fn run(folder: &Folder, slurm: &[(&str, &str)]) -> Serlab {
    let path = format!("{}:/usr/bin:/bin", folder.path().join("bin").display());
    let command = serlab(folder).args(["run", "long.toml", "--only", RUN]).env("PATH", &path);
    slurm.iter().fold(command, |command, (name, value)| command.env(name, value))
}

/// Sends a signal once it trains, and gives back exit code and standard error.
fn signalled(folder: &Folder, name: &str, slurm: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut life = Live::start(run(folder, slurm));
    life.until_epoch(folder, RUN, 3);
    life.signal(name);
    let code = life.ends_within(10_000);
    (code, life.err())
}

fn assert_saved(folder: &Folder) {
    let saved = recorded(folder, RUN);
    let again = run(folder, &[]).run();
    assert_eq!(again.code, 0, "{}", again.all());
    assert_eq!(resumed_after(&again.err, RUN), Some(saved), "{}", again.err);
}

#[test]
fn sigusr2_saves_the_state_and_ends_with_75_also_outside_of_slurm() {
    let folder = cluster(0);
    let (code, err) = signalled(&folder, "USR2", &[]);
    assert_eq!(code, Some(75), "{err}");
    assert_eq!(asked(&folder), [""; 0], "there is no job to requeue");
    assert_saved(&folder);
}

#[test]
fn in_a_slurm_job_sigusr2_asks_for_one_requeue_of_that_job() {
    let folder = cluster(0);
    let (code, err) = signalled(&folder, "USR2", &[("SLURM_JOB_ID", "7"), ("SLURM_RESTART_COUNT", "2")]);
    assert_eq!(code, Some(75), "{err}");
    assert_eq!(asked(&folder), ["requeue 7"], "{err}");
    assert_saved(&folder);
}

#[test]
fn after_ten_restarts_no_more_is_asked_for_and_it_says_why() {
    let folder = cluster(0);
    let (code, err) = signalled(&folder, "USR2", &[("SLURM_JOB_ID", "7"), ("SLURM_RESTART_COUNT", "10")]);
    assert_eq!(code, Some(75), "{err}");
    assert_eq!(asked(&folder), [""; 0], "{err}");
    let said = err.lines().find(|line| line.contains("job 7")).unwrap_or_else(|| panic!("{err}"));
    assert!(said.contains("10 times"), "{said}");
    assert_saved(&folder);
}

#[test]
fn a_requeue_that_slurm_refuses_is_told_and_the_state_is_saved_all_the_same() {
    let folder = cluster(1);
    let (code, err) = signalled(&folder, "USR2", &[("SLURM_JOB_ID", "7")]);
    assert_eq!(code, Some(75), "{err}");
    assert_eq!(asked(&folder), ["requeue 7"], "{err}");
    assert!(err.lines().any(|line| line.contains("job 7") && line.contains("broken")), "{err}");
    assert_saved(&folder);
}

#[test]
fn a_cancelled_job_never_comes_back_to_life() {
    let folder = cluster(0);
    let (code, err) = signalled(&folder, "TERM", &[("SLURM_JOB_ID", "7")]);
    assert_eq!(code, Some(75), "{err}");
    assert_eq!(asked(&folder), [""; 0], "SIGTERM is how Slurm cancels: {err}");
    assert_saved(&folder);
}
