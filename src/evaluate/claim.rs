//! Published claims: what they say, whether they can be true at all, and where the figure of a second run would lie.
//!
//! A published figure is as a rule that of one trained network on one test set. It is borne out where one more run,
//! made like those at hand, might well have had it. That is a question for a prediction interval rather than for a
//! confidence interval of a mean (Spence & Stanley 2016, "Prediction interval: what to expect when you're expecting ...
//! a replication", PLoS ONE 11(9), e0162874). From three trained networks on there is one for all that another run has of its
//! own ([`Noise::Runs`]); of fewer, what another training would give is not known, and there are two for what is: other clips,
//! other speakers. A figure that lies in such an interval differs by no more than that noise explains; it does not say that the
//! claim is true: wide intervals hold many figures.

mod intervals;

pub use intervals::{Noise, PredictionInterval, effective_clips, speakers_tested};

use super::{Metric, decimals_written, possible};
use crate::kind::{Choice, Context, Named, Node, Problem};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// Decimals that a percentage may be printed with.
const MOST_DECIMALS: usize = 10;

/// Multiples of a test set's size that are tried where the size itself cannot give the figure.
const MULTIPLES: std::ops::RangeInclusive<u64> = 2..=5;

/// The metrics that a claim can be about: all but the loss, which stands last.
const SHARES: &[Choice] = Metric::CHOICES.split_at(Metric::CHOICES.len() - 1).0;

crate::settings! {
    /// A claim from the literature, as a spec's `[[published]]` tells it.
    pub struct Claim {
        /// The variant that it is about.
        pub variant: String = String::new(), required: true;
        /// The metric: "accuracy", "uar", "weighted-f1" or "macro-f1".
        pub metric: Metric = Metric::Accuracy, as Node::Choice(SHARES);
        /// Its value, a share from 0 to 1: 0.8766 for 87.66 %.
        pub value: f64 = 0.0, required: true;
        /// The number of test clips (rows, where copies are tested too), where it is known.
        pub n: Option<u64> = None, in 1..;
        /// Decimals with which the percentage was printed: 2 for 87.66 %, which is 4 of the share. Where it is not given they
        /// are those of `value` as written, which drops zeros at the end: say 2 for a published 59.20 %.
        pub decimals: Option<u32> = None, in 0..=MOST_DECIMALS;
        /// The split protocol under which it was obtained, by its name in a spec: `speakers`, `clips`, `rows`, ...
        pub protocol: String = String::new(), required: true;
        /// Where it was published.
        pub source: String = String::new();
    }
    check: Claim::check, always;
}

/// What comes of holding a claim against runs. In files it is written in these very words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ruling {
    /// One more run might well have had the published figure.
    #[serde(rename = "REPRODUCED")]
    Reproduced,
    /// The figure is further away than noise explains.
    #[serde(rename = "NOT REPRODUCED")]
    NotReproduced,
    /// One more run might have had the published figure, and nearly any other: the interval is too wide to contradict one.
    #[serde(rename = "CANNOT TELL")]
    CannotTell,
    /// The runs were not tested in the way that the figure was obtained, so they say nothing of its value.
    #[serde(rename = "PROTOCOL DIFFERS")]
    ProtocolDiffers,
    /// No test set of the published size can give the figure, or none of whole speakers has that size where speakers are apart.
    #[serde(rename = "IMPOSSIBLE")]
    Impossible,
}

impl Ruling {
    /// The ruling in words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reproduced => "REPRODUCED",
            Self::NotReproduced => "NOT REPRODUCED",
            Self::CannotTell => "CANNOT TELL",
            Self::ProtocolDiffers => "PROTOCOL DIFFERS",
            Self::Impossible => "IMPOSSIBLE",
        }
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Why an accuracy cannot be one: what the published number of clips does give, and a size that would fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Impossible {
    /// The published number of clips.
    pub n: u64,
    /// The most clips right whose share is below the figure.
    pub below: u64,
    /// The fewest whose share is above it.
    pub above: u64,
    /// The smallest multiple of n that can give the figure.
    pub fits: Option<Fit>,
    /// The largest multiple that was tried; 1 where the figure has too few digits for any to tell something.
    pub tried: u64,
}

