use super::*;
use crate::record::testing;
use crate::record::{FileName, Progress, RunDir, Status};

fn shelf() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (variant, seed) in [("1d", 0), ("1d", 1), ("2d", 0)] {
        testing::sealed_run(root.path(), &testing::name("exp", variant, seed, None), 0.5, None);
    }
    testing::sealed_run(root.path(), &testing::name("other", "2d", 0, Some(3)), 0.7, Some("LEAK: 3 of 10 speakers"));
    root
}

fn folders(runs: &[StoredRun]) -> Vec<String> {
    runs.iter().map(|r| r.name.to_string()).collect()
}

#[test]
fn runs_are_listed_in_order_with_figures_and_stamps() {
    let root = shelf();
    let all = runs(root.path()).unwrap();
    let variants: Vec<(&str, &str, u64)> =
        all.iter().map(|r| (r.name.experiment.as_str(), r.name.variant.as_str(), r.name.seed)).collect();
    assert_eq!(variants, [("exp", "1d", 0), ("exp", "1d", 1), ("exp", "2d", 0), ("other", "2d", 0)]);
    assert!(all.iter().all(StoredRun::has_result));
    assert_eq!(
        (all[3].name.fold, all[3].stamps.as_slice()),
        (Some(3), ["LEAK: 3 of 10 speakers".to_owned()].as_slice())
    );
    assert_eq!(all[0].name.id.as_str().len(), 64, "the whole id is known from config.toml");
    let (labels, predictions) = all[0].predictions().unwrap();
    assert_eq!((labels.len(), predictions.len()), (3, 10));
    assert_eq!(all[0].epochs().unwrap().unwrap().rows.len(), 3);
    assert!(runs(&root.path().join("nothing")).unwrap().is_empty());
}

#[test]
fn a_run_is_found_by_experiment_id_folder_path_and_as_the_latest() {
    let root = shelf();
    let all = runs(root.path()).unwrap();
    assert_eq!(find(root.path(), "exp").unwrap().len(), 3);
    for run in &all {
        for selector in
            [run.name.id.short(), run.name.id.as_str(), &run.name.to_string(), &run.dir.display().to_string()]
        {
            assert_eq!(folders(&find(root.path(), selector).unwrap()), [run.name.to_string()], "{selector}");
        }
    }
    assert_eq!(find(Path::new("elsewhere"), &root.path().display().to_string()).unwrap().len(), 4);
    assert_eq!(find(Path::new("elsewhere"), &root.path().join("exp").display().to_string()).unwrap().len(), 3);
    assert!(matches!(find_one(root.path(), "exp"), Err(RecordError::Several { .. })));
    let error = find(root.path(), "otter").unwrap_err().to_string();
    assert!(error.ends_with("matches `otter`; did you mean `other`?"), "{error}");

    let late = testing::name("late", "x", 9, None);
    let dir = RunDir::create(root.path(), &late).unwrap();
    testing::fill(&dir, 0.5, None);
    dir.status(&Status { started_unix: u64::MAX / 2, ..Status::begin(None) }).unwrap();
    drop(dir);
    assert_eq!(find_one(root.path(), "latest").unwrap().name.experiment, "late");
}

