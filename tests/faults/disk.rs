//! Disks that are full or read-only: real ones, small, in memory.

use crate::common::{Ended, Folder, Serlab, serlab, skipped};
use crate::files::{
    Files, RUN, assert_same_results, finishes_undisturbed, killed, one_run, results, sealed, undisturbed,
};
use crate::live::{Live, recorded, resumed_after, run_called};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk of its own at a folder, unmounted at the end. Declare it after the folder it lies in.
struct Disk(PathBuf);

impl Disk {
    /// Mounts an empty disk; `None`, saying so, where that is not permitted.
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            _ => {
                skipped("a file system cannot be mounted here");
                None
            }
        }
    }

    fn remount(&self, option: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{option}")]).arg(&self.0).status().unwrap();
        assert!(done.success());
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Fills the disk but for about so many bytes.
    fn fill(&self, but: u64) {
        let mut file = File::create(self.filler()).unwrap();
        let page = [7; 4096];
        while file.write_all(&page).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(but)).unwrap();
    }

    fn empty(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process of a test that failed may still be in there for a moment.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A killed run whose folder of runs is a disk of its own; the cache and the spec lie elsewhere.
fn killed_on_a_disk(size: &str) -> Option<(Folder, Disk)> {
    let folder = killed();
    let runs = folder.path().join("runs");
    let kept = Files::of(&runs);
    let disk = Disk::mount(&runs, size)?;
    kept.write_to(&runs);
    Some((folder, disk))
}

/// Room for the rows of twenty epochs (4 KB and 2 KB), but for no checkpoint.
const ROWS: u64 = 2 * 4096;

/// That a command failed with 4 because there was no room for one of `files`, and said so with a way out.
fn assert_full(ended: &Ended, files: &[&str]) {
    assert_eq!(ended.code, 4, "{}", ended.all());
    let said = ended.err.lines().find(|line| line.contains("FAILED")).unwrap_or_else(|| panic!("{}", ended.all()));
    assert!(files.iter().any(|file| said.contains(file)), "{files:?}: {said}");
    for part in ["No space left on device", "resumes once there is room"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// Goes on with a killed run, fills its disk after two more epochs, and gives back how it ended.
fn filled_meanwhile(folder: &Folder, disk: &Disk, command: Serlab, but: u64) -> Ended {
    let before = recorded(folder, RUN);
    let mut life = Live::start(command);
    life.until("the resumption", |life| resumed_after(&life.err(), RUN).is_some());
    life.until_epoch(folder, RUN, before + 2);
    disk.fill(but);
    let code = life.end();
    Ended { code, out: String::new(), err: life.err() }
}

#[test]
fn a_disk_that_fills_up_under_a_checkpoint_fails_the_run_by_name_and_loses_nothing() {
    let Some((folder, disk)) = killed_on_a_disk("4m") else { return };
    // Without an older one, whose room the next could take.
    std::fs::remove_file(run_called(&folder, RUN).unwrap().join("checkpoint/previous.bin")).unwrap();
    let sparsely = ["run", "long.toml", "--only", RUN, "--checkpoint-epochs", "20"];
    let ended = filled_meanwhile(&folder, &disk, serlab(&folder).args(sparsely), ROWS);
    assert_full(&ended, &["checkpoint/state.bin"]);
    let saved = resumed_after(&ended.err, RUN).unwrap();
    // Again while it is full: still an error, and no fresh start over what is there.
    let again = one_run(&folder).run();
    assert_eq!(again.code, 4, "{}", again.all());
    assert!(again.err.contains("No space left on device"), "{}", again.err);
    let listed = serlab(&folder).arg("list").run();
    assert!(listed.code == 0 && !listed.out.contains("running") && !listed.out.contains("damaged"), "{}", listed.all());
    disk.empty();
    let ended = finishes_undisturbed(&folder);
    assert_eq!(resumed_after(&ended.err, RUN), Some(saved), "{}", ended.err);
}

#[test]
fn a_disk_that_fills_up_under_a_row_of_metrics_fails_the_run_by_name_and_loses_nothing() {
    let Some((folder, disk)) = killed_on_a_disk("4m") else { return };
    let rarely = || serlab(&folder).args(["run", "long.toml", "--only", RUN, "--checkpoint-epochs", "1000"]);
    let ended = filled_meanwhile(&folder, &disk, rarely(), 0);
    assert_full(&ended, &["epochs.csv", "steps.csv"]);
    let run = run_called(&folder, RUN).unwrap();
    for file in ["epochs.csv", "steps.csv"] {
        let text = std::fs::read_to_string(run.join(file)).unwrap();
        assert!(text.ends_with('\n'), "no torn row is left: {text:?}");
    }
    let saved = resumed_after(&ended.err, RUN);
    disk.empty();
    let ended = finishes_undisturbed(&folder);
    assert_eq!(resumed_after(&ended.err, RUN), saved, "{}", ended.err);
}

#[test]
fn a_disk_that_fills_up_under_the_plots_fails_the_run_by_name_and_loses_nothing() {
    let Some((folder, disk)) = killed_on_a_disk("8m") else { return };
    // Room for all but the plots: whole pages for each file, and some to spare.
    let files = undisturbed().values().next().unwrap();
    let pages = |plots: bool| -> u64 {
        let of = files.iter().filter(|(name, _)| name.starts_with("plots/") == plots);
        of.map(|(_, bytes)| (bytes.len() as u64).next_multiple_of(4096)).sum()
    };
    let spare = 10 * 4096;
    assert!(pages(true) > spare, "the plots would fit");
    let rarely = || serlab(&folder).args(["run", "long.toml", "--only", RUN, "--checkpoint-epochs", "1000"]);
    let ended = filled_meanwhile(&folder, &disk, rarely(), pages(false) + spare);
    assert_full(&ended, &["plots/"]);
    assert!(results(&folder).is_empty(), "without its plots it is no result");
    disk.empty();
    finishes_undisturbed(&folder);
}

#[test]
fn a_disk_that_is_full_from_the_start_fails_every_run_and_spares_the_sealed_ones() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder.path().join("runs"), "1m") else { return };
    folder.write("small.toml", crate::common::SMALL);
    let run = |only: &str| serlab(&folder).args(["run", "small.toml", "--only", only]).run();
    let first = run("1d-s0");
    assert_eq!(first.code, 0, "{}", first.all());
    let before = Files::of(&run_called(&folder, "1d-s0").unwrap());
    disk.fill(0);
    let ended = run("*");
    assert_eq!(ended.code, 4, "{}", ended.all());
    assert_eq!(ended.err.matches("No space left on device").count(), 3, "{}", ended.err);
    assert!(ended.err.contains("3 of 4 runs failed"), "{}", ended.err);
    assert_eq!(Files::of(&run_called(&folder, "1d-s0").unwrap()), before);
    let verified = serlab(&folder).args(["verify", "--quick"]).arg(run_called(&folder, "1d-s0").unwrap()).run();
    assert_eq!(verified.code, 0, "{}", verified.all());
    disk.remount("size=16m");
    let ended = run("*");
    assert!(ended.code == 0 && ended.err.contains("1 done, 3 to do"), "{}", ended.all());
    disk.empty();
    assert_same_results(&folder, &results(&sealed()), &ended.all());
}

/// Runs with a cache, and holds the results against an undisturbed run; gives back what it warned of.
fn warnings_with_cache(folder: &Folder, cache: &Path) -> Vec<String> {
    folder.write("long.toml", &crate::files::long(40));
    let ended = one_run(folder).arg("--cache").arg(cache).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert_same_results(folder, undisturbed(), &ended.all());
    let about = |line: &&str| line.contains("the feature cache");
    ended.err.lines().filter(about).map(str::to_owned).collect()
}

fn assert_warned(warnings: &[String], cache: &Path) {
    let [warning] = warnings else { panic!("one warning expected: {warnings:#?}") };
    assert!(warning.contains(&cache.display().to_string()) && warning.contains("--cache"), "{warning}");
}

#[test]
fn a_read_only_cache_is_read_and_warned_of_and_changes_no_result() {
    let folder = Folder::new();
    let cache = folder.path().join("cache");
    let Some(disk) = Disk::mount(&cache, "16m") else { return };
    disk.remount("ro");
    assert_warned(&warnings_with_cache(&folder, &cache), &cache);
}

#[test]
fn a_full_cache_disk_is_warned_of_and_changes_no_result() {
    let folder = Folder::new();
    let cache = folder.path().join("cache");
    let Some(disk) = Disk::mount(&cache, "1m") else { return };
    disk.fill(64 << 10);
    assert_warned(&warnings_with_cache(&folder, &cache), &cache);
    // Nothing that was kept before the disk was full is torn.
    let again = Folder::new();
    warnings_with_cache(&again, &cache);
}

#[test]
fn a_missing_cache_is_made_and_a_file_in_its_place_is_warned_of() {
    let folder = Folder::new();
    let cache = folder.path().join("not/yet/there");
    assert_eq!(warnings_with_cache(&folder, &cache), [""; 0]);
    assert!(Files::of(&cache).names().count() > 0, "features are kept for the next time");

    let folder = Folder::new();
    folder.write("cache", "this is a file");
    let cache = folder.path().join("cache");
    assert_warned(&warnings_with_cache(&folder, &cache), &cache);
    assert_eq!(std::fs::read_to_string(cache).unwrap(), "this is a file");
}

#[test]
fn a_full_disk_of_reports_is_an_error_that_names_the_cause() {
    let folder = sealed();
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        skipped("there is no /dev/full");
        return;
    };
    let output = serlab(&folder).args(["compare", "small"]).command().stdout(full).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{err}");
    assert!(err.contains("cannot write to standard output") && err.contains("No space left"), "{err}");
}
