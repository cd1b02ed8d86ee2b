//! What can go wrong between samples and a network's input.

use crate::words::counted;
use thiserror::Error;

/// An error of this room: extracting, stacking, scaling, or reading and writing arrays.
///
/// Messages do not name the clip: the caller knows it and adds it.
#[derive(Debug, Error)]
pub enum FeatureError {
    /// The clip holds no sample.
    #[error("the clip has 0 samples, at least 1 is needed; leave it out of the corpus")]
    EmptyClip,
    /// A sample is NaN or infinite: one would spread over every frame that holds it.
    #[error("sample {index} is {value}, expected a finite number; repair the file or leave it out")]
    NotFinite {
        /// Position in the clip.
        index: usize,
        /// The offending value.
        value: f32,
    },
    /// Settings that cannot work, alone or at this sample rate.
    #[error("{feature} cannot be computed at {sample_rate_hz} Hz: {problems}")]
    Settings {
        /// The kind's name.
        feature: &'static str,
        /// The clips' sample rate.
        sample_rate_hz: u32,
        /// All problems, `key: message`, joined by "; ".
        problems: String,
    },
    /// A delta needs a whole window of frames.
    #[error(
        "deltas over {needed} frames need at least {needed}, but the clip has {actual}; \
         shorten `hop_length` or `delta_width`, or leave out clips this short"
    )]
    TooFewFrames {
        /// The window of the delta.
        needed: usize,
        /// The clip's frames.
        actual: usize,
    },
    /// A clip can be mirrored at its ends only where it is longer than what is added there.
    #[error(
        "pad_mode = \"reflect\" mirrors {pad} samples at each end, which needs a clip of at least {} samples, but this one has \
         {actual}; use pad_mode = \"constant\" or a shorter frame, or leave out clips this short", pad + 1
    )]
    TooShortToReflect {
        /// Samples added at each end.
        pad: usize,
        /// The clip's samples.
        actual: usize,
    },
    /// No feature was named.
    #[error("no feature to stack; name at least one in `features`")]
    NoFeatures,
    /// Features that share an axis must agree on it.
    #[error(
        "`{first}` has {} and `{second}` has {actual}: stack = \"{stack}\" needs equal bins; \
         use stack = \"bins\" (1D networks) or equal settings",
        counted(*expected, "bin")
    )]
    BinsDiffer {
        /// The first feature's kind.
        first: &'static str,
        /// Its bins.
        expected: usize,
        /// The feature that differs.
        second: &'static str,
        /// The bins of that one.
        actual: usize,
        /// The stacking asked for.
        stack: &'static str,
    },
    /// An array's size contradicts its shape.
    #[error("{what}: expected {expected} values, found {actual}")]
    Size {
        /// Which array.
        what: String,
        /// Values the shape asks for.
        expected: usize,
        /// Values there are.
        actual: usize,
    },
    /// A length cannot be found or is not a length.
    #[error("length: {0}")]
    Length(String),
    /// Statistics of nothing.
    #[error(
        "the scaler has no training rows to learn from, at least 1 is needed; the training part of the split is empty"
    )]
    NoTrainingRows,
    /// A clip of somebody whose statistics were not taken.
    #[error("nothing is known of the speaker `{speaker}`, by whose own clips the input is scaled")]
    UnknownSpeaker {
        /// The speaker.
        speaker: String,
    },
    /// A value that no scaler can learn from or scale.
    #[error("training row {row}: value {index} is {value}, expected a finite number")]
    NotFiniteRow {
        /// Position of the row.
        row: usize,
        /// Position in the row.
        index: usize,
        /// The offending value.
        value: f32,
    },
    /// A feature that is read where one is to be computed.
    #[error("{feature} is read from arrays made elsewhere and cannot be computed from samples")]
    NotComputed {
        /// The kind's name.
        feature: &'static str,
    },
    /// Reading or writing failed.
    #[error("{what}: {source}")]
    Io {
        /// What was read or written.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}
