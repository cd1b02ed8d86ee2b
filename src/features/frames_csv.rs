//! Features as tables for other tools.

use super::{Feature, FeatureError, Frames};
use std::io::Write;

/// Writes one feature of one clip as a table: `frame`, `seconds` and one column a bin, one row a frame.
///
/// `seconds` is t * hop_length / sample_rate_hz: the middle of a centred frame, the start of another; empty where the hop is
/// not known.
///
/// # Errors
/// [`FeatureError::Io`].
pub fn write_csv(out: impl Write, feature: &Feature, frames: &Frames, sample_rate_hz: u32) -> Result<(), FeatureError> {
    let io = |source: std::io::Error| FeatureError::Io { what: "writing a table".into(), source };
    let mut table = csv::Writer::from_writer(out);
    let header = ["frame".to_owned(), "seconds".to_owned()].into_iter().chain(feature.bin_names());
    table.write_record(header).map_err(|e| io(e.into()))?;
    for t in 0..frames.frames {
        let seconds = feature.hop_length().map(|hop| (t * hop) as f64 / f64::from(sample_rate_hz));
        let values = (0..frames.bins).map(|b| frames.row(b)[t].to_string());
        let record = [t.to_string(), seconds.map(|seconds| format!("{seconds:.6}")).unwrap_or_default()]
            .into_iter()
            .chain(values);
        table.write_record(record).map_err(|e| io(e.into()))?;
    }
    table.flush().map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_row_a_frame_and_a_column_a_bin() {
        let feature = Feature::Mfcc(crate::features::Mfcc {
            n_mfcc: 2,
            levels: crate::features::Levels {
                mel: crate::features::Mel {
                    stft: crate::features::StftSettings { hop_length: 160, ..Default::default() },
                    ..Default::default()
                },
                ..Default::default()
            },
            ..Default::default()
        });
        let frames = Frames { bins: 2, frames: 2, data: vec![1.0, 2.0, 0.1, -4.5] };
        let mut out = Vec::new();
        write_csv(&mut out, &feature, &frames, 16_000).unwrap();
        let expected = "frame,seconds,mfcc_0,mfcc_1\n0,0.000000,1,0.1\n1,0.010000,2,-4.5\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
