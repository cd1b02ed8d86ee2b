//! What git can and cannot tell of a run: recorded as far as it goes, never an error.

use crate::common::{Folder, SMALL, serlab, skipped};
use crate::live::run_called;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs git without anybody's configuration; `None`, saying so, where there is no git.
fn git(at: &Path, args: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.current_dir(at).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let Ok(output) = git.output() else {
        skipped("there is no git here");
        return None;
    };
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

const COMMIT: [&str; 8] = ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "first"];

/// A repository with the small spec and a binary file, committed; its folder, and the commit.
fn repository() -> Option<(Folder, String)> {
    let folder = Folder::new();
    git(folder.path(), &["init", "-q", "-b", "trunk"])?;
    folder.write("small.toml", SMALL);
    folder.write(".gitignore", "/runs\n/.cache\n");
    std::fs::write(folder.path().join("data.bin"), [0, 1, 2, 255]).unwrap();
    git(folder.path(), &["add", "."])?;
    git(folder.path(), &COMMIT)?;
    let commit = git(folder.path(), &["rev-parse", "HEAD"])?;
    Some((folder, commit))
}

/// Carries out one run of a spec, as somebody without any git configuration; its directory and what it recorded of git.
fn recorded(folder: &Folder, spec: &str) -> (PathBuf, Value) {
    let nowhere = folder.path().join("no-home");
    let command = serlab(folder).args(["run", spec, "--only", "1d-s0"]);
    let command = command.env("HOME", &nowhere.to_string_lossy()).env("XDG_CONFIG_HOME", &nowhere.to_string_lossy());
    let ended = command.run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    let run = run_called(folder, "1d-s0").unwrap();
    let provenance: Value = serde_json::from_slice(&std::fs::read(run.join("provenance.json")).unwrap()).unwrap();
    let shown = serlab(folder).arg("show").arg(&run).run();
    assert_eq!(shown.code, 0, "{}", shown.all());
    (run, provenance["git"].clone())
}

fn notes(git: &Value) -> String {
    git["notes"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect::<Vec<_>>().join("; ")
}

#[test]
fn without_a_repository_that_is_what_is_recorded() {
    let folder = Folder::new();
    folder.write("small.toml", SMALL);
    let (run, git) = recorded(&folder, "small.toml");
    assert_eq!((&git["commit"], &git["branch"], &git["dirty"]), (&Value::Null, &Value::Null, &false.into()));
    assert!(notes(&git).contains("no git repository"), "{git}");
    assert!(!run.join("dirty.patch").exists());
}

#[test]
fn of_a_clean_tree_commit_and_branch_are_recorded_also_where_nobody_has_a_name() {
    let Some((folder, commit)) = repository() else { return };
    let (run, git) = recorded(&folder, "small.toml");
    assert_eq!((&git["commit"], &git["branch"]), (&commit.into(), &"trunk".into()), "{git}");
    assert_eq!((&git["detached"], &git["dirty"]), (&false.into(), &false.into()), "{git}");
    assert_eq!(notes(&git), "");
    assert!(!run.join("dirty.patch").exists());
}

#[test]
fn of_a_detached_head_the_commit_is_recorded() {
    let Some((folder, commit)) = repository() else { return };
    git(folder.path(), &["checkout", "-q", "--detach"]);
    let (_, git) = recorded(&folder, "small.toml");
    assert_eq!((&git["commit"], &git["branch"], &git["detached"]), (&commit.into(), &Value::Null, &true.into()));
}

#[test]
fn of_a_dirty_tree_a_patch_is_kept_that_git_can_apply_binary_files_included() {
    let Some((folder, commit)) = repository() else { return };
    let changed = SMALL.replace("batch_size = 16", "batch_size = 8");
    folder.write("small.toml", &changed);
    std::fs::write(folder.path().join("data.bin"), [9, 0, 8, 255, 7]).unwrap();
    folder.write("new.txt", "not tracked");
    let (run, git_state) = recorded(&folder, "small.toml");
    assert_eq!((&git_state["commit"], &git_state["dirty"]), (&commit.into(), &true.into()));
    assert_eq!(git_state["changed"], serde_json::json!(["data.bin", "small.toml"]));
    assert_eq!(git_state["untracked"], serde_json::json!(["new.txt"]));
    let patch = folder.path().join("kept.patch");
    std::fs::copy(run.join("dirty.patch"), &patch).unwrap();
    git(folder.path(), &["checkout", "-q", "--", "."]);
    assert_eq!(std::fs::read_to_string(folder.path().join("small.toml")).unwrap(), SMALL);
    git(folder.path(), &["apply", "kept.patch"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("small.toml")).unwrap(), changed);
    assert_eq!(std::fs::read(folder.path().join("data.bin")).unwrap(), [9, 0, 8, 255, 7]);

    // The patch belongs to the record.
    let mut bytes = std::fs::read(run.join("dirty.patch")).unwrap();
    bytes[40] ^= 1;
    std::fs::write(run.join("dirty.patch"), bytes).unwrap();
    let verified = serlab(&folder).args(["verify", "--quick"]).arg(&run).run();
    assert!(verified.code == 1 && verified.out.contains("dirty.patch"), "{}", verified.all());
}

#[test]
fn a_bare_repository_and_one_without_a_commit_are_noted() {
    let folder = Folder::new();
    if git(folder.path(), &["init", "-q", "--bare", "-b", "trunk", "bare.git"]).is_none() {
        return;
    }
    folder.write("bare.git/small.toml", SMALL);
    let (_, state) = recorded(&folder, "bare.git/small.toml");
    assert_eq!(state["commit"], Value::Null);
    assert!(notes(&state).contains("bare") && notes(&state).contains("no commit yet"), "{state}");

    let folder = Folder::new();
    git(folder.path(), &["init", "-q", "-b", "trunk"]);
    folder.write("small.toml", SMALL);
    let (_, state) = recorded(&folder, "small.toml");
    assert_eq!((&state["commit"], &state["branch"]), (&Value::Null, &"trunk".into()));
    assert!(notes(&state).contains("no commit yet"), "{state}");
}

#[test]
fn a_repository_that_is_broken_is_noted_and_stops_nothing() {
    for (file, text) in [("HEAD", "garbage"), ("config", "[core\nbroken"), ("index", "DIRC garbage"), ("HEAD", "")] {
        let Some((folder, _)) = repository() else { return };
        folder.write(&format!(".git/{file}"), text);
        let (_, git) = recorded(&folder, "small.toml");
        assert_ne!(notes(&git), "", "{file}: {git}");
    }
}
