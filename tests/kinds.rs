//! Every kind of every room, in a run.

mod common;

use common::{Folder, serlab};
use serlab::spec::tree::{Place, walk};

/// What a kind needs to be told, because it has no default that works everywhere.
fn needs(place: &str, kind: &str) -> &'static str {
    match (place, kind) {
        ("split", "file") => "path = \"split.csv\"",
        ("corpus", "manifest") => "path = \"corpus/manifest.csv\"",
        ("augment[]", "background" | "impulse-response") => "folder = \"corpus\"",
        ("augment[]", "one-of") => "of = [{ gain = {} }]",
        ("augment[]", "some-of") => "of = [{ gain = {} }], count = [1, 1]",
        ("train.schedule", "warm-up") => "epochs = 1",
        ("model", "cnn-1d" | "cnn-2d" | "crnn") => "channels = [4], head = [4]",
        ("model", "resnet-1d") => "channels = [4], strides = [2], head = [4]",
        ("model", "resnet-2d") => "channels = [4], strides = [[2, 2]], head = [4]",
        ("features[]", "external") => "table = \"arrays.csv\"",
        ("features[]", "log-mel" | "mel") => "n_mels = 16, n_fft = 1024",
        _ => "",
    }
}

/// The table of settings beside a kind's own that make it fit, as lines of a variant.
fn beside(place: &str, kind: &str) -> &'static str {
    match (place, kind) {
        ("split", "clips") => "audit.allow = [\"shared-speakers\"]\n",
        ("split", "rows") => {
            "audit.allow = [\"shared-speakers\", \"twins\"]\naugment = [{ identity = {}, copies = 1 }]\n"
        }
        ("model", "cnn-2d" | "crnn" | "resnet-2d") => "features = [{ log-mel = { n_mels = 16, n_fft = 1024 } }]\n",
        ("augment[]", "bin-warp" | "level-shift") => "features = [{ log-mel = { n_mels = 16, n_fft = 1024 } }]\n",
        _ => "",
    }
}

#[test]
fn every_kind_appears_in_a_run() {
    let folder = Folder::new();
    folder.synthesize("corpus", &["speakers=6", "sentences=1"]);
    let manifest = std::fs::read_to_string(folder.path().join("corpus/manifest.csv")).unwrap();
    let header: Vec<&str> = manifest.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|key| *key == name).unwrap();
    let (file, speaker) = (column("file"), column("speaker"));
    let mut speakers: Vec<&str> = Vec::new();
    let mut split = String::from("clip,partition\n");
    let mut arrays = String::from("file,first,second\n");
    for line in manifest.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if !speakers.contains(&cells[speaker]) {
            speakers.push(cells[speaker]);
        }
        let partition = match speakers.iter().position(|s| *s == cells[speaker]).unwrap() {
            0 => "test",
            1 => "validation",
            _ => "train",
        };
        split += &format!("{},{partition}\n", cells[file]);
        arrays += &format!("{},{},{}\n", cells[file], arrays.len(), split.len() % 7);
    }
    folder.write("split.csv", &split);
    folder.write("arrays.csv", &arrays);

    let mut text = String::from(
        "[corpus.manifest]\npath = \"corpus/manifest.csv\"\n[split.speakers]\ntest = 0.3\nvalidation = 0.2\n\
         [train]\nepochs = 1\nbatch_size = 16\ndrop_last = true\n[variants]\n",
    );
    let mut variants = Vec::new();
    walk(&mut |path, what| {
        let Place::Kind(_, kind) = what else { return };
        let place = path.strip_suffix(&format!(".{}", kind.name)).unwrap();
        // The recordings of published corpora are nobody's to make.
        if place == "corpus" && !matches!(kind.name, "synth" | "manifest") {
            return;
        }
        let name = format!("{}-{}", place.replace("[]", "").replace(['.', '_'], "-"), kind.name);
        let table = format!("{} = {{ {} }}", kind.name, needs(place, kind.name));
        text += &format!("[variants.{name}]\n");
        text += &match (place, place.strip_suffix("[]")) {
            (_, Some(list)) => format!("{list} = [{{ {table} }}]\n"),
            ("train.schedule.warm-up.then", _) => {
                format!("train.epochs = 2\ntrain.schedule.warm-up = {{ epochs = 1, then.{table} }}\n")
            }
            _ => format!("{place}.{table}\n"),
        };
        let more = beside(place, kind.name);
        text += more;
        if place != "features[]" && !more.contains("features") {
            text += "features = [{ zcr = {} }]\n";
        }
        if place != "model" {
            text += "model.mlp = { hidden = [4] }\n";
        }
        variants.push(name);
    });
    folder.write("kinds.toml", &text);
    let ended = serlab(&folder).args(["run", "kinds.toml", "--jobs", "2"]).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    let sealed: Vec<String> = folder.seals().into_iter().map(|(name, _)| name).collect();
    for name in &variants {
        assert!(sealed.iter().any(|run| run.starts_with(&format!("{name}-s0"))), "{name} has no run:\n{}", ended.err);
    }
    assert!(variants.len() > 55, "{}", variants.len());
}
