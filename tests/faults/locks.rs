//! Several processes: who works on what is said, nothing is done twice, and the dead are succeeded.

use crate::common::{Folder, serlab};
use crate::files::{
    Files, RUN, assert_same_results, finishes_undisturbed, killed, long, one_run, results, undisturbed,
};
use crate::live::{Live, recorded, resumed_after, run_called};

const LABELS: [&str; 4] = ["1d-s0", "1d-s1", "2d-s0", "2d-s1"];

/// A folder with the long spec, and what all its runs give.
fn sweep() -> Folder {
    let folder = Folder::new();
    folder.write("long.toml", &long(40));
    folder
}

/// How often the processes said that they sealed a run.
fn sealed(lives: &[&Live], label: &str) -> usize {
    lives.iter().map(|life| life.err().matches(&format!("{label}: test accuracy")).count()).sum()
}

/// Starts a process on [`RUN`] and holds it once it trains.
fn held(folder: &Folder) -> Live {
    let mut first = Live::start(one_run(folder));
    first.until_epoch(folder, RUN, 2);
    first.signal("STOP");
    first
}

/// Waits until a process has said that another one works on [`RUN`], and which.
fn until_it_says_who(second: &mut Live, first: &Live, folder: &Folder) {
    let holder = std::fs::read(run_called(folder, RUN).unwrap().join(".holder.json")).unwrap();
    let holder: serde_json::Value = serde_json::from_slice(&holder).unwrap();
    let expected = format!("{RUN}: process {} on {} works on it", first.pid(), holder["host"].as_str().unwrap());
    second.until("who holds the run", |life| life.err().lines().any(|line| line == expected));
}

/// A process that is held while it works on [`RUN`], and a second one that wants to do that run and another one, and has
/// said who is at it.
fn two_on_one_run(folder: &Folder) -> (Live, Live) {
    let first = held(folder);
    let mut second = Live::start(serlab(folder).args(["run", "long.toml", "--only", "*-s0", "--jobs", "2"]));
    until_it_says_who(&mut second, &first, folder);
    (first, second)
}

#[test]
fn a_second_process_says_who_holds_a_run_does_the_others_and_waits_for_it() {
    let folder = sweep();
    let (mut first, mut second) = two_on_one_run(&folder);
    second.until("the other run", |life| sealed(&[life], "1d-s0") == 1);
    first.signal("CONT");
    assert_eq!((first.end(), second.end()), (0, 0), "{}\n{}", first.all(), second.all());
    assert_eq!(sealed(&[&first], RUN), 1, "{}", first.err());
    assert_eq!((sealed(&[&second], RUN), sealed(&[&second], "1d-s0")), (0, 1), "{}", second.err());
    let alone = sweep();
    assert_eq!(serlab(&alone).args(["run", "long.toml", "--only", "*-s0"]).run().code, 0);
    assert_same_results(&folder, &results(&alone), &second.all());
}

#[test]
fn two_sweeps_with_jobs_share_the_runs_and_do_none_twice() {
    let folder = sweep();
    let start = || Live::start(serlab(&folder).args(["run", "long.toml", "--jobs", "2"]));
    let (mut first, mut second) = (start(), start());
    assert_eq!((first.end(), second.end()), (0, 0), "{}\n{}", first.all(), second.all());
    for label in LABELS {
        assert_eq!(sealed(&[&first, &second], label), 1, "{label}\n{}\n{}", first.err(), second.err());
    }
    for life in [&first, &second] {
        assert!(life.all().contains("next: serlab compare long"), "both end with the comparison: {}", life.all());
    }
    let listed = serlab(&folder).arg("list").run();
    assert_eq!(listed.out.matches(" sealed ").count(), 4, "{}", listed.out);
}

#[test]
fn where_the_holder_dies_the_one_that_waits_takes_the_run_over() {
    let folder = sweep();
    let (mut first, mut second) = two_on_one_run(&folder);
    first.kill();
    assert_eq!(second.end(), 0, "{}", second.all());
    assert!(resumed_after(&second.err(), RUN).is_some(), "{}", second.err());
    assert_eq!(sealed(&[&second], RUN), 1, "{}", second.err());
}

