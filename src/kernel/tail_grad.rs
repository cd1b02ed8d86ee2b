//! The tail of a block on the CPU, backward.
//!
//! With a = before(x), z = scale a + shift and the gradient e of after(z), normalisation by the batch's own statistics
//! has the gradients (Ioffe & Szegedy 2015, section 3)
//!
//! - beta: sum e; gamma: sum e u, where u = (a - mean) / sqrt(variance + epsilon);
//! - a: scale (e - mean(e) - u mean(e u)), means over images and positions.
//!
//! The pool hands its gradient to the value it kept, or to all alike; everything else is elementwise.

use super::isa::{Isa, for_each_isa};
use super::moments::{CHUNK, LANES, fold};
use super::tail_flex::{Line, TailShapes, TailSpec};
use rayon::prelude::*;

/// What a selecting pool kept: [`Selected`](super::tail_flex::Selected), borrowed.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    /// The input value kept of each window.
    pub(super) value: &'a [f32],
    /// Which value of the window it was.
    pub(super) index: &'a [u8],
}

/// What normalised a batch: kept from the forward pass.
pub(super) struct Batch<'a> {
    /// Scale of each channel.
    pub(super) gamma: &'a [f32],
    /// Shift of each channel.
    pub(super) beta: &'a [f32],
    /// The batch's mean of each channel.
    pub(super) mean: &'a [f32],
    /// The batch's biased variance of each channel.
    pub(super) variance: &'a [f32],
    /// Added to the variance.
    pub(super) epsilon: f32,
}

impl Batch<'_> {
    /// Normalisation as a line a channel.
    pub(super) fn lines(&self) -> Vec<Line> {
        let line = |c| Line::new(self.gamma[c], self.beta[c], self.mean[c], self.variance[c], self.epsilon);
        (0..self.mean.len()).map(line).collect()
    }
}

/// How the gradient of one channel is computed: `scale * e - slope * (a - mean) - level`, times the slope of `before`.
#[derive(Clone, Copy)]
struct Pull {
    line: Line,
    mean: f32,
    slope: f32,
    level: f32,
    /// Whether there is normalisation to be pulled back at all.
    normalised: bool,
}

/// Turns `x` [n, c, h, w] into the gradient of the loss by it, from `errors` [n, c, oh, ow], the gradient of the tail's
/// output. Returns the gradients of gamma and beta; empty without normalisation.
pub(super) fn backward(
    isa: Isa,
    spec: &TailSpec,
    shapes: &TailShapes,
    x: &mut [f32],
    selected: Option<Kept>,
    batch: Option<&Batch>,
    errors: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let shapes = if spec.selects() { *shapes } else { shapes.flat() };
    let sums: Vec<[f32; 2]> = match batch {
        Some(batch) => {
            let lines = batch.lines();
            (0..shapes.c)
                .into_par_iter()
                .map(|c| channel_sums(isa, spec, &shapes, c, x, selected, lines[c], batch.mean[c], errors))
                .collect()
        }
        None => Vec::new(),
    };
    let pull = |c: usize| match batch {
        Some(batch) => {
            let line = Line::new(batch.gamma[c], batch.beta[c], batch.mean[c], batch.variance[c], batch.epsilon);
            let m = (shapes.n * shapes.plane()) as f32;
            let variance = batch.variance[c] + batch.epsilon;
            Pull {
                line,
                mean: batch.mean[c],
                slope: line.scale * sums[c][1] / (variance * m),
                level: line.scale * sums[c][0] / m,
                normalised: true,
            }
        }
        None => Pull { line: Line::IDENTITY, mean: 0.0, slope: 0.0, level: 0.0, normalised: false },
    };
    let pulls: Vec<Pull> = (0..shapes.c).map(pull).collect();
    let (plane, q) = (shapes.plane(), shapes.pooled());
    x.par_chunks_mut(plane).enumerate().for_each_init(Vec::new, |row, (i, x)| {
        let (pull, errors) = (pulls[i % shapes.c], &errors[i * q..(i + 1) * q]);
        match selected {
            Some(s) => {
                let (value, index) = (&s.value[i * q..(i + 1) * q], &s.index[i * q..(i + 1) * q]);
                selected_plane(isa, *spec, shapes, pull, x, value, index, errors, row);
            }
            None => even_plane(isa, *spec, shapes, pull, x, errors),
        }
    });
    match batch {
        Some(batch) => {
            let gamma = sums.iter().zip(batch.variance).map(|(s, v)| s[1] / (v + batch.epsilon).sqrt()).collect();
            (gamma, sums.iter().map(|s| s[0]).collect())
        }
        None => (Vec::new(), Vec::new()),
    }
}

