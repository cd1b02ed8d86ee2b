//! The signal processing that several transforms share. Samples are mono f32, nominally in [-1, 1].

pub(super) mod biquad;
pub(super) mod fft;
pub(super) mod gauss;
pub(super) mod level;
pub(super) mod resample;
pub(super) mod vocoder;

#[cfg(test)]
pub(super) mod probe;
