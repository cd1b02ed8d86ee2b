//! Variants side by side.

use super::ablation::{Ablation, ablations};
use super::brief::differing_in_brief;
use super::differences::{VariantDifference, differences};
use super::ensemble::ensemble;
use super::figures::{Figure, VariantSummary};
use super::group::{Group, group};
use super::plots::{self, PartFigures, Scene, VariantFigures};
use super::settings::{SettingDifference, differing};
use super::validation::{self, Validation};
use super::{Format, ReportError, programs, questions, render, tables};
use crate::evaluate::{Looks, Metric, Question, SIGNIFICANT};
use crate::record::{EvaluationFile, StoredRun};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A run that takes no part in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The run.
    pub run: String,
    /// How it stands: `failed`, `interrupted`, `running`, `TAMPERED`, `damaged`, `superseded`, `incomplete` (of a seed that lacks a
    /// fold).
    pub state: String,
    /// Why.
    pub why: String,
    #[serde(skip)]
    variant: (String, String),
}

impl LeftOut {
    pub(super) fn of(run: &StoredRun, state: &str, why: String) -> Self {
        let variant = (run.name.experiment.clone(), run.name.variant.clone());
        Self { run: run.name.to_string(), state: state.to_owned(), why, variant }
    }
}

/// What a comparison is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The variant that the others are held against: its name, or `experiment/variant`. Without it the first that is no ablation, or,
    /// where that is a point of a grid, the point that validation picks.
    pub baseline: Option<&'a str>,
    /// Of recipes, or of these very networks.
    pub question: Question,
    /// How seeds were added until differences were settled, where they were.
    pub looks: Option<&'a Looks>,
    /// Whether the last of these looks is being taken now. Otherwise what no look has settled stays unclear.
    pub looking: bool,
    /// Whether the seeds of each variant are also shown as one model: the mean of their probabilities.
    pub ensemble: bool,
}

/// A comparison, ready to be written in any [`Format`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What the differences are asked of: recipes, or these very networks.
    pub question: Question,
    /// The variant the others are held against; none where there is only one, or only ablations.
    pub baseline: Option<String>,
    /// Every variant with a result, by experiment and name.
    pub variants: Vec<VariantSummary>,
    /// Differences from the baseline.
    pub differences: Vec<VariantDifference>,
    /// What parts are worth.
    pub ablations: Vec<Ablation>,
    /// Settings that are not the same in all variants, every single one; their values in the order of `variants`.
    pub settings: Vec<SettingDifference>,
    /// The same for readers: a kind, or a list of kinds, that differs is one row, told with those settings alone that are
    /// not its defaults.
    pub settings_in_brief: Vec<SettingDifference>,
    /// Runs that take no part: unfinished, failed, changed after sealing, superseded.
    pub left_out: Vec<LeftOut>,
    /// What else must be known to read the figures.
    pub notes: Vec<String>,
}

impl Comparison {
    /// Writes the comparison; with `why` also what makes figures and differences vary, which JSON always tells.
    pub fn render(&self, format: Format, why: bool) -> String {
        match format {
            Format::Text => render::text(self, why),
            Format::Markdown => render::markdown(self, why),
            Format::Csv => programs::csv(self),
            Format::Json => {
                let body = serde_json::to_value(self).expect("a comparison is plain data");
                super::document("comparison", body)
            }
        }
    }

    /// Draws what the parts of variants are worth, where there are ablations; else a metric of all variants: mean, interval and single
    /// seeds.
    pub fn plot(&self, metric: Metric, title: &str) -> Scene {
        let stamps: BTreeSet<&str> = self.variants.iter().flat_map(|v| &v.stamps).map(String::as_str).collect();
        let stamps: Vec<&str> = stamps.into_iter().collect();
        let stamp = (!stamps.is_empty()).then(|| stamps.join("; "));
        if self.ablations.is_empty() {
            return self.plot_variants(metric, title, stamp.as_deref());
        }
        let several = self.ablations.len() > 1;
        let named = |full: &str, part: &str| if several { format!("{full}: {part}") } else { part.to_owned() };
        let of_metric = self.ablations.iter().flat_map(|a| a.parts.iter().map(move |part| (a, part)));
        let of_metric: Vec<_> = of_metric.filter(|(_, part)| part.metric == metric).collect();
        let rows: Vec<PartFigures> = of_metric
            .iter()
            .map(|(ablation, part)| PartFigures {
                part: named(&ablation.full, &part.part),
                worth: [part.worth, part.low, part.high],
                verdict: part.verdict,
                stamped: part.stamped,
            })
            .collect();
        let methods: BTreeSet<String> = of_metric.iter().map(|(_, part)| part.method.to_string()).collect();
        let methods: Vec<String> = methods.into_iter().collect();
        let interval = format!("95% interval {}", methods.join(" or "));
        plots::parts(&rows, tables::title(metric), &interval, title, stamp.as_deref())
    }

