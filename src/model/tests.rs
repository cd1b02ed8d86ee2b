//! Tests over all architectures: each kind's variants below are built, run, trained, saved and loaded.

mod padding;
mod pytorch;
mod running_statistics;
mod solved;

use super::*;
use crate::kind::Kinds;
use crate::seed::Seeds;
use burn::module::ParamId;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Int, TensorData};

const INPUT: InputShape = InputShape { channels: 2, bins: 8, frames: 12 };
const CLASSES: usize = 3;

/// Small settings of each kind; every choice a kind offers is in one of them.
fn variants(kind: &str) -> Vec<Architecture> {
    let tables: &[&str] = match kind {
        "cnn-1d" => &[
            "channels = [6, 5], head = [7]",
            "channels = [6, 5], head = [], order = 'activation-first', pool = 'average', global_pool = 'max'",
            "channels = [6], kernel_size = 4, stride = 2, convolutions_per_block = 2, global_pool = 'average-max'",
            "channels = [6, 5], padding = 'valid', pool = 'none', batch_norm = false, activation = 'gelu', init = 'he-normal'",
            "channels = [6], dilation = 2, bias = false, global_pool = 'attention', activation = 'elu', init = 'lecun-normal'",
            "channels = [6], block_dropout = 0.3, global_pool = 'flatten', activation = 'silu', init = 'he-uniform'",
            "channels = [6, 5], kernel_size = 4, masked = true, global_pool = 'attentive-statistics', head_norm = true",
            "channels = [6], pool = 'average', padding = 'valid', masked = true, global_pool = 'average-max'",
        ],
        "cnn-2d" => &[
            "channels = [6, 5], head = [7, 4]",
            "channels = [6], block_dropout = 0.3, block_dropout_unit = 'values', activation = 'leaky-relu'",
            "channels = [6], kernel_size = [3, 2], stride = [1, 2], pool_size = [4, 1], global_pool = 'statistics'",
            "channels = [6, 5], order = 'activation-first', global_pool = 'attention', init = 'glorot-normal'",
            "channels = [6, 5], keep_bins = true, global_pool = 'statistics', masked = true, stride = [1, 2], pool_size = [2, 1]",
        ],
        "resnet-1d" => &[
            "channels = [6, 5], strides = [1, 2], stem_channels = 5",
            "channels = [6, 6], strides = [2, 1], stem_channels = 6, pre_activation = true, drop_path = 0.3, masked = true",
            "channels = [6], strides = [1], stem_channels = 4, stem_stride = 2, residual = false, squeeze_excitation = 2, \
             masked = true, global_pool = 'attentive-statistics', attention_size = 5",
        ],
        "resnet-2d" => &[
            "channels = [6, 5], strides = [[2, 1], [2, 2]], stem_channels = 5, keep_bins = true, head_norm = true, head = [], \
             global_pool = 'attentive-statistics', masked = true",
            "channels = [6, 6], strides = [[2, 1], [1, 1]], stem_channels = 6, stem_stride = [1, 1], drop_path = 0.2, \
             squeeze_excitation = 3, pre_activation = true, masked = true, keep_bins = true, global_pool = 'statistics'",
            "channels = [5], strides = [[1, 1]], stem_channels = 5, stem_kernel_size = [3, 4], masked = true, \
             squeeze_excitation = 2, global_pool = 'attention', residual = false",
        ],
        "mlp" => &[
            "hidden = [9, 5]",
            "hidden = [], init = 'lecun-uniform'",
            "hidden = [9], statistics = ['mean', 'range', 'skewness', 'kurtosis', 'slope'], order = 'activation-first'",
            "hidden = [9], batch_norm = false",
        ],
        "crnn" => &[
            "channels = [4, 5], hidden_size = 6, head = [7]",
            "channels = [4], pool_size = [4, 1], cell = 'lstm', hidden_size = 6, time_pool = 'last'",
            "channels = [4], cell = 'lstm', bidirectional = false, hidden_size = 5, layers = 2, time_pool = 'attention'",
            "channels = [4], layers = 2, recurrent_dropout = 0.3, hidden_size = 5, time_pool = 'max'",
            "channels = [4], bidirectional = false, hidden_size = 5, time_pool = 'last', head = []",
            "channels = [4], hidden_size = 5, time_pool = 'statistics', block_dropout = 0.2",
            "channels = [4], layers = 2, hidden_size = 5, time_pool = 'attentive-statistics', masked = true",
            "channels = [4], cell = 'lstm', hidden_size = 5, time_pool = 'last', masked = true",
        ],
        "linear" => &["", "c = 0.1, standardise = false, statistics = ['mean', 'slope']"],
        "svm" => &["", "c = 10, kernel = 'linear', statistics = ['sd']", "gamma = 0.1, standardise = false"],
        // A kind that says nothing here is tested as it is by default.
        _ => &[""],
    };
    tables.iter().map(|table| toml::from_str(&format!("{kind} = {{ {table} }}")).unwrap()).collect()
}

