//! What fits neither the rows nor the machine is said by `check` and `plan`, not by a run that fails.

use crate::common::{Ended, Folder, SMALL, serlab};
use insta::assert_snapshot;

/// What a command says of [`SMALL`] with the first of each pair replaced by the second.
fn small(verb: &str, changes: &[(&str, &str)]) -> Ended {
    let folder = Folder::new();
    let mut text = SMALL.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    folder.write("small.toml", &text);
    let ended = serlab(&folder).args([verb, "small.toml"]).run();
    assert!(ended.code == 0 || folder.runs().is_empty(), "{}", ended.all());
    ended
}

/// All three commands say the same of a spec; what `check` says, which puts the file's name before each line.
fn said_by_all(changes: &[(&str, &str)]) -> String {
    let [check, plan, run] = ["check", "plan", "run"].map(|verb| small(verb, changes));
    let named: String = plan.err.lines().map(|line| format!("small.toml: {line}\n")).collect();
    assert_eq!((check.code, &check.err), (plan.code, &named));
    assert_eq!(plan.shown(), run.shown());
    check.shown()
}

#[test]
fn early_stopping_without_validation_rows_is_refused_and_the_advice_cures_it() {
    let none = ("validation = 0.2", "validation = 0");
    assert_snapshot!(said_by_all(&[none]), @r#"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    small.toml: variant 1d and 1 more: train.early_stopping: watches validation rows and there are none; give the split a validation part or set `train.early_stopping = "none"`
    "#);
    let advice = ("epochs = 2", "epochs = 2\nearly_stopping = \"none\"");
    assert_eq!(small("run", &[none, advice]).code, 0);
}

#[test]
fn the_advice_for_too_few_speakers_works() {
    let two = [("speakers = 6", "speakers = 2")];
    assert_snapshot!(small("check", &two).shown(), @r#"
    exit code: 3
    ----- stdout -----

    ----- stderr -----
    small.toml: variant 1d: 2 speaker(s), but train, validation and test with speakers of their own need at least 3; set `validation = 0` and `train.early_stopping = "none"`, name fewer fixed speakers, or use `split.clips` (known voices, stamped on every result)
    "#);
    let advice = [("validation = 0.2", "validation = 0"), ("epochs = 2", "epochs = 2\nearly_stopping = \"none\"")];
    let ended = small("run", &[&two[..], &advice].concat());
    assert_eq!(ended.code, 0, "{}", ended.all());
}

#[test]
fn weights_that_are_not_one_a_class_and_batches_that_no_row_fills_are_refused() {
    let changes = [("batch_size = 16", "batch_size = 160\ndrop_last = true\nclass_weights = [1, 2]")];
    assert_snapshot!(said_by_all(&changes), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    small.toml: variant 1d and 1 more: train.drop_last: 72 training rows do not fill one batch of 160, and incomplete ones are left out; lower `train.batch_size` or set `train.drop_last = false` (set at small.toml:15:1)
    small.toml: variant 1d and 1 more: train.class_weights: 2 for 6 classes; give one a class, in the labels' order (set at small.toml:16:1)
    ");
}

#[test]
fn batch_norm_over_a_single_value_is_refused_before_training() {
    let mlp = ("model.cnn-1d = { channels = [4, 8], head = [8] }", "model.mlp = { hidden = [8] }");
    // 72 training rows of 3 speakers: one row more than whole batches of 71.
    assert_snapshot!(said_by_all(&[mlp, ("batch_size = 16", "batch_size = 71")]), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    small.toml: variant 1d: train.batch_size: 72 training rows in batches of 71 leave a last batch of one row; the batch norm `norms.0` has one value a row and channel, and a single value is its own mean: nothing of it is left. Set `train.drop_last = true`, another batch size or `model.mlp.batch_norm = false` (set at small.toml:14:1)
    ");
    assert_snapshot!(said_by_all(&[mlp, ("batch_size = 16", "batch_size = 1")]), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    small.toml: variant 1d: train.batch_size: every batch is one row; the batch norm `norms.0` has one value a row and channel, and a single value is its own mean: nothing of it is left. Set 2 or more, or `model.mlp.batch_norm = false` (set at small.toml:14:1)
    ");
    let ended = small("run", &[mlp, ("batch_size = 16", "batch_size = 71\ndrop_last = true")]);
    assert_eq!(ended.code, 0, "{}", ended.all());
}

#[test]
fn batch_norm_over_a_single_row_is_told() {
    let changes = [("batch_size = 16", "batch_size = 71")];
    assert_snapshot!(small("check", &changes).shown(), @r"
    exit code: 0
    ----- stdout -----
    small.toml: 2 variants, 4 runs, no mistakes
      note: variant 1d and 1 more: train.batch_size: 72 training rows in batches of 71 leave a last batch of one row, from which alone batch norm takes its statistics there; `train.drop_last = true` leaves it out (set at small.toml:14:1)
    ----- stderr -----
    ");
    let [plan, run] = ["plan", "run"].map(|verb| small(verb, &changes));
    assert!(plan.out.contains("note: variant 1d and 1 more: train.batch_size: 72 training rows"), "{}", plan.all());
    assert!(run.code == 0 && run.err.starts_with("note: variant 1d and 1 more: "), "{}", run.all());
}

#[test]
fn a_folder_of_sounds_that_is_missing_is_not_the_fault_of_a_clip() {
    let changes = [("[train]", "[[augment]]\nbackground = { folder = \"nowhere\" }\n\n[train]")];
    assert_snapshot!(small("check", &changes).shown(), @r"
    exit code: 0
    ----- stdout -----
    small.toml: 2 variants, 4 runs, no mistakes; what needs the sounds was not checked (cannot read the folder of sounds nowhere: No such file or directory (os error 2); check `folder`)
    ----- stderr -----
    ");
    let [plan, run] = ["plan", "run"].map(|verb| small(verb, &changes));
    assert_snapshot!(plan.shown(), @r"
    exit code: 3
    ----- stdout -----

    ----- stderr -----
    variant 1d: cannot read the folder of sounds nowhere: No such file or directory (os error 2); check `folder`
    ");
    assert_eq!(plan.shown(), run.shown());
}

#[test]
fn a_value_of_the_grid_that_is_named_twice_is_refused_as_a_seed_is() {
    let grid = |values: &str| {
        let grid = format!("[grid]\n\"train.optimizer.adam.learning_rate\" = [{values}]\n\n[variants.1d]");
        small("check", &[("[variants.1d]", &grid)])
    };
    assert_snapshot!(grid("1e-3, 0.001, 1e-4").shown(), @r#"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    small.toml:17:1: grid."train.optimizer.adam.learning_rate": 0.001 is named twice; the two runs would be the same
    "#);
    assert_eq!(grid("1, 1.0").code, 2);
    assert_eq!(grid("1e-3, 1e-4").code, 0);
}
