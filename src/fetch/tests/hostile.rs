//! Servers that mean harm: nothing outside the output is written, nothing panics, nothing is read without an end.

use super::server::{Plan, Server, clips, pointer, tar_gz};
use super::*;
use proptest::prelude::*;

/// Fetches from an archive of these entries: the error, and what lies around the output afterwards.
fn from_archive(entries: &[(&str, u8, &[u8])]) -> (String, Vec<String>) {
    let entries: Vec<(String, u8, Vec<u8>)> =
        entries.iter().map(|(name, kind, content)| ((*name).to_owned(), *kind, content.to_vec())).collect();
    from_bytes(tar_gz(&entries))
}

fn from_bytes(archive: Vec<u8>) -> (String, Vec<String>) {
    let server = Server::start(&clips(1), Plan { archive: Some(Ok(archive)), ..Plan::default() });
    let folder = tempfile::tempdir().unwrap();
    let options = Options { tries: 2, ..hasty() };
    let result = fetch(&source(&server), &folder.path().join("out"), &options, &());
    let around = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().to_str().unwrap().to_owned());
    (result.map(|report| format!("{report:?}")).unwrap_or_else(|e| e.to_string()), around.collect())
}

#[test]
fn entries_that_lead_elsewhere_are_refused() {
    let wav: &[u8] = b"RIFF";
    for (name, kind, why) in [
        ("r/AudioWAV/../../../evil.wav", b'0', "leads out of the archive"),
        ("../AudioWAV/a.wav", b'0', "leads out of the archive"),
        ("/r/AudioWAV/a.wav", b'0', "leads out of the archive"),
        ("r/AudioWAV/a.wav", b'2', "is a link or another special file"),
        ("r/AudioWAV/a.wav", b'1', "is a link or another special file"),
        ("r/AudioWAV/a.wav", b'3', "is a link or another special file"),
        ("r/LICENSE.txt", b'2', "is a link or another special file"),
    ] {
        let (error, around) = from_archive(&[("r/AudioWAV/ok.wav", b'0', wav), (name, kind, b"")]);
        assert!(error.contains(why), "{name}: {error}");
        assert_eq!(around, ["out"]);
    }
}

#[test]
fn names_that_are_not_plain_are_passed_over() {
    let names =
        ["r/AudioWAV/a b.wav", "r/AudioWAV/nul.wav", "r/AudioWAV/.a.wav", "r/AudioWAV/..\\a.wav", "r/AudioWAV/a.mp3"];
    let mut entries: Vec<(&str, u8, &[u8])> = names.iter().map(|name| (*name, b'0', &b"RIFF"[..])).collect();
    entries.push(("r/AudioWAV/a.wav", b'0', b"RIFF"));
    let (report, around) = from_archive(&entries);
    assert!(report.contains("ended: Complete, clips: 1,"), "{report}");
    assert_eq!(report.matches("was passed over").count(), names.len(), "{report}");
    assert_eq!(around, ["out"]);
}

