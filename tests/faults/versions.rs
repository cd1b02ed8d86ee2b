//! What another version wrote is refused by name, never read as if it were of this one.

use crate::common::serlab;
use crate::files::{RUN, finishes_undisturbed, killed, sealed};
use crate::live::{resumed_after, run_called};

#[test]
fn a_checkpoint_of_another_format_is_refused_by_its_number() {
    let folder = killed();
    let path = run_called(&folder, RUN).unwrap().join("checkpoint/state.bin");
    let mut bytes = std::fs::read(&path).unwrap();
    // The version, behind magic and length; with a checksum that fits it, so that nothing but the version is wrong.
    bytes[16..20].copy_from_slice(&4_000_u32.to_le_bytes());
    let content = bytes.len() - 32;
    let checksum = blake3::hash(&bytes[..content]);
    bytes[content..].copy_from_slice(checksum.as_bytes());
    std::fs::write(&path, bytes).unwrap();
    let ended = finishes_undisturbed(&folder);
    let said = format!("{RUN}: checkpoint state.bin refused: ");
    let said = ended.err.lines().find(|l| l.starts_with(&said)).unwrap_or_else(|| panic!("{}", ended.err));
    assert!(said.contains("format 4000"), "{said}");
    assert!(resumed_after(&ended.err, RUN).is_some(), "{}", ended.err);
}

#[test]
fn a_seal_of_another_format_is_no_result() {
    let folder = sealed();
    let run = run_called(&folder, "2d-s0").unwrap();
    let path = run.join("seal.json");
    let mut seal: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    seal["version"] = 4000.into();
    std::fs::write(&path, serde_json::to_vec_pretty(&seal).unwrap()).unwrap();
    let said = serlab(&folder).args(["verify", "--quick"]).arg(&run).run();
    assert_eq!(said.code, 1, "{}", said.all());
    assert!(said.out.contains("seal.json") && said.out.contains("version 4000"), "{}", said.all());
    let compared = serlab(&folder).args(["compare", "small"]).run();
    assert!(compared.out.contains("Not in these figures"), "{}", compared.all());
}

#[test]
fn a_status_that_makes_no_sense_is_not_believed_and_does_not_stop_the_run() {
    for status in ["", "{", r#"{"state":"levitating"}"#, "\0\0\0\0"] {
        let folder = killed();
        std::fs::write(run_called(&folder, RUN).unwrap().join("status.json"), status).unwrap();
        let listed = serlab(&folder).arg("list").run();
        assert!(listed.code == 0 && listed.out.contains("interrupted"), "{status:?}: {}", listed.all());
        let ended = finishes_undisturbed(&folder);
        assert!(resumed_after(&ended.err, RUN).is_some(), "{status:?}: {}", ended.err);
    }
}
