//! `svm`: a support vector machine on statistics over time.

use super::columns::{Columns, Scales, filled, scaled};
use super::init::Parameters;
use super::{Forward, InputShape, LayerInfo, Layout, Net, Solved, Span, TrainingColumns};
use crate::classical::svm::{self, Kernel};
use crate::classical::{Rows, SolveError};
use crate::kind::{Choice, Context, Described, Node, Problem, above};
use crate::seed::Stream;
use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

crate::choices! {
    /// How alike two examples are to a support vector machine.
    pub enum KernelName = Rbf {
        /// exp(-gamma |x - y|^2).
        "rbf" => Rbf,
        /// The scalar product x . y.
        "linear" => Linear,
    }
}

crate::settings! {
    /// Support vector classification (C-SVC, one class against one) on statistics over time: what scikit-learn's
    /// `SVC(C, kernel, gamma)` answers. It is solved for at once, without epochs. It gives an answer and no probabilities: what
    /// needs these (the loss) has no value for it.
    pub struct Svm {
        include pub columns: Columns;
        /// C, what a training row on the wrong side of the margin costs: the smaller, the wider the margin.
        pub c: f64 = 1.0, in above(0.0);
        /// "rbf" or "linear".
        pub kernel: KernelName = KernelName::Rbf;
        /// How fast the "rbf" kernel falls with the squared distance: a number above 0, or "scale": 1 / (columns * variance of all
        /// training values).
        pub gamma: Gamma = Gamma::Scale;
    }
    check: ranges;
}

/// How fast a kernel falls.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Gamma {
    /// 1 / (columns * variance of all training values), scikit-learn's default.
    #[default]
    Scale,
    /// This.
    Value(f64),
}

/// The names that gamma can have.
const GAMMAS: &[Choice] =
    &[Choice { name: "scale", doc: "1 / (columns * variance of all training values).", also: &[] }];

impl Described for Gamma {
    fn node() -> Node {
        Node::AnyOf(vec![Node::Number, Node::Choice(GAMMAS)])
    }
    fn problems(&self, _: &Context) -> Vec<Problem> {
        match self {
            Self::Value(gamma) if !(gamma.is_finite() && *gamma > 0.0) => {
                vec![Problem::new("", format!("{gamma} is out of range; allowed: above 0, or \"scale\""))]
            }
            _ => Vec::new(),
        }
    }
}

impl Serialize for Gamma {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scale => serializer.serialize_str("scale"),
            Self::Value(gamma) => gamma.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Gamma {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrNumber;
        impl Visitor<'_> for NameOrNumber {
            type Value = Gamma;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`scale` or a number")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Gamma, E> {
                if name == "scale" { Ok(Gamma::Scale) } else { Err(E::unknown_variant(name, &["scale"])) }
            }
            fn visit_f64<E>(self, gamma: f64) -> Result<Gamma, E> {
                Ok(Gamma::Value(gamma))
            }
            fn visit_i64<E>(self, gamma: i64) -> Result<Gamma, E> {
                Ok(Gamma::Value(gamma as f64))
            }
            fn visit_u64<E>(self, gamma: u64) -> Result<Gamma, E> {
                Ok(Gamma::Value(gamma as f64))
            }
        }
        deserializer.deserialize_any(NameOrNumber)
    }
}

impl Layout for Svm {
    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = self.columns.describe(input);
        let pairs = svm::pairs(classes).count();
        let what = format!("{} support vectors, votes of {pairs} pairs of classes", self.kernel.name());
        let gamma = usize::from(self.kernel == KernelName::Rbf);
        let (name, output_shape) = ("decisions".to_owned(), vec![classes]);
        layers.push(LayerInfo { name, what, output_shape, parameters: pairs + gamma });
        layers
    }

    fn is_solved(&self) -> bool {
        true
    }

    fn gives_probabilities(&self) -> bool {
        false
    }

    fn has_fixed_size(&self) -> bool {
        false
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let (columns, pairs) = (self.columns.over_time.columns(input), svm::pairs(classes).count());
        let scales = self.columns.scales(input, parameters);
        let kernel_gamma = (self.kernel == KernelName::Rbf).then(|| parameters.constant([1], 1.0));
        let decisions = Decisions {
            support_vectors: parameters.constant([0, columns], 0.0),
            coefficients: parameters.constant([pairs, 0], 0.0),
            intercepts: parameters.constant([pairs], 0.0),
            kernel_gamma,
        };
        Net::Svm(SvmNet { scales, decisions, classes, settings: self.clone() })
    }
}

/// The decisions between pairs of classes, in the order of [`svm::pairs`]: a row of coefficients, one a support vector, and an
/// intercept for each.
#[derive(Module, Debug)]
pub struct Decisions {
    support_vectors: Param<Tensor<2>>,
    coefficients: Param<Tensor<2>>,
    intercepts: Param<Tensor<1>>,
    /// Not `gamma`: files of weights have that name for a norm's scale.
    kernel_gamma: Option<Param<Tensor<1>>>,
}

