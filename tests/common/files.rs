//! Whole folders held in memory: states that many tests start from, made once.

#![allow(dead_code, reason = "each test file uses a part of it")]

use crate::common::{Ended, Folder, SMALL, Serlab, serlab};
use crate::live::{Live, run_called};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The run that is killed, damaged and resumed in most tests.
pub const RUN: &str = "2d-s0";

/// The small spec with so many epochs that there is time to do something meanwhile.
pub fn long(epochs: usize) -> String {
    SMALL.replace("epochs = 2", &format!("epochs = {epochs}\nearly_stopping = \"none\""))
}

/// Carries out the one run [`RUN`] of `long.toml`, with a checkpoint after every epoch.
pub fn one_run(folder: &Folder) -> Serlab {
    serlab(folder).args(["run", "long.toml", "--only", RUN, "--checkpoint-epochs", "1"])
}

/// Every file below a folder with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files(BTreeMap<PathBuf, Vec<u8>>);

impl Files {
    /// Reads a folder; one that is missing has none. Links are not followed and not kept.
    pub fn of(root: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut open = vec![root.to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
                let (path, kind) = (entry.path(), entry.file_type().unwrap());
                if kind.is_dir() {
                    open.push(path);
                } else if kind.is_file() {
                    files.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
                }
            }
        }
        Self(files)
    }

    /// A new folder with these files.
    pub fn unpack(&self) -> Folder {
        let folder = Folder::new();
        self.write_to(folder.path());
        folder
    }

    /// Writes the files below a folder.
    pub fn write_to(&self, root: &Path) {
        for (path, bytes) in &self.0 {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// The paths.
    pub fn names(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }
}

/// For each sealed run its name, and its seal and every file that the seal names with their bytes.
pub type Results = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

/// The results in a folder.
pub fn results(folder: &Folder) -> Results {
    let sealed = folder.runs().into_iter().filter(|run| run.join("seal.json").is_file());
    let files = |run: &Path| -> BTreeMap<String, Vec<u8>> {
        let names = sealed_files(run).into_iter().chain(["seal.json".to_owned()]);
        names.map(|name| (name.clone(), std::fs::read(run.join(name)).unwrap())).collect()
    };
    sealed.map(|run| (run.file_name().unwrap().to_string_lossy().into_owned(), files(&run))).collect()
}

/// The names of the files that a run's seal covers.
pub fn sealed_files(run: &Path) -> Vec<String> {
    let seal: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("seal.json")).unwrap()).unwrap();
    seal["files"].as_object().unwrap().keys().cloned().collect()
}

/// That two folders hold the same results, byte by byte, and that nothing but results is left in the first one.
pub fn assert_same_results(folder: &Folder, expected: &Results, ended: &str) {
    let found = results(folder);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "sealed runs\n{ended}");
    for (run, files) in expected {
        assert_eq!(found[run].keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>(), "{run}\n{ended}");
        for (name, bytes) in files {
            assert!(found[run][name] == *bytes, "{run}/{name} differs from that of an undisturbed run\n{ended}");
        }
    }
    for path in Files::of(&folder.path().join("runs")).names() {
        let path = path.to_string_lossy();
        assert!(!path.contains(".tmp-") && !path.contains("/checkpoint/"), "{path} was left behind\n{ended}");
    }
}

/// What every undisturbed [`one_run`] of `long(40)` gives.
pub fn undisturbed() -> &'static Results {
    static MADE: OnceLock<Results> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Folder::new();
        folder.write("long.toml", &long(40));
        let ended = one_run(&folder).run();
        assert_eq!(ended.code, 0, "{}", ended.all());
        results(&folder)
    })
}

/// A folder whose [`RUN`] of `long(40)` was killed between two epochs, with both checkpoints whole.
pub fn killed() -> Folder {
    static MADE: OnceLock<Files> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        for _ in 0..50 {
            let folder = Folder::new();
            folder.write("long.toml", &long(40));
            let mut life = Live::start(one_run(&folder));
            life.until_epoch(&folder, RUN, 4);
            life.kill();
            let kept = Files::of(&run_called(&folder, RUN).unwrap().join("checkpoint"));
            if kept.names().eq([Path::new("previous.bin"), Path::new("state.bin")]) {
                return Files::of(folder.path());
            }
        }
        panic!("in 50 lives none was killed between two checkpoints");
    });
    made.unpack()
}

/// Finishes the killed run of a folder, and that it gives the results of an undisturbed one.
pub fn finishes_undisturbed(folder: &Folder) -> Ended {
    let ended = one_run(folder).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert_same_results(folder, undisturbed(), &ended.all());
    ended
}

/// A folder with the four sealed runs of the small spec.
pub fn sealed() -> Folder {
    static MADE: OnceLock<Files> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = Folder::new();
        folder.write("small.toml", SMALL);
        let ended = serlab(&folder).args(["run", "small.toml"]).run();
        assert_eq!(ended.code, 0, "{}", ended.all());
        Files::of(folder.path())
    });
    made.unpack()
}
