//! `verify` and `diff` through the real binary: a sound run is reproduced, a sabotaged one is not, and the reason is named.
//!
//! Most saboteurs here are careful: they write the new hash of what they changed into the seal as well, so that only running
//! again can tell.

mod common;

use common::{Ended, Folder, LEARNS, serlab};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A corpus of files, so that one of them can be changed, and a run on it.
const SPEC: &str = r#"
[corpus.manifest]
path = "clips/manifest.csv"

[split.speakers]
test = 0.3
validation = 0.2

[train]
epochs = 3
batch_size = 16
early_stopping = "none"

[variants.1d]
features = [{ zcr = {} }, { energy = {} }]
model.cnn-1d = { channels = [4, 8], head = [8] }
"#;

struct Made {
    folder: Folder,
    run: PathBuf,
}

/// A sealed run of a small corpus of files.
fn made() -> Made {
    let folder = Folder::new();
    let (_, run) = folder.trained_on_clips(SPEC);
    Made { folder, run }
}

impl Made {
    fn verify(&self, more: &[&str]) -> Ended {
        serlab(&self.folder).arg("verify").arg(&self.run).args(more).run()
    }

    /// Replaces the first `from` by `to` in a file of the run and, like a careful saboteur, seals it anew.
    fn forge(&self, file: &str, from: &str, to: &str) {
        let path = self.run.join(file);
        let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        assert!(text.contains(from), "{file} has no {from}: {text}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        self.reseal(file);
    }

    fn reseal(&self, file: &str) {
        let hash: String =
            Sha256::digest(std::fs::read(self.run.join(file)).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
        for holder in ["seal.json", "status.json"] {
            let path = self.run.join(holder);
            let mut value: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            if value["files"].get(file).is_some() {
                value["files"][file] = hash.clone().into();
                std::fs::write(&path, serde_json::to_vec_pretty(&value).unwrap()).unwrap();
            }
        }
        assert_eq!(self.verify(&["--quick"]).code, 0, "the forgery is not seen by the seal");
    }
}

/// An entry of the cache of features: the first file two levels down.
fn cache_entry(cache: &Path) -> PathBuf {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        found.sort();
        found
    };
    let folders = below(cache).into_iter().filter(|p| p.is_dir() && p.file_name().unwrap().len() == 2);
    folders.flat_map(|folder| below(&folder)).next().expect("the run has filled the cache")
}

/// The line after the header of a table in which `column` has been changed, as (before, after).
fn changed_cell(path: &Path, line: usize, column: usize, to: &str) -> (String, String) {
    let text = std::fs::read_to_string(path).unwrap();
    let before = text.lines().nth(line).unwrap().to_owned();
    let mut cells: Vec<&str> = before.split(',').collect();
    cells[column] = to;
    (before.clone(), cells.join(","))
}

#[test]
fn an_untouched_run_is_reproduced_with_any_number_of_threads_and_by_a_copied_program() {
    let made = made();
    for threads in ["1", "3"] {
        let again = serlab(&made.folder).env("RAYON_NUM_THREADS", threads).arg("verify").arg(&made.run).run();
        assert_eq!(again.code, 0, "{}", again.all());
        assert!(again.out.contains("REPRODUCED, every byte"), "{}", again.out);
        assert!(again.out.contains(&format!("is {threads}")), "the threads are named: {}", again.out);
    }
    // Another binary: the same program with something behind its end.
    let other = made.folder.path().join("serlab-other");
    let mut bytes = std::fs::read(env!("CARGO_BIN_EXE_serlab")).unwrap();
    bytes.extend(b"more");
    std::fs::write(&other, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o755)).unwrap();
        let output = std::process::Command::new(&other)
            .current_dir(made.folder.path())
            .arg("verify")
            .arg(&made.run)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("made by another build of serlab"), "{said}");
    }
}