#[test]
fn states_are_told_apart_and_only_sealed_runs_have_figures() {
    let root = tempfile::tempdir().unwrap();
    let make = |variant: &str, end: Option<(Progress, &str)>| {
        let dir = RunDir::create(root.path(), &testing::name("exp", variant, 0, None)).unwrap();
        testing::fill(&dir, 0.5, None);
        let status = Status::begin(None);
        dir.status(&status).unwrap();
        if let Some((state, why)) = end {
            dir.status(&status.end(state, Some(why.to_owned()))).unwrap();
        }
        dir
    };
    drop(make("a-failed", Some((Progress::Failed, "loss is NaN in epoch 3, step 41"))));
    drop(make("b-stopped", Some((Progress::Interrupted, "SIGTERM"))));
    drop(make("c-killed", None));
    let working = make("d-running", None);
    let tampered = testing::sealed_run(root.path(), &testing::name("exp", "e-tampered", 0, None), 0.5, None);
    let text = fs::read_to_string(tampered.join("evaluation.json")).unwrap();
    fs::write(tampered.join("evaluation.json"), text.replace("0.5", "0.9")).unwrap();
    let damaged = make("f-damaged", None);
    fs::write(damaged.file(FileName::Config), "= what").unwrap();
    let path = damaged.path().to_path_buf();
    drop(damaged);

    let all = runs(root.path()).unwrap();
    let words: Vec<&str> = all.iter().map(|r| r.state.word()).collect();
    assert_eq!(words, ["failed", "interrupted", "interrupted", "running", "TAMPERED", "damaged"]);
    assert_eq!(all[0].state.why(), "loss is NaN in epoch 3, step 41");
    assert_eq!(all[2].state.why(), "its process is gone");
    assert_eq!(all[4].state.why(), "evaluation.json: its contents have changed");
    assert!(all.iter().all(|r| !r.has_result() && r.evaluation.is_none()));
    assert_eq!(all[5].dir, path);
    drop(working);
}

#[test]
fn a_folder_that_is_no_run_is_passed_over() {
    let root = shelf();
    fs::create_dir_all(root.path().join("exp/notes")).unwrap();
    fs::create_dir_all(root.path().join("exp/2d-s1-00000000")).unwrap();
    fs::write(root.path().join("readme"), "x").unwrap();
    assert_eq!(runs(root.path()).unwrap().len(), 4);
}

#[test]
fn a_thousand_runs_are_read_at_once() {
    let root = tempfile::tempdir().unwrap();
    let first = testing::sealed_run(root.path(), &testing::name("sweep", "2d", 0, None), 0.5, None);
    for seed in 1..1000 {
        testing::copy_run(&first, root.path(), &testing::name("sweep", "2d", seed, None));
    }
    let read = runs(root.path()).unwrap();
    assert_eq!(read.len(), 1000);
    assert!(read.windows(2).all(|w| w[0].name < w[1].name));
    assert_eq!(find(root.path(), read[500].name.id.as_str()).unwrap().len(), 1);
}

#[test]
fn names_that_are_hex_digits_mean_the_variant_and_the_names_that_are_printed_mean_their_run() {
    let root = tempfile::tempdir().unwrap();
    let mut ids = Vec::new();
    for (experiment, variant, seed, fold) in [
        ("exp", "a", 0, Some(1)),
        ("exp", "a", 1, Some(1)),
        ("exp", "b", 0, None),
        ("beef", "1d", 0, None),
        ("other", "a", 0, Some(1)),
    ] {
        let name = testing::name(experiment, variant, seed, fold);
        testing::sealed_run(root.path(), &name, 0.5, None);
        ids.push(name.id.as_str().to_owned());
    }
    let found = |selector: &str| find(root.path(), selector).map(|runs| folders(&runs)).unwrap_or_default();
    let variants = |selector: &str| -> Vec<String> {
        found(selector).iter().map(|name| name.rsplit_once('-').unwrap().0.to_owned()).collect()
    };
    assert_eq!(variants("a"), ["exp/a-s0-f1", "exp/a-s1-f1", "other/a-s0-f1"]);
    assert_eq!(variants("exp/a"), ["exp/a-s0-f1", "exp/a-s1-f1"]);
    assert_eq!(variants("1d"), ["beef/1d-s0"]);
    assert_eq!(variants("beef"), ["beef/1d-s0"], "an experiment before the digits of an id");
    assert_eq!(variants("exp/a-s0-f1"), ["exp/a-s0-f1"]);
    assert_eq!(variants("b-s0"), ["exp/b-s0"]);
    for id in &ids {
        assert_eq!(found(&id[..6]).len(), 1, "{id}");
        assert_eq!(found(&id[..3]), Vec::<String>::new(), "{id}: three digits are too few");
    }
    let several = find_one(root.path(), "a-s0-f1").unwrap_err().to_string();
    assert!(
        several.starts_with("`a-s0-f1` means 2 runs: exp/a-s0-f1-") && several.contains("other/a-s0-f1-"),
        "{several}"
    );
}
