//! What a run's network was fed: told by `plan`, `run` and `show`, written down in `input.json`, and enough to use the weights
//! without serlab.

mod common;

use common::{Folder, SMALL, serlab, skipped};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A small network of statistics on clips that are files.
const MLP: &str = r#"
[corpus.manifest]
path = "clips/manifest.csv"

[split.speakers]
test = 0.3
validation = 0.2

[train]
epochs = 3
batch_size = 16

[variants.mlp]
features = [{ zcr = {} }, { energy = { log = true } }]
model.mlp = { hidden = [16, 8] }
"#;

/// A Python with numpy: that of `PYTHON_WITH_NUMPY`, or python3.
fn python() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "where a Python with numpy is, only the environment can say")]
    let name = std::env::var("PYTHON_WITH_NUMPY").unwrap_or_else(|_| "python3".to_owned());
    let tried = Command::new(&name).args(["-c", "import numpy, tomllib"]).output();
    tried.is_ok_and(|tried| tried.status.success()).then_some(name)
}

/// The probabilities of a table, by the column `clip`.
fn probabilities(csv: &str) -> BTreeMap<String, Vec<f64>> {
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    let heads = table.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        let cells = heads.iter().zip(&row).filter(|(head, _)| head.starts_with("p_"));
        (row[0].to_owned(), cells.map(|(_, cell)| cell.parse().unwrap()).collect())
    };
    table.records().map(|r| row(r.unwrap())).collect()
}

#[test]
fn the_files_of_a_run_are_enough_to_have_its_probabilities_again() {
    let Some(python) = python() else {
        skipped("no Python 3.11 with numpy; PYTHON_WITH_NUMPY can name one");
        return;
    };
    let folder = Folder::new();
    let (_, run) = folder.trained_on_clips(MLP);
    let recorded = probabilities(&std::fs::read_to_string(run.join("predictions.csv")).unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/rebuild.py");
    let clips = folder.path().join("clips");
    let rebuilt =
        Command::new(python).arg(script).arg(&run).args(recorded.keys()).current_dir(&clips).output().unwrap();
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    let rebuilt = probabilities(&String::from_utf8(rebuilt.stdout).unwrap());
    assert!(recorded.len() > 10 && rebuilt.len() == recorded.len());
    for (clip, expected) in &recorded {
        assert!(expected.len() > 1 && rebuilt[clip].len() == expected.len());
        for (found, expected) in rebuilt[clip].iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-5, "{clip}: {found} instead of {expected}");
        }
    }
}

#[test]
fn the_input_is_sealed_and_the_same_again_and_cropped_clips_are_told() {
    let folder = Folder::new();
    let (ran, run) = folder.trained_on_clips(MLP);
    let planned = serlab(&folder).args(["plan", "small.toml"]).run();
    assert!(
        planned.out.contains("length: percentile 95 of the training clips; up to 5 % of them are cropped"),
        "{}",
        planned.out
    );
    let why = serlab(&folder).args(["plan", "small.toml", "--why", "length.percentile"]).run();
    assert!(why.out.contains("length.percentile = 95.0  the default"), "{}", why.all());
    let explained = serlab(&folder).args(["explain", "length"]).run();
    assert!(explained.out.contains("percentile = 95"), "{}", explained.out);

    let read = |file: &str| std::fs::read_to_string(run.join(file)).unwrap();
    assert!(read("seal.json").contains("\"input.json\"") && read("config.toml").contains("percentile = 95"));
    let input: serde_json::Value = serde_json::from_str(&read("input.json")).unwrap();
    let (length, shape) = (&input["length"], &input["shape"]);
    assert_eq!((&input["version"], shape), (&2.into(), &serde_json::json!([2, 1, length["frames"]])));
    assert_eq!(input["scaler"]["offset"].as_array().unwrap().len(), 2);
    let cropped = length["cropped"].as_u64().unwrap();
    assert!(cropped > 0, "the clips of this corpus differ in length");
    let told = format!("{cropped} of {} clips", length["clips"]);
    let shown = serlab(&folder).args(["show", "latest"]).run();
    assert!(ran.err.contains(&told) && shown.out.contains(&told), "{}\n{}", ran.all(), shown.out);

    let verified = serlab(&folder).arg("verify").arg(&run).run();
    assert_eq!(verified.code, 0, "{}", verified.all());
}

#[test]
fn a_run_of_an_older_version_has_no_recorded_input_and_is_listed_shown_and_compared() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    assert_eq!(serlab(&folder).arg("run").arg(&spec).args(["--only", "1d-s*"]).run().code, 0);
    for run in folder.runs() {
        std::fs::remove_file(run.join("input.json")).unwrap();
        let path = run.join("seal.json");
        let mut seal: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(seal["files"].as_object_mut().unwrap().remove("input.json").is_some());
        std::fs::write(path, seal.to_string()).unwrap();
    }
    let listed = serlab(&folder).arg("list").run();
    assert_eq!(listed.out.matches("sealed").count(), 2, "{}", listed.all());
    for args in [["show", "latest"], ["compare", "small"]] {
        let ended = serlab(&folder).args(args).run();
        assert!(ended.code == 0 && ended.out.contains("UAR"), "{}", ended.all());
    }
}

#[test]
fn every_clip_and_every_feature_has_a_file_of_its_own_or_nothing_is_written() {
    let folder = Folder::new();
    folder.synthesize("clips", &["speakers=2"]);
    let clip = folder.find("clips", "wav");
    for speaker in ["DC", "JE"] {
        std::fs::create_dir(folder.path().join(speaker)).unwrap();
        std::fs::copy(&clip, folder.path().join(speaker).join("a01.wav")).unwrap();
    }
    let three = "{ log-mel = {} }, { log-mel = { delta_order = 1 } }, { log-mel = { delta_order = 2 } }";
    let spec = SMALL.replace("{ zcr = {} }, { energy = {} }", three);
    let spec = folder.write("three.toml", &spec);
    let features = |files: &[&str], out: &str| {
        serlab(&folder).arg("features").arg(&spec).args(files).args(["--variant", "1d", "-o", out]).run()
    };
    let ended = features(&["DC/a01.wav", "JE/a01.wav"], "out");
    assert_eq!(ended.code, 0, "{}", ended.all());
    let mut files: Vec<String> = std::fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let clip = |clip: &str| (1..=3).map(|i| format!("{clip}.log-mel-{i}.npy")).collect::<Vec<_>>();
    assert_eq!(files, [clip("DC-a01"), clip("JE-a01")].concat());
    let contents = files[..3].iter().map(|file| std::fs::read(folder.path().join("out").join(file)).unwrap());
    assert_eq!(contents.collect::<std::collections::BTreeSet<_>>().len(), 3, "three features differ");

    let twice = features(&["DC/a01.wav", "./DC/a01.wav"], "nothing");
    assert!(twice.code == 2 && twice.err.contains("./DC/a01.wav is given twice"), "{}", twice.all());
    assert!(!folder.path().join("nothing").exists());
}
