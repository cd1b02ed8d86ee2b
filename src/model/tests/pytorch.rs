//! Residual networks beside PyTorch: logits and gradients of the files that `scripts/make_layers.py` makes.

use super::super::weights::{Path, read};
use super::*;
use burn::tensor::Gradients;
use std::collections::BTreeMap;

/// The values of each tensor of a file, with shapes, and its metadata.
type File = (BTreeMap<String, (Vec<usize>, Vec<f32>)>, BTreeMap<String, String>);

fn file(name: &str) -> File {
    let (metadata, tensors) = read(&bytes(name)).unwrap();
    let floats = |bytes: &[u8]| bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    (tensors.into_iter().map(|(name, t)| (name, (t.shape, floats(&t.bytes)))).collect(), metadata)
}

fn bytes(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/layers");
    std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap()
}

/// The gradient of every trained weight, by name.
struct Named<'a> {
    gradients: &'a GradientsParams,
    path: Path,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Named<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }
    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.found.insert(self.path.name(), values(gradient));
        }
    }
}

/// The largest difference, in units of the largest expected value.
fn distance(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(1e-3f32, |a, b| a.max(b.abs()));
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / largest
}

#[test]
fn residual_networks_give_pytorchs_logits_and_gradients() {
    let device = Device::flex().autodiff();
    let cases = ["post", "post-unmasked", "pre", "pre-unmasked", "plain", "flat", "flat-pre"];
    for case in cases {
        let (tensors, metadata) = file(case);
        let architecture: Architecture = toml::from_str(&metadata["architecture"]).unwrap();
        let tensor = |name: &str| {
            let (shape, values) = tensors[name].clone();
            Tensor::<4>::from_data(TensorData::new(values, shape), &device).require_grad()
        };
        // Single precision cannot be asked for more than PyTorch's own gives.
        let bound = metadata["single"].parse::<f32>().unwrap().max(1e-5);
        let x = tensor("x");
        let [_, channels, bins, frames] = x.dims();
        let input = InputShape { channels, bins, frames };
        let own: Vec<Span> = tensors["own"]
            .1
            .chunks_exact(2)
            .map(|pair| Span { start: pair[0] as usize, frames: pair[1] as usize })
            .collect();
        assert_eq!(architecture.check(input, CLASSES), []);
        let net = architecture.init(input, CLASSES, &mut stream("init", 0), &device);
        let net = net.from_safetensors(&bytes(&format!("{case}.net"))).unwrap();
        let evaluated = values(net.valid().forward(x.clone().inner(), &own, None));
        assert!(distance(&evaluated, &tensors["logits"].1) < bound, "{case}: {evaluated:?}");
        let logits = net.forward(x.clone(), &own, Some(&mut stream("masks", 0)));
        assert!(distance(&values(logits.clone()), &tensors["logits.trained"].1) < bound, "{case}, trained");
        let (shape, readout) = tensors["readout"].clone();
        let readout = Tensor::<2>::from_data(TensorData::new(readout, shape), &device);
        let mut gradients: Gradients = (logits * readout).sum().backward();
        let of_input = values(x.grad_remove(&mut gradients).expect("the input has a gradient"));
        let apart = distance(&of_input, &tensors["gradient.x"].1);
        assert!(apart < bound, "{case}: gradient of the input: {apart}");
        let gradients = GradientsParams::from_grads(gradients, &net);
        let mut named = Named { gradients: &gradients, path: Path::default(), found: BTreeMap::new() };
        net.visit(&mut named);
        for (name, found) in &named.found {
            let distance = distance(found, &tensors[&format!("gradient.{name}")].1);
            assert!(distance < bound, "{case}: gradient of {name}: {distance}");
        }
        let expected = tensors.keys().filter(|name| name.starts_with("gradient.")).count() - 1;
        assert_eq!(named.found.len(), expected, "{case}");
    }
}