fn all() -> impl Iterator<Item = Architecture> {
    Architecture::NAMES.iter().flat_map(|kind| variants(kind))
}

/// Those that gradients train, and those that are solved for.
fn trained() -> impl Iterator<Item = Architecture> {
    all().filter(|architecture| !architecture.is_solved())
}
fn solved() -> impl Iterator<Item = Architecture> {
    all().filter(Architecture::is_solved)
}

fn stream(name: &str, seed: u64) -> Stream {
    Seeds::new(seed).stream(name, &[])
}

fn net(architecture: &Architecture, seed: u64, device: &Device) -> Net {
    architecture.init(INPUT, CLASSES, &mut stream("init", seed), device)
}

fn batch(n: usize, device: &Device) -> Tensor<4> {
    let mut stream = stream("batch", 9);
    let InputShape { channels, bins, frames } = INPUT;
    let values: Vec<f32> = (0..n * channels * bins * frames).map(|_| stream.normal() as f32).collect();
    Tensor::from_data(TensorData::new(values, [n, channels, bins, frames]), device)
}

fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.try_into_vec_as().unwrap()
}

fn loss(net: &Net, n: usize, device: &Device, masks: &mut Stream) -> Tensor<1> {
    let labels: Vec<i32> = (0..n).map(|i| (i % CLASSES) as i32).collect();
    let labels = Tensor::<1, Int>::from_ints(labels.as_slice(), device);
    CrossEntropyLossConfig::new().init(device).forward(net.forward(batch(n, device), &[], Some(masks)), labels)
}

fn step(net: Net, rate: f64, device: &Device) -> Net {
    let gradients = GradientsParams::from_grads(loss(&net, 8, device, &mut stream("masks", 0)).backward(), &net);
    AdamConfig::new().init().step(rate, net, gradients)
}

/// The two networks that the reproduction rests on.
fn seed_networks() -> [(Architecture, InputShape); 2] {
    let table = "{ channels = [64, 128, 256, 512], order = 'activation-first', head = [128], dropout = 0.2 }";
    ["cnn-1d", "cnn-2d"].map(|kind| {
        let bins = if kind == "cnn-1d" { (1, 800) } else { (128, 400) };
        let input = InputShape { channels: 1, bins: bins.0, frames: bins.1 };
        (toml::from_str(&format!("{kind} = {table}")).unwrap(), input)
    })
}

#[test]
fn the_reproduced_networks_have_the_published_numbers_of_parameters() {
    for ((architecture, input), (published, statistics)) in
        seed_networks().into_iter().zip([(587_526, 1_920), (1_620_102, 1_920)])
    {
        let net = architecture.init(input, 6, &mut stream("init", 0), &Device::flex());
        assert_eq!(net.parameter_count(), published);
        assert_eq!(net.trainable_parameter_count(), published - statistics);
        let described: usize = architecture.describe(input, 6).iter().map(|layer| layer.parameters).sum();
        assert_eq!(described, published);
        assert_eq!(architecture.check(input, 6), []);
    }
}

#[test]
fn the_default_settings_of_every_kind_work_on_a_usual_input() {
    let input = InputShape { channels: 1, bins: 64, frames: 157 };
    for kind in Architecture::NAMES {
        let architecture = Architecture::of_name(kind).unwrap();
        assert_eq!(architecture.check(input, 6), [], "{kind}");
        assert_eq!(architecture.describe(input, 6).last().unwrap().output_shape, [6], "{kind}");
    }
}

#[test]
fn what_is_described_is_what_is_built() {
    for architecture in all() {
        assert_eq!(architecture.check(INPUT, CLASSES), [], "{architecture:?}");
        let net = net(&architecture, 0, &Device::flex());
        let (layers, tensors) = (architecture.describe(INPUT, CLASSES), net.tensors());
        let mut counted = 0;
        for layer in &layers {
            let own = tensors.iter().filter(|(name, _)| name.starts_with(&format!("{}.", layer.name)));
            let count: usize = own.map(|(_, shape)| shape.iter().product::<usize>()).sum();
            assert_eq!(count, layer.parameters, "{layer:?} of {architecture:?}");
            counted += count;
        }
        assert_eq!(counted, net.parameter_count(), "{architecture:?}");
        assert_eq!(net.forward(batch(4, &Device::flex()), &[], None).dims(), [4, CLASSES]);
    }
}

