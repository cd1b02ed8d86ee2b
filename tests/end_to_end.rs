//! Through the real binary, as a user would: the contract of commands, exit codes and run directories.

mod common;

use common::{Folder, SMALL, serlab};

/// The variants that have a row in the first table of a comparison, in order.
fn variants(out: &str, format: &str) -> Vec<String> {
    let cells = |lines: &str, separator: char, place: usize| -> Vec<String> {
        lines.lines().map(|line| line.split(separator).nth(place).unwrap_or_default().trim().to_owned()).collect()
    };
    let table = out.split("\n\n").next().unwrap();
    let rows = |heads: usize| table.splitn(heads + 1, '\n').nth(heads).unwrap_or_default();
    match format {
        "json" => {
            let document: serde_json::Value = serde_json::from_str(out).unwrap();
            let variants = document["comparison"]["variants"].as_array().unwrap();
            variants.iter().map(|v| v["variant"].as_str().unwrap().to_owned()).collect()
        }
        "csv" => {
            let place = table.lines().next().unwrap().split(',').position(|head| head == "variant").unwrap();
            cells(rows(1), ',', place)
        }
        "markdown" => cells(rows(2), '|', 1),
        // Below the table is a sentence about the seeds.
        _ => cells(rows(1), ' ', 0).into_iter().take_while(|first| first.contains('d')).collect(),
    }
}

#[test]
fn a_small_experiment_runs_is_compared_and_is_not_run_again() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    let first = serlab(&folder).arg("run").arg(&spec).run();
    assert_eq!(first.code, 0, "{}", first.all());
    assert_eq!(variants(&first.out, "text"), ["1d", "2d"], "{}", first.out);
    assert!(
        first.out.ends_with("next: serlab compare small --format markdown, or serlab show latest\n"),
        "{}",
        first.out
    );
    let seals = folder.seals();
    assert_eq!(seals.len(), 4);

    let again = serlab(&folder).arg("run").arg(&spec).run();
    assert_eq!(again.code, 0, "{}", again.all());
    assert!(again.err.contains("4 done, 0 to do"), "{}", again.err);
    assert_eq!(folder.seals(), seals, "nothing was written again");

    for run in folder.runs() {
        for file in [
            "spec.toml",
            "config.toml",
            "provenance.json",
            "status.json",
            "split.csv",
            "epochs.csv",
            "predictions.csv",
            "evaluation.json",
            "model.safetensors",
            "log.jsonl",
            "plots/curves.svg",
            "plots/curves.png",
            "plots/confusion.svg",
            "plots/recall.svg",
        ] {
            assert!(run.join(file).is_file(), "{file} is missing in {}", run.display());
        }
        assert!(!run.join("checkpoint").exists(), "a sealed run keeps no checkpoint");
    }

    for format in ["text", "markdown", "csv", "json"] {
        let compared = serlab(&folder).args(["compare", "small", "--format", format]).run();
        assert_eq!(compared.code, 0, "{}", compared.all());
        assert_eq!(variants(&compared.out, format), ["1d", "2d"], "{format}: {}", compared.out);
    }
    for (file, begins) in [("variants.svg", &b"<svg"[..]), ("variants.png", b"\x89PNG")] {
        let drawn = serlab(&folder).args(["compare", "small", "--plot", file]).run();
        assert_eq!((drawn.code, drawn.err.as_str()), (0, format!("plot: {file}\n").as_str()), "{}", drawn.all());
        assert!(std::fs::read(folder.path().join(file)).unwrap().starts_with(begins), "{file}");
    }
    let refused = serlab(&folder).args(["compare", "small", "--plot", "variants.pdf"]).run();
    assert!(refused.code == 2 && refused.err.contains("must end in .svg or .png"), "{}", refused.all());
    let listed = serlab(&folder).arg("list").run();
    assert_eq!(listed.out.matches("sealed").count(), 4, "{}", listed.out);
    let shown = serlab(&folder).args(["show", "latest"]).run();
    assert!(shown.code == 0 && shown.out.to_lowercase().contains("accuracy"), "{}", shown.all());
}

