//! A fetch that was stopped goes on, and what is there is not fetched twice.

use super::server::{Mishap, Plan, Server, clips, sha256};
use super::*;
use crate::fetch::Ended;

#[test]
fn a_second_fetch_downloads_nothing() {
    let clips = clips(120);
    let server = Server::start(&clips, Plan::default());
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(quietly(&server, folder.path()).unwrap().ended, Ended::Complete);
    server.log(|log| *log = super::server::Log::default());
    let again = quietly(&server, folder.path()).unwrap();
    assert_eq!((again.ended, again.kept, again.fetched), (Ended::Complete, 120, 0));
    server.log(|log| assert_eq!((log.archives, log.batches, log.asked.len()), (0, 0, 0)));
}

#[test]
fn a_stopped_fetch_goes_on_without_the_clips_it_has() {
    let clips = clips(150);
    let plan = Plan { seed: 3, percent: 30, delay: Duration::from_millis(1), ..Plan::default() };
    let server = Server::start(&clips, plan);
    let folder = tempfile::tempdir().unwrap();
    let watcher = Watcher { stop_after: Some(50), ..Watcher::default() };
    let report = fetch(&source(&server), folder.path(), &hasty(), &watcher).unwrap();
    assert_eq!((report.ended, report.clips), (Ended::Stopped, 150));
    assert!((50..100).contains(&report.fetched), "{report:?}");
    let there = files(folder.path());
    let finished = there.keys().filter(|name| name.ends_with(".wav")).count();
    assert_eq!(finished, report.fetched);
    server.log(|log| *log = super::server::Log::default());

    let report = quietly(&server, folder.path()).unwrap();
    assert_eq!((report.ended, report.kept, report.fetched), (Ended::Complete, finished, 150 - finished));
    assert_whole(folder.path(), &clips);
    server.log(|log| {
        assert_eq!(log.archives, 0, "the list was kept");
        let twice =
            clips.iter().filter(|(name, bytes)| there.contains_key(name) && log.asked.contains_key(&sha256(bytes)));
        assert_eq!(twice.count(), 0);
    });
}

#[test]
fn a_half_file_is_gone_on_with_from_its_end() {
    let clips = clips(2);
    let server = Server::start(&clips, Plan::default());
    let folder = tempfile::tempdir().unwrap();
    let audio = folder.path().join("AudioWAV");
    std::fs::create_dir_all(&audio).unwrap();
    let part = |i: usize| audio.join(format!("{}.part", clips[i].0));
    // The first half of one, and of the other something that is not its beginning.
    std::fs::write(part(0), &clips[0].1[..2000]).unwrap();
    std::fs::write(part(1), vec![7; 2000]).unwrap();
    let watcher = Watcher::default();
    fetch(&source(&server), folder.path(), &hasty(), &watcher).unwrap();
    assert_whole(folder.path(), &clips);
    assert_eq!(watcher.bytes.into_inner(), watcher.total.into_inner());
    server.log(|log| {
        assert_eq!(log.resumed.values().collect::<Vec<_>>(), [&1, &1]);
        assert_eq!((log.asked[&sha256(&clips[0].1)], log.asked[&sha256(&clips[1].1)]), (1, 2));
    });
}

#[test]
fn a_server_that_knows_no_ranges_is_asked_once() {
    let clips = clips(1);
    let server = Server::start(&clips, Plan { never_well: Some(Mishap::IgnoresRange), ..Plan::default() });
    let folder = tempfile::tempdir().unwrap();
    let audio = folder.path().join("AudioWAV");
    std::fs::create_dir_all(&audio).unwrap();
    std::fs::write(audio.join(format!("{}.part", clips[0].0)), &clips[0].1[..2000]).unwrap();
    assert_eq!(quietly(&server, folder.path()).unwrap().retries, 0);
    assert_whole(folder.path(), &clips);
}

