//! Asked to stop: the state is saved in time, and the exit code says what happened.

use crate::common::{Folder, serlab};
use crate::files::{RUN, assert_same_results, long, results};
use crate::live::{Live, recorded, resumed_after, run_called, signal};
use std::io::Write;
use std::process::Stdio;

const ENOUGH: u64 = 10_000;

#[test]
fn sigterm_ends_with_75_and_sigint_with_130_within_ten_seconds_and_the_state_is_saved() {
    let whole = Folder::new();
    whole.write("long.toml", &long(120));
    // Without a checkpoint on the way: what is saved is saved because of the signal.
    let command = |folder: &Folder| serlab(folder).args(["run", "long.toml", "--only", "2d-*", "--jobs", "2"]);
    assert_eq!(command(&whole).run().code, 0);
    for (name, code) in [("TERM", 75), ("INT", 130)] {
        let folder = Folder::new();
        folder.write("long.toml", &long(120));
        let mut life = Live::start(command(&folder));
        for label in ["2d-s0", "2d-s1"] {
            life.until_epoch(&folder, label, 3);
        }
        life.signal(name);
        assert_eq!(life.ends_within(ENOUGH), Some(code), "{}", life.all());
        assert!(life.err().contains("stopped; the same command goes on from here"), "{}", life.err());
        let saved = ["2d-s0", "2d-s1"].map(|label| recorded(&folder, label));
        let listed = serlab(&folder).arg("list").run();
        assert_eq!(listed.out.matches("interrupted").count(), 2, "{}", listed.out);
        let again = command(&folder).run();
        assert_eq!(again.code, 0, "{}", again.all());
        for (label, saved) in ["2d-s0", "2d-s1"].into_iter().zip(saved) {
            assert_eq!(resumed_after(&again.err, label), Some(saved), "{}", again.err);
        }
        assert_same_results(&folder, &results(&whole), &again.all());
    }
}

#[test]
fn sigterm_ends_within_ten_seconds_also_while_features_are_still_computed() {
    let folder = Folder::new();
    // Some minutes of work before the first step.
    let wide = long(2).replace("speakers = 6\nrepetitions = 1", "speakers = 200\nrepetitions = 8\nseconds = 6.0");
    folder.write("long.toml", &wide);
    let mut life = Live::start(serlab(&folder).args(["run", "long.toml", "--only", RUN]));
    life.until("the first run", |_| run_called(&folder, RUN).is_some());
    life.signal("TERM");
    assert_eq!(life.ends_within(ENOUGH), Some(75), "{}", life.all());
}

/// Whether a process has taken over a signal: before, it would simply end.
#[cfg(target_os = "linux")]
fn listens(pid: u32, number: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() >> (number - 1) & 1 == 1)
}

#[cfg(target_os = "linux")]
#[test]
fn a_second_sigint_ends_at_once_even_where_nobody_can_be_told() {
    let folder = Folder::new();
    folder.write("long.toml", &long(30));
    // Standard error is a pipe that is full and never read: the process cannot get on, and cannot stop in good order.
    let (_reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'x'; 65_536]).unwrap();
    let mut command = serlab(&folder).args(["run", "long.toml"]).command();
    let mut child = command.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    drop(command);
    let pid = child.id();
    let wait = || std::thread::sleep(std::time::Duration::from_millis(10));
    let listening = (0..3_000).any(|_| {
        wait();
        listens(pid, 2)
    });
    signal(pid, "INT");
    (0..30).for_each(|_| wait());
    let first = child.try_wait().unwrap();
    signal(pid, "INT");
    let second = (0..200).find_map(|_| {
        wait();
        child.try_wait().unwrap()
    });
    if second.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(listening, "it never began to listen to signals");
    assert_eq!(first.map(|status| status.code()), None, "the first one asks, and it could not answer");
    assert_eq!(second.map(|status| status.code()), Some(Some(130)));
}