#[test]
fn equal_streams_give_equal_networks_and_other_seeds_others() {
    let device = Device::flex();
    for architecture in trained() {
        let bytes = |seed, device: &Device| net(&architecture, seed, device).to_safetensors(&[]).unwrap();
        assert_eq!(bytes(1, &device), bytes(1, &device.clone().autodiff()));
        assert_ne!(bytes(1, &device), bytes(2, &device), "{architecture:?}");
    }
}

#[test]
fn every_parameter_gets_a_finite_gradient() {
    struct Gradients<'a>(&'a GradientsParams, Vec<(ParamId, bool)>);
    impl ModuleVisitor for Gradients<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id);
            let good = gradient.is_some_and(|g| values(g).iter().all(|v| v.is_finite()));
            self.1.push((param.id, good));
        }
    }
    let device = Device::flex().autodiff();
    for architecture in trained() {
        let net = net(&architecture, 0, &device);
        let gradients = GradientsParams::from_grads(loss(&net, 8, &device, &mut stream("masks", 0)).backward(), &net);
        let mut visitor = Gradients(&gradients, vec![]);
        net.visit(&mut visitor);
        let with = visitor.1.iter().filter(|(_, good)| *good).count();
        let trainable = net.tensors().keys().filter(|name| !is_running_statistic(name)).count();
        assert_eq!(with, trainable, "{architecture:?}");
    }
}

#[test]
fn an_evaluated_example_does_not_depend_on_its_batch() {
    let device = Device::flex();
    for architecture in all() {
        let net = match architecture.is_solved() {
            true => solved::solution(&architecture, &device),
            false => net(&architecture, 0, &device),
        };
        let x = batch(7, &device);
        let together = values(net.forward(x.clone(), &[], None));
        for i in 0..7 {
            let alone = values(net.forward(x.clone().narrow(0, i, 1), &[], None));
            for (a, b) in alone.iter().zip(&together[i * CLASSES..]) {
                // Not bit for bit: a product with one row is summed in another order than one with several.
                assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{a} {b}: {architecture:?}");
            }
        }
    }
}

#[test]
fn equal_mask_streams_give_equal_logits_and_others_others() {
    let device = Device::flex().autodiff();
    for architecture in trained() {
        let net = net(&architecture, 0, &device);
        let logits = |seed| values(net.forward(batch(8, &device), &[], Some(&mut stream("masks", seed))));
        assert_eq!(logits(1), logits(1));
        assert_ne!(logits(1), logits(2), "{architecture:?}");
    }
}

#[test]
fn every_network_learns_eight_examples_by_heart() {
    let device = Device::flex().autodiff();
    for architecture in trained() {
        let mut net = net(&architecture, 0, &device);
        let mut optimizer = AdamConfig::new().init();
        let mut masks = stream("masks", 0);
        let mut tail = vec![];
        for _ in 0..150 {
            let loss = loss(&net, 8, &device, &mut masks);
            let gradients = GradientsParams::from_grads(loss.backward(), &net);
            net = optimizer.step(0.02, net, gradients);
            tail.push(loss.into_scalar::<f32>());
        }
        let last = tail[140..].iter().sum::<f32>() / 10.0;
        assert!(last < 0.6 * tail[0] && last < 0.45, "{} -> {last}: {architecture:?}", tail[0]);
    }
}

#[test]
fn training_gives_the_same_bytes_on_one_thread_and_on_several() {
    let device = Device::flex().autodiff();
    let kinds = Architecture::NAMES.iter().map(|kind| (kind, Architecture::of_name(kind).unwrap()));
    for (kind, architecture) in kinds.filter(|(_, architecture)| !architecture.is_solved()) {
        let input = InputShape { channels: 1, bins: 32, frames: 40 };
        let train = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut net = architecture.init(input, CLASSES, &mut stream("init", 0), &device);
                let mut optimizer = AdamConfig::new().init();
                let mut masks = stream("masks", 0);
                for _ in 0..3 {
                    let x = batch(20, &device).reshape([3, 1, 32, 40]);
                    let logits = net.forward(x, &[], Some(&mut masks));
                    let gradients = GradientsParams::from_grads(logits.square().mean().backward(), &net);
                    net = optimizer.step(0.01, net, gradients);
                }
                net.to_safetensors(&[]).unwrap()
            })
        };
        assert_eq!(train(1), train(3), "{kind}");
    }
}

