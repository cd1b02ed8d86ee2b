//! NumPy's `.npy` files: arrays for other tools, and arrays from them.

use super::ArrayError;
use half::f16;
use std::io::Write;
use std::path::Path;

/// An array read from a `.npy` file.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of each axis, slowest first; empty for a single number.
    pub shape: Vec<usize>,
    /// The values in C order, whatever the file's: integers above 2^53 and f128 aside, none loses a digit.
    pub values: Vec<f64>,
}

/// What a file holds, before its values are looked at.
#[derive(Debug, Clone, PartialEq)]
struct Header {
    kind: Kind,
    /// Bytes a value.
    width: usize,
    big_endian: bool,
    fortran: bool,
    shape: Vec<usize>,
}

/// The kinds of values that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
    /// UTF-32, padded with zeros.
    Unicode,
    /// Bytes, padded with zeros.
    Bytes,
}

const MAGIC: &[u8] = b"\x93NUMPY";

/// Writes an f32 array in C order (format 1.0, as `numpy.save` does).
///
/// # Errors
/// [`ArrayError::Size`] where shape and values differ, and what `out` gives.
pub fn write_f32(out: &mut impl Write, shape: &[usize], values: &[f32]) -> Result<(), ArrayError> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    write(out, "<f4", shape, values.len(), &bytes)
}

/// Writes an f64 array in C order.
///
/// # Errors
/// As [`write_f32`].
pub fn write_f64(out: &mut impl Write, shape: &[usize], values: &[f64]) -> Result<(), ArrayError> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    write(out, "<f8", shape, values.len(), &bytes)
}

fn write(out: &mut impl Write, dtype: &str, shape: &[usize], count: usize, bytes: &[u8]) -> Result<(), ArrayError> {
    let expected = shape.iter().product();
    if expected != count {
        return Err(ArrayError::Size { shape: shape.to_vec(), expected, actual: count });
    }
    let axes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    // A tuple of one keeps its comma, a longer one needs none.
    let axes = if shape.len() == 1 { axes.trim_end() } else { axes.trim_end_matches(", ") };
    let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({axes}), }}");
    // The data starts at a multiple of 64 bytes: 10 before the header, and a newline ends it.
    let padding = (64 - (10 + header.len() + 1) % 64) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let io = |source| ArrayError::io(Path::new("an array"), source);
    let too_long = |_| ArrayError::unreadable(Path::new("an array"), format!("has {} axes", shape.len()));
    let length = u16::try_from(header.len()).map_err(too_long)?;
    for part in [MAGIC, &[1, 0], &length.to_le_bytes(), header.as_bytes(), bytes] {
        out.write_all(part).map_err(io)?;
    }
    Ok(())
}

/// Reads a file of numbers; see [`read`].
///
/// # Errors
/// Those of [`read`], naming the file.
pub fn read_file(path: &Path) -> Result<Array, ArrayError> {
    let bytes = std::fs::read(path).map_err(|source| ArrayError::io(path, source))?;
    read(&bytes).map_err(|why| ArrayError::unreadable(path, why))
}

/// Reads the bytes of a `.npy` file of numbers: `bool`, integers and floats of 1 to 8 bytes, either byte order, C or Fortran
/// order, formats 1 to 3.
///
/// # Errors
/// What is wrong with it, and what would help.
pub fn read(bytes: &[u8]) -> Result<Array, String> {
    let (header, data) = header(bytes)?;
    let values = match (header.kind, header.width) {
        (Kind::Bool | Kind::Unsigned, 1) => data.iter().map(|byte| f64::from(*byte)).collect(),
        (Kind::Signed, 1) => data.iter().map(|byte| f64::from(byte.cast_signed())).collect(),
        (Kind::Unsigned, 2) => header.numbers(data, |b| f64::from(u16::from_le_bytes(b))),
        (Kind::Signed, 2) => header.numbers(data, |b| f64::from(i16::from_le_bytes(b))),
        (Kind::Float, 2) => header.numbers(data, |b| f16::from_le_bytes(b).to_f64()),
        (Kind::Unsigned, 4) => header.numbers(data, |b| f64::from(u32::from_le_bytes(b))),
        (Kind::Signed, 4) => header.numbers(data, |b| f64::from(i32::from_le_bytes(b))),
        (Kind::Float, 4) => header.numbers(data, |b| f64::from(f32::from_le_bytes(b))),
        (Kind::Unsigned, 8) => header.numbers(data, |b| u64::from_le_bytes(b) as f64),
        (Kind::Signed, 8) => header.numbers(data, |b| i64::from_le_bytes(b) as f64),
        (Kind::Float, 8) => header.numbers(data, f64::from_le_bytes),
        _ => return Err("it holds text, not numbers".to_owned()),
    };
    let values = if header.fortran { in_c_order(&header.shape, &values) } else { values };
    Ok(Array { shape: header.shape, values })
}

