//! Names and links that lead elsewhere: nothing is written or deleted outside of the runs and the cache.

use crate::common::{Folder, SMALL, serlab};
use crate::files::{Files, RUN, finishes_undisturbed, killed, one_run};
use crate::live::run_called;
use std::os::unix::fs::symlink;
use std::path::Path;

/// What a name of a folder must not be.
fn bad_names() -> Vec<String> {
    let bad = [
        "../x",
        "..",
        ".",
        "/absolute",
        "a/b",
        "a\\b",
        "C:x",
        "CON",
        "nul.txt",
        "Lpt1",
        "x\0y",
        "x\ny",
        "",
        " x",
        "x.",
        "-rf",
        ".hidden",
        "a*b",
        "a\u{202e}b",
        "a\u{feff}",
    ];
    bad.iter().map(|name| (*name).to_owned()).chain(["x".repeat(300), "ü".repeat(150)]).collect()
}

/// A text as TOML writes it; JSON's escapes are TOML's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn names_of_experiments_and_variants_that_are_no_folder_are_refused_with_line_and_key() {
    let folder = Folder::new();
    for name in bad_names() {
        for (spec, line, key) in [
            (format!("# odd\nname = {}\n{SMALL}", quoted(&name)), 2, "name"),
            (format!("seeds = [0]\n[variants.{}]\nfeatures = []\n", quoted(&name)), 2, "variants"),
        ] {
            let spec = folder.write("odd.toml", &spec);
            for verb in ["check", "plan", "run"] {
                let ended = serlab(&folder).arg(verb).arg(&spec).run();
                assert_eq!(ended.code, 2, "{name:?}: {}", ended.all());
                let named = |l: &str| l.starts_with(&format!("odd.toml:{line}:")) && l.contains(key);
                assert!(ended.err.lines().any(named), "{name:?} as {key}: {}", ended.all());
                assert!(
                    !ended.err.contains(['\0', '\u{202e}']),
                    "a name cannot write to the terminal: {:?}",
                    ended.err
                );
            }
        }
    }
    let names: Vec<_> = Files::of(folder.path()).names().map(Path::to_owned).collect();
    assert_eq!(names, [Path::new("odd.toml")], "nothing was written");
}

#[test]
fn values_of_a_grid_cannot_make_a_folder_elsewhere() {
    let folder = Folder::new();
    folder.synthesize("clips", &["speakers=4"]);
    let spec = SMALL.replace("[corpus.synth]\nspeakers = 6\nrepetitions = 1\n", "");
    let planned = |second: &str| {
        let grid = format!("\"corpus.manifest.path\" = [\"clips/../clips/manifest.csv\", {}]", quoted(second));
        folder.write("grid.toml", &format!("{spec}\n[corpus.manifest]\n[grid]\n{grid}\n"));
        serlab(&folder).args(["plan", "grid.toml", "--json"]).run()
    };
    let too_long = planned(&format!("{}clips/manifest.csv", "./".repeat(200)));
    let (code, key) = (too_long.code, "grid.toml:23:1: grid.\"corpus.manifest.path\": the name `1d-path=");
    assert!(code == 2 && too_long.err.starts_with(key), "refused by line and key: {}", too_long.all());
    let plan = planned("./clips/manifest.csv");
    assert_eq!(plan.code, 0, "{}", plan.all());
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    for run in plan["runs"].as_array().unwrap() {
        let name = run["folder"].as_str().unwrap();
        assert!(!name.contains(['/', '\\']) && name.len() <= 255, "{name}");
    }
    let run = serlab(&folder).args(["run", "grid.toml", "--only", "1d*-s0"]).run();
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(folder.runs().len(), 2);
}

