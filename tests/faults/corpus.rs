//! Lists and clips that are wrong: everything in one pass, by line.

use crate::common::{Folder, SMALL, serlab};

/// A corpus of files, and a spec that lists them with `list.csv`.
fn corpus() -> (Folder, Vec<String>) {
    let folder = Folder::new();
    folder.synthesize("clips", &["speakers=6", "repetitions=1"]);
    let corpus = "[corpus.manifest]\npath = \"clips/list.csv\"\n";
    folder.write("small.toml", &SMALL.replace("[corpus.synth]\nspeakers = 6\nrepetitions = 1\n", corpus));
    let list = std::fs::read_to_string(folder.path().join("clips/manifest.csv")).unwrap();
    let first_three = |line: &str| line.split(',').take(3).collect::<Vec<_>>().join(",");
    (folder, list.lines().map(first_three).collect())
}

fn write_list(folder: &Folder, bytes: &[u8]) {
    std::fs::write(folder.path().join("clips/list.csv"), bytes).unwrap();
}

#[test]
fn everything_that_is_wrong_with_a_list_is_said_in_one_pass_with_line_numbers() {
    let (folder, mut lines) = corpus();
    lines[2] = lines[1].clone();
    lines[5] = format!("./{}", lines[1]);
    lines[7] = "gone.wav,sad,s001".to_owned();
    lines[9] = "../clips,sad,s001".to_owned();
    lines[10] = lines[10].replacen(",s0", ",s0,", 1);
    lines[12] = lines[12].split(',').next().unwrap().to_owned() + ",,";
    let mut bytes = (lines.join("\r\n") + "\r\n").into_bytes();
    bytes.extend(b"stra\xDFe.wav,sad,s001\r\n");
    write_list(&folder, &[b"\xEF\xBB\xBF", &bytes[..]].concat());
    let first = lines[1].split(',').next().unwrap();
    for verb in ["plan", "run"] {
        let ended = serlab(&folder).arg(verb).arg("small.toml").run();
        assert_eq!(ended.code, 3, "{}", ended.all());
        for said in [
            format!("list.csv:3: `{first}` is listed already in line 2"),
            format!("list.csv:6: `{first}` is listed already in line 3"),
            "list.csv:8: there is no file ".to_owned(),
            "list.csv:10: clips/../clips is a folder, not a file".to_owned(),
            "list.csv:11: 4 cells, the header has 3".to_owned(),
            "list.csv:13: no label".to_owned(),
            "list.csv:13: no speaker".to_owned(),
            format!("list.csv:{}: is not UTF-8", lines.len() + 1),
            "list.csv: 8 problems".to_owned(),
        ] {
            assert!(ended.err.contains(&said), "{said}: {}", ended.err);
        }
    }
    assert!(folder.runs().is_empty());
}

