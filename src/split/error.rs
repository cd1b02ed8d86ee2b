//! What can go wrong in a split, in words that name the numbers and a way out.

use super::Partition;
use crate::kind::Problem;
use std::path::PathBuf;

/// One thing wrong in a split file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// Line in the file, from 1; the header is line 1.
    pub line: u64,
    /// What is wrong with it.
    pub message: String,
}

/// Why a corpus could not be split.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// There is nothing to split.
    #[error("there is no clip to split")]
    NoClips,
    /// The protocol's settings are out of range or contradict each other.
    #[error("split.{protocol}: {}", problems.iter().map(said).collect::<Vec<_>>().join("; "))]
    Settings {
        /// The protocol's name.
        protocol: &'static str,
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
    /// Not enough speakers, or other groups, to give each partition one of its own.
    #[error("{have}, but {purpose} need at least {need}; {way_out}")]
    TooFewGroups {
        /// Groups there are: "2 speaker(s)", "fold 3: 1 speaker(s)".
        have: String,
        /// Groups that are needed.
        need: usize,
        /// What they are needed for.
        purpose: String,
        /// What to do instead.
        way_out: String,
    },
    /// A column by which clips are kept together, and that some or all of them lack.
    #[error(
        "by = `{column}`: {} of {} clips have no such column, `{example}` for one{there}; name one that every clip has, \
         or fill it", lacking[0], lacking[1]
    )]
    NoColumn {
        /// The column.
        column: String,
        /// How many clips lack it, and how many clips there are.
        lacking: [usize; 2],
        /// A clip that lacks it.
        example: String,
        /// What may be meant, and the columns of the corpus.
        there: String,
    },
    /// The wished sizes leave nothing to train on, or more folds are wished than there are clips.
    #[error("{have} clip(s) are too few for {purpose}; lower the shares or the number of folds")]
    TooFewClips {
        /// Clips (or rows) there are.
        have: usize,
        /// What they do not suffice for.
        purpose: String,
    },
    /// A partition came out empty.
    #[error("{place}{partition} would be empty: none of the {clips} clips of the corpus goes there{}", passed_over_of(*passed_over))]
    EmptyPartition {
        /// "fold 3: ", or nothing.
        place: String,
        /// The empty partition.
        partition: Partition,
        /// Clips of the corpus.
        clips: usize,
        /// Clips that the split file names and the selection leaves out.
        passed_over: usize,
    },
    /// A class would be asked for that training never saw.
    #[error(
        "{place}class {label} (that of clip `{example}`; {clips} clip(s) in the corpus) has no clip in train but is in \
         {partition}; map it to another label, leave it out, or use another split"
    )]
    ClassNotInTrain {
        /// "fold 3: ", or nothing.
        place: String,
        /// The class: its label in quotes, or its number.
        label: String,
        /// Clips of that class in the whole corpus.
        clips: usize,
        /// Where it turned up.
        partition: Partition,
        /// One of its clips.
        example: String,
    },
    /// A fold that the protocol does not make.
    #[error("fold {fold} was asked for, but the protocol makes {folds} fold(s), counted from 0")]
    NoSuchFold {
        /// Position of the fold asked for, from 0.
        fold: usize,
        /// Folds there are.
        folds: usize,
    },
    /// Lists of speakers, or of other groups, that the corpus does not have.
    #[error("{}; the corpus has {} {noun}: {}", unknown.join("; "), known.len(), first(known))]
    UnknownNames {
        /// One sentence an unknown name.
        unknown: Vec<String>,
        /// What they name: "speakers".
        noun: String,
        /// All that the corpus has.
        known: Vec<String>,
    },
    /// Lists that do not fit each other or the corpus, a sentence each.
    #[error("{}", .0.join("; "))]
    Lists(Vec<String>),
    /// The split file cannot be opened.
    #[error("split file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The split file does not fit its format or the corpus.
    #[error("split file {}: {} problem(s)\n{}", path.display(), problems.len(), lines(path, problems))]
    File {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong, in order of line.
        problems: Vec<FileProblem>,
    },
}

impl SplitError {
    /// Whether the spec is to be mended, not the corpus.
    pub fn is_of_the_spec(&self) -> bool {
        matches!(self, Self::Settings { .. } | Self::UnknownNames { .. } | Self::Lists(_) | Self::NoColumn { .. })
    }
}

fn said(problem: &Problem) -> String {
    if problem.key.is_empty() { problem.message.clone() } else { format!("{}: {}", problem.key, problem.message) }
}

fn passed_over_of(clips: usize) -> String {
    if clips == 0 { String::new() } else { format!(" ({clips} that the file names are left out by `clips`)") }
}

fn first(known: &[String]) -> String {
    let shown = known.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
    if known.len() > 20 { format!("{shown}, ...") } else { shown }
}

/// `file:line: message`, one a line; beyond 50 they are only counted, a message is not a log.
fn lines(path: &std::path::Path, problems: &[FileProblem]) -> String {
    const SHOWN: usize = 50;
    let mut lines: Vec<String> =
        problems.iter().take(SHOWN).map(|p| format!("{}:{}: {}", path.display(), p.line, p.message)).collect();
    if problems.len() > SHOWN {
        lines.push(format!("... and {} more", problems.len() - SHOWN));
    }
    lines.join("\n")
}

/// ", did you mean `x`?" where one of `known` is close to `name`; the first of the closest.
pub(super) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut nearest: Option<(f64, &str)> = None;
    for candidate in known {
        let score = strsim::normalized_damerau_levenshtein(name, candidate);
        if score >= 0.6 && nearest.is_none_or(|(best, _)| score > best) {
            nearest = Some((score, candidate));
        }
    }
    nearest.map_or_else(String::new, |(_, k)| format!(", did you mean `{k}`?"))
}
