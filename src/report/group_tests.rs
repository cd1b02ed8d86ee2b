use super::super::{Asked as Question, Format, compare};
use super::*;
use crate::record::{
    Asks, Build, FileName, GitState, Machine, PROVENANCE_VERSION, Provenance, RunDir, RunId, RunName, Status, runs,
    testing,
};
use std::path::Path;

fn asks(question: &str, split: &str, code: &str) -> Asks {
    let [question, split] = [question, split].map(str::to_owned);
    Asks { question, corpus: "c".into(), split: Some(split), sounds: None, code: code.into() }
}

/// A sealed run of `2d` that asks this; of two with the same seed and fold `salt` tells them apart.
fn seal(root: &Path, seed: u64, fold: Option<u32>, salt: u8, asks: Option<&Asks>) {
    let mut name = testing::name("exp", "2d", seed, fold);
    name = RunName { id: RunId::of(format!("{}{salt}", name.id).as_bytes()), ..name };
    let dir = RunDir::create(root, &name).unwrap();
    testing::fill(&dir, 0.5, None);
    let table = |asks: &Asks| format!("[run.asks]\n{}", toml::to_string(asks).unwrap());
    let settings = asks.map(table).unwrap_or_default() + "[split.file]\npath = \"split.csv\"\n";
    dir.write(FileName::Config, testing::config(&name, &settings).as_bytes()).unwrap();
    dir.seal(&Status::begin(None)).unwrap();
}

/// Label, seeds and number of runs of a group.
type Shown = (String, Vec<u64>, usize);

/// Each group, and state and reason of what is left out.
fn grouped(root: &Path) -> (Vec<Shown>, Vec<(String, String)>) {
    let runs = runs(root).unwrap();
    let (groups, left_out) = group(&runs);
    let of = |g: &Group<'_>| (g.label.clone(), g.seeds.keys().copied().collect(), g.runs().count());
    (groups.iter().map(of).collect(), left_out.into_iter().map(|l| (l.state, l.why)).collect())
}

#[test]
fn runs_are_grouped_by_what_they_ask_and_not_by_the_paths_that_they_name() {
    let root = tempfile::tempdir().unwrap();
    seal(root.path(), 0, None, 0, Some(&asks("aa", "5911a000", "results 2")));
    seal(root.path(), 1, None, 0, Some(&asks("aa", "5911a000", "results 2")));
    seal(root.path(), 0, None, 1, Some(&asks("bb", "5911b000", "results 2")));
    let (groups, left_out) = grouped(root.path());
    let label = |split: &str| format!("2d (split {split})");
    assert_eq!(groups, [(label("5911a0"), vec![0, 1], 2), (label("5911b0"), vec![0], 1)]);
    assert_eq!(left_out, []);
}

/// A sealed run whose record tells no question, but which clips it was made from.
fn seal_older(root: &Path, seed: u64, corpus: &str) {
    let dir = RunDir::create(root, &testing::name("exp", "2d", seed, None)).unwrap();
    testing::fill(&dir, 0.5, None);
    let provenance = Provenance {
        version: PROVENANCE_VERSION,
        serlab: Build { code_version: "results 2".into(), ..Build::default() },
        git: GitState::default(),
        device: "cpu".into(),
        threads: 1,
        machine: Machine::this(),
        command_line: Vec::new(),
        corpus_fingerprint: corpus.into(),
        split_fingerprint: seed.to_string(),
    };
    dir.write_json(FileName::Provenance, &provenance).unwrap();
    dir.seal(&Status::begin(None)).unwrap();
}

#[test]
fn runs_of_older_records_are_told_apart_by_the_fingerprints_that_they_have() {
    let root = tempfile::tempdir().unwrap();
    for (seed, corpus) in [(0, "aaaaaaaa"), (1, "aaaaaaaa"), (2, "bbbbbbbb")] {
        seal_older(root.path(), seed, corpus);
    }
    let (groups, _) = grouped(root.path());
    let seeds = |label: &str| groups.iter().find(|g| g.0 == label).map(|g| g.1.clone());
    assert_eq!(seeds("2d (corpus aaaaaa)"), Some(vec![0, 1]), "{groups:?}");
    assert_eq!(seeds("2d (corpus bbbbbb)"), Some(vec![2]), "{groups:?}");
}

#[test]
fn a_run_of_an_older_record_joins_the_one_question_that_has_its_settings_clips_and_code() {
    let root = tempfile::tempdir().unwrap();
    seal_older(root.path(), 0, "c");
    let name = testing::name("exp", "2d", 1, None);
    let dir = RunDir::create(root.path(), &name).unwrap();
    testing::fill(&dir, 0.5, None);
    let asks = Asks { split: None, ..asks("aa", "", "results 2") };
    let settings = format!("[run.asks]\n{}", toml::to_string(&asks).unwrap());
    dir.write(FileName::Config, testing::config(&name, &settings).as_bytes()).unwrap();
    dir.seal(&Status::begin(None)).unwrap();
    assert_eq!(grouped(root.path()).0, [("2d".to_owned(), vec![0, 1], 2)]);
}

#[test]
fn of_the_same_question_the_newer_code_counts_and_seeds_of_different_code_are_apart() {
    let root = tempfile::tempdir().unwrap();
    seal(root.path(), 0, None, 0, Some(&asks("aa", "s", "results 1")));
    seal(root.path(), 1, None, 0, Some(&asks("aa", "s", "results 1")));
    seal(root.path(), 0, None, 1, Some(&asks("aa", "s", "results 2")));
    let (groups, left_out) = grouped(root.path());
    assert_eq!(left_out.len(), 1);
    assert_eq!(left_out[0].0, "superseded");
    let labels: Vec<&str> = groups.iter().map(|g| g.0.as_str()).collect();
    assert_eq!(labels, ["2d (results 1)", "2d (results 2)"]);
}

