//! NumPy's `.npy` files and CSV tables: arrays for other tools, and reference arrays from them.

use super::{Feature, FeatureError, Frames};
use std::io::Write;
use std::path::Path;

/// An array read from a `.npy` file, C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of each axis, slowest first.
    pub shape: Vec<usize>,
    /// The values, in the file's own precision.
    pub values: Values,
}

/// Values of an [`Array`].
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// From `<f4`.
    F32(Vec<f32>),
    /// From `<f8`.
    F64(Vec<f64>),
}

impl Values {
    /// All values in f64.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::F32(values) => values.iter().map(|v| f64::from(*v)).collect(),
            Self::F64(values) => values.clone(),
        }
    }
}

const MAGIC: &[u8] = b"\x93NUMPY";

/// Writes an f32 array in C order (format 1.0, as `numpy.save` does).
///
/// # Errors
/// [`FeatureError::Size`] where shape and values differ, [`FeatureError::Io`].
pub fn write_f32(out: &mut impl Write, shape: &[usize], values: &[f32]) -> Result<(), FeatureError> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    write(out, "<f4", shape, values.len(), &bytes)
}

/// Writes an f64 array in C order.
///
/// # Errors
/// As [`write_f32`].
pub fn write_f64(out: &mut impl Write, shape: &[usize], values: &[f64]) -> Result<(), FeatureError> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    write(out, "<f8", shape, values.len(), &bytes)
}

fn write(out: &mut impl Write, dtype: &str, shape: &[usize], count: usize, bytes: &[u8]) -> Result<(), FeatureError> {
    let expected = shape.iter().product();
    if expected != count {
        return Err(FeatureError::Size { what: format!("array of shape {shape:?}"), expected, actual: count });
    }
    let axes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    // A tuple of one keeps its comma, a longer one needs none.
    let axes = if shape.len() == 1 { axes.trim_end() } else { axes.trim_end_matches(", ") };
    let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({axes}), }}");
    // The data starts at a multiple of 64 bytes: 10 before the header, and a newline ends it.
    let padding = (64 - (10 + header.len() + 1) % 64) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let io = |source| FeatureError::Io { what: "writing .npy".into(), source };
    let length = u16::try_from(header.len()).map_err(|_| FeatureError::Npy(format!("{} axes", shape.len())))?;
    for part in [MAGIC, &[1, 0], &length.to_le_bytes(), header.as_bytes(), bytes] {
        out.write_all(part).map_err(io)?;
    }
    Ok(())
}

/// Reads a file; see [`read`].
///
/// # Errors
/// [`FeatureError::Io`] and [`FeatureError::Npy`], both naming the file.
pub fn read_file(path: &Path) -> Result<Array, FeatureError> {
    let bytes = std::fs::read(path).map_err(|source| FeatureError::Io { what: path.display().to_string(), source })?;
    read(&bytes).map_err(|error| match error {
        FeatureError::Npy(why) => FeatureError::Npy(format!("{}: {why}", path.display())),
        other => other,
    })
}

/// Reads a `.npy` file's bytes: little-endian f32 or f64 in C order, formats 1 to 3.
///
/// # Errors
/// [`FeatureError::Npy`] for anything else, and where the data is not as long as the shape says.
pub fn read(bytes: &[u8]) -> Result<Array, FeatureError> {
    let wrong = |why: String| FeatureError::Npy(why);
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| wrong("it does not begin with the NumPy signature".into()))?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [version, ..] => return Err(wrong(format!("format {version}, expected 1 to 3"))),
        [] => return Err(wrong("it ends after the signature".into())),
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(|| wrong("it ends inside the header".into()))?;
    let header = std::str::from_utf8(header).map_err(|_| wrong("the header is not text".into()))?;
    if field(header, "fortran_order") != Some("False") {
        return Err(wrong("fortran_order is not False; save it with numpy.ascontiguousarray".into()));
    }
    let shape = shape_of(header).ok_or_else(|| wrong(format!("no shape in the header {header:?}")))?;
    let count = shape.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
    let width = match field(header, "descr") {
        Some("'<f4'") => 4,
        Some("'<f8'") => 8,
        other => return Err(wrong(format!("values of type {}, expected '<f4' or '<f8'", other.unwrap_or("unknown")))),
    };
    if count.and_then(|n| n.checked_mul(width)) != Some(data.len()) {
        return Err(wrong(format!("shape {shape:?} of {width} bytes a value, but {} bytes of data", data.len())));
    }
    let values = if width == 4 {
        Values::F32(data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    } else {
        Values::F64(data.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
    };
    Ok(Array { shape, values })
}

/// The text of a header's field up to its comma.
fn field<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let after = header.split_once(&format!("'{name}':"))?.1;
    Some(after.split([',', '}']).next()?.trim())
}

