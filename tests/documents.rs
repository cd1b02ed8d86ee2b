//! What is made of the sources and kept beside them: the schema of specs, the reference, the pages of the manual.
//!
//! `SERLAB_WRITE_DOCUMENTS=1 cargo test --release --test documents` (or `just documents`) writes them anew.

use serlab::{cli, spec};
use std::path::Path;

/// Holds a file of the repository against what it should be, or writes it where that is asked for.
fn is_current(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("SERLAB_WRITE_DOCUMENTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{name} is not what the sources say; `just documents` writes it anew");
}

#[test]
fn the_schema_of_specs_is_current() {
    is_current(spec::SCHEMA_FILE, &format!("{:#}\n", spec::json_schema()));
}

#[test]
fn the_reference_of_specs_is_current() {
    is_current("docs/reference.md", &spec::reference());
}

#[test]
fn every_verb_has_a_page_in_the_manual() {
    let mut command = cli::command().version(env!("CARGO_PKG_VERSION"));
    command.build();
    let mut pages = 0;
    let mut open = vec![command];
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().filter(|verb| verb.get_name() != "help").cloned());
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let mut text = Vec::new();
        clap_mangen::Man::new(command).date("").render(&mut text).unwrap();
        is_current(&format!("docs/man/{name}.1"), &String::from_utf8(text).unwrap());
        pages += 1;
    }
    assert!(pages > 20, "{pages}");
}
