//! What this program was built from.

use crate::record::{Build, sha256};
use std::collections::BTreeMap;

const LOCKFILE: &str = include_str!("../../Cargo.lock");

/// Crates on which results depend: numbers, decoding, randomness.
const CRATES: [&str; 10] =
    ["burn", "burn-flex", "gemm", "libsvm-rs", "rand_chacha", "realfft", "rubato", "rustfft", "symphonia", "blake3"];

/// The program, as provenance records it.
pub fn build_info() -> Build {
    let lock: toml::Table = toml::from_str(LOCKFILE).unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let crates: BTreeMap<String, String> = packages
        .iter()
        .filter_map(|p| Some((text(p, "name")?, text(p, "version")?)))
        .filter(|(name, _)| CRATES.contains(&name.as_str()))
        .collect();
    let features = [("cuda", cfg!(feature = "cuda")), ("wgpu", cfg!(feature = "wgpu"))];
    Build {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        code_version: crate::plan::code_version(),
        commit: None,
        rustc: env!("BUILT_BY_RUSTC").to_owned(),
        target: env!("BUILT_FOR_TARGET").to_owned(),
        profile: env!("BUILT_IN_PROFILE").to_owned(),
        features: features.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()).collect(),
        lockfile_sha256: sha256(LOCKFILE.as_bytes()),
        crates,
        binary: std::env::current_exe().and_then(std::fs::read).ok().map(|b| blake3::hash(&b).to_hex().to_string()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_crates_that_results_depend_on_are_found_in_the_lockfile() {
        let build = super::build_info();
        assert_eq!(build.crates.keys().map(String::as_str).collect::<Vec<_>>().len(), super::CRATES.len());
        assert_eq!(build.crates["burn"], "0.22.1");
        assert!(build.rustc.starts_with("rustc "));
    }
}
