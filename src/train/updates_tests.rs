use super::*;
use crate::train::{ClipNorm, ClipValue, GradientClip, Sgd};
use burn::module::Module;
use burn::nn::Linear;

/// Two weights of 1 whose gradients are 3 and 4.
fn linear() -> (Linear, GradientsParams) {
    let device = Device::flex().autodiff();
    let linear = Linear { weight: Param::from_tensor(Tensor::ones([2, 1], &device)), bias: None };
    let loss = linear.forward(Tensor::<2>::from_floats([[3.0, 4.0]], &device)).sum();
    let gradients = GradientsParams::from_grads(loss.backward(), &linear);
    (linear, gradients)
}

/// The weights after a step of plain descent at rate 0.1.
fn stepped(clip: Option<GradientClip>) -> Vec<f32> {
    let (net, gradients) = linear();
    let mut updates = Updates::new(&Optimizer::Sgd(Sgd::default()));
    let (limit, _) = Limit::of(clip.as_ref(), &net, &gradients);
    let net = updates.step(net, gradients, 0.1, limit);
    net.weight.val().into_data().try_to_vec().unwrap()
}

fn close(weights: &[f32], expected: [f32; 2]) {
    assert!(weights.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{weights:?} {expected:?}");
}

#[test]
fn the_norm_is_that_of_all_gradients_together() {
    let (net, gradients) = linear();
    assert_eq!(global_norm(&net, &gradients), 5.0);
    assert_eq!(global_norm(&net, &GradientsParams::new()), 0.0);
}

#[test]
fn clipping_by_norm_keeps_the_direction_and_by_value_does_not() {
    close(&stepped(None), [0.7, 0.6]);
    close(&stepped(Some(GradientClip::Norm(ClipNorm { max: 1.0 }))), [0.94, 0.92]);
    close(&stepped(Some(GradientClip::Norm(ClipNorm { max: 5.0 }))), [0.7, 0.6]);
    close(&stepped(Some(GradientClip::Value(ClipValue { max: 3.5 }))), [0.7, 0.65]);
}

#[test]
fn a_weight_can_be_trained_again_after_a_step() {
    let (net, gradients) = linear();
    let net = Updates::new(&Optimizer::Sgd(Sgd::default())).step(net, gradients, 0.1, Limit::None);
    assert!(net.weight.is_require_grad());
}

#[test]
fn frozen_parameters_stay_as_they_are() {
    let (net, gradients) = linear();
    let net =
        Updates::new(&Optimizer::Sgd(Sgd::default())).step(net.no_grad(), GradientsParams::new(), 0.1, Limit::None);
    assert_eq!(net.weight.val().into_data().try_to_vec::<f32>().unwrap(), [1.0, 1.0]);
    assert!(!net.weight.is_require_grad());
    drop(gradients);
}

#[test]
fn the_state_in_parts_goes_on_as_the_state_itself() {
    let optimizer = Optimizer::Adam(Default::default());
    let (net, gradients) = linear();
    let mut updates = Updates::new(&optimizer);
    let net = updates.step(net, gradients, 0.1, Limit::None);
    let (layout, bytes) = updates.to_parts().unwrap();
    assert_eq!(bytes.len(), 2 * 2 * 4, "two moments of two weights");
    let layout: Layout = serde_json::from_str(&serde_json::to_string(&layout).unwrap()).unwrap();
    let mut again = Updates::from_parts(&optimizer, &layout, &bytes, &Device::flex()).unwrap();
    // The first weights belong to another module with other ids; the second step must still find its state.
    let step = |updates: &mut Updates| -> Vec<f32> {
        let (mut other, gradients) = linear();
        let value = Tensor::from_data(net.weight.val().into_data(), &Device::flex().autodiff()).require_grad();
        other.weight = Param::initialized(other.weight.id, value);
        updates.step(other, gradients, 0.1, Limit::None).weight.val().into_data().try_to_vec().unwrap()
    };
    assert_eq!(step(&mut updates), step(&mut again));
    assert_eq!(updates.to_parts().unwrap(), again.to_parts().unwrap());
}

#[test]
fn a_state_that_is_cut_short_or_of_another_optimizer_is_an_error() {
    let optimizer = Optimizer::Adam(Default::default());
    let (net, gradients) = linear();
    let mut updates = Updates::new(&optimizer);
    updates.step(net, gradients, 0.1, Limit::None);
    let (layout, bytes) = updates.to_parts().unwrap();
    assert!(Updates::from_parts(&optimizer, &layout, &bytes[..12], &Device::flex()).is_err());
    let other = Optimizer::RmsProp(Default::default());
    assert!(Updates::from_parts(&other, &layout, &bytes, &Device::flex()).is_err());
}

#[test]
fn weights_that_are_no_numbers_are_noticed() {
    let (mut net, _) = linear();
    assert!(all_finite(&net));
    let device = Device::flex().autodiff();
    net.weight = Param::from_tensor(Tensor::from_floats([[1.0], [f32::INFINITY]], &device));
    assert!(!all_finite(&net));
}
