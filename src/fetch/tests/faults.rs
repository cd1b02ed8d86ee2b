//! Faults that pass, and those that do not.

use super::server::object::MISHAPS;
use super::server::{Mishap, Plan, Server, clips, sha256};
use super::*;
use crate::fetch::{Ended, Failures};

#[test]
fn two_hundred_clips_come_whole_through_every_fault() {
    let mut clips = clips(200);
    // As in CREMA-D itself, where three pairs of files are the same.
    clips[7].1 = clips[6].1.clone();
    let mut happened = std::collections::BTreeSet::new();
    for seed in [1, 2] {
        let plan =
            Plan { seed, percent: 60, bad_start: true, batch_errors: 10, expired_links: true, ..Plan::default() };
        let server = Server::start(&clips, plan);
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a/crema-d");
        let watcher = Watcher::default();
        let report = fetch(&source(&server), &output, &hasty(), &watcher).unwrap();
        assert_eq!((report.ended, report.clips, report.fetched, report.kept), (Ended::Complete, 200, 200, 0));
        assert_eq!(report.retries, watcher.retries.lock().unwrap().len());
        assert!(report.retries > 100, "{}", report.retries);
        assert_eq!(report.commit.as_deref(), Some("0123456789012345678901234567890123456789"));
        assert_whole(&output, &clips);
        assert_eq!(watcher.bytes.into_inner(), watcher.total.into_inner(), "all bytes are told once");
        server.log(|log| {
            assert_eq!((log.archives, log.largest_batch, log.expired), (3, 100, 0));
            assert!(log.resumed.values().sum::<usize>() > 20, "{:?}", log.resumed);
            happened.extend(log.happened.iter().copied());
        });
        let index = std::fs::read_to_string(output.join("index.csv")).unwrap();
        let lines: Vec<String> = clips.iter().map(|(name, bytes)| format!("{name},{}", sha256(bytes))).collect();
        assert_eq!(index, format!("file,sha256\n{}\n", lines.join("\n")));
        for table in ["VideoDemographics.csv", "LICENSE.txt"] {
            assert!(output.join(table).is_file(), "{table}");
        }
        assert!(!output.join("readTabulatedVotes.R").exists() && !output.join("AudioMP3").exists());
    }
    assert_eq!(happened.into_iter().collect::<Vec<_>>(), MISHAPS, "every fault was met");
}

#[test]
fn each_fault_alone_passes_by_itself_whatever_the_number_of_jobs() {
    let clips = clips(6);
    for mishap in MISHAPS {
        for jobs in [1, 32] {
            let server = Server::start(&clips, Plan { never_well: Some(mishap), ..Plan::default() });
            let folder = tempfile::tempdir().unwrap();
            let options = Options { jobs, tries: 1, ..hasty() };
            // What one try leaves behind is what the next one goes on from.
            let _ = fetch(&source(&server), folder.path(), &options, &());
            server.change(|plan| plan.never_well = None);
            let report = quietly(&server, folder.path()).unwrap();
            assert_eq!((report.ended, report.fetched + report.kept), (Ended::Complete, 6), "{mishap:?}");
            assert_whole(folder.path(), &clips);
        }
    }
}

#[test]
fn a_server_that_never_gets_well_ends_in_one_error_after_a_bounded_number_of_tries() {
    let clips = clips(40);
    for mishap in [Mishap::Broken, Mishap::TooMany, Mishap::Drop, Mishap::WrongByte, Mishap::Expired, Mishap::NoHttp] {
        let server = Server::start(&clips, Plan { never_well: Some(mishap), ..Plan::default() });
        let folder = tempfile::tempdir().unwrap();
        let options = Options { jobs: 2, ..hasty() };
        let error = fetch(&source(&server), folder.path(), &options, &()).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("AudioWAV/1001_") && text.contains("_XX.wav: cannot be fetched ("), "{text}");
        assert!(
            text.ends_with("0 of 40 clips are there and whole; the same command goes on with the others"),
            "{text}"
        );
        let asked: usize = server.log(|log| log.asked.values().sum());
        assert!(asked <= 5 * options.tries as usize, "{mishap:?}: {asked}");
        assert!(files(folder.path()).keys().all(|name| name.ends_with(".part")), "nothing looks like a clip");
    }
}