#[test]
fn odd_but_harmless_names_work_and_nothing_is_written_outside_of_runs_and_cache() {
    let outer = Folder::new();
    outer.synthesize("clips", &["speakers=6"]);
    // Clips whose ids lead out of the folder that the manifest lies in.
    let manifest = std::fs::read_to_string(outer.path().join("clips/manifest.csv")).unwrap();
    let lines: String = manifest
        .lines()
        .enumerate()
        .map(|(i, line)| if i == 0 { format!("{line}\n") } else { format!("../../clips/{line}\n") })
        .collect();
    std::fs::create_dir_all(outer.path().join("inner/lists")).unwrap();
    outer.write("inner/lists/manifest.csv", &lines);
    let corpus = "[corpus.manifest]\npath = \"lists/manifest.csv\"\n";
    let spec = SMALL.replace("[corpus.synth]\nspeakers = 6\nrepetitions = 1\n", corpus);
    let spec = spec.replace("[variants.1d]", "[variants.\"ü = 1, 2+3 (a)\"]");
    outer.write("inner/odd.toml", &format!("name = \"Größe & Form; 100 %\"\n{spec}"));
    let before = Files::of(outer.path());
    let mut command = serlab(&outer).args(["run", "odd.toml", "--only", "ü*-s0"]).command();
    let output = command.current_dir(outer.path().join("inner")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(outer.path().join("inner/runs/Größe & Form; 100 %").is_dir());
    for place in ["inner/runs", "inner/.cache"] {
        std::fs::remove_dir_all(outer.path().join(place)).unwrap();
    }
    assert!(Files::of(outer.path()) == before, "something was written elsewhere");
}

/// That the run is refused because of a link, and that what lies behind it is as it was.
fn assert_refused(folder: &Folder, behind: &Path) {
    let before = Files::of(behind);
    let ended = one_run(folder).run();
    assert_eq!(ended.code, 4, "{}", ended.all());
    assert!(ended.err.contains("is a symbolic link"), "{}", ended.err);
    assert!(Files::of(behind) == before, "what lies behind the link was touched");
}

#[test]
fn a_run_or_an_experiment_that_is_a_link_elsewhere_is_refused_and_nothing_behind_it_is_touched() {
    for place in [None, Some(RUN)] {
        let folder = killed();
        let elsewhere = folder.path().join("elsewhere");
        let link = place.map_or_else(|| folder.path().join("runs/long"), |l| run_called(&folder, l).unwrap());
        std::fs::rename(&link, &elsewhere).unwrap();
        symlink(&elsewhere, &link).unwrap();
        assert_refused(&folder, &elsewhere);
        std::fs::remove_file(&link).unwrap();
        symlink("nowhere", &link).unwrap();
        assert_refused(&folder, &elsewhere);
        assert!(!link.parent().unwrap().join("nowhere").exists());
        std::fs::remove_file(&link).unwrap();
        std::fs::rename(&elsewhere, &link).unwrap();
        finishes_undisturbed(&folder);
    }
}

#[test]
fn a_folder_inside_a_run_that_is_a_link_elsewhere_is_refused_and_nothing_behind_it_is_touched() {
    for inside in ["checkpoint", "plots"] {
        let folder = killed();
        let precious = folder.path().join("precious");
        std::fs::create_dir(&precious).unwrap();
        for file in ["state.bin", "previous.bin", "curves.svg", ".tmp-1-1"] {
            std::fs::write(precious.join(file), "precious").unwrap();
        }
        let place = run_called(&folder, RUN).unwrap().join(inside);
        if place.exists() {
            std::fs::rename(&place, folder.path().join("aside")).unwrap();
        }
        symlink(&precious, &place).unwrap();
        assert_refused(&folder, &precious);
    }
}

#[test]
fn a_file_of_a_run_that_is_a_link_elsewhere_is_never_written_through() {
    for file in
        ["epochs.csv", "log.jsonl", "timing.csv", "status.json", "config.toml", "predictions.csv", ".holder.json"]
    {
        let folder = killed();
        folder.write("precious", "precious");
        let place = run_called(&folder, RUN).unwrap().join(file);
        let _ = std::fs::remove_file(&place);
        symlink(folder.path().join("precious"), &place).unwrap();
        let ended = one_run(&folder).run();
        assert!(ended.code == 0 || ended.err.contains("is a symbolic link"), "{file}: {}", ended.all());
        assert_eq!(std::fs::read_to_string(folder.path().join("precious")).unwrap(), "precious", "{file}");
    }
}

#[test]
fn the_sweeping_of_a_sealed_run_deletes_nothing_through_a_link() {
    let folder = killed();
    finishes_undisturbed(&folder);
    folder.write("precious", "precious");
    let kept = folder.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    std::fs::write(kept.join("state.bin"), "precious").unwrap();
    symlink(&kept, run_called(&folder, RUN).unwrap().join("checkpoint")).unwrap();
    let again = one_run(&folder).run();
    assert_eq!(again.code, 0, "{}", again.all());
    assert_eq!(std::fs::read_to_string(kept.join("state.bin")).unwrap(), "precious");
}

#[test]
fn a_sealed_run_that_was_moved_and_linked_is_not_swept_through_the_link() {
    let folder = killed();
    finishes_undisturbed(&folder);
    let link = run_called(&folder, RUN).unwrap();
    let archive = folder.path().join("archive");
    std::fs::rename(&link, &archive).unwrap();
    symlink(&archive, &link).unwrap();
    std::fs::create_dir(archive.join("checkpoint")).unwrap();
    for file in ["checkpoint/state.bin", ".tmp-1-1", ".lock"] {
        std::fs::write(archive.join(file), "precious").unwrap();
    }
    let before = Files::of(&archive);
    let again = one_run(&folder).run();
    assert!(Files::of(&archive) == before, "something was deleted through the link: {}", again.all());
    assert!(again.code == 0 || again.err.contains("is a symbolic link"), "{}", again.all());
}
