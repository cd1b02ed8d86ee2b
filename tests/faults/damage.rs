//! Files of an unfinished run and of the cache that are cut short, flipped or torn: noticed, said, and worked around.

use crate::common::Folder;
use crate::files::{Files, RUN, assert_same_results, finishes_undisturbed, killed, long, one_run, undisturbed};
use crate::live::{resumed_after, run_called};
use std::path::{Path, PathBuf};

/// A file of the killed run.
fn of_run(folder: &Folder, file: &str) -> PathBuf {
    run_called(folder, RUN).unwrap().join(file)
}

/// Changes the bytes of a file.
fn change(path: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    edit(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

fn refusals(err: &str) -> Vec<String> {
    let start = format!("{RUN}: checkpoint ");
    let refused = err.lines().filter(|line| line.starts_with(&start) && line.contains(" refused: "));
    refused.map(str::to_owned).collect()
}

type Damage = (&'static str, fn(&mut Vec<u8>));

#[test]
fn a_damaged_checkpoint_is_refused_aloud_and_the_one_before_is_used() {
    let newest = resumed_after(&finishes_undisturbed(&killed()).err, RUN).unwrap();
    let damages: [Damage; 6] = [
        ("a bit of its first bytes", |b| b[3] ^= 1),
        ("a bit in the middle", |b| {
            let middle = b.len() / 2;
            b[middle] ^= 0x10;
        }),
        ("a bit of its checksum", |b| *b.last_mut().unwrap() ^= 0x80),
        ("half of it is gone", |b| b.truncate(b.len() / 2)),
        ("all of it is gone", Vec::clear),
        ("zeros where the end was", |b| {
            let half = b.len() / 2;
            b[half..].fill(0);
        }),
    ];
    for (what, damage) in damages {
        let folder = killed();
        change(&of_run(&folder, "checkpoint/state.bin"), damage);
        let ended = finishes_undisturbed(&folder);
        let said = refusals(&ended.err);
        assert!(said.len() == 1 && said[0].contains("state.bin refused: "), "{what}: {}", ended.err);
        assert_eq!(resumed_after(&ended.err, RUN), Some(newest - 1), "{what}: {}", ended.err);
    }
}

#[test]
fn where_both_checkpoints_are_damaged_it_says_so_and_starts_from_the_beginning() {
    let folder = killed();
    for file in ["checkpoint/state.bin", "checkpoint/previous.bin"] {
        change(&of_run(&folder, file), |bytes| bytes[100] ^= 1);
    }
    let ended = finishes_undisturbed(&folder);
    let said = refusals(&ended.err);
    assert!(said.len() == 2 && said[1].contains("previous.bin refused: "), "{}", ended.err);
    assert_eq!(resumed_after(&ended.err, RUN), None);
}

#[test]
fn a_checkpoint_of_another_run_is_never_taken_for_ones_own() {
    let folder = killed();
    let own = of_run(&folder, "checkpoint/state.bin");
    // The same network with another seed, stopped at some epoch.
    let other = Folder::new();
    other.write("long.toml", &long(40));
    let mut life = crate::live::Live::start(crate::common::serlab(&other).args([
        "run",
        "long.toml",
        "--only",
        "2d-s1",
        "--checkpoint-epochs",
        "1",
    ]));
    life.until_epoch(&other, "2d-s1", 3);
    life.signal("TERM");
    assert_eq!(life.end(), 75, "{}", life.all());
    let state = std::fs::read(&own).unwrap();
    std::fs::copy(run_called(&other, "2d-s1").unwrap().join("checkpoint/state.bin"), &own).unwrap();
    let refused = one_run(&folder).run();
    assert_eq!(refused.code, 4, "{}", refused.all());
    assert!(refused.err.contains("the checkpoint belongs to another training"), "{}", refused.err);
    // Nothing was done with it or because of it: with its own state the run goes on.
    std::fs::write(&own, state).unwrap();
    let ended = finishes_undisturbed(&folder);
    assert!(resumed_after(&ended.err, RUN).is_some(), "{}", ended.err);
}

#[test]
fn a_torn_last_row_of_metrics_is_dropped_and_noted() {
    let folder = killed();
    let path = of_run(&folder, "epochs.csv");
    change(&path, |bytes| bytes.truncate(bytes.len() - 9));
    let lines = std::fs::read_to_string(&path).unwrap().lines().count();
    let ended = finishes_undisturbed(&folder);
    let noted = ended.err.lines().find(|l| l.contains("epochs.csv")).unwrap_or_else(|| panic!("{}", ended.err));
    for part in [RUN, &format!("line {lines}"), "torn", "dropped"] {
        assert!(noted.contains(part), "{part}: {noted}");
    }
}

#[test]
fn damage_in_the_middle_of_the_metrics_is_an_error_to_readers_and_restored_by_the_run() {
    let folder = killed();
    let path = of_run(&folder, "epochs.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(1).unwrap();
    std::fs::write(&path, text.replacen(second, &second.replacen("0.", "O.", 1), 1)).unwrap();
    let shown = crate::common::serlab(&folder).args(["show", "latest"]).run();
    assert_ne!(shown.code, 0, "{}", shown.all());
    assert!(shown.err.contains("epochs.csv") && shown.err.contains("line 2"), "{}", shown.all());

    let ended = finishes_undisturbed(&folder);
    let said = ended.err.lines().find(|l| l.contains("epochs.csv")).unwrap_or_else(|| panic!("{}", ended.err));
    assert!(said.contains(RUN) && said.contains("line 2"), "{said}");
    assert!(resumed_after(&ended.err, RUN).is_some(), "{}", ended.err);
}

#[test]
fn damaged_entries_of_the_cache_are_found_and_made_again() {
    let made = Folder::new();
    made.write("long.toml", &long(40));
    let ended = one_run(&made).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    let cache = Files::of(&made.path().join(".cache/serlab"));
    assert!(cache.names().count() > 100, "an entry a clip");

    let damages: [Damage; 5] = [
        ("a flipped bit", |b| {
            let middle = b.len() / 2;
            b[middle] ^= 4;
        }),
        ("another version", |b| b[8] ^= 0x7F),
        ("cut short", |b| b.truncate(b.len() / 3)),
        ("longer", |b| b.push(0)),
        ("empty", Vec::clear),
    ];
    let folder = Folder::new();
    folder.write("long.toml", &long(40));
    let place = folder.path().join(".cache/serlab");
    cache.write_to(&place);
    // Every entry is damaged, in one way after another.
    for (i, name) in cache.names().enumerate() {
        change(&place.join(name), damages[i % damages.len()].1);
    }
    let ended = one_run(&folder).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert_same_results(&folder, undisturbed(), &ended.all());
    assert!(Files::of(&place) == cache, "every entry is again what it was");
}

#[test]
fn an_entry_of_the_cache_under_the_name_of_another_is_not_believed() {
    let made = Folder::new();
    made.write("long.toml", &long(40));
    assert_eq!(one_run(&made).run().code, 0);
    let cache = Files::of(&made.path().join(".cache/serlab"));
    let folder = Folder::new();
    folder.write("long.toml", &long(40));
    let place = folder.path().join(".cache/serlab");
    cache.write_to(&place);
    // Each takes the place of the next: every one is whole, and none is what its name says.
    let names: Vec<&Path> = cache.names().collect();
    for (from, to) in names.iter().zip(names.iter().cycle().skip(1)) {
        std::fs::copy(made.path().join(".cache/serlab").join(from), place.join(to)).unwrap();
    }
    let ended = one_run(&folder).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert_same_results(&folder, undisturbed(), &ended.all());
}
