//! Our kernels against burn's stock operations, layer by layer, on the shapes of four networks.
//!
//! ```text
//! cargo bench -p serlab-kernels                       # all of it
//! cargo bench -p serlab-kernels -- --quick small-2d   # one network, a glance
//! ```
//!
//! Both sides run on burn's Flex backend with the same allocator and as many threads as there are cores. A gradient is timed
//! without the forward pass that it needs. `scripts/bench/kernels.py` makes a table of what Criterion keeps.

use burn::module::Module;
use burn::nn::pool::MaxPool2dConfig;
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Tensor, activation, module};
use criterion::{
    BatchSize, Bencher, BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use serlab::kernel::{self, Activation, ConvGeometry, Order, Pool, PoolKind};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A convolutional network: every block halves its image, a 1D one only in width.
struct Network {
    name: &'static str,
    batch_size: usize,
    image: [usize; 2],
    /// Of the input, then of each block.
    channels: &'static [usize],
    kernel: [usize; 2],
    order: Order,
}

/// Two small networks, and those of `experiments/seed`. The last but one would have 32 images a batch: what an image takes is
/// the same with 8.
const NETWORKS: [Network; 4] = [
    Network {
        name: "small-2d",
        batch_size: 32,
        image: [128, 94],
        channels: &[1, 32, 64, 128],
        kernel: [3, 3],
        order: Order::NormFirst,
    },
    Network {
        name: "small-1d",
        batch_size: 64,
        image: [1, 150],
        channels: &[2, 64, 128, 256],
        kernel: [1, 5],
        order: Order::NormFirst,
    },
    Network {
        name: "seed-2d",
        batch_size: 8,
        image: [128, 400],
        channels: &[1, 64, 128, 256, 512],
        kernel: [3, 3],
        order: Order::ActivationFirst,
    },
    Network {
        name: "seed-1d",
        batch_size: 128,
        image: [1, 800],
        channels: &[1, 64, 128, 256, 512],
        kernel: [1, 3],
        order: Order::ActivationFirst,
    },
];

/// One block of a network.
#[derive(Clone, Copy)]
struct Block {
    /// [images, channels, height, width] of its input.
    input: [usize; 4],
    /// [out, in, height, width] of its kernel.
    weight: [usize; 4],
    order: Order,
    pool: [usize; 2],
}

impl Network {
    fn blocks(&self) -> impl Iterator<Item = Block> {
        let pool = self.image.map(|length| length.min(2));
        let mut image = self.image;
        self.channels.windows(2).map(move |channels| {
            let ([height, width], [rows, columns]) = (image, self.kernel);
            image = [height / pool[0], width / pool[1]];
            Block {
                input: [self.batch_size, channels[0], height, width],
                weight: [channels[1], channels[0], rows, columns],
                order: self.order,
                pool,
            }
        })
    }
}

/// Whose operations are timed.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Serlab,
    Burn,
}

/// What is put into a block: its input, and its parameters.
struct Values {
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    norm: BatchNorm,
}

impl Block {
    fn values(&self, device: &Device) -> Values {
        let normal = |shape| Tensor::<4>::random(shape, Distribution::Normal(0.0, 1.0), device);
        let channels = self.weight[0];
        let values = Values {
            x: normal(self.input),
            weight: normal(self.weight) * 0.1,
            bias: Tensor::zeros([channels], device),
            norm: BatchNormConfig::new(channels).init(device),
        };
        // Parameters come to be at their first use, which is not to be timed.
        black_box((values.norm.gamma.val(), values.norm.beta.val()));
        values
    }

    fn convolve(&self, side: Side, x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
        let geometry = ConvGeometry::same([self.weight[2], self.weight[3]]);
        match side {
            Side::Serlab => kernel::conv(x, weight, Some(bias), geometry),
            Side::Burn => {
                let ConvGeometry { stride, padding, dilation, groups } = geometry;
                module::conv2d(x, weight, Some(bias), ConvOptions::new(stride, padding, dilation, groups))
            }
        }
    }

    /// Batch norm, ReLU and max pool, the first two in the network's order.
    fn tail(&self, side: Side, x: Tensor<4>, norm: &BatchNorm) -> Tensor<4> {
        match (side, self.order) {
            (Side::Serlab, order) => {
                let pool = Pool { kind: PoolKind::Max, size: self.pool };
                kernel::tail(x, Some(norm), Activation::Relu, order, Some(pool), true)
            }
            (Side::Burn, Order::NormFirst) => self.pooled(activation::relu(norm.forward(x))),
            (Side::Burn, Order::ActivationFirst) => self.pooled(norm.forward(activation::relu(x))),
        }
    }

    fn pooled(&self, x: Tensor<4>) -> Tensor<4> {
        MaxPool2dConfig::new(self.pool).with_strides(self.pool).init().forward(x)
    }