    fn plot_variants(&self, metric: Metric, title: &str, stamp: Option<&str>) -> Scene {
        let figures = |v: &VariantSummary| Some((v.label.clone(), v.figure(metric)?.clone(), !v.stamps.is_empty()));
        let figures: Vec<(String, Figure, bool)> = self.variants.iter().filter_map(figures).collect();
        let rows: Vec<VariantFigures> = figures
            .iter()
            .map(|(name, figure, stamped)| VariantFigures {
                name: name.clone(),
                seeds: figure.values.clone(),
                mean: figure.mean,
                interval: figure.low.zip(figure.high),
                stamped: *stamped,
            })
            .collect();
        let methods: BTreeSet<&str> = figures.iter().map(|(_, f, _)| f.interval.as_str()).collect();
        let methods: Vec<&str> = methods.into_iter().filter(|m| !m.is_empty()).collect();
        let interval = format!("95% interval {}", methods.join(" or "));
        plots::variants(&rows, tables::title(metric), &interval, title, stamp)
    }
}

/// Compares the variants of `runs`.
///
/// The seeds and folds of a variant belong together: the folds of a seed are taken as one test of all their clips, and
/// mean and deviation are over seeds; intervals are over speakers and networks, see [`estimate`](crate::evaluate::estimate()).
/// Every variant is held against the baseline, network by network where they were tested on other clips, and ablations against the
/// variant they are made from. The p values of a table are corrected together. Of several points of a grid the baseline is the one that
/// validation picks.
///
/// # Errors
/// No runs, none with a result, or a baseline that is not among them.
pub fn compare(runs: &[StoredRun], asked: &Asked<'_>) -> Result<Comparison, ReportError> {
    let Asked { baseline, question, .. } = *asked;
    if runs.is_empty() {
        return Err(ReportError::NoRuns);
    }
    let (groups, left_out) = group(runs);
    if groups.is_empty() {
        return Err(no_results(runs));
    }
    // Looks at runs that asked something else say nothing of these.
    let looked_at = |looks: &&Looks| groups.iter().any(|g| g.key().is_none_or(|key| looks.were_at(key)));
    let asked = &Asked { looks: asked.looks.filter(looked_at), ..*asked };
    let whole = |g: &&Group<'_>| g.ablates.is_none();
    let mut validations: Vec<Option<Validation>> = groups.par_iter().map(Validation::of).collect();
    let (picked, mut notes) = validation::pick(&groups, &mut validations);
    let against = match baseline {
        Some(wanted) => Some(chosen(&groups, wanted)?),
        None => groups.iter().find(whole).map(|first| baseline_for(first, &groups, &picked, asked)),
    };
    let others: Vec<&Group<'_>> = match against {
        Some(against) => {
            let others = groups.iter().filter(|g| g.label != against.label);
            others.filter(|g| baseline.is_some() || whole(g)).collect()
        }
        None => Vec::new(),
    };
    notes.extend(against.filter(|_| !others.is_empty()).and_then(|against| chosen_note(against, asked)));
    let (found, more) = against.map(|a| differences(a, &others, asked)).unwrap_or_default();
    notes.extend(more);
    let (ablations, more) = ablations(&groups, asked);
    notes.extend(more);
    notes.extend(asked.looks.and_then(looks_note));
    notes.extend(several_configurations(&groups));
    notes.extend(groups.iter().filter_map(Group::torn_note));
    notes.extend(clips_left_out(&groups));
    let missing =
        |g: &Group<'_>| left_out.iter().filter(|l| l.variant.0 == g.experiment && l.variant.1 == g.variant).count();
    let configs: Vec<&toml::Table> = groups.iter().map(|g| g.config).collect();
    let summaries: Vec<_> = groups.par_iter().map(|g| VariantSummary::of(g, missing(g), question)).collect();
    let (mut variants, lacking): (Vec<VariantSummary>, Vec<_>) = summaries.into_iter().unzip();
    variants.iter_mut().zip(validations).for_each(|(variant, found)| variant.validation = found);
    notes.extend(lacking.into_iter().flatten());
    if asked.ensemble {
        let found: Vec<_> = groups.par_iter().zip(&variants).map(|(group, own)| ensemble(group, own)).collect();
        let with = variants.into_iter().zip(found).flat_map(|(own, found)| {
            let one = found.map_err(|why| notes.push(why)).ok().flatten();
            std::iter::once(own).chain(one)
        });
        variants = with.collect();
    }
    Ok(Comparison {
        question,
        baseline: against.filter(|_| !others.is_empty()).map(|g| g.label.clone()),
        variants,
        differences: found,
        ablations,
        settings: differing(&configs),
        settings_in_brief: differing_in_brief(&configs),
        left_out,
        notes,
    })
}