#[test]
fn safetensors_keep_every_bit_and_equal_networks_give_equal_bytes() {
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let metadata = [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())];
    for architecture in trained() {
        let trained = step(net(&architecture, 0, &device), 0.1, &device);
        let bytes = trained.to_safetensors(&metadata).unwrap();
        let read: Vec<_> = safetensors_metadata(&bytes).unwrap().into_iter().collect();
        assert_eq!(read, [metadata[1].clone(), metadata[0].clone()]);
        let loaded = net(&architecture, 7, &plain).from_safetensors(&bytes).unwrap();
        assert!(!loaded.is_training());
        assert_eq!(loaded.to_safetensors(&metadata).unwrap(), bytes);
        let x = batch(3, &plain);
        assert_eq!(values(loaded.forward(x.clone(), &[], None)), values(trained.valid().forward(x, &[], None)));
        // Loaded for more training, the next step is the same step.
        let again = net(&architecture, 7, &device).from_safetensors(&bytes).unwrap();
        assert!(again.is_training());
        let next = |net| step(net, 0.1, &device).to_safetensors(&[]).unwrap();
        assert_eq!(next(again), next(trained));
    }
}

#[test]
fn weights_of_another_network_are_refused_with_every_difference() {
    let build = |table: &str| net(&toml::from_str(table).unwrap(), 0, &Device::flex());
    let bytes = build("cnn-1d = { channels = [4], head = [5] }").to_safetensors(&[]).unwrap();
    let error =
        build("cnn-1d = { channels = [6], head = [], batch_norm = false }").from_safetensors(&bytes).unwrap_err();
    let message = error.to_string();
    for part in [
        "`blocks.0.convolutions.0.weight` is [4, 16, 1, 3], expected [6, 16, 1, 3]",
        "`head.output.weight` is [3, 5], expected [3, 6]",
        "`blocks.0.norms.0.running_mean` is not part of the network",
        "`head.hidden.0.weight` is not part of the network",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let error = build("cnn-1d = { channels = [4], head = [5, 5] }").from_safetensors(&bytes).unwrap_err();
    assert!(error.to_string().contains("`head.hidden.1.weight` [5, 5] is missing"), "{error}");
}

#[test]
fn a_damaged_file_is_an_error_wherever_it_is_cut() {
    let build = || net(&toml::from_str("mlp = { hidden = [2] }").unwrap(), 0, &Device::flex());
    let bytes = build().to_safetensors(&[]).unwrap();
    for length in (0..bytes.len()).step_by(7) {
        assert!(matches!(build().from_safetensors(&bytes[..length]), Err(ModelError::Damaged(_))), "{length}");
    }
    let huge = [u64::MAX.to_le_bytes().as_slice(), &bytes[8..]].concat();
    assert!(matches!(build().from_safetensors(&huge), Err(ModelError::Damaged(_))));
}

#[test]
fn what_cannot_work_is_said_before_anything_is_built() {
    let check = |table: &str, input, classes| {
        let architecture: Architecture = toml::from_str(table).unwrap();
        let problems = architecture.check(input, classes);
        problems.into_iter().map(|p| format!("{}: {}", p.key, p.message)).collect::<Vec<_>>().join("\n")
    };
    let flat = InputShape { bins: 1, ..INPUT };
    assert!(check("cnn-2d = {}", flat, 6).contains("use cnn-1d, or a feature with bins such as log-mel"));
    assert!(
        check("crnn = {}", flat, 6).contains("pool_size: this input has 1 bin a channel, which cannot be pooled by 2")
    );
    assert_eq!(check("crnn = { pool_size = [1, 2], kernel_size = [1, 3] }", flat, 6), "");
    assert!(
        check("cnn-1d = {}", INPUT, 6).contains("block 4 of 4 pools over 2 frames, but all that is left is 1 frame")
    );
    assert!(check("mlp = {}", INPUT, 1).contains("1 classes leave nothing to tell apart"));
    assert!(check("mlp = {}", InputShape { frames: 0, ..INPUT }, 6).contains("is empty"));
    // Out of range: the settings' own check says so.
    assert_eq!(check("cnn-2d = { pool_size = [0, 2] }", INPUT, 6), "");
}
