//! Tails: normalisation, activation, pooling.

use super::{assert_close, dot, normal, values};
use crate::kernel::{Activation, Order, Pool, PoolKind, fast, stock, tail};
use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

/// One tail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) x: [usize; 4],
    pub(super) norm: bool,
    pub(super) activation: Activation,
    pub(super) order: Order,
    pub(super) pool: Option<Pool>,
}

/// A layer whose scales have both signs.
pub(super) fn layer(c: usize, device: &Device) -> BatchNorm {
    let mut layer = BatchNormConfig::new(c).with_momentum(0.3).init(device);
    let set = |p: burn::module::Param<Tensor<1>>, name| p.map(|t| normal(t.dims(), name, device).require_grad());
    layer.gamma = set(layer.gamma, "gamma");
    layer.beta = set(layer.beta, "beta");
    layer
}

type Run = fn(Tensor<4>, Option<&BatchNorm>, Activation, Order, Option<Pool>, bool) -> Tensor<4>;

fn by_kernel(
    x: Tensor<4>,
    norm: Option<&BatchNorm>,
    a: Activation,
    order: Order,
    pool: Option<Pool>,
    training: bool,
) -> Tensor<4> {
    let plan = fast::plan_tail(&x, norm, a, order, pool, training).expect("a kernel serves this case");
    fast::tail(x, norm, plan)
}

/// Output, gradients by input, gamma and beta, and the running statistics afterwards.
pub(super) fn outcome(case: &Case, device: &Device, run: Run) -> Vec<Vec<f32>> {
    let layer = layer(case.x[1], device);
    let x = (normal(case.x, "x", device) * 2.0 + 0.5).detach().require_grad();
    let out = run(x.clone(), case.norm.then_some(&layer), case.activation, case.order, case.pool, true);
    let grads = (out.clone() * normal(out.dims(), "errors", device)).sum().backward();
    let mut all = vec![values(&out), values(&x.grad(&grads).unwrap())];
    if case.norm {
        all.push(values(&layer.gamma.val().grad(&grads).unwrap()));
        all.push(values(&layer.beta.val().grad(&grads).unwrap()));
        all.push(values(&layer.running_mean.value_sync()));
        all.push(values(&layer.running_var.value_sync()));
    }
    all
}

/// Agreement with the stock layers to 2e-4 of the largest value: variances of few values divide by little.
fn check_against_stock(case: &Case) {
    let device = Device::flex().autodiff();
    let names = ["output", "input", "gamma", "beta", "running mean", "running variance"];
    let (ours, theirs) = (outcome(case, &device, by_kernel), outcome(case, &device, stock::tail));
    for ((o, t), what) in ours.iter().zip(&theirs).zip(names) {
        assert_close(o, t, 2e-4, &format!("{what} of {case:?}"));
    }
}

/// Activations that a kernel knows.
const KNOWN: [Activation; 4] =
    [Activation::None, Activation::Relu, Activation::LeakyRelu(0.2), Activation::LeakyRelu(-0.5)];
const ORDERS: [Order; 2] = [Order::NormFirst, Order::ActivationFirst];

prop_compose! {
    fn cases()(
        x in (1usize..4, 1usize..5, 1usize..14, 1usize..70), norm: bool, activation in prop::sample::select(&KNOWN[..]),
        order in prop::sample::select(&ORDERS[..]), size in prop::array::uniform2(1usize..6),
        kind in prop::sample::select(vec![None, Some(PoolKind::Max), Some(PoolKind::Average)]),
    ) -> Case {
        let pool = kind.map(|kind| Pool { kind, size: [size[0].min(x.2), size[1].min(x.3)] });
        Case { x: [x.0, x.1, x.2, x.3], norm, activation, order, pool }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, rng_seed: prop::test_runner::RngSeed::Fixed(6), ..Default::default() })]

    #[test]
    fn any_tail_and_its_gradients_agree_with_burn(case in cases()) {
        // One or two values have no variance to speak of: both would divide by epsilon.
        prop_assume!(case.x[0] * case.x[2] * case.x[3] > 4);
        check_against_stock(&case);
    }
}

