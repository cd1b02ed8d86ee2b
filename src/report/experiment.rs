//! The runs of an experiment together: their figures, and what the answers of all folds and seeds confuse.

use super::compare::{Asked, Comparison, compare};
use super::figures::VariantSummary;
use super::show::answers;
use super::{ReportError, document, render, tables};
use crate::record::StoredRun;

/// The variants of several runs as text: the figures of a comparison, then for each variant its classes and the confusion of all folds
/// and seeds together.
///
/// # Errors
/// No runs, or none with a result.
pub fn show_experiment(runs: &[StoredRun]) -> Result<String, ReportError> {
    let c = together(runs)?;
    let mut out = tables::figures(&c.variants).text() + &tables::figures_caption(&c.variants) + "\n";
    for variant in &c.variants {
        let pooled = &variant.pooled;
        let what = if variant.runs > 1 { "answers" } else { "clips" };
        let parts = answers(what, &pooled.labels, &pooled.classes, &pooled.confusion, &pooled.most_confused);
        out += &format!("\n{}\n{parts}", heading(variant));
    }
    Ok(out + &render::rest(&c))
}

/// The same as a JSON document: what [`compare()`] tells of each variant.
///
/// # Errors
/// As there.
pub fn show_experiment_json(runs: &[StoredRun]) -> Result<String, ReportError> {
    let Comparison { variants, left_out, notes, .. } = together(runs)?;
    Ok(document("experiment", serde_json::json!({ "variants": variants, "left_out": left_out, "notes": notes })))
}

fn together(runs: &[StoredRun]) -> Result<Comparison, ReportError> {
    let mut c = compare(runs, &Asked::default())?;
    // Nothing is held against anything here.
    (c.differences, c.ablations) = (Vec::new(), Vec::new());
    Ok(c)
}

/// `2d: 3 seeds x 5 folds, 1440 clips a seed, all networks together`.
fn heading(v: &VariantSummary) -> String {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let folds = if v.folds > 1 { format!(" x {}", count(v.folds, "fold")) } else { String::new() };
    let (a_seed, all) = if v.runs > 1 { (" a seed", "; the answers of all networks together") } else { ("", "") };
    format!("{}: {}{folds}, {}{a_seed}{all}", v.label, count(v.seeds.len(), "seed"), count(v.clips, "clip"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{runs, testing};

    #[test]
    fn the_confusion_of_an_experiment_is_that_of_all_folds_and_seeds_together() {
        let root = tempfile::tempdir().unwrap();
        for (seed, fold) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            testing::sealed_run(root.path(), &testing::name("exp", "2d", seed, Some(fold)), 0.7, None);
        }
        let runs = runs(root.path()).unwrap();
        let text = show_experiment(&runs).unwrap();
        assert!(
            text.contains("\n2d: 2 seeds x 2 folds, 20 clips a seed; the answers of all networks together\n"),
            "{text}"
        );
        // Four times that of one run.
        assert!(text.contains("anger       12    4        .\n"), "{text}");
        assert!(text.contains("Confusion (answers; rows: true, columns: predicted)"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&show_experiment_json(&runs).unwrap()).unwrap();
        assert_eq!(json["experiment"]["variants"][0]["pooled"]["confusion"][0], serde_json::json!([12, 4, 0]));
    }
}
