//! Tells the program what it is built with; provenance.json repeats it. The names must not begin with `SERLAB_`: under
//! `cargo run` they are in the environment, and such variables are settings of specs.

use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let rustc = Command::new(var("RUSTC")).arg("--version").output();
    let rustc = rustc.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    println!("cargo:rustc-env=BUILT_BY_RUSTC={rustc}");
    println!("cargo:rustc-env=BUILT_FOR_TARGET={}", var("TARGET"));
    println!("cargo:rustc-env=BUILT_IN_PROFILE={}", var("PROFILE"));
}