#[test]
fn every_pool_size_works_in_both_orders() {
    for order in ORDERS {
        for kind in [PoolKind::Max, PoolKind::Average] {
            for size in [[1, 1], [1, 2], [2, 1], [2, 2], [3, 2], [2, 3], [4, 4], [1, 5], [7, 9], [5, 10]] {
                let pool = Some(Pool { kind, size });
                check_against_stock(&Case { x: [2, 3, 7, 19], norm: true, activation: Activation::Relu, order, pool });
                let wide = size[0] == 1;
                if wide {
                    check_against_stock(&Case {
                        x: [1, 3, 1, 37],
                        norm: true,
                        activation: Activation::Relu,
                        order,
                        pool,
                    });
                }
            }
        }
    }
}

#[test]
fn gradients_are_the_slopes_of_the_output() {
    let device = Device::flex().autodiff();
    for order in ORDERS {
        for (activation, kind) in [
            (Activation::None, PoolKind::Average),
            (Activation::Relu, PoolKind::Max),
            (Activation::LeakyRelu(0.3), PoolKind::Max),
        ] {
            let case = Case { x: [3, 2, 6, 8], norm: true, activation, order, pool: Some(Pool { kind, size: [2, 2] }) };
            let grad = &outcome(&case, &device, tail)[1];
            let (x, direction) = (normal(case.x, "x", &device) * 2.0 + 0.5, normal(case.x, "direction", &device));
            let layer = layer(2, &device);
            let loss = |step: f32| {
                let out = tail(x.clone() + direction.clone() * step, Some(&layer), activation, order, case.pool, true);
                dot(&values(&out), &values(&normal(out.dims(), "errors", &device)))
            };
            let slope = (loss(1e-3) - loss(-1e-3)) / 2e-3;
            let expected = dot(grad, &values(&direction));
            assert!((slope - expected).abs() < 0.02 * expected.abs().max(1.0), "{case:?}: {slope} and {expected}");
        }
    }
}

#[test]
fn evaluation_uses_the_running_statistics_on_and_off_the_graph() {
    let graph = Device::flex().autodiff();
    let case = Case {
        x: [2, 3, 8, 9],
        norm: true,
        activation: Activation::Relu,
        order: Order::NormFirst,
        pool: Some(Pool { kind: PoolKind::Max, size: [2, 2] }),
    };
    let layer = layer(3, &graph);
    let x = normal(case.x, "x", &graph);
    let _ = tail(x.clone() * 3.0, Some(&layer), case.activation, case.order, case.pool, true);
    let before = values(&layer.running_mean.value_sync());
    let on_graph = values(&tail(x.clone(), Some(&layer), case.activation, case.order, case.pool, false));
    assert_eq!(values(&layer.running_mean.value_sync()), before, "evaluation moves nothing");
    let layer = layer.valid();
    let x = x.inner();
    for training in [false, true] {
        let ours = values(&by_kernel(x.clone(), Some(&layer), case.activation, case.order, case.pool, training));
        let theirs = values(&stock::tail(x.clone(), Some(&layer), case.activation, case.order, case.pool, training));
        assert_close(&ours, &theirs, 1e-5, "evaluation");
        assert_close(&ours, &on_graph, 1e-5, "evaluation on the graph");
    }
}

#[test]
fn evaluation_on_the_graph_has_gradients() {
    let graph = Device::flex().autodiff();
    let layer = layer(2, &graph);
    let x = normal([2, 2, 4, 4], "x", &graph).require_grad();
    let out = tail(x.clone(), Some(&layer), Activation::Relu, Order::NormFirst, None, false);
    let grads = out.sum().backward();
    assert!(values(&x.grad(&grads).unwrap()).iter().any(|g| *g != 0.0));
}

#[test]
fn a_frozen_layer_keeps_its_statistics() {
    let graph = Device::flex().autodiff();
    let layer = layer(2, &graph).freeze();
    let x = normal([2, 2, 4, 4], "x", &graph);
    let before = values(&layer.running_var.value_sync());
    let ours = tail(x.clone(), Some(&layer), Activation::Relu, Order::NormFirst, None, true);
    assert_eq!(values(&layer.running_var.value_sync()), before);
    assert_close(&values(&ours), &values(&burn::tensor::activation::relu(layer.forward(x))), 1e-6, "frozen");
}