#[test]
fn all_that_helps_a_network_learn_is_reproduced_with_any_number_of_threads() {
    let folder = Folder::new();
    let spec = folder.write("learns.toml", LEARNS);
    assert_eq!(serlab(&folder).arg("run").arg(&spec).run().code, 0);
    let run = folder.runs().remove(0);
    let input: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("input.json")).unwrap()).unwrap();
    assert_eq!((&input["place"], &input["views"]["crops"]), (&"centre".into(), &2.into()), "as test rows lie");
    for threads in ["1", "3"] {
        let again = serlab(&folder).env("RAYON_NUM_THREADS", threads).arg("verify").arg(&run).run();
        assert!(again.code == 0 && again.out.contains("REPRODUCED, every byte"), "{}", again.all());
    }
    // One view of the same network answers otherwise; what was trained is the same.
    let spec =
        folder.write("plain.toml", &LEARNS.lines().filter(|l| !l.starts_with("views")).collect::<Vec<_>>().join("\n"));
    assert_eq!(serlab(&folder).arg("run").arg(&spec).run().code, 0);
    let plain = folder.runs().into_iter().find(|other| *other != run).unwrap();
    let read = |run: &Path, file: &str| std::fs::read(run.join(file)).unwrap();
    assert_eq!(read(&plain, "epochs.csv"), read(&run, "epochs.csv"));
    assert_ne!(read(&plain, "predictions.csv"), read(&run, "predictions.csv"));
}

#[test]
fn a_changed_clip_is_named() {
    let made = made();
    let clip = made.folder.find("clips", "wav");
    let mut bytes = std::fs::read(&clip).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&clip, &bytes).unwrap();
    let said = made.verify(&[]);
    let name = clip.file_name().unwrap().to_str().unwrap();
    assert!(said.code == 1 && said.out.contains("first in the corpus") && said.out.contains(name), "{}", said.all());
    assert!(said.out.contains("has other bytes"), "{}", said.out);
    assert_eq!(made.verify(&["--quick"]).code, 0, "the run itself was not touched");
    std::fs::remove_file(&clip).unwrap();
    assert_eq!(made.verify(&[]).code, 3, "a clip that is gone is missing data");
}

#[test]
fn a_flipped_byte_of_weights_predictions_or_settings_is_named_by_its_file() {
    for file in ["model.safetensors", "predictions.csv", "config.toml", "provenance.json", "steps.csv"] {
        let made = made();
        let path = made.run.join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        for how in [&["--quick"][..], &[]] {
            let said = made.verify(how);
            assert!(said.code == 1 && said.out.contains("TAMPERED") && said.out.contains(file), "{}", said.all());
        }
        assert!(serlab(&made.folder).arg("list").run().out.contains("TAMPERED"));
    }
}

#[test]
fn a_run_of_forged_features_is_found_with_the_clip() {
    let made = made();
    // Somebody changed one value of one entry in the cache, checksum included, before the run was made.
    let entry = cache_entry(&made.folder.path().join(".cache/serlab"));
    let mut bytes = std::fs::read(&entry).unwrap();
    let content = bytes.len() - 32;
    bytes[content - 4] ^= 1;
    let checksum = blake3::hash(&bytes[..content]);
    bytes[content..].copy_from_slice(checksum.as_bytes());
    std::fs::write(&entry, &bytes).unwrap();
    std::fs::remove_dir_all(&made.run).unwrap();
    let ran = serlab(&made.folder).args(["run", "small.toml"]).run();
    assert_eq!(ran.code, 0, "{}", ran.all());
    let said = made.verify(&[]);
    assert!(
        said.code == 1 && said.out.contains("first in the features") && said.out.contains(".wav"),
        "{}",
        said.all()
    );

    // Without a right checksum the entry is not believed in the first place.
    bytes[content - 4] ^= 1;
    std::fs::write(&entry, &bytes).unwrap();
    std::fs::remove_dir_all(&made.run).unwrap();
    assert_eq!(serlab(&made.folder).args(["run", "small.toml"]).run().code, 0);
    assert_eq!(made.verify(&[]).code, 0);
}

#[test]
fn forged_settings_give_another_run() {
    for (from, to) in [("seed = 0", "seed = 1"), ("batch_size = 16", "batch_size = 8")] {
        let made = made();
        made.forge("config.toml", from, to);
        let said = made.verify(&[]);
        assert!(said.code != 0 && said.all().contains("the question"), "{from}: {}", said.all());
    }
}

