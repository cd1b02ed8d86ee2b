//! Corpora of simulated speakers, and who is tested by which network.

use serlab::evaluate::Prediction;
use serlab::seed::{Seeds, Stream};
use std::fmt;
use std::ops::Range;

/// Classes.
pub const CLASSES: usize = 6;

/// Share of each class among the clips of a speaker.
const SHARES: [f64; CLASSES] = [0.25, 0.2, 0.2, 0.15, 0.1, 0.1];

/// Who is tested by which network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Split {
    /// Everybody, by the network of each seed.
    Common,
    /// So many speakers, other ones for each seed.
    Rotate(usize),
    /// Everybody, by one network of so many a seed.
    KFold(usize),
    /// Everybody with this share of all clips, other ones for each seed.
    Clips(f64),
}

/// How alike the speakers are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clips {
    /// So many clips each, in the same classes.
    Each(usize),
    /// From a quarter of it to seven quarters.
    Unequal(usize),
    /// Up to so many each, and everybody lacks each class with a probability of 0.3.
    Gaps(usize),
}

/// What is tested, and how often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    pub split: Split,
    pub speakers: usize,
    pub clips: Clips,
    pub seeds: u64,
}

/// The clips of a network's test: seed, fold, places in the corpus.
pub type Test = (u64, Option<u32>, Vec<usize>);

/// Right classes of a corpus, speaker by speaker, as answers that are yet to be given.
#[derive(Debug)]
pub struct Corpus {
    /// The clips in order, each with its speaker's number.
    pub rows: Vec<(usize, Prediction)>,
    /// Where each speaker's clips are.
    pub of_speaker: Vec<Range<usize>>,
}

/// Clips of each class among n, one at least.
fn profile(n: usize) -> [usize; CLASSES] {
    let mut clips = SHARES.map(|share| ((share * n as f64) as usize).max(1));
    let lacks = |clips: &[usize; CLASSES], k: usize| SHARES[k] * n as f64 - clips[k] as f64;
    while clips.iter().sum::<usize>() != n {
        let most = |of: &dyn Fn(usize) -> f64| (0..CLASSES).max_by(|&a, &b| of(a).total_cmp(&of(b))).unwrap();
        if clips.iter().sum::<usize>() < n {
            clips[most(&|k| lacks(&clips, k))] += 1;
        } else {
            clips[most(&|k| clips[k] as f64)] -= 1;
        }
    }
    clips
}

impl Corpus {
    pub fn of(design: &Design, which: u64) -> Self {
        let mut stream = Seeds::new(which).stream("corpus", &[]);
        let (mut rows, mut of_speaker) = (Vec::new(), Vec::new());
        for s in 0..design.speakers {
            let clips = match design.clips {
                Clips::Each(n) => profile(n),
                Clips::Unequal(n) => profile(((n as f64 * stream.between(0.25, 1.75)) as usize).max(CLASSES)),
                Clips::Gaps(n) => gaps(profile(n), &mut stream),
            };
            let first = rows.len();
            for (truth, n) in clips.into_iter().enumerate() {
                for _ in 0..n {
                    let clip = format!("{s:03}-{:03}", rows.len() - first);
                    let speaker = format!("{s:03}");
                    rows.push((s, Prediction { clip, speaker, truth, predicted: 0, probabilities: Vec::new() }));
                }
            }
            of_speaker.push(first..rows.len());
        }
        Self { rows, of_speaker }
    }

    /// The tests of each network. Clips are in order, and so in order of speaker.
    pub fn tests(&self, split: Split, seeds: u64, stream: &mut Stream) -> Vec<Test> {
        let all = |speakers: &mut Vec<usize>| -> Vec<usize> {
            speakers.sort_unstable();
            speakers.iter().flat_map(|&s| self.of_speaker[s].clone()).collect()
        };
        let mut tests = Vec::new();
        for seed in 0..seeds {
            let mut order: Vec<usize> = (0..self.of_speaker.len()).collect();
            match split {
                Split::Common => tests.push((seed, None, all(&mut order))),
                Split::Rotate(tested) => {
                    stream.shuffle(&mut order);
                    order.truncate(tested);
                    tests.push((seed, None, all(&mut order)));
                }
                Split::KFold(folds) => {
                    stream.shuffle(&mut order);
                    for fold in 0..folds {
                        let mut of_fold: Vec<usize> = order.iter().copied().skip(fold).step_by(folds).collect();
                        tests.push((seed, Some(fold as u32), all(&mut of_fold)));
                    }
                }
                Split::Clips(share) => {
                    let mut clips: Vec<usize> = (0..self.rows.len()).collect();
                    stream.shuffle(&mut clips);
                    clips.truncate((share * self.rows.len() as f64).round() as usize);
                    clips.sort_unstable();
                    tests.push((seed, None, clips));
                }
            }
        }
        tests
    }
}

/// Takes classes away, but not all.
fn gaps(clips: [usize; CLASSES], stream: &mut Stream) -> [usize; CLASSES] {
    let kept = clips.map(|n| if stream.chance(0.3) { 0 } else { n });
    if kept.iter().sum::<usize>() > 0 { kept } else { clips }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Common => f.pad("common"),
            Self::Rotate(tested) => write!(f, "rotate-{tested}"),
            Self::KFold(folds) => write!(f, "k-fold-{folds}"),
            Self::Clips(share) => write!(f, "clips-{share}"),
        }
    }
}

impl Design {
    /// Split, and what is odd about the speakers.
    pub fn kind(&self) -> String {
        let odd = match self.clips {
            Clips::Each(_) => "",
            Clips::Unequal(_) => ", unequal speakers",
            Clips::Gaps(_) => ", missing classes",
        };
        format!("{}{odd}", self.split)
    }

    /// Clips of a speaker, but for what is odd.
    pub fn most_clips(&self) -> usize {
        let (Clips::Each(n) | Clips::Unequal(n) | Clips::Gaps(n)) = self.clips;
        n
    }
}

impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {} | {} | {}", self.kind(), self.speakers, self.most_clips(), self.seeds)
    }
}
