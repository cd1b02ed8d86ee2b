//! What people are told when something is wrong: exact texts, exit code, and where they are written.

mod common;

use common::{Folder, SMALL, serlab};

#[test]
fn six_mistakes_get_six_errors_with_lines_and_suggestions_in_one_go() {
    let folder = Folder::new();
    let spec = folder.write(
        "wrong.toml",
        r#"name = "wrong"
seed = [0, 1]

[corpus.synth]
speakrs = 6

[train]
epochs = 0
optimizer.adamm = {}

[variants.1d]
features = [{ zcr = {} }, { enrgy = {} }]
model.cnn-1d = { dropout = "half" }
"#,
    );
    let check = serlab(&folder).arg("check").arg(&spec).run();
    assert_eq!(check.code, 2);
    assert_eq!(check.out, "");
    let lines: Vec<&str> = check.err.lines().collect();
    assert_eq!(lines.len(), 6, "{}", check.err);
    for (line, starts, says) in [
        (0, "wrong.toml:2:1: seed: unknown key; allowed: ", "did you mean `seeds`?"),
        (1, "wrong.toml:5:1: corpus.synth.speakrs: unknown key; allowed: ", "did you mean `speakers`?"),
        (2, "wrong.toml:8:1: train.epochs: 0 is out of range; allowed: ", "from 1 to"),
        (
            3,
            "wrong.toml:9:11: train.optimizer.adamm: unknown optimizer `adamm`; allowed: adam, ",
            "did you mean `adam`?",
        ),
        (4, "wrong.toml:12:29: features[1].enrgy: unknown feature `enrgy`; allowed: ", "did you mean `energy`?"),
        (5, "wrong.toml:13:18: model.cnn-1d.dropout: invalid type: string \"half\"; allowed: ", "a number"),
    ] {
        assert!(lines[line].starts_with(starts) && lines[line].contains(says), "{}", lines[line]);
    }
    let run = serlab(&folder).arg("run").arg(&spec).run();
    assert_eq!((run.code, run.err), (2, check.err), "run says the same and does nothing");
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn a_missing_corpus_features_and_model_are_named_with_a_way_out() {
    let folder = Folder::new();
    let spec = folder.write("empty.toml", "seeds = [0]\n");
    let check = serlab(&folder).arg("check").arg(&spec).run();
    assert_eq!(check.code, 2);
    for key in
        ["corpus: is missing; name one", "features: is missing; name at least one", "model: is missing; name one"]
    {
        assert!(check.err.contains(key), "{}", check.err);
    }
}

#[test]
fn a_2d_network_on_one_dimensional_features_is_found_before_training() {
    let folder = Folder::new();
    let spec = folder.write("flat.toml", &SMALL.replace("log-mel = { n_mels = 16, n_fft = 1024 }", "zcr = {}"));
    let check = serlab(&folder).arg("check").arg(&spec).run();
    assert!(check.code == 2 && check.err.contains("2d") && check.err.contains("cnn-1d"), "{}", check.all());
}

#[test]
fn a_label_without_clips_is_found_with_the_nearest_one() {
    let folder = Folder::new();
    let spec = folder.write("label.toml", &format!("{SMALL}\n[clips]\nkeep = [\"angri\", \"sad\"]\n"));
    let check = serlab(&folder).arg("check").arg(&spec).run();
    assert!(check.code != 0 && check.err.contains("angri") && check.err.contains("angry"), "{}", check.all());
}

#[test]
fn another_kind_replaces_the_table_of_an_extended_spec() {
    let folder = Folder::new();
    folder.write("base.toml", &format!("{SMALL}\n"));
    let spec =
        folder.write("top.toml", "extends = \"base.toml\"\n[split.k-fold]\nfolds = 3\n[variants.2d]\nmodel.mlp = {}\n");
    let plan = serlab(&folder).arg("plan").arg(&spec).arg("--json").run();
    assert_eq!(plan.code, 0, "{}", plan.all());
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    let runs = plan["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2 * 2 * 3);
    assert!(runs.iter().all(|r| r["setup"]["split"]["k-fold"]["folds"] == 3));
    assert!(runs.iter().filter(|r| r["variant"] == "2d").all(|r| r["setup"]["model"].get("mlp").is_some()));
    let why = serlab(&folder).arg("plan").arg(&spec).args(["--why", "train.batch_size"]).run();
    assert!(why.out.contains("train.batch_size = 16  from base.toml:14:1"), "{}", why.out);
}

#[test]
fn options_and_environment_win_over_the_spec_and_say_so() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    let why = |command: common::Serlab| command.arg("plan").arg(&spec).args(["--why", "train.epochs"]).run().out;
    assert!(why(serlab(&folder)).contains("= 2  from small.toml:13:1"));
    let environment = || serlab(&folder).env("SERLAB_TRAIN__EPOCHS", "7");
    assert!(why(environment()).contains("= 7  from environment variable SERLAB_TRAIN__EPOCHS"));
    let both = environment().arg("plan").arg(&spec).args(["--why", "train.epochs", "--set", "train.epochs=9"]).run();
    assert!(both.out.contains("= 9  from --set train.epochs=9"), "{}", both.out);
    let wrong = serlab(&folder).arg("plan").arg(&spec).args(["--set", "train.epoch=9"]).run();
    assert!(wrong.code == 2 && wrong.err.contains("--set train.epoch=9: train.epoch: unknown key"), "{}", wrong.all());
}

#[test]
fn an_ablation_is_the_whole_variant_and_one_run_without_each_part() {
    let folder = Folder::new();
    let spec = folder.write(
        "ablate.toml",
        &format!(
            "{SMALL}\n[ablate.2d]\ndrop = [\"model.batch_norm\", \"train.early_stopping\", \"model.dropout\"]\n[grid]\n\"train.batch_size\" = [8, 16]\n"
        ),
    );
    let plan = serlab(&folder).arg("plan").arg(&spec).arg("--json").run();
    assert_eq!(plan.code, 0, "{}", plan.all());
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    let mut names: Vec<&str> =
        plan["runs"].as_array().unwrap().iter().map(|r| r["variant"].as_str().unwrap()).collect();
    names.dedup();
    assert_eq!(
        names,
        [
            "1d-batch_size=8",
            "1d-batch_size=16",
            "2d-batch_size=8",
            "2d-batch_size=8-without-model.batch_norm",
            "2d-batch_size=8-without-train.early_stopping",
            "2d-batch_size=8-without-model.dropout",
            "2d-batch_size=16",
            "2d-batch_size=16-without-model.batch_norm",
            "2d-batch_size=16-without-train.early_stopping",
            "2d-batch_size=16-without-model.dropout",
        ]
    );
    let spec = folder.write("nothing.toml", &format!("{SMALL}\n[ablate.2d]\ndrop = [\"model.batchnorm\"]\n"));
    let wrong = serlab(&folder).arg("check").arg(&spec).run();
    assert!(wrong.code == 2 && wrong.err.contains("`model.batchnorm` cannot be left out"), "{}", wrong.all());
}

#[test]
fn names_that_would_leave_the_runs_folder_are_refused_with_line_and_key() {
    let folder = Folder::new();
    let long = "x".repeat(300);
    for name in ["../x", "/x", "a/b", "CON", "", long.as_str(), "nul.txt"] {
        let spec = folder.write("name.toml", &format!("name = {name:?}\n{SMALL}"));
        let run = serlab(&folder).arg("run").arg(&spec).run();
        assert!(run.code == 2 && run.err.contains("name.toml:1:1: name: "), "{name}: {}", run.all());
    }
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn a_device_that_is_not_there_is_one_clear_error() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    let run = serlab(&folder).arg("run").arg(&spec).args(["--device", "cuda"]).run();
    assert_eq!(run.code, 2, "{}", run.all());
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    assert!(run.err.contains("--device cpu"), "{}", run.err);
}

#[test]
fn broken_clips_are_named_all_at_once_or_left_out_and_counted() {
    let folder = Folder::new();
    let made =
        serlab(&folder).args(["corpus", "synth", "-o", "clips", "--set", "speakers=6", "--set", "repetitions=1"]).run();
    assert_eq!(made.code, 0, "{}", made.all());
    let manifest = folder.find("clips", "csv");
    let first = folder.find("clips", "wav");
    let second =
        std::fs::read_dir(first.parent().unwrap()).unwrap().map(|e| e.unwrap().path()).find(|p| *p != first).unwrap();
    std::fs::write(&first, "no audio").unwrap();
    std::fs::write(&second, "").unwrap();
    let manifest = format!("[corpus.manifest]\npath = {:?}", manifest.to_str().unwrap());
    let spec = folder.write("small.toml", &SMALL.replace("[corpus.synth]\nspeakers = 6\nrepetitions = 1", &manifest));
    let refused = serlab(&folder).arg("run").arg(&spec).args(["--only", "1d-s0"]).run();
    assert_eq!(refused.code, 3, "{}", refused.all());
    for path in [&first, &second] {
        assert!(refused.err.contains(path.file_name().unwrap().to_str().unwrap()), "{}", refused.err);
    }
    let left_out = ["--only", "1d-s0", "--set", "clips.broken=leave-out"];
    let run = serlab(&folder).arg("run").arg(&spec).args(left_out).run();
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.err.contains("(2 clips could not be used)"), "{}", run.err);
    assert!(run.out.contains("1d: 2 clips could not be used and are in no figure"), "{}", run.out);
    // The run that was refused lies beside it, without a result.
    let result = folder.runs().into_iter().map(|run| run.join("evaluation.json")).find(|file| file.is_file()).unwrap();
    let evaluation = std::fs::read_to_string(result).unwrap();
    assert!(evaluation.contains("\"left_out\": 2"), "{evaluation}");
}