#[test]
fn a_port_that_refuses_and_one_that_never_answers_are_given_up_soon() {
    // Nobody listens any more behind the first; the second takes the connection and says nothing.
    let listener = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refuses = listener().local_addr().unwrap();
    let silent = listener();
    let wait = Duration::from_millis(20);
    let options = Options {
        tries: u32::MAX,
        longest_wait: wait,
        answer_timeout: Duration::from_millis(100),
        unreached: Duration::from_millis(400),
        ..hasty()
    };
    for address in [refuses, silent.local_addr().unwrap()] {
        let source = Source::new(&format!("http://{address}/a/b"), None).unwrap();
        let (folder, begun) = (tempfile::tempdir().unwrap(), crate::fetch::clock::instant());
        let said = fetch(&source, folder.path(), &options, &()).unwrap_err().to_string();
        assert!(said.contains("gave up after ") && said.contains("no server could be reached"), "{said}");
        assert!((options.unreached..Duration::from_secs(10)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }
    // As people have it: two connections that time out, or tries with waits between them.
    let usual = Options::default();
    assert!(usual.unreached.max(2 * usual.connect_timeout) <= Duration::from_secs(20));
}

#[test]
fn a_server_that_has_answered_once_is_waited_for() {
    let server = Server::start(&clips(3), Plan { never_well: Some(Mishap::Drop), ..Plan::default() });
    let folder = tempfile::tempdir().unwrap();
    let options = Options { unreached: Duration::ZERO, ..hasty() };
    let said = fetch(&source(&server), folder.path(), &options, &()).unwrap_err().to_string();
    assert!(said.contains("cannot be fetched (10 tries)"), "{said}");
    let server = Server::start(&clips(3), Plan { batch_answer: Some((503, String::new())), ..Plan::default() });
    let said = fetch(&source(&server), folder.path(), &options, &()).unwrap_err().to_string();
    assert!(said.contains("gave up after 10 tries: the server answers 503"), "{said}");
}

#[test]
fn clips_that_never_come_do_not_hold_up_the_others() {
    let clips = clips(60);
    let (wrong, gone) = (&clips[10], &clips[40]);
    let always = [(sha256(&wrong.1), Mishap::WrongByte), (sha256(&gone.1), Mishap::Expired)];
    let server = Server::start(&clips, Plan { always: always.into(), ..Plan::default() });
    let folder = tempfile::tempdir().unwrap();
    let error = quietly(&server, folder.path()).unwrap_err();
    let FetchError::Unfinished { cause, done: 58, total: 60 } = &error else { panic!("{error}") };
    let FetchError::Clips(Failures(failures)) = &**cause else { panic!("{error}") };
    let told: Vec<_> = failures.iter().map(|f| (f.file.as_str(), f.why.as_str(), f.tries)).collect();
    let file = |name: &str| format!("AudioWAV/{name}");
    assert_eq!(
        told,
        [
            (file(&wrong.0).as_str(), "its SHA-256 is not the listed one", 10),
            (file(&gone.0).as_str(), "the server answers 403", 3)
        ]
    );
    assert_eq!(files(folder.path()).len(), 58);
}

#[test]
fn a_server_that_asks_for_a_long_pause_is_left_alone() {
    let server = Server::start(&clips(3), Plan { batch_answer: Some((429, String::new())), ..Plan::default() });
    let folder = tempfile::tempdir().unwrap();
    let options = Options { longest_asked_wait: Duration::ZERO, ..hasty() };
    let error = fetch(&source(&server), folder.path(), &options, &()).unwrap_err().to_string();
    assert!(error.contains("gave up after 10 tries: the server answers 429"), "{error}");
    server.change(|plan| plan.batch_answer = Some((429, "RETRY 86400".to_owned())));
    let error = quietly(&server, folder.path()).unwrap_err().to_string();
    assert!(error.contains("the server asks to come back in 86400 s"), "{error}");
}

#[test]
fn what_is_slower_than_a_modem_is_taken_up_again() {
    let plan = Plan { never_well: Some(Mishap::Drip), delay: Duration::from_millis(30), ..Plan::default() };
    let server = Server::start(&clips(1), plan);
    let folder = tempfile::tempdir().unwrap();
    let options =
        Options { silence: Duration::from_millis(150), least_bytes_per_second: 10_000_000, tries: 2, ..hasty() };
    let error = fetch(&source(&server), folder.path(), &options, &()).unwrap_err().to_string();
    assert!(error.contains("cannot be fetched (2 tries): only "), "{error}");
}

#[test]
fn a_server_that_is_not_there_ends_in_one_error() {
    let folder = tempfile::tempdir().unwrap();
    // Bound and let go: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = Source::new(&format!("http://127.0.0.1:{port}/a/b"), None).unwrap();
    let error = fetch(&nobody, folder.path(), &hasty(), &()).unwrap_err();
    assert!(matches!(&error, FetchError::GaveUp { tries: 10, .. }), "{error}");
}

#[test]
fn a_repository_that_moved_is_followed() {
    let clips = clips(3);
    let server = Server::start(&clips, Plan::default());
    let folder = tempfile::tempdir().unwrap();
    let before = server.url().replace(super::server::REPOSITORY, super::server::MOVED);
    let source = Source::new(&before, None).unwrap();
    assert_eq!(fetch(&source, folder.path(), &hasty(), &()).unwrap().ended, Ended::Complete);
    assert_whole(folder.path(), &clips);
}
