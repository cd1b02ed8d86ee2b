//! Killed or told to stop at any moment: what goes on seals the same bytes.

#![cfg(unix)]

mod common;
#[path = "common/files.rs"]
mod files;
#[path = "common/live.rs"]
mod live;
#[path = "kill/saving.rs"]
mod saving;
#[path = "kill/signals.rs"]
mod signals;
#[path = "kill/slurm.rs"]
mod slurm;

use common::{Folder, LEARNS, Serlab, serlab};
use files::{Results, assert_same_results, long, results};
use live::Live;

/// Numbers that look random and are the same every time (SplitMix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % end.max(1)
    }
}

fn folder_with(spec: &str) -> Folder {
    let folder = Folder::new();
    folder.write("killed.toml", spec);
    folder
}

/// The command whose lives end early.
fn command(folder: &Folder, jobs: u64) -> Serlab {
    serlab(folder).args(["run", "killed.toml", "--checkpoint-epochs", "1", "--jobs", &jobs.to_string()])
}

/// The results of a spec that is carried out undisturbed.
fn undisturbed(spec: &str) -> Results {
    let folder = folder_with(spec);
    let ended = command(&folder, 1).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    results(&folder)
}

/// In one new folder after another, starts a command and kills it, again and again until it once comes to its end, and
/// holds every sealed file against an undisturbed run; until that many kills were made and some life went on from a
/// checkpoint.
fn kill_anywhere(spec: &str, kills: usize, seed: u64) {
    let expected = undisturbed(spec);
    let mut random = Random(seed);
    // The most that a life lasts. It finds its own measure: longer after each kill, or nothing would get on, and half as
    // long after each folder that is done, or nothing would be killed.
    let mut milliseconds = 500;
    let (mut made, mut folders, mut lives, mut resumed) = (0, 0, 0, 0);
    while made < kills || resumed == 0 {
        folders += 1;
        let folder = folder_with(spec);
        let said = loop {
            lives += 1;
            assert!(lives < 20 * kills, "{lives} lives for {made} kills: the runs do not get on");
            let mut life = Live::start(command(&folder, 1 + random.below(2)));
            let ended = life.ends_within(random.below(milliseconds));
            resumed += usize::from(life.err().contains("resumes after epoch"));
            if let Some(code) = ended {
                assert_eq!(code, 0, "life {lives}\n{}", life.all());
                break life.all();
            }
            life.kill();
            made += 1;
            milliseconds += milliseconds / 16;
        };
        milliseconds = (milliseconds / 2).max(100);
        assert_same_results(&folder, &expected, &said);
        let listed = serlab(&folder).arg("list").run();
        assert_eq!(listed.out.matches(" sealed ").count(), expected.len(), "{}", listed.all());
        println!("{made} kills in {lives} lives, {resumed} of them resumed; {folders} folders with the same results");
    }
}

#[test]
fn kill_anywhere_changes_no_byte_of_any_result() {
    kill_anywhere(&long(12), 15, 1);
}

#[test]
fn kill_anywhere_changes_no_byte_of_networks_that_are_averaged_and_placed_at_random() {
    kill_anywhere(&LEARNS.replace("epochs = 4", "epochs = 8"), 8, 2);
}

#[test]
fn of_two_commands_on_one_folder_each_may_be_killed_anywhere() {
    let spec = long(12);
    let expected = undisturbed(&spec);
    let mut random = Random(3);
    let folder = folder_with(&spec);
    let mut lives = [(); 2].map(|()| Live::start(command(&folder, 1)));
    for _ in 0..12 {
        let life = &mut lives[random.below(2) as usize];
        match life.ends_within(random.below(1_000)) {
            Some(code) => assert_eq!(code, 0, "{}", life.all()),
            None => life.kill(),
        }
        *life = Live::start(command(&folder, 1 + random.below(2)));
    }
    for life in &mut lives {
        assert_eq!(life.end(), 0, "{}", life.all());
    }
    assert_same_results(&folder, &expected, &lives[0].all());
}

/// A quarter of an hour: `cargo test --release --test kill -- --ignored`.
#[test]
#[ignore = "takes a quarter of an hour"]
fn kill_anywhere_a_hundred_times_over_the_quickstart() {
    let quickstart = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/quickstart.toml");
    kill_anywhere(&std::fs::read_to_string(quickstart).unwrap(), 100, 2);
}
