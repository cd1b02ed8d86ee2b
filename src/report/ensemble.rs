//! The seeds of a variant as one model: the mean of the probabilities of all its networks that were tested on a clip.

use super::figures::{Figure, METRICS, Pooled, VariantSummary};
use super::group::Group;
use crate::evaluate::{Confusion, Network, Prediction, Question, estimate};
use std::collections::BTreeMap;

/// A variant's seeds as one model, as a row beside it: of a single model there is no deviation, and its interval is over speakers alone,
/// of these very networks. None of a single seed.
///
/// # Errors
/// Why there is no mean: answers without probabilities, tests of other clips.
pub(super) fn ensemble(group: &Group<'_>, of: &VariantSummary) -> Result<Option<VariantSummary>, String> {
    if group.seeds.len() < 2 {
        return Ok(None);
    }
    let (labels, folds) = together(group).map_err(|why| format!("{}: no mean over its seeds: {why}", group.label))?;
    let networks: Vec<Network<'_>> =
        folds.iter().map(|(fold, answers)| Network { seed: 0, fold: *fold, answers }).collect();
    let pairs = || folds.values().flatten().map(|p| (p.truth, p.predicted));
    let confusion = Confusion::of(labels.len(), pairs());
    let figure = |metric: crate::evaluate::Metric| {
        let value = metric.of_confusion(&confusion);
        let found = estimate(labels.len(), metric, &networks, Question::Networks);
        let found = found.filter(|e| !e.estimate.low.is_nan());
        Figure {
            metric,
            mean: value,
            sd: None,
            min: value,
            max: value,
            low: found.map(|e| e.estimate.low.min(value)),
            high: found.map(|e| e.estimate.high.max(value)),
            interval: found.map(|e| e.estimate.method.to_string()).unwrap_or_default(),
            standard_error: found.map(|e| e.standard_error),
            degrees: found.and_then(|e| e.degrees),
            components: found.map(|e| e.components),
            values: vec![value],
        }
    };
    let seeds = group.seeds.len();
    Ok(Some(VariantSummary {
        label: format!("{} ({seeds} seeds as one)", group.label),
        clips: folds.values().map(Vec::len).sum(),
        parameters: of.parameters * seeds as u64,
        figures: METRICS.map(figure).to_vec(),
        pooled: Pooled::new(labels, &confusion),
        validation: None,
        in_grid: false,
        ..of.clone()
    }))
}

/// The names of the classes, and the mean answers to the clips of each fold.
type Together = (Vec<String>, BTreeMap<Option<u32>, Vec<Prediction>>);

fn together(group: &Group<'_>) -> Result<Together, String> {
    let mut folds: BTreeMap<Option<u32>, Vec<Vec<Prediction>>> = BTreeMap::new();
    let mut labels: Option<Vec<String>> = None;
    for run in group.runs() {
        let (names, mut answers) = run.predictions().map_err(|e| e.to_string())?;
        if labels.get_or_insert_with(|| names.clone()) != &names {
            return Err("their classes come in different orders".to_owned());
        }
        answers.sort_by(|a, b| a.clip.cmp(&b.clip));
        folds.entry(run.name.fold).or_default().push(answers);
    }
    let means = folds.into_iter().map(|(fold, seeds)| Ok((fold, mean(&seeds)?)));
    Ok((labels.unwrap_or_default(), means.collect::<Result<_, String>>()?))
}

/// The mean answers of several networks to the same clips, each list in order of clip.
fn mean(seeds: &[Vec<Prediction>]) -> Result<Vec<Prediction>, String> {
    let Some(first) = seeds.first() else { return Ok(Vec::new()) };
    let same = |other: &Vec<Prediction>| {
        other.len() == first.len() && other.iter().zip(first).all(|(a, b)| (&a.clip, a.truth) == (&b.clip, b.truth))
    };
    if !seeds.iter().all(same) {
        return Err("each was tested on clips of its own; `split.k-fold.groups` or `split.file` test all on the same"
            .to_owned());
    }
    if seeds.iter().flatten().any(|p| p.probabilities.is_empty()) {
        return Err("they give no probabilities".to_owned());
    }
    let of = |(i, p): (usize, &Prediction)| {
        let class = |c: usize| {
            let sum: f64 = seeds.iter().map(|seed| f64::from(seed[i].probabilities[c])).sum();
            (sum / seeds.len() as f64) as f32
        };
        let probabilities: Vec<f32> = (0..p.probabilities.len()).map(class).collect();
        let largest = |best: usize, c: usize| if probabilities[c] > probabilities[best] { c } else { best };
        Prediction {
            predicted: (0..probabilities.len()).fold(0, largest),
            probabilities: probabilities.clone(),
            ..p.clone()
        }
    };
    Ok(first.iter().enumerate().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(clip: &str, probabilities: &[f32]) -> Prediction {
        let (clip, speaker) = (clip.to_owned(), "01".to_owned());
        Prediction { clip, speaker, truth: 1, predicted: 0, probabilities: probabilities.to_vec() }
    }

    #[test]
    fn the_mean_of_probabilities_answers() {
        let seeds = [
            vec![answer("a", &[0.6, 0.4]), answer("b", &[0.9, 0.1])],
            vec![answer("a", &[0.1, 0.9]), answer("b", &[0.8, 0.2])],
        ];
        let found = mean(&seeds).unwrap();
        assert_eq!([found[0].predicted, found[1].predicted], [1, 0]);
        let close = |found: &[f32], by_hand: [f32; 2]| found.iter().zip(by_hand).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close(&found[0].probabilities, [0.35, 0.65]), "{:?}", found[0].probabilities);
    }

    #[test]
    fn there_is_none_of_other_clips_or_without_probabilities() {
        let other = [vec![answer("a", &[0.6, 0.4])], vec![answer("b", &[0.1, 0.9])]];
        assert!(mean(&other).unwrap_err().contains("clips of its own"));
        let without = [vec![answer("a", &[])], vec![answer("a", &[0.1, 0.9])]];
        assert!(mean(&without).unwrap_err().contains("no probabilities"));
    }
}
