//! First values of parameters: drawn from one named stream, in the order in which the layers are built, on the CPU, then
//! uploaded. burn's own initialisers draw from a process-wide generator at first use, so the order of use would decide.

use crate::seed::Stream;
use burn::module::{Flag, Param, ParamId, RunningState};
use burn::nn::BatchNorm;
use burn::tensor::{Device, Tensor, TensorData};

crate::choices! {
    /// The distribution that weights are drawn from; biases start at 0.
    ///
    /// With `in` and `out` the values that feed one output and are fed by one input (times the kernel's area), the variance
    /// is 2 / (in + out) for Glorot, 2 / in for He, 1 / in for LeCun; the uniform limit is the square root of three times
    /// that. Normal draws are not truncated (as in PyTorch; Keras cuts them at two standard deviations).
    pub enum Initializer {
        /// Glorot and Bengio 2010, uniform: Keras' default.
        "glorot-uniform" => GlorotUniform,
        /// Glorot and Bengio 2010, normal.
        "glorot-normal" => GlorotNormal,
        /// He et al. 2015, uniform.
        "he-uniform" => HeUniform,
        /// He et al. 2015, normal: made for ReLU.
        "he-normal" => HeNormal,
        /// LeCun et al. 1998, uniform.
        "lecun-uniform" => LecunUniform,
        /// LeCun et al. 1998, normal.
        "lecun-normal" => LecunNormal,
    }
}

impl Initializer {
    /// One draw for a layer of the given fans.
    fn draw(self, fan_in: usize, fan_out: usize, stream: &mut Stream) -> f32 {
        let (fan_in, fan_out) = (fan_in as f64, fan_out as f64);
        let variance = match self {
            Self::GlorotUniform | Self::GlorotNormal => 2.0 / (fan_in + fan_out),
            Self::HeUniform | Self::HeNormal => 2.0 / fan_in,
            Self::LecunUniform | Self::LecunNormal => 1.0 / fan_in,
        };
        let value = match self {
            Self::GlorotUniform | Self::HeUniform | Self::LecunUniform => {
                let limit = (3.0 * variance).sqrt();
                stream.between(-limit, limit)
            }
            Self::GlorotNormal | Self::HeNormal | Self::LecunNormal => stream.normal() * variance.sqrt(),
        };
        value as f32
    }
}

crate::settings! {
    /// What the parameters of a network are at first.
    #[derive(Copy, Eq)]
    pub struct Initialization {
        /// How weights are drawn: "glorot-", "he-" or "lecun-", each "uniform" or "normal". Biases start at 0, recurrent
        /// weights are orthogonal.
        pub init: Initializer = Initializer::GlorotUniform;
    }
    check: ranges;
}

/// Makes the parameters of one network, one after the other.
///
/// Ids are 1, 2, 3, ... in the order of making: the same architecture has the same ids in every process, so that an
/// optimizer's state, which is kept by id, finds its parameters again after a restart.
pub(super) struct Parameters<'a> {
    initializer: Initializer,
    stream: &'a mut Stream,
    device: &'a Device,
    made: u64,
}

impl<'a> Parameters<'a> {
    /// Draws from `stream`, places on `device`.
    pub(super) fn new(initializer: Initializer, stream: &'a mut Stream, device: &'a Device) -> Self {
        Self { initializer, stream, device, made: 0 }
    }

    fn id(&mut self) -> ParamId {
        self.made += 1;
        ParamId::from(self.made)
    }

    /// A trainable parameter of the given values, row-major.
    pub(super) fn values<const D: usize>(&mut self, shape: [usize; D], values: Vec<f32>) -> Param<Tensor<D>> {
        let tensor = Tensor::from_data(TensorData::new(values, shape), self.device);
        // `from_tensor` alone marks it as trainable on a plain device too, but gives it a random id.
        let (_, tensor, mapper) = Param::from_tensor(tensor).consume();
        Param::from_mapped_value(self.id(), tensor, mapper)
    }

    /// A trainable parameter that is `value` everywhere.
    pub(super) fn constant<const D: usize>(&mut self, shape: [usize; D], value: f32) -> Param<Tensor<D>> {
        self.values(shape, vec![value; shape.iter().product()])
    }

