//! The frames of a FLAC file, found by their checksums, so that whatever follows the audio (an ID3v1 or APE tag, a newline)
//! belongs to none of them.
//!
//! Layout: RFC 9639, sections 8 (metadata) and 9 (frames).

use super::sniff::id3_length;
use symphonia::core::checksum::{Crc8Ccitt, Crc16Ansi};
use symphonia::core::io::Monitor;

/// What stands before the audio: marker and description of the stream.
const MARKER: &[u8] = b"fLaC";
/// Bytes of the description.
const DESCRIPTION: usize = 34;
/// The shortest block that a description may name.
const SHORTEST_BLOCK: u16 = 16;
/// A frame is never longer.
const LONGEST_FRAME: usize = 16 << 20;

/// A FLAC file taken apart; nothing is decoded.
#[derive(Debug)]
pub(super) struct Flac<'a> {
    /// The description of the stream (STREAMINFO), with lengths of blocks that decoders take.
    pub description: Box<[u8]>,
    /// Samples a channel, where the description tells.
    pub declared: Option<u64>,
    /// The frames, one after another.
    pub frames: Vec<&'a [u8]>,
    /// How the frames end.
    pub end: End,
}

/// What follows the last whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing of the audio.
    Whole,
    /// A frame that breaks off.
    Cut,
    /// A frame that is not what its checksum says, and more behind it.
    Damaged,
}

/// Takes a file apart; `None` where its head is none of a FLAC file.
pub(super) fn parse(bytes: &[u8]) -> Option<Flac<'_>> {
    let bytes = &bytes[id3_length(bytes)..];
    let (first, mut at) = block(bytes, MARKER.len())?;
    if !bytes.starts_with(MARKER) || first.kind != 0 || first.body.len() != DESCRIPTION {
        return None;
    }
    let mut is_last = first.is_last;
    while !is_last {
        let (next, behind) = block(bytes, at)?;
        (is_last, at) = (next.is_last, behind);
    }
    let count = first.body[13..18].iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)) & 0xF_FFFF_FFFF;
    let (frames, end) = frames(&bytes[at..]);
    Some(Flac { description: described(first.body), declared: (count > 0).then_some(count), frames, end })
}

/// A block of metadata.
struct Block<'a> {
    kind: u8,
    is_last: bool,
    body: &'a [u8],
}

/// The block at `at`, and where the next one begins.
fn block(bytes: &[u8], at: usize) -> Option<(Block<'_>, usize)> {
    let [kind, size @ ..] = *bytes.get(at..at + 4)?.first_chunk::<4>()?;
    let size = size.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let body = bytes.get(at + 4..at + 4 + size)?;
    Some((Block { kind: kind & 0x7F, is_last: kind & 0x80 != 0, body }, at + 4 + size))
}

/// The description with a range of lengths of blocks. Some encoders leave the shortest one at 0, which says nothing of the
/// audio: every frame tells its own length.
fn described(body: &[u8]) -> Box<[u8]> {
    let mut body: Box<[u8]> = body.into();
    let (shortest, longest) = (u16::from_be_bytes([body[0], body[1]]), u16::from_be_bytes([body[2], body[3]]));
    if longest < shortest.max(SHORTEST_BLOCK) {
        body[2..4].copy_from_slice(&u16::MAX.to_be_bytes());
    }
    if shortest < SHORTEST_BLOCK {
        body[..2].copy_from_slice(&SHORTEST_BLOCK.to_be_bytes());
    }
    body
}

/// The frames in what follows the metadata.
fn frames(audio: &[u8]) -> (Vec<&[u8]>, End) {
    let (mut frames, mut at) = (Vec::new(), 0);
    loop {
        let rest = &audio[at..];
        if !is_header(rest) {
            return (frames, if at == 0 && !rest.is_empty() { End::Damaged } else { End::Whole });
        }
        match length(rest) {
            Ok(length) => {
                frames.push(&rest[..length]);
                at += length;
            }
            Err(end) => return (frames, end),
        }
    }
}

