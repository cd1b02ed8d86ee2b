//! The room as a whole, on files written for the test and on real corpora where they are at hand.

mod faults;

use super::*;
use crate::audio::write_wav;
use crate::kind::Kinds;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if !path.exists() {
        crate::skip::skipped(format_args!("{} is not here", path.display()));
        return None;
    }
    Some(path)
}

/// A folder with a short tone of its own in each of these files.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (i, file) in files.iter().enumerate() {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let tone: Vec<f32> = (0..3_200).map(|t| 0.3 * (t as f32 * (0.05 + 0.01 * i as f32)).sin()).collect();
        write_wav(&path, &tone, 16_000).unwrap();
    }
    folder
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn ids(clips: &[Clip]) -> Vec<&str> {
    clips.iter().map(|c| c.id.as_str()).collect()
}

/// The corpus of this kind in `root`.
fn at(kind: &str, root: &Path) -> Corpus {
    let root = BTreeMap::from([("root", text(root))]);
    toml::Value::try_from(BTreeMap::from([(kind, root)])).unwrap().try_into().unwrap()
}

#[test]
fn every_kind_asks_for_what_it_needs_and_finds_it() {
    for info in Corpus::all() {
        let empty = Corpus::of_name(info.name).unwrap();
        if info.name == "synth" {
            assert!(!empty.clips().unwrap().clips.is_empty());
            continue;
        }
        assert!(empty.clips().unwrap_err().to_string().contains("is not set; name the"), "{}", info.name);
        let example = empty.kind().example();
        if example.is_empty() {
            continue;
        }
        let folder = folder(&[example, "notes/odd name.wav", ".hidden.wav"]);
        let corpus = at(info.name, folder.path());
        let found = corpus.clips().unwrap();
        assert_eq!(ids(&found.clips), [example], "{}", info.name);
        assert!(LABELS.contains(&found.clips[0].label.as_str()));
        assert!(found.misnamed[0].starts_with("notes/odd name.wav: "), "{:?}", found.misnamed);
        assert!(found.clips[0].audio().is_ok());
        let refusal = found.clone().accept(Broken::Refuse).unwrap_err().to_string();
        assert!(refusal.contains("misnamed, missing or there twice") && refusal.contains("odd name"), "{refusal}");
        assert_eq!(found.accept(Broken::LeaveOut).unwrap().len(), 1);
    }
}

#[test]
fn a_folder_without_clips_says_what_was_expected() {
    let folder = folder(&["a.wav"]);
    let said = Corpus::Ravdess(Ravdess { root: text(folder.path()) }).clips().unwrap_err().to_string();
    assert!(said.contains("expected names as Actor_12/03-01-06-01-02-01-12.wav, found 1 other"), "{said}");
    let said = Corpus::EmoDb(EmoDb { root: text(&folder.path().join("no")) }).clips().unwrap_err().to_string();
    assert!(said.contains("no is not a folder"), "{said}");
}

#[test]
fn every_crema_d_name_gives_what_the_index_says() {
    let Some(index) = shared("crema-d/index.csv") else { return };
    let (listed, facts) = crema_d::index(&index).unwrap();
    assert_eq!(listed.len(), 7_442);
    let (mut labels, mut sexes, mut speakers) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for row in csv::Reader::from_path(index).unwrap().into_deserialize::<BTreeMap<String, String>>().map(Result::unwrap)
    {
        let named = crema_d::parse(row["file"].trim_end_matches(".wav")).unwrap();
        let word = match row["emotion"].as_str() {
            "ANG" => "angry",
            "DIS" => "disgust",
            "FEA" => "fearful",
            "HAP" => "happy",
            "NEU" => "neutral",
            _ => "sad",
        };
        assert_eq!((named.label, &named.speaker, &named.columns["sentence"]), (word, &row["actor"], &row["sentence"]));
        let sex = &facts[&row["file"]]["sex"];
        assert_eq!(&named.columns["sex"], sex);
        *labels.entry(named.label).or_insert(0) += 1;
        if speakers.insert(named.speaker) {
            *sexes.entry(sex.clone()).or_insert(0) += 1;
        }
    }
    assert_eq!(labels.values().copied().collect::<Vec<i32>>(), [1271, 1271, 1271, 1271, 1087, 1271]);
    assert_eq!((sexes["male"], sexes["female"], speakers.len()), (48, 43, 91));
}

