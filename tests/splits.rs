//! Splits by any column, split files, and what plan, run, show and audit say of them.

mod common;

use common::{Ended, Folder, serlab};

/// A corpus of files: 6 speakers, 6 emotions, 288 clips, each in one of three sessions; every speaker is in all of them.
fn corpus() -> Folder {
    let folder = Folder::new();
    let made = serlab(&folder).args(["corpus", "synth", "-o", "clips", "--set", "speakers=6"]).run();
    assert_eq!(made.code, 0, "{}", made.all());
    let path = folder.path().join("clips/manifest.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let session = |(i, line): (usize, &str)| match i {
        0 => format!("{line},session\n"),
        _ => format!("{line},{}\n", 1 + (i + i / 12) % 3),
    };
    std::fs::write(&path, text.lines().enumerate().map(session).collect::<String>()).unwrap();
    folder
}

/// A command with a spec of one tiny network and these lines.
fn ask(folder: &Folder, verb: &str, lines: &str) -> Ended {
    let spec = format!(
        "name = \"splits\"\n{lines}\nfeatures = [{{ zcr = {{}} }}]\ntrain = {{ epochs = 1 }}\n\
         [corpus.manifest]\npath = \"clips/manifest.csv\"\n[model.cnn-1d]\nchannels = [4]\n"
    );
    let spec = folder.write("spec.toml", &spec);
    serlab(folder).arg(verb).arg(&spec).run()
}

/// The clips of the manifest: file, label, speaker.
fn clips(folder: &Folder) -> Vec<[String; 3]> {
    let mut reader = csv::Reader::from_path(folder.path().join("clips/manifest.csv")).unwrap();
    reader.records().map(Result::unwrap).map(|r| [0, 1, 2].map(|i| r[i].to_owned())).collect()
}

/// Writes a split file that tests s005 and s006 and has s004 validate, of the clips that `keep` keeps.
fn split_file(folder: &Folder, keep: impl Fn(&[String; 3]) -> bool) -> usize {
    let kept: Vec<[String; 3]> = clips(folder).into_iter().filter(keep).collect();
    let part = |speaker: &str| match speaker {
        "s005" | "s006" => "test",
        "s004" => "dev",
        _ => "train",
    };
    let lines: String =
        kept.iter().map(|clip| format!("{};{}\n", clip[0].replace('/', "\\"), part(&clip[2]))).collect();
    folder.write("split.csv", &format!("clip;partition\n{lines}"));
    kept.len()
}

#[test]
fn a_split_by_session_keeps_sessions_together_and_hides_no_shared_speaker() {
    let folder = corpus();
    for split in ["split.k-fold = { folds = 3, by = \"session\" }", "split.leave-one-group-out.by = \"session\""] {
        let ended = ask(&folder, "audit", &format!("seeds = [0, 1]\n{split}"));
        assert_eq!(ended.code, 3, "{}", ended.all());
        assert!(
            ended.out.contains("REFUSED") && ended.out.contains("6 of 6 speakers of test are also in train"),
            "{}",
            ended.out
        );
        assert!(ended.out.contains("by = [\"speaker\", ...]"), "{}", ended.out);
        let allowed = ask(&folder, "plan", &format!("seeds = [0]\naudit.allow = [\"shared-speakers\"]\n{split}"));
        assert!(allowed.out.contains("splits: 3 runs"), "{}", allowed.all());
    }
    // Every session shares a speaker with every other: kept together with speakers, all clips are one group.
    let both = ask(&folder, "plan", "split.leave-one-group-out.by = [\"speaker\", \"session\"]");
    assert!(both.code == 3 && both.err.contains("1 group(s) by `speaker` and `session`"), "{}", both.all());
    let unknown = ask(&folder, "plan", "split.k-fold.by = \"sesion\"");
    let said = "by = `sesion`: 288 of 288 clips have no such column";
    assert!(unknown.err.contains(said) && unknown.err.contains("did you mean `session`?"), "{}", unknown.all());
}