/// The length of the frame at the beginning of `rest`: up to where the checksum over all of it comes out even and another
/// frame begins. Of the last frame it is the last such place: what a decoder is handed beyond the frame it does not read, and
/// one such place in 65,536 is one by chance.
fn length(rest: &[u8]) -> Result<usize, End> {
    let mut sum = Crc16Ansi::new(0);
    let (mut last, mut another) = (None, false);
    for (i, byte) in rest.iter().enumerate().take(LONGEST_FRAME) {
        if i > 0 && *byte == 0xFF && is_header(&rest[i..]) {
            if sum.crc() == 0 {
                return Ok(i);
            }
            // A header by chance hardly ever agrees with the frame's own in strategy, rate and bits.
            another |= [1, 2, 3].iter().zip([0xFF, 0xF, 0xF]).all(|(at, bits)| (rest[*at] ^ rest[i + at]) & bits == 0);
        }
        sum.process_byte(*byte);
        if sum.crc() == 0 {
            last = Some(i + 1);
        }
    }
    match last {
        // Frames behind it that its sum does not lead to: something is wrong before them.
        _ if another => Err(End::Damaged),
        Some(length) => Ok(length),
        None => Err(End::Cut),
    }
}

/// Whether a frame begins here: its first bytes, and the checksum over them.
fn is_header(bytes: &[u8]) -> bool {
    let Some([0xFF, sync, sizes, channels, number]) = bytes.first_chunk::<5>().copied() else { return false };
    let (block, rate) = (sizes >> 4, sizes & 0xF);
    if sync & 0xFE != 0xF8 || block == 0 || rate == 0xF || channels >> 4 > 0xA || channels & 1 != 0 {
        return false;
    }
    // The number of the frame or sample is written as UTF-8 writes a character.
    let number = match number.leading_ones() {
        0 => 1,
        ones @ 2..=7 => ones as usize,
        _ => return false,
    };
    let block = match block {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    let rate = match rate {
        0xC => 1,
        0xD | 0xE => 2,
        _ => 0,
    };
    let length = 4 + number + block + rate;
    let mut sum = Crc8Ccitt::new(0);
    bytes.get(..length).is_some_and(|header| {
        sum.process_buf_bytes(header);
        bytes.get(length) == Some(&sum.crc())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FLAC: &[u8] = include_bytes!("testdata/tone.flac");

    fn lengths(bytes: &[u8]) -> (usize, usize, End) {
        let flac = parse(bytes).unwrap();
        (flac.frames.len(), flac.frames.concat().len(), flac.end)
    }

    #[test]
    fn what_follows_the_audio_belongs_to_no_frame() {
        let (frames, bytes, end) = lengths(FLAC);
        assert!(frames > 0 && end == End::Whole && FLAC.ends_with(&parse(FLAC).unwrap().frames.concat()));
        let tagged = [b"ID3\x04\0\0\0\0\x01\x02", &[0; 130][..], FLAC].concat();
        assert_eq!(lengths(&tagged), (frames, bytes, End::Whole));
        for tail in [&b"\n"[..], b"TAG", &[0xFF; 300], b"APETAGEX\xD0\x07\0\0"] {
            assert_eq!(lengths(&[FLAC, tail].concat()), (frames, bytes, End::Whole), "{tail:?}");
        }
        // Zeros leave an even checksum even: they are handed on, and no decoder reads them.
        assert_eq!(lengths(&[FLAC, &[0; 500]].concat()), (frames, bytes + 500, End::Whole));
    }

    #[test]
    fn a_frame_that_breaks_off_and_one_that_is_damaged_are_told_apart() {
        assert_eq!(lengths(&FLAC[..FLAC.len() - 3]).2, End::Cut);
        let first = parse(FLAC).unwrap().frames[0].len();
        let frame = FLAC.len() - lengths(FLAC).1;
        let twice = [FLAC, &FLAC[frame..]].concat();
        assert_eq!(lengths(&twice).2, End::Whole);
        let mut flipped = twice;
        flipped[frame + first / 2] ^= 1;
        assert_eq!(lengths(&flipped).2, End::Damaged);
    }

    #[test]
    fn lengths_of_blocks_that_say_nothing_are_replaced() {
        let mut body = [0; DESCRIPTION];
        assert_eq!(described(&body)[..4], [0, 16, 0xFF, 0xFF]);
        body[2] = 16;
        assert_eq!(described(&body)[..4], [0, 16, 16, 0]);
        body[0] = 16;
        assert_eq!(described(&body)[..], body);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..FLAC.len()) {
            parse(&bytes);
            parse(&[&FLAC[..cut], &bytes].concat());
        }
    }
}
