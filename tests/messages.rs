//! What people are told when something is wrong: exit code and exact texts, with the place where it is written and the way out.

mod common;
#[path = "messages/misfits.rs"]
mod misfits;

use common::{Folder, SMALL, serlab};
use insta::assert_snapshot;

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
    assert_snapshot!(check.shown(), @r#"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    wrong.toml:2:1: seed: unknown key; allowed: extends, name, question, seeds, variants, grid, ablate, published, corpus, clips, audio, split, audit, fit, features, stack, length, scale, augment, model, train, views; did you mean `seeds`?
    wrong.toml:5:1: corpus.synth.speakrs: unknown key; allowed: speakers, sentences, repetitions, labels, sample_rate_hz, seconds, expressiveness, variation, snr_db, seed; did you mean `speakers`?
    wrong.toml:8:1: train.epochs: 0 is out of range; allowed: from 1 to 100000
    wrong.toml:9:11: train.optimizer.adamm: unknown optimizer `adamm`; allowed: adam, adamw, sgd, rmsprop; did you mean `adam`?
    wrong.toml:12:29: features[1].enrgy: unknown feature `enrgy`; allowed: zcr, energy, rms, mel, log-mel, mfcc, spectral-centroid, spectral-bandwidth, spectral-rolloff, spectral-flatness, spectral-contrast, chroma, f0, external; did you mean `energy`?
    wrong.toml:13:18: model.cnn-1d.dropout: invalid type: string "half"; allowed: a number, from 0 to 0.95
    "#);
    let run = serlab(&folder).arg("run").arg(&spec).run();
    assert_eq!(run.shown(), check.shown(), "run says the same and does nothing");
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn a_missing_corpus_features_and_model_are_named_with_a_way_out() {
    let folder = Folder::new();
    let spec = folder.write("empty.toml", "seeds = [0]\n");
    assert_snapshot!(serlab(&folder).arg("check").arg(&spec).run().shown(), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    empty.toml: corpus: is missing; name one, such as [corpus.crema-d] (`serlab kinds corpus` lists them)
    empty.toml: features: is missing; name at least one: features = [{ zcr = {} }] (`serlab kinds features` lists them)
    empty.toml: model: is missing; name one, such as [model.cnn-1d] (`serlab kinds model` lists them)
    ");
}

#[test]
fn a_2d_network_on_one_dimensional_features_is_found_before_training() {
    let folder = Folder::new();
    let spec = folder.write("flat.toml", &SMALL.replace("log-mel = { n_mels = 16, n_fft = 1024 }", "zcr = {}"));
    assert_snapshot!(serlab(&folder).arg("check").arg(&spec).run().shown(), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    flat.toml: variant 2d: model.cnn-2d: a 2D network convolves over bins and frames, but this input has 1 bin a channel: use cnn-1d, or a feature with bins such as log-mel (set at flat.toml:22:7)
    ");
}

#[test]
fn a_label_without_clips_is_one_mistake_with_one_exit_code_whatever_the_command() {
    let folder = Folder::new();
    let spec = folder.write("label.toml", &format!("{SMALL}\n[clips]\nkeep = [\"angri\", \"sad\"]\n"));
    assert_snapshot!(serlab(&folder).arg("check").arg(&spec).run().shown(), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    label.toml: the selection of clips does not fit the corpus
      clips.keep: no clip has the label `angri`; did you mean `angry`? there are angry, disgust, fearful, happy, neutral, sad
    ");
    for verb in ["plan", "run", "audit"] {
        assert_eq!(serlab(&folder).arg(verb).arg(&spec).run().code, 2, "{verb}");
    }
}

#[test]
fn a_speaker_whom_nobody_is_is_one_mistake_with_one_exit_code_whatever_the_command() {
    let folder = Folder::new();
    let named = SMALL.replace("test = 0.3", "test_speakers = [\"s1\"]");
    let spec = folder.write("speaker.toml", &named);
    let check = serlab(&folder).arg("check").arg(&spec).run();
    assert_snapshot!(check.shown(), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    speaker.toml: variant 1d: split.speakers.test_speakers: unknown speaker `s1`; the corpus has 6 speakers: s001, s002, s003, s004, s005, s006
    ");
    for verb in ["plan", "audit", "run"] {
        assert_eq!(serlab(&folder).arg(verb).arg(&spec).run().code, check.code, "{verb}");
    }
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
    assert_snapshot!(why.shown(), @r"
    exit code: 0
    ----- stdout -----
    1d: train.batch_size = 16  from base.toml:14:1
    2d: train.batch_size = 16  from base.toml:14:1
    ----- stderr -----
    ");
}

#[test]
fn options_and_environment_win_over_the_spec_and_say_so() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    let why = |command: common::Serlab, more: &[&str]| {
        command.arg("plan").arg(&spec).args(["--why", "train.epochs"]).args(more).run().shown()
    };
    let environment = || serlab(&folder).env("SERLAB_TRAIN__EPOCHS", "7");
    assert_snapshot!(why(serlab(&folder), &[]), @r"
    exit code: 0
    ----- stdout -----
    1d: train.epochs = 2  from small.toml:13:1
    2d: train.epochs = 2  from small.toml:13:1
    ----- stderr -----
    ");
    assert_snapshot!(why(environment(), &[]), @r"
    exit code: 0
    ----- stdout -----
    1d: train.epochs = 7  from environment variable SERLAB_TRAIN__EPOCHS
    2d: train.epochs = 7  from environment variable SERLAB_TRAIN__EPOCHS
    ----- stderr -----
    ");
    assert_snapshot!(why(environment(), &["--set", "train.epochs=9"]), @r"
    exit code: 0
    ----- stdout -----
    1d: train.epochs = 9  from --set train.epochs=9
    2d: train.epochs = 9  from --set train.epochs=9
    ----- stderr -----
    ");
    let wrong = serlab(&folder).arg("plan").arg(&spec).args(["--set", "train.epoch=9"]).run();
    assert_snapshot!(wrong.shown(), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    --set train.epoch=9: train.epoch: unknown key; allowed: epochs, batch_size, optimizer, schedule, loss, class_weights, early_stopping, select, restore_best, gradient_clip, average, measure_training, shuffle, drop_last; did you mean `epochs`?
    ");
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
    assert_snapshot!(serlab(&folder).arg("check").arg(&spec).run().shown(), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    nothing.toml:25:9: ablate.2d.drop[0]: `model.batchnorm` cannot be left out: there is no such key or list entry
    ");
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
fn states_stand_below_each_other_however_long_the_names_are() {
    let folder = Folder::new();
    let long = SMALL.replace("[variants.1d]", "[variants.one-dimensional-convolutions-of-two-narrow-layers]");
    let spec = folder.write("long.toml", &long);
    assert_snapshot!(serlab(&folder).arg("plan").arg(&spec).run().shown(), @r"
    exit code: 0
    ----- stdout -----
    long: 4 runs

    one-dimensional-convolutions-of-two-narrow-layers: cnn-1d on zcr + energy
      rows train / validation / test: 72 / 24 / 48 (seed 0), speakers 3 / 1 / 2, 6 classes
      length: percentile 95 of the training clips; up to 5 % of them are cropped, `run` and `show` tell how many (length.percentile = 100 crops none of them)
      2 networks (2 seeds), tested on 2 of 6 speakers, one split for all seeds: tells recipes apart, but with 2 networks a side (fewer than 3) and 2 speakers (fewer than 9) no level can be held: more seeds give more networks, and the corpus has 6 speakers only
      one-dimensional-convolutions-of-two-narrow-layers-s0-xxxxxxxx to do
      one-dimensional-convolutions-of-two-narrow-layers-s1-xxxxxxxx to do

    2d: cnn-2d on log-mel
      rows train / validation / test: 72 / 24 / 48 (seed 0), speakers 3 / 1 / 2, 6 classes
      length: percentile 95 of the training clips; up to 5 % of them are cropped, `run` and `show` tell how many (length.percentile = 100 crops none of them)
      2 networks (2 seeds), tested on 2 of 6 speakers, one split for all seeds: tells recipes apart, but with 2 networks a side (fewer than 3) and 2 speakers (fewer than 9) no level can be held: more seeds give more networks, and the corpus has 6 speakers only
      2d-s0-xxxxxxxx                                                to do
      2d-s1-xxxxxxxx                                                to do

    0 done, 4 to do. Next: serlab run long.toml
    ----- stderr -----
    ");
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
    folder.synthesize("clips", &["speakers=6", "repetitions=1"]);
    let mut clips: Vec<_> = std::fs::read_dir(folder.find("clips", "wav").parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "wav"))
        .collect();
    clips.sort();
    std::fs::write(&clips[0], "no audio").unwrap();
    std::fs::write(&clips[1], "").unwrap();
    let manifest = "[corpus.manifest]\npath = \"clips/manifest.csv\"";
    let spec = folder.write("small.toml", &SMALL.replace("[corpus.synth]\nspeakers = 6\nrepetitions = 1", manifest));
    let refused = serlab(&folder).arg("run").arg(&spec).args(["--only", "1d-s0"]).run();
    assert_snapshot!(refused.shown(), @r#"
    exit code: 3
    ----- stdout -----

    ----- stderr -----
    small: 1 run, 0 done, 1 to do, on cpu (burn flex)
    1d-s0: FAILED: 2 of 144 clips cannot be used:
      clips/s006/s006_t01_angry_1.wav: is text, not audio (a failed download?); fetch the file again or take it out of the corpus
      clips/s006/s006_t01_disgust_1.wav: holds no audio sample; fetch the file again or take it out of the corpus
    Repair or remove them, or set clips.broken = "leave-out" to go on without them (they are counted in every result).
    1 of 1 run failed; mend the cause and give the same command again: only what failed is retried
    "#);
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