#[test]
fn a_byte_order_mark_line_ends_and_separators_change_no_id() {
    let (folder, lines) = corpus();
    let ids = |bytes: &[u8]| {
        write_list(&folder, bytes);
        let plan = serlab(&folder).args(["plan", "small.toml", "--json"]).run();
        assert_eq!(plan.code, 0, "{}", plan.all());
        let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
        plan["runs"].as_array().unwrap().iter().map(|r| r["id"].to_string()).collect::<Vec<_>>()
    };
    let plain = ids((lines.join("\n") + "\n").as_bytes());
    assert_eq!(plain.len(), 4);
    assert_eq!(ids(format!("\u{feff}{}", lines.join("\r\n")).as_bytes()), plain);
    assert_eq!(ids((lines.join("\n") + "\n").replace(',', ";").as_bytes()), plain);
    assert_eq!(ids((lines.join("\r\n\r\n") + "\r\n").replace(',', "\t").as_bytes()), plain);
    let utf16: Vec<u8> = lines.join("\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    write_list(&folder, &[b"\xFF\xFE", &utf16[..]].concat());
    let refused = serlab(&folder).args(["plan", "small.toml"]).run();
    assert!(refused.code == 3 && refused.err.contains("UTF-16"), "{}", refused.all());
}

#[test]
fn labels_and_clips_that_nobody_has_are_named_with_a_guess() {
    let (folder, lines) = corpus();
    write_list(&folder, (lines.join("\n") + "\n").as_bytes());
    let spec = std::fs::read_to_string(folder.path().join("small.toml")).unwrap();
    let wrong = "[clips]\nkeep = [\"angri\", \"sad\", \"happy\"]\nleave_out = [\"nobody.wav\"]\n";
    folder.write("wrong.toml", &format!("{spec}\n{wrong}"));
    let ended = serlab(&folder).args(["run", "wrong.toml"]).run();
    assert_eq!(ended.code, 2, "{}", ended.all());
    for part in ["angri", "did you mean `angry`?", "nobody.wav"] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
}

#[test]
fn identical_clips_under_different_labels_and_silent_ones_are_found_and_the_advice_cures_them() {
    let (folder, lines) = corpus();
    write_list(&folder, (lines.join("\n") + "\n").as_bytes());
    let clips: Vec<[&str; 3]> =
        lines[1..].iter().map(|l| l.split(',').collect::<Vec<_>>().try_into().unwrap()).collect();
    let at = |clip: &str| folder.path().join("clips").join(clip);
    // Three pairs of one speaker's clips with different labels, as CREMA-D has them.
    let mut pairs = Vec::new();
    for speaker in ["s001", "s002", "s003"] {
        let one = clips.iter().find(|c| c[2] == speaker && c[1] == "angry").unwrap()[0];
        let two = clips.iter().find(|c| c[2] == speaker && c[1] == "sad").unwrap()[0];
        std::fs::copy(at(one), at(two)).unwrap();
        pairs.push([one, two]);
    }
    let silent = clips.iter().find(|c| c[2] == "s004").unwrap()[0];
    let mut bytes = std::fs::read(at(silent)).unwrap();
    let samples = bytes.windows(4).position(|four| four == b"data").unwrap() + 8;
    bytes[samples..].fill(0);
    std::fs::write(at(silent), bytes).unwrap();

    let doctor = serlab(&folder).args(["corpus", "doctor", "small.toml"]).run();
    assert_eq!(doctor.code, 3, "{}", doctor.all());
    for [one, two] in &pairs {
        let named = |l: &str| l.contains(one) && l.contains(two) && l.contains("the same audio is labelled");
        assert!(doctor.out.lines().any(named), "{one} {two}: {}", doctor.out);
    }
    let named = |l: &str| l.contains(silent) && l.contains("silent");
    assert!(doctor.out.lines().any(named), "{}", doctor.out);
    let audit = serlab(&folder).args(["audit", "small.toml"]).run();
    assert!(audit.out.contains("6 clips in 3 groups have the same audio but different labels"), "{}", audit.all());

    // What it says to add to the spec makes the corpus a sound one.
    let advice = &doctor.out[doctor.out.find("[clips]").unwrap()..];
    let spec = std::fs::read_to_string(folder.path().join("small.toml")).unwrap();
    folder.write("small.toml", &format!("{spec}\n{advice}"));
    let cured = serlab(&folder).args(["corpus", "doctor", "small.toml"]).run();
    assert_eq!(cured.code, 0, "{}", cured.all());
    let run = serlab(&folder).args(["run", "small.toml", "--only", "1d-s0"]).run();
    assert_eq!(run.code, 0, "{}", run.all());
}

#[test]
fn a_clip_in_two_partitions_stops_a_run_before_it_trains() {
    let (folder, lines) = corpus();
    write_list(&folder, (lines.join("\n") + "\n").as_bytes());
    let partition = |speaker: &str| match speaker {
        "s006" => "test",
        "s005" => "validation",
        _ => "train",
    };
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut split: Vec<String> =
        lines[1..].iter().map(|l| cells(l)).map(|c| format!("{},{}", c[0], partition(&c[2]))).collect();
    let twice = cells(&lines[1])[0].clone();
    split.push(format!("{twice},test"));
    folder.write("split.csv", &format!("clip,partition\n{}\n", split.join("\n")));
    let spec = std::fs::read_to_string(folder.path().join("small.toml")).unwrap();
    let by_file = "[split.file]\npath = \"split.csv\"";
    folder.write("small.toml", &spec.replace("[split.speakers]\ntest = 0.3\nvalidation = 0.2", by_file));
    for verb in ["audit", "run"] {
        let ended = serlab(&folder).arg(verb).arg("small.toml").run();
        assert_eq!(ended.code, 3, "{}", ended.all());
        let said = format!("split.csv:{}: clip `{twice}` is already in train (line 2), here test", split.len() + 1);
        assert!(ended.err.contains(&said), "{said}: {}", ended.err);
    }
    assert!(folder.runs().is_empty());
}

#[test]
fn a_quote_that_swallows_rows_stops_plan_and_run_with_the_line_where_it_opens() {
    let (folder, mut lines) = corpus();
    lines[0] += ",text";
    lines[1..].iter_mut().for_each(|line| line.push_str(",kids are talking"));
    let whole = lines.clone();
    lines[20] = lines[20].replace("kids", "\"kids");
    let never = (lines.clone(), "list.csv:21: the quote that opens here is never closed");
    lines[40].push('"');
    let below =
        (lines, "list.csv:21: the quote that opens here closes in line 41, and the lines between look like rows");
    for (lines, said) in [never, below] {
        write_list(&folder, (lines.join("\n") + "\n").as_bytes());
        for verb in ["plan", "run", "audit"] {
            let ended = serlab(&folder).arg(verb).arg("small.toml").run();
            assert_eq!(ended.code, 3, "{}", ended.all());
            assert!(ended.err.contains(said), "{}", ended.err);
        }
        let doctor = serlab(&folder).args(["corpus", "doctor", "small.toml"]).run();
        assert!(doctor.code == 3 && doctor.err.contains(said), "{}", doctor.all());
    }
    assert!(folder.runs().is_empty());
    write_list(&folder, (whole.join("\n") + "\n").as_bytes());
    assert_eq!(serlab(&folder).args(["plan", "small.toml"]).run().code, 0);
}

#[test]
fn silent_clips_are_told_by_plan_and_run_also_once_they_are_known() {
    let (folder, lines) = corpus();
    write_list(&folder, (lines.join("\n") + "\n").as_bytes());
    let silent = lines[1].split(',').next().unwrap();
    let path = folder.path().join("clips").join(silent);
    let mut bytes = std::fs::read(&path).unwrap();
    let samples = bytes.windows(4).position(|four| four == b"data").unwrap() + 8;
    bytes[samples..].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let said = format!(
        "note: 1 clip is silent and used as any other: {silent}; `serlab corpus doctor small.toml` says what to leave out"
    );
    let plan = serlab(&folder).args(["plan", "small.toml"]).run();
    assert!(plan.code == 0 && plan.out.contains(&said), "{}", plan.all());
    let run = || serlab(&folder).args(["run", "small.toml", "--only", "1d-s0"]).run();
    for _ in 0..2 {
        let run = run();
        assert!(run.code == 0 && run.err.lines().any(|line| line == said), "{}", run.all());
    }
    let spec = std::fs::read_to_string(folder.path().join("small.toml")).unwrap();
    folder.write("small.toml", &format!("{spec}\n[clips]\nleave_out = [{silent:?}]\n"));
    assert!(!run().err.contains("silent"));
}

/// A corpus by its names, six speakers of CREMA-D with two labels, in the folder `clips` and again in each of `others`.
fn crema_d(others: &[&str]) -> Folder {
    let folder = Folder::new();
    folder.synthesize("made", &["speakers=6", "repetitions=1"]);
    let list = std::fs::read_to_string(folder.path().join("made/manifest.csv")).unwrap();
    let files: Vec<&str> = list.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    let sentences = ["DFA", "IEO", "IOM"];
    let mut next = files.iter();
    for speaker in 1001..1007 {
        for sentence in sentences {
            for emotion in ["ANG", "SAD"] {
                let made = folder.path().join("made").join(next.next().unwrap());
                for below in [&["clips"], others].concat() {
                    let name = folder.path().join(below).join(format!("{speaker}_{sentence}_{emotion}_XX.wav"));
                    std::fs::create_dir_all(name.parent().unwrap()).unwrap();
                    std::fs::copy(&made, name).unwrap();
                }
            }
        }
    }
    let corpus = "[corpus.crema-d]\nroot = \"clips\"\n";
    folder.write("small.toml", &SMALL.replace("[corpus.synth]\nspeakers = 6\nrepetitions = 1\n", corpus));
    folder
}

#[test]
fn a_corpus_that_contains_itself_is_refused_and_with_leave_out_used_once() {
    let folder = crema_d(&["clips/itself/again"]);
    let said = "there twice: itself/again/1001_DFA_ANG_XX.wav: the same clip as 1001_DFA_ANG_XX.wav";
    said_as_by_run(&folder, &[], 3, said);
    let doctor = serlab(&folder).args(["corpus", "doctor", "small.toml"]).run();
    assert!(doctor.out.contains("36 files are other copies of clips"), "{}", doctor.all());
    let audit = serlab(&folder).args(["audit", "small.toml", "--set", "clips.broken=leave-out"]).run();
    assert!(audit.code == 0 && !audit.out.contains("same audio"), "{}", audit.all());
}

/// That `plan` and `audit` end as `run` does, with the same words and nothing else.
fn said_as_by_run(folder: &Folder, sets: &[&str], code: i32, said: &str) {
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let [run, plan, audit] =
        ["run", "plan", "audit"].map(|verb| serlab(folder).args([verb, "small.toml"]).args(&sets).run());
    assert!(run.code == code && run.err.contains(said), "{said}: {}", run.all());
    for ended in [plan, audit] {
        assert_eq!(ended.all(), run.all(), "{said}");
    }
}

#[test]
fn what_is_wrong_with_a_published_corpus_is_said_by_plan_and_audit_as_by_run() {
    let folder = crema_d(&[]);
    said_as_by_run(&folder, &["corpus.crema-d.root="], 2, "corpus.crema-d.root is not set");
    let selected = ["clips.broken=leave-out", "clips.keep=[\"happy\", \"sad\"]"];
    said_as_by_run(&folder, &selected, 2, "clips.keep: no clip has the label `happy`");
    said_as_by_run(&folder, &["corpus.crema-d.root=made"], 3, "no clip in made; expected names as 1001_DFA_ANG_XX.wav");
    let table = folder.write("clips/VideoDemographics.csv", "ActorID,Age,Sex\n1001,\"51,Male\n");
    said_as_by_run(&folder, &[], 3, "VideoDemographics.csv:2: the quote that opens here is never closed");
    std::fs::remove_file(folder.path().join(table)).unwrap();
    folder.write("clips/1001_DFA_ANGRY_XX.wav", "");
    said_as_by_run(&folder, &[], 3, "misnamed: 1001_DFA_ANGRY_XX.wav: unknown emotion `ANGRY`");
    // Neither where the audio of another variant is only absent.
    let absent = "[variants.1d]\ncorpus.crema-d.root = \"nowhere\"\n";
    let spec = std::fs::read_to_string(folder.path().join("small.toml")).unwrap();
    folder.write("small.toml", &spec.replace("[variants.1d]\n", absent));
    for verb in ["plan", "audit"] {
        let ended = serlab(&folder).args([verb, "small.toml"]).run();
        assert!(ended.code == 3 && ended.err.contains("misnamed: 1001_DFA_ANGRY_XX.wav"), "{}", ended.all());
    }
}

#[test]
fn audio_that_is_only_absent_is_planned_and_audited_by_the_published_list() {
    let folder = crema_d(&[]);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for (root, why) in
        [("clips", "beside 36 clips"), ("empty", "found 0 other audio files"), ("nowhere", "nowhere is not a folder")]
    {
        let set = format!("corpus.crema-d.root={root}");
        for verb in ["plan", "audit"] {
            let ended = serlab(&folder).args([verb, "small.toml", "--set", &set]).run();
            let said = "By the published list of clips, for the corpus is not whole here: ";
            let told = ended.out.lines().any(|line| line.starts_with(said) && line.contains(why));
            assert!(ended.code == 0 && told, "{root}: {}", ended.all());
        }
        let run = serlab(&folder).args(["run", "small.toml", "--set", &set]).run();
        assert!(run.code == 3 && run.err.contains(why), "{root}: {}", run.all());
    }
}

#[test]
fn names_that_may_be_one_are_warned_of_by_the_doctor() {
    let (folder, mut lines) = corpus();
    lines[1] = lines[1].to_uppercase().replacen(
        &lines[1].split(',').next().unwrap().to_uppercase(),
        lines[1].split(',').next().unwrap(),
        1,
    );
    write_list(&folder, (lines.join("\n") + "\n").as_bytes());
    let doctor = serlab(&folder).args(["corpus", "doctor", "small.toml"]).run();
    assert!(doctor.out.contains("may be one: write them alike"), "{}", doctor.all());
}