impl Decisions {
    /// `x` [n, columns] -> [n, pairs]; above 0 for the first class of a pair.
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let (rows, intercepts) = (x.dims()[0], self.intercepts.val().unsqueeze::<2>());
        if self.support_vectors.dims()[0] == 0 {
            return intercepts.repeat_dim(0, rows);
        }
        let support = self.support_vectors.val();
        let products = x.clone().matmul(support.clone().transpose());
        let kernel = match &self.kernel_gamma {
            None => products,
            Some(gamma) => {
                let square = |x: Tensor<2>| x.square().sum_dim(1);
                let distance = square(x) + square(support).transpose() - products.mul_scalar(2.0);
                (distance.clamp_min(0.0) * gamma.val().unsqueeze::<2>()).neg().exp()
            }
        };
        kernel.matmul(self.coefficients.val().transpose()) + intercepts
    }

    /// The same without values, for so many support vectors.
    fn resized(&self, support: usize) -> Self {
        let ([_, columns], [pairs, _]) = (self.support_vectors.dims(), self.coefficients.dims());
        Self {
            support_vectors: filled(&self.support_vectors, [support, columns], &vec![0.0; support * columns]),
            coefficients: filled(&self.coefficients, [pairs, support], &vec![0.0; pairs * support]),
            ..self.clone()
        }
    }
}

/// The layers of a [`Svm`].
#[derive(Module, Debug)]
pub struct SvmNet {
    scales: Option<Scales>,
    decisions: Decisions,
    #[module(skip)]
    classes: usize,
    #[module(skip)]
    settings: Svm,
}

impl SvmNet {
    /// The network with room for as many support vectors as a file has.
    pub(super) fn with_room(self, support: usize) -> Self {
        Self { decisions: self.decisions.resized(support), ..self }
    }
}

impl Forward for SvmNet {
    /// The votes for each class [n, classes], in the place of logits: the largest, the first of equals, is libsvm's answer.
    fn forward(&self, x: Tensor<4>, _own: &[Span], _: Option<&mut Stream>) -> Tensor<2> {
        let decisions = self.decisions.forward(scaled(&self.settings.columns, self.scales.as_ref(), x));
        let votes = |of: fn((usize, usize)) -> usize| {
            let mut matrix = vec![0.0f32; decisions.dims()[1] * self.classes];
            for (row, pair) in matrix.chunks_exact_mut(self.classes).zip(svm::pairs(self.classes)) {
                row[of(pair)] = 1.0;
            }
            Tensor::<2>::from_data(TensorData::new(matrix, [decisions.dims()[1], self.classes]), &decisions.device())
        };
        let first = decisions.clone().greater_elem(0.0).float();
        let second = first.clone().neg().add_scalar(1.0);
        first.matmul(votes(|(i, _)| i)) + second.matmul(votes(|(_, j)| j))
    }

    fn gives_probabilities(&self) -> bool {
        false
    }

    fn solved(&self) -> Option<&dyn Solved> {
        Some(self)
    }
}

impl Solved for SvmNet {
    fn columns(&self, x: Tensor<4>) -> Tensor<2> {
        self.settings.columns.over_time.of(x)
    }

    fn solve(&self, training: TrainingColumns<'_>, stop: &dyn Fn() -> bool) -> Result<Net, SolveError> {
        let TrainingColumns { mut values, columns, labels, class_weights } = training;
        let mut net = self.clone();
        if let Some(scales) = &mut net.scales {
            scales.fit(&mut values);
        }
        let (kernel, gamma) = match (self.settings.kernel, self.settings.gamma) {
            (KernelName::Linear, _) => (Kernel::Linear, None),
            (KernelName::Rbf, gamma) => {
                let gamma = match gamma {
                    Gamma::Scale => svm::scale_gamma(&values, columns),
                    Gamma::Value(gamma) => gamma,
                };
                (Kernel::Rbf { gamma }, Some(gamma))
            }
        };
        let found = svm::fit(Rows { values: &values, columns, labels, class_weights }, self.settings.c, kernel, stop)?;
        let (support, pairs) = (found.support.len(), found.intercepts.len());
        let vectors: Vec<f64> =
            found.support.iter().flat_map(|row| &values[row * columns..(row + 1) * columns]).copied().collect();
        let empty = &self.decisions;
        net.decisions = Decisions {
            support_vectors: filled(&empty.support_vectors, [support, columns], &vectors),
            coefficients: filled(&empty.coefficients, [pairs, support], &found.coefficients),
            intercepts: filled(&empty.intercepts, [pairs], &found.intercepts),
            kernel_gamma: empty.kernel_gamma.as_ref().zip(gamma).map(|(empty, gamma)| filled(empty, [1], &[gamma])),
        };
        Ok(Net::Svm(net))
    }
}