/// Sums of e and of e (a - mean) over one channel.
#[expect(clippy::too_many_arguments, reason = "a channel of everything the backward pass has")]
fn channel_sums(
    isa: Isa,
    spec: &TailSpec,
    shapes: &TailShapes,
    channel: usize,
    x: &[f32],
    selected: Option<Kept>,
    line: Line,
    mean: f32,
    errors: &[f32],
) -> [f32; 2] {
    let (plane, q) = (shapes.plane(), shapes.pooled());
    let mut sums = [0.0; 2];
    for i in (channel..shapes.n * shapes.c).step_by(shapes.c) {
        let errors = &errors[i * q..(i + 1) * q];
        match selected {
            Some(s) => add_sums(isa, *spec, &s.value[i * q..(i + 1) * q], errors, line, mean, &mut sums),
            None if shapes.window == [1, 1] => {
                add_sums(isa, *spec, &x[i * plane..(i + 1) * plane], errors, line, mean, &mut sums)
            }
            None => add_even_sums(isa, *spec, *shapes, &x[i * plane..(i + 1) * plane], errors, line, mean, &mut sums),
        }
    }
    sums.map(|s| s as f32)
}

for_each_isa! {
    fn add_sums(spec: TailSpec, x: &[f32], errors: &[f32], line: Line, mean: f32, sums: &mut [f64; 2]) {
        sum_values(spec, x, errors, line, mean, sums);
    }
}

/// The gradient of the normalised value of `x`, and how far a = before(x) lies from the mean.
#[inline(always)]
fn deviation(spec: TailSpec, line: Line, mean: f32, x: f32, e: f32) -> (f32, f32) {
    let a = spec.before.at(x);
    (e * spec.after.slope_at(line.scale * a + line.shift), a - mean)
}

/// Adds the sums of e and e (a - mean) where each input value has an error of its own.
#[inline(always)]
fn sum_values(spec: TailSpec, x: &[f32], errors: &[f32], line: Line, mean: f32, sums: &mut [f64; 2]) {
    for (x, errors) in x.chunks(CHUNK).zip(errors.chunks(CHUNK)) {
        let (mut level, mut slope) = ([0.0f32; LANES], [0.0f32; LANES]);
        let ((xs, x_rest), (es, e_rest)) = (x.as_chunks::<LANES>(), errors.as_chunks::<LANES>());
        for (x, e) in xs.iter().zip(es) {
            for l in 0..LANES {
                let (e, d) = deviation(spec, line, mean, x[l], e[l]);
                level[l] += e;
                slope[l] += e * d;
            }
        }
        for (l, (x, e)) in x_rest.iter().zip(e_rest).enumerate() {
            let (e, d) = deviation(spec, line, mean, *x, *e);
            level[l] += e;
            slope[l] += e * d;
        }
        sums[0] += fold(level);
        sums[1] += fold(slope);
    }
}

for_each_isa! {
    /// As `add_sums` where the errors of a window are shared evenly.
    #[expect(clippy::too_many_arguments, reason = "a plane of everything the backward pass has")]
    fn add_even_sums(spec: TailSpec, shapes: TailShapes, x: &[f32], errors: &[f32], line: Line, mean: f32, sums: &mut [f64; 2]) {
        let [kh, kw] = shapes.window;
        let share = 1.0 / (kh * kw) as f32;
        let mut spread = vec![0.0; shapes.out[1] * kw];
        for (oy, errors) in errors.chunks_exact(shapes.out[1]).enumerate() {
            for (to, e) in spread.chunks_exact_mut(kw).zip(errors) {
                to.fill(e * share);
            }
            for a in 0..kh {
                sum_values(spec, &x[(oy * kh + a) * shapes.image[1]..][..spread.len()], &spread, line, mean, sums);
            }
        }
    }
}

