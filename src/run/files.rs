//! What a run writes beside its figures: configuration, provenance, split, plots.

use super::journal::epoch_table;
use super::{Context, RunError};
use crate::data::Recordings;
use crate::evaluate::Estimate;
use crate::plan::RunPlan;
use crate::record::{
    EvaluationFile, FileName, Machine, PROVENANCE_VERSION, PlotFormat, PlotName, Provenance, SplitRow, sha256,
};
use crate::report::plots::{self, ClassRecall, Scene};
use crate::split::{Fold, Partition, Row};
use crate::train::{Ended, Trained};
use rayon::prelude::*;
use toml::{Table, Value};

/// The name of a row in `split.csv` and `predictions.csv`: the clip's id, with the copy's number behind `#`.
pub fn row_name(recordings: &Recordings, row: Row) -> String {
    let id = &recordings.clips[row.clip].id;
    if row.copy == 0 { id.clone() } else { format!("{id}#{}", row.copy) }
}

/// `config.toml`: who the run is, then every setting, resolved.
pub fn config(plan: &RunPlan) -> String {
    let mut run = Table::new();
    run.insert("experiment".to_owned(), Value::String(plan.name.experiment.clone()));
    run.insert("variant".to_owned(), Value::String(plan.name.variant.clone()));
    // TOML's integers end at 2^63; the spec's seeds come from TOML, so they fit.
    run.insert("seed".to_owned(), Value::Integer(plan.name.seed as i64));
    if let Some(fold) = plan.name.fold {
        run.insert("fold".to_owned(), Value::Integer(i64::from(fold)));
        // Whoever averages folds must know which of them are missing.
        run.insert("folds".to_owned(), Value::Integer(plan.folds as i64));
    }
    if let Some(part) = &plan.cell.without {
        let whole = plan.cell.name.strip_suffix(&format!("-without-{part}")).unwrap_or(&plan.cell.variant);
        run.insert("ablates".to_owned(), Value::String(whole.to_owned()));
        run.insert("without".to_owned(), Value::String(part.clone()));
    }
    run.insert("id".to_owned(), Value::String(plan.name.id.as_str().to_owned()));
    if !plan.cell.point.is_empty() {
        run.insert("grid_of".to_owned(), Value::String(plan.cell.variant.clone()));
        run.insert("grid".to_owned(), Value::Table(plan.cell.point.iter().cloned().collect()));
    }
    run.insert("asks".to_owned(), plan.asks.to_toml());
    let mut table = Table::new();
    table.insert("run".to_owned(), Value::Table(run));
    if let Ok(Value::Table(setup)) = Value::try_from(plan.setup()) {
        table.extend(setup);
    }
    toml::to_string(&table).expect("a table of plain values is written as TOML")
}

/// `provenance.json`.
pub fn provenance(plan: &RunPlan, context: &Context<'_>, split: &[u8]) -> Provenance {
    Provenance {
        version: PROVENANCE_VERSION,
        serlab: context.build.clone(),
        git: context.git.clone(),
        device: context.compute.name().to_owned(),
        threads: rayon::current_num_threads(),
        machine: Machine::this(),
        command_line: context.command_line.to_vec(),
        corpus_fingerprint: plan.recordings.fingerprint(),
        split_fingerprint: sha256(split),
    }
}

/// `split.csv`.
pub fn split_csv(recordings: &Recordings, fold: &Fold) -> Vec<u8> {
    let rows = Partition::ALL.into_iter().flat_map(|partition| {
        fold.partition(partition).iter().map(move |row| {
            let clip = &recordings.clips[row.clip];
            SplitRow {
                clip: row_name(recordings, *row),
                source: clip.id.clone(),
                speaker: clip.speaker.clone(),
                label: clip.label.clone(),
                partition: partition.name().to_owned(),
            }
        })
    });
    crate::record::split_csv(&rows.collect::<Vec<_>>())
}

/// The plots of a run, as SVG and PNG; without epochs there are no curves.
pub fn plots(plan: &RunPlan, trained: &Trained, file: &EvaluationFile) -> Result<Vec<(FileName, Vec<u8>)>, RunError> {
    let evaluation = &file.evaluation;
    let stamp = file.audit.stamp.as_deref();
    let fold = plan.name.fold.map(|f| format!(", fold {f}")).unwrap_or_default();
    let title = format!("{} {}, seed {}{fold}", plan.name.experiment, plan.name.variant, plan.name.seed);
    let recalls: Vec<ClassRecall> = evaluation
        .classes
        .iter()
        .enumerate()
        .map(|(i, class)| {
            let Estimate { low, high, .. } = Estimate::wilson(evaluation.confusion[i][i], class.support);
            ClassRecall { label: class.label.clone(), recall: class.recall, low, high, support: class.support }
        })
        .collect();
    let picking = plan.setup().fit.epoch.called();
    let epochs = || epoch_table(&trained.history, plan.setup().train.measure_training);
    let curves = || plots::curves(&epochs(), file.best_epoch, picking, &title, stamp);
    let curves = (trained.ended != Ended::Solved).then(|| (PlotName::Curves, curves()));
    let scenes: [(PlotName, Scene); 2] = [
        (PlotName::Confusion, plots::confusion(&evaluation.labels, &evaluation.confusion, &title, stamp)),
        (PlotName::Recall, plots::recall(&recalls, evaluation.uar.value, "95% Wilson", &title, stamp)),
    ];
    // Of a run of a minute nobody notices what plots take; of one of a second they are most.
    let scenes: Vec<(PlotName, Scene)> = curves.into_iter().chain(scenes).collect();
    let written: Vec<Result<_, RunError>> = scenes
        .par_iter()
        .map(|(name, scene)| {
            let png = scene.png().map_err(crate::report::ReportError::from)?;
            let svg = scene.svg().into_bytes();
            Ok([(FileName::Plot(*name, PlotFormat::Svg), svg), (FileName::Plot(*name, PlotFormat::Png), png)])
        })
        .collect();
    Ok(written.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}
