use super::*;
use crate::kind::Kinds;

fn device() -> Device {
    Device::flex()
}

/// Logits of two rows: probabilities (0.7, 0.2, 0.1) and (0.25, 0.25, 0.5).
fn logits(device: &Device) -> Tensor<2> {
    let rows = [[0.7f32.ln(), 0.2f32.ln(), 0.1f32.ln()], [0.25f32.ln(), 0.25f32.ln(), 0.5f32.ln()]];
    Tensor::<2>::from_floats(rows, device)
}

fn value(loss: Loss, weights: &[f64], labels: &[usize], mix: Option<&Mix>) -> f64 {
    let objective = Objective::new(loss, weights.to_vec());
    let targets = objective.targets(labels, mix);
    let loss = objective.of(logits(&device()), targets, &device());
    f64::from(loss.into_data().try_to_vec::<f32>().unwrap()[0])
}

fn plain() -> Loss {
    Loss::CrossEntropy(CrossEntropy::default())
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-6, "{a} {b}");
}

#[test]
fn cross_entropy_is_the_mean_negative_log_probability() {
    close(value(plain(), &[1.0; 3], &[0, 2], None), -(0.7f64.ln() + 0.5f64.ln()) / 2.0);
}

#[test]
fn class_weights_weigh_rows_and_divide_by_their_sum() {
    let expected = -(3.0 * 0.7f64.ln() + 0.5 * 0.5f64.ln()) / 3.5;
    close(value(plain(), &[3.0, 1.0, 0.5], &[0, 2], None), expected);
}

#[test]
fn label_smoothing_spreads_its_share_over_all_classes() {
    let smooth = Loss::CrossEntropy(CrossEntropy { label_smoothing: 0.3 });
    let row = |p: [f64; 3], y: usize| -0.7 * p[y].ln() - 0.1 * (p[0].ln() + p[1].ln() + p[2].ln());
    let expected = (row([0.7, 0.2, 0.1], 0) + row([0.25, 0.25, 0.5], 1)) / 2.0;
    close(value(smooth, &[1.0; 3], &[0, 1], None), expected);
}

#[test]
fn focal_loss_is_scaled_by_what_is_still_wrong() {
    let focal = Loss::Focal(Focal { gamma: 2.0 });
    let expected = -(0.3f64.powi(2) * 0.7f64.ln() + 0.5f64.powi(2) * 0.5f64.ln()) / 2.0;
    close(value(focal, &[1.0; 3], &[0, 2], None), expected);
}

#[test]
fn focal_loss_with_gamma_0_is_cross_entropy() {
    let focal = Loss::Focal(Focal { gamma: 0.0 });
    assert_eq!(value(focal, &[1.0, 2.0, 1.0], &[1, 2], None), value(plain(), &[1.0, 2.0, 1.0], &[1, 2], None));
}

#[test]
fn a_mixed_row_is_held_against_both_labels() {
    let mix = Mix { lambda: 0.75, partners: vec![1, 0] };
    let expected = -(0.75 * 0.7f64.ln() + 0.25 * 0.1f64.ln() + 0.75 * 0.5f64.ln() + 0.25 * 0.25f64.ln()) / 2.0;
    close(value(plain(), &[1.0; 3], &[0, 2], Some(&mix)), expected);
}

#[test]
fn every_loss_has_finite_gradients_for_rows_that_are_surely_right_or_wrong() {
    let device = device().autodiff();
    for info in Loss::all() {
        for gamma in [0.5, 2.0] {
            let loss = match Loss::of_name(info.name).unwrap() {
                Loss::Focal(_) => Loss::Focal(Focal { gamma }),
                other => other,
            };
            let logits = Tensor::<2>::from_floats([[200.0, 0.0], [200.0, 0.0]], &device).require_grad();
            let objective = Objective::new(loss, vec![1.0; 2]);
            let targets = objective.targets(&[0, 1], None);
            let gradients = objective.of(logits.clone(), targets, &device).backward();
            let gradient = logits.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap();
            assert!(gradient.iter().all(|g| g.is_finite()), "{} {gamma} {gradient:?}", info.name);
        }
    }
}

#[test]
fn balanced_weights_are_inverse_to_the_class_sizes() {
    // 8 rows in 2 classes that occur: 8 / (2 * 6), 8 / (2 * 2); the class without rows counts plainly.
    let weights = ClassWeights::Balanced.of(&[6, 2, 0]).unwrap();
    assert_eq!(weights, [8.0 / 12.0, 2.0, 1.0]);
    assert_eq!(6.0 * weights[0], 2.0 * weights[1]);
}

#[test]
fn as_many_explicit_weights_are_needed_as_there_are_classes() {
    assert_eq!(ClassWeights::Explicit(vec![1.0, 2.0]).of(&[1, 1]), Some(vec![1.0, 2.0]));
    assert_eq!(ClassWeights::Explicit(vec![1.0]).of(&[1, 1]), None);
}