#[test]
fn where_the_holder_fails_the_one_that_waits_reports_it_and_does_not_try_again() {
    let folder = sweep();
    let (mut first, mut second) = two_on_one_run(&folder);
    // The next row has nowhere to go.
    let path = run_called(&folder, RUN).unwrap().join("epochs.csv");
    std::fs::rename(&path, path.with_file_name("kept")).unwrap();
    std::fs::create_dir(&path).unwrap();
    first.signal("CONT");
    assert_eq!(first.end(), 4, "{}", first.all());
    assert_eq!(second.end(), 4, "{}", second.all());
    let err = second.err();
    assert!(err.lines().any(|l| l.starts_with(&format!("{RUN}: ")) && l.to_lowercase().contains("failed")), "{err}");
    assert!(err.contains("1 of 2 runs failed"), "{err}");
    assert!(!err.contains(&format!("{RUN}: epoch")) && resumed_after(&err, RUN).is_none(), "{err}");
    assert_eq!(sealed(&[&second], "1d-s0"), 1, "{err}");
}

#[test]
fn one_that_waits_can_be_stopped_and_the_holder_goes_on() {
    let folder = sweep();
    let (mut first, mut second) = two_on_one_run(&folder);
    second.signal("TERM");
    assert_eq!(second.ends_within(10_000), Some(75), "{}", second.all());
    first.signal("CONT");
    assert_eq!(first.end(), 0, "{}", first.all());
    assert_eq!(sealed(&[&first], RUN), 1, "{}", first.err());
}

#[test]
fn the_run_of_a_dead_process_of_this_machine_is_taken_over_without_a_word() {
    let folder = killed();
    let holder = run_called(&folder, RUN).unwrap().join(".holder.json");
    assert!(holder.exists(), "whoever was killed could not let go");
    let listed = serlab(&folder).arg("list").run();
    assert!(listed.out.contains("interrupted") && !listed.out.contains("running"), "{}", listed.out);
    let ended = finishes_undisturbed(&folder);
    assert!(!ended.err.contains("works on it") && !ended.err.contains("--take-over"), "{}", ended.err);
    assert!(!holder.exists());
}

#[test]
fn the_run_of_another_machine_is_left_alone_until_one_says_to_take_it_over() {
    let folder = killed();
    let run = run_called(&folder, RUN).unwrap();
    std::fs::write(run.join(".holder.json"), r#"{"host":"node-17","pid":4711}"#).unwrap();
    let before = Files::of(&run);
    let listed = serlab(&folder).arg("list").run();
    assert!(listed.out.contains("running") && listed.out.contains("node-17"), "{}", listed.out);

    let refused = one_run(&folder).run();
    assert_eq!(refused.code, 75, "{}", refused.all());
    let said = refused.err.lines().find(|l| l.contains("node-17")).unwrap_or_else(|| panic!("{}", refused.err));
    assert!(said.contains("4711"), "{said}");
    assert!(refused.err.contains("--take-over"), "{}", refused.err);
    assert_eq!(Files::of(&run), before, "it was left as it was");

    let ended = one_run(&folder).arg("--take-over").run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert!(resumed_after(&ended.err, RUN).is_some(), "{}", ended.err);
    assert_same_results(&folder, undisturbed(), &ended.all());
}

#[test]
fn the_other_runs_are_done_where_another_machine_holds_one_and_the_end_is_still_75() {
    let folder = killed();
    let run = run_called(&folder, RUN).unwrap();
    std::fs::write(run.join(".holder.json"), r#"{"host":"node-17","pid":4711}"#).unwrap();
    let reached = recorded(&folder, RUN);
    let ended = serlab(&folder).args(["run", "long.toml", "--only", "*-s0", "--jobs", "2"]).run();
    assert_eq!(ended.code, 75, "{}", ended.all());
    assert!(ended.err.contains("1d-s0: test accuracy"), "{}", ended.err);
    assert_eq!(recorded(&folder, RUN), reached);
    assert_eq!(results(&folder).len(), 1);
}

#[test]
fn taking_over_takes_nothing_from_a_living_process_of_this_machine() {
    let folder = sweep();
    let mut first = held(&folder);
    let mut second = Live::start(one_run(&folder).arg("--take-over"));
    until_it_says_who(&mut second, &first, &folder);
    first.signal("CONT");
    assert_eq!((first.end(), second.end()), (0, 0), "{}\n{}", first.all(), second.all());
    assert_eq!((sealed(&[&first], RUN), sealed(&[&second], RUN)), (1, 0), "{}", second.err());
    assert_same_results(&folder, undisturbed(), &second.all());
}
