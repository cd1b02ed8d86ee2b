//! The room as a whole: every form of file, the hostile ones, and arbitrary bytes.

mod faults;

use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

const OGG: &[u8] = include_bytes!("testdata/tone.ogg");
const MP3: &[u8] = include_bytes!("testdata/tone.mp3");
const FLAC: &[u8] = include_bytes!("testdata/tone.flac");

/// A WAV file of one `fmt ` and one `data` chunk.
fn wav(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let block = channels * bits / 8;
    let mut fmt = Vec::new();
    for v in [tag, channels] {
        fmt.extend(v.to_le_bytes());
    }
    for v in [rate, rate * u32::from(block)] {
        fmt.extend(v.to_le_bytes());
    }
    for v in [block, bits] {
        fmt.extend(v.to_le_bytes());
    }
    riff(&[chunk(b"fmt ", &fmt), chunk(b"data", data)])
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out.resize(out.len() + body.len() % 2, 0);
    out
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let mut out = b"RIFF".to_vec();
    out.extend((body.len() as u32 + 4).to_le_bytes());
    out.extend(b"WAVE");
    out.extend(body);
    out
}

fn read(bytes: &[u8]) -> Audio {
    decode_bytes(bytes, Path::new("test.wav")).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    decode_bytes(bytes, Path::new("test.wav")).unwrap_err().to_string()
}

#[test]
fn every_sample_format_gives_the_same_values() {
    let bytes = |values: [&[u8]; 3]| values.concat();
    let s24 = |v: i32| v.to_le_bytes()[..3].to_vec();
    let files = [
        wav(1, 1, 8_000, 8, &[0, 128, 192]),
        wav(1, 1, 8_000, 16, &bytes([&(-32768_i16).to_le_bytes(), &[0; 2], &16384_i16.to_le_bytes()])),
        wav(1, 1, 8_000, 24, &bytes([&s24(-8_388_608), &[0; 3], &s24(4_194_304)])),
        wav(1, 1, 8_000, 32, &bytes([&i32::MIN.to_le_bytes(), &[0; 4], &(1_i32 << 30).to_le_bytes()])),
        wav(3, 1, 8_000, 32, &bytes([&(-1_f32).to_le_bytes(), &[0; 4], &0.5_f32.to_le_bytes()])),
        wav(3, 1, 8_000, 64, &bytes([&(-1_f64).to_le_bytes(), &[0; 8], &0.5_f64.to_le_bytes()])),
    ];
    for (i, file) in files.iter().enumerate() {
        let audio = read(file);
        assert_eq!((audio.samples.as_slice(), audio.sample_rate_hz), (&[-1.0, 0.0, 0.5][..], 8_000), "file {i}");
        assert_eq!(audio.notes, [], "file {i}");
    }
}

#[test]
fn channels_are_averaged() {
    let data: Vec<u8> = [16384_i16, -16384, 8192, 24576].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(read(&wav(1, 2, 16_000, 16, &data)).samples, [0.0, 0.5]);
}

#[test]
fn telephone_formats_are_read() {
    assert_eq!(read(&wav(7, 1, 8_000, 8, &[0xFF, 0xFF])).samples, [0.0, 0.0]);
    assert!(read(&wav(6, 1, 8_000, 8, &[0xAA])).samples[0] > 0.98);
}

#[test]
fn lengths_that_were_never_written_are_taken_from_the_file() {
    let good = wav(1, 1, 16_000, 16, &[1, 0, 2, 0, 3, 0]);
    for declared in [u32::MAX, 0x7FFF_F000, 0] {
        let mut file = good.clone();
        file[40..44].copy_from_slice(&declared.to_le_bytes());
        file[4..8].copy_from_slice(&0_u32.to_le_bytes());
        assert_eq!(read(&file).samples, read(&good).samples);
        assert_eq!(read(&file).notes, [Note::LengthFromFile], "{declared:x}");
    }
    let empty = riff(&[good[12..36].to_vec(), chunk(b"data", &[]), chunk(b"LIST", b"INFO")]);
    assert!(refusal(&empty).contains("no audio sample"), "tags after no sample are not samples");
}

