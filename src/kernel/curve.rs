//! Activations made of two straight lines: those that the fused tail of a block knows.

use super::Activation;

/// x above 0, `slope` times x below: 1 leaves every value as it is, 0 is ReLU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Curve {
    slope: f32,
}

impl Curve {
    /// Every value as it is.
    pub(super) const LINE: Self = Self { slope: 1.0 };

    /// The curve of an activation; none where it is not made of two lines.
    pub(super) fn of(activation: Activation) -> Option<Self> {
        match activation {
            Activation::None => Some(Self::LINE),
            Activation::Relu => Some(Self { slope: 0.0 }),
            Activation::LeakyRelu(slope) => Some(Self { slope }),
            Activation::Gelu | Activation::Elu | Activation::Silu => None,
        }
    }

    /// Its value. NaN stays NaN: it is not below 0.
    #[inline(always)]
    pub(super) fn at(self, x: f32) -> f32 {
        // Not 0 * x, which would make NaN of an infinite x.
        let below = if self.slope == 0.0 { 0.0 } else { self.slope * x };
        if x <= 0.0 { below } else { x }
    }

    /// Its derivative.
    #[inline(always)]
    pub(super) fn slope_at(self, x: f32) -> f32 {
        if x <= 0.0 { self.slope } else { 1.0 }
    }
}