/// Reads the bytes of a `.npy` file of texts (`str` or `bytes` arrays) of one axis; none where it holds something else.
///
/// # Errors
/// As [`read`].
pub(super) fn read_texts(bytes: &[u8]) -> Result<Option<Vec<String>>, String> {
    let (header, data) = header(bytes)?;
    let unpadded = |text: String| text.trim_end_matches('\0').to_owned();
    let text = |cell: &[u8]| match header.kind {
        Kind::Bytes => String::from_utf8(cell.to_vec()).ok().map(unpadded),
        _ => {
            let number = |b: &[u8; 4]| if header.big_endian { u32::from_be_bytes(*b) } else { u32::from_le_bytes(*b) };
            cell.as_chunks::<4>().0.iter().map(|b| char::from_u32(number(b))).collect::<Option<String>>().map(unpadded)
        }
    };
    match (header.kind, &header.shape[..]) {
        (Kind::Unicode | Kind::Bytes, [0]) => Ok(Some(Vec::new())),
        (Kind::Unicode | Kind::Bytes, [count]) if header.width == 0 => Ok(Some(vec![String::new(); *count])),
        (Kind::Unicode | Kind::Bytes, [_]) => {
            let texts = data.chunks_exact(header.width).map(text).collect::<Option<Vec<String>>>();
            texts.map(Some).ok_or_else(|| "it holds text that is not Unicode".to_owned())
        }
        _ => Ok(None),
    }
}

impl Header {
    /// The values of `N` bytes each, in the order of the file.
    fn numbers<const N: usize>(&self, data: &[u8], of: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        let value = |bytes: &[u8; N]| {
            let mut bytes = *bytes;
            if self.big_endian {
                bytes.reverse();
            }
            of(bytes)
        };
        data.as_chunks::<N>().0.iter().map(value).collect()
    }
}

/// Values in Fortran order (the first axis runs fastest), brought into C order (the last one does).
fn in_c_order(shape: &[usize], values: &[f64]) -> Vec<f64> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut at = vec![0; shape.len()];
    let mut ordered = Vec::with_capacity(values.len());
    while ordered.len() < values.len() {
        ordered.push(values[at.iter().zip(&strides).map(|(i, stride)| i * stride).sum::<usize>()]);
        for axis in (0..shape.len()).rev() {
            at[axis] += 1;
            if at[axis] < shape[axis] {
                break;
            }
            at[axis] = 0;
        }
    }
    ordered
}

/// The header of a file and the bytes behind it, which are as many as it says.
fn header(bytes: &[u8]) -> Result<(Header, &[u8]), String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin with the NumPy signature, so it is no .npy file")?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [version, ..] if !(1..=3).contains(version) => return Err(format!("format {version}, expected 1 to 3")),
        _ => return Err("it ends after the signature".to_owned()),
    };
    let (text, data) = rest.split_at_checked(length).ok_or("it ends inside the header")?;
    let text = std::str::from_utf8(text).map_err(|_| "the header is not text")?;
    let (kind, width, big_endian) = dtype(text)?;
    let fortran = match field(text, "fortran_order") {
        Some("False") => false,
        Some("True") => true,
        _ => return Err("the header does not say whether it is in Fortran order".to_owned()),
    };
    let shape = shape_of(text).ok_or_else(|| format!("no shape in the header {text:?}"))?;
    let count = shape.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
    if count.and_then(|n| n.checked_mul(width)) != Some(data.len()) {
        let is = data.len();
        return Err(format!(
            "shape {shape:?} of {width} bytes a value, but {is} bytes of data: it was cut off or damaged"
        ));
    }
    Ok((Header { kind, width, big_endian, fortran, shape }, data))
}

