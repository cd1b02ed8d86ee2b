//! The recipe that `serlab init --corpus` writes: what learns best from speech that we know of.

use crate::corpus::Corpus;
use crate::kind::Kinds;

/// Up to so many folds, each of other speakers.
const FOLDS: usize = 5;

/// From so many speakers on, some of those that train are set aside to show how training goes.
const ENOUGH_SPEAKERS: usize = 10;

/// A spec for a corpus of so many speakers.
///
/// # Errors
/// Why there can be none: a single speaker, whom nobody else could be tested on.
pub fn recipe(name: &str, corpus: &Corpus, speakers: usize) -> Result<String, String> {
    if speakers < 2 {
        return Err(format!("{}: all clips are of one speaker; test rows need another", corpus.name()));
    }
    let validation = if speakers < ENOUGH_SPEAKERS { "0.0" } else { "0.1" };
    let folds = speakers.min(FOLDS).to_string();
    let filled = [("{name}", name), ("{corpus}", &place(corpus)), ("{folds}", &folds), ("{validation}", validation)];
    Ok(filled.iter().fold(include_str!("recipe.toml").to_owned(), |text, (key, value)| text.replace(key, value)))
}

/// The table of a corpus: what is no default of it.
fn place(corpus: &Corpus) -> String {
    let written = toml::Table::try_from(corpus).unwrap_or_default();
    let own = written.get(corpus.name()).and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let lines = own.iter().filter(|(key, _)| matches!(key.as_str(), "root" | "path"));
    let lines = lines.filter(|(_, value)| value.as_str() != Some("")).map(|(key, value)| format!("{key} = {value}\n"));
    format!("[corpus.{}]\n{}", corpus.name(), lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    fn corpus(text: &str) -> Corpus {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_recipe_reads_without_a_mistake_for_every_number_of_speakers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        let ravdess = corpus("ravdess.root = 'data/my \"own\"'");
        for (speakers, folds) in [(2, 2), (4, 4), (24, 5)] {
            let text = recipe("mine", &ravdess, speakers).unwrap();
            assert!(!text.contains("{name}") && !text.contains("{folds}"));
            std::fs::write(&path, &text).unwrap();
            let cells = Spec::load(&path, &[], &[]).unwrap().cells().unwrap();
            assert_eq!(cells.len(), 1);
            assert_eq!(cells[0].setup.mistakes(), []);
            assert_eq!(cells[0].setup.corpus, ravdess);
            assert!(text.contains(&format!("folds = {folds}\n")), "{text}");
        }
        assert!(recipe("mine", &ravdess, 1).unwrap_err().contains("all clips are of one speaker"));
    }

    #[test]
    fn a_manifest_is_named_by_its_path_alone() {
        let text = recipe("mine", &corpus("manifest.path = 'my clips.csv'"), 3).unwrap();
        assert!(text.contains("[corpus.manifest]\npath = \"my clips.csv\"\n\n[split.k-fold]"), "{text}");
    }
}