#[test]
fn forged_results_are_found_at_the_first_stage_that_differs() {
    let made = made();
    let keep: Vec<(String, Vec<u8>)> = ["seal.json", "status.json"]
        .map(|file| (file.to_owned(), std::fs::read(made.run.join(file)).unwrap()))
        .to_vec();
    let cell = |file: &str, line, column, to: &str| changed_cell(&made.run.join(file), line, column, to);
    let weights: serde_json::Value =
        serde_json::from_slice(&std::fs::read(made.run.join("stages.json")).unwrap()).unwrap();
    let initial = weights["initial_weights"].as_str().unwrap().to_owned();
    let cases = [
        ("split.csv", cell("split.csv", 1, 4, "test"), "the split"),
        ("inputs.csv", cell("inputs.csv", 1, 2, "00"), "the features"),
        ("stages.json", (initial.clone(), initial.replacen(&initial[..4], "0000", 1)), "the initial weights"),
        ("steps.csv", cell("steps.csv", 3, 2, "1.25"), "training: epoch 1, step 3"),
        ("epochs.csv", cell("epochs.csv", 2, 8, "0.5"), "training: epoch 2: validation_accuracy"),
        ("predictions.csv", cell("predictions.csv", 1, 5, "0.125"), "the predictions"),
        ("evaluation.json", ("\"n\": ".to_owned(), "\"n\": 1".to_owned()), "the evaluation"),
        ("plots/curves.svg", ("<svg".to_owned(), "<svg ".to_owned()), "the plots: plots/curves.svg"),
    ];
    for (file, (from, to), stage) in cases {
        let before = std::fs::read(made.run.join(file)).unwrap();
        made.forge(file, &from, &to);
        let said = made.verify(&[]);
        assert!(said.code == 1 && said.out.contains(&format!("first in {stage}")), "{file}: {}", said.all());
        std::fs::write(made.run.join(file), before).unwrap();
        keep.iter().for_each(|(file, bytes)| std::fs::write(made.run.join(file), bytes).unwrap());
    }
    let model = made.run.join("model.safetensors");
    let mut bytes = std::fs::read(&model).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&model, bytes).unwrap();
    made.reseal("model.safetensors");
    let said = made.verify(&[]);
    assert!(said.code == 1 && said.out.contains("first in the weights"), "{}", said.all());
}

#[test]
fn a_moved_corpus_is_the_same_run_and_can_be_verified() {
    let made = made();
    let seal = std::fs::read(made.run.join("seal.json")).unwrap();
    std::fs::rename(made.folder.path().join("clips"), made.folder.path().join("elsewhere")).unwrap();
    let lost = made.verify(&[]);
    assert!(lost.code == 3 && lost.err.contains("--set corpus.manifest.path=PLACE says where"), "{}", lost.all());
    let list = made.folder.find("elsewhere", "csv");
    let set = format!("corpus.manifest.path={}", list.strip_prefix(made.folder.path()).unwrap().display());
    let found = made.verify(&["--set", &set]);
    assert_eq!(found.code, 0, "{}", found.all());
    let other = made.verify(&["--set", &set, "--set", "train.epochs=9"]);
    assert!(other.code == 2 && !other.all().contains("DIFFERS"), "{}", other.all());
    let said = "--set train.epochs=9: `train.epochs` says something else than where files are now";
    assert!(other.err.contains(said) && other.err.contains("allowed: corpus.manifest.path,"), "{}", other.all());
    let unread = made.verify(&["--set", &set, "--set", "train.epoch=9"]);
    assert!(unread.code == 2 && !unread.err.contains("the record's settings cannot be read"), "{}", unread.all());

    // Under another path, with a comment and in another folder, the same question has the same seal.
    let spec = std::fs::read_to_string(made.folder.path().join("small.toml")).unwrap();
    made.folder.write("small.toml", &format!("# the same\n{spec}").replace("clips/", "elsewhere/"));
    let again = serlab(&made.folder).args(["run", "small.toml", "--runs", "others"]).run();
    assert_eq!(again.code, 0, "{}", again.all());
    let run = made.folder.path().join("others").join(made.run.strip_prefix(made.folder.path().join("runs")).unwrap());
    assert_eq!(std::fs::read(run.join("seal.json")).unwrap(), seal);
}

#[test]
fn diff_explains_why_two_runs_differ() {
    let made = made();
    let other = serlab(&made.folder).args(["run", "small.toml", "--set", "train.batch_size=8"]).run();
    assert_eq!(other.code, 0, "{}", other.all());
    let runs = made.folder.runs();
    let said = serlab(&made.folder).arg("diff").args(&runs).run();
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(
        said.out.contains("train.batch_size") && said.out.contains("first in training: epoch 1, step 1"),
        "{}",
        said.out
    );
    let same = serlab(&made.folder).arg("diff").arg(&runs[0]).arg(&runs[0]).run();
    assert!(same.out.contains("results: the same, byte for byte"), "{}", same.out);
}
