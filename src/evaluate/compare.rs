//! Two recipes on the same clips: is one better, by how much, and how sure is that?
//!
//! There are two questions, and every answer says which one it is to ([`Question`]). "Is this recipe better?" asks what would
//! come out if both were trained again and tested on other speakers; "is this network better?" takes the trained networks as
//! they are. Noise of training makes a network better or worse on *all* its test clips at once, so the second says nothing of
//! the first, and more test clips do not help.
//!
//! The figure of a side is the metric of each seed's answers (its folds together), averaged over the seeds; the difference is
//! variant - baseline. Its variance over networks and speakers is that of `variance.rs`; interval and p value are Student's t
//! with it. Of recipes nothing is said with fewer than two networks a side. [`correct`] adjusts the p values of all comparisons
//! of a table for their number (Holm 1979).

use super::cells::{Cells, Network, Side, Units, one_a_seed, one_test, same_clips, sorted};
use super::settle::{Settle, settle, smallest_found};
use super::variance::{Parts, Variance, crossed, given, linked};
use super::{Direction, Method, Metric, Prediction, t_quantile, t_two_sided};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a figure or a difference is to say something of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// The recipes, trained again and tested on other speakers.
    #[default]
    Recipes,
    /// These very networks, tested on other speakers.
    Networks,
}

/// Fewest networks a side with which the level of a comparison of recipes is known to hold.
pub const FEWEST_NETWORKS: usize = 3;

/// Fewest speakers with which the level of any comparison is known to hold.
pub const FEWEST_SPEAKERS: usize = 9;

/// Why two variants cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// There is nothing to compare.
    #[error("there is no prediction to compare")]
    Nothing,
    /// A network answers a clip twice, or two folds of a seed do.
    #[error(
        "clip `{clip}` is predicted twice by one variant; give the folds of one seed together, and each seed apart"
    )]
    Twice {
        /// The clip.
        clip: String,
    },
    /// The variants were tested on different clips.
    #[error(
        "the variants were tested on different clips ({baseline_only} only by the baseline, {variant_only} only by the \
         variant, such as `{example}`), so they cannot be compared; use the same split and seeds for both"
    )]
    DifferentClips {
        /// Clips that the variant lacks.
        baseline_only: usize,
        /// Clips that the baseline lacks.
        variant_only: usize,
        /// One of them.
        example: String,
    },
    /// The variants do not agree about what is right.
    #[error("clip `{clip}` has another speaker or label in the two variants; they were not run on the same corpus")]
    DifferentTruth {
        /// The clip.
        clip: String,
    },
    /// Neither did all networks test the same clips, nor do their seeds and folds come in pairs.
    #[error(
        "they have no seed and fold in common, and were not all tested on the same clips; use the same seeds for both"
    )]
    Unpaired,
}

/// What can be said of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The variant is better.
    Better,
    /// The variant is worse.
    Worse,
    /// It could be chance.
    Unclear,
}

/// How much a value differs by source: standard deviations, in the unit of the metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Components {
    /// Between speakers.
    pub speaker: f64,
    /// Between networks trained by the same recipe, on all their test clips at once.
    pub network: f64,
    /// Between networks on a single speaker, beyond that.
    pub speaker_by_network: f64,
    /// What is left for the few clips that a speaker has.
    pub clips: f64,
}

impl From<Parts> for Components {
    fn from(parts: Parts) -> Self {
        let few_clips = parts.clips.min(parts.cell);
        let [speaker, network, speaker_by_network, clips] =
            [parts.speaker, parts.network, parts.cell - few_clips, few_clips].map(f64::sqrt);
        Self { speaker, network, speaker_by_network, clips }
    }
}

