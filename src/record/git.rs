//! What git knows of the code and specs of a run, read without running git.

use git2::{Delta, Diff, DiffFormat, DiffOptions, ErrorCode, Repository, RepositoryOpenFlags, Status, StatusOptions};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A patch of more bytes is not kept: somebody changed data, not code.
const LARGEST_PATCH: usize = 32 << 20;
/// A larger file is named in the patch but its contents are not.
const LARGEST_FILE: i64 = 8 << 20;
/// More changed or untracked files are counted, not listed.
const MOST_LISTED: usize = 500;

/// The state of a working tree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GitState {
    /// Commit that is checked out; none before the first commit.
    pub commit: Option<String>,
    /// Branch that is checked out, also before its first commit; none for a detached head.
    pub branch: Option<String>,
    /// Whether a commit rather than a branch is checked out.
    pub detached: bool,
    /// Whether tracked files differ from the commit, in the index or on disk.
    pub dirty: bool,
    /// Tracked files that differ, sorted.
    pub changed: Vec<String>,
    /// Files, and folders as a whole, that git neither tracks nor ignores, sorted.
    pub untracked: Vec<String>,
    /// What could not be recorded, and why.
    pub notes: Vec<String>,
    /// The changes from the commit to the working tree, binary files included; none of a clean tree. It is no part of
    /// `provenance.json` but stands beside it as `dirty.patch`.
    #[serde(skip)]
    pub patch: Option<Vec<u8>>,
}

/// Looks for the repository that holds `start` and reads its state.
///
/// No repository, no commit, no working tree, or a repository of another owner: what there is, is recorded, and a note
/// says what is not.
pub fn git_state(start: &Path) -> GitState {
    let mut state = GitState::default();
    // The parent of a bare file name is the empty path.
    let start = if start.as_os_str().is_empty() { Path::new(".") } else { start };
    let none: [&Path; 0] = [];
    let repository = match Repository::open_ext(start, RepositoryOpenFlags::CROSS_FS, none) {
        Ok(repository) => repository,
        Err(e) if e.code() == ErrorCode::NotFound => {
            state.notes.push(format!("{} is in no git repository", start.display()));
            return state;
        }
        Err(e) => {
            state.notes.push(format!("the git repository cannot be read: {}", e.message()));
            return state;
        }
    };
    head(&repository, &mut state);
    if repository.is_bare() {
        state.notes.push("the repository is bare: it has no working tree".to_owned());
        return state;
    }
    if let Err(e) = files(&repository, &mut state) {
        state.notes.push(format!("the state of the working tree cannot be read: {}", e.message()));
    }
    state.patch = patch(&repository, &mut state);
    state.dirty |= state.patch.is_some();
    state
}

fn head(repository: &Repository, state: &mut GitState) {
    state.detached = repository.head_detached().unwrap_or(false);
    match repository.head() {
        Ok(head) => {
            state.commit = head.peel_to_commit().ok().map(|c| c.id().to_string());
            state.branch = (!state.detached).then(|| String::from_utf8_lossy(head.shorthand_bytes()).into_owned());
        }
        Err(e) if e.code() == ErrorCode::UnbornBranch => {
            state.notes.push("the branch has no commit yet".to_owned());
            let target = repository.find_reference("HEAD").ok();
            let target = target.as_ref().and_then(|h| h.symbolic_target_bytes()).map(String::from_utf8_lossy);
            state.branch = target.map(|t| t.strip_prefix("refs/heads/").unwrap_or(&t).to_owned());
        }
        Err(e) => state.notes.push(format!("HEAD cannot be read: {}", e.message())),
    }
}

fn files(repository: &Repository, state: &mut GitState) -> Result<(), git2::Error> {
    let mut options = StatusOptions::new();
    // An untracked folder counts as one: it may be a corpus of a hundred thousand files.
    options.include_untracked(true).recurse_untracked_dirs(false).exclude_submodules(true).update_index(false);
    for entry in repository.statuses(Some(&mut options))?.iter() {
        let path = String::from_utf8_lossy(entry.path_bytes()).into_owned();
        match entry.status() {
            Status::WT_NEW => state.untracked.push(path),
            status if status.is_ignored() || status == Status::CURRENT => (),
            _ => state.changed.push(path),
        }
    }
    state.dirty = !state.changed.is_empty();
    for (files, what) in [(&mut state.changed, "changed"), (&mut state.untracked, "untracked")] {
        files.sort_unstable();
        if files.len() > MOST_LISTED {
            state.notes.push(format!("{} {what} files, of which {MOST_LISTED} are listed", files.len()));
            files.truncate(MOST_LISTED);
        }
    }
    Ok(())
}

