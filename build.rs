//! Tells the program what it is built with; provenance.json repeats it.

use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let rustc = Command::new(var("RUSTC")).arg("--version").output();
    let rustc = rustc.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    println!("cargo:rustc-env=SERLAB_RUSTC={rustc}");
    println!("cargo:rustc-env=SERLAB_TARGET={}", var("TARGET"));
    println!("cargo:rustc-env=SERLAB_PROFILE={}", var("PROFILE"));
}
