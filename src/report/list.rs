//! The runs on disk as a table.

use super::{Cell, Shown, Table};
use crate::record::{StoredRun, rfc3339};

/// One row a run: name, state, figures if it has any, when it was last worked on, and why it has no result.
pub fn list(runs: &[StoredRun]) -> Table {
    let mut table = Table::new([
        ("run", "run", Shown::Always),
        ("experiment", "", Shown::Programs),
        ("variant", "", Shown::Programs),
        ("seed", "", Shown::Programs),
        ("fold", "", Shown::Programs),
        ("id", "", Shown::Programs),
        ("state", "state", Shown::Always),
        ("accuracy", "accuracy", Shown::Always),
        ("uar", "UAR", Shown::Always),
        ("clips", "clips", Shown::Always),
        ("best_epoch", "best epoch", Shown::Always),
        ("epochs", "epochs", Shown::Always),
        ("when", "when (UTC)", Shown::Always),
        ("stamp", "leak", Shown::Always),
        ("why", "why", Shown::Always),
        ("directory", "", Shown::Programs),
    ]);
    for run in runs {
        let name = &run.name;
        let file = run.evaluation.as_ref();
        let count = |n: Option<usize>| n.map_or(Cell::Empty, |n| Cell::Count(n as u64));
        let when = match run.moment() {
            0 => Cell::Empty,
            unix => rfc3339(unix)[..16].replace('T', " ").into(),
        };
        table.row(vec![
            name.to_string().into(),
            name.experiment.as_str().into(),
            name.variant.as_str().into(),
            Cell::Count(name.seed),
            name.fold.map_or(Cell::Empty, |f| Cell::Count(f.into())),
            name.id.as_str().into(),
            run.state.word().into(),
            file.map_or(Cell::Empty, |f| Cell::share(f.evaluation.accuracy.value)),
            file.map_or(Cell::Empty, |f| Cell::share(f.evaluation.uar.value)),
            count(file.map(|f| f.evaluation.n)),
            count(file.and_then(|f| f.best_epoch)),
            count(file.map(|f| f.epochs)),
            when,
            run.stamps.join("; ").into(),
            run.state.why().into(),
            run.dir.display().to_string().into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{runs, testing};

    #[test]
    fn every_run_has_a_line_with_its_state_and_leak() {
        let root = tempfile::tempdir().unwrap();
        testing::sealed_run(root.path(), &testing::name("exp", "1d", 0, None), 0.5, None);
        let path = testing::sealed_run(root.path(), &testing::name("exp", "2d", 0, Some(1)), 0.7, None);
        testing::sealed_run(root.path(), &testing::name("exp", "3d", 0, None), 0.7, Some("LEAK: 3 of 10 speakers"));
        std::fs::write(path.join("split.csv"), "x").unwrap();
        std::fs::remove_file(path.join("spec.toml")).unwrap();
        let table = list(&runs(root.path()).unwrap());
        let text = table.text();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("sealed") && lines[1].contains("0.500"), "{text}");
        assert!(lines[2].contains("TAMPERED") && lines[2].contains("spec.toml: it is missing"), "{text}");
        assert!(!lines[2].contains("0.700"), "figures of a tampered run are not shown");
        assert!(lines[3].contains("LEAK: 3 of 10 speakers"), "{text}");
        let json = table.json();
        assert_eq!((&json[1]["fold"], &json[1]["uar"]), (&1.into(), &serde_json::Value::Null));
    }
}
