//! What the tests through the binary share: a folder of their own, a small spec, a runner.

#![allow(dead_code, reason = "each test file uses a part of it")]

mod shown;
mod skip;

#[allow(unused_imports, reason = "some test files have nothing to skip")]
pub use skip::skipped;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A spec that trains four tiny networks in a few seconds.
pub const SMALL: &str = r#"
seeds = [0, 1]

[corpus.synth]
speakers = 6
repetitions = 1

[split.speakers]
test = 0.3
validation = 0.2

[train]
epochs = 2
batch_size = 16

[variants.1d]
features = [{ zcr = {} }, { energy = {} }]
model.cnn-1d = { channels = [4, 8], head = [8] }

[variants.2d]
features = [{ log-mel = { n_mels = 16, n_fft = 1024 } }]
model.cnn-2d = { channels = [4, 8], head = [8] }
"#;

/// A run with everything that helps a network to learn, on a short input.
pub const LEARNS: &str = r#"
corpus.synth = { speakers = 6, repetitions = 1 }
split.speakers = { test = 0.3, validation = 0.2 }
features = [{ log-mel = { n_mels = 16, n_fft = 1024 } }, { log-mel = { n_mels = 16, n_fft = 1024, delta_order = 1 } }]
augment = [{ frame-stretch = {} }, { bin-warp = {} }, { level-shift = {} }, { spec-augment = { shared = true } }, { mixup = {} }]
length = { percentile = 50, place = "random", crop = "random" }
scale.standard.over = "clip"
views = { stretch = [0.9, 1.0, 1.1], crops = 2 }
[model.resnet-2d]
channels = [4, 6]
stem_channels = 4
strides = [[2, 1], [2, 2]]
squeeze_excitation = 2
drop_path = 0.2
keep_bins = true
global_pool = "attentive-statistics"
attention_size = 4
head = []
head_norm = true
masked = true
[train]
epochs = 4
batch_size = 16
early_stopping = "none"
schedule.one-cycle = {}
average.ema.decay = 0.9
measure_training = true
optimizer.adamw.decay_norms_and_biases = false
"#;

/// A folder that is removed at the end.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and returns its name.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path().join(name), text).unwrap();
        PathBuf::from(name)
    }

    /// Writes synthetic clips, made with these settings, as files into a folder below; their list is its `manifest.csv`.
    pub fn synthesize(&self, below: &str, settings: &[&str]) {
        let sets = settings.iter().flat_map(|setting| ["--set", setting]);
        let made = serlab(self).args(["corpus", "synth", "-o", below]).args(sets).run();
        assert_eq!(made.code, 0, "{}", made.all());
    }

    /// Six synthetic speakers as files in `clips`, and the one run of a spec, `small.toml`, about them: what it said and its
    /// directory.
    pub fn trained_on_clips(&self, spec: &str) -> (Ended, PathBuf) {
        self.synthesize("clips", &["speakers=6", "repetitions=1"]);
        let spec = self.write("small.toml", spec);
        let run = serlab(self).arg("run").arg(&spec).run();
        assert_eq!(run.code, 0, "{}", run.all());
        (run, self.runs().remove(0))
    }

    /// All run directories, sorted.
    pub fn runs(&self) -> Vec<PathBuf> {
        let below = |path: &Path| -> Vec<PathBuf> {
            std::fs::read_dir(path)
                .map(|d| d.map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect())
                .unwrap_or_default()
        };
        let mut runs: Vec<PathBuf> = below(&self.path().join("runs")).iter().flat_map(|e| below(e)).collect();
        runs.sort();
        runs
    }

    /// Name and seal of every sealed run.
    pub fn seals(&self) -> Vec<(String, String)> {
        let seal = |run: &PathBuf| {
            let name = run.file_name().unwrap().to_string_lossy().into_owned();
            std::fs::read_to_string(run.join("seal.json")).ok().map(|seal| (name, seal))
        };
        self.runs().iter().filter_map(seal).collect()
    }

    /// The first file with an extension below a folder.
    pub fn find(&self, below: &str, extension: &str) -> PathBuf {
        let mut open = vec![self.path().join(below)];
        while let Some(path) = open.pop() {
            let mut entries: Vec<PathBuf> = std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()).collect();
            entries.sort();
            if let Some(file) = entries.iter().find(|p| p.extension().is_some_and(|e| e == extension)) {
                return file.clone();
            }
            open.extend(entries.into_iter().filter(|p| p.is_dir()));
        }
        panic!("no .{extension} below {below}");
    }
}

/// The binary, about to run in a folder.
pub struct Serlab(Command);

/// The binary in `folder`, without the variables of this environment that it would read.
pub fn serlab(folder: &Folder) -> Serlab {
    let mut command = Command::new(env!("CARGO_BIN_EXE_serlab"));
    command.current_dir(folder.path()).env("NO_COLOR", "1");
    #[expect(clippy::disallowed_methods, reason = "the binary must not see this environment")]
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SERLAB_") {
            command.env_remove(name);
        }
    }
    Serlab(command)
}

/// What a command said and how it ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn all(&self) -> String {
        format!("exit {}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out, self.err)
    }
}

impl Serlab {
    pub fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.arg(arg);
        self
    }
    pub fn args<S: AsRef<std::ffi::OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.0.args(args);
        self
    }
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }
    pub fn run(mut self) -> Ended {
        let output = self.0.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
    pub fn command(self) -> Command {
        self.0
    }
}
