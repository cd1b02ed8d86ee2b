//! Networks: what a spec can choose ([`Architecture`], settings) and what that becomes ([`Net`], burn modules).
//!
//! The classical baselines are networks, too: what comes in and out, the files of weights and all that is made of answers are
//! the same. Only their parameters are [`Solved`] for at once instead of trained in epochs.
//!
//! Every network takes one array an example, [channels, bins, frames], and gives one logit a class. All randomness is
//! handed in: first values come from the stream given to [`Architecture::init`], dropout masks from the stream given to
//! [`Net::forward`]. Nothing here knows of labels, optimisers or files.
//!
//! A network that is masked (`own.rs`) is told which frames of each row are the clip's own, and looks at no others.
//!
//! Two properties of burn's batch norm that callers meet:
//! - A network trains only on an autodiff device; `net.valid()` is its copy for evaluation on the plain one.
//! - Clones share their running statistics: a clone taken as "the best so far" would go on changing.
//!   [`Net::snapshot`], `valid()` and the bytes of [`Net::to_safetensors`] are copies of their own.
//!
//! To add one: a file beside `cnn_1d.rs` with a `settings!` struct (its `Layout`) and a `Module` struct (its `Forward`), and a
//! line in the list of `architectures!`. Both structs are made of the parts in `block.rs`, `residual.rs`, `recurrent.rs`,
//! `pooling.rs`, `head.rs` and `norm_activation.rs` where they fit, each with the settings to `include`; [`Initialization`] is included by
//! all that draw. One that is solved for has `columns.rs` for its input, and its `Solved` calls `classical/`. The tests in
//! `tests.rs` loop over all kinds.

mod block;
mod choices;
mod columns;
mod convolution;
mod dropout;
mod head;
mod init;
mod norm_activation;
mod own;
mod pooling;
mod recurrent;
mod residual;
mod squeeze;
mod statistics;
#[cfg(test)]
mod tests;
mod weights;

pub use block::{Blocks, Blocks2d};
pub use choices::{ActivationName, DropoutUnit, GlobalPool, OrderName, Padding, PoolName, TimePool};
pub use columns::Columns;
pub use head::{HeadSettings, PooledHead};
pub use init::{Initialization, Initializer};
pub use norm_activation::NormActivation;
pub use recurrent::{Cell, Recurrence};
pub use statistics::{Statistic, TimeStatistics};
pub use svm::{Gamma, KernelName};
pub use weights::{ModelError, safetensors_metadata};

use crate::classical::SolveError;
use crate::kind::{Context, Described, Problem};
use crate::seed::Stream;
use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::BatchNorm;
use burn::tensor::{Device, Tensor};
use init::Parameters;

/// The shape of one example: [channels, bins, frames], row-major. Features without a frequency axis have 1 bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputShape {
    /// Stacked features.
    pub channels: usize,
    /// Values of a feature a frame.
    pub bins: usize,
    /// Frames.
    pub frames: usize,
}

impl InputShape {
    /// The example as 2D convolutions see it, [channels, height, width].
    fn image(self) -> [usize; 3] {
        [self.channels, self.bins, self.frames]
    }
}

/// Where an example's own frames lie in its input; what is before and after them is padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first of them.
    pub start: usize,
    /// How many.
    pub frames: usize,
}

impl Span {
    /// All of an input that has so many frames.
    pub fn whole(frames: usize) -> Self {
        Self { start: 0, frames }
    }

    /// The smallest span that holds both.
    pub fn hull(self, other: Self) -> Self {
        let (start, end) = (self.start.min(other.start), self.end().max(other.end()));
        Self { start, frames: end - start }
    }

    /// The frame behind the last.
    pub fn end(self) -> usize {
        self.start + self.frames
    }
}

/// One layer, as `serlab plan` and `serlab explain` show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerInfo {
    /// Name; what the names of its tensors start with.
    pub name: String,
    /// What it is.
    pub what: String,
    /// Shape of its output for one example.
    pub output_shape: Vec<usize>,
    /// Its parameters, counted as [`Net::parameter_count`] does.
    pub parameters: usize,
}

impl LayerInfo {
    /// What a batch norm layer is.
    const BATCH_NORM: &str = "batch norm";

    /// A batch norm over the first axis of what goes through it: scale, shift and two running statistics a channel.
    fn batch_norm(name: String, output_shape: Vec<usize>) -> Self {
        let parameters = 4 * output_shape[0];
        Self { name, what: Self::BATCH_NORM.to_owned(), output_shape, parameters }
    }

    /// How many values of one example share a statistic of this layer: its positions; `None` where it normalises nothing.
    fn normalised(&self) -> Option<usize> {
        (self.what == Self::BATCH_NORM).then(|| self.output_shape[1..].iter().product())
    }
}

