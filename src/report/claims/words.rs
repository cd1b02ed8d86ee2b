//! The reasons of a verdict.

use super::super::table::number;
use super::{JudgedClaim, SOURCES};
use crate::evaluate::{Claim, FEWEST_NETWORKS, Impossible, Noise, PredictionInterval};

/// Why no test set of the published size gives the figure, and which would. `clips` are those of each seed of the runs.
pub(super) fn impossible(found: &Impossible, claim: &Claim, clips: &[usize]) -> Vec<String> {
    let Impossible { n, below, above, .. } = *found;
    let gives = |k: u64| share(k as f64 / n as f64, claim);
    let mut why = vec![format!(
        "no number of {n} clips right gives {}: {below} give {}, {above} give {}",
        published(claim),
        gives(below),
        gives(above)
    )];
    if let Some(fit) = found.fits {
        let copies = match fit.times {
            2 => "one augmented copy".to_owned(),
            times => format!("{} augmented copies", times - 1),
        };
        why.push(format!(
            "{} of {} would be ({} x {n}), as where each clip has {copies} or the figure is a mean of {} runs",
            fit.right, fit.n, fit.times, fit.times
        ));
    } else if found.tried > 1 {
        why.push(format!("nor does any number of 2 to {} times as many", found.tried));
    }
    let tested = range(clips).filter(|_| clips.iter().all(|c| *c == clips[0]));
    if let Some(tested) = tested.filter(|_| clips[0] as u64 != n) {
        let of = clips[0] as u64;
        why.push(match claim.right_of(of) {
            Some(_) if found.fits.is_some_and(|f| f.n == of) => format!("{tested} is what these runs test"),
            Some(right) => format!("{right} of {tested}, what these runs test, would be"),
            None => format!("nor does any number of the {tested} that these runs test"),
        });
    }
    why
}

/// In what the runs were tested in another way than the published figure; nothing where they were not.
pub(super) fn differences(judged: &JudgedClaim, unusable: usize) -> Vec<String> {
    let (claim, mut differs) = (&judged.claim, Vec::new());
    match &judged.protocol {
        Some(own) if *own != claim.protocol => {
            differs.push(format!("published under the split `{}`, run under `{own}`", claim.protocol));
        }
        Some(_) => {}
        None => differs.push(format!("published under the split `{}`; the runs do not name theirs", claim.protocol)),
    }
    let least_and_most = judged.clips.iter().min().zip(judged.clips.iter().max());
    if let (Some(n), Some((least, most))) = (claim.n, least_and_most)
        && !(*least as u64..=*most as u64).contains(&n)
    {
        let folds = if judged.folds > 1 { format!(", {} folds together", judged.folds) } else { String::new() };
        let lost = if unusable > 0 { format!(", without {unusable} that could not be used") } else { String::new() };
        differs
            .push(format!("published of {n} clips, run on {}{folds}{lost}", range(&judged.clips).unwrap_or_default()));
    }
    if differs.is_empty() {
        return differs;
    }
    vec![differs.join("; "), format!("so these runs say nothing of {}", published(claim))]
}

/// Where the figure lies in or beside the interval that the verdict rests on, and how far the interval can be trusted. Where it
/// is too wide for a verdict, `too_wide` has the number of classes.
pub(super) fn ruling(judged: &JudgedClaim, by: &PredictionInterval, too_wide: Option<usize>) -> Vec<String> {
    let claim = &judged.claim;
    let value = claim.value;
    let interval = format!("{}, the 95 % interval over {} ({})", span(by, claim), by.noise, basis(judged));
    let place = match value {
        _ if claim.lies_in(by.low, by.high) => "is inside".to_owned(),
        v if v > by.high => format!("is {} points above", points(v - by.high, claim)),
        v => format!("is {} points below", points(by.low - v, claim)),
    };
    let mut why = vec![format!("{} {place} {interval}", published(claim))];
    if claim.lies_in(by.low, by.high) && !(by.low..=by.high).contains(&value) {
        why.push("it is at the end of the interval, inside as far as it was rounded".to_owned());
    }
    if judged.intervals.len() > 1 {
        let of = |noise: &Noise| judged.intervals.iter().find(|i| i.noise == *noise);
        let all = SOURCES.iter().filter_map(of);
        let all: Vec<String> = all.map(|i| format!("{} over {}", span(i, claim), i.noise)).collect();
        why.push(format!("95 % intervals for one more run: {}", listed(&all)));
    }
    if judged.networks < FEWEST_NETWORKS {
        let noises: Vec<String> = judged.intervals.iter().map(|i| i.noise.to_string()).collect();
        let these = if judged.networks == 1 {
            "1 trained network tells nothing".to_owned()
        } else {
            format!("{} trained networks tell too little", judged.networks)
        };
        why.push(format!(
            "{these} of what training again would give: judged over {} alone, of these networks; {FEWEST_NETWORKS} would tell it \
             of the recipe",
            listed(&noises)
        ));
    }
    if claim.n.is_none() && by.noise != Noise::Runs {
        why.push("the published number of clips is not known: taken to be as many as here".to_owned());
    }
    if let Some(classes) = too_wide {
        let (chance, held) = (100.0 / classes.max(2) as f64, 100.0 * by.share_above_chance(classes));
        why.push(format!(
            "it holds {} % of all figures from chance level ({} %) to 100 %, and so contradicts too little; more {} would tell",
            number(held, 0),
            number(chance, 1),
            by.noise
        ));
    } else if by.is_vague() {
        let half = number(100.0 * by.half_width(), 0);
        why.push(format!("± {half} points over {0} says little; more {0} would say more", by.noise));
    }
    why
}

/// The published figure with the decimals it was printed with.
pub(super) fn published(claim: &Claim) -> String {
    format!("{} %", number(100.0 * claim.value, claim.decimals() as usize))
}

/// How many seeds, clips and speakers the figures are of.
pub(super) fn basis(judged: &JudgedClaim) -> String {
    let some = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let folds = if judged.folds > 1 { format!(" x {} folds", judged.folds) } else { String::new() };
    let clips = range(&judged.clips).unwrap_or_default();
    let one = if clips == "1" { "" } else { "s" };
    format!("{}{folds}, {clips} clip{one}, {}", some(judged.seeds.len(), "seed"), some(judged.speakers, "speaker"))
}

/// A share in percent, without the sign, as exact as the published figure but for at least one decimal.
pub(super) fn points(share: f64, claim: &Claim) -> String {
    number(100.0 * share, claim.decimals().clamp(1, 4) as usize)
}

/// The ends of an interval in percent.
pub(super) fn span(interval: &PredictionInterval, claim: &Claim) -> String {
    format!("[{}, {}] %", points(interval.low, claim), points(interval.high, claim))
}

/// `4466`, or `1480 to 1501` where seeds test different numbers.
pub(super) fn range(clips: &[usize]) -> Option<String> {
    let (least, most) = clips.iter().min().zip(clips.iter().max())?;
    Some(if least == most { least.to_string() } else { format!("{least} to {most}") })
}

fn share(value: f64, claim: &Claim) -> String {
    format!("{} %", points(value, claim))
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