/// Kind, bytes a value, and whether the first of them is the highest.
fn dtype(header: &str) -> Result<(Kind, usize, bool), String> {
    let written = field(header, "descr").unwrap_or("unknown");
    let refused = |why: &str| Err(format!("values of type {written}: {why}"));
    let Some(name) = written.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) else {
        return refused("expected plain numbers; save a single array of them");
    };
    let (order, name) = match name.chars().next() {
        Some(order @ ('<' | '>' | '|' | '=')) => (order, &name[1..]),
        _ => ('=', name),
    };
    let Some((kind, Ok(size))) = name.split_at_checked(1).map(|(kind, size)| (kind, size.parse::<usize>())) else {
        return refused("Python objects are not read; save numbers, as in numpy.save(path, x.astype(\"float32\"))");
    };
    let kind = match (kind, size) {
        ("b", 1) => Kind::Bool,
        ("u", 1 | 2 | 4 | 8) => Kind::Unsigned,
        ("i", 1 | 2 | 4 | 8) => Kind::Signed,
        ("f", 2 | 4 | 8) => Kind::Float,
        ("U", _) => return Ok((Kind::Unicode, size.saturating_mul(4), order == '>')),
        ("S" | "a", _) => Kind::Bytes,
        _ => return refused("expected bool, integers or floats of up to 8 bytes; save x.astype(\"float32\")"),
    };
    Ok((kind, size, order == '>'))
}

/// The text of a header's field up to its comma.
fn field<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let after = header.split_once(&format!("'{name}':"))?.1;
    Some(after.split([',', '}']).next()?.trim())
}

