use super::*;
use crate::record::testing;
use std::path::PathBuf;

fn sealed() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = testing::sealed_run(root.path(), &testing::name("exp", "2d", 0, None), 0.6, None);
    (root, path)
}

/// Changes a sealed run and answers which files are then reported.
fn reported(change: impl Fn(&Path)) -> Vec<String> {
    let (_root, path) = sealed();
    assert_eq!(verify_seal(&path, Depth::All).unwrap(), Verdict::Sealed);
    change(&path);
    match verify_seal(&path, Depth::All).unwrap() {
        Verdict::Tampered(files) => files.into_iter().map(|t| format!("{}: {}", t.file, t.why)).collect(),
        other => vec![format!("{other:?}")],
    }
}

#[test]
fn a_flipped_byte_in_any_result_file_is_named() {
    let (_root, path) = sealed();
    let seal = Seal::read(&path).unwrap().unwrap();
    for file in seal.files.keys() {
        let said = reported(|path| {
            let mut bytes = fs::read(path.join(file)).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(path.join(file), bytes).unwrap();
        });
        assert_eq!(said, [format!("{file}: its contents have changed")]);
    }
}

#[test]
fn missing_added_and_replaced_files_are_named() {
    let said = reported(|path| {
        fs::remove_file(path.join("split.csv")).unwrap();
        fs::write(path.join("model.safetensors"), "x").unwrap();
        fs::write(path.join("plots/extra.svg"), "x").unwrap();
        fs::remove_file(path.join("epochs.csv")).unwrap();
        fs::create_dir(path.join("epochs.csv")).unwrap();
    });
    let expected = [
        "epochs.csv: it is not a file any more",
        "model.safetensors: it was added after sealing",
        "plots/extra.svg: it was added after sealing",
        "split.csv: it is missing",
    ];
    assert_eq!(said, expected);
}

#[test]
fn files_that_tell_how_it_went_are_free_to_change() {
    let said = reported(|path| {
        for file in ["timing.csv", "log.jsonl", "notes.txt", "plots/.DS_Store"] {
            fs::write(path.join(file), "changed").unwrap();
        }
    });
    assert_eq!(said, ["Sealed"]);
}

#[test]
fn files_that_say_what_was_asked_may_not_change_either() {
    for file in ["spec.toml", "config.toml"] {
        let said = reported(|path| fs::write(path.join(file), "changed = true").unwrap());
        assert_eq!(said, [format!("{file}: its contents have changed")]);
    }
    assert_eq!(reported(|path| fs::remove_file(path.join("config.toml")).unwrap()), ["config.toml: it is missing"]);
    assert_eq!(reported(|path| fs::remove_file(path.join("status.json")).unwrap()), ["status.json: it is missing"]);
    let said = reported(|path| fs::write(path.join("status.json"), "{").unwrap());
    assert!(said[0].starts_with("status.json: EOF"), "{said:?}");
    let without = |path: &Path| {
        let text = fs::read_to_string(path.join("status.json")).unwrap();
        let mut status: serde_json::Value = serde_json::from_str(&text).unwrap();
        status["files"] = serde_json::json!({});
        fs::write(path.join("status.json"), status.to_string()).unwrap();
    };
    assert_eq!(reported(without), ["status.json: it lacks the hash of spec.toml"]);
}

#[test]
fn a_damaged_foreign_or_removed_seal_is_told_apart() {
    assert_eq!(reported(|path| fs::remove_file(path.join("seal.json")).unwrap()), ["Unsealed"]);
    let said = reported(|path| fs::write(path.join("seal.json"), "{").unwrap());
    assert!(said[0].starts_with("seal.json: EOF"), "{said:?}");
    let other = |path: &Path| {
        let text = fs::read_to_string(path.join("seal.json")).unwrap();
        let run = Seal::read(path).unwrap().unwrap().run;
        fs::write(path.join("seal.json"), text.replace(&run, &"0".repeat(64))).unwrap();
    };
    assert_eq!(reported(other), ["seal.json: it belongs to another run"]);
    let newer = |path: &Path| {
        let text = fs::read_to_string(path.join("seal.json")).unwrap();
        fs::write(path.join("seal.json"), text.replace("\"version\": 1", "\"version\": 2")).unwrap();
    };
    assert!(reported(newer)[0].contains("version 2"));
}

#[test]
fn a_seal_cannot_point_outside_the_run() {
    for file in ["../x", "/etc/passwd", "plots/../../x", "plots/", "checkpoint/x", "status.json"] {
        assert!(!is_result_path(file), "{file}");
    }
    assert!(is_result_path("plots/confusion.svg"));
}

#[test]
fn lists_hash_only_what_they_show() {
    let (_root, path) = sealed();
    fs::write(path.join("predictions.csv"), "x").unwrap();
    assert_eq!(verify_seal(&path, Depth::Figures).unwrap(), Verdict::Sealed);
    fs::write(path.join("evaluation.json"), "x").unwrap();
    assert!(matches!(verify_seal(&path, Depth::Figures).unwrap(), Verdict::Tampered(_)));
}

#[test]
fn hashes_are_sha256() {
    assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
