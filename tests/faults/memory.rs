//! More memory than there is: said before training, with the sizes and what to change, instead of a killed process.

#![cfg(target_os = "linux")]

use crate::common::{Ended, Folder, SMALL, Serlab, serlab};
use std::process::Command;

/// The small spec and a third variant with these dense layers.
fn with_dense(hidden: &str) -> Folder {
    let folder = Folder::new();
    let dense = format!("[variants.dense]\nfeatures = [{{ zcr = {{}} }}]\nmodel.mlp.hidden = {hidden}\n");
    folder.write("small.toml", &format!("{}\n{dense}", SMALL.replace("seeds = [0, 1]", "seeds = [0]")));
    folder
}

/// Runs a command with no more than so many KiB of address space.
fn limited(command: Serlab, kib: u64) -> Ended {
    let command = command.command();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -v {kib}; exec \"$0\" \"$@\"")]).arg(command.get_program());
    shell.args(command.get_args()).current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// That the dense network was refused with sizes and advice before its first step, and the two others were trained.
fn assert_refused(folder: &Folder, ended: &Ended) {
    assert_eq!(ended.code, 4, "{}", ended.all());
    let at = ended.err.find("dense-s0: FAILED: ").unwrap_or_else(|| panic!("{}", ended.all()));
    let said = &ended.err[at..];
    assert!(said.matches(" GB").count() >= 3, "needed, for the network, and what there is: {said}");
    for part in ["memory", "batch_size", "--jobs"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!ended.err.contains("dense-s0: epoch"), "{}", ended.err);
    assert!(ended.err.contains("1 of 3 runs failed"), "{}", ended.err);
    assert_eq!(folder.seals().len(), 2, "{}", ended.all());
    let listed = serlab(folder).arg("list").run();
    assert_eq!(listed.out.matches("failed").count(), 1, "{}", listed.out);
}

#[test]
fn a_network_larger_than_any_machine_is_refused_with_sizes_and_advice_and_the_others_go_on() {
    // 39 times 65,536 by 65,536 weights: 625 GiB, and as much again for each of gradient and optimiser.
    let folder = with_dense(&format!("{:?}", [65_536; 40]));
    let ended = serlab(&folder).args(["run", "small.toml"]).run();
    assert_refused(&folder, &ended);
}

#[test]
fn a_limit_of_the_shell_is_respected() {
    // 1 GiB of weights: an ordinary machine has room for the whole training, 3 GiB of address space has not.
    let folder = with_dense("[16384, 16384]");
    let ended = limited(serlab(&folder).args(["run", "small.toml"]), 3 << 20);
    assert_refused(&folder, &ended);
    assert!(ended.err.contains("ulimit"), "{}", ended.err);
}
