//! Corpora that are not what they should be: parts of files, copies, gaps, names that may be one.

use super::*;
use crate::audio;

fn listed(folder: &Path, list: &str) -> Result<Found, CorpusError> {
    let path = folder.join("list.csv");
    std::fs::write(&path, list).unwrap();
    Corpus::Manifest(Manifest { path: text(&path), ..Default::default() }).clips()
}

#[test]
fn a_clip_may_be_a_part_of_a_file_and_is_known_by_its_times() {
    let folder = folder(&["talk.wav", "copy.wav"]);
    std::fs::copy(folder.path().join("talk.wav"), folder.path().join("copy.wav")).unwrap();
    let list = "file,start,end,label,speaker,text\ntalk.wav,0.05,0.1,sad,s1,no\ntalk.wav,0.10,,happy,s2,\n\
                talk.wav,,0.05,sad,s1,\ncopy.wav,0.05,0.1,sad,s1,\ncopy.wav,,,sad,s1,\ncopy.wav,0,0.2,sad,s1,\n";
    let found = listed(folder.path(), list).unwrap();
    let expected =
        ["copy.wav", "copy.wav#0-0.2", "copy.wav#0.05-0.1", "talk.wav#0-0.05", "talk.wav#0.05-0.1", "talk.wav#0.1-"];
    assert_eq!(ids(&found.clips), expected);
    assert_eq!(found.clips[4].columns, BTreeMap::from([("text".to_owned(), "no".to_owned())]));
    let whole = audio::decode(&folder.path().join("talk.wav")).unwrap().samples;
    let samples = |clip: usize| found.clips[clip].audio().unwrap().samples;
    assert_eq!((samples(3), samples(4)), (whole[..800].to_vec(), whole[800..1_600].to_vec()));
    assert_eq!((samples(5), samples(1)), (whole[1_600..].to_vec(), whole.clone()));
    // The content follows the times, and each clip's is the same alone and among others.
    let all = contents(&found.clips).unwrap();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 5, "the same part of the same bytes is the same");
    assert!(found.clips.iter().zip(&all).all(|(clip, content)| clip.content().unwrap() == *content));
    // The sound is that of the part: parts of two files are twins, and so is a file and all of it.
    let heard = survey(&found.clips, &|| {});
    let twins: Vec<Finding> = examine(&found, &heard).into_iter().filter(|f| f.concern == Concern::Duplicate).collect();
    let clips: Vec<&[String]> = twins.iter().map(|f| f.clips.as_slice()).collect();
    assert_eq!(clips, [&["copy.wav", "copy.wav#0-0.2"][..], &["copy.wav#0.05-0.1", "talk.wav#0.05-0.1"]]);
    assert!((heard[4].as_ref().unwrap().seconds - 0.05).abs() < 1e-9);
}