#[test]
fn a_64_bit_length_is_read_from_its_own_chunk() {
    let mut file = wav(1, 1, 16_000, 16, &[1, 0, 2, 0]);
    let mut ds64 = vec![0; 28];
    ds64[8] = 2; // data size 2: one sample
    file.splice(12..12, chunk(b"ds64", &ds64));
    file[..4].copy_from_slice(b"RF64");
    let at = file.len() - 8;
    file[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read(&file).samples, [1.0 / 32768.0]);
}

#[test]
fn odd_chunks_are_skipped_with_and_without_their_pad_byte() {
    let good = wav(1, 1, 16_000, 16, &[1, 0, 2, 0]);
    let (fmt, data) = (good[12..36].to_vec(), good[36..].to_vec());
    let padded = chunk(b"junk", &[7; 15]);
    let unpadded = padded[..padded.len() - 1].to_vec();
    for odd in [padded, unpadded] {
        assert_eq!(read(&riff(&[fmt.clone(), odd.clone(), data.clone()])).samples, read(&good).samples);
        assert_eq!(read(&riff(&[odd, fmt.clone(), data.clone()])).samples, read(&good).samples);
    }
    assert_eq!(read(&riff(&[data, fmt])).samples, read(&good).samples, "the format may come last");
}

#[test]
fn damage_is_noted_or_refused_by_name() {
    let mut cut = wav(1, 1, 16_000, 16, &[0; 100]);
    cut.truncate(94 + 1);
    let audio = read(&cut);
    assert_eq!(audio.notes, [Note::Truncated { declared: 50, found: 25 }, Note::OddBytes { bytes: 1 }]);
    assert_eq!(audio.notes[0].to_string(), "truncated: the header promises 50 samples, 25 are there");
    let nan = refusal(&wav(3, 1, 16_000, 32, &[0_f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat()));
    assert!(nan.starts_with("test.wav: sample 1 of 2 is NaN"), "{nan}");
    assert!(refusal(&wav(1, 0, 16_000, 16, &[0; 4])).contains("0 channels; from 1 to 256"));
    assert!(refusal(&wav(1, 1, 1, 16, &[0; 4])).contains("sample rate of 1 Hz"));
    assert!(refusal(&wav(0x55, 1, 16_000, 16, &[0; 4])).contains("MP3 in WAV (WAV format tag 0x55) is not supported"));
    let clipped = read(&wav(1, 1, 16_000, 16, &[0xFF, 0x7F].repeat(4)));
    assert_eq!(clipped.notes, [Note::Clipped { samples: 4, of: 4 }]);
}

#[test]
fn the_same_tone_comes_out_of_every_container() {
    // 0.25 s of a 440 Hz sine of amplitude 0.5 at 16 kHz, written by libsndfile 1.2.2.
    for (name, bytes, tolerance) in [("ogg", OGG, 0.05), ("mp3", MP3, 0.05), ("flac", FLAC, 1e-4)] {
        let audio = decode_bytes(bytes, Path::new("no-extension")).unwrap();
        assert_eq!((audio.sample_rate_hz, audio.notes.len()), (16_000, 0), "{name}: {:?}", audio.notes);
        let length = audio.samples.len();
        assert!((4_000..4_000 + 1_152).contains(&length), "{name}: {length}");
        let expected = |i: usize| 0.5 * (std::f32::consts::TAU * 440.0 * i as f32 / 16_000.0).sin();
        let worst = (500..3_500).map(|i| (audio.samples[i] - expected(i)).abs()).fold(0.0, f32::max);
        assert!(worst < tolerance, "{name}: {worst}");
    }
}

#[test]
fn a_damaged_flac_file_is_refused_and_a_cut_one_noted() {
    let cut = decode_bytes(&FLAC[..FLAC.len() - 40], Path::new("cut.flac"));
    assert!(cut.is_err() || matches!(cut.unwrap().notes[..], [Note::Truncated { declared: 4_000, .. }, ..]));
    let mut flipped = FLAC.to_vec();
    let last = flipped.len() - 200;
    flipped[last] ^= 0x10;
    match decode_bytes(&flipped, Path::new("bad.flac")) {
        Err(e) => assert!(e.to_string().starts_with("bad.flac: damaged audio"), "{e}"),
        Ok(audio) => assert!(matches!(audio.notes[..], [Note::Truncated { .. }, ..]), "{:?}", audio.notes),
    }
}

#[test]
fn what_is_written_reads_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b, c.wav");
    let samples: Vec<f32> = (-32768..32768).step_by(97).map(|v| v as f32 / 32768.0).chain([1.0, 2.0]).collect();
    write_wav(&path, &samples, 22_050).unwrap();
    let audio = decode(&path).unwrap();
    let (last, rest) = (&audio.samples[samples.len() - 2..], &audio.samples[..samples.len() - 2]);
    assert_eq!((rest, audio.sample_rate_hz), (&samples[..samples.len() - 2], 22_050));
    assert_eq!(last, [32767.0 / 32768.0; 2]);
    let error = write_wav(&folder.path().join("no/such/folder.wav"), &samples, 16_000).unwrap_err().to_string();
    assert!(error.contains("folder.wav: cannot be written"), "{error}");
    assert!(decode(folder.path()).unwrap_err().to_string().contains("not a regular file"));
    assert!(decode(&folder.path().join("gone.wav")).unwrap_err().to_string().contains("gone.wav: cannot be read"));
}