/// A size of test set that gives a figure which the published size cannot give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// How many times the published size it is.
    pub times: u64,
    /// The size.
    pub n: u64,
    /// How many of them are right.
    pub right: u64,
}

/// Writes a claim into a JSON document, where what is not known is null.
///
/// # Errors
/// The serializer's own.
pub fn claim_with_nulls<S: Serializer>(claim: &Claim, serializer: S) -> Result<S::Ok, S::Error> {
    let mut json = serde_json::to_value(claim).map_err(S::Error::custom)?;
    json["n"] = serde_json::json!(claim.n);
    json["decimals"] = serde_json::json!(claim.decimals);
    json.serialize(serializer)
}

impl Claim {
    /// What cannot be meant, each with its key.
    fn check(&self, _: &Context) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut wrong = |key: &str, message: String| found.push(Problem::new(key, message));
        if self.metric == Metric::Loss {
            let allowed: Vec<&str> = Metric::ALL.iter().filter(|m| m.unit() == "share").map(|m| m.name()).collect();
            let allowed = allowed.join(", ");
            wrong("metric", format!("`{}` is no share that runs can be held against; allowed: {allowed}", self.metric));
        }
        if !(0.0..=1.0).contains(&self.value) {
            let meant = (1.0..=100.0).contains(&self.value);
            let percent = if meant { format!("; is it {} %?", self.value) } else { String::new() };
            wrong("value", format!("{} is out of range; allowed: from 0 to 1{percent}", self.value));
        } else if let Some(decimals) = self.decimals
            && decimals_written(self.value) > decimals + 2
        {
            let value = self.value;
            let more = decimals_written(value) - 2;
            let can_say_more = more as usize <= MOST_DECIMALS;
            let or = if can_say_more { format!(", or write decimals = {more}") } else { String::new() };
            let says = format!("{value} has more digits than a percentage with {decimals} decimals");
            wrong("value", format!("{says}; round it to {}{or}", decimals + 2));
        }
        if self.protocol.trim().is_empty() {
            let example = "name the split that it was obtained under, such as `speakers` or `clips`";
            wrong("protocol", format!("it is empty; {example}"));
        }
        found
    }

    /// Decimals of the percentage: as given, else as `value` is written.
    pub fn decimals(&self) -> u32 {
        self.decimals.unwrap_or_else(|| decimals_written(self.value).saturating_sub(2))
    }

    /// Digits of the share: two more than the percentage's decimals.
    pub fn digits(&self) -> u32 {
        self.decimals().saturating_add(2)
    }

    /// How far rounding may have moved the published share: half a unit of its last digit, and what binary fractions of
    /// it may be off.
    pub fn rounding(&self) -> f64 {
        0.5 * self.unit() + 1e-12
    }

    /// Whether the figure lies from `low` to `high`, with whatever it was before it was rounded.
    pub fn lies_in(&self, low: f64, high: f64) -> bool {
        (low - self.rounding()..=high + self.rounding()).contains(&self.value)
    }

    /// How many of n clips are right where that is the figure; see [`possible`].
    pub fn right_of(&self, n: u64) -> Option<u64> {
        possible(self.value, self.digits(), n)
    }

    /// Why the figure cannot be an accuracy over the published number of clips (the GRIM test, [`possible`]). None
    /// where it can, where the number is not known, and for other metrics, which are no share of all clips.
    pub fn impossible(&self) -> Option<Impossible> {
        let n = self.n.filter(|n| *n > 0 && self.metric == Metric::Accuracy)?;
        if self.right_of(n).is_some() {
            return None;
        }
        let below = ((self.value * n as f64).floor() as u64).min(n - 1);
        // With as many clips as the digits tell apart everything is possible, which tells nothing.
        let telling = |times: &u64| (times.saturating_mul(n) as f64) < 1.0 / self.unit();
        let tried = || MULTIPLES.take_while(telling);
        let fits = tried().find_map(|times| Some(Fit { times, n: times * n, right: self.right_of(times * n)? }));
        Some(Impossible { n, below, above: below + 1, fits, tried: tried().last().unwrap_or(1) })
    }

    /// One unit of the share's last digit.
    fn unit(&self) -> f64 {
        0.1f64.powi(i32::try_from(self.digits()).unwrap_or(i32::MAX))
    }
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