#[test]
fn the_same_spec_and_seed_give_the_same_bytes_whatever_the_threads_and_jobs() {
    let folders = [Folder::new(), Folder::new(), Folder::new()];
    let mut seals = Vec::new();
    for (folder, (threads, jobs)) in folders.iter().zip([("1", "1"), ("2", "1"), ("4", "2")]) {
        let spec = folder.write("small.toml", SMALL);
        let run = serlab(folder).env("RAYON_NUM_THREADS", threads).arg("run").arg(spec).args(["--jobs", jobs]).run();
        assert_eq!(run.code, 0, "{}", run.all());
        seals.push(folder.seals());
    }
    assert_eq!(seals[0], seals[1]);
    assert_eq!(seals[0], seals[2]);
}

#[test]
fn a_changed_setting_is_another_run_and_a_comment_is_not() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    let ids = |text: &str| -> Vec<String> {
        folder.write("small.toml", text);
        let plan = serlab(&folder).arg("plan").arg(&spec).arg("--json").run();
        assert_eq!(plan.code, 0, "{}", plan.all());
        let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
        plan["runs"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect()
    };
    let before = ids(SMALL);
    assert_eq!(ids(&format!("# another comment\n{SMALL}")), before);
    let written = "epochs = 0x2\nbatch_size = 1_6\noptimizer = { adam = {} }";
    assert_eq!(ids(&SMALL.replace("epochs = 2\nbatch_size = 16", written)), before, "written in another way");
    assert!(ids(&SMALL.replace("batch_size = 16", "batch_size = 8")).iter().all(|id| !before.contains(id)));
}

#[test]
fn a_leak_is_refused_before_training_and_stamped_where_it_is_allowed() {
    let folder = Folder::new();
    let leaky =
        SMALL.replace("[split.speakers]\ntest = 0.3\nvalidation = 0.2", "[split.rows]\ntest = 0.3\nvalidation = 0.2");
    let leaky = format!("{leaky}\n[[augment]]\nidentity = {{}}\ncopies = 1\n");
    let spec = folder.write("small.toml", &leaky);
    let refused = serlab(&folder).arg("run").arg(&spec).run();
    assert_eq!(refused.code, 3);
    let way_out = r#"audit.allow = ["twins", "shared-speakers"]"#;
    assert!(refused.err.contains(way_out), "{}", refused.err);
    assert!(folder.seals().is_empty());

    let spec = folder.write("small.toml", &format!("{way_out}\n{leaky}"));
    let allowed = serlab(&folder).arg("run").arg(&spec).args(["--only", "1d-s0"]).run();
    assert_eq!(allowed.code, 0, "{}", allowed.all());
    assert!(allowed.out.contains("LEAK"), "{}", allowed.out);
    let audited = serlab(&folder).arg("audit").arg(&spec).run();
    assert!(audited.out.contains("speakers"), "{}", audited.out);
}

#[test]
fn an_edited_result_is_never_compared_as_if_it_were_sound() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    assert_eq!(serlab(&folder).arg("run").arg(&spec).args(["--only", "1d-s0"]).run().code, 0);
    let run = &folder.runs()[0];
    let path = run.join("evaluation.json");
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replacen("0.", "0.9", 1)).unwrap();
    let verified = serlab(&folder).args(["verify", "--quick"]).arg(run).run();
    assert!(verified.code == 1 && verified.all().contains("evaluation.json"), "{}", verified.all());
    assert!(serlab(&folder).arg("list").run().out.contains("TAMPERED"));
}

