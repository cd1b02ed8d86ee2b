//! Two ways that meet, and padded columns.

use super::{assert_close, normal, values};
use crate::kernel::{Activation, Columns, fast, join, silence, stock};
use burn::tensor::{Device, Tensor};

const SHAPE: [usize; 4] = [3, 5, 2, 37];

fn columns() -> Columns {
    Columns::new([0..37, 4..30, 36..37])
}

/// Output and the gradients of both ways; `other` is used once more, as a straight way often is.
fn outcome(run: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>) -> [Vec<f32>; 3] {
    let device = Device::flex().autodiff();
    let [x, other] = ["x", "other"].map(|name| normal(SHAPE, name, &device).require_grad());
    let out = run(x.clone() * 2.0, other.clone());
    let sum = (out.clone() * normal(SHAPE, "errors", &device)).sum() + other.clone().square().sum();
    let grads = sum.backward();
    [values(&out), values(&x.grad(&grads).unwrap()), values(&other.grad(&grads).unwrap())]
}

#[test]
fn ways_meet_as_with_stock_operations() {
    for activation in
        [Activation::None, Activation::Relu, Activation::LeakyRelu(0.2), Activation::Gelu, Activation::Silu]
    {
        for columns in [Columns::default(), columns()] {
            let ours = outcome(|x, other| join(x, other, activation, &columns));
            let stock = outcome(|x, other| stock::join(x, other, activation, &columns));
            for (ours, stock) in ours.iter().zip(&stock) {
                assert_close(ours, stock, 1e-6, "join");
            }
        }
    }
}

#[test]
fn what_meets_is_left_as_it_was_where_somebody_else_holds_it() {
    let device = Device::flex();
    let [x, other] = ["x", "other"].map(|name| normal(SHAPE, name, &device));
    let before = [&x, &other].map(values);
    let out = join(x.clone(), other.clone(), Activation::Relu, &columns());
    let silent = silence(x.clone(), &columns());
    assert_eq!([&x, &other].map(values), before);
    assert_ne!(values(&out), values(&silent));
}

#[test]
fn padded_columns_are_zero_and_get_no_gradient() {
    let ours = outcome(|x, other| silence(x, &columns()) + other);
    let stock = outcome(|x, other| stock::silence(x, &columns()) + other);
    assert_eq!(ours, stock);
    let x = normal(SHAPE, "x", &Device::flex());
    let silent = values(&fast::silence(x.clone(), &columns()));
    for (i, (silent, x)) in silent.iter().zip(values(&x)).enumerate() {
        let (row, column) = (i / (5 * 2 * 37), i % 37);
        let counts = columns().ranges().unwrap()[row].contains(&column);
        assert_eq!(*silent, if counts { x } else { 0.0 });
    }
}
