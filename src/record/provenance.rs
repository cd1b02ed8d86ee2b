//! `provenance.json`: from which code, on which machine and how a run was made.

use super::clock;
use super::git::GitState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the format of `provenance.json`.
pub const PROVENANCE_VERSION: u32 = 1;

/// What is known of this program since it was built; the binary fills it from constants of its build.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Build {
    /// Version of serlab.
    pub version: String,
    /// Version of the result-affecting code, part of every run id.
    pub code_version: String,
    /// Commit that serlab itself was built from, if known.
    pub commit: Option<String>,
    /// Version line of rustc.
    pub rustc: String,
    /// Target triple.
    pub target: String,
    /// Cargo profile, `release` or `debug`.
    pub profile: String,
    /// Cargo features that were on.
    pub features: Vec<String>,
    /// SHA-256 of Cargo.lock.
    pub lockfile_sha256: String,
    /// Versions of the crates that results depend on.
    pub crates: BTreeMap<String, String>,
    /// BLAKE3 of the program itself, where it can be read.
    #[serde(default)]
    pub binary: Option<String>,
}

/// The machine of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its name.
    pub host: String,
    /// Operating system: `linux`, `macos`, `windows`, ...
    pub os: String,
    /// Architecture: `x86_64`, `aarch64`, ...
    pub arch: String,
    /// Processor as the system calls it, if it says.
    pub cpu: Option<String>,
    /// Vector instructions of the processor that change which kernels are chosen.
    pub cpu_features: Vec<String>,
    /// Logical processors this process may use.
    pub processors: usize,
}

impl Machine {
    /// The machine this runs on.
    pub fn this() -> Self {
        Self {
            host: clock::host().to_owned(),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cpu: cpu_model(),
            cpu_features: cpu_features().into_iter().map(str::to_owned).collect(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// What `provenance.json` holds. It may differ between two runs of the same question; the results may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// [`PROVENANCE_VERSION`].
    pub version: u32,
    /// The program.
    pub serlab: Build,
    /// The repository that holds the spec; the changes themselves are in `dirty.patch`.
    pub git: GitState,
    /// Where tensors were computed: `cpu`, `cuda:0 (NVIDIA ...)`.
    pub device: String,
    /// Threads of the run.
    pub threads: usize,
    /// The machine.
    pub machine: Machine,
    /// Command line, program first.
    pub command_line: Vec<String>,
    /// Hash of the contents of the corpus.
    pub corpus_fingerprint: String,
    /// Hash of the split.
    pub split_fingerprint: String,
}

fn cpu_model() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|l| l.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<&'static str> {
    let mut features = Vec::new();
    macro_rules! detect {
        ($($name:tt),+) => { $( if std::arch::is_x86_feature_detected!($name) { features.push($name); } )+ };
    }
    detect!("sse4.2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512vnni");
    features
}

#[cfg(target_arch = "aarch64")]
fn cpu_features() -> Vec<&'static str> {
    let mut features = Vec::new();
    macro_rules! detect {
        ($($name:tt),+) => { $( if std::arch::is_aarch64_feature_detected!($name) { features.push($name); } )+ };
    }
    detect!("neon", "fp16", "dotprod", "sve", "bf16", "i8mm");
    features
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provenance_reads_back() {
        let provenance = Provenance {
            version: PROVENANCE_VERSION,
            serlab: Build { version: "0.1.0".into(), ..Build::default() },
            git: GitState::default(),
            device: "cpu".into(),
            threads: 2,
            machine: Machine::this(),
            command_line: vec!["serlab".into(), "run".into(), "a b.toml".into()],
            corpus_fingerprint: "00".into(),
            split_fingerprint: "11".into(),
        };
        let json = super::super::run_dir::json(&provenance);
        assert_eq!(serde_json::from_slice::<Provenance>(&json).unwrap(), provenance);
        assert!(provenance.machine.processors > 0);
    }
}
