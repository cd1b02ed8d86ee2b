//! Convolutions.

use super::{assert_close, dot, normal, values};
use crate::kernel::{ConvGeometry, conv, fast, stock};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;

/// Sizes of one convolution: x, weight and how they meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) x: [usize; 4],
    pub(super) weight: [usize; 4],
    pub(super) geometry: ConvGeometry,
}

/// Output, and the gradients by input, weight and bias of the output's sum weighted by fixed random numbers.
pub(super) fn outcome(case: &Case, run: impl Fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>) -> [Vec<f32>; 4] {
    let device = Device::flex().autodiff();
    let x = normal(case.x, "x", &device).require_grad();
    let weight = normal(case.weight, "weight", &device).require_grad();
    let bias = normal([case.weight[0]], "bias", &device).require_grad();
    let out = run(x.clone(), weight.clone(), bias.clone());
    let grads = (out.clone() * normal(out.dims(), "errors", &device)).sum().backward();
    [
        values(&out),
        values(&x.grad(&grads).unwrap()),
        values(&weight.grad(&grads).unwrap()),
        values(&bias.grad(&grads).unwrap()),
    ]
}

/// Agreement with the stock operation to 1e-5 of the largest value; both round differently.
fn check_against_stock(case: &Case) {
    let ours = outcome(case, |x, w, b| {
        assert!(fast::serves_conv(&x, &w, Some(&b), case.geometry), "a kernel serves {case:?}");
        fast::conv(x, w, Some(b), case.geometry)
    });
    let theirs = outcome(case, |x, w, b| stock::conv(x, w, Some(b), case.geometry));
    for ((o, t), what) in ours.iter().zip(&theirs).zip(["output", "input", "weight", "bias"]) {
        assert_close(o, t, 1e-5, &format!("{what} of {case:?}"));
    }
}

prop_compose! {
    fn cases()(
        n in 1usize..5, groups in 1usize..3, ci in 1usize..7, co in 1usize..45, h in 1usize..10, w in 1usize..90,
        kernel in prop::array::uniform2(1usize..6), stride in prop::array::uniform2(1usize..4),
        padding in prop::array::uniform2(0usize..4), dilation in prop::array::uniform2(1usize..3),
    ) -> Case {
        // Grouped convolutions with fewer than four channels a group are left to burn.
        let least = if groups > 1 { 3 } else { 0 };
        let (ci, co) = (ci + least, co + least);
        let geometry = ConvGeometry { stride, padding, dilation, groups };
        Case { x: [n, groups * ci, h, w], weight: [groups * co, ci, kernel[0], kernel[1]], geometry }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, rng_seed: prop::test_runner::RngSeed::Fixed(5), ..Default::default() })]

    #[test]
    fn any_convolution_and_its_gradients_agree_with_burn(case in cases()) {
        let fits = case.geometry.output([case.x[2], case.x[3]], [case.weight[2], case.weight[3]]);
        prop_assume!(fits.is_some());
        check_against_stock(&case);
    }
}

#[test]
fn the_shapes_of_our_networks_agree_with_burn() {
    let case = |x, co, kernel: [usize; 2]| Case {
        x,
        weight: [co, x[1], kernel[0], kernel[1]],
        geometry: ConvGeometry::same(kernel),
    };
    for case in [
        case([3, 1, 128, 94], 32, [3, 3]),
        case([2, 32, 64, 47], 64, [3, 3]),
        case([1, 64, 32, 23], 128, [3, 3]),
        case([5, 2, 1, 150], 64, [1, 5]),
        case([19, 128, 1, 37], 256, [1, 5]),
        case([2, 16, 8, 9], 24, [1, 1]),
    ] {
        check_against_stock(&case);
    }
}

#[test]
fn gradients_are_the_slopes_of_the_output() {
    let geometry = ConvGeometry { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 1 };
    let case = Case { x: [2, 3, 7, 9], weight: [5, 3, 3, 3], geometry };
    let [_, dx, dw, db] = outcome(&case, |x, w, b| conv(x, w, Some(b), geometry));
    let device = Device::flex();
    let (x, weight, bias) =
        (normal(case.x, "x", &device), normal(case.weight, "weight", &device), normal([5], "bias", &device));
    let (to_x, to_w, to_b) =
        (normal(case.x, "dx", &device), normal(case.weight, "dw", &device), normal([5], "db", &device));
    let loss = |step: f32| {
        let out = conv(
            x.clone() + to_x.clone() * step,
            weight.clone() + to_w.clone() * step,
            Some(bias.clone() + to_b.clone() * step),
            geometry,
        );
        dot(&values(&out), &values(&normal(out.dims(), "errors", &device)))
    };
    // The output is quadratic along a line, so the central difference is the slope itself.
    let slope = (loss(0.1) - loss(-0.1)) / 0.2;
    let expected = dot(&dx, &values(&to_x)) + dot(&dw, &values(&to_w)) + dot(&db, &values(&to_b));
    assert!((slope - expected).abs() < 1e-4 * expected.abs().max(1.0), "{slope} and {expected}");
}

