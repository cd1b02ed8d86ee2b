//! Arrays made elsewhere, through the binary: with and without audio, whole and broken.

mod common;

use common::{Folder, serlab};
use std::path::{Path, PathBuf};

/// Six speakers as files in `clips`, their log-mel spectrograms and zero-crossing rates as arrays in `arrays`, and a table of
/// one row a clip.
fn corpus() -> (Folder, Vec<String>) {
    let folder = Folder::new();
    folder.synthesize("clips", &["speakers=6", "repetitions=1", "sentences=2"]);
    folder.write(
        "own.toml",
        &spec("features = [{ log-mel = { n_mels = 8, n_fft = 1024 } }]\nmodel.cnn-2d = { channels = [4], head = [4] }"),
    );
    folder.write("zcr.toml", &spec("features = [{ zcr = {} }]\nmodel.mlp = {}"));
    let manifest = std::fs::read_to_string(folder.path().join("clips/manifest.csv")).unwrap();
    let ids: Vec<String> = manifest.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    let files = ids.iter().map(|id| format!("clips/{id}"));
    for of in ["own.toml", "zcr.toml"] {
        let made = serlab(&folder).args(["features", of]).args(files.clone()).args(["-o", "flat"]).run();
        assert_eq!(made.code, 0, "{}", made.all());
    }
    let mut table = String::from("file;start;end;first;second\n");
    for (i, id) in ids.iter().enumerate() {
        let stem = Path::new(id).with_extension("");
        std::fs::create_dir_all(folder.path().join("arrays").join(stem.parent().unwrap())).unwrap();
        table += &format!("/elsewhere/{};0 days;NaT;{};{}\n", id.replace(".wav", ".flac"), i, (i * i) % 11);
    }
    folder.write("table.csv", &table);
    for entry in std::fs::read_dir(folder.path().join("flat")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // `features` joins folders with a dash where names would be the same.
        let of = |id: &&String| {
            let stem = id.trim_end_matches(".wav");
            name.starts_with(&format!("{}.", stem.replace('/', "-"))) || name.starts_with(&format!("{}.", last(stem)))
        };
        let id = ids.iter().find(of).unwrap_or_else(|| panic!("{name} is of no clip"));
        let kind = name.rsplit('.').nth(1).unwrap();
        std::fs::copy(&path, array(&folder, id, kind)).unwrap();
    }
    (folder, ids)
}

fn last(stem: &str) -> &str {
    stem.rsplit('/').next().unwrap()
}

fn array(folder: &Folder, id: &str, kind: &str) -> PathBuf {
    folder.path().join("arrays").join(id.replace(".wav", &format!(".{kind}.npy")))
}

fn spec(more: &str) -> String {
    format!(
        "seeds = [0]\n[corpus.manifest]\npath = \"clips/manifest.csv\"\n[split.speakers]\ntest = 0.3\nvalidation = 0.2\n\
         [length]\npad = \"edge\"\n[train]\nepochs = 2\nbatch_size = 16\n[variants.v]\n{more}\n"
    )
}

const MEL: &str = "{ external = { folder = \"arrays\", file = \"{id}.log-mel.npy\", time = \"last\" } }";
const CNN: &str = "model.cnn-2d = { channels = [4], head = [4] }";

fn external(more: &str) -> String {
    spec(&format!("features = [{MEL}]\n{CNN}\n{more}"))
}

/// What is predicted for each clip.
fn predictions(folder: &Folder, experiment: &str) -> String {
    let below = folder.path().join("runs").join(experiment);
    let run = std::fs::read_dir(below).unwrap().next().unwrap().unwrap().path();
    std::fs::read_to_string(run.join("predictions.csv")).unwrap()
}

#[test]
fn arrays_train_as_the_features_that_they_are_of_without_audio_and_a_run_is_verified() {
    let (folder, ids) = corpus();
    folder.write("external.toml", &external(""));
    let own = serlab(&folder).args(["run", "own.toml"]).run();
    assert_eq!(own.code, 0, "{}", own.all());
    for id in &ids {
        std::fs::remove_file(folder.path().join("clips").join(id)).unwrap();
    }
    let external = serlab(&folder).args(["run", "external.toml"]).run();
    assert_eq!(external.code, 0, "{}", external.all());
    assert_eq!(predictions(&folder, "external"), predictions(&folder, "own"));

    let verified = serlab(&folder).args(["verify", "external"]).run();
    assert_eq!(verified.code, 0, "{}", verified.all());
    // Elsewhere it is the same question.
    std::fs::rename(folder.path().join("arrays"), folder.path().join("moved")).unwrap();
    let moved = "features=[{ external = { folder = \"moved\", file = \"{id}.log-mel.npy\", time = \"last\" } }]";
    let again = serlab(&folder).args(["run", "external.toml", "--set", &format!("variants.v.{moved}")]).run();
    assert!(again.code == 0 && again.all().contains("1 run, 1 done"), "{}", again.all());
    std::fs::rename(folder.path().join("moved"), folder.path().join("arrays")).unwrap();
    // Another array is another question, and told by name.
    std::fs::copy(array(&folder, &ids[0], "log-mel"), array(&folder, &ids[1], "log-mel")).unwrap();
    let changed = serlab(&folder).args(["verify", "external"]).run();
    assert!(changed.code == 1 && changed.all().contains(&ids[1]), "{}", changed.all());
    let planned = serlab(&folder).args(["plan", "external.toml"]).run();
    assert!(planned.out.contains("to do"), "{}", planned.all());
    let audit = serlab(&folder).args(["audit", "external.toml"]).run();
    assert!(audit.out.contains("2 clips in 1 group"), "equal arrays are found: {}", audit.all());
}

