//! The innermost loops of the convolution: small tiles of the output, held in registers while a sum runs.
//!
//! Each value of a tile is one chain of fused multiply-adds in the order of the sum, whatever the instruction set.

use super::isa::{Isa, Level};

/// Rows of an output tile: channels.
pub(super) const ROWS: usize = 8;
/// Columns of an output tile: neighbouring positions.
pub(super) const COLUMNS: usize = 48;
/// An output tile, row after row.
pub(super) type Tile = [f32; ROWS * COLUMNS];

/// Rows of a gradient tile: taps of the kernel.
pub(super) const TAPS: usize = 12;
/// Columns of a gradient tile: output channels.
pub(super) const CHANNELS: usize = 32;
/// A gradient tile, row after row.
pub(super) type GradientTile = [f32; TAPS * CHANNELS];

/// Writes the two loops for one vector type: `$rows` x `$vectors` accumulators for output tiles,
/// `$taps` x `$channels` for gradient tiles, so that all of them fit into the registers.
macro_rules! tile_loops {
    ($(#[$attribute:meta])* lanes $lanes:literal, output $rows:literal x $vectors:literal, gradient $taps:literal x $channels:literal,
     $zero:expr, $load:expr, $splat:expr, $fma:expr, $store:expr) => {
        $(#[$attribute])*
        pub(super) fn output(source: &[f32], offsets: &[usize], weights: &[f32], tile: &mut Tile) {
            const WIDTH: usize = $lanes * $vectors;
            for row in (0..ROWS).step_by($rows) {
                for column in (0..COLUMNS).step_by(WIDTH) {
                    let mut sums = [[$zero; $vectors]; $rows];
                    for (r, sums) in sums.iter_mut().enumerate() {
                        for (v, sum) in sums.iter_mut().enumerate() {
                            *sum = $load(&tile[(row + r) * COLUMNS + column + v * $lanes..]);
                        }
                    }
                    for (offset, weights) in offsets.iter().zip(weights.as_chunks::<ROWS>().0) {
                        let from = &source[offset + column..][..WIDTH];
                        let weights = &weights[row..row + $rows];
                        let mut values = [$zero; $vectors];
                        for (v, value) in values.iter_mut().enumerate() {
                            *value = $load(&from[v * $lanes..]);
                        }
                        for r in 0..$rows {
                            let weight = $splat(weights[r]);
                            for v in 0..$vectors {
                                sums[r][v] = $fma(weight, values[v], sums[r][v]);
                            }
                        }
                    }
                    for (r, sums) in sums.iter().enumerate() {
                        for (v, sum) in sums.iter().enumerate() {
                            $store(&mut tile[(row + r) * COLUMNS + column + v * $lanes..], *sum);
                        }
                    }
                }
            }
        }

        $(#[$attribute])*
        pub(super) fn gradient(taps: &[&[f32]; TAPS], errors: &[[f32; CHANNELS]], tile: &mut GradientTile) {
            const WIDTH: usize = $lanes * $channels;
            for row in (0..TAPS).step_by($taps) {
                let mut rows: [&[f32]; $taps] = [&[]; $taps];
                for (r, to) in rows.iter_mut().enumerate() {
                    *to = &taps[row + r][..errors.len()];
                }
                for column in (0..CHANNELS).step_by(WIDTH) {
                    let mut sums = [[$zero; $channels]; $taps];
                    for (q, errors) in errors.iter().enumerate() {
                        let from = &errors[column..column + WIDTH];
                        let mut values = [$zero; $channels];
                        for (v, value) in values.iter_mut().enumerate() {
                            *value = $load(&from[v * $lanes..]);
                        }
                        for r in 0..$taps {
                            let pixel = $splat(rows[r][q]);
                            for v in 0..$channels {
                                sums[r][v] = $fma(pixel, values[v], sums[r][v]);
                            }
                        }
                    }
                    for (r, sums) in sums.iter().enumerate() {
                        for (v, sum) in sums.iter().enumerate() {
                            let mut total = [0.0; $lanes];
                            $store(&mut total, *sum);
                            for (to, t) in tile[(row + r) * CHANNELS + column + v * $lanes..].iter_mut().zip(total) {
                                *to += t;
                            }
                        }
                    }
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{CHANNELS, COLUMNS, GradientTile, ROWS, TAPS, Tile};
    use std::arch::x86_64::{
        __m512, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(from: &[f32]) -> __m512 {
        let from: &[f32; 16] = from.first_chunk().expect("a whole vector is left");
        // SAFETY: `from` is 16 readable floats; the load needs no alignment.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn store(to: &mut [f32], value: __m512) {
        let to: &mut [f32; 16] = to.first_chunk_mut().expect("a whole vector is left");
        // SAFETY: `to` is 16 writable floats; the store needs no alignment.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }

    tile_loops! {
        #[target_feature(enable = "avx512f")]
        lanes 16, output 8 x 3, gradient 12 x 2, _mm512_setzero_ps(), load, _mm512_set1_ps, _mm512_fmadd_ps, store
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{CHANNELS, COLUMNS, GradientTile, ROWS, TAPS, Tile};
    use std::arch::x86_64::{
        __m256, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn load(from: &[f32]) -> __m256 {
        let from: &[f32; 8] = from.first_chunk().expect("a whole vector is left");
        // SAFETY: `from` is 8 readable floats; the load needs no alignment.
        unsafe { _mm256_loadu_ps(from.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn store(to: &mut [f32], value: __m256) {
        let to: &mut [f32; 8] = to.first_chunk_mut().expect("a whole vector is left");
        // SAFETY: `to` is 8 writable floats; the store needs no alignment.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), value) }
    }

    tile_loops! {
        #[target_feature(enable = "avx2,fma")]
        lanes 8, output 4 x 3, gradient 6 x 2, _mm256_setzero_ps(), load, _mm256_set1_ps, _mm256_fmadd_ps, store
    }
}

/// Arrays of four, which compilers turn into the vectors of the target (NEON on ARM).
mod target {
    use super::{CHANNELS, COLUMNS, GradientTile, ROWS, TAPS, Tile};

    type Four = [f32; 4];

    #[inline(always)]
    fn load(from: &[f32]) -> Four {
        *from.first_chunk().expect("a whole vector is left")
    }

    #[inline(always)]
    fn store(to: &mut [f32], value: Four) {
        *to.first_chunk_mut().expect("a whole vector is left") = value;
    }

    #[inline(always)]
    fn splat(value: f32) -> Four {
        [value; 4]
    }

    #[inline(always)]
    fn fma(a: Four, b: Four, c: Four) -> Four {
        [a[0].mul_add(b[0], c[0]), a[1].mul_add(b[1], c[1]), a[2].mul_add(b[2], c[2]), a[3].mul_add(b[3], c[3])]
    }

    tile_loops! { lanes 4, output 8 x 3, gradient 6 x 4, [0.0; 4], load, splat, fma, store }
}

/// Adds to `tile[r][c]` the sum over k of `weights[k][r] * source[offsets[k] + c]`.
///
/// `weights` holds [`ROWS`] values for each of `offsets`; `source` must reach [`COLUMNS`] beyond each offset.
pub(super) fn output(isa: Isa, source: &[f32], offsets: &[usize], weights: &[f32], tile: &mut Tile) {
    debug_assert_eq!(weights.len(), offsets.len() * ROWS, "a row of weights for each offset");
    match isa.level() {
        // SAFETY: an `Isa` of this level exists only where the CPU reported AVX-512F.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::output(source, offsets, weights, tile) },
        // SAFETY: an `Isa` of this level exists only where the CPU reported AVX2 and FMA.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::output(source, offsets, weights, tile) },
        Level::Target => target::output(source, offsets, weights, tile),
    }
}

/// Adds to `tile[t][c]` the sum over q of `taps[t][q] * errors[q][c]`; each tap must be as long as `errors`.
///
/// The sum runs from 0 and is then added to the tile, so that long sums are sums of sums and lose less.
pub(super) fn gradient(isa: Isa, taps: &[&[f32]; TAPS], errors: &[[f32; CHANNELS]], tile: &mut GradientTile) {
    match isa.level() {
        // SAFETY: an `Isa` of this level exists only where the CPU reported AVX-512F.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::gradient(taps, errors, tile) },
        // SAFETY: an `Isa` of this level exists only where the CPU reported AVX2 and FMA.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::gradient(taps, errors, tile) },
        Level::Target => target::gradient(taps, errors, tile),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 % 1009) as f32 / 1009.0 - 0.5) * 1.7).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits_as_the_plain_sum() {
        let (source, offsets) = (numbers(400), [0, 3, 17, 250, 251, 349]);
        let weights = numbers(offsets.len() * ROWS);
        let mut expected: Tile = [0.25; ROWS * COLUMNS];
        for (i, e) in expected.iter_mut().enumerate() {
            for (k, o) in offsets.iter().enumerate() {
                *e = weights[k * ROWS + i / COLUMNS].mul_add(source[o + i % COLUMNS], *e);
            }
        }
        for isa in Isa::all() {
            let mut tile: Tile = [0.25; ROWS * COLUMNS];
            output(isa, &source, &offsets, &weights, &mut tile);
            assert_eq!(tile.map(f32::to_bits), expected.map(f32::to_bits), "{isa:?}");
        }
        let mut plain: Tile = [0.25; ROWS * COLUMNS];
        target::output(&source, &offsets, &weights, &mut plain);
        assert_eq!(plain, expected);
    }

    #[test]
    fn every_instruction_set_gives_the_same_gradient() {
        let source = numbers(100);
        let taps: [&[f32]; TAPS] = std::array::from_fn(|t| &source[t * 3..][..50]);
        let errors: Vec<[f32; CHANNELS]> = numbers(50 * CHANNELS).as_chunks::<CHANNELS>().0.to_vec();
        let mut expected: GradientTile = [0.0; TAPS * CHANNELS];
        for (i, e) in expected.iter_mut().enumerate() {
            let sum = (0..50).fold(0.0f32, |s, q| taps[i / CHANNELS][q].mul_add(errors[q][i % CHANNELS], s));
            *e = 1.0 + sum;
        }
        for isa in Isa::all() {
            let mut tile: GradientTile = [1.0; TAPS * CHANNELS];
            gradient(isa, &taps, &errors, &mut tile);
            assert_eq!(tile.map(f32::to_bits), expected.map(f32::to_bits), "{isa:?}");
        }
        let mut plain: GradientTile = [1.0; TAPS * CHANNELS];
        target::gradient(&taps, &errors, &mut plain);
        assert_eq!(plain, expected);
    }
}