#[test]
fn the_published_names_of_crema_d_are_those_of_its_index() {
    let names = crema_d::published_names();
    assert_eq!(names.len(), 7_442);
    let published = CremaD { root: "anywhere".to_owned() }.published().unwrap();
    let counts = |of: fn(&Clip) -> &str| published.clips.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!([counts(|c| &c.speaker), counts(|c| &c.label), counts(|c| &c.columns["sentence"])], [91, 6, 12]);
    let Some(index) = shared("crema-d/index.csv") else { return };
    let listed: BTreeSet<String> = crema_d::index(&index).unwrap().0.into_iter().collect();
    assert_eq!(names.into_iter().map(|name| format!("{name}.wav")).collect::<BTreeSet<_>>(), listed);
}

#[test]
fn the_clips_of_each_speaker_are_known_without_the_corpus() {
    let known = |name: &str| Corpus::of_name(name).unwrap().published_clips();
    let counts = |name: &str| {
        let mut counts: Vec<usize> = known(name).unwrap().into_values().collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!(counts("crema-d"), [vec![76; 3], vec![81; 2], vec![82; 86]].concat());
    assert_eq!(counts("ravdess"), [60; 24]);
    assert_eq!(counts("emodb"), [35, 38, 43, 49, 55, 56, 58, 61, 69, 71]);
    assert_eq!(counts("savee"), [120; 4]);
    assert_eq!(counts("tess"), [1_400; 2]);
    assert_eq!((known("manifest"), known("synth")), (None, None));
    assert_eq!(known("crema-d").unwrap()["1008"], 76);
    let Some(root) = shared("ravdess") else { return };
    let found = Corpus::Ravdess(Ravdess { root: text(&root) }).clips().unwrap();
    assert_eq!(known("ravdess"), Some(per_speaker(found.clips.into_iter().map(|clip| clip.speaker))));
}

#[test]
fn crema_d_takes_its_index_and_says_what_is_missing() {
    let Some(root) = shared("crema-d") else { return };
    let found = Corpus::CremaD(CremaD { root: text(&root) }).clips().unwrap();
    let there = std::fs::read_dir(root.join("AudioWAV")).unwrap().count();
    assert_eq!((found.clips.len(), found.missing.len(), found.misnamed.len()), (there, 7_442 - there, 0));
    let clip = &found.clips[0];
    assert_eq!(
        (clip.id.as_str(), clip.column("age"), clip.column("voice_vote")),
        ("1001_DFA_ANG_XX.wav", Some("51"), Some("A"))
    );
    assert_eq!((clip.column("sex"), clip.column("voice_a"), clip.column("actor")), (Some("male"), None, None));
    let heard = survey(&found.clips, &|| {});
    assert!(heard.iter().all(|h| h.as_ref().unwrap().is_original), "hashes equal to the index");
    let inner = Corpus::CremaD(CremaD { root: text(&root.join("AudioWAV")) }).clips().unwrap();
    assert_eq!(ids(&inner.clips), ids(&found.clips), "the same ids from either folder");
}

#[test]
fn crema_d_reads_the_table_of_actors_that_comes_with_it() {
    let folder = folder(&["AudioWAV/1040_ITH_SAD_X.wav"]);
    let table = "ActorID,Age,Sex,Race,Ethnicity\n1040,42,Male,Asian,Not Hispanic\n";
    std::fs::write(folder.path().join("VideoDemographics.csv"), table).unwrap();
    let clip = &Corpus::CremaD(CremaD { root: text(folder.path()) }).clips().unwrap().clips[0];
    assert_eq!(
        (clip.column("age"), clip.column("sex"), clip.column("intensity")),
        (Some("42"), Some("male"), Some("unspecified"))
    );
}

#[test]
fn ravdess_is_read_whole_with_its_one_duplicate() {
    let Some(root) = shared("ravdess") else { return };
    let found = Corpus::Ravdess(Ravdess { root: text(&root) }).clips().unwrap();
    assert_eq!((found.clips.len(), found.misnamed.len()), (1_440, 0));
    let mut found = found;
    if cfg!(debug_assertions) {
        // Decoding all of it takes a second when optimised and a minute when not.
        found.clips.retain(|clip| clip.speaker == "07");
    }
    let heard = survey(&found.clips, &|| {});
    let stats = stats(&found, &heard);
    assert_eq!(stats.unreadable, 0);
    assert!(stats.speakers.values().all(|n| *n == 60));
    assert_eq!(stats.sample_rates_hz, BTreeMap::from([(16_000, found.clips.len())]));
    if stats.speakers.len() == 24 {
        assert_eq!(stats.labels.values().copied().collect::<Vec<_>>(), [192, 192, 192, 192, 192, 96, 192, 192]);
        assert!((stats.hours - 1.48).abs() < 0.01, "{}", stats.hours);
    }
    let findings = examine(&found, &heard);
    let duplicates: Vec<&Finding> = findings.iter().filter(|f| f.concern == Concern::Duplicate).collect();
    assert_eq!(duplicates.len(), 1);
    assert_eq!(duplicates[0].leave_out, ["Actor_07/03-01-03-01-02-02-07.flac"]);
    assert!(findings.iter().all(|f| f.severity != Severity::Error), "{findings:?}");
}

#[test]
fn songs_and_videos_of_ravdess_are_ignored_and_nothing_else() {
    let folder = folder(&[
        "03-01-02-01-01-01-01.wav",
        "03-02-02-01-01-01-01.wav",
        "01-01-02-01-01-01-01.wav",
        "03-01-09-01-01-01-01.wav",
    ]);
    let found = Corpus::Ravdess(Ravdess { root: text(folder.path()) }).clips().unwrap();
    assert_eq!((found.clips.len(), found.ignored.len(), found.misnamed.len()), (1, 2, 1));
    assert_eq!((found.clips[0].label.as_str(), found.clips[0].column("sex")), ("calm", Some("male")));
    assert!(found.misnamed[0].contains("unknown emotion `09`, known are 01, 02"), "{:?}", found.misnamed);
}

#[test]
fn the_doctor_names_every_fault_and_what_to_leave_out() {
    let files = ["a.wav", "b.wav", "c.wav", "d.wav", "e.wav", "f.wav", "g.wav", "h.wav"];
    let folder = folder(&files);
    let at = |name: &str| folder.path().join(name);
    std::fs::copy(at("a.wav"), at("b.wav")).unwrap(); // the same, another label
    std::fs::copy(at("c.wav"), at("d.wav")).unwrap(); // the same, the same label
    write_wav(&at("e.wav"), &[0.0; 16_000], 16_000).unwrap();
    write_wav(&at("f.wav"), &[0.1, 0.2], 16_000).unwrap();
    std::fs::write(at("g.wav"), "not audio").unwrap();
    write_wav(&at("h.wav"), &[1.0; 8_000], 8_000).unwrap();
    let rows: String =
        files.iter().map(|f| format!("{f},{},s\n", if *f == "a.wav" { "sad" } else { "happy" })).collect();
    std::fs::write(at("list.csv"), format!("file,label,speaker\n{rows}")).unwrap();
    let found = Corpus::Manifest(Manifest { path: text(&at("list.csv")), ..Default::default() }).clips().unwrap();
    let heard = survey(&found.clips, &|| {});
    let findings = examine(&found, &heard);
    let said: Vec<(Concern, Vec<&str>, usize)> =
        findings.iter().map(|f| (f.concern, f.clips.iter().map(String::as_str).collect(), f.leave_out.len())).collect();
    let expected = [
        (Concern::Unreadable, vec!["g.wav"], 1),
        (Concern::ConflictingLabels, vec!["a.wav", "b.wav"], 2),
        (Concern::Silent, vec!["e.wav"], 1),
        (Concern::TooShort, vec!["f.wav"], 1),
        (Concern::Clipped, vec!["h.wav"], 0),
        (Concern::Duplicate, vec!["c.wav", "d.wav"], 1),
        (Concern::MixedRates, vec!["h.wav"], 0),
    ];
    assert_eq!(said, expected);
    let duplicate = findings.iter().find(|f| f.concern == Concern::Duplicate).unwrap().text();
    assert_eq!(duplicate, "warning: c.wav, d.wav: the same audio 2 times; the first is enough; leave out d.wav");
    assert!(stats(&found, &heard).text().starts_with("8 clips, 1 speakers, 2 labels, 0.00 h; 1 cannot be decoded"));
}

#[test]
fn a_manifest_reports_all_its_problems_by_line() {
    let folder = folder(&["a.wav", "b.wav"]);
    let path = folder.path().join("list.csv");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Corpus::Manifest(Manifest { path: text(&path), ..Default::default() }).clips()
    };
    let bad = b"file,label,speaker\na.wav,sad,1\n./a.wav,sad,1\ngone.wav,sad,1\nb.wav,,\nb.wav,\xE4,2\n,sad,1\n";
    let said = read(bad).unwrap_err().to_string();
    for part in [
        "list.csv: 6 problems",
        "list.csv:3: `a.wav` is listed already in line 2",
        "list.csv:4: there is no file",
        "list.csv:5: no label",
        "list.csv:5: no speaker",
        "list.csv:6: is not UTF-8",
        "list.csv:7: no file",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(
        read(b"path,label\na.wav,sad\n")
            .unwrap_err()
            .to_string()
            .contains("1: no column `file`; there are path, label")
    );
    assert!(read(b"").unwrap_err().to_string().contains("the file is empty"));
    let many: String = (0..150).map(|i| format!("no-{i}.wav,sad,1\n")).collect();
    let said = read(format!("file,label,speaker\n{many}").as_bytes()).unwrap_err().to_string();
    assert!(said.lines().count() == 102 && said.ends_with("... and 50 more"), "{said}");
    let good = read("\u{feff}file;label;speaker;sex\r\nb.wav;Zorn;2;f\r\na.wav;Zorn;1;\r\n".as_bytes()).unwrap();
    assert_eq!(ids(&good.clips), ["a.wav", "b.wav"]);
    assert_eq!((good.clips[1].column("sex"), good.clips[0].column("sex")), (Some("f"), None));
}

#[test]
fn a_written_corpus_reads_back_with_the_same_sound_labels_and_columns() {
    let synth = Synth { speakers: 2, sentences: 1, repetitions: 1, ..Default::default() };
    let clips = Corpus::Synth(synth).clips().unwrap().clips;
    let folder = tempfile::tempdir().unwrap();
    let list = write(&clips, folder.path()).unwrap();
    let back = Corpus::Manifest(Manifest { path: text(&list), ..Default::default() }).clips().unwrap().clips;
    assert_eq!(ids(&back), ids(&clips));
    for (a, b) in clips.iter().zip(&back) {
        assert_eq!((&a.label, &a.speaker, &a.columns), (&b.label, &b.speaker, &b.columns));
        assert_eq!(a.audio().unwrap().samples, b.audio().unwrap().samples);
    }
    assert!(write(&clips, folder.path()).unwrap_err().to_string().contains("it exists already; name another folder"));
}

#[test]
fn the_fingerprint_follows_content_and_not_the_place() {
    let (one, two) = (folder(&["DC/a01.wav", "DC/h01.wav"]), folder(&["DC/a01.wav", "DC/h01.wav"]));
    let print = |folder: &tempfile::TempDir| {
        let found = Corpus::Savee(Savee { root: text(folder.path()) }).clips().unwrap();
        fingerprint(&found.clips).unwrap()
    };
    assert_eq!(print(&one), print(&two));
    write_wav(&two.path().join("DC/a01.wav"), &[0.5; 100], 16_000).unwrap();
    assert_ne!(print(&one), print(&two));
}
