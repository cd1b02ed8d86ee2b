//! The small choices that several architectures offer, as a spec writes them.

use crate::kernel;
use serde::{Deserialize, Serialize};

/// What a convolution sees beyond the edge of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// Zeros, as many before as after, one more after under an even kernel: n values become n / stride, rounded up.
    /// (PyTorch's alignment; with a stride Keras may place its first window one later.)
    Same,
    /// Nothing: the output is shorter by the kernel's reach.
    Valid,
}

/// The nonlinearity of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActivationName {
    /// max(x, 0).
    Relu,
    /// x, or 0.01 x below 0.
    LeakyRelu,
    /// x times the normal distribution function of x.
    Gelu,
    /// x, or exp(x) - 1 below 0.
    Elu,
    /// x times its sigmoid.
    Silu,
}

impl From<ActivationName> for kernel::Activation {
    fn from(name: ActivationName) -> Self {
        match name {
            ActivationName::Relu => Self::Relu,
            ActivationName::LeakyRelu => Self::LeakyRelu(0.01),
            ActivationName::Gelu => Self::Gelu,
            ActivationName::Elu => Self::Elu,
            ActivationName::Silu => Self::Silu,
        }
    }
}

/// Whether normalisation or activation comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderName {
    /// Convolution, batch norm, activation (Ioffe and Szegedy 2015).
    NormFirst,
    /// Convolution, activation, batch norm: how many Keras notebooks stack them.
    ActivationFirst,
}

impl From<OrderName> for kernel::Order {
    fn from(name: OrderName) -> Self {
        match name {
            OrderName::NormFirst => Self::NormFirst,
            OrderName::ActivationFirst => Self::ActivationFirst,
        }
    }
}

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolName {
    /// The largest value of each window.
    Max,
    /// The mean of each window.
    Average,
    /// No pooling.
    None,
}

impl PoolName {
    /// The pool over windows of `size` (height, width), if there is one.
    pub(super) fn pool(self, size: [usize; 2]) -> Option<kernel::Pool> {
        let kind = match self {
            Self::Max => kernel::PoolKind::Max,
            Self::Average => kernel::PoolKind::Average,
            Self::None => return None,
        };
        Some(kernel::Pool { kind, size })
    }
}

/// What dropout drops between convolutional blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropoutUnit {
    /// Whole channels of an example (Tompson et al. 2015): neighbouring values tell the same, dropping one hides nothing.
    Channels,
    /// Single values, as Keras' `Dropout` does.
    Values,
}

/// How a network sums up over positions (frames, or bins and frames) into one vector an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GlobalPool {
    /// The mean of each channel.
    Average,
    /// The largest value of each channel.
    Max,
    /// Both, side by side.
    AverageMax,
    /// Mean and standard deviation of each channel, side by side (Snyder et al. 2018).
    Statistics,
    /// A mean weighted by learned attention: one trained vector scores the positions (Mirsamadi et al. 2017).
    Attention,
    /// Every value: the head then depends on the input's size.
    Flatten,
}

/// How a recurrent network sums up over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimePool {
    /// The mean of each state.
    Average,
    /// The largest value of each state.
    Max,
    /// The final state of each direction: last frame forwards, first frame backwards.
    Last,
    /// Mean and standard deviation of each state.
    Statistics,
    /// A mean weighted by learned attention, as in [`GlobalPool::Attention`].
    Attention,
}
