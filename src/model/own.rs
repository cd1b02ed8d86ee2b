//! Which frames of each row are the clip's own, from layer to layer, and what keeps a network from looking at the others.
//!
//! A masked network sees zeros wherever a row is padded, before every convolution as at the edges of its input, and pools over
//! own frames alone. So the same clip padded further gives the same logits: what lies beyond its ends is the same in both.

use super::Span;
use crate::kernel::{self, Columns};
use burn::tensor::{Device, Tensor, TensorData};

crate::settings! {
    /// Whether padding counts.
    #[derive(Copy, Eq)]
    pub struct Masking {
        /// Whether the network looks at a clip's own frames alone: what a clip is padded with is zero before every convolution, and
        /// pools and attention pass over it. The same clip padded further then gives the same logits. While training, batch
        /// normalisation counts padded positions as zeros. Published networks do not mask.
        pub masked: bool = false;
    }
    check: ranges;
}

/// Added to the scores of frames that are not to be chosen: e to this power is 0 in f32.
const NEVER: f32 = -1e30;

/// The own frames of every row at some depth of a network; none are told apart where the network is not masked, or where all are own.
#[derive(Clone, Debug)]
pub(super) struct Own {
    spans: Vec<Span>,
    frames: usize,
}

impl Own {
    /// Of the network's input, which has so many frames.
    pub(super) fn new(masking: Masking, own: &[Span], frames: usize) -> Self {
        let all = own.iter().all(|span| span.frames >= frames);
        Self { spans: if masking.masked && !all { own.to_vec() } else { Vec::new() }, frames }
    }

    /// Those of `outputs` frames, each of which is centred on every `stride`th input frame.
    pub(super) fn strided(&self, stride: usize, outputs: usize) -> Self {
        self.mapped(outputs, |span| (span.start.div_ceil(stride), span.end().div_ceil(stride)))
    }

    /// Those of `outputs` frames, each made of `size` input frames from every `stride`th on: the ones made of own frames alone.
    pub(super) fn windowed(&self, size: usize, stride: usize, outputs: usize) -> Self {
        let end = |span: Span| (span.end() + stride).saturating_sub(size) / stride;
        self.mapped(outputs, |span| (span.start.div_ceil(stride), end(span)))
    }

    /// At least one frame stays a row's own.
    fn mapped(&self, outputs: usize, ends: impl Fn(Span) -> (usize, usize)) -> Self {
        let of = |span: &Span| {
            let (start, end) = ends(*span);
            let start = start.min(outputs - 1);
            Span { start, frames: end.min(outputs).max(start + 1) - start }
        };
        Self { spans: self.spans.iter().map(of).collect(), frames: outputs }
    }

    /// Whether every frame counts.
    pub(super) fn is_all(&self) -> bool {
        self.spans.is_empty()
    }

    /// The frames as the kernels take them.
    pub(super) fn columns(&self) -> Columns {
        if self.is_all() {
            Columns::default()
        } else {
            Columns::new(self.spans.iter().map(|span| span.start..span.end()))
        }
    }

    /// `x` [n, channels, height, frames] with zeros wherever a frame is not own.
    pub(super) fn silence(&self, x: Tensor<4>) -> Tensor<4> {
        kernel::silence(x, &self.columns())
    }

    /// What each position of `x` [n, channels, height * frames] counts in a mean, [n, 1, height * frames]: own ones alike, others
    /// nothing. None where all count the same.
    pub(super) fn shares(&self, x: &Tensor<3>) -> Option<Tensor<3>> {
        let height = x.dims()[2] / self.frames;
        let of = |span: &Span| 1.0 / (height * span.frames) as f32;
        (!self.is_all()).then(|| self.values(of, 0.0, height, &x.device()))
    }

    /// `x` [n, channels, height * frames], so small wherever a position is not own that no maximum and no softmax chooses it.
    pub(super) fn confine(&self, x: Tensor<3>) -> Tensor<3> {
        if self.is_all() {
            return x;
        }
        let never = self.values(|_| 0.0, NEVER, x.dims()[2] / self.frames, &x.device());
        x + never
    }

    /// For every frame the rows whose own it is: 1, else 0, [n, 1]. None where all are.
    pub(super) fn by_frame(&self, device: &Device) -> Option<Vec<Tensor<2>>> {
        let at = |frame| {
            let is_own = |span: &Span| f32::from(u8::from((span.start..span.end()).contains(&frame)));
            let values: Vec<f32> = self.spans.iter().map(is_own).collect();
            Tensor::from_data(TensorData::new(values, [self.spans.len(), 1]), device)
        };
        (!self.is_all()).then(|| (0..self.frames).map(at).collect())
    }

    /// [n, 1, height * frames]: `own` of a row's span in its own frames, `other` in the others, in every line alike.
    fn values(&self, own: impl Fn(&Span) -> f32, other: f32, height: usize, device: &Device) -> Tensor<3> {
        let mut values = vec![other; self.spans.len() * height * self.frames];
        for (row, span) in values.chunks_exact_mut(height * self.frames).zip(&self.spans) {
            for line in row.chunks_exact_mut(self.frames) {
                line[span.start..span.end()].fill(own(span));
            }
        }
        Tensor::from_data(TensorData::new(values, [self.spans.len(), 1, height * self.frames]), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(start: usize, frames: usize, of: usize) -> Own {
        Own::new(Masking { masked: true }, &[Span { start, frames }], of)
    }

    #[test]
    fn a_clip_has_as_many_own_frames_behind_a_layer_as_without_padding() {
        for frames in 1..20_usize {
            for stride in 1..4 {
                assert_eq!(own(0, frames, 40).strided(stride, 40).spans[0].frames, frames.div_ceil(stride));
                for size in stride..5 {
                    let alone = if frames < size { 1 } else { (frames - size) / stride + 1 };
                    assert_eq!(own(0, frames, 40).windowed(size, stride, 40).spans[0].frames, alone, "{size} {stride}");
                }
            }
        }
    }

    #[test]
    fn windows_that_reach_beyond_a_clips_ends_are_not_its_own() {
        assert_eq!(own(3, 6, 12).windowed(2, 2, 6).spans, [Span { start: 2, frames: 2 }]);
        assert_eq!(own(3, 6, 12).strided(2, 6).spans, [Span { start: 2, frames: 3 }]);
        assert_eq!(own(11, 1, 12).strided(2, 6).spans, [Span { start: 5, frames: 1 }], "one is left");
    }

    #[test]
    fn nothing_is_masked_where_all_frames_are_own_or_it_is_not_asked_for() {
        let span = Span { start: 0, frames: 5 };
        assert!(own(0, 12, 12).is_all());
        assert!(Own::new(Masking { masked: false }, &[span], 12).is_all());
        assert!(Own::new(Masking { masked: true }, &[], 12).is_all());
        assert!(!Own::new(Masking { masked: true }, &[span], 12).is_all());
    }
}