    fn whole(&self, side: Side, v: &Values) -> Tensor<4> {
        self.tail(side, self.convolve(side, v.x.clone(), v.weight.clone(), v.bias.clone()), &v.norm)
    }
}

/// Times an operation on both sides.
fn compare(c: &mut Criterion, name: &str, mut bench: impl FnMut(&mut BenchmarkGroup<'_, WallTime>, &str, Side)) {
    let mut group = c.benchmark_group(name);
    bench(&mut group, "serlab", Side::Serlab);
    bench(&mut group, "burn", Side::Burn);
    group.finish();
}

/// Runs a benchmark, after doing `once` what it times: threads and memory are asked for at the first use.
fn time(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    once: impl Fn(),
    mut bench: impl FnMut(&mut Bencher<'_, WallTime>),
) {
    let mut is_first = true;
    group.bench_function(name, |b| {
        if std::mem::take(&mut is_first) {
            once();
        }
        bench(b);
    });
}

/// Times what `timed` makes of a tensor; `rest` then goes on with it, off the clock, so that memory is asked for and comes
/// back as it does in a training.
#[expect(clippy::disallowed_methods, reason = "time is what a benchmark measures")]
fn time_part(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    input: impl Fn() -> Tensor<4>,
    timed: impl Fn(Tensor<4>) -> Tensor<4>,
    rest: impl Fn(Tensor<4>),
) {
    let once = || {
        let x = input();
        let begun = Instant::now();
        let out = timed(x);
        let took = begun.elapsed();
        rest(out);
        took
    };
    time(group, name, || _ = once(), |b| b.iter_custom(|rounds| (0..rounds).map(|_| once()).sum()));
}

/// Times the backward pass of what `forward` makes. The gradient it starts from is all 1; filling it counts.
fn time_gradient(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, forward: impl Fn() -> Tensor<4>) {
    let once = || drop(forward().backward());
    time(group, name, once, |b| b.iter_batched(&forward, |out| out.backward(), BatchSize::PerIteration));
}

/// All operations of one block, called `name`.
fn time_block(c: &mut Criterion, name: &str, block: Block) {
    let plain = Device::flex();
    let graph = plain.clone().autodiff();
    let v = block.values(&graph);
    // The first block's input is data: nobody asks for its gradient.
    let first = block.input[1] <= 2;
    let x = if first { v.x.clone() } else { v.x.clone().require_grad() };
    let (weight, bias) = (v.weight.clone().require_grad(), v.bias.clone().require_grad());
    let learning = Values { x, weight, bias, norm: v.norm.clone() };
    let learn = |out: Tensor<4>| drop(out.backward());

    compare(c, &format!("{name} convolution"), |group, side_name, side| {
        let input = || learning.x.clone();
        let convolve = |x| block.convolve(side, x, learning.weight.clone(), learning.bias.clone());
        time_part(group, side_name, input, convolve, |y| learn(block.tail(side, y, &learning.norm)));
    });
    if !first {
        compare(c, &format!("{name} input gradient"), |group, side_name, side| {
            let forward = || block.convolve(side, learning.x.clone(), v.weight.clone(), v.bias.clone());
            time_gradient(group, side_name, forward);
        });
    }
    compare(c, &format!("{name} weight gradient"), |group, side_name, side| {
        let forward = || block.convolve(side, v.x.clone(), learning.weight.clone(), learning.bias.clone());
        time_gradient(group, side_name, forward);
    });
    compare(c, &format!("{name} tail"), |group, side_name, side| {
        let convolved = || block.convolve(side, learning.x.clone(), learning.weight.clone(), learning.bias.clone());
        time_part(group, side_name, convolved, |y| block.tail(side, y, &learning.norm), learn);
    });
    compare(c, &format!("{name} tail gradient"), |group, side_name, side| {
        let convolved = block.convolve(side, v.x.clone(), v.weight.clone(), v.bias.clone()).detach().require_grad();
        time_gradient(group, side_name, || block.tail(side, convolved.clone(), &learning.norm));
    });
    compare(c, &format!("{name} block, inference"), |group, side_name, side| {
        let v = block.values(&plain);
        let v = Values { norm: v.norm.valid(), ..v };
        let infer = || block.whole(side, &v);
        time(group, side_name, || drop(infer()), |b| b.iter(infer));
    });
    compare(c, &format!("{name} block, training"), |group, side_name, side| {
        let train = || learn(block.whole(side, &learning));
        time(group, side_name, train, |b| b.iter(train));
    });
}

fn kernels(c: &mut Criterion) {
    for network in &NETWORKS {
        for (i, block) in network.blocks().enumerate() {
            time_block(c, &format!("{} {}", network.name, i + 1), block);
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots();
    targets = kernels
}
criterion_main!(benches);