#[test]
fn features_of_files_are_written_as_a_network_would_be_fed() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    folder.synthesize("clips", &["speakers=2"]);
    let clip = folder.find("clips", "wav");
    let out = serlab(&folder).arg("features").arg(&spec).arg(&clip).args(["-o", "out", "--plot"]).run();
    assert_eq!(out.code, 0, "{}", out.all());
    for extension in ["npy", "png", "svg"] {
        assert!(folder.find("out", extension).is_file());
    }
    let broken = folder.write("broken.wav", "this is no audio");
    let out = serlab(&folder).arg("features").arg(&spec).arg(&broken).args(["-o", "out"]).run();
    assert!(out.code == 3 && out.err.contains("broken.wav"), "{}", out.all());
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_goes_on_and_seals_the_same_bytes() {
    let long = SMALL.replace("epochs = 2", "epochs = 60\nearly_stopping = \"none\"");
    let whole = Folder::new();
    let spec = whole.write("small.toml", &long);
    assert_eq!(serlab(&whole).arg("run").arg(&spec).args(["--only", "2d-s0"]).run().code, 0);

    for (signal, code) in [("TERM", 75), ("INT", 130)] {
        let folder = Folder::new();
        let spec = folder.write("small.toml", &long);
        let run = || serlab(&folder).arg("run").arg(&spec).args(["--only", "2d-s0"]);
        let mut command = run().command();
        let mut child =
            command.stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null()).spawn().unwrap();
        // Stopped once it trains: the table of epochs has rows.
        while !folder
            .runs()
            .iter()
            .any(|r| std::fs::read_to_string(r.join("epochs.csv")).is_ok_and(|t| t.lines().count() > 5))
        {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let kill = std::process::Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(folder.seals().is_empty());
        assert!(serlab(&folder).arg("list").run().out.contains("interrupted"));
        let again = run().run();
        assert_eq!(again.code, 0, "{}", again.all());
        assert!(again.err.contains("resumes after epoch"), "{}", again.err);
        assert_eq!(folder.seals(), whole.seals());
    }
}

#[test]
fn an_experiment_is_shown_with_the_confusion_of_all_its_seeds() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", SMALL);
    assert_eq!(serlab(&folder).arg("run").arg(&spec).run().code, 0);
    let shown = serlab(&folder).args(["show", "small"]).run();
    assert_eq!(shown.code, 0, "{}", shown.all());
    for part in ["\n1d: 2 seeds, ", "\n2d: 2 seeds, ", "\nConfusion (answers; rows: true, columns: predicted)\n"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    let json = serlab(&folder).args(["show", "small", "--json"]).run();
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let sum = |v: &serde_json::Value| -> u64 {
        let rows = v["pooled"]["confusion"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
        rows.map(|count| count.as_u64().unwrap()).sum()
    };
    for variant in json["experiment"]["variants"].as_array().unwrap() {
        assert_eq!(sum(variant), 2 * variant["clips"].as_u64().unwrap());
    }
}

#[test]
fn a_grid_shows_validation_figures_and_says_which_point_they_pick() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", &format!("{SMALL}\n[grid]\n\"train.batch_size\" = [16, 32]\n"));
    let ended = serlab(&folder).arg("run").arg(&spec).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert!(ended.out.contains("validation UAR (%)"), "{}", ended.out);
    for variant in ["1d", "2d"] {
        let said = format!("- {variant}: of 2 points of its grid, validation picks {variant}-batch_size=");
        assert!(ended.out.contains(&said), "{}", ended.out);
    }
    assert!(ended.out.contains("- the others are held against 1d-batch_size="), "{}", ended.out);
}

#[test]
fn where_test_rows_pick_the_epoch_screen_plots_and_record_say_so() {
    let folder = Folder::new();
    let fit = "[fit]\nepoch = \"test\"\n[audit]\nallow = [\"selected-on-test\"]\n";
    let spec = folder.write("small.toml", &format!("{SMALL}\n{fit}"));
    let ended = serlab(&folder).arg("run").arg(&spec).args(["--only", "2d-s0"]).run();
    assert_eq!(ended.code, 0, "{}", ended.all());
    assert!(
        ended.err.contains("test (picks the epoch) loss") && !ended.err.contains("validation loss"),
        "{}",
        ended.err
    );
    let run = &folder.runs()[0];
    let read = |file: &str| std::fs::read_to_string(run.join(file)).unwrap();
    let curves = read("plots/curves.svg");
    assert!(curves.contains("test (picks the epoch)") && !curves.contains("validation"));
    assert!(read("epochs.csv").starts_with("epoch,learning_rate,train_loss"), "the columns keep their names");
    assert!(read("evaluation.json").contains("\"epoch_picked_on\": \"test\""));
    let shown = serlab(&folder).args(["show", "latest"]).run();
    assert!(shown.out.contains("which test rows picked"), "{}", shown.out);
}
