//! Every kind of leak, planted in a corpus of files and found; a clean corpus raises nothing.

mod common;

use common::{Ended, Folder, serlab};

/// A corpus of files: 6 speakers, 8 emotions, 3 sentences, 288 clips. `change` may alter the lines of its manifest.
fn corpus(change: impl Fn(&mut Vec<String>)) -> Folder {
    let folder = Folder::new();
    folder.synthesize("clips", &["speakers=6"]);
    let path = folder.path().join("clips/manifest.csv");
    let mut lines: Vec<String> = std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    folder
}

/// Audits a spec made of these lines.
fn audit(folder: &Folder, lines: &str) -> Ended {
    let spec = format!(
        "{lines}\nfeatures = [{{ zcr = {{}} }}]\n[corpus.manifest]\npath = \"clips/manifest.csv\"\n[model.cnn-1d]\n\
         channels = [4]\n"
    );
    let spec = folder.write("spec.toml", &spec);
    serlab(folder).arg("audit").arg(&spec).run()
}

/// The clips of a manifest: file, label, speaker.
fn clips(folder: &Folder) -> Vec<[String; 3]> {
    let mut reader = csv::Reader::from_path(folder.path().join("clips/manifest.csv")).unwrap();
    reader.records().map(Result::unwrap).map(|r| [0, 1, 2].map(|i| r[i].to_owned())).collect()
}

/// A split file that puts each clip where `partition` says; `None` leaves it out.
fn split_file(folder: &Folder, partition: impl Fn(usize, &[String; 3]) -> Option<&'static str>) {
    let lines: String = clips(folder)
        .iter()
        .enumerate()
        .filter_map(|(i, clip)| Some(format!("{},{}\n", clip[0], partition(i, clip)?)))
        .collect();
    folder.write("split.csv", &format!("clip,partition\n{lines}"));
}

const BY_FILE: &str = "split.file.path = \"split.csv\"";

/// Speakers s005 and s006 are tested, s004 validates.
fn by_speaker(speaker: &str) -> &'static str {
    match speaker {
        "s005" | "s006" => "test",
        "s004" => "validation",
        _ => "train",
    }
}

fn assert_refused(ended: &Ended, sentences: &[&str]) {
    assert_eq!(ended.code, 3, "{}", ended.all());
    for sentence in sentences {
        assert!(ended.out.contains(sentence), "{sentence}: {}", ended.all());
    }
    assert!(ended.out.contains("REFUSED") && ended.out.contains("audit.allow = ["), "{}", ended.out);
}

#[test]
fn a_clean_corpus_raises_nothing_but_its_shared_sentences() {
    let folder = corpus(|_| {});
    split_file(&folder, |_, clip| Some(by_speaker(&clip[2])));
    for split in ["", "split.k-fold.folds = 3", "split.leave-one-speaker-out = {}", BY_FILE] {
        let ended = audit(&folder, split);
        assert_eq!(ended.code, 0, "{}", ended.all());
        let found: Vec<&str> = ended.out.lines().filter(|l| l.starts_with("  ")).collect();
        assert!(found.iter().all(|line| line.contains("sentences")), "{split}: {}", ended.out);
        assert!(ended.out.contains("clean"), "{}", ended.out);
    }
}

#[test]
fn speakers_that_a_split_file_shares_are_counted_in_a_sentence() {
    let folder = corpus(|_| {});
    split_file(&folder, |i, _| Some(if i % 4 == 0 { "test" } else { "train" }));
    let by_file = format!("{BY_FILE}\ntrain.early_stopping = \"none\"");
    assert_refused(&audit(&folder, &by_file), &["6 of 6 speakers of test are also in train"]);
    let allowed = audit(&folder, &format!("{by_file}\naudit.allow = [\"shared-speakers\"]"));
    assert_eq!(allowed.code, 0, "{}", allowed.all());
    assert!(allowed.out.contains("stamped on every result"), "{}", allowed.out);
}

