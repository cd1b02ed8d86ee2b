use super::*;
use proptest::prelude::*;
use std::path::Component;

fn name(variant: &str, seed: u64, fold: Option<u32>) -> RunName {
    let id = RunId::from_bytes(&[0xab; 32]);
    RunName { experiment: "1d-vs-2d".into(), variant: variant.into(), seed, fold, id }
}

#[test]
fn a_directory_is_named_as_the_contract_says() {
    let with_fold = name("2d", 3, Some(1)).directory(Path::new("runs")).unwrap();
    assert_eq!(with_fold, Path::new("runs/1d-vs-2d/2d-s3-f1-abababab"));
    assert_eq!(name("2d", 3, None).to_string(), "1d-vs-2d/2d-s3-abababab");
}

#[test]
fn names_that_could_escape_or_surprise_are_refused() {
    let long = "x".repeat(101);
    let bad = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "/etc",
        "C:\\x",
        "a\0b",
        "a\nb",
        "CON",
        "nul.txt",
        "com1",
        "LPT9.log",
        ".git",
        "a.",
        "a ",
        " a",
        "-rf",
        "a:b",
        "a*",
        "a?",
        "\u{202e}abc",
        "a\u{7f}",
        "a\u{85}b",
        &long,
    ];
    for name in bad {
        assert!(check_name(name).is_err(), "{name:?}");
    }
    for name in
        ["1d-vs-2d", "2d", "lr=0.001", "Überraschung", "com10", "console", "a b", "x+y,z", "v1.2", &"x".repeat(100)]
    {
        assert_eq!(check_name(name), Ok(()), "{name:?}");
    }
}

#[test]
fn every_file_has_its_own_path_and_needed_files_are_hashed() {
    let mut paths: Vec<&str> = FileName::ALL.iter().map(|f| f.path()).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), FileName::ALL.len());
    assert!(FileName::ALL.iter().all(|f| !f.is_needed() || f.is_result() || f.is_origin()));
    assert!(FileName::ALL.iter().all(|f| !(f.is_result() && f.is_origin())));
}

proptest! {
    #[test]
    fn an_accepted_name_stays_inside_the_folder_of_runs(variant in any::<String>(), experiment in ".{0,12}", seed in any::<u64>()) {
        let run = RunName { experiment, ..name(&variant, seed, None) };
        if let Ok(path) = run.directory(Path::new("runs")) {
            let parts: Vec<Component> = path.components().collect();
            prop_assert_eq!(parts.len(), 3);
            prop_assert!(parts.iter().all(|p| matches!(p, Component::Normal(_))));
            prop_assert_eq!(path.parent().and_then(Path::parent), Some(Path::new("runs")));
        }
    }

    #[test]
    fn a_directory_tells_the_name_it_was_made_from(variant in "[a-z0-9._ -]{1,30}", seed in any::<u64>(), fold in any::<Option<u32>>()) {
        let run = name(&variant, seed, fold);
        if let Ok(path) = run.directory(Path::new("runs")) {
            let read = RunName::from_directory(&path).unwrap();
            prop_assert_eq!(read.folder(), run.folder());
            prop_assert_eq!((read.variant, read.seed, read.fold), (variant, seed, fold));
        }
    }
}