    /// A weight drawn by the network's initialiser, in row-major order.
    pub(super) fn weight<const D: usize>(
        &mut self,
        shape: [usize; D],
        fan_in: usize,
        fan_out: usize,
    ) -> Param<Tensor<D>> {
        let count = shape.iter().product();
        let values = (0..count).map(|_| self.initializer.draw(fan_in, fan_out, self.stream)).collect();
        self.values(shape, values)
    }

    /// `gates` random orthogonal matrices of `size` x `size`, one below the other: a recurrent weight that neither
    /// shrinks nor grows a state (Saxe et al. 2014).
    pub(super) fn orthogonal(&mut self, gates: usize, size: usize) -> Param<Tensor<2>> {
        let mut values = Vec::with_capacity(gates * size * size);
        for _ in 0..gates {
            let rows = orthogonal_rows(size, self.stream);
            values.extend(rows.into_iter().flatten().map(|v| v as f32));
        }
        self.values([gates * size, size], values)
    }

    /// A batch norm layer: scale 1, shift 0, running mean 0, running variance 1.
    ///
    /// `momentum` is Keras'; burn's is the share of the *new* value, so 0.99 becomes 0.01.
    pub(super) fn batch_norm(&mut self, channels: usize, momentum: f64, epsilon: f64) -> BatchNorm {
        BatchNorm {
            gamma: self.constant([channels], 1.0),
            beta: self.constant([channels], 0.0),
            training: Param::initialized(self.id(), Flag::new(true)),
            running_mean: RunningState::with_id(self.id(), Tensor::zeros([channels], self.device)),
            running_var: RunningState::with_id(self.id(), Tensor::ones([channels], self.device)),
            momentum: 1.0 - momentum,
            epsilon,
        }
    }
}

/// Orthonormal rows: normal draws, made orthogonal one after the other (Gram-Schmidt, twice for accuracy), in f64.
fn orthogonal_rows(size: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(size);
    while rows.len() < size {
        let mut row: Vec<f64> = (0..size).map(|_| stream.normal()).collect();
        for _ in 0..2 {
            for earlier in &rows {
                let share: f64 = row.iter().zip(earlier).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(earlier).for_each(|(a, b)| *a -= share * b);
            }
        }
        let length = row.iter().map(|a| a * a).sum::<f64>().sqrt();
        // A draw that lies in the span of the earlier rows has no direction left of its own: draw again.
        if length > 1e-6 {
            row.iter_mut().for_each(|a| *a /= length);
            rows.push(row);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seeds;

    #[test]
    fn every_initializer_has_the_variance_it_promises() {
        let (fan_in, fan_out, n) = (30, 10, 40_000);
        for (initializer, variance) in [
            (Initializer::GlorotUniform, 2.0 / 40.0),
            (Initializer::GlorotNormal, 2.0 / 40.0),
            (Initializer::HeUniform, 2.0 / 30.0),
            (Initializer::HeNormal, 2.0 / 30.0),
            (Initializer::LecunUniform, 1.0 / 30.0),
            (Initializer::LecunNormal, 1.0 / 30.0),
        ] {
            let mut stream = Seeds::new(1).stream("init", &[]);
            let draws: Vec<f64> = (0..n).map(|_| f64::from(initializer.draw(fan_in, fan_out, &mut stream))).collect();
            let measured = draws.iter().map(|d| d * d).sum::<f64>() / f64::from(n);
            assert!((measured / variance - 1.0).abs() < 0.03, "{initializer:?}: {measured} for {variance}");
        }
    }

    #[test]
    fn orthogonal_rows_are_orthonormal() {
        let rows = orthogonal_rows(24, &mut Seeds::new(2).stream("init", &[]));
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                let product: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12, "rows {i} and {j}: {product}");
            }
        }
    }

    #[test]
    fn ids_count_up_and_a_plain_device_keeps_parameters_trainable() {
        let device = Device::flex();
        let mut stream = Seeds::new(3).stream("init", &[]);
        let mut parameters = Parameters::new(Initializer::GlorotUniform, &mut stream, &device);
        let first = parameters.constant([2], 0.5);
        let second = parameters.constant([2, 3], 0.0);
        assert_eq!((first.id.val(), second.id.val()), (1, 2));
        assert!(burn::module::Module::train(first).val().is_require_grad());
    }
}