#[test]
fn a_convolution_by_hand() {
    let device = Device::flex();
    let x = Tensor::<4>::from_data([[[[1.0, 2.0, 3.0, 4.0]]]], &device);
    let weight = Tensor::<4>::from_data([[[[10.0, 1.0, 0.5]]]], &device);
    let out = conv(x, weight, None, ConvGeometry::same([1, 3]));
    assert_eq!(values(&out), [2.0, 13.5, 25.0, 34.0]);
}

#[test]
fn gradients_that_nobody_needs_are_not_computed_and_the_others_are_right() {
    let device = Device::flex().autodiff();
    let geometry = ConvGeometry::same([3, 3]);
    let x = normal([2, 2, 6, 6], "x", &device);
    let weight = normal([4, 2, 3, 3], "weight", &device).require_grad();
    let grads = conv(x.clone(), weight.clone(), None, geometry).sum().backward();
    assert!(x.grad(&grads).is_none());
    let other = stock::conv(x, weight.clone(), None, geometry).sum().backward();
    assert_close(&values(&weight.grad(&grads).unwrap()), &values(&weight.grad(&other).unwrap()), 1e-5, "weight");
}

#[test]
fn the_graph_may_be_checkpointed() {
    let device = Device::flex().autodiff().gradient_checkpointing();
    let geometry = ConvGeometry::same([3, 3]);
    let x = normal([2, 2, 6, 6], "x", &device).require_grad();
    let weight = normal([4, 2, 3, 3], "weight", &device).require_grad();
    // Elementwise operations around it are the ones that are computed again.
    let out = burn::tensor::activation::relu(conv(x.clone() * 2.0, weight.clone() + 1.0, None, geometry)).sum();
    let plain =
        burn::tensor::activation::relu(stock::conv(x.clone() * 2.0, weight.clone() + 1.0, None, geometry)).sum();
    let (ours, theirs) = (out.backward(), plain.backward());
    assert_close(&values(&x.grad(&ours).unwrap()), &values(&x.grad(&theirs).unwrap()), 1e-5, "input");
    assert_close(&values(&weight.grad(&ours).unwrap()), &values(&weight.grad(&theirs).unwrap()), 1e-5, "weight");
}

#[test]
fn what_no_kernel_serves_is_burns() {
    let device = Device::flex();
    let depthwise = ConvGeometry { groups: 6, ..ConvGeometry::same([3, 3]) };
    let (x, weight) = (normal([1, 6, 5, 5], "x", &device), normal([6, 1, 3, 3], "weight", &device));
    assert!(!fast::serves_conv(&x, &weight, None, depthwise));
    let (ours, theirs) = (conv(x.clone(), weight.clone(), None, depthwise), stock::conv(x, weight, None, depthwise));
    assert_eq!(values(&ours), values(&theirs));
    let double = normal([1, 2, 5, 5], "x", &device).cast(burn::tensor::DType::F64);
    let weight = normal([3, 2, 3, 3], "weight", &device).cast(burn::tensor::DType::F64);
    assert!(!fast::serves_conv(&double, &weight, None, ConvGeometry::default()));
    assert_eq!(conv(double, weight, None, ConvGeometry::default()).dims(), [1, 3, 3, 3]);
}

#[test]
fn nan_and_infinity_reach_the_output_they_belong_to_and_no_other() {
    let device = Device::flex();
    let mut pixels = vec![1.0f32; 2 * 40];
    pixels[45] = f32::NAN;
    let x = Tensor::<4>::from_data(burn::tensor::TensorData::new(pixels, [2, 1, 4, 10]), &device);
    let out = values(&conv(x, Tensor::ones([3, 1, 3, 3], &device), None, ConvGeometry::same([3, 3])));
    assert!(out[..120].iter().all(|v| v.is_finite()), "the first image is untouched");
    assert_eq!(out[120..].iter().filter(|v| v.is_nan()).count(), 3 * 2 * 3, "two rows of three a channel");
}