/// Says which point of a grid the others are held against, where nobody named it.
fn chosen_note(against: &Group<'_>, asked: &Asked<'_>) -> Option<String> {
    let why = if asked.looks.is_some() { ", the first, as when seeds were added" } else { "" };
    let label = &against.label;
    (asked.baseline.is_none() && against.grid_of().is_some())
        .then(|| format!("the others are held against {label}{why}; --baseline names another"))
}

/// How the note begins that says how seeds were added.
pub const SEEDS_WERE_ADDED: &str = "seeds were added until differences were settled";

/// Says how seeds were added.
fn looks_note(looks: &Looks) -> Option<String> {
    (!looks.looks.is_empty()).then(|| {
        format!(
            "{SEEDS_WERE_ADDED}: look {} of at most {} seeds, at which p is held against {:.4}; the \
             levels of all looks sum to {SIGNIFICANT}",
            looks.looks.len(),
            looks.cap,
            looks.level()
        )
    })
}

/// Says of each group how many clips of its corpus could not be used, and how many its split file does not list: every
/// figure is without them. Runs that count in no figure have no say.
fn clips_left_out(groups: &[Group<'_>]) -> Vec<String> {
    let of = |group: &Group<'_>| {
        let told = |count: fn(&EvaluationFile) -> usize, what: &str| {
            let counts: Vec<usize> = group.runs().filter_map(|run| run.evaluation.as_ref()).map(count).collect();
            let most = counts.iter().copied().max().filter(|most| *most > 0)?;
            let up_to = if counts.iter().all(|n| *n == most) { "" } else { "up to " };
            Some(format!("{}: {up_to}{most} {what}", group.label))
        };
        let unusable = told(EvaluationFile::unusable, "clips could not be used and are in no figure");
        [unusable, told(|file| file.unlisted, "clips are not listed by its split file")]
    };
    groups.iter().flat_map(of).flatten().collect()
}

/// The group that the others are held against where none is named: the first, or the point of its grid that validation picks. Where
/// seeds were added until differences were settled it may not change from look to look: it is the first.
fn baseline_for<'a, 'b>(
    first: &'b Group<'a>,
    groups: &'b [Group<'a>],
    picked: &[usize],
    asked: &Asked<'_>,
) -> &'b Group<'a> {
    let same =
        |g: &&Group<'_>| g.grid_of().is_some() && g.grid_of() == first.grid_of() && g.experiment == first.experiment;
    let pick = picked.iter().map(|place| &groups[*place]).find(same);
    pick.filter(|_| asked.looks.is_none()).unwrap_or(first)
}

fn chosen<'a, 'b>(groups: &'b [Group<'a>], wanted: &str) -> Result<&'b Group<'a>, ReportError> {
    let by = |test: &dyn Fn(&Group<'_>) -> bool| groups.iter().find(|g| test(g));
    by(&|g| g.label == wanted)
        .or_else(|| by(&|g| format!("{}/{}", g.experiment, g.variant) == wanted))
        .or_else(|| by(&|g| g.variant == wanted))
        .ok_or_else(|| ReportError::UnknownBaseline {
            baseline: wanted.to_owned(),
            known: groups.iter().map(|g| g.label.clone()).collect(),
        })
}

fn no_results(runs: &[StoredRun]) -> ReportError {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs {
        *states.entry(run.state.word()).or_default() += 1;
    }
    let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    ReportError::NoResults { count: runs.len(), states: states.join(", ") }
}

/// Variants whose runs do not all ask the same.
fn several_configurations(groups: &[Group<'_>]) -> Vec<String> {
    let same = |a: &Group<'_>, b: &Group<'_>| (&a.experiment, &a.variant) == (&b.experiment, &b.variant);
    let several = groups.chunk_by(same).filter(|groups| groups.len() > 1);
    several
        .map(|groups| {
            let asked: Vec<&questions::Asked> = groups.iter().filter_map(|g| g.asked.as_ref()).collect();
            format!(
                "{}/{} has runs of {} configurations, which differ in {}; they are not averaged together",
                groups[0].experiment,
                groups[0].variant,
                groups.len(),
                questions::differences(&asked)
            )
        })
        .collect()
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