#[test]
fn a_split_file_whose_partitions_overlap_is_refused_with_both_lines() {
    let folder = corpus(|_| {});
    split_file(&folder, |_, clip| Some(by_speaker(&clip[2])));
    let path = folder.path().join("split.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let first = text.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    std::fs::write(&path, format!("{text}{first},test\n")).unwrap();
    let ended = audit(&folder, BY_FILE);
    assert_eq!(ended.code, 3, "{}", ended.all());
    let said = format!("clip `{first}` is already in train (line 2), here test");
    assert!(ended.err.contains(&said), "{}", ended.err);
}

#[test]
fn the_same_audio_under_another_name_and_in_other_bytes_is_found_in_two_partitions() {
    let folder = corpus(|lines| {
        let copied = lines[1].replacen("s001/s001", "s006/again", 1).replacen(",s001,", ",s006,", 1);
        lines.push(copied);
    });
    let first = clips(&folder)[0][0].clone();
    let copy = clips(&folder).last().unwrap()[0].clone();
    // The same samples behind a chunk that players pass over: other bytes, the same sound.
    let mut bytes = std::fs::read(folder.path().join("clips").join(first)).unwrap();
    bytes.extend_from_slice(b"LIST\x04\0\0\0INFO");
    let size = (bytes.len() as u32 - 8).to_le_bytes();
    bytes[4..8].copy_from_slice(&size);
    std::fs::write(folder.path().join("clips").join(copy), bytes).unwrap();
    split_file(&folder, |_, clip| Some(by_speaker(&clip[2])));
    let ended = audit(&folder, BY_FILE);
    assert_refused(&ended, &["clips of test have the same audio as another clip in train"]);
    assert!(ended.out.contains("1 of "), "{}", ended.out);
}

#[test]
fn the_same_audio_under_two_labels_is_reported() {
    let folder = corpus(|_| {});
    let all = clips(&folder);
    let other = all.iter().find(|c| c[2] == all[0][2] && c[1] != all[0][1]).unwrap();
    let at = |name: &str| folder.path().join("clips").join(name);
    std::fs::copy(at(&all[0][0]), at(&other[0])).unwrap();
    split_file(&folder, |_, clip| Some(by_speaker(&clip[2])));
    let ended = audit(&folder, BY_FILE);
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert!(ended.out.contains("2 clips in 1 group have the same audio but different labels"), "{}", ended.out);
}

#[test]
fn copies_apart_from_their_clips_are_found() {
    let folder = corpus(|_| {});
    let rows = "split.rows = {}\naugment = [{ identity = {}, copies = 1 }]";
    assert_refused(&audit(&folder, rows), &["rows of test have their source or another copy of it in train"]);
}

#[test]
fn whatever_is_fitted_or_chosen_on_test_rows_is_found() {
    let folder = corpus(|_| {});
    for (setting, sentence) in [
        ("fit.scaler = \"all\"", "fitted on the rows of all partitions: the scaler"),
        ("fit.length = \"all\"", "fitted on the rows of all partitions: the length"),
        ("fit.class_weights = \"all\"", "fitted on the rows of all partitions: class weights"),
        ("fit.epoch = \"test\"", "the best epoch is picked on the test rows"),
    ] {
        assert_refused(&audit(&folder, setting), &[sentence]);
    }
}

#[test]
fn a_look_at_the_test_rows_changes_what_is_fitted_and_is_stamped_on_every_table_and_plot() {
    let folder = corpus(|_| {});
    let spec = format!(
        "name = \"seen\"\n{}\n[corpus.manifest]\npath = \"clips/manifest.csv\"\n",
        "features = [{ zcr = {} }]\nmodel.cnn-1d.channels = [4]\ntrain = { epochs = 2, class_weights = \"balanced\" }\n\
         audit.allow = [\"fitted-on-test\", \"selected-on-test\"]\n\
         [variants.honest]\n[variants.seen.fit]\nscaler = \"all\"\nlength = \"all\"\nclass_weights = \"all\"\n\
         epoch = \"test\"\n[split.speakers]\ntest = 0.3\nvalidation = 0.2"
    );
    let spec = folder.write("seen.toml", &spec);
    let ended = serlab(&folder).arg("run").arg(&spec).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    let stamp = "the scaler and the length and class weights fitted on test, epoch picked on test";
    assert!(ended.out.contains(stamp), "{}", ended.out);
    for format in ["text", "markdown", "csv", "json"] {
        let said = serlab(&folder).args(["compare", "seen", "--format", format]).run();
        assert!(said.out.contains(stamp), "{format}: {}", said.all());
    }
    let runs = folder.runs();
    let [honest, seen] = ["honest", "seen"]
        .map(|v| runs.iter().find(|r| r.file_name().unwrap().to_string_lossy().starts_with(v)).unwrap().clone());
    for verb in [vec!["list"], vec!["list", "--json"], vec!["show"], vec!["show", "--json"]] {
        let mut command = serlab(&folder).args(&verb);
        if verb[0] == "show" {
            command = command.arg(&seen);
        }
        let said = command.run();
        assert!(said.out.contains("epoch picked on test"), "{verb:?}: {}", said.all());
    }
    let read = |run: &std::path::Path, file: &str| std::fs::read_to_string(run.join(file)).unwrap();
    assert!(read(&seen, "evaluation.json").contains(stamp) && !read(&honest, "evaluation.json").contains("LEAKS"));
    for plot in ["curves", "confusion", "recall"] {
        assert!(read(&seen, &format!("plots/{plot}.svg")).contains("LEAKS"), "{plot}");
    }
    assert_ne!(read(&honest, "epochs.csv"), read(&seen, "epochs.csv"), "other rows give other figures");
}
