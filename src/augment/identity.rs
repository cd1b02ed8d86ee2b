//! Nothing, on purpose.

use super::Effect;

crate::settings! {
    /// Leaves a clip as it is. With `copies = 1` it makes twins: what a row gains by being there twice, before any
    /// augmentation, is what the gain of an augmentation must be held against.
    pub struct Identity {}
    check: ranges;
}

impl Effect for Identity {}