#[test]
fn another_value_of_the_column_that_is_split_by_is_another_run() {
    let folder = corpus();
    let spec = "seeds = [0]\naudit.allow = [\"shared-speakers\"]\nsplit.leave-one-group-out.by = \"session\"";
    let ids = |ended: Ended| -> Vec<String> {
        let lines = ended.out.lines().filter(|line| line.trim_start().starts_with("base-s"));
        lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    let before = ids(ask(&folder, "plan", spec));
    assert_eq!((before.len(), &before), (3, &ids(ask(&folder, "plan", spec))));
    let path = folder.path().join("clips/manifest.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen(",1\n", ",2\n", 1)).unwrap();
    let after = ids(ask(&folder, "plan", spec));
    assert!(before.iter().all(|id| !after.contains(id)), "{before:?} {after:?}");
}

#[test]
fn clips_that_a_split_file_does_not_list_are_told_by_plan_run_show_and_audit_and_counted() {
    let folder = corpus();
    let listed = split_file(&folder, |clip| clip[2] != "s003");
    let by_file = "seeds = [0]\nsplit.file.path = \"split.csv\"";
    let said = format!("{} of 288 clips are left out: the split file does not list them", 288 - listed);
    for verb in ["plan", "audit"] {
        let ended = ask(&folder, verb, by_file);
        assert!(ended.code == 0 && ended.out.contains(&said), "{}", ended.all());
    }
    let ended = ask(&folder, "run", by_file);
    let said = format!("{} clips not listed by the split file", 288 - listed);
    assert!(ended.code == 0 && ended.err.contains(&said), "{}", ended.all());
    let run = folder.runs().remove(0);
    let shown = serlab(&folder).arg("show").arg(&run).run();
    assert!(shown.out.contains(&said), "{}", shown.all());
    let evaluation = std::fs::read_to_string(run.join("evaluation.json")).unwrap();
    let evaluation: serde_json::Value = serde_json::from_str(&evaluation).unwrap();
    assert_eq!((&evaluation["left_out"], &evaluation["unlisted"]), (&(288 - listed).into(), &(288 - listed).into()));
}

#[test]
fn a_split_file_may_name_clips_that_a_filter_leaves_out() {
    let folder = corpus();
    split_file(&folder, |_| true);
    let spec = "seeds = [0]\nsplit.file.path = \"split.csv\"\nclips.filter.session = [\"1\", \"2\"]";
    for verb in ["plan", "audit"] {
        let ended = ask(&folder, verb, spec);
        let told = ended
            .out
            .lines()
            .filter(|line| line.contains("96 clips that the split file lists are left out by `clips`"));
        assert_eq!((ended.code, told.count()), (0, 1), "{}", ended.all());
    }
    assert!(!ask(&folder, "plan", spec).out.contains("does not list"));
}

#[test]
fn a_split_file_may_name_clips_that_are_left_out_as_broken() {
    let folder = corpus();
    split_file(&folder, |_| true);
    std::fs::write(folder.path().join("clips").join(&clips(&folder)[0][0]), "no audio").unwrap();
    let spec = "seeds = [0]\nsplit.file.path = \"split.csv\"\nclips.broken = \"leave-out\"";
    let ended = ask(&folder, "run", spec);
    assert!(ended.code == 0 && ended.err.contains("(1 clip could not be used)"), "{}", ended.all());
}

#[test]
fn a_label_that_is_not_tested_is_told_by_plan_run_show_and_audit() {
    let folder = corpus();
    split_file(&folder, |clip| !(clip[1] == "sad" && ["s005", "s006"].contains(&clip[2].as_str())));
    let by_file = "seeds = [0]\nsplit.file.path = \"split.csv\"";
    assert!(ask(&folder, "plan", by_file).out.contains("`sad` is not tested: UAR is over the other labels"));
    let said = "1 of 6 classes have no clip in test (`sad`): UAR is over the other 5";
    assert!(ask(&folder, "audit", by_file).out.contains(said));
    let ended = ask(&folder, "run", by_file);
    assert!(ended.code == 0 && ended.err.contains(said), "{}", ended.all());
    let run = folder.runs().remove(0);
    assert!(serlab(&folder).arg("show").arg(&run).run().out.contains(said));
    assert!(std::fs::read_to_string(run.join("evaluation.json")).unwrap().contains(said));
}

#[test]
fn the_audit_looks_at_every_fold_and_says_in_which_it_found_what() {
    let folder = corpus();
    // The sad clips of s002 are happy: where s002 is tested, fold 1, no sad clip is.
    let path = folder.path().join("clips/manifest.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let change = |line: &str| if line.contains(",s002,") { line.replace(",sad,", ",happy,") } else { line.to_owned() };
    std::fs::write(&path, text.lines().map(|line| change(line) + "\n").collect::<String>()).unwrap();
    let ended = ask(&folder, "audit", "seeds = [0, 1]\nsplit.leave-one-speaker-out = {}");
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert_eq!(ended.out.lines().next().unwrap(), "base (12 runs): clean", "{}", ended.out);
    let said = "1 of 6 classes have no clip in test (`sad`): UAR is over the other 5 (fold 1)";
    assert!(ended.out.lines().any(|line| line.trim() == said), "{}", ended.out);
    assert!(ended.out.lines().any(|line| line.ends_with("sentences of test are also in train")), "{}", ended.out);
}

#[test]
fn speakers_whose_names_look_alike_are_warned_of_where_partitions_part_them() {
    let folder = corpus();
    let path = folder.path().join("clips/manifest.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(",s006,", ",S1,").replace(",s001,", ",s01,")).unwrap();
    let split = "split.speakers = { test_speakers = [\"S1\"], validation_speakers = [\"s002\"] }";
    let ended = ask(&folder, "audit", &format!("seeds = [0]\n{split}"));
    assert_eq!(ended.code, 0, "{}", ended.all());
    let said = "1 of 1 speakers of test may also be in train, their names look alike: `S1` = `s01`";
    assert!(ended.out.contains(said), "{}", ended.out);
}

/// The published folds of actors: of each the actors that are tested and those that choose the epoch.
const EMO_SUPERB: [[std::ops::RangeInclusive<u32>; 2]; 5] = [
    [1001..=1018, 1019..=1036],
    [1019..=1036, 1037..=1054],
    [1037..=1054, 1055..=1072],
    [1055..=1072, 1073..=1091],
    [1073..=1091, 1001..=1018],
];

#[test]
fn the_folds_of_emo_superb_on_crema_d_come_out_in_the_published_sizes() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/crema-d-mel/emo-superb.csv");
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(file).unwrap();
    let mut lines = 0;
    for line in reader.records().map(Result::unwrap) {
        let (actor, fold): (u32, usize) = (line[0][..4].parse().unwrap(), line[2].parse().unwrap());
        let [test, validation] = &EMO_SUPERB[fold];
        let expected = match actor {
            _ if test.contains(&actor) => "test",
            _ if validation.contains(&actor) => "validation",
            _ => "train",
        };
        assert_eq!(&line[1], expected, "{line:?}");
        lines += 1;
    }
    assert_eq!(lines, 5 * 7_442);

    // By the published list of clips: the audio is not needed.
    let folder = Folder::new();
    let spec = format!(
        "seeds = [0]\nfeatures = [{{ zcr = {{}} }}]\nmodel.cnn-1d = {{}}\nsplit.file.path = \"{}\"\n\
         [corpus.crema-d]\nroot = \"nowhere\"\n",
        file.replace('\\', "/")
    );
    let spec = folder.write("spec.toml", &spec);
    let plan = serlab(&folder).arg("plan").arg(&spec).arg("--json").run();
    assert_eq!(plan.code, 0, "{}", plan.all());
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    let size = |run: &serde_json::Value, part: &str| run["rows"][part]["originals"].as_u64().unwrap();
    let runs = plan["runs"].as_array().unwrap().iter();
    let sizes: Vec<[u64; 3]> = runs.map(|run| ["train", "validation", "test"].map(|part| size(run, part))).collect();
    let published =
        [[4509, 1470, 1463], [4496, 1476, 1470], [4490, 1476, 1476], [4409, 1557, 1476], [4422, 1463, 1557]];
    assert_eq!(sizes, published);
    let audit = serlab(&folder).arg("audit").arg(&spec).run();
    assert!(audit.code == 0 && audit.out.contains("(5 runs): clean"), "{}", audit.all());
}
