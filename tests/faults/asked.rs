//! Files that a spec names and that are changed in place: what is shown is what was asked for, and what asked something else is in
//! no mean with it.

use crate::common::{Folder, serlab};
use serde_json::Value;
use std::path::Path;

/// One tiny variant on clips of the folder's own, with whatever else is asked.
fn spec(seeds: &str, more: &str) -> String {
    format!(
        "seeds = {seeds}\n[corpus.manifest]\npath = \"clips/manifest.csv\"\n{more}\n[train]\nepochs = 1\nbatch_size = 16\nearly_stopping = \"none\"\n\
         [variants.a]\nfeatures = [{{ zcr = {{}} }}]\nmodel.mlp = {{ hidden = [4] }}\n"
    )
}

const SPEAKERS: &str = "[split.speakers]\ntest = 0.3\nvalidation = 0.2";
const FILE: &str = "[split.file]\npath = \"split.csv\"";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.synthesize("clips", &["speakers=6", "repetitions=1"]);
    folder
}

/// A split that tests the clips of the speakers whose place is in `test`.
fn write_split(folder: &Folder, test: [usize; 2]) {
    let list = std::fs::read_to_string(folder.path().join("clips/manifest.csv")).unwrap();
    let rows: Vec<Vec<&str>> = list.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let mut speakers: Vec<&str> = rows.iter().map(|row| row[2]).collect();
    speakers.sort_unstable();
    speakers.dedup();
    let part = |row: &Vec<&str>| if test.iter().any(|i| row[2] == speakers[*i]) { "test" } else { "train" };
    let lines: Vec<String> = rows.iter().map(|row| format!("{},{}\n", row[0], part(row))).collect();
    folder.write("split.csv", &format!("clip,partition\n{}", lines.concat()));
}

fn run(folder: &Folder, text: &str) -> String {
    let spec = folder.write("asked.toml", text);
    let ended = serlab(folder).arg("run").arg(spec).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    ended.out
}

/// Changes a sample of a sound.
fn change(sound: &Path) {
    let mut bytes = std::fs::read(sound).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 0x40;
    std::fs::write(sound, bytes).unwrap();
}

/// Label and seeds of each group that a comparison of the whole experiment shows, and its notes.
fn groups(folder: &Folder) -> (Vec<(String, Vec<u64>)>, String) {
    let ended = serlab(folder).args(["compare", "asked", "--format", "json"]).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let of = |v: &Value| {
        let seeds = v["seeds"].as_array().unwrap().iter().map(|s| s.as_u64().unwrap()).collect();
        (v["label"].as_str().unwrap().to_owned(), seeds)
    };
    let found = json["comparison"]["variants"].as_array().unwrap().iter().map(of).collect();
    (found, json["comparison"]["notes"].to_string())
}

/// That seeds 0 and 1 are two groups, told apart by `aspect` alone.
fn assert_apart(folder: &Folder, aspect: &str, words: &str) {
    let (found, notes) = groups(folder);
    let mut seeds: Vec<&Vec<u64>> = found.iter().map(|(_, seeds)| seeds).collect();
    seeds.sort_unstable();
    assert_eq!(seeds, [&vec![0], &vec![1]], "{found:?}");
    assert!(
        found.iter().all(|(label, _)| label.starts_with(&format!("a ({aspect} ")) && !label.contains(',')),
        "{found:?}"
    );
    assert!(
        notes.contains(&format!("2 configurations, which differ in {words}; they are not averaged together")),
        "{notes}"
    );
}

#[test]
fn a_split_changed_in_place_and_changed_back_shows_the_figures_of_the_split_asked_for() {
    let folder = folder();
    let text = spec("[0]", FILE);
    let figures = |out: &str| out.lines().find(|line| line.starts_with("a ")).unwrap().to_owned();
    write_split(&folder, [0, 1]);
    let first = run(&folder, &text);
    write_split(&folder, [2, 3]);
    let second = run(&folder, &text);
    write_split(&folder, [0, 1]);
    let third = run(&folder, &text);
    assert_ne!(figures(&first), figures(&second));
    assert_eq!(figures(&first), figures(&third));
    assert!(!third.contains("superseded"), "{third}");
    assert!(third.contains("1 run of other settings, seeds or files is in no figure above"), "{third}");
    let (found, notes) = groups(&folder);
    assert!(found.len() == 2 && found.iter().all(|(label, _)| label.starts_with("a (split ")), "{found:?}");
    assert!(notes.contains("what the split file holds"), "{notes}");
}

#[test]
fn seeds_under_different_splits_are_never_averaged() {
    let folder = folder();
    write_split(&folder, [0, 1]);
    run(&folder, &spec("[0]", FILE));
    write_split(&folder, [2, 3]);
    run(&folder, &spec("[1]", FILE));
    assert_apart(&folder, "split", "what the split file holds");
}

#[test]
fn seeds_on_different_audio_are_never_averaged() {
    let folder = folder();
    run(&folder, &spec("[0]", SPEAKERS));
    change(&folder.find("clips", "wav"));
    run(&folder, &spec("[1]", SPEAKERS));
    assert_apart(&folder, "corpus", "what the corpus holds");
}

#[test]
fn seeds_under_different_noise_are_never_averaged() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("noise")).unwrap();
    let noise = folder.path().join("noise/n.wav");
    std::fs::copy(folder.find("clips", "wav"), &noise).unwrap();
    let augment = "augment = [{ background = { folder = \"noise\" } }]";
    let text = |seeds: &str| format!("{augment}\n{}", spec(seeds, SPEAKERS));
    run(&folder, &text("[0]"));
    change(&noise);
    run(&folder, &text("[1]"));
    assert_apart(&folder, "sounds", "what folders of sounds hold");
}

#[test]
fn a_moved_split_with_the_same_content_is_the_same_question() {
    let folder = folder();
    write_split(&folder, [0, 1]);
    run(&folder, &spec("[0]", FILE));
    std::fs::rename(folder.path().join("split.csv"), folder.path().join("moved.csv")).unwrap();
    run(&folder, &spec("[1]", &FILE.replace("split.csv", "moved.csv")));
    assert_eq!(groups(&folder).0, [("a".to_owned(), vec![0, 1])]);
}
