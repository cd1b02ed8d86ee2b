//! The same bits, whatever the number of threads and the instruction set.

use super::{bits, conv, normal, tail, values};
use crate::kernel::conv_flex::forward;
use crate::kernel::conv_input::backward_input;
use crate::kernel::conv_weight::backward_weight;
use crate::kernel::isa::Isa;
use crate::kernel::shapes::Shapes;
use crate::kernel::tail_flex::TailSpec;
use crate::kernel::{self, Activation, ConvGeometry, Order, Pool, PoolKind};
use burn::tensor::Device;

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

const POOL: Option<Pool> = Some(Pool { kind: PoolKind::Max, size: [2, 2] });

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let work = || {
        let convolved = |x, weight, geometry| {
            let case = conv::Case { x, weight, geometry };
            conv::outcome(&case, |x, w, b| kernel::conv(x, w, Some(b), geometry)).to_vec()
        };
        let mut all = convolved([37, 3, 9, 20], [70, 3, 3, 3], ConvGeometry::same([3, 3]));
        all.extend(convolved([21, 8, 1, 40], [150, 8, 1, 5], ConvGeometry::same([1, 5])));
        let strided = ConvGeometry { stride: [2, 2], padding: [1, 1], dilation: [1, 1], groups: 2 };
        all.extend(convolved([9, 8, 9, 20], [40, 4, 3, 3], strided));
        for order in [Order::NormFirst, Order::ActivationFirst] {
            let case = tail::Case { x: [19, 7, 9, 20], norm: true, activation: Activation::Relu, order, pool: POOL };
            all.extend(tail::outcome(&case, &Device::flex().autodiff(), kernel::tail));
        }
        all.iter().map(|v| bits(v)).collect::<Vec<_>>()
    };
    let one = on_threads(1, work);
    for threads in [2, 4] {
        assert!(on_threads(threads, work) == one, "{threads} threads");
    }
}

#[test]
fn results_do_not_depend_on_the_instruction_set() {
    let device = Device::flex();
    let geometry = ConvGeometry { stride: [1, 2], padding: [1, 1], dilation: [1, 1], groups: 1 };
    let shapes = Shapes::new([3, 5, 6, 31], [37, 5, 3, 3], geometry).unwrap();
    let (x, w) = (values(&normal([3, 5, 6, 31], "x", &device)), values(&normal([37, 5, 3, 3], "w", &device)));
    let e = values(&normal([3, 37, shapes.out[0], shapes.out[1]], "e", &device));
    let spec = TailSpec {
        before: kernel::curve::Curve::of(Activation::LeakyRelu(0.1)).unwrap(),
        after: kernel::curve::Curve::LINE,
        pool: POOL.unwrap(),
    };
    let of = |isa| {
        let (dw, db) = backward_weight(isa, &shapes, &x, &e);
        let tail = spec.shapes([3, 5, 6, 31]);
        let (mean, variance) = kernel::moments::statistics(isa, &x, &tail, spec.before);
        let batch = kernel::tail_grad::Batch {
            gamma: &w[..5],
            beta: &w[5..10],
            mean: &mean,
            variance: &variance,
            epsilon: 1e-5,
        };
        let (out, kept) = kernel::tail_flex::forward_selecting(isa, &spec, &tail, &x, &batch.lines());
        let mut dx = x.clone();
        let selected = kernel::tail_grad::Kept { value: &kept.value, index: &kept.index };
        let (dg, dbeta) =
            kernel::tail_grad::backward(isa, &spec, &tail, &mut dx, Some(selected), Some(&batch), &e[..out.len()]);
        let convolved = [forward(isa, &shapes, &x, &w, None), backward_input(isa, &shapes, &w, &e), dw, db];
        let rest = [mean.clone(), variance.clone(), out, dx, dg, dbeta];
        convolved.iter().chain(&rest).map(|v| bits(v)).collect::<Vec<_>>()
    };
    let all: Vec<_> = Isa::all().into_iter().map(of).collect();
    if all.len() < 2 {
        crate::skip::skipped("this processor has one way to compute alone");
    }
    assert!(all.windows(2).all(|w| w[0] == w[1]));
}
