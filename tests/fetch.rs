//! `corpus fetch` through the real binary, against a server on this machine that misbehaves.

mod common;
#[path = "../src/fetch/tests/server/mod.rs"]
mod server;

use common::{Ended, Folder, Serlab, serlab};
use server::{Log, Plan, Server, clips, sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SPEC: &str =
    "seeds = [0]\n[corpus.crema-d]\nroot = \"crema-d\"\n[variants.a]\nfeatures = [{ zcr = {} }]\nmodel.mlp = {}\n";

/// The verb, about to fetch to `crema-d` in the folder. No proxy of this environment is asked: the server is here.
fn fetching(folder: &Folder, server: &Server) -> Serlab {
    serlab(folder).args(["corpus", "fetch", "crema-d", "-o", "crema-d", "--from"]).arg(server.url())
}

fn audio(folder: &Folder) -> PathBuf {
    folder.path().join("crema-d/AudioWAV")
}

/// The names of what is there, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).map(|entries| entries.map(|e| e.unwrap().file_name()).collect::<Vec<_>>());
    let mut names: Vec<String> = entries.unwrap_or_default().iter().map(|n| n.to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Asserts that doctor finds every clip that is there as it should be. That clips of CREMA-D are not there is no fault
/// of the fetch.
fn assert_sound(folder: &Folder, clips: &[(String, Vec<u8>)]) {
    for (name, bytes) in clips {
        assert_eq!(sha256(&std::fs::read(audio(folder).join(name)).unwrap()), sha256(bytes), "{name}");
    }
    assert_eq!(names(&audio(folder)).len(), clips.len());
    let spec = folder.write("spec.toml", SPEC);
    let doctor: Ended = serlab(folder).args(["corpus", "doctor", "--json"]).arg(spec).run();
    let told: serde_json::Value = serde_json::from_str(&doctor.out).unwrap_or_else(|e| panic!("{e}: {}", doctor.all()));
    assert_eq!(told["clips"], clips.len(), "{}", doctor.all());
    let findings = told["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["concern"] == "missing"), "{}", doctor.all());
}

#[test]
fn two_hundred_clips_are_fetched_through_faults_and_doctor_finds_them_whole() {
    let clips = clips(200);
    let plan = Plan { seed: 5, percent: 8, bad_start: true, batch_errors: 3, expired_links: true, ..Plan::default() };
    let server = Server::start(&clips, plan);
    let folder = Folder::new();
    let fetched = fetching(&folder, &server).args(["--jobs", "16"]).run();
    assert_eq!(fetched.code, 0, "{}", fetched.all());
    assert!(fetched.err.contains("Open Database License") && fetched.err.contains("0.6 GB"), "{}", fetched.err);
    assert!(fetched.err.contains("100 %  200/200 clips"), "{}", fetched.err);
    assert!(fetched.out.contains("200 fetched, 0 were there"), "{}", fetched.out);
    assert!(fetched.out.contains("serlab corpus doctor"), "{}", fetched.out);
    assert_sound(&folder, &clips);

    server.log(|log| *log = Log::default());
    let again = fetching(&folder, &server).run();
    assert_eq!(again.code, 0, "{}", again.all());
    assert!(again.out.contains("0 fetched, 200 were there"), "{}", again.out);
    server.log(|log| assert_eq!((log.archives, log.batches, log.asked.len()), (0, 0, 0), "nothing was downloaded"));
}

#[cfg(unix)]
#[test]
fn a_killed_or_stopped_fetch_goes_on_without_fetching_clips_twice() {
    let clips = clips(120);
    for (signal, codes) in [("KILL", None), ("TERM", Some(75)), ("INT", Some(130))] {
        let plan = Plan { delay: Duration::from_millis(20), ..Plan::default() };
        let server = Server::start(&clips, plan);
        let folder = Folder::new();
        let mut command = fetching(&folder, &server).command();
        let mut child =
            command.stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null()).spawn().unwrap();
        let whole = || names(&audio(&folder)).into_iter().filter(|name| name.ends_with(".wav")).collect::<Vec<_>>();
        while whole().len() < 20 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it could be stopped");
            std::thread::sleep(Duration::from_millis(5));
        }
        let kill = std::process::Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), codes, "{signal}");
        let there = whole();
        assert!((20..120).contains(&there.len()), "{signal}: {}", there.len());

        server.log(|log| *log = Log::default());
        server.change(|plan| plan.delay = Duration::ZERO);
        let again = fetching(&folder, &server).run();
        assert_eq!(again.code, 0, "{}", again.all());
        assert!(again.out.contains(&format!("{} were there", there.len())), "{}", again.out);
        server.log(|log| {
            let twice =
                clips.iter().filter(|(name, bytes)| there.contains(name) && log.asked.contains_key(&sha256(bytes)));
            assert_eq!(twice.count(), 0, "{signal}");
        });
        assert_sound(&folder, &clips);
    }
}

#[test]
fn what_cannot_be_fetched_is_said_and_the_exit_code_tells_bad_commands_from_missing_data() {
    let clips = clips(3);
    let said = r#"{"message":"This repository exceeded its LFS budget."}"#;
    let server = Server::start(&clips, Plan { batch_answer: Some((403, said.to_owned())), ..Plan::default() });
    let folder = Folder::new();
    let refused = fetching(&folder, &server).run();
    assert_eq!(refused.code, 3, "{}", refused.all());
    assert!(refused.err.contains("exceeded its LFS budget"), "{}", refused.err);
    assert!(refused.err.contains("0 of 3 clips are there and whole; the same command goes on"), "{}", refused.err);
    server.change(|plan| plan.batch_answer = None);
    assert_eq!(fetching(&folder, &server).run().code, 0, "the same command goes on");

    for arguments in [["--from", "ftp://host/a"], ["--ref", "../a"], ["--jobs", "0"], ["--jobs", "33"]] {
        let wrong = serlab(&folder).args(["corpus", "fetch", "crema-d", "-o", "other"]).args(arguments).run();
        assert_eq!(wrong.code, 2, "{}", wrong.all());
        assert!(!folder.path().join("other").exists());
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
fn a_server_that_nobody_reaches_is_given_up_within_half_a_minute() {
    let folder = Folder::new();
    // Nobody listens any more.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let args = ["corpus", "fetch", "crema-d", "-o", "crema-d", "--from", &format!("http://{address}/a/b")];
    let begun = std::time::Instant::now();
    let ended = serlab(&folder).args(args).run();
    assert_ne!(ended.code, 0);
    assert!(ended.err.contains("no server could be reached: "), "{}", ended.all());
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}: {}", begun.elapsed(), ended.all());
}