fn patch(repository: &Repository, state: &mut GitState) -> Option<Vec<u8>> {
    let tree = repository.head().ok().and_then(|h| h.peel_to_tree().ok());
    let mut options = DiffOptions::new();
    options.show_binary(true).max_size(LARGEST_FILE).ignore_submodules(true).id_abbrev(40);
    let made = repository.diff_tree_to_workdir_with_index(tree.as_ref(), Some(&mut options)).and_then(|d| text(&d));
    match made {
        Ok(patch) if patch.is_empty() => None,
        Ok(patch) if patch.len() > LARGEST_PATCH => {
            let (size, most) = (patch.len() >> 20, LARGEST_PATCH >> 20);
            state.notes.push(format!("the patch of {size} MiB is not kept; at most {most} MiB are"));
            state.dirty = true;
            None
        }
        Ok(patch) => Some(patch),
        Err(e) => {
            state.notes.push(format!("no patch of the changes could be made: {}", e.message()));
            None
        }
    }
}

fn text(diff: &Diff) -> Result<Vec<u8>, git2::Error> {
    let mut patch = Vec::new();
    diff.print(DiffFormat::Patch, |delta, _, line| {
        // Context, added and removed lines carry their mark apart from their text.
        if delta.status() != Delta::Untracked {
            if matches!(line.origin(), ' ' | '+' | '-') {
                patch.push(line.origin() as u8);
            }
            patch.extend_from_slice(line.content());
        }
        true
    })?;
    Ok(patch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::{Signature, Time};
    use std::fs;

    fn commit(repository: &Repository) -> String {
        let mut index = repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let who = Signature::new("t", "t@example.org", &Time::new(0, 0)).unwrap();
        repository.commit(Some("HEAD"), &who, &who, "first", &tree, &[]).unwrap().to_string()
    }

    #[test]
    fn no_repository_and_a_bare_one_are_noted() {
        let dir = tempfile::tempdir().unwrap();
        let state = git_state(dir.path());
        assert!(state.commit.is_none() && state.patch.is_none());
        assert!(state.notes[0].contains("no git repository"), "{:?}", state.notes);
        Repository::init_bare(dir.path()).unwrap();
        let state = git_state(dir.path());
        assert!(state.notes.iter().any(|n| n.contains("bare")), "{:?}", state.notes);
    }

    #[test]
    fn a_repository_without_a_commit_has_a_branch_and_untracked_files() {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        repository.set_head("refs/heads/trunk").unwrap();
        fs::write(dir.path().join("a.toml"), "x = 1\n").unwrap();
        let state = git_state(dir.path());
        assert_eq!((state.branch.as_deref(), state.commit, state.dirty), (Some("trunk"), None, false));
        assert_eq!((state.untracked, state.patch), (vec!["a.toml".to_owned()], None));
        assert_eq!(state.notes, ["the branch has no commit yet"]);
    }

    #[test]
    fn a_clean_tree_is_clean_and_changes_make_a_patch_that_applies() {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        let (text, binary) = (dir.path().join("spec.toml"), dir.path().join("data.bin"));
        fs::write(&text, "seeds = [0]\n").unwrap();
        fs::write(&binary, [0u8, 1, 2, 255]).unwrap();
        let id = commit(&repository);
        let state = git_state(&dir.path().join("."));
        assert_eq!((state.commit, state.dirty, state.patch), (Some(id), false, None));

        fs::write(&text, "seeds = [0, 1]\n").unwrap();
        fs::write(&binary, [9u8, 0, 8, 255, 7]).unwrap();
        fs::create_dir(dir.path().join("new")).unwrap();
        fs::write(dir.path().join("new/file"), "x").unwrap();
        let state = git_state(dir.path());
        assert!(state.dirty && !state.detached);
        assert_eq!(state.changed, ["data.bin", "spec.toml"]);
        assert_eq!(state.untracked, ["new/"]);
        let patch = state.patch.unwrap();
        let shown = String::from_utf8_lossy(&patch);
        assert!(shown.contains("+seeds = [0, 1]") && shown.contains("GIT binary patch"), "{shown}");

        let mut force = git2::build::CheckoutBuilder::new();
        repository.checkout_head(Some(force.force())).unwrap();
        let diff = Diff::from_buffer(&patch).unwrap();
        repository.apply(&diff, git2::ApplyLocation::WorkDir, None).unwrap();
        assert_eq!(fs::read(&binary).unwrap(), [9u8, 0, 8, 255, 7]);
        assert_eq!(fs::read_to_string(&text).unwrap(), "seeds = [0, 1]\n");
    }

    #[test]
    fn a_detached_head_has_no_branch() {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        fs::write(dir.path().join("a"), "x").unwrap();
        let id = commit(&repository);
        repository.set_head_detached(git2::Oid::from_str(&id).unwrap()).unwrap();
        let state = git_state(dir.path());
        assert_eq!((state.commit, state.branch, state.detached), (Some(id), None, true));
    }
}
