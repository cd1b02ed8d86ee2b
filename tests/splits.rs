//! Splits by any column, split files, and what plan, run, show and audit say of them.

mod common;

use common::{Ended, Folder, serlab};

/// A corpus of files: 6 speakers, 6 emotions, 288 clips, each in one of three sessions; every speaker is in all of them.
fn corpus() -> Folder {
    let folder = Folder::new();
    folder.synthesize("clips", &["speakers=6"]);
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
fn an_audit_is_told_also_where_a_setting_keeps_the_runs_from_being_trained() {
    let folder = corpus();
    split_file(&folder, |_| true);
    let path = folder.path().join("split.csv");
    let unvalidated = std::fs::read_to_string(&path).unwrap().replace(";dev", ";train");
    let leaking = unvalidated.replacen(";test", ";train", 1);
    for (split, verdict) in [(unvalidated, "base (1 run): clean"), (leaking, "base (1 run): REFUSED")] {
        std::fs::write(&path, split).unwrap();
        let [audit, plan] = ["audit", "plan"].map(|v| ask(&folder, v, "seeds = [0]\nsplit.file.path = \"split.csv\""));
        assert!(audit.out.starts_with(verdict), "{}", audit.all());
        let said = "variant base: train.early_stopping: watches validation rows and there are none";
        assert!(audit.code == 2 && audit.err.starts_with(said), "{}", audit.all());
        assert_eq!((plan.code, &plan.err, plan.out.as_str()), (2, &audit.err, ""));
    }
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

#[test]
fn segments_of_one_recording_that_overlap_across_partitions_are_refused() {
    let folder = corpus();
    let [file, other, third] = [0, 1, 2].map(|clip| clips(&folder)[clip][0].clone());
    let manifest = folder.path().join("clips/parts.csv");
    let parts = |[[start, end], [then, until]]: [[&str; 2]; 2]| {
        let rows = format!("{file},x,01,{start},{end}\n{file},x,01b,{then},{until}\n{other},y,03,,\n{third},x,02,,\n");
        std::fs::write(&manifest, format!("file,label,speaker,start,end\n{rows}")).unwrap();
        let split = format!("{file}#{start}-{end},test\n{file}#{then}-{until},train\n{other},train\n{third},dev\n");
        folder.write("split.csv", &format!("clip,partition\n{split}"));
        let spec = "name = \"splits\"\nfeatures = [{ zcr = {} }]\nsplit.file.path = \"split.csv\"\nmodel.cnn-1d = {}\n\
                    corpus.manifest.path = \"clips/parts.csv\"\n";
        folder.write("parts.toml", spec);
        let asked = |verb: &[&str]| serlab(&folder).args(verb).arg("parts.toml").run();
        (asked(&["audit"]), asked(&["plan"]), asked(&["run"]), asked(&["corpus", "doctor"]))
    };
    let (audit, plan, run, doctor) = parts([["0", "0.4"], ["0.1", "0.5"]]);
    let said = "1 of 1 clips of test have audio of a clip in train, which they overlap in one file";
    assert!(audit.code == 3 && audit.out.contains("REFUSED") && audit.out.contains(said), "{}", audit.all());
    assert!(plan.code == 0 && plan.out.contains(said) && !plan.out.contains("Next: serlab run"), "{}", plan.all());
    assert!(run.code == 3 && run.err.contains(said), "{}", run.all());
    assert!(doctor.code == 3 && doctor.out.contains("overlap in time, of different speakers"), "{}", doctor.all());
    let (audit, plan, _, doctor) = parts([["0", "0.3"], ["0.3", "0.5"]]);
    let said = "1 of 1 recordings of test are also in train, with clips of other speakers";
    assert!(audit.code == 0 && audit.out.contains(said), "{}", audit.all());
    assert!(plan.out.contains("Next: serlab run"), "{}", plan.all());
    assert!(!doctor.out.contains("overlap"), "{}", doctor.all());
}

#[test]
fn speakers_and_labels_that_may_be_one_are_told_by_plan_audit_and_run_and_never_called_clean() {
    let folder = corpus();
    let path = folder.path().join("clips/manifest.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut sads = 0;
    let alike = |line: &str| {
        sads += usize::from(line.contains(",sad,"));
        let line = if sads % 2 == 1 { line.replace(",sad,", ",Sad,") } else { line.to_owned() };
        line.replace(",s004,", ",S1,").replace(",s005,", ",s01,") + "\n"
    };
    let changed: String = text.lines().map(alike).collect();
    std::fs::write(&path, changed).unwrap();
    let lists: String = clips(&folder)
        .iter()
        .map(|[file, _, speaker]| {
            let part = match speaker.as_str() {
                "s01" | "s006" => "test",
                "s003" => "dev",
                _ => "train",
            };
            format!("{file},{part}\n")
        })
        .collect();
    folder.write("split.csv", &format!("clip,partition\n{lists}"));
    let said = ["1 of 2 speakers of test may also be in train, their names look alike: `s01` = `S1`", "`Sad` = `sad`"];
    for verb in ["plan", "audit", "run"] {
        let ended = ask(&folder, verb, "split.file.path = \"split.csv\"");
        assert!(ended.code == 0 && said.iter().all(|said| ended.all().contains(said)), "{verb}: {}", ended.all());
        assert!(!ended.all().contains("clean"), "{}", ended.all());
    }
}

#[test]
fn an_audit_of_clips_that_cannot_be_decoded_is_none() {
    let folder = corpus();
    for [file, ..] in clips(&folder) {
        std::fs::write(folder.path().join("clips").join(file), "no audio").unwrap();
    }
    let audit = ask(&folder, "audit", "seeds = [0]");
    assert!(
        audit.code == 3 && audit.out.contains("NOT AUDITED: none of its 288 clips can be decoded"),
        "{}",
        audit.all()
    );
    assert!(!audit.out.contains("clean"), "{}", audit.all());
    let stats = serlab(&folder).args(["corpus", "stats", "spec.toml"]).run();
    assert!(stats.code == 3 && stats.out.contains("no clip can be decoded"), "{}", stats.all());
}

#[test]
fn missing_files_of_a_manifest_are_left_out_where_the_spec_says_so() {
    let folder = corpus();
    let gone = clips(&folder)[0][0].clone();
    std::fs::remove_file(folder.path().join("clips").join(&gone)).unwrap();
    let refused = ask(&folder, "run", "seeds = [0]");
    let said = format!("there is no file clips/{gone}");
    assert!(refused.code == 3 && refused.err.contains(&said), "{}", refused.all());
    assert!(refused.err.contains("clips.broken = \"leave-out\""), "{}", refused.all());
    for (verb, said) in [("doctor", "listed or published, but not there"), ("stats", "not there     1")] {
        let ended = serlab(&folder).args(["corpus", verb, "spec.toml"]).run();
        assert!(ended.code == 0 && ended.out.contains(said), "{}", ended.all());
    }
    let ended = ask(&folder, "run", "seeds = [0]\nclips.broken = \"leave-out\"");
    assert!(ended.code == 0 && ended.err.contains("1 clip could not be used"), "{}", ended.all());
}

#[test]
fn plan_tells_the_leaks_that_run_will_refuse_and_does_not_send_on_to_it() {
    let folder = corpus();
    let plan = |lines: &str| ask(&folder, "plan", &format!("seeds = [0]\n{lines}")).out;
    for (lines, said) in [
        ("fit.scaler = \"all\"", "LEAK: fitted on the rows of all partitions: the scaler; `run` will refuse it"),
        ("fit.epoch = \"test\"", "LEAK: the best epoch is picked on the test rows; `run` will refuse it"),
        ("split.clips = {}", "LEAKS by design: speakers shared; `run` will refuse it"),
        (
            "split.k-fold = { folds = 3, by = \"session\" }",
            "LEAK: 6 of 6 speakers of test are also in train; `run` will refuse it",
        ),
    ] {
        let out = plan(lines);
        assert!(out.contains(said) && out.contains("`serlab run` will refuse this") && !out.contains("Next:"), "{out}");
    }
    let allowed = plan("split.clips = {}\naudit.allow = [\"shared-speakers\"]");
    assert!(allowed.contains("on other clips of speakers that it learned from"), "{allowed}");
    assert!(allowed.contains("Next: serlab run spec.toml") && !allowed.contains("on other speakers"), "{allowed}");
}

#[test]
fn folds_that_a_split_file_numbers_from_1_are_told_by_the_names_of_their_runs() {
    let folder = corpus();
    let file = |first: usize| {
        let part = |fold: usize, speaker: &str| match speaker {
            "s006" => "dev",
            s if s == format!("s00{}", fold + 1) => "test",
            _ => "train",
        };
        let lines = |fold| {
            clips(&folder)
                .iter()
                .map(|c| format!("{},{},{}\n", c[0], fold + first, part(fold, &c[2])))
                .collect::<String>()
        };
        folder.write("split.csv", &format!("clip,fold,partition\n{}{}{}", lines(0), lines(1), lines(2)));
        ask(&folder, "plan", "seeds = [0]\nsplit.file.path = \"split.csv\"").out
    };
    let plan = file(1);
    assert!(plan.contains("folds of the split file by the names of runs: 1 is f0, 2 is f1, 3 is f2"), "{plan}");
    assert!(plan.contains("base-s0-f0-"), "{plan}");
    assert!(!file(0).contains("by the names of runs"));
}