#[test]
fn archives_that_are_not_this_corpus_say_so() {
    let lying = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
    let hash = "0".repeat(64);
    let huge = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{hash}\nsize 18446744073709551615\n");
    let one = pointer(b"one");
    for (entries, why) in [
        (vec![("r/README.md", b'0', &b"x"[..])], "there is no clip in a folder AudioWAV"),
        (vec![], "there is no clip in a folder AudioWAV"),
        (vec![("r/AudioWAV/a.wav", b'0', &lying[..])], "AudioWAV/a.wav is a Git LFS pointer without"),
        (vec![("r/AudioWAV/a.wav", b'0', huge.as_bytes())], "would have 18446744073709551615 bytes"),
        (vec![("r/AudioWAV/a.wav", b'0', &one[..]), ("r/AudioWAV/A.wav", b'0', &one[..])], "would be one file"),
        (vec![("x", b'L', &[b'a'; 70_000][..])], "the name of one of its entries would have 70000 bytes"),
    ] {
        let (error, _) = from_archive(&entries);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn longer_names_are_understood_and_not_believed() {
    let path = |path: &str| format!("{} path={path}\n", path.len() + 9);
    let evil = path("r/AudioWAV/../../e.wav");
    let (error, _) = from_archive(&[("x", b'x', evil.as_bytes()), ("r/AudioWAV/a.wav", b'0', b"RIFF")]);
    assert!(error.contains("leads out of the archive"), "{error}");
    let (error, _) = from_archive(&[("x", b'L', b"/etc/passwd\0"), ("r/AudioWAV/a.wav", b'0', b"RIFF")]);
    assert!(error.contains("leads out of the archive"), "{error}");
    let good = path("r/AudioWAV/good.wav");
    let (report, _) = from_archive(&[("x", b'x', good.as_bytes()), ("r/other", b'0', b"RIFF")]);
    assert!(report.contains("ended: Complete, clips: 1,"), "{report}");
}

#[test]
fn a_missing_branch_is_said_at_once() {
    let server = Server::start(&clips(1), Plan { archive: Some(Err(404)), ..Plan::default() });
    let folder = tempfile::tempdir().unwrap();
    let error = quietly(&server, folder.path()).unwrap_err().to_string();
    assert!(error.contains("master.tar.gz: the server answers 404\nname another copy with --from"), "{error}");
    server.log(|log| assert_eq!(log.archives, 1));
}

#[test]
fn a_used_up_budget_is_told_in_the_servers_words() {
    let said = r#"{"message":"This repository exceeded its LFS budget.\u001b[2J","request_id":"1"}"#;
    let server = Server::start(&clips(3), Plan { batch_answer: Some((403, said.to_owned())), ..Plan::default() });
    let folder = tempfile::tempdir().unwrap();
    let error = quietly(&server, folder.path()).unwrap_err().to_string();
    assert!(error.contains("the server answers 403: This repository exceeded its LFS budget.[2J\n"), "{error:?}");
    assert!(error.ends_with("0 of 3 clips are there and whole; the same command goes on with the others"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_folder_or_a_clip_is_never_followed() {
    use std::os::unix::fs::symlink;
    let clips = clips(2);
    let server = Server::start(&clips, Plan::default());
    let folder = tempfile::tempdir().unwrap();
    let (elsewhere, output) = (folder.path().join("elsewhere"), folder.path().join("out"));
    std::fs::create_dir_all(&elsewhere).unwrap();
    std::fs::create_dir_all(&output).unwrap();
    symlink(&elsewhere, output.join("AudioWAV")).unwrap();
    let error = quietly(&server, &output).unwrap_err();
    assert!(matches!(error, FetchError::Folder { .. }), "{error}");

    std::fs::remove_file(output.join("AudioWAV")).unwrap();
    std::fs::create_dir(output.join("AudioWAV")).unwrap();
    let precious = folder.path().join("precious");
    std::fs::write(&precious, "precious").unwrap();
    symlink(&precious, output.join("AudioWAV").join(&clips[0].0)).unwrap();
    symlink(&precious, output.join("AudioWAV").join(format!("{}.part", clips[1].0))).unwrap();
    quietly(&server, &output).unwrap();
    assert_whole(&output, &clips);
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn odd_answers_about_objects_end_in_an_error_and_not_in_a_panic() {
    let clips = clips(1);
    let oid = super::server::sha256(&clips[0].1);
    let server = Server::start(&clips, Plan::default());
    let link = |href: &str| {
        let download = serde_json::json!({ "href": href, "header": { "a b": "c", "X": "d\r\ne" } });
        serde_json::json!({ "objects": [{ "oid": oid, "actions": { "download": download } }] }).to_string()
    };
    let odd =
        ["http://", "http:///a", "http://[::1", "http://127.0.0.1:99999/", "http://a b/", "http://:80/", "http://é/"];
    let bodies = odd.iter().map(|href| link(href)).chain(
        ["", "[]", "{}", "null", "{\"objects\":[]}", "{\"objects\":[{}]}", "{\"objects\":[],\"transfer\":\"tus\"}"]
            .map(str::to_owned),
    );
    for body in bodies {
        server.change(|plan| plan.batch_answer = Some((200, body.clone())));
        let folder = tempfile::tempdir().unwrap();
        let options = Options { tries: 2, answer_timeout: Duration::from_secs(1), ..hasty() };
        let error = fetch(&source(&server), folder.path(), &options, &()).unwrap_err().to_string();
        assert!(error.contains("0 of 1 clips are there"), "{body}: {error}");
    }
}

#[test]
fn settings_are_checked_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    for jobs in [0, 33] {
        let options = Options { jobs, ..hasty() };
        let error = fetch(&Source::crema_d(), folder.path(), &options, &()).unwrap_err();
        assert!(matches!(error, FetchError::Jobs { .. }), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_damage_to_an_archive_makes_a_panic(at in 0_usize..10_000, with: u8, cut in 0_usize..10_000) {
        let good = tar_gz(&[("r/AudioWAV/a.wav".to_owned(), b'0', b"RIFF".to_vec())]);
        let mut bytes = good.clone();
        let length = bytes.len();
        bytes[at % length] ^= with;
        bytes.truncate(length - if with % 3 == 0 { cut % length } else { 0 });
        let (_, around) = from_bytes(bytes);
        prop_assert_eq!(around, ["out"]);
    }
}