impl Pull {
    /// What normalisation takes off the gradient of a = before(x): the part that moving the statistics undoes.
    #[inline(always)]
    fn back(self, a: f32) -> f32 {
        // Not 0 * a, which would make NaN of an infinite a.
        if self.normalised { self.slope * (a - self.mean) + self.level } else { 0.0 }
    }

    /// The gradient of the input value `x` whose pooled value has the gradient `e`.
    #[inline(always)]
    fn at(self, spec: TailSpec, x: f32, e: f32) -> f32 {
        let a = spec.before.at(x);
        let e = e * spec.after.slope_at(self.line.scale * a + self.line.shift);
        (self.line.scale * e - self.back(a)) * spec.before.slope_at(x)
    }

    /// [`Pull::at`] less [`Pull::rest`]: what only the value that a pool kept receives.
    #[inline(always)]
    fn kept(self, spec: TailSpec, x: f32, e: f32) -> f32 {
        let z = self.line.scale * spec.before.at(x) + self.line.shift;
        self.line.scale * (e * spec.after.slope_at(z)) * spec.before.slope_at(x)
    }

    /// [`Pull::at`] for e = 0: what every value receives.
    #[inline(always)]
    fn rest(self, spec: TailSpec, x: f32) -> f32 {
        -self.back(spec.before.at(x)) * spec.before.slope_at(x)
    }
}

for_each_isa! {
    /// The gradient of a plane whose pool shares its gradient evenly, or of one without a pool.
    fn even_plane(spec: TailSpec, shapes: TailShapes, pull: Pull, x: &mut [f32], errors: &[f32]) {
        let [kh, kw] = shapes.window;
        let share = 1.0 / (kh * kw) as f32;
        for (y, x) in x.chunks_exact_mut(shapes.image[1]).enumerate() {
            let pooled = if y / kh < shapes.out[0] { shapes.out[1] } else { 0 };
            let errors = if pooled > 0 { &errors[y / kh * pooled..][..pooled] } else { &[] };
            let (inside, beyond) = x.split_at_mut(pooled * kw);
            if kw == 1 {
                for (x, e) in inside.iter_mut().zip(errors) {
                    *x = pull.at(spec, *x, e * share);
                }
            } else {
                for (window, e) in inside.chunks_exact_mut(kw).zip(errors) {
                    for x in window {
                        *x = pull.at(spec, *x, e * share);
                    }
                }
            }
            for x in beyond {
                *x = pull.rest(spec, *x);
            }
        }
    }
}

for_each_isa! {
    /// The gradient of a plane whose pool kept one value of each window.
    #[expect(clippy::too_many_arguments, reason = "a plane of everything the backward pass has")]
    fn selected_plane(spec: TailSpec, shapes: TailShapes, pull: Pull, x: &mut [f32], value: &[f32], index: &[u8], errors: &[f32], row: &mut Vec<f32>) {
        let ([kh, kw], columns, pitch) = (shapes.window, shapes.out[1], shapes.image[1]);
        for x in x.iter_mut() {
            *x = pull.rest(spec, *x);
        }
        row.resize(columns, 0.0);
        // Where each value of a window lies, from the window's first.
        let mut places = [0; 256];
        for (k, place) in places.iter_mut().enumerate().take(kh * kw) {
            *place = k / kw * pitch + k % kw;
        }
        let lines = value.chunks_exact(columns).zip(index.chunks_exact(columns)).zip(errors.chunks_exact(columns));
        for (oy, ((value, index), errors)) in lines.enumerate() {
            for ((to, x), e) in row.iter_mut().zip(value).zip(errors) {
                *to = pull.kept(spec, *x, *e);
            }
            let x = &mut x[oy * kh * pitch..][..kh * pitch];
            for (j, (k, e)) in index.iter().zip(row.iter()).enumerate() {
                x[j * kw + places[usize::from(*k)]] += e;
            }
        }
    }
}
