//! GRU and LSTM layers, one or two directions, with parameters from our own stream.
//!
//! burn's own layers multiply gate by gate and frame by frame and write each state into a copy of the whole output; here
//! the input's part of all frames is one product, and the states are joined once.

use super::LayerInfo;
use super::choices::{GlobalPool, TimePool};
use super::dropout::dropout;
use super::init::Parameters;
use super::own::Own;
use super::pooling::{Attention, PoolPlan};
use crate::seed::Stream;
use burn::module::{Module, Param};
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{Tensor, TensorData};

crate::choices! {
    /// The kind of recurrent layer.
    pub enum Cell {
        /// Cho et al. 2014, the form in which the reset gate is applied after the product (Keras' and PyTorch's default).
        "gru" => Gru,
        /// Hochreiter and Schmidhuber 1997, with a forget gate (bias 1 at first, Jozefowicz et al. 2015), no peepholes.
        "lstm" => Lstm,
    }
}

impl Cell {
    /// Gates, in the order in which their rows lie in the weights (PyTorch's): GRU reset, update, new; LSTM input,
    /// forget, cell, output.
    fn gates(self) -> usize {
        match self {
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

crate::settings! {
    /// Recurrent layers over time, and how their states are summed up.
    #[derive(Copy)]
    pub struct Recurrence {
        include pub attention: Attention;
        /// The recurrent cell: "gru" or "lstm".
        pub cell: Cell = Cell::Gru;
        /// Values of the recurrent state, of each direction.
        pub hidden_size: usize = 128, in 1..=8192;
        /// Recurrent layers, one on top of the other.
        pub layers: usize = 1, in 1..=8;
        /// Whether the recurrence also runs backwards in time.
        pub bidirectional: bool = true;
        /// Dropout between recurrent layers.
        pub recurrent_dropout: f64 = 0.0, in 0.0..=0.95;
        /// Over time, before the head: "average", "max", "last", "statistics", "attention" or
        /// "attentive-statistics".
        pub time_pool: TimePool = TimePool::Average;
    }
    check: ranges;
}

impl Recurrence {
    fn directions(&self) -> usize {
        1 + usize::from(self.bidirectional)
    }

    /// The pool over time; none where the last states are taken.
    pub(super) fn pool(&self) -> Option<PoolPlan> {
        let kind = match self.time_pool {
            TimePool::Average => GlobalPool::Average,
            TimePool::Max => GlobalPool::Max,
            TimePool::Statistics => GlobalPool::Statistics,
            TimePool::Attention => GlobalPool::Attention,
            TimePool::AttentiveStatistics => GlobalPool::AttentiveStatistics,
            TimePool::Last => return None,
        };
        Some(PoolPlan { kind, attention: self.attention, keep_bins: false })
    }

    /// Values a frame that come out.
    pub(super) fn width(&self) -> usize {
        self.hidden_size * self.directions()
    }

    /// The layers for `inputs` values a frame. Order of draws: layer by layer, forwards then backwards, input weight
    /// then recurrent weight.
    pub(super) fn init(&self, mut inputs: usize, parameters: &mut Parameters<'_>) -> Vec<Recurrent> {
        let mut layers = Vec::with_capacity(self.layers);
        for _ in 0..self.layers {
            let forwards = self.direction(inputs, parameters);
            let backwards = self.bidirectional.then(|| self.direction(inputs, parameters));
            layers.push(Recurrent { forwards, backwards });
            inputs = self.width();
        }
        layers
    }

    fn direction(&self, inputs: usize, parameters: &mut Parameters<'_>) -> Direction {
        let (hidden, rows) = (self.hidden_size, self.cell.gates() * self.hidden_size);
        let mut bias = vec![0.0; rows];
        if self.cell == Cell::Lstm {
            bias[hidden..2 * hidden].fill(1.0);
        }
        Direction {
            weight_ih: parameters.weight([rows, inputs], inputs, rows),
            weight_hh: parameters.orthogonal(self.cell.gates(), hidden),
            bias_ih: parameters.values([rows], bias),
            bias_hh: (self.cell == Cell::Gru).then(|| parameters.constant([rows], 0.0)),
            cell: self.cell,
        }
    }

    /// Adds the layers that [`Self::init`] makes, over `frames` frames.
    pub(super) fn describe(&self, mut inputs: usize, frames: usize, layers: &mut Vec<LayerInfo>) {
        let biases = if self.cell == Cell::Gru { 2 } else { 1 };
        let rows = self.cell.gates() * self.hidden_size;
        for i in 0..self.layers {
            let name = if self.cell == Cell::Gru { "gru" } else { "lstm" };
            layers.push(LayerInfo {
                name: format!("recurrent.{i}"),
                what: if self.bidirectional { format!("bidirectional {name}") } else { name.to_owned() },
                output_shape: vec![frames, self.width()],
                parameters: self.directions() * rows * (inputs + self.hidden_size + biases),
            });
            inputs = self.width();
        }
    }
}

/// One layer, of one or two directions.
#[derive(Module, Debug)]
pub struct Recurrent {
    forwards: Direction,
    backwards: Option<Direction>,
}

impl Recurrent {
    /// `x` [frames, n, in] -> [frames, n, out]: forward states, then backward ones. At frames that are not a row's own its state
    /// stays what it was.
    pub(super) fn forward(&self, x: Tensor<3>, own: &Own) -> Tensor<3> {
        let by_frame = own.by_frame(&x.device());
        let by_frame = by_frame.as_deref();
        match &self.backwards {
            None => self.forwards.run(x, false, by_frame),
            Some(backwards) => {
                let states = vec![self.forwards.run(x.clone(), false, by_frame), backwards.run(x, true, by_frame)];
                Tensor::cat(states, 2)
            }
        }
    }

    /// The final states of all directions, [n, out], from the layer's `output` [frames, n, out].
    pub(super) fn last(&self, output: Tensor<3>) -> Tensor<2> {
        let [frames, _, width] = output.dims();
        let end = output.clone().narrow(0, frames - 1, 1).squeeze_dim::<2>(0);
        if self.backwards.is_none() {
            return end;
        }
        let start = output.narrow(0, 0, 1).squeeze_dim::<2>(0);
        let half = width / 2;
        Tensor::cat(vec![end.narrow(1, 0, half), start.narrow(1, half, half)], 1)
    }
}

/// Runs `x` [frames, n, in] through all layers, with dropout between them.
pub(super) fn run(
    layers: &[Recurrent],
    rate: f64,
    mut x: Tensor<3>,
    own: &Own,
    masks: &mut Option<&mut Stream>,
) -> Tensor<3> {
    for (i, layer) in layers.iter().enumerate() {
        if i > 0 {
            x = dropout(x, rate, 3, masks);
        }
        x = layer.forward(x, own);
    }
    x
}

/// One direction of one layer: weights [gates * hidden, in] and [gates * hidden, hidden], biases [gates * hidden].
///
/// Biases are counted as Keras does: two for a GRU, as the reset gate scales one of them, one for an LSTM, where a
/// second would only be added to the first.
#[derive(Module, Debug)]
pub struct Direction {
    weight_ih: Param<Tensor<2>>,
    weight_hh: Param<Tensor<2>>,
    bias_ih: Param<Tensor<1>>,
    bias_hh: Option<Param<Tensor<1>>>,
    #[module(skip)]
    cell: Cell,
}

impl Direction {
    /// `x` [frames, n, in] -> states [frames, n, hidden], in the order of the frames; the first state comes from zeros.
    /// `own` are, for every frame, the rows whose own it is, [n, 1]; all where there is nothing.
    fn run(&self, x: Tensor<3>, backwards: bool, own: Option<&[Tensor<2>]>) -> Tensor<3> {
        let [frames, n, inputs] = x.dims();
        let [rows, hidden] = self.weight_hh.dims();
        let given = x.reshape([frames * n, inputs]).matmul(self.weight_ih.val().transpose());
        let given = (given + self.bias_ih.val().unsqueeze()).reshape([frames, n, rows]);
        let mut steps = Vec::with_capacity(frames);
        frame_by_frame(given.clone(), &mut steps);
        if backwards {
            steps.reverse();
        }
        let zeros = || Tensor::<2>::from_data(TensorData::zeros::<f32, _>([n, hidden]), &given.device());
        let (mut state, mut memory) = (zeros(), zeros());
        let weight = self.weight_hh.val().transpose();
        let bias = self.bias_hh.as_ref().map(|bias| bias.val().unsqueeze::<2>());
        let mut states = Vec::with_capacity(frames);
        for (i, step) in steps.into_iter().enumerate() {
            let recalled = state.clone().matmul(weight.clone());
            let before = (state.clone(), memory.clone());
            match self.cell {
                Cell::Gru => {
                    let recalled = recalled + bias.clone().expect("a GRU is built with a recurrent bias");
                    state = gru(step, recalled, state, hidden);
                }
                Cell::Lstm => (state, memory) = lstm(step + recalled, memory, hidden),
            }
            if let Some(own) = own {
                let rows = &own[if backwards { frames - 1 - i } else { i }];
                let kept = |old: Tensor<2>, new: Tensor<2>| old.clone() + (new - old) * rows.clone();
                (state, memory) = (kept(before.0, state), kept(before.1, memory));
            }
            states.push(state.clone());
        }
        if backwards {
            states.reverse();
        }
        Tensor::stack(states, 0)
    }
}

/// r = sigmoid(i_r + h_r), z = sigmoid(i_z + h_z), new = tanh(i_n + r h_n); the state becomes (1 - z) new + z state.
fn gru(given: Tensor<2>, recalled: Tensor<2>, state: Tensor<2>, hidden: usize) -> Tensor<2> {
    let gate = |from: &Tensor<2>, i: usize| from.clone().narrow(1, i * hidden, hidden);
    let reset = sigmoid(gate(&given, 0) + gate(&recalled, 0));
    let update = sigmoid(gate(&given, 1) + gate(&recalled, 1));
    let new = tanh(gate(&given, 2) + reset * gate(&recalled, 2));
    new.clone() + update * (state - new)
}

/// The memory becomes sigmoid(f) memory + sigmoid(i) tanh(g), the state sigmoid(o) tanh(memory).
fn lstm(gates: Tensor<2>, memory: Tensor<2>, hidden: usize) -> (Tensor<2>, Tensor<2>) {
    let gate = |i: usize| gates.clone().narrow(1, i * hidden, hidden);
    let memory = sigmoid(gate(1)) * memory + sigmoid(gate(0)) * tanh(gate(2));
    (sigmoid(gate(3)) * tanh(memory.clone()), memory)
}

/// Takes [frames, n, values] apart into frames by halving: the gradient of a slice is as large as what it was cut from,
/// so that cutting every frame from the whole would cost frames squared.
fn frame_by_frame(x: Tensor<3>, steps: &mut Vec<Tensor<2>>) {
    let frames = x.dims()[0];
    if frames == 1 {
        return steps.push(x.squeeze_dim(0));
    }
    let half = frames / 2;
    frame_by_frame(x.clone().narrow(0, 0, half), steps);
    frame_by_frame(x.narrow(0, half, frames - half), steps);
}

#[cfg(test)]
mod tests {
    use super::super::own::Masking;
    use super::*;
    use crate::model::Initializer;
    use crate::seed::Seeds;
    use burn::nn::{GruConfig, LinearConfig};
    use burn::tensor::Device;

    fn layer(cell: Cell, bidirectional: bool, device: &Device) -> Recurrent {
        let mut stream = Seeds::new(4).stream("init", &[]);
        let mut parameters = Parameters::new(Initializer::GlorotUniform, &mut stream, device);
        let plan = Recurrence { cell, hidden_size: 4, bidirectional, ..Recurrence::default() };
        plan.init(3, &mut parameters).pop().unwrap()
    }

    fn input(device: &Device) -> Tensor<3> {
        let values: Vec<f32> = (0..30).map(|i| (i as f32 * 0.7).sin()).collect();
        Tensor::from_data(TensorData::new(values, [5, 2, 3]), device)
    }

    /// One gate of our stacked weights as a burn layer ([in, out]).
    fn gate(weight: &Tensor<2>, gate: usize, device: &Device) -> burn::nn::Linear {
        let rows = weight.clone().narrow(0, gate * 4, 4).transpose();
        let mut linear = LinearConfig::new(rows.dims()[0], 4).with_bias(false).init(device);
        linear.weight = Param::from_tensor(rows);
        linear
    }

    fn farthest(a: Tensor<3>, b: Tensor<3>) -> f32 {
        (a - b).abs().max().into_scalar()
    }

    #[test]
    fn a_gru_agrees_with_burns() {
        let device = Device::flex();
        let ours = layer(Cell::Gru, false, &device).forwards;
        let mut burns = GruConfig::new(3, 4, false).init(&device);
        let (ih, hh) = (ours.weight_ih.val(), ours.weight_hh.val());
        for (i, theirs) in [&mut burns.reset_gate, &mut burns.update_gate, &mut burns.new_gate].into_iter().enumerate()
        {
            theirs.input_transform = gate(&ih, i, &device);
            theirs.hidden_transform = gate(&hh, i, &device);
        }
        let expected = burns.forward(input(&device).swap_dims(0, 1), None).swap_dims(0, 1);
        assert!(farthest(ours.run(input(&device), false, None), expected) < 1e-6);
    }

    #[test]
    fn an_lstm_follows_its_equations() {
        let device = Device::flex();
        let ours = layer(Cell::Lstm, false, &device).forwards;
        let values = |t: Tensor<2>| t.try_into_vec_as::<f32>().unwrap();
        let (ih, hh) = (values(ours.weight_ih.val()), values(ours.weight_hh.val()));
        let x: Vec<f32> = input(&device).try_into_vec_as().unwrap();
        let (mut h, mut c) = ([0f32; 4], [0f32; 4]);
        for frame in x.chunks(6) {
            let gate = |g: usize, k: usize, h: &[f32; 4]| {
                let row = g * 4 + k;
                let given: f32 = (0..3).map(|i| ih[row * 3 + i] * frame[i]).sum();
                let recalled: f32 = (0..4).map(|i| hh[row * 4 + i] * h[i]).sum();
                given + recalled + if g == 1 { 1.0 } else { 0.0 }
            };
            let logistic = |v: f32| 1.0 / (1.0 + (-v).exp());
            let before = h;
            for k in 0..4 {
                let (i, f) = (logistic(gate(0, k, &before)), logistic(gate(1, k, &before)));
                c[k] = f * c[k] + i * gate(2, k, &before).tanh();
                h[k] = logistic(gate(3, k, &before)) * c[k].tanh();
            }
        }
        let last: Vec<f32> = ours.run(input(&device), false, None).narrow(0, 4, 1).try_into_vec_as().unwrap();
        assert!(last.iter().zip(h).all(|(a, b)| (a - b).abs() < 1e-6), "{last:?} {h:?}");
    }

    #[test]
    fn the_backward_direction_is_the_forward_one_on_reversed_time() {
        let device = Device::flex();
        for cell in [Cell::Gru, Cell::Lstm] {
            let layer = layer(cell, true, &device);
            let backwards = layer.backwards.as_ref().unwrap();
            let there = backwards.run(input(&device), true, None);
            let and_back = backwards.run(input(&device).flip([0]), false, None).flip([0]);
            assert_eq!(farthest(there.clone(), and_back), 0.0);
            let last = layer.last(layer.forward(input(&device), &Own::new(Masking::default(), &[], 5)));
            let first_frame = there.narrow(0, 0, 1).squeeze_dim::<2>(0);
            assert_eq!(last.dims(), [2, 8]);
            assert_eq!(last.narrow(1, 4, 4).into_data(), first_frame.into_data());
        }
    }
}
