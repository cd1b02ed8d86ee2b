use super::*;
use crate::record::RunId;
use crate::record::testing;
use std::path::Path;

fn name() -> RunName {
    testing::name("exp", "2d", 0, None)
}

#[test]
fn a_run_is_written_sealed_and_never_again() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create(root.path(), &name()).unwrap();
    let status = Status::begin(dir.last_status().unwrap().as_ref());
    dir.status(&status).unwrap();
    testing::fill(&dir, 0.6, None);
    fs::write(dir.checkpoint().unwrap().join("state.bin"), "state").unwrap();
    let path = dir.seal(&status).unwrap();
    let seal = Seal::read(&path).unwrap().unwrap();
    assert_eq!(seal.run, name().id.to_string());
    let files: Vec<&str> = seal.files.keys().map(String::as_str).collect();
    let expected = ["epochs.csv", "evaluation.json", "plots/curves.svg", "predictions.csv", "split.csv"];
    assert_eq!(files, expected);
    let status: Status = serde_json::from_slice(&fs::read(path.join("status.json")).unwrap()).unwrap();
    assert_eq!((status.state, status.files.len()), (Progress::Sealed, 2), "{:?}", status.files);
    assert!(!path.join(CHECKPOINT).exists());
    assert!(matches!(RunDir::create(root.path(), &name()), Err(RecordError::Sealed { .. })));
    let hidden =
        fs::read_dir(&path).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0, "neither locks nor temporary files are left");
}

use crate::record::seal::Seal;

#[test]
fn two_runs_of_the_same_question_have_the_same_seal() {
    let seals = [1, 2].map(|attempt| {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create(root.path(), &name()).unwrap();
        testing::fill(&dir, 0.6, None);
        dir.write(FileName::Provenance, format!("{attempt}").as_bytes()).unwrap();
        dir.append_row(FileName::Timing, Some("epoch,seconds"), &format!("1,{attempt}")).unwrap();
        dir.log(&serde_json::json!({"attempt": attempt})).unwrap();
        fs::write(dir.checkpoint().unwrap().join("state"), [attempt]).unwrap();
        fs::write(dir.file(FileName::Spec), format!("# attempt {attempt}")).unwrap();
        fs::read(dir.seal(&Status::begin(None)).unwrap().join("seal.json")).unwrap()
    });
    assert_eq!(seals[0], seals[1]);
}

#[test]
fn a_run_without_predictions_cannot_be_sealed() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create(root.path(), &name()).unwrap();
    testing::fill(&dir, 0.6, None);
    dir.remove(FileName::Predictions).unwrap();
    let error = dir.seal(&Status::begin(None)).unwrap_err().to_string();
    assert!(error.ends_with("predictions.csv is missing"), "{error}");
}

#[test]
fn an_unfinished_run_is_taken_over_with_what_it_holds_and_cleaned() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create(root.path(), &name()).unwrap();
    dir.append_row(FileName::Epochs, Some("epoch,train_loss"), "1,0.5").unwrap();
    dir.log(&serde_json::json!({"event": "epoch", "epoch": 1})).unwrap();
    let path = dir.path().to_path_buf();
    drop(dir);
    fs::write(path.join(".tmp-1-1"), "torn").unwrap();
    let log = path.join("log.jsonl");
    fs::write(&log, fs::read_to_string(&log).unwrap() + "{\"event\": \"ep").unwrap();

    let dir = RunDir::create(root.path(), &name()).unwrap();
    assert!(!path.join(".tmp-1-1").exists());
    dir.log(&serde_json::json!({"event": "resumed"})).unwrap();
    let log = fs::read_to_string(log).unwrap();
    assert_eq!(log, "{\"event\":\"epoch\",\"epoch\":1}\n{\"event\":\"resumed\"}\n");
    let (mut epochs, note) = dir.epochs().unwrap().unwrap();
    assert_eq!((epochs.rows.len(), note), (1, None));
    epochs.truncate(0);
    dir.restore_epochs(&epochs).unwrap();
    dir.append_row(FileName::Epochs, Some("epoch,train_loss"), "1,0.5").unwrap();
    assert_eq!(dir.read(FileName::Epochs).unwrap().unwrap(), b"epoch,train_loss\n1,0.5\n");
}

#[test]
fn two_processes_never_work_on_one_run() {
    let root = tempfile::tempdir().unwrap();
    let first = RunDir::create(root.path(), &name()).unwrap();
    let error = RunDir::create(root.path(), &name()).unwrap_err();
    assert!(matches!(error, RecordError::Held { .. }), "{error}");
    let other = RunName { id: RunId::from_bytes(&[7; 32]), ..name() };
    RunDir::create(root.path(), &other).unwrap();
    drop(first);
    RunDir::create(root.path(), &name()).unwrap();
}

#[test]
fn starting_over_removes_the_record_and_spares_notes() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create(root.path(), &name()).unwrap();
    testing::fill(&dir, 0.6, None);
    fs::write(dir.checkpoint().unwrap().join("state"), "x").unwrap();
    fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    dir.remove_partial().unwrap();
    assert!(dir.path().join("notes.txt").exists() && !dir.path().join(CHECKPOINT).exists());
    assert!(FileName::ALL.iter().all(|f| !dir.file(*f).exists()));
}

#[cfg(unix)]
#[test]
fn nothing_is_written_or_deleted_through_links() {
    use std::os::unix::fs::symlink;
    let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let precious = elsewhere.path().join("precious");
    fs::write(&precious, "x").unwrap();
    fs::create_dir(root.path().join("exp")).unwrap();
    let run = root.path().join("exp").join(name().folder());
    symlink(elsewhere.path(), &run).unwrap();
    assert!(matches!(RunDir::create(root.path(), &name()), Err(RecordError::Link { .. })));
    fs::remove_file(&run).unwrap();

    let dir = RunDir::create(root.path(), &name()).unwrap();
    symlink(elsewhere.path(), run.join(CHECKPOINT)).unwrap();
    symlink(elsewhere.path(), run.join(PLOTS)).unwrap();
    symlink(&precious, run.join("epochs.csv")).unwrap();
    assert!(matches!(dir.checkpoint(), Err(RecordError::Link { .. })));
    assert!(matches!(dir.remove_partial(), Err(RecordError::Link { .. })));
    assert!(matches!(dir.append_row(FileName::Epochs, None, "1"), Err(RecordError::Link { .. })));
    dir.remove_checkpoint().unwrap();
    assert_eq!(fs::read_to_string(precious).unwrap(), "x");
}

#[test]
fn names_that_leave_the_folder_make_nothing() {
    let root = tempfile::tempdir().unwrap();
    let bad = RunName { variant: "../../x".into(), ..name() };
    let error = RunDir::create(root.path(), &bad).unwrap_err().to_string();
    assert!(error.contains("variant `../../x` cannot name a folder"), "{error}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    assert!(!Path::new("x").exists());
}

#[test]
fn what_a_killed_process_left_in_a_sealed_run_is_removed() {
    let root = tempfile::tempdir().unwrap();
    let path = testing::sealed_run(root.path(), &name(), 0.6, None);
    fs::create_dir(path.join(CHECKPOINT)).unwrap();
    for left in ["checkpoint/state.bin", ".lock", ".holder.json", ".tmp-1-2"] {
        fs::write(path.join(left), "left").unwrap();
    }
    RunDir::tidy(&path).unwrap();
    let hidden =
        fs::read_dir(&path).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert!(hidden.count() == 0 && !path.join(CHECKPOINT).exists());
    RunDir::tidy(&path).unwrap();
}