fn shape_of(header: &str) -> Option<Vec<usize>> {
    let tuple = header.split_once("'shape':")?.1.trim_start().strip_prefix('(')?.split_once(')')?.0;
    // Python 2 wrote an L behind long integers.
    let axes = tuple.split(',').map(|n| n.trim().trim_end_matches('L')).filter(|n| !n.is_empty());
    axes.map(|n| n.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file as `numpy.save` writes it.
    fn file(dtype: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let fortran = if fortran { "True" } else { "False" };
        let header = format!("{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn arrays_read_back_as_written() {
        for shape in [vec![6], vec![2, 3], vec![1, 2, 3]] {
            let values = [0.1, -2.5, 3e-39, 4.0, f64::MAX, 0.0];
            let mut bytes = Vec::new();
            write_f64(&mut bytes, &shape, &values).unwrap();
            assert_eq!((bytes.len() - 48) % 64, 0, "the data starts at a multiple of 64 bytes");
            assert_eq!(read(&bytes).unwrap(), Array { shape: shape.clone(), values: values.to_vec() });
            let singles: Vec<f32> = values.iter().map(|v| *v as f32).collect();
            let mut bytes = Vec::new();
            write_f32(&mut bytes, &shape, &singles).unwrap();
            assert_eq!(read(&bytes).unwrap().values, singles.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_numeric_type_reads_as_the_same_numbers_in_both_byte_orders() {
        let numbers = [0i8, 1, 100, 7];
        let bytes = |order: char, of: &dyn Fn(i8) -> Vec<u8>| -> Vec<u8> {
            let turned = |n: &i8| if order == '>' { of(*n).into_iter().rev().collect() } else { of(*n) };
            numbers.iter().flat_map(turned).collect()
        };
        type Written<'a> = (&'a str, &'a dyn Fn(i8) -> Vec<u8>);
        let types: [Written<'_>; 11] = [
            ("u1", &|n| vec![n as u8]),
            ("i1", &|n| n.to_le_bytes().to_vec()),
            ("u2", &|n| (n as u16).to_le_bytes().to_vec()),
            ("i2", &|n| i16::from(n).to_le_bytes().to_vec()),
            ("u4", &|n| (n as u32).to_le_bytes().to_vec()),
            ("i4", &|n| i32::from(n).to_le_bytes().to_vec()),
            ("u8", &|n| (n as u64).to_le_bytes().to_vec()),
            ("i8", &|n| i64::from(n).to_le_bytes().to_vec()),
            ("f2", &|n| f16::from_f32(f32::from(n)).to_le_bytes().to_vec()),
            ("f4", &|n| f32::from(n).to_le_bytes().to_vec()),
            ("f8", &|n| f64::from(n).to_le_bytes().to_vec()),
        ];
        for (name, of) in types {
            for order in ['<', '>'] {
                let read = read(&file(&format!("{order}{name}"), false, "(2, 2)", &bytes(order, of))).unwrap();
                assert_eq!(read, Array { shape: vec![2, 2], values: vec![0.0, 1.0, 100.0, 7.0] }, "{order}{name}");
            }
        }
        assert_eq!(read(&file("|b1", false, "(2,)", &[1, 0])).unwrap().values, [1.0, 0.0]);
        assert_eq!(read(&file("<i2", false, "()", &[255, 255])).unwrap(), Array { shape: vec![], values: vec![-1.0] });
    }

    #[test]
    fn fortran_order_is_turned_into_c_order() {
        // numpy.asfortranarray([[0, 1, 2], [3, 4, 5]])
        let read = read(&file("|u1", true, "(2, 3)", &[0, 3, 1, 4, 2, 5])).unwrap();
        assert_eq!(read, Array { shape: vec![2, 3], values: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0] });
    }

    #[test]
    fn texts_are_read_without_what_pads_them() {
        let wide = |text: &str| -> Vec<u8> { text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect() };
        let texts = read_texts(&file("<U2", false, "(2,)", &[wide("é\0"), wide("ab")].concat())).unwrap();
        assert_eq!(texts.unwrap(), ["é", "ab"]);
        assert_eq!(read_texts(&file("|S2", false, "(2,)", b"a\0bc")).unwrap().unwrap(), ["a", "bc"]);
        assert_eq!(read_texts(&file("|u1", false, "(2,)", b"ab")), Ok(None));
        assert!(read_texts(&file("|S2", false, "(1,)", b"\xFF\xFF")).is_err());
    }

    #[test]
    fn what_is_not_such_an_array_is_refused_with_a_reason() {
        let mut good = Vec::new();
        write_f32(&mut good, &[2, 2], &[1.0; 4]).unwrap();
        let why = |bytes: &[u8]| read(bytes).unwrap_err();
        assert!(why(b"RIFF").contains("signature"));
        assert!(why(&good[..6]).contains("ends after"));
        assert!(why(&good[..20]).contains("inside the header"));
        assert!(why(&good[..good.len() - 1]).contains("15 bytes of data"));
        assert!(why(&file("|O", false, "(1,)", b"")).contains("Python objects"));
        assert!(why(&file("<c8", false, "(1,)", &[0; 8])).contains("'<c8'"));
        assert!(why(&file("<U1", false, "(1,)", &[0; 4])).contains("text, not numbers"));
        assert!(why(&file("<f4", false, "(2, 9)", &[0; 16])).contains("[2, 9]"));
        assert!(write_f32(&mut Vec::new(), &[3], &[1.0]).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_an_array_of_their_shape_or_are_refused(
            version in 0u8..5,
            header in "[^\\x00]{0,20}('descr': '[<>|][fiubUSO][0-9]{0,2}', )?('fortran_order': (False|True), )?('shape': \\([0-9, ]{0,12}\\), )?",
            data in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let wide = (header.len() as u32).to_le_bytes();
            let length = if version == 1 { &wide[..2] } else { &wide[..] };
            let bytes = [MAGIC, &[version, 0], length, header.as_bytes(), &data].concat();
            for bytes in [&bytes[..], &data] {
                let _ = read_texts(bytes);
                if let Ok(array) = read(bytes) {
                    prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
                }
            }
        }
    }
}
