//! The values of one feature over one clip.

/// One feature of one clip: row-major [bins, frames].
#[derive(Debug, Clone, PartialEq)]
pub struct Frames {
    /// Rows: mel bands, coefficients, ...; 1 for a feature that is one number a frame.
    pub bins: usize,
    /// Columns: one a hop.
    pub frames: usize,
    /// `bins * frames` values; bin b of frame t is `data[b * frames + t]`.
    pub data: Vec<f32>,
}

impl Frames {
    /// The values of bin `bin`, one a frame.
    pub fn row(&self, bin: usize) -> &[f32] {
        &self.data[bin * self.frames..(bin + 1) * self.frames]
    }

    /// The largest value; minus infinity where there is none.
    pub fn max(&self) -> f32 {
        self.data.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }

    /// A feature of one bin.
    pub(super) fn one_bin(data: Vec<f32>) -> Self {
        Self { bins: 1, frames: data.len(), data }
    }

    /// From values computed frame by frame, [frames, bins].
    ///
    /// Transposed in tiles, since rows of one array are strides of the other and a stride a value misses the cache.
    pub(super) fn from_frame_major(bins: usize, values: &[f32]) -> Self {
        const TILE: usize = 16;
        let frames = values.len() / bins;
        let mut data = vec![0.0; values.len()];
        for first_bin in (0..bins).step_by(TILE) {
            let end_bin = bins.min(first_bin + TILE);
            for (t, frame) in values.chunks_exact(bins).enumerate() {
                for bin in first_bin..end_bin {
                    data[bin * frames + t] = frame[bin];
                }
            }
        }
        Self { bins, frames, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_major_values_become_rows_of_bins() {
        let frames = Frames::from_frame_major(3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(frames, Frames { bins: 3, frames: 2, data: vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0] });
        assert_eq!((frames.row(1), frames.max()), (&[2.0, 5.0][..], 6.0));
    }

    #[test]
    fn transposing_in_tiles_loses_nothing() {
        let (bins, count) = (37, 21);
        let values: Vec<f32> = (0..bins * count).map(|v| v as f32).collect();
        let frames = Frames::from_frame_major(bins, &values);
        for t in 0..count {
            for bin in 0..bins {
                assert_eq!(frames.row(bin)[t], values[t * bins + bin]);
            }
        }
    }
}
