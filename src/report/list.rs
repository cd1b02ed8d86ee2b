//! The runs on disk as a table.

use super::{Cell, Shown, Table};
use crate::record::{EvaluationFile, StoredRun, rfc3339};

/// One row a run: name, state, figures if it has any, when it was last worked on, and why it has no result.
pub fn list(runs: &[StoredRun]) -> Table {
    let mut table = Table::new([
        ("run", "", Shown::Programs),
        ("experiment", "experiment", Shown::Always),
        ("variant", "variant", Shown::Always),
        ("seed", "seed", Shown::Always),
        ("fold", "fold", Shown::Always),
        ("id", "", Shown::Programs),
        ("short_id", "id", Shown::Readers),
        ("state", "state", Shown::Always),
        ("accuracy", "accuracy (%)", Shown::Always),
        ("uar", "UAR (%)", Shown::Always),
        ("clips", "clips", Shown::Always),
        ("best", "best epoch", Shown::Readers),
        ("best_epoch", "", Shown::Programs),
        ("epochs", "", Shown::Programs),
        ("when", "when (UTC)", Shown::Always),
        ("stamp", "leak", Shown::Always),
        ("why", "why", Shown::Always),
        ("directory", "", Shown::Programs),
    ]);
    for run in runs {
        let name = &run.name;
        let file = run.evaluation.as_ref();
        let count = |n: Option<usize>| n.map_or(Cell::Empty, |n| Cell::Count(n as u64));
        let when = match run.last_active_unix() {
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
            name.id.short().into(),
            run.state.word().into(),
            file.map_or(Cell::Empty, |f| Cell::share(f.evaluation.accuracy.value)),
            file.map_or(Cell::Empty, |f| Cell::share(f.evaluation.uar.value)),
            count(file.map(|f| f.evaluation.n)),
            file.map_or(Cell::Empty, best_epoch),
            count(file.and_then(|f| f.best_epoch)),
            count(file.map(|f| f.epochs)),
            when,
            run.stamps.join("; ").into(),
            // The first reason is enough for a table; `show` and `verify` name all.
            run.state.why().split(['\n', ';']).next().unwrap_or_default().into(),
            run.dir.display().to_string().into(),
        ]);
    }
    table
}

/// `5 of 15`; only the number of epochs where none is the best, nothing where there are no epochs.
fn best_epoch(file: &EvaluationFile) -> Cell {
    let epochs = file.epochs.to_string();
    match file.best_epoch {
        _ if file.epochs == 0 => Cell::Empty,
        Some(best) => Cell::Parts(vec![best.to_string(), "of".to_owned(), epochs]),
        None => Cell::Parts(vec![String::new(), String::new(), epochs]),
    }
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
        let mut table = list(&runs(root.path()).unwrap());
        let when = table.columns.iter().position(|c| c.key == "when").unwrap();
        table.rows.iter_mut().for_each(|row| row[when] = "2026-01-31 09:30".into());
        insta::assert_snapshot!(table.text(), @r"
        experiment  variant  seed  fold  id        state     accuracy (%)  UAR (%)  clips  best epoch  when (UTC)        leak                    why
        exp         1d          0        c15c91d8  sealed            50.0     50.0     10  2 of 3      2026-01-31 09:30
        exp         2d          0     1  4fb9519d  TAMPERED                                            2026-01-31 09:30                          spec.toml: it is missing
        exp         3d          0        767e17b9  sealed            70.0     69.4     10  2 of 3      2026-01-31 09:30  LEAK: 3 of 10 speakers
        ");
        let json = table.json();
        assert_eq!((&json[1]["fold"], &json[1]["uar"]), (&1.into(), &serde_json::Value::Null));
    }
}