#[test]
fn parts_that_a_file_cannot_have_are_named_by_their_row() {
    let folder = folder(&["talk.wav"]);
    let list = "file,start,end,label,speaker\ntalk.wav,0.1,0.05,sad,1\ntalk.wav,0.1,0.1,sad,1\ntalk.wav,-1,,sad,1\n\
                talk.wav,0:01,nan,sad,1\ntalk.wav,0,0.1,sad,1\ntalk.wav,,0.10,sad,1\n";
    let said = listed(folder.path(), list).unwrap_err().to_string();
    for part in [
        "list.csv:2: ends at 0.05 s, which is not after its start at 0.1 s",
        "list.csv:3: ends at 0.1 s, which is not after its start at 0.1 s",
        "list.csv:4: the start, `-1`, is no number of seconds; mend it, or set corpus.manifest.start = \"\"",
        "list.csv:5: the start, `0:01`, is no number",
        "list.csv:5: the end, `nan`, is no number",
        "list.csv:7: `talk.wav#0-0.1` is listed already in line 6",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let beyond = listed(folder.path(), "file,start,end,label,speaker\ntalk.wav,0.1,0.5,sad,1\n").unwrap();
    let said = beyond.clips[0].audio().unwrap_err().to_string();
    assert!(
        said.contains("list.csv:2: ") && said.contains("is 0.200 s long, and a clip from 0.1 s to 0.5 s"),
        "{said}"
    );
    // Columns that say something else are left alone where the spec says so, and asked for where it names them.
    let path = text(&folder.path().join("list.csv"));
    let plain = Manifest { path: path.clone(), start: String::new(), end: String::new(), ..Default::default() };
    assert_eq!(Corpus::Manifest(plain).clips().unwrap().clips[0].column("start"), Some("0.1"));
    let asked = Manifest { path, start: "onset".to_owned(), ..Default::default() };
    let said = Corpus::Manifest(asked).clips().unwrap_err().to_string();
    assert!(said.contains("1: no column `onset`; there are file, start, end"), "{said}");
}

#[test]
fn a_label_that_goes_over_several_lines_is_a_quote_left_open() {
    let folder = folder(&["a.wav", "b.wav"]);
    let said = listed(folder.path(), "file,label,speaker\na.wav,\"sad\nangry\",1\n").unwrap_err().to_string();
    assert!(said.contains("list.csv:2: the label goes over several lines; is a quote left open?"), "{said}");
    let said = listed(folder.path(), "file,label,speaker,text\na.wav,sad,1,\"no\nb.wav,sad,1,no\n").unwrap_err();
    assert!(said.to_string().contains("list.csv: 1 problem; mend the list\n"), "{said}");
    assert!(said.to_string().contains("list.csv:2: the quote that opens here is never closed"), "{said}");
}

#[test]
fn a_table_that_comes_with_a_corpus_is_sound_or_refused() {
    let folder = folder(&["AudioWAV/1040_ITH_SAD_X.wav"]);
    std::fs::write(folder.path().join("VideoDemographics.csv"), "ActorID,Age,Sex\n1040,\"42,Male\n1041,40,Male\n")
        .unwrap();
    let said = Corpus::CremaD(CremaD { root: text(folder.path()) }).clips().unwrap_err().to_string();
    assert!(said.contains("VideoDemographics.csv:2: the quote that opens here is never closed"), "{said}");
}

#[test]
fn a_clip_that_is_there_twice_is_refused_with_both_names_or_used_once() {
    let folder = folder(&[
        "AudioMP3/1001_DFA_ANG_XX.mp3",
        "Sounds/1001_DFA_ANG_XX.wav",
        "Sounds/1040_ITH_SAD_X.wav",
        "Sounds/deeper/1040_ITH_SAD_XX.wav",
        "Sounds/1001_DFA_SAD_XX.wav",
    ]);
    let found = Corpus::CremaD(CremaD { root: text(folder.path()) }).clips().unwrap();
    let kept = ["Sounds/1001_DFA_ANG_XX.wav", "Sounds/1001_DFA_SAD_XX.wav", "Sounds/1040_ITH_SAD_X.wav"];
    assert_eq!(ids(&found.clips), kept);
    let again = [
        "AudioMP3/1001_DFA_ANG_XX.mp3: the same clip as Sounds/1001_DFA_ANG_XX.wav",
        "Sounds/deeper/1040_ITH_SAD_XX.wav: the same clip as Sounds/1040_ITH_SAD_X.wav",
    ];
    assert_eq!(found.again, again);
    let refused = Found { missing: Vec::new(), ..found.clone() }.accept(Broken::Refuse).unwrap_err().to_string();
    assert!(
        refused.starts_with("2 of 5 files are other copies of the same clips; name the folder of one copy"),
        "{refused}"
    );
    assert!(refused.contains(&format!("\n  there twice: {}", again[0])), "{refused}");
    let findings = examine(&found, &survey(&found.clips, &|| {}));
    let twice = findings.iter().find(|f| f.concern == Concern::ThereTwice).unwrap();
    assert_eq!((twice.severity, twice.clips.as_slice()), (Severity::Warning, &found.again[..]));
    assert_eq!(found.accept(Broken::LeaveOut).unwrap().len(), 3);
}

#[test]
fn an_archive_that_contains_itself_is_told_for_every_corpus() {
    for kind in Corpus::NAMES {
        let example = Corpus::of_name(kind).unwrap().kind().example();
        if example.is_empty() {
            continue;
        }
        let folder = folder(&[example, &format!("itself/{example}")]);
        let found = at(kind, folder.path()).clips().unwrap();
        assert_eq!((ids(&found.clips), found.again.len()), (vec![example], 1), "{kind}: {:?}", found.again);
    }
}

#[test]
fn what_is_missing_of_a_published_corpus_is_known() {
    assert_eq!([ravdess::published_names().len(), savee::published_names().len()], [1_440, 480]);
    for name in ravdess::published_names() {
        assert!(ravdess::parse(&name).is_ok(), "{name}");
    }
    for name in savee::published_names() {
        assert!(savee::parse(&name).is_ok(), "{name}");
    }
    let missing = |kind: &str, files: &[&str]| {
        let folder = folder(files);
        at(kind, folder.path()).clips().unwrap().missing
    };
    let ravdess = missing("ravdess", &["Actor_12/03-01-06-01-02-01-12.wav"]);
    assert!(ravdess.len() == 1_439 && !ravdess.iter().any(|name| name.contains("03-01-06-01-02-01-12")));
    let savee = missing("savee", &["DC/a01.wav", "KL_su15.wav"]);
    assert!(savee.len() == 478 && savee[0] == "DC_a02", "{:?}", &savee[..2]);
    let tess = missing("tess", &["OA_bite_neutral.wav", "YAF_bite_Sad.wav", "YAF_dog_ps.wav"]);
    assert_eq!((tess.len(), tess.last().unwrap().as_str()), (2 * 14 - 3 + 1, "all 14 clips of 198 of the 200 words"));
    assert!(tess.contains(&"OAF_bite_sad".to_owned()) && !tess.contains(&"OAF_bite_neutral".to_owned()));
    assert_eq!(missing("emodb", &["03a01Fa.wav"]), ["534 of the 535 published clips, whose names follow no rule"]);
    let Some(root) = shared("ravdess") else { return };
    assert_eq!(Corpus::Ravdess(Ravdess { root: text(&root) }).clips().unwrap().missing, Vec::<String>::new());
}

#[test]
fn files_that_are_passed_over_are_counted_by_reason() {
    let folder = folder(&["03-01-02-01-01-01-01.wav", "03-02-02-01-01-01-01.wav", "03-02-02-01-01-02-01.wav"]);
    std::fs::write(folder.path().join("03-01-02-01-01-02-01.M4A"), "x").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
    let found = Corpus::Ravdess(Ravdess { root: text(folder.path()) }).clips().unwrap();
    let unread = "a .m4a file; WAV, FLAC, MP3 and OGG Vorbis are read";
    assert_eq!(found.passed_over(), [("a song".to_owned(), 2), (unread.to_owned(), 1)]);
    let heard = survey(&found.clips, &|| {});
    let said: Vec<String> = examine(&found, &heard).iter().map(Finding::text).collect();
    let songs = "note: 03-02-02-01-01-01-01.wav, 03-02-02-01-01-02-01.wav: 2 passed over: a song";
    assert!(said.iter().any(|line| line == songs), "{said:?}");
    let said = stats(&found, &heard).text();
    assert!(
        said.contains("not there     1439 that")
            && said.contains("passed over   1: a .m4a")
            && said.contains("passed over   2: a song"),
        "{said}"
    );
}

#[test]
fn labels_and_speakers_that_may_be_one_or_none_are_reported() {
    let folder = folder(&["a.wav", "b.wav", "c.wav", "d.wav"]);
    let list = "File;Label;SPEAKER\na.wav;caf\u{e9};s1\nb.wav;cafe\u{301};S01\nc.wav;sad;NA\nd.wav;nan;s2\n";
    let found = listed(folder.path(), list).unwrap();
    let findings = examine(&found, &survey(&found.clips, &|| {}));
    let of = |concern| findings.iter().filter(|f| f.concern == concern).map(Finding::text).collect::<Vec<_>>();
    assert_eq!(
        of(Concern::LookalikeNames),
        [
            "warning: b.wav, a.wav: the labels `cafe\\u{301}` (1 clip) and `caf\u{e9}` (1 clip) may be one: write them alike",
            "warning: b.wav, a.wav: the speakers `S01` (1 clip) and `s1` (1 clip) may be one: write them alike",
        ]
    );
    assert_eq!(
        of(Concern::BlankNames),
        [
            "warning: c.wav: the speaker `NA` of 1 clip reads as a missing value: fill it in, or leave out what has it",
            "warning: d.wav: the label `nan` of 1 clip reads as a missing value: fill it in, or leave out what has it",
        ]
    );
}

#[test]
fn segments_that_overlap_are_told_with_what_to_leave_out_where_speakers_differ() {
    let folder = folder(&["a.wav", "b.wav"]);
    let list = "file,label,speaker,start,end\na.wav,x,01,0,0.1\na.wav,x,01b,0.05,0.15\na.wav,x,02,0.15,0.2\n\
                b.wav,x,01,0,0.12\nb.wav,y,01,0.1,0.2\n";
    let found = listed(folder.path(), list).unwrap();
    let findings = examine(&found, &survey(&found.clips, &|| {}));
    let of = findings.iter().filter(|f| f.concern == Concern::Overlapping).map(Finding::text).collect::<Vec<_>>();
    assert_eq!(
        of,
        [
            "error: a.wav#0-0.1, a.wav#0.05-0.15: parts of one file that overlap in time, of different speakers: a split by \
             speaker shares their audio; leave out a.wav#0.05-0.15",
            "warning: b.wav#0-0.12, b.wav#0.1-0.2: parts of one file that overlap in time: in two partitions they share \
             audio; keep them together, as by speaker",
        ]
    );
}

#[test]
fn a_corpus_without_a_clip_that_can_be_decoded_has_no_lengths() {
    let folder = folder(&["a.wav"]);
    std::fs::write(folder.path().join("a.wav"), "no audio").unwrap();
    let found = listed(folder.path(), "file,label,speaker\na.wav,x,1\n").unwrap();
    let said = stats(&found, &survey(&found.clips, &|| {})).text();
    assert!(
        said.starts_with("1 clips, 1 speakers, 1 labels, 0.00 h; 1 cannot be decoded\nno clip can be decoded"),
        "{said}"
    );
    assert!(!said.contains("sample rates") && !said.contains("-0.00"), "{said}");
}