#[test]
fn a_seed_that_lacks_a_fold_counts_in_no_figure_where_another_is_whole_and_a_note_says_so() {
    let root = tempfile::tempdir().unwrap();
    for (seed, fold) in [(0, 0), (0, 1), (1, 0)] {
        seal(root.path(), seed, Some(fold), 0, None);
    }
    let (groups, left_out) = grouped(root.path());
    assert_eq!(groups, [("2d".to_owned(), vec![0], 2)]);
    assert_eq!(left_out, [("incomplete".to_owned(), "seed 1 has no result of fold 1".to_owned())]);
    let runs = runs(root.path()).unwrap();
    let c = compare(&runs, &Question::default()).unwrap();
    let note = "2d: seed 1 has no result of fold 1; what it has of other folds counts in no figure";
    assert!(c.notes.iter().any(|n| n == note), "{:?}", c.notes);
    assert!(c.render(Format::Text, false).contains("incomplete  seed 1 has no result of fold 1"));
}

#[test]
fn where_no_seed_is_whole_figures_are_of_what_was_tested_and_a_note_says_so() {
    let root = tempfile::tempdir().unwrap();
    for (seed, fold) in [(0, 0), (1, 1)] {
        seal(root.path(), seed, Some(fold), 0, None);
    }
    let runs = runs(root.path()).unwrap();
    let c = compare(&runs, &Question::default()).unwrap();
    assert_eq!((c.variants[0].seeds.as_slice(), c.left_out.len()), ([0, 1].as_slice(), 0));
    let note = "2d: seed 0 has no result of fold 1, seed 1 has no result of fold 0; no seed is whole, so that figures are of what \
                was tested";
    assert!(c.notes.iter().any(|n| n == note), "{:?}", c.notes);
}

/// A sealed run of `2d` with these lines behind its name in `config.toml`.
fn seal_with(root: &Path, seed: u64, fold: Option<u32>, more: &str) {
    let name = testing::name("exp", "2d", seed, fold);
    let dir = RunDir::create(root, &name).unwrap();
    testing::fill(&dir, 0.5, None);
    dir.write(FileName::Config, testing::config(&name, more).as_bytes()).unwrap();
    dir.seal(&Status::begin(None)).unwrap();
}

#[test]
fn a_seed_has_as_many_folds_as_its_record_tells_or_as_there_are_lists_of_groups() {
    let lists = |count: usize| format!("[split.k-fold]\nfolds = 5\ngroups = {:?}\n", vec![["a"]; count]);
    for (more, count) in [
        ("folds = 3\n[split.leave-one-speaker-out]\n".to_owned(), 3),
        (format!("folds = 4\n{}", lists(4)), 4),
        (lists(3), 3),
        (lists(6), 6),
        ("[split.k-fold]\nfolds = 2\ngroups = []\n".to_owned(), 2),
    ] {
        let root = tempfile::tempdir().unwrap();
        // The second seed lacks the last fold.
        (0..count).for_each(|fold| seal_with(root.path(), 0, Some(fold), &more));
        (0..count - 1).for_each(|fold| seal_with(root.path(), 1, Some(fold), &more));
        let (groups, left_out) = grouped(root.path());
        assert_eq!(groups, [("2d".to_owned(), vec![0], count as usize)], "{more}");
        let why = format!("seed 1 has no result of fold {}", count - 1);
        assert!(left_out.iter().all(|(state, said)| state == "incomplete" && *said == why), "{more}: {left_out:?}");
        assert_eq!(left_out.len(), count as usize - 1, "{more}");
    }
}

#[test]
fn runs_of_one_question_are_averaged_however_their_settings_are_written() {
    let root = tempfile::tempdir().unwrap();
    let asks = toml::to_string(&Asks { split: None, ..asks("aa", "", "results 2") }).unwrap();
    for (seed, settings) in [
        (0, "[[augment]]\nbackground.folder = \"A\"\n"),
        (1, "[[augment]]\nbackground.folder = \"B\"\n"),
        (2, "[clips]\nkeep = [\"anger\", \"joy\", \"sadness\"]\n"),
    ] {
        seal_with(root.path(), seed, None, &format!("[run.asks]\n{asks}{settings}"));
    }
    assert_eq!(grouped(root.path()), (vec![("2d".to_owned(), vec![0, 1, 2], 3)], vec![]));
}

#[test]
fn clips_that_only_an_uncounted_run_left_out_are_not_told_of() {
    let root = tempfile::tempdir().unwrap();
    let broken = |seed: u64, fold: u32, count: usize| {
        let name = testing::name("exp", "2d", seed, Some(fold));
        let dir = RunDir::create(root.path(), &name).unwrap();
        testing::fill(&dir, 0.5, None);
        let path = name.directory(root.path()).unwrap().join(FileName::Evaluation.path());
        let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        file["left_out"] = count.into();
        dir.write_json(FileName::Evaluation, &file).unwrap();
        dir.seal(&Status::begin(None)).unwrap();
    };
    for (seed, fold, count) in [(0, 0, 1), (0, 1, 2), (1, 0, 7)] {
        broken(seed, fold, count);
    }
    let notes = compare(&runs(root.path()).unwrap(), &Question::default()).unwrap().notes;
    let told: Vec<&String> = notes.iter().filter(|note| note.contains("could not be used")).collect();
    assert_eq!(told, ["2d: up to 2 clips could not be used and are in no figure"]);
}
