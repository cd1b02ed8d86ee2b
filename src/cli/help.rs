//! Help to write specs: `init`, `kinds`, `explain`, `schema`, `completions`.

use super::exit::{Exit, Failure};
use super::{Outcome, output};
use crate::corpus;
use crate::kind::Kinds;
use crate::spec;
use crate::words::in_shell;
use clap::CommandFactory;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Writes a spec to start from, of a corpus where one is named, and beside it the schema for editors; an existing spec is left alone.
pub fn init(path: &Path, corpus: Option<&Path>) -> Outcome {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let usage = |message: String| Failure::new(Exit::Usage, message);
    let (text, about) = match corpus {
        None => (spec::template(&stem), String::new()),
        Some(corpus) => of_corpus(&stem, corpus)?,
    };
    let mut file = std::fs::File::create_new(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => usage(format!("{} exists; name another file", path.display())),
        _ => usage(format!("{} cannot be written: {e}", path.display())),
    })?;
    let wrong = |path: &Path, e: std::io::Error| usage(format!("{} cannot be written: {e}", path.display()));
    file.write_all(text.as_bytes()).map_err(|e| wrong(path, e))?;
    // Editors read it to complete keys and to underline mistakes; a newer one replaces that of an older serlab.
    let schema = path.with_file_name(spec::SCHEMA_FILE);
    std::fs::write(&schema, schema_text() + "\n").map_err(|e| wrong(&schema, e))?;
    output::result(&format!(
        "{0} written{about}. Next: serlab plan {1}, then serlab run {1}",
        path.display(),
        in_shell(&path.display().to_string())
    ));
    Ok(Exit::Done)
}

/// The recipe for the corpus at a path, and what was found there.
fn of_corpus(name: &str, path: &Path) -> Result<(String, String), Failure> {
    let (corpus, found) = corpus::recognise(path)?;
    let speakers = found.clips.iter().map(|clip| &clip.speaker).collect::<BTreeSet<_>>().len();
    let text = spec::recipe(name, &corpus, speakers).map_err(|why| Failure::new(Exit::Data, why))?;
    let (clips, speakers) = (output::counted(found.clips.len(), "clip"), output::counted(speakers, "speaker"));
    Ok((text, format!(" for {} ({clips}, {speakers})", corpus.name())))
}

/// Lists kinds.
pub fn kinds(room: Option<&str>) -> Outcome {
    output::result(&spec::kinds_text(room).map_err(|m| Failure::new(Exit::Usage, m))?);
    Ok(Exit::Done)
}

/// Explains a key or a kind.
pub fn explain(key: &str) -> Outcome {
    output::result(&spec::explain(key).map_err(|m| Failure::new(Exit::Usage, m))?);
    Ok(Exit::Done)
}

/// Prints the JSON Schema of specs.
pub fn schema() -> Outcome {
    output::result(&schema_text());
    Ok(Exit::Done)
}

/// The JSON Schema of specs as it is kept in files.
pub fn schema_text() -> String {
    format!("{:#}", spec::json_schema())
}

/// Writes a completion script.
pub fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::args::Cli::command(), "serlab", &mut script);
    output::result(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