#[test]
fn everything_wrong_with_arrays_is_one_error_before_training_or_left_out_and_counted() {
    let (folder, ids) = corpus();
    folder.write("external.toml", &external(""));
    std::fs::remove_file(array(&folder, &ids[3], "log-mel")).unwrap();
    let cut = array(&folder, &ids[5], "log-mel");
    let bytes = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 8]).unwrap();
    for verb in ["plan", "run", "audit"] {
        let refused = serlab(&folder).args([verb, "external.toml"]).run();
        assert_eq!(refused.code, 3, "{}", refused.all());
        let said = refused.err.as_str();
        assert!(said.contains(&format!("2 of {} clips cannot be used", ids.len())), "{said}");
        assert!(said.contains(&ids[3]) && said.contains(&ids[5]) && said.contains("clips.broken"), "{said}");
    }
    let run = serlab(&folder).args(["run", "external.toml", "--set", "clips.broken=leave-out"]).run();
    assert!(run.code == 0 && run.all().contains("2 clips could not be used"), "{}", run.all());
    let shape = serlab(&folder).args(["plan", "external.toml", "--set", "clips.broken=leave-out"]).run();
    assert!(shape.out.contains("input") || shape.out.contains("cnn-2d on external"), "{}", shape.all());
}

#[test]
fn where_no_audio_is_needed_missing_arrays_of_a_published_corpus_are_told_by_every_verb() {
    let folder = Folder::new();
    let names = ["1001_DFA_ANG_XX", "1001_DFA_HAP_XX", "1002_DFA_ANG_XX"];
    std::fs::create_dir(folder.path().join("arrays")).unwrap();
    for name in names {
        let mut bytes = Vec::new();
        serlab::arrays::npy::write_f32(&mut bytes, &[4], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        std::fs::write(folder.path().join(format!("arrays/{name}.npy")), bytes).unwrap();
    }
    for root in ["arrays", "none"] {
        folder.write(
            "listed.toml",
            &format!(
                "corpus.crema-d.root = \"{root}\"\nmodel.linear = {{}}\n\
                 features = [{{ external = {{ folder = \"arrays\" }} }}]\n"
            ),
        );
        for verb in ["plan", "audit", "run"] {
            let refused = serlab(&folder).args([verb, "listed.toml"]).run();
            assert_eq!(refused.code, 3, "{verb} {root}: {}", refused.all());
            assert!(refused.err.contains("1001_DFA_DIS_XX"), "{verb} {root}: {}", refused.err);
        }
    }
}

#[test]
fn what_arrays_cannot_do_is_refused_with_the_key() {
    let (folder, _) = corpus();
    let vector = "features = [{ external = { table = \"table.csv\" } }]";
    for (more, key, why) in [
        (format!("{vector}\n{CNN}"), "model.cnn-2d", "one vector a clip"),
        (
            format!("features = [{MEL}]\n{CNN}\naugment = [{{ noise = {{}} }}]"),
            "augment[0].noise",
            "all features are external",
        ),
        (format!("features = [{MEL}]\n{CNN}\nlength = {{ seconds = 1.0 }}"), "length.seconds", "hop_length"),
        (format!("{vector}\nmodel.mlp = {{}}\nlength = {{ frames = 9 }}"), "length.frames", "one vector a clip"),
        ("features = [{ external = {} }]\nmodel.mlp = {}".to_owned(), "external", "`folder`"),
    ] {
        folder.write("wrong.toml", &spec(&more));
        let checked = serlab(&folder).args(["check", "wrong.toml"]).run();
        assert_eq!(checked.code, 2, "{more}\n{}", checked.all());
        assert!(checked.err.contains(key) && checked.err.contains(why), "{more}\n{}", checked.err);
    }
}

#[test]
fn a_table_feeds_an_mlp_and_arrays_stack_with_features_of_as_many_frames() {
    let (folder, ids) = corpus();
    folder.write(
        "table.toml",
        &spec("features = [{ external = { table = \"table.csv\" } }]\nmodel.mlp = { hidden = [4] }"),
    );
    let run = serlab(&folder).args(["run", "table.toml"]).run();
    assert_eq!(run.code, 0, "{}", run.all());
    let zcr = "{ external = { folder = \"arrays\", file = \"{id}.zcr.npy\", time = \"last\" } }";
    let cnn = "model.cnn-1d = { channels = [4], head = [4] }";
    folder.write("two.toml", &spec(&format!("features = [{{ zcr = {{}} }}, {zcr}]\n{cnn}")));
    folder.write("same.toml", &spec(&format!("features = [{{ zcr = {{}} }}, {{ zcr = {{}} }}]\n{cnn}")));
    for of in ["two.toml", "same.toml"] {
        let run = serlab(&folder).args(["run", of]).run();
        assert_eq!(run.code, 0, "{}", run.all());
    }
    assert_eq!(predictions(&folder, "two"), predictions(&folder, "same"));
    folder.write("apart.toml", &spec(&format!("features = [{{ zcr = {{ hop_length = 160 }} }}, {zcr}]\n{cnn}")));
    let refused = serlab(&folder).args(["run", "apart.toml"]).run();
    assert!(refused.code == 3 && refused.err.contains("different numbers of frames"), "{}", refused.all());

    let fed = serlab(&folder).args(["features", "table.toml", &ids[2], "-o", "fed", "--format", "csv"]).run();
    assert!(fed.code == 0 && fed.out.contains("[2 bins, 1 frame]"), "{}", fed.all());
    let unknown = serlab(&folder).args(["features", "table.toml", "nobody.wav", "-o", "fed"]).run();
    assert!(unknown.code == 3 && unknown.err.contains("no single clip"), "{}", unknown.all());
}
