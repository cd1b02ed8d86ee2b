//! Gradient clipping: how gradients are limited before a step.

use super::updates::global_norm;
use crate::kind::above;
use crate::{kinds, settings};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

settings! {
    /// Scales all gradients together where their joint Euclidean norm is larger (Pascanu et al. 2013); the direction stays.
    pub struct ClipNorm {
        /// Largest norm over all parameters of the network.
        pub max: f64 = 1.0, in above(0.0);
    }
    check: ranges;
}

settings! {
    /// Clamps every single gradient value; changes the direction.
    pub struct ClipValue {
        /// Largest absolute value.
        pub max: f64 = 0.5, in above(0.0);
    }
    check: ranges;
}

kinds! {
    /// How gradients are limited.
    pub enum GradientClip("gradient clipping") as Clip {
        /// Global norm: all gradients are scaled by the same factor, so that their joint norm is at most `max`.
        "norm" => Norm(ClipNorm),
        /// Value by value, to at most `max` either side of 0.
        "value" => Value(ClipValue),
    }
}

/// How gradients are changed before a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    /// Not at all.
    None,
    /// All multiplied by the same factor.
    Scale(f64),
    /// Each value clamped to at most this, either side of 0.
    Clamp(f64),
}

impl Limit {
    /// The limit to apply to these gradients, and their joint norm where it had to be known.
    pub fn of<M: Module>(clip: Option<&GradientClip>, net: &M, gradients: &GradientsParams) -> (Self, Option<f64>) {
        let mut known = None;
        let limit = clip.map_or(Self::None, |clip| {
            clip.kind().limit(&mut || *known.get_or_insert_with(|| global_norm(net, gradients)))
        });
        (limit, known)
    }

    /// The gradient of one parameter, limited.
    pub fn apply<const D: usize>(self, gradient: Tensor<D>) -> Tensor<D> {
        match self {
            Self::None => gradient,
            Self::Scale(factor) => gradient.mul_scalar(factor as f32),
            Self::Clamp(max) => gradient.clamp(-max as f32, max as f32),
        }
    }
}

/// What every gradient clipping does.
trait Clip {
    /// The limit for gradients whose joint norm `norm` works out, which has its price.
    fn limit(&self, norm: &mut dyn FnMut() -> f64) -> Limit;
}

impl Clip for ClipNorm {
    fn limit(&self, norm: &mut dyn FnMut() -> f64) -> Limit {
        let norm = norm();
        if norm > self.max { Limit::Scale(self.max / norm) } else { Limit::None }
    }
}

impl Clip for ClipValue {
    fn limit(&self, _: &mut dyn FnMut() -> f64) -> Limit {
        Limit::Clamp(self.max)
    }
}
