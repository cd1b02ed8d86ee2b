//! Sealed runs that were changed afterwards, and specs that were.

use crate::common::{Ended, Folder, SMALL, serlab};
use crate::files::{Files, results, sealed, sealed_files};
use crate::live::run_called;
use std::path::Path;

/// Files that are no result but say how one was asked for.
const RECORD: [&str; 3] = ["spec.toml", "config.toml", "provenance.json"];

fn verify(folder: &Folder, run: &Path) -> Ended {
    serlab(folder).args(["verify", "--quick"]).arg(run).run()
}

/// Flips a bit in the middle of a file, does something and puts the bit back.
fn with_flipped(path: &Path, look: impl FnOnce()) {
    let whole = std::fs::read(path).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
    look();
    std::fs::write(path, whole).unwrap();
}

fn assert_names(folder: &Folder, run: &Path, file: &str) {
    let said = verify(folder, run);
    assert_eq!(said.code, 1, "{file}: {}", said.all());
    assert!(said.out.contains("TAMPERED") && said.out.contains(file), "{file}: {}", said.all());
    let listed = serlab(folder).arg("list").run();
    assert_eq!(listed.out.matches("TAMPERED").count(), 1, "{file}: {}", listed.out);
}

#[test]
fn a_flipped_bit_in_any_file_of_a_sealed_run_is_found_by_name() {
    let folder = sealed();
    let run = run_called(&folder, "2d-s0").unwrap();
    let files = sealed_files(&run);
    for file in ["inputs.csv", "steps.csv", "stages.json", "epochs.csv", "predictions.csv", "model.safetensors"] {
        assert!(files.iter().any(|f| f == file), "{file} is part of the result: {files:?}");
    }
    for file in files.iter().map(String::as_str).chain(RECORD) {
        with_flipped(&run.join(file), || assert_names(&folder, &run, file));
    }
    let said = verify(&folder, &run);
    assert_eq!(said.code, 0, "all bits are back: {}", said.all());
}

#[test]
fn missing_added_and_exchanged_files_of_a_sealed_run_are_found_by_name() {
    let folder = sealed();
    let [run, other] = ["2d-s0", "2d-s1"].map(|label| run_called(&folder, label).unwrap());
    let kept = Files::of(&run);
    for file in ["predictions.csv", "config.toml", "plots/curves.svg"] {
        std::fs::remove_file(run.join(file)).unwrap();
        assert_names(&folder, &run, file);
        // That of another seed is whole, but not what was sealed.
        std::fs::copy(other.join(file), run.join(file)).unwrap();
        assert_names(&folder, &run, file);
        kept.write_to(&run);
    }
    std::fs::write(run.join("plots/better.svg"), "<svg/>").unwrap();
    assert_names(&folder, &run, "plots/better.svg");
    std::fs::remove_file(run.join("plots/better.svg")).unwrap();
    std::fs::copy(other.join("seal.json"), run.join("seal.json")).unwrap();
    assert_names(&folder, &run, "seal.json");
}

#[test]
fn a_tampered_run_has_no_figures_anywhere_and_is_not_run_over() {
    let folder = sealed();
    let run = run_called(&folder, "2d-s0").unwrap();
    let path = run.join("evaluation.json");
    let text = std::fs::read_to_string(&path).unwrap();
    // The accuracy that somebody wished for.
    let better = text.replacen("\"value\": 0.", "\"value\": 0.987", 1);
    assert_ne!(better, text);
    std::fs::write(&path, better).unwrap();

    let shown = serlab(&folder).arg("show").arg(&run).run();
    assert!(shown.out.contains("TAMPERED") && shown.out.contains("evaluation.json"), "{}", shown.all());
    assert!(!shown.out.contains("98.7") && !shown.out.contains("Confusion"), "{}", shown.out);
    for format in ["text", "markdown", "json"] {
        let compared = serlab(&folder).args(["compare", "small", "--format", format]).run();
        assert_eq!(compared.code, 0, "{}", compared.all());
        assert!(compared.out.contains("TAMPERED") && !compared.out.contains("98.7"), "{format}: {}", compared.out);
    }
    let alone = serlab(&folder).arg("compare").arg(&run).run();
    assert!(alone.code != 0 && alone.err.contains("TAMPERED"), "{}", alone.all());
    let before = Files::of(folder.path());
    let again = serlab(&folder).args(["run", "small.toml"]).run();
    assert_eq!(again.code, 3, "{}", again.all());
    assert!(again.err.contains("TAMPERED") && again.err.contains("move it away"), "{}", again.err);
    assert!(Files::of(folder.path()) == before, "nothing is written over what somebody changed");
}

#[test]
fn without_its_seal_a_run_is_no_result_and_running_it_again_seals_the_same() {
    let folder = sealed();
    let before = results(&folder);
    std::fs::remove_file(run_called(&folder, "1d-s0").unwrap().join("seal.json")).unwrap();
    let listed = serlab(&folder).arg("list").run();
    assert!(listed.out.contains("ended before it was sealed"), "{}", listed.out);
    let again = serlab(&folder).args(["run", "small.toml"]).run();
    assert!(again.code == 0 && again.err.contains("3 done, 1 to do"), "{}", again.all());
    assert!(results(&folder) == before, "{}", again.err);
}

#[test]
fn a_spec_edited_under_a_finished_run_makes_a_new_run_and_the_old_one_stays() {
    let folder = sealed();
    let before = results(&folder);
    folder.write("small.toml", &SMALL.replace("batch_size = 16", "batch_size = 8"));
    let plan = serlab(&folder).args(["plan", "small.toml"]).run();
    assert!(plan.out.contains("0 done, 4 to do"), "{}", plan.all());
    let edited = serlab(&folder).args(["run", "small.toml", "--only", "1d-s0"]).run();
    assert_eq!(edited.code, 0, "{}", edited.all());
    let after = results(&folder);
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|(run, files)| after[run] == *files), "the old runs are as they were");
    let compared = serlab(&folder).args(["compare", "small"]).run();
    assert!(
        compared.out.contains("2 configurations, which differ in settings; they are not averaged together"),
        "{}",
        compared.out
    );
    // Put back, it is the old experiment again, and nothing of it is to do.
    folder.write("small.toml", SMALL);
    let back = serlab(&folder).args(["run", "small.toml"]).run();
    assert!(back.code == 0 && back.err.contains("4 done, 0 to do"), "{}", back.all());
}
