//! What the server has: clips, pointers, archives.

use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number from other numbers, evenly spread (the finalizer of SplitMix64).
pub fn mixed(seed: u64, text: &str, round: usize) -> u64 {
    let text = text.bytes().fold(seed, |sum, byte| sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte));
    let mut z = text.wrapping_add((round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The pointer of Git LFS to a file.
pub fn pointer(bytes: &[u8]) -> Vec<u8> {
    let (hash, size) = (sha256(bytes), bytes.len());
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{hash}\nsize {size}\n").into_bytes()
}

/// A gzipped tar of entries with name, type and content, just as they are given.
pub fn tar_gz(entries: &[(String, u8, Vec<u8>)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(encoder);
    let mut put = |name: &str, kind: u8, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
        header.as_old_mut().linkflag = [kind];
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content).unwrap();
    };
    put("pax_global_header", b'g', format!("52 comment={}\n", "0123456789".repeat(4)).as_bytes());
    for (name, kind, content) in entries {
        put(name, *kind, content);
    }
    tar.into_inner().unwrap().finish().unwrap()
}

pub const DEMOGRAPHICS: &str = "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n";

/// So many clips with CREMA-D's names: 0.15 s at 16 kHz, each another tone.
pub fn clips(count: usize) -> Vec<(String, Vec<u8>)> {
    const SENTENCES: [&str; 12] = ["DFA", "IEO", "IOM", "ITH", "ITS", "IWL", "IWW", "MTI", "TAI", "TIE", "TSI", "WSI"];
    const EMOTIONS: [&str; 6] = ["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"];
    let clip = |i: usize| {
        let name = format!("{}_{}_{}_XX.wav", 1001 + i / 72, SENTENCES[i % 72 / 6], EMOTIONS[i % 6]);
        let hertz = 100.0 + 7.0 * i as f64;
        let wave = |n: u32| (8000.0 * (std::f64::consts::TAU * hertz * f64::from(n) / 16_000.0).sin()) as i16;
        let data: Vec<u8> = (0..2400).flat_map(|n| wave(n).to_le_bytes()).collect();
        let mut wav = b"RIFF".to_vec();
        wav.extend((36 + data.len() as u32).to_le_bytes());
        wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        wav.extend(16_000_u32.to_le_bytes());
        wav.extend(32_000_u32.to_le_bytes());
        wav.extend(b"\x02\0\x10\0data");
        wav.extend((data.len() as u32).to_le_bytes());
        wav.extend(data);
        (name, wav)
    };
    (0..count).map(clip).collect()
}
