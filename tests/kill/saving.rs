//! Killed while a checkpoint is written, and between a checkpoint and the row of its epoch.

use crate::common::{Folder, SMALL};
use crate::files::{RUN, Results, assert_same_results, finishes_undisturbed, killed, one_run, results, undisturbed};
use crate::live::{Live, resumed_after, run_called};
use std::sync::OnceLock;

/// A network whose checkpoints (some 18 MB) take a while to write.
fn heavy() -> String {
    let small = SMALL.replace("model.cnn-2d = { channels = [4, 8], head = [8] }", "model.mlp.hidden = [1024, 1024]");
    small.replace("epochs = 2", "epochs = 20\nearly_stopping = \"none\"")
}

/// Starts the run and kills it while it writes a checkpoint beside an older one, as often as it takes to hit that moment.
fn kill_while_it_writes(folder: &Folder) {
    for _ in 0..100 {
        let mut life = Live::start(one_run(folder));
        // Not what a life before left behind: this one's own temporary file.
        let temporary = format!(".tmp-{}-", life.pid());
        let is_writing = || {
            let Some(checkpoint) = run_called(folder, RUN).map(|run| run.join("checkpoint")) else { return false };
            let mut names = std::fs::read_dir(&checkpoint).into_iter().flatten().flatten().map(|e| e.file_name());
            names.any(|name| name.to_string_lossy().starts_with(&temporary)) && checkpoint.join("previous.bin").exists()
        };
        life.until("a second checkpoint", |_| is_writing());
        life.kill();
        if is_writing() {
            return;
        }
    }
    panic!("in a hundred lives none was killed while it wrote a checkpoint");
}

/// That the heavy run goes on after some epoch and ends as if nothing had happened.
fn assert_goes_on(folder: &Folder) {
    static UNDISTURBED: OnceLock<Results> = OnceLock::new();
    let undisturbed = UNDISTURBED.get_or_init(|| {
        let whole = Folder::new();
        whole.write("long.toml", &heavy());
        let ended = one_run(&whole).run();
        assert_eq!(ended.code, 0, "{}", ended.all());
        results(&whole)
    });
    let ended = one_run(folder).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert!(resumed_after(&ended.err, RUN).is_some_and(|epoch| epoch > 0), "{}", ended.err);
    assert_same_results(folder, undisturbed, &ended.all());
}

#[test]
fn killed_while_it_writes_a_checkpoint_it_goes_on_from_the_one_before_and_sweeps_the_torn_one() {
    let folder = Folder::new();
    folder.write("long.toml", &heavy());
    for _ in 0..3 {
        kill_while_it_writes(&folder);
    }
    assert_goes_on(&folder);
}

#[test]
fn a_whole_checkpoint_never_makes_way_for_a_damaged_one() {
    let folder = Folder::new();
    folder.write("long.toml", &heavy());
    kill_while_it_writes(&folder);
    let checkpoint = run_called(&folder, RUN).unwrap().join("checkpoint");
    assert!(!checkpoint.join("state.bin").exists(), "it was the one before, while the next was written");
    std::fs::write(checkpoint.join("state.bin"), "damaged").unwrap();
    // It goes on from the one before. Once more it is killed while it writes the next.
    kill_while_it_writes(&folder);
    assert_goes_on(&folder);
}

#[test]
fn a_torn_checkpoint_beside_the_one_before_is_swept_and_the_one_before_is_used() {
    let after = |folder: &Folder| resumed_after(&finishes_undisturbed(folder).err, RUN).unwrap();
    let newest = after(&killed());

    let folder = killed();
    let checkpoint = run_called(&folder, RUN).unwrap().join("checkpoint");
    let state = std::fs::read(checkpoint.join("state.bin")).unwrap();
    std::fs::remove_file(checkpoint.join("state.bin")).unwrap();
    std::fs::write(checkpoint.join(".tmp-4711-3"), &state[..state.len() / 2]).unwrap();
    // Also where other whole files are written.
    std::fs::write(checkpoint.parent().unwrap().join(".tmp-4711-4"), "torn").unwrap();
    assert_eq!(after(&folder), newest - 1);
}

#[test]
fn between_a_checkpoint_and_the_row_of_its_epoch_no_epoch_is_recorded_twice_and_none_is_missing() {
    type Edit = fn(&mut Vec<String>);
    let edits: [(&str, Edit); 5] = [
        ("the last row is missing", |rows| drop(rows.pop())),
        ("the last row is there twice", |rows| rows.push(rows.last().unwrap().clone())),
        ("one row too many", |rows| {
            let (epoch, rest) = rows.last().unwrap().split_once(',').unwrap();
            let next = format!("{},{rest}", epoch.parse::<usize>().unwrap() + 1);
            rows.push(next);
        }),
        ("no row", |rows| rows.truncate(1)),
        ("an empty file", Vec::clear),
    ];
    for (what, edit) in edits {
        let folder = killed();
        let path = run_called(&folder, RUN).unwrap().join("epochs.csv");
        let mut rows: Vec<String> = std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        edit(&mut rows);
        std::fs::write(&path, rows.iter().map(|row| format!("{row}\n")).collect::<String>()).unwrap();
        let ended = finishes_undisturbed(&folder);
        assert!(resumed_after(&ended.err, RUN).is_some(), "{what}: {}", ended.err);
        let epochs: Vec<usize> = std::fs::read_to_string(&path)
            .unwrap()
            .lines()
            .skip(1)
            .map(|row| row.split(',').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(epochs, (1..=40).collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn killed_between_the_seal_and_the_end_leaves_a_result_and_a_checkpoint_that_is_swept() {
    let folder = killed();
    let left = run_called(&folder, RUN).unwrap().join("checkpoint");
    let state = std::fs::read(left.join("state.bin")).unwrap();
    finishes_undisturbed(&folder);
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("state.bin"), state).unwrap();
    let again = one_run(&folder).run();
    assert!(again.code == 0 && again.err.contains("1 done, 0 to do"), "{}", again.all());
    assert!(!left.exists(), "the checkpoint of a sealed run is of no use");
    assert_same_results(&folder, undisturbed(), &again.all());
}