/// How a variant differs from a baseline in one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The metric.
    pub metric: Metric,
    /// What the difference is of: recipes, or these networks.
    pub question: Question,
    /// The baseline's figure, mean over the seeds.
    #[serde(rename = "baseline_value")]
    pub baseline: f64,
    /// The variant's.
    #[serde(rename = "variant_value")]
    pub variant: f64,
    /// Variant minus baseline.
    pub value: f64,
    /// Lower end of the 95 % interval of the difference.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What is drawn anew.
    pub method: Method,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Its degrees of freedom; no number where nothing varies.
    pub degrees: Option<f64>,
    /// Two-sided p of Student's t.
    pub p: f64,
    /// The same corrected for the number of comparisons by [`correct`](super::correct); until then equal to `p`.
    pub p_holm: f64,
    /// The level that `p_holm` is held against: [`SIGNIFICANT`], or what is left of it where seeds were added until the
    /// difference was settled.
    pub level: f64,
    /// By how much the difference between two networks differs, by source.
    pub components: Components,
    /// The smallest true difference that this design finds four times of five.
    pub smallest_found: f64,
    /// What would find the difference seen, four times of five, if it were the true one.
    pub settled_by: Settle,
    /// Whether the level of this design is known to hold: from three networks a side and nine speakers on.
    pub level_holds: bool,
    /// Clips, each counted once.
    pub n: usize,
    /// Speakers.
    pub speakers: usize,
    /// Seeds of baseline and variant.
    pub seeds: [usize; 2],
    /// Networks of baseline and variant.
    pub networks: [usize; 2],
    /// Networks of baseline and variant that have no partner with the same seed and fold, and so do not count.
    pub without_partner: [usize; 2],
    /// What `smallest_found` and `settled_by` follow from.
    #[serde(skip)]
    pub(super) variance: Option<Variance>,
}

/// A difference is called one where its corrected p is below this.
pub const SIGNIFICANT: f64 = 0.05;

/// What a design has too few of for its level to be known to hold: `2 networks a side (fewer than 3) and 5 speakers (fewer than
/// 9)`; none where it holds. Of networks that are taken as they are any number does.
pub fn too_few(question: Question, networks: usize, speakers: usize) -> Option<String> {
    let few = |n: usize, what: &str, side: &str, fewest: usize| {
        let s = if n == 1 { "" } else { "s" };
        (n < fewest).then(|| format!("{n} {what}{s}{side} (fewer than {fewest})"))
    };
    let networks = few(networks, "network", " a side", FEWEST_NETWORKS).filter(|_| question == Question::Recipes);
    let lacking: Vec<String> = networks.into_iter().chain(few(speakers, "speaker", "", FEWEST_SPEAKERS)).collect();
    (!lacking.is_empty()).then(|| lacking.join(" and "))
}

impl Difference {
    /// What it has too few of for its level to hold; none where it holds.
    pub fn lacks(&self) -> Option<String> {
        too_few(self.question, self.networks[0].min(self.networks[1]), self.speakers)
    }

    /// Better or worse where the corrected p is below the level, else unclear.
    pub fn verdict(&self) -> Verdict {
        match self.metric.direction() {
            _ if self.p_holm.is_nan() || self.p_holm >= self.level => Verdict::Unclear,
            Direction::Higher if self.value > 0.0 => Verdict::Better,
            Direction::Lower if self.value < 0.0 => Verdict::Better,
            _ => Verdict::Worse,
        }
    }

    /// Asks the same at another level, and in a table of so many tests.
    pub(super) fn at(&mut self, level: f64, tests: usize) {
        self.level = level;
        let Some(variance) = &self.variance else { return };
        let strict = level / tests.max(1) as f64;
        self.smallest_found = smallest_found(variance, strict);
        // More clips of one speaker are no more speakers.
        let over_speakers = matches!(self.method, Method::Speakers | Method::NetworksAndSpeakers);
        let speakers = if over_speakers { self.speakers } else { 0 };
        let seeds = self.seeds[0].min(self.seeds[1]);
        self.settled_by = settle(variance, self.value, strict, self.question, seeds, speakers);
    }
}