#[test]
fn other_activations_are_burns_and_the_rest_is_ours() {
    let graph = Device::flex().autodiff();
    for activation in [Activation::Gelu, Activation::Elu, Activation::Silu] {
        for order in ORDERS {
            for (norm, pool) in [(true, None), (false, Some(PoolKind::Max)), (true, Some(PoolKind::Average))] {
                let pool = pool.map(|kind| Pool { kind, size: [2, 2] });
                let case = Case { x: [2, 3, 6, 9], norm, activation, order, pool };
                let x = normal(case.x, "x", &graph);
                assert!(fast::plan_tail(&x, None, activation, order, pool, true).is_none());
                let (ours, theirs) = (outcome(&case, &graph, tail), outcome(&case, &graph, stock::tail));
                for (o, t) in ours.iter().zip(&theirs) {
                    assert_close(o, t, 2e-4, &format!("{case:?}"));
                }
            }
        }
    }
}

#[test]
fn windows_of_more_than_256_values_are_burns_where_one_is_kept() {
    let x = normal([1, 2, 20, 40], "x", &Device::flex());
    for (kind, ours) in [(PoolKind::Max, false), (PoolKind::Average, true)] {
        let pool = Some(Pool { kind, size: [15, 18] });
        let plan = fast::plan_tail(&x, None, Activation::Relu, Order::NormFirst, pool, false);
        assert_eq!(plan.is_some(), ours);
        let run: [Run; 2] = [tail, stock::tail];
        let [a, b] = run.map(|run| values(&run(x.clone(), None, Activation::Relu, Order::NormFirst, pool, false)));
        assert_close(&a, &b, 1e-5, "large window");
    }
}

#[test]
fn nan_is_never_swallowed() {
    let device = Device::flex();
    let mut pixels = vec![-1.0f32; 64];
    // Once the first and once the last value of a window.
    (pixels[0], pixels[37]) = (f32::NAN, f32::NAN);
    let x = Tensor::<4>::from_data(TensorData::new(pixels, [2, 2, 4, 4]), &device);
    for order in ORDERS {
        for activation in
            [Activation::None, Activation::Relu, Activation::LeakyRelu(0.1), Activation::Gelu, Activation::Elu]
        {
            for kind in [PoolKind::Max, PoolKind::Average] {
                let pool = Some(Pool { kind, size: [2, 2] });
                let runs: [(Run, &str); 2] = [(tail, "ours"), (stock::tail, "burn's")];
                for (run, whose) in runs {
                    let out = values(&run(x.clone(), None, activation, order, pool, false));
                    assert_eq!(out.iter().filter(|v| v.is_nan()).count(), 2, "{whose} {activation:?} {kind:?}");
                }
                let graph = x.clone().autodiff();
                let layer = layer(2, &Device::flex().autodiff());
                let out = values(&tail(graph, Some(&layer), activation, order, pool, true));
                assert!(out.iter().any(|v| v.is_nan()), "{activation:?} {kind:?} {order:?}");
            }
        }
    }
}

#[test]
fn a_tail_by_hand() {
    let device = Device::flex();
    let x = Tensor::<4>::from_data([[[[1.0, -2.0, 3.0, 0.5, 9.0]]]], &device);
    let pool = |kind| Some(Pool { kind, size: [1, 2] });
    let out = |kind| values(&tail(x.clone(), None, Activation::Relu, Order::NormFirst, pool(kind), false));
    assert_eq!(out(PoolKind::Max), [1.0, 3.0]);
    assert_eq!(out(PoolKind::Average), [0.5, 1.75]);
}

#[test]
fn a_large_mean_does_not_drown_the_variance() {
    let graph = Device::flex().autodiff();
    let x = normal([4, 1, 8, 8], "x", &graph) + 1e4;
    let layer = BatchNormConfig::new(1).with_momentum(1.0).init(&graph);
    let _ = tail(x.clone(), Some(&layer), Activation::None, Order::NormFirst, None, true);
    let pixels: Vec<f64> = values(&x).iter().map(|v| f64::from(*v)).collect();
    let mean = pixels.iter().sum::<f64>() / pixels.len() as f64;
    let variance = pixels.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / pixels.len() as f64;
    let ours = f64::from(values(&layer.running_var.value_sync())[0]);
    assert!((ours - variance).abs() < 1e-3 * variance, "{ours} and {variance}");
}