fn shape_of(header: &str) -> Option<Vec<usize>> {
    let tuple = header.split_once("'shape':")?.1.trim_start().strip_prefix('(')?.split_once(')')?.0;
    tuple.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect()
}

/// Writes one feature of one clip as a table: `frame`, `seconds` and one column a bin, one row a frame.
///
/// `seconds` is t * hop_length / sample_rate_hz: the middle of a centred frame, the start of another.
///
/// # Errors
/// [`FeatureError::Io`].
pub fn write_csv(out: impl Write, feature: &Feature, frames: &Frames, sample_rate_hz: u32) -> Result<(), FeatureError> {
    let io = |source: std::io::Error| FeatureError::Io { what: "writing a table".into(), source };
    let mut table = csv::Writer::from_writer(out);
    let header = ["frame".to_owned(), "seconds".to_owned()].into_iter().chain(feature.bin_names());
    table.write_record(header).map_err(|e| io(e.into()))?;
    for t in 0..frames.frames {
        let seconds = (t * feature.hop_length()) as f64 / f64::from(sample_rate_hz);
        let values = (0..frames.bins).map(|b| frames.row(b)[t].to_string());
        let record = [t.to_string(), format!("{seconds:.6}")].into_iter().chain(values);
        table.write_record(record).map_err(|e| io(e.into()))?;
    }
    table.flush().map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arrays_read_back_as_written() {
        for shape in [vec![6], vec![2, 3], vec![1, 2, 3]] {
            let values = [0.1, -2.5, 3e-39, 4.0, f64::MAX, 0.0];
            let mut bytes = Vec::new();
            write_f64(&mut bytes, &shape, &values).unwrap();
            assert_eq!((bytes.len() - 48) % 64, 0, "the data starts at a multiple of 64 bytes");
            let read_back = read(&bytes).unwrap();
            assert_eq!(read_back, Array { shape: shape.clone(), values: Values::F64(values.to_vec()) });
            let singles: Vec<f32> = values.iter().map(|v| *v as f32).collect();
            let mut bytes = Vec::new();
            write_f32(&mut bytes, &shape, &singles).unwrap();
            assert_eq!(read(&bytes).unwrap().values, Values::F32(singles));
        }
    }

    #[test]
    fn what_is_not_such_an_array_is_refused_with_a_reason() {
        let mut good = Vec::new();
        write_f32(&mut good, &[2, 2], &[1.0; 4]).unwrap();
        let why = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(why(b"RIFF").contains("signature"));
        assert!(why(&good[..6]).contains("ends after"));
        assert!(why(&good[..20]).contains("inside the header"));
        assert!(why(&good[..good.len() - 1]).contains("15 bytes of data"));
        let text = |from: &str, to: &str| {
            let mut bytes = good.clone();
            let at = good.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            why(&bytes)
        };
        assert!(text("'<f4'", "'<i4'").contains("type '<i4'"));
        assert!(text("False", "True ").contains("fortran_order"));
        assert!(text("(2, 2)", "(2, 9)").contains("[2, 9]"));
        assert!(write_f32(&mut Vec::new(), &[3], &[1.0]).is_err());
    }

    #[test]
    fn a_table_has_a_row_a_frame_and_a_column_a_bin() {
        let feature = Feature::Mfcc(super::super::Mfcc {
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

    proptest! {
        #[test]
        fn arbitrary_bytes_are_an_array_of_their_shape_or_are_refused(
            version in 0u8..5,
            header in "[^\\x00]{0,20}('descr': '<f4', )?('fortran_order': False, )?('shape': \\([0-9, ]{0,12}\\), )?",
            data in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let wide = (header.len() as u32).to_le_bytes();
            let length = if version == 1 { &wide[..2] } else { &wide[..] };
            let bytes = [MAGIC, &[version, 0], length, header.as_bytes(), &data].concat();
            for bytes in [&bytes[..], &data] {
                if let Ok(array) = read(bytes) {
                    prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.to_f64().len());
                }
            }
        }
    }
}
