//! The settings of a run, read back from the `config.toml` of its record.

use super::cells::Cell;
use super::document::Document;
use super::error::SpecErrors;
use super::layers::{Layer, Merged, Origin};
use super::load::{Spec, from_set};
use super::outline::Outline;
use std::path::Path;
use std::sync::Arc;

/// The table of `config.toml` that says which run it is.
const RUN: &str = "run";

impl Cell {
    /// The settings in `text`, the contents of the `config.toml` at `path`, with those of `sets` (`KEY=VALUE`) laid over
    /// them. It is called `variant`.
    ///
    /// # Errors
    /// Whatever this version does not understand, all at once.
    pub fn recorded(path: &Path, text: &str, variant: &str, sets: &[String]) -> Result<Self, SpecErrors> {
        let document = Document::parse(&path.display().to_string(), text).map_err(SpecErrors::new)?;
        let mut table = document.table.clone();
        table.remove(RUN);
        let whole = Merged::new(vec![Layer { table: table.into(), origin: Origin::File(Arc::new(document)) }]);
        let overrides = sets.iter().map(|set| from_set(set)).collect::<Result<_, _>>();
        let overrides = overrides.map_err(|error| SpecErrors::new(vec![error]))?;
        let (path, text, outline) = (path.to_owned(), text.to_owned(), Outline::default());
        let spec = Spec { path, text, outline, whole: Arc::new(whole), overrides };
        let mut cells = spec.cells()?;
        let mut cell = cells.pop().expect("an outline without variants has one cell");
        (cell.name, cell.variant) = (variant.to_owned(), variant.to_owned());
        Ok(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[run]\nexperiment = \"e\"\nvariant = \"1d\"\nseed = 3\nid = \"00\"\n\
        [corpus.synth]\nspeakers = 4\n[split.speakers]\n[scale.standard]\n[[features]]\nzcr = {}\n[model.cnn-1d]\nchannels = [4]\n";

    #[test]
    fn settings_are_read_back_and_may_be_overlaid() {
        let path = Path::new("runs/e/1d-s3-00000000/config.toml");
        let cell = Cell::recorded(path, CONFIG, "1d", &[]).unwrap();
        let more = Cell::recorded(path, CONFIG, "1d", &["train.epochs=7".to_owned()]).unwrap();
        assert_eq!((cell.name.as_str(), more.setup.train.epochs), ("1d", 7));
        assert_ne!(cell.setup, more.setup);
        let error =
            Cell::recorded(path, &CONFIG.replace("zcr", "zrc"), "1d", &["train.epoch=7".to_owned()]).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("config.toml") && error.contains("zrc") && error.contains("--set train.epoch=7"),
            "{error}"
        );
    }
}