#[test]
fn the_content_hash_knows_samples_and_rate_only() {
    let x = [0.5, -0.25, 0.0];
    assert_eq!(content_hash(&x, 16_000), content_hash(&x, 16_000));
    assert_ne!(content_hash(&x, 16_000), content_hash(&x, 8_000));
    assert_ne!(content_hash(&x, 16_000), content_hash(&x[..2], 16_000));
}

#[test]
fn hostile_files_decode_or_are_refused_as_their_list_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/hostile");
    let Ok(mut list) = csv::Reader::from_path(folder.join("manifest.csv")) else {
        crate::skip::skipped(format_args!("{} is not here", folder.display()));
        return;
    };
    for row in list.records().map(Result::unwrap) {
        let (name, expect) = (&row[0], &row[2]);
        match (decode(&folder.join(name)), expect) {
            (Ok(audio), "decode" | "decode_or_refuse") => {
                let expected = (row[3].parse().unwrap(), row[4].parse().unwrap());
                assert_eq!((audio.samples.len(), audio.sample_rate_hz), expected, "{name}");
                assert!(expect == "decode" || !audio.notes.is_empty(), "{name}: used without a word");
            }
            (Err(e), "refuse" | "decode_or_refuse") => {
                assert!(e.to_string().contains(name), "{name}: the message does not name it: {e}");
            }
            (result, _) => panic!("{name}: {expect} expected, got {result:?}"),
        }
    }
}

/// Files that a mutation starts from.
fn seeds() -> Vec<Vec<u8>> {
    let mut wav16 = wav(1, 1, 16_000, 16, &[1, 0].repeat(300));
    wav16.splice(12..12, chunk(b"LIST", b"INFOabc"));
    vec![wav16, wav(3, 2, 44_100, 64, &[0; 640]), FLAC.to_vec(), MP3.to_vec(), OGG.to_vec()]
}

/// Whatever the bytes: no panic, and no more samples than the file could hold.
fn survives(bytes: &[u8]) {
    if let Ok(audio) = decode_bytes(bytes, Path::new("fuzz.mp3")) {
        assert!(!audio.samples.is_empty() && audio.samples.iter().all(|s| s.is_finite()));
        // One FLAC frame of a constant takes about a dozen bytes and stands for up to 65,536 samples.
        let most = if bytes.starts_with(b"RIFF") { bytes.len() } else { (bytes.len() / 8 + 1) * 65_536 };
        assert!(audio.samples.len() <= most, "{} samples from {} bytes", audio.samples.len(), bytes.len());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), magic in 0..6_usize) {
        let start: &[u8] = [&b""[..], b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0", b"fLaC", b"OggS", b"ID3", b"\xFF\xFB"][magic];
        survives(&[start, &bytes].concat());
    }

    #[test]
    fn damaged_files_never_panic(
        which in 0..5_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = seeds().swap_remove(which);
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        survives(&bytes);
    }
}

#[test]
fn a_million_empty_data_chunks_are_looked_at_once() {
    let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
    bytes.extend(chunk(b"data", &[]).repeat(1_000_000));
    assert!(refusal(&bytes).contains("no format chunk"));
}
