//! The kernels against burn's stock operations, against finite differences and against themselves on more threads.

mod conv;
mod join;
mod same_bits;
mod tail;

use crate::seed::Seeds;
use burn::tensor::{Device, Tensor, TensorData};

/// Standard normal values, repeatable by `name`.
fn normal<const D: usize>(shape: [usize; D], name: &str, device: &Device) -> Tensor<D> {
    let mut stream = Seeds::new(11).stream(name, &shape.map(|d| d as u64));
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| stream.normal() as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn values<const D: usize>(t: &Tensor<D>) -> Vec<f32> {
    t.to_data().try_to_vec().unwrap()
}

/// The sum of the products of two tensors, in 64 bits.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Whether two lists agree to `tolerance`, relative to the largest value.
#[track_caller]
fn assert_close(ours: &[f32], stock: &[f32], tolerance: f32, what: &str) {
    assert_eq!(ours.len(), stock.len(), "{what}: sizes");
    let scale = stock.iter().fold(1.0f32, |m, v| m.max(v.abs()));
    for (i, (o, s)) in ours.iter().zip(stock).enumerate() {
        assert!((o - s).abs() <= tolerance * scale, "{what}[{i}]: {o}, stock has {s} (largest {scale})");
    }
}

/// The bits of a list.
fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}