#[test]
fn a_clip_that_was_altered_or_lost_is_fetched_again() {
    let clips = clips(5);
    let server = Server::start(&clips, Plan::default());
    let folder = tempfile::tempdir().unwrap();
    quietly(&server, folder.path()).unwrap();
    let path = |i: usize| folder.path().join("AudioWAV").join(&clips[i].0);
    let mut altered = clips[0].1.clone();
    altered[100] ^= 1;
    std::fs::write(path(0), altered).unwrap();
    std::fs::write(path(1), b"").unwrap();
    std::fs::remove_file(path(2)).unwrap();
    std::fs::write(folder.path().join("AudioWAV").join(format!("{}.part", clips[3].0)), b"old").unwrap();
    let report = quietly(&server, folder.path()).unwrap();
    assert_eq!((report.kept, report.fetched), (2, 3));
    assert_whole(folder.path(), &clips);
}

#[test]
fn files_of_the_user_stay() {
    let clips = clips(2);
    let server = Server::start(&clips, Plan::default());
    let folder = tempfile::tempdir().unwrap();
    let index = "file,sha256,age\n1001_DFA_ANG_XX.wav,0,51\n";
    std::fs::write(folder.path().join("index.csv"), index).unwrap();
    std::fs::write(folder.path().join("LICENSE.txt"), "mine").unwrap();
    let report = quietly(&server, folder.path()).unwrap();
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
    assert_eq!(std::fs::read_to_string(folder.path().join("index.csv")).unwrap(), index);
    assert_eq!(std::fs::read_to_string(folder.path().join("LICENSE.txt")).unwrap(), "mine");
    // A lost table is worth another look at the archive.
    std::fs::remove_file(folder.path().join("VideoDemographics.csv")).unwrap();
    quietly(&server, folder.path()).unwrap();
    assert!(folder.path().join("VideoDemographics.csv").is_file());
    server.log(|log| assert_eq!(log.archives, 2));
}

#[test]
fn an_older_index_of_ours_is_replaced() {
    let server = Server::start(&clips(2), Plan::default());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.csv"), "file,sha256\nold.wav,0\n").unwrap();
    assert!(quietly(&server, folder.path()).unwrap().notes.is_empty());
    let index = std::fs::read_to_string(folder.path().join("index.csv")).unwrap();
    assert_eq!(index.lines().count(), 3);
}

#[test]
fn clips_that_are_in_the_archive_are_taken_from_it() {
    let clips = clips(30);
    let plan = Plan { whole_archive: true, bad_start: true, never_well: Some(Mishap::Broken), ..Plan::default() };
    let server = Server::start(&clips, plan);
    let folder = tempfile::tempdir().unwrap();
    let report = quietly(&server, folder.path()).unwrap();
    assert_eq!((report.ended, report.fetched, report.kept), (Ended::Complete, 30, 0));
    assert_whole(folder.path(), &clips);
    let again = quietly(&server, folder.path()).unwrap();
    assert_eq!((again.ended, again.fetched, again.kept), (Ended::Complete, 0, 30));
    server.log(|log| assert_eq!((log.archives, log.batches), (3, 0)));
    std::fs::remove_file(folder.path().join("AudioWAV").join(&clips[3].0)).unwrap();
    assert_eq!(quietly(&server, folder.path()).unwrap().ended, Ended::Complete);
    assert_whole(folder.path(), &clips);
}

#[test]
fn a_folder_is_fetched_to_by_one_process_at_a_time() {
    let server = Server::start(&clips(2), Plan::default());
    let folder = tempfile::tempdir().unwrap();
    let held = std::fs::File::create(folder.path().join(".fetch.lock")).unwrap();
    held.lock().unwrap();
    let error = quietly(&server, folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::Held { .. }), "{error}");
    drop(held);
    assert_eq!(quietly(&server, folder.path()).unwrap().ended, Ended::Complete);
}

#[test]
fn a_stop_at_once_is_no_error() {
    let server = Server::start(&clips(2), Plan::default());
    let folder = tempfile::tempdir().unwrap();
    let watcher = Watcher { stopped: AtomicBool::new(true), ..Watcher::default() };
    let report = fetch(&source(&server), folder.path(), &hasty(), &watcher).unwrap();
    assert_eq!((report.ended, report.clips, report.fetched), (Ended::Stopped, 0, 0));
}
