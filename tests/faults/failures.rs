//! Runs that fail: the others go on, what failed says why, and no figure is made of it.

use crate::common::{Folder, SMALL, serlab};
use crate::files::{long, results, sealed};
use crate::live::{Live, run_called};
use serde_json::Value;

/// The small spec with one more variant, whose steps are so large that it diverges.
fn diverging() -> String {
    format!(
        "{SMALL}\n[variants.hot]\nfeatures = [{{ zcr = {{}} }}, {{ energy = {{}} }}]\n\
         model.cnn-1d = {{ channels = [4, 8], head = [8] }}\n\
         train.optimizer.adam = {{ learning_rate = 1e38 }}\n"
    )
}

#[test]
fn a_loss_that_is_no_number_fails_the_run_with_epoch_and_step_and_the_others_go_on() {
    let folder = Folder::new();
    folder.write("small.toml", &diverging());
    let run = || serlab(&folder).args(["run", "small.toml", "--jobs", "2"]).run();
    let ended = run();
    assert_eq!(ended.code, 4, "{}", ended.all());
    for label in ["hot-s0", "hot-s1"] {
        let start = format!("{label}: FAILED: ");
        let said = ended.err.lines().find(|l| l.starts_with(&start)).unwrap_or_else(|| panic!("{}", ended.err));
        for part in ["NaN or infinite", "epoch 1, step ", "learning rate"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let status = std::fs::read(run_called(&folder, label).unwrap().join("status.json")).unwrap();
        let status: Value = serde_json::from_slice(&status).unwrap();
        assert_eq!(status["state"], "failed");
        assert!(said.ends_with(status["why"].as_str().unwrap()), "the directory gives the same reason: {status}");
    }
    assert!(ended.err.contains("2 of 6 runs failed"), "{}", ended.err);
    // The four others are what they are without it, and are compared without it.
    assert!(results(&folder) == results(&sealed()), "{}", ended.all());
    assert!(ended.out.contains("Not in these figures"), "{}", ended.out);
    let failed = |l: &&str| l.contains("/hot-s") && l.contains("failed") && l.contains("NaN or infinite");
    assert_eq!(ended.out.lines().filter(failed).count(), 2, "{}", ended.out);

    let again = run();
    assert_eq!(again.code, 4, "{}", again.all());
    assert!(again.err.contains("4 done, 2 to do"), "only what failed is tried again: {}", again.err);
    assert!(!again.err.contains("1d-s0") && !again.err.contains("2d-s1"), "{}", again.err);
}

#[test]
fn once_the_cause_is_mended_only_the_failed_run_is_done_again() {
    let folder = Folder::new();
    folder.write("small.toml", SMALL);
    let plan = serlab(&folder).args(["plan", "small.toml", "--json"]).run();
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let name = plan["runs"].as_array().unwrap().iter().find(|r| r["variant"] == "2d").unwrap()["folder"].clone();
    // Somebody put a file where the run's folder belongs.
    std::fs::create_dir_all(folder.path().join("runs/small")).unwrap();
    let place = folder.path().join("runs/small").join(name.as_str().unwrap());
    std::fs::write(&place, "notes").unwrap();
    let ended = serlab(&folder).args(["run", "small.toml"]).run();
    assert_eq!(ended.code, 4, "{}", ended.all());
    assert!(ended.err.contains("1 of 4 runs failed") && ended.err.contains("2d-s0: FAILED: "), "{}", ended.err);
    assert!(ended.err.contains(&place.file_name().unwrap().to_string_lossy()[..]), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "notes");
    assert_eq!(folder.seals().len(), 3);
    std::fs::remove_file(&place).unwrap();
    let again = serlab(&folder).args(["run", "small.toml"]).run();
    assert!(again.code == 0 && again.err.contains("3 done, 1 to do"), "{}", again.all());
    assert!(results(&folder) == results(&sealed()), "{}", again.all());
}

/// An experiment of which 1d has one sealed and one killed run, and 2d one sealed and one that a process works on.
fn half_done() -> (Folder, Live) {
    let folder = Folder::new();
    folder.write("long.toml", &long(40));
    let only = |label: &str| serlab(&folder).args(["run", "long.toml", "--only", label]);
    for label in ["1d-s0", "2d-s0"] {
        let ended = only(label).run();
        assert_eq!(ended.code, 0, "{}", ended.all());
    }
    let mut life = Live::start(only("1d-s1"));
    life.until_epoch(&folder, "1d-s1", 1);
    life.kill();
    let mut life = Live::start(only("2d-s1"));
    life.until_epoch(&folder, "2d-s1", 1);
    // Held where it is: it neither ends nor gets on while it is looked at.
    life.signal("STOP");
    (folder, life)
}

#[test]
fn unfinished_runs_are_shown_as_such_and_are_in_no_mean() {
    let (folder, _held) = half_done();
    let compared = serlab(&folder).args(["compare", "long", "--format", "json"]).run();
    assert_eq!(compared.code, 0, "{}", compared.all());
    let compared: Value = serde_json::from_str(&compared.out).unwrap();
    let comparison = &compared["comparison"];
    let left_out = &comparison["left_out"];
    let mut states: Vec<&str> = left_out.as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["interrupted", "running"], "{left_out}");
    for variant in comparison["variants"].as_array().unwrap() {
        let label = format!("{}-s0", variant["variant"].as_str().unwrap());
        let evaluation = std::fs::read(run_called(&folder, &label).unwrap().join("evaluation.json")).unwrap();
        let evaluation: Value = serde_json::from_slice(&evaluation).unwrap();
        let of = |f: &&Value| f["metric"] == "accuracy";
        let accuracy = variant["figures"].as_array().unwrap().iter().find(of).unwrap_or_else(|| panic!("{variant}"));
        assert_eq!((&accuracy["values"][1], &variant["left_out"]), (&Value::Null, &1.into()), "one seed: {variant}");
        assert_eq!(accuracy["mean"], evaluation["accuracy"]["value"], "{variant}");
    }
    for format in ["text", "markdown"] {
        let said = serlab(&folder).args(["compare", "long", "--format", format]).run().out;
        assert!(said.contains("Not in these figures"), "{said}");
        for (label, state) in [("1d-s1", "interrupted"), ("2d-s1", "running")] {
            let row = |l: &&str| l.contains(&format!("/{label}-")) && l.contains(state);
            assert_eq!(said.lines().filter(row).count(), 1, "{label}: {said}");
        }
    }
    for label in ["1d-s1", "2d-s1"] {
        let shown = serlab(&folder).arg("show").arg(run_called(&folder, label).unwrap()).run();
        assert!(shown.code == 0 && !shown.out.contains("Confusion"), "{}", shown.all());
    }
}

#[test]
fn an_experiment_without_any_finished_run_is_told_apart_from_one_with_figures() {
    let folder = Folder::new();
    folder.write("long.toml", &long(40));
    let mut life = Live::start(serlab(&folder).args(["run", "long.toml", "--only", "2d-s0"]));
    life.until_epoch(&folder, "2d-s0", 1);
    life.kill();
    let compared = serlab(&folder).args(["compare", "long"]).run();
    assert_ne!(compared.code, 0, "{}", compared.all());
    assert!(compared.err.contains("none of the 1 runs has a result (1 interrupted)"), "{}", compared.err);
    let verified = serlab(&folder).args(["verify", "--quick"]).arg(run_called(&folder, "2d-s0").unwrap()).run();
    assert_eq!(verified.code, 2, "{}", verified.all());
    assert!(verified.err.contains("only sealed runs can be verified"), "{}", verified.err);
}
