//! How much memory the codebooks of a Vorbis stream unfold to, before any is made.
//!
//! A codebook can be written in a few bytes and still have a hundred thousand entries of dozens of numbers each, and a stream can
//! have 256 of them: half a kilobyte that asks for a gigabyte. Real encoders stay far below. Layout: Vorbis I specification,
//! sections 3.2.1 and 4.2.

/// Bytes of the identification header, behind which the setup header stands.
const IDENTIFICATION: usize = 30;

/// More than the codebooks of any encoder take, in bytes.
const MOST_BYTES: u64 = 1 << 28;

/// What a decoder needs for an entry beside its numbers, in bytes, while it builds the tree of codes.
const ENTRY_BYTES: u64 = 400;

/// Whether the codebooks in a stream's headers (identification and setup, one behind the other) are larger than any encoder
/// makes them. What cannot be read is left to the decoder to refuse.
pub(super) fn has_absurd_codebooks(headers: &[u8]) -> bool {
    let setup = headers.get(IDENTIFICATION..).and_then(|rest| rest.strip_prefix(b"\x05vorbis"));
    setup.is_some_and(|setup| absurd(&mut Bits { bytes: setup, at: 0 }).unwrap_or(false))
}

fn absurd(bits: &mut Bits<'_>) -> Option<bool> {
    let mut bytes = 0;
    for _ in 0..=bits.read(8)? {
        if bits.read(24)? != 0x56_4342 {
            return None;
        }
        let (dimensions, entries) = (bits.read(16)?, bits.read(24)?);
        bytes += u64::from(entries) * (4 * u64::from(dimensions) + ENTRY_BYTES);
        if bytes > MOST_BYTES {
            return Some(true);
        }
        skip_lengths(bits, entries)?;
        skip_values(bits, entries, dimensions)?;
    }
    Some(false)
}

/// Passes over the lengths of a codebook's codes.
fn skip_lengths(bits: &mut Bits<'_>, entries: u32) -> Option<()> {
    let is_ordered = bits.read(1)? == 1;
    if is_ordered {
        bits.read(5)?;
        let mut left = entries;
        // Each length says how many entries have it, in as many bits as the number of those left has.
        for _ in 0..=32 {
            if left == 0 {
                return Some(());
            }
            left = left.checked_sub(bits.read(32 - left.leading_zeros())?)?;
        }
        return None;
    }
    let is_sparse = bits.read(1)? == 1;
    for _ in 0..entries {
        if !is_sparse || bits.read(1)? == 1 {
            bits.read(5)?;
        }
    }
    Some(())
}

/// Passes over the numbers that a codebook's entries are made of.
fn skip_values(bits: &mut Bits<'_>, entries: u32, dimensions: u32) -> Option<()> {
    let kind = bits.read(4)?;
    if kind == 0 {
        return Some(());
    }
    bits.read(32)?;
    bits.read(32)?;
    let width = bits.read(4)? + 1;
    bits.read(1)?;
    let count = match kind {
        1 => (1..=entries).take_while(|n| n.checked_pow(dimensions).is_some_and(|all| all <= entries)).last()?,
        2 => entries.checked_mul(dimensions)?,
        _ => return None,
    };
    bits.at = bits.at.checked_add((u64::from(count) * u64::from(width)).try_into().ok()?)?;
    Some(())
}

/// Numbers of any width, each from its lowest bit up, as Vorbis packs them.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `width` bits, at most 32.
    fn read(&mut self, width: u32) -> Option<u32> {
        let mut value = 0;
        for place in 0..width {
            let byte = self.bytes.get(self.at / 8)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << place;
            self.at += 1;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Headers with codebooks of so many entries and dimensions, all codes of one length, one number for all.
    fn headers(books: u32, entries: u32, dimensions: u32) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        let mut put = |value: u32, width: u32| bits.extend((0..width).map(|place| value >> place & 1 == 1));
        put(books - 1, 8);
        for _ in 0..books {
            let shape = [(0x56_4342, 24), (dimensions, 16), (entries, 24)];
            let lengths = [(1, 1), (16, 5), (entries, 32 - entries.leading_zeros())];
            let values = [(1, 4), (0, 32), (0, 32), (0, 4), (0, 1), (0, 1)];
            shape.into_iter().chain(lengths).chain(values).for_each(|(value, width)| put(value, width));
        }
        let packed = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | u8::from(*bit)));
        [&[0; IDENTIFICATION][..], b"\x05vorbis", &packed.collect::<Vec<u8>>()].concat()
    }

    #[test]
    fn many_large_codebooks_in_few_bytes_are_told_from_ordinary_ones() {
        let large = headers(16, 1 << 17, 31);
        assert!(large.len() < 500 && has_absurd_codebooks(&large));
        assert!(!has_absurd_codebooks(&headers(50, 6_561, 16)), "each larger than the largest of common encoders");
        assert!(!has_absurd_codebooks(&headers(1, 16, 31)));
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in 0..400_usize) {
            has_absurd_codebooks(&bytes);
            has_absurd_codebooks(&[&[0; IDENTIFICATION][..], b"\x05vorbis", &bytes].concat());
            let whole = headers(16, 1 << 12, 3);
            prop_assert!(!has_absurd_codebooks(&whole[..cut.min(whole.len())]));
        }
    }
}