/// Writes [`Architecture`], [`Net`] and the way to each network from one list: settings and layers of a file.
macro_rules! architectures {
    ($( $(#[doc = $doc:literal])* $name:literal => $module:ident :: $settings:ident, $net:ident );+ $(;)?) => {
        crate::kinds! {
            /// The networks a spec can choose.
            pub enum Architecture("architecture") as Layout { $( $(#[doc = $doc])* $name => $module::$settings ),+ }
        }
        $( pub use $module::$net; )+

        /// A network of one of the architectures.
        #[derive(Module, Debug)]
        pub enum Net { $( #[doc = concat!("Of [`", stringify!($settings), "`].")] $settings($net) ),+ }

        impl Net {
            fn of_kind(&self) -> &dyn Forward {
                match self { $( Self::$settings(net) => net ),+ }
            }
        }
    };
}

architectures! {
    /// Convolutions over time; every bin of every channel is an input channel.
    "cnn-1d" => cnn_1d::Cnn1d, Cnn1dNet;
    /// Convolutions over bins and time, for features with a frequency axis.
    "cnn-2d" => cnn_2d::Cnn2d, Cnn2dNet;
    /// Residual convolutions over time; every bin of every channel is an input channel.
    "resnet-1d" => resnet_1d::Resnet1d, Resnet1dNet;
    /// Residual convolutions over bins and time, for features with a frequency axis.
    "resnet-2d" => resnet_2d::Resnet2d, Resnet2dNet;
    /// Statistics of each channel and bin over time, then dense layers.
    "mlp" => mlp::Mlp, MlpNet;
    /// Convolutions over bins and time, then a GRU or LSTM over time.
    "crnn" => crnn::Crnn, CrnnNet;
    /// Multinomial logistic regression on statistics of each channel and bin over time.
    "linear" => linear::Linear, LinearNet;
    /// A support vector machine on statistics of each channel and bin over time.
    "svm" => svm::Svm, SvmNet;
}

/// What the settings of every architecture tell and make.
trait Layout {
    /// What keeps them from working on `input`, which is not empty; any input will do unless something is said.
    fn unfit(&self, _input: InputShape) -> Vec<Problem> {
        Vec::new()
    }

    /// The layers, from input to logits.
    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo>;

    /// What its parameters are at first, where any are drawn.
    fn initialization(&self) -> Initialization {
        Initialization::default()
    }

    /// Whether its parameters are solved for at once instead of trained in epochs.
    fn is_solved(&self) -> bool {
        false
    }

    /// Whether its answers are probabilities.
    fn gives_probabilities(&self) -> bool {
        true
    }

    /// Whether the number of its parameters is known before they are.
    fn has_fixed_size(&self) -> bool {
        true
    }

    /// The network, its parameters drawn in the order of [`Layout::describe`].
    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net;
}

/// What every network does.
trait Forward {
    /// `x` [n, channels, bins, frames] -> logits [n, classes]; with `masks` as in training. `own` are the frames of each row that
    /// are not padding, or nothing where all are.
    fn forward(&self, x: Tensor<4>, own: &[Span], masks: Option<&mut Stream>) -> Tensor<2>;

    /// Whether what it gives are logits; the largest is the answer in any case.
    fn gives_probabilities(&self) -> bool {
        true
    }

    /// Its batch norms, in the order of its parameters.
    fn norms(&self) -> Vec<&BatchNorm> {
        Vec::new()
    }

    /// How it is solved for, where it is not trained.
    fn solved(&self) -> Option<&dyn Solved> {
        None
    }
}

/// A network whose parameters are solved for at once, in f64 on the CPU, instead of trained in epochs.
pub trait Solved {
    /// `x` [n, channels, bins, frames] -> what it is solved for [n, columns], before anything is fitted.
    fn columns(&self, x: Tensor<4>) -> Tensor<2>;

    /// The network with the solution for these rows. `stop` is asked now and then.
    ///
    /// # Errors
    /// Rows that have no solution; stopped.
    fn solve(&self, training: TrainingColumns<'_>, stop: &dyn Fn() -> bool) -> Result<Net, SolveError>;
}

/// The training rows as columns.
#[derive(Debug, Clone)]
pub struct TrainingColumns<'a> {
    /// [rows, columns], row-major, f32 in f64.
    pub values: Vec<f64>,
    /// Values a row.
    pub columns: usize,
    /// The class of each row.
    pub labels: &'a [usize],
    /// What a row of each class counts.
    pub class_weights: &'a [f64],
}

impl Architecture {
    /// Whether its parameters are solved for at once instead of trained in epochs.
    pub fn is_solved(&self) -> bool {
        self.kind().is_solved()
    }

    /// Whether its answers come with probabilities; a loss needs them.
    pub fn gives_probabilities(&self) -> bool {
        self.kind().gives_probabilities()
    }

    /// How many parameters it has, as [`Net::parameter_count`] counts them; `None` where only the solution knows. Meaningful
    /// where [`Architecture::check`] finds nothing.
    pub fn parameter_count(&self, input: InputShape, classes: usize) -> Option<usize> {
        let count = || self.describe(input, classes).iter().map(|layer| layer.parameters).sum();
        self.kind().has_fixed_size().then(count)
    }

    /// What keeps these settings from working on examples of shape `input` with `classes` classes; keys are relative to
    /// the kind's table. What is wrong with the settings alone is [`Described::problems`]' matter, and
    /// nothing is said while there is anything.
    pub fn check(&self, input: InputShape, classes: usize) -> Vec<Problem> {
        if !self.problems(&Context::default()).is_empty() {
            return vec![];
        }
        let InputShape { channels, bins, frames } = input;
        let mut problems = vec![];
        if classes < 2 {
            problems.push(Problem::new(
                "",
                format!("{classes} classes leave nothing to tell apart; at least 2 are needed"),
            ));
        }
        if channels * bins * frames == 0 {
            let message = format!("an input of {channels} channels x {bins} bins x {frames} frames is empty");
            problems.push(Problem::new("", message));
            return problems;
        }
        problems.extend(self.kind().unfit(input));
        problems
    }

    /// The layers, from input to logits, without making them. Meaningful where [`Architecture::check`] finds nothing.
    pub fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        self.kind().describe(input, classes)
    }

    /// The batch norm that sees the fewest values of one example a channel, and how many; `None` without batch norm.
    /// Where that is 1, a batch of one row has no variance there. Meaningful where [`Architecture::check`] finds nothing.
    pub fn narrowest_norm(&self, input: InputShape, classes: usize) -> Option<(String, usize)> {
        let norms =
            self.describe(input, classes).into_iter().filter_map(|layer| Some((layer.normalised()?, layer.name)));
        norms.min_by_key(|(values, _)| *values).map(|(values, name)| (name, values))
    }

    /// The network, its parameters drawn from `stream` and placed on `device` (an autodiff device to train it).
    ///
    /// Draws happen on the CPU in the order of [`Architecture::describe`], row-major within a tensor; biases and norms
    /// draw nothing. Equal streams give equal networks on every device. Settings and input must pass
    /// [`Architecture::check`].
    pub fn init(&self, input: InputShape, classes: usize, stream: &mut Stream, device: &Device) -> Net {
        let kind = self.kind();
        kind.build(input, classes, &mut Parameters::new(kind.initialization().init, stream, device))
    }
}

impl Net {
    /// `x` [n, channels, bins, frames] -> logits [n, classes], or what stands in their place: see [`Net::gives_probabilities`].
    ///
    /// With `masks` the network trains: dropout draws from them, layer by layer, and batch norm uses the batch's own
    /// statistics (on an autodiff device). Without, it evaluates: an example's logits do not depend on the others in its
    /// batch, and only in their last bits on how many there are.
    ///
    /// `own` tells which frames of each row are the clip's own: networks that are `masked` look at no others. Empty, all are.
    pub fn forward(&self, x: Tensor<4>, own: &[Span], masks: Option<&mut Stream>) -> Tensor<2> {
        self.of_kind().forward(x, own, masks)
    }

    /// Its batch norms, in the order of its parameters.
    pub fn norms(&self) -> Vec<&BatchNorm> {
        self.of_kind().norms()
    }

    /// Whether [`Net::forward`] gives logits, of which softmax makes probabilities. Else the largest value is the answer, and that
    /// is all there is to say.
    pub fn gives_probabilities(&self) -> bool {
        self.of_kind().gives_probabilities()
    }

    /// How it is solved for, where it is not trained in epochs.
    pub fn solved(&self) -> Option<&dyn Solved> {
        self.of_kind().solved()
    }

    /// Number of parameters as Keras counts them: batch norm's running mean and variance included.
    pub fn parameter_count(&self) -> usize {
        self.num_params()
    }

    /// Number of parameters that training changes by gradients: running statistics excluded.
    pub fn trainable_parameter_count(&self) -> usize {
        let trainable = self.tensors().into_iter().filter(|(name, _)| !is_running_statistic(name));
        trainable.map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// Whether the network is on an autodiff device.
    pub fn is_training(&self) -> bool {
        struct Any(bool);
        impl ModuleVisitor for Any {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.0 |= param.is_autodiff();
            }
        }
        let mut any = Any(false);
        self.visit(&mut any);
        any.0
    }

    /// A copy that later training steps do not change; clones share their running statistics, this does not. It is on
    /// the same device, autodiff or plain.
    pub fn snapshot(&self) -> Self {
        let copy = self.valid();
        if self.is_training() { copy.train() } else { copy }
    }
}

/// Whether the tensor called `name` is a running statistic of a batch norm layer, which no gradient changes.
pub fn is_running_statistic(name: &str) -> bool {
    name.ends_with(".running_mean") || name.ends_with(".running_var")
}
