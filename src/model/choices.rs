//! The small choices that several architectures offer, as a spec writes them.

use crate::kernel;

crate::choices! {
    /// What a convolution sees beyond the edge of its input.
    pub enum Padding {
        /// Zeros, as many before as after, one more after under an even kernel: n values become n / stride, rounded up.
        /// (PyTorch's alignment; with a stride Keras may place its first window one later.)
        "same" => Same,
        /// Nothing: the output is shorter by the kernel's reach.
        "valid" => Valid,
    }
}

crate::choices! {
    /// The nonlinearity of a network.
    pub enum ActivationName {
        /// max(x, 0).
        "relu" => Relu,
        /// x, or 0.01 x below 0.
        "leaky-relu" => LeakyRelu,
        /// x times the normal distribution function of x.
        "gelu" => Gelu,
        /// x, or exp(x) - 1 below 0.
        "elu" => Elu,
        /// x times its sigmoid.
        "silu" => Silu,
    }
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

crate::choices! {
    /// Whether normalisation or activation comes first.
    pub enum OrderName {
        /// Convolution, batch norm, activation (Ioffe and Szegedy 2015).
        "norm-first" => NormFirst,
        /// Convolution, activation, batch norm: how many Keras notebooks stack them.
        "activation-first" => ActivationFirst,
    }
}

impl From<OrderName> for kernel::Order {
    fn from(name: OrderName) -> Self {
        match name {
            OrderName::NormFirst => Self::NormFirst,
            OrderName::ActivationFirst => Self::ActivationFirst,
        }
    }
}

crate::choices! {
    /// How a block ends.
    pub enum PoolName {
        /// The largest value of each window.
        "max" => Max,
        /// The mean of each window.
        "average" => Average,
        /// No pooling.
        "none" => None,
    }
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

crate::choices! {
    /// What dropout drops between convolutional blocks.
    pub enum DropoutUnit {
        /// Whole channels of an example (Tompson et al. 2015): neighbouring values tell the same, dropping one hides nothing.
        "channels" => Channels,
        /// Single values, as Keras' `Dropout` does.
        "values" => Values,
    }
}

crate::choices! {
    /// How a network sums up over positions (frames, or bins and frames) into one vector an example.
    pub enum GlobalPool {
        /// The mean of each channel.
        "average" => Average,
        /// The largest value of each channel.
        "max" => Max,
        /// Both, side by side.
        "average-max" => AverageMax,
        /// Mean and standard deviation of each channel, side by side (Snyder et al. 2018).
        "statistics" => Statistics,
        /// A mean weighted by learned attention: one trained vector scores the positions (Mirsamadi et al. 2017).
        "attention" => Attention,
        /// Mean and standard deviation of each channel, weighted by learned attention that scores each channel and position for
        /// itself (Okabe et al. 2018).
        "attentive-statistics" => AttentiveStatistics,
        /// Every value: the head then depends on the input's size.
        "flatten" => Flatten,
    }
}

crate::choices! {
    /// How a recurrent network sums up over time.
    pub enum TimePool {
        /// The mean of each state.
        "average" => Average,
        /// The largest value of each state.
        "max" => Max,
        /// The final state of each direction: last frame forwards, first frame backwards.
        "last" => Last,
        /// Mean and standard deviation of each state.
        "statistics" => Statistics,
        /// A mean weighted by learned attention, as in [`GlobalPool::Attention`].
        "attention" => Attention,
        /// Mean and standard deviation weighted by learned attention, as in [`GlobalPool::AttentiveStatistics`].
        "attentive-statistics" => AttentiveStatistics,
    }
}