/// Compares a variant with a baseline; see the module's text. `classes` is the number of labels.
///
/// Networks of the same seed and fold must have tested the same clips; where all networks of both sides did, their seeds need
/// not be the same. With one network on a side the answer is to [`Question::Networks`], whatever was asked. Where there is one
/// speaker only, clips take their place.
///
/// # Errors
/// See [`CompareError`].
///
/// # Panics
/// Where a class index is not below `classes`.
pub fn compare(
    classes: usize,
    metric: Metric,
    baseline: &[Network<'_>],
    variant: &[Network<'_>],
    question: Question,
) -> Result<Difference, CompareError> {
    let design = Design::of(baseline, variant)?;
    let question = if design.recipes() { question } else { Question::Networks };
    let [b, v] = [&design.baseline, &design.variant]
        .map(|networks| Side::of(metric, classes, networks).expect("a design has answers"));
    let units = Units::of(&[&b]);
    let signed = [(-1.0, &b), (1.0, &v)];
    // Pairs of networks have the same place on both sides; networks that need no partner do not.
    let (variance, method) = match question {
        Question::Networks => (given(&Cells::of(&signed, &units, |_, _| 0)), units.method),
        Question::Recipes if design.same_clips => {
            let [own_b, own_v] = [&b, &v].map(|side| Cells::of(&[(1.0, side)], &units, |_, place| place));
            (crossed(&[&own_b, &own_v], &Cells::of(&signed, &units, |_, _| 0)), units.method.with_networks())
        }
        Question::Recipes => (linked(&Cells::of(&signed, &units, |_, place| place)), units.method.with_networks()),
    };
    let value = v.figure - b.figure;
    let speakers: BTreeSet<&str> = b.answers.iter().map(|(_, p, _)| p.speaker.as_str()).collect();
    let clips: BTreeSet<&str> = b.answers.iter().map(|(_, p, _)| p.clip.as_str()).collect();
    let count = |networks: &[Network<'_>]| networks.iter().map(|n| n.seed).collect::<BTreeSet<_>>().len();
    let networks = [design.baseline.len(), design.variant.len()];
    // What would all have to fall to one side by chance, where nothing varies.
    let coins = if question == Question::Networks { units.len() } else { networks[0].min(networks[1]) };
    let (p, half) = student(value, &variance, coins);
    let (low, high) = around(metric, value, half);
    let mut difference = Difference {
        metric,
        question,
        baseline: b.figure,
        variant: v.figure,
        value,
        low,
        high,
        method,
        standard_error: variance.value.sqrt(),
        degrees: Some(variance.degrees).filter(|d| d.is_finite()),
        p,
        p_holm: p,
        level: SIGNIFICANT,
        components: variance.parts.into(),
        smallest_found: f64::NAN,
        settled_by: Settle::Settled,
        level_holds: too_few(question, networks[0].min(networks[1]), speakers.len()).is_none(),
        n: clips.len(),
        speakers: speakers.len(),
        seeds: [count(&design.baseline), count(&design.variant)],
        networks,
        without_partner: design.without_partner,
        variance: Some(variance),
    };
    difference.at(SIGNIFICANT, 1);
    Ok(difference)
}

/// p of a difference, and half the 95 % interval. Where nothing varies no variance can be told: p is then that of a sign test in which
/// all of `coins` units, or networks, have the same sign.
pub(super) fn student(value: f64, variance: &Variance, coins: usize) -> (f64, f64) {
    let error = variance.value.sqrt();
    // Sums in another order may differ in the last digits.
    if error > 1e-12 {
        return (t_two_sided(value / error, variance.degrees), t_quantile(0.95, variance.degrees) * error);
    }
    let p = if value.abs() < 1e-12 { 1.0 } else { 0.5f64.powi(coins.min(1_000) as i32 - 1) };
    (p, 0.0)
}

/// The ends of the interval of a difference: of shares none is above 1.
pub(super) fn around(metric: Metric, value: f64, half: f64) -> (f64, f64) {
    let most = if metric.unit() == "share" { 1.0 } else { f64::INFINITY };
    ((value - half).max(-most), (value + half).min(most))
}

/// Which networks are held against each other, and how.
struct Design<'a> {
    baseline: Vec<Network<'a>>,
    variant: Vec<Network<'a>>,
    /// Whether all of them tested the same clips.
    same_clips: bool,
    /// How many of both sides have no partner.
    without_partner: [usize; 2],
}

impl<'a> Design<'a> {
    fn of(baseline: &[Network<'a>], variant: &[Network<'a>]) -> Result<Self, CompareError> {
        let some = |networks: &[Network<'a>]| -> Vec<Network<'a>> {
            networks.iter().filter(|n| !n.answers.is_empty()).copied().collect()
        };
        let (baseline, variant) = (some(baseline), some(variant));
        let (Some(first), false) = (baseline.first(), variant.is_empty()) else { return Err(CompareError::Nothing) };
        let tests: Vec<Vec<&Prediction>> = baseline.iter().chain(&variant).map(|n| sorted(n.answers)).collect();
        tests.iter().try_for_each(|test| once(test))?;
        [&baseline, &variant].iter().try_for_each(|networks| folds_apart(networks))?;
        if one_test(&[&baseline, &variant], &tests) {
            tests.iter().try_for_each(|test| same_truth(&tests[0], test))?;
            return Ok(Self { baseline, variant, same_clips: true, without_partner: [0; 2] });
        }
        let key = |n: &Network<'_>| (n.seed, n.fold);
        let (mut pairs, mut differ) = ((Vec::new(), Vec::new()), None);
        for (b, at_b) in baseline.iter().zip(&tests) {
            let Some(place) = variant.iter().position(|v| key(v) == key(b)) else { continue };
            let at_v = &tests[baseline.len() + place];
            if !same_clips(at_b, at_v) {
                differ = differ.or_else(|| Some(different(at_b, at_v)));
                continue;
            }
            same_truth(at_b, at_v)?;
            pairs.0.push(*b);
            pairs.1.push(variant[place]);
        }
        if let Some(why) = differ {
            return Err(why);
        }
        if pairs.0.is_empty() {
            // What they were tested on is the plainer reason where there is one network a side.
            let only = [&baseline, &variant].iter().all(|n| n.len() == 1);
            let last = &tests[baseline.len()];
            return Err(if only && key(first) == key(&variant[0]) {
                different(&tests[0], last)
            } else {
                CompareError::Unpaired
            });
        }
        let without_partner = [&baseline, &variant].map(|all| all.len() - pairs.0.len());
        Ok(Self { baseline: pairs.0, variant: pairs.1, same_clips: false, without_partner })
    }

    /// Whether there are networks enough to tell anything of recipes.
    fn recipes(&self) -> bool {
        self.baseline.len() > 1 && self.variant.len() > 1
    }
}

fn once(test: &[&Prediction]) -> Result<(), CompareError> {
    match test.windows(2).find(|both| both[0].clip == both[1].clip) {
        Some(both) => Err(CompareError::Twice { clip: both[0].clip.clone() }),
        None => Ok(()),
    }
}

/// The folds of a seed have no clip in common.
fn folds_apart(networks: &[Network<'_>]) -> Result<(), CompareError> {
    if one_a_seed(networks) {
        return Ok(());
    }
    for seed in networks.iter().map(|n| n.seed).collect::<BTreeSet<u64>>() {
        let of_seed = networks.iter().filter(|n| n.seed == seed).flat_map(|n| n.answers);
        let mut all: Vec<&Prediction> = of_seed.collect();
        all.sort_by(|a, b| a.clip.cmp(&b.clip));
        once(&all)?;
    }
    Ok(())
}

fn same_truth(a: &[&Prediction], b: &[&Prediction]) -> Result<(), CompareError> {
    let other = a.iter().zip(b).find(|(a, b)| a.truth != b.truth || a.speaker != b.speaker);
    other.map_or(Ok(()), |(a, _)| Err(CompareError::DifferentTruth { clip: a.clip.clone() }))
}

fn different(baseline: &[&Prediction], variant: &[&Prediction]) -> CompareError {
    let missing = |a: &[&Prediction], b: &[&Prediction]| -> Vec<String> {
        let lacks = |p: &&&Prediction| b.binary_search_by(|other| other.clip.cmp(&p.clip)).is_err();
        a.iter().filter(lacks).map(|p| p.clip.clone()).collect()
    };
    let [baseline_only, variant_only] = [missing(baseline, variant), missing(variant, baseline)];
    let example = baseline_only.first().or(variant_only.first()).cloned().unwrap_or_default();
    CompareError::DifferentClips { baseline_only: baseline_only.len(), variant_only: variant_only.len(), example }
}
