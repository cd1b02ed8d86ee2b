//! The running statistics of batch norm: when they move.

use super::*;

const TABLE: &str = "cnn-1d = { channels = [4], batch_norm_momentum = 0.9 }";

fn build(device: &Device) -> Net {
    net(&toml::from_str(TABLE).unwrap(), 0, device)
}

/// Running mean and variance, read from the bytes that a run would keep.
fn statistics(net: &Net) -> Vec<Vec<f32>> {
    struct Read(Vec<Vec<f32>>, String);
    impl ModuleVisitor for Read {
        fn enter_module(&mut self, name: &str, _: &str) {
            name.clone_into(&mut self.1);
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.1.starts_with("running_") {
                self.0.push(values(param.val()));
            }
        }
    }
    let mut read = Read(vec![], String::new());
    net.valid().visit(&mut read);
    read.0
}

#[test]
fn move_by_one_minus_the_momentum_a_training_step_and_not_otherwise() {
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let net = build(&device);
    let fresh = statistics(&net);
    assert_eq!(fresh, [vec![0.0; 4], vec![1.0; 4]]);
    net.forward(batch(4, &device), &[], None);
    net.valid().forward(batch(4, &plain), &[], None);
    net.valid().forward(batch(4, &plain), &[], Some(&mut stream("masks", 0)));
    assert_eq!(statistics(&net), fresh, "evaluation must not move them, nor a plain device");
    net.forward(batch(4, &device), &[], Some(&mut stream("masks", 0)));
    let once = statistics(&net);
    net.forward(batch(4, &device), &[], Some(&mut stream("masks", 0)));
    let twice = statistics(&net);
    for channel in 0..4 {
        // The mean starts at 0: a tenth of the batch's, then 0.9 times that plus the same tenth.
        let ratio = twice[0][channel] / once[0][channel];
        assert!(once[0][channel] != 0.0 && (ratio - 1.9).abs() < 1e-4, "{ratio}");
        // The variance starts at 1: v1 = 0.9 + 0.1 b and v2 = 0.9 v1 + 0.1 b, so v2 - v1 = 0.9 (v1 - 1).
        let (v1, v2) = (once[1][channel], twice[1][channel]);
        assert!((v2 - v1 - 0.9 * (v1 - 1.0)).abs() < 1e-5, "{v1} {v2}");
    }
}

#[test]
fn evaluation_on_the_training_device_sees_the_last_step() {
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let net = build(&device);
    net.forward(batch(4, &device), &[], Some(&mut stream("masks", 0)));
    let here = values(net.forward(batch(4, &device), &[], None));
    let there = values(net.valid().forward(batch(4, &plain), &[], None));
    // With autodiff burn's operations evaluate, without it the kernels do: sums in another order, rounding apart.
    let step = values(build(&plain).forward(batch(4, &plain), &[], None));
    let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart(&here, &there) < 1e-6 && apart(&here, &step) > 1e-3, "{here:?} {there:?} {step:?}");
}

#[test]
fn a_snapshot_stays_while_a_clone_moves_along() {
    let device = Device::flex().autodiff();
    let net = build(&device);
    let (snapshot, clone) = (net.snapshot(), net.clone());
    let before = statistics(&net);
    net.forward(batch(4, &device), &[], Some(&mut stream("masks", 0)));
    assert!(snapshot.is_training());
    assert_eq!(statistics(&snapshot), before);
    assert_ne!(statistics(&clone), before, "burn now copies them: the warning in mod.rs can go");
}
