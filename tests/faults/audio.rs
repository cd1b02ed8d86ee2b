//! Audio files that lie or are none: one clear error a file, and no more memory than the bytes that are there deserve.

use crate::common::{Folder, SMALL, serlab};
use crate::live::Live;

/// The fields of a WAV header that a file may lie in.
struct Wav {
    format: u16,
    channels: u16,
    sample_rate_hz: u32,
    bits: u16,
    /// What the header says, not what is there.
    data_bytes: u32,
}

/// Mono, 16 bit, 16 kHz, one second.
const HONEST: Wav = Wav { format: 1, channels: 1, sample_rate_hz: 16_000, bits: 16, data_bytes: 32_000 };

impl Wav {
    fn with(&self, data: &[u8]) -> Vec<u8> {
        let frame = u32::from(self.channels) * u32::from(self.bits) / 8;
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((36_u32.wrapping_add(self.data_bytes)).to_le_bytes());
        bytes.extend(b"WAVEfmt \x10\0\0\0");
        bytes.extend(self.format.to_le_bytes());
        bytes.extend(self.channels.to_le_bytes());
        bytes.extend(self.sample_rate_hz.to_le_bytes());
        bytes.extend(self.sample_rate_hz.wrapping_mul(frame).to_le_bytes());
        bytes.extend((frame as u16).to_le_bytes());
        bytes.extend(self.bits.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend(self.data_bytes.to_le_bytes());
        bytes.extend(data);
        bytes
    }
}

/// One second of a tone, 16 bit.
fn tone() -> Vec<u8> {
    let sample = |i: i32| (((i % 80) - 40) * 200) as i16;
    (0..16_000).flat_map(|i| sample(i).to_le_bytes()).collect()
}

/// Float samples of which one is `odd`.
fn floats(odd: f32) -> Vec<u8> {
    (0..16_000).flat_map(|i| if i == 8_000 { odd } else { 0.1 }.to_le_bytes()).collect()
}

/// Files that cannot be used: a name, the bytes, and what must be said of them.
fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let float = Wav { format: 3, bits: 32, data_bytes: 64_000, ..HONEST };
    let rf64 = {
        let mut bytes = b"RF64\xFF\xFF\xFF\xFFWAVEds64\x1C\0\0\0".to_vec();
        for size in [1_u64 << 62, 1 << 62, 1 << 61] {
            bytes.extend(size.to_le_bytes());
        }
        bytes.extend([0; 4]);
        let wav = Wav { data_bytes: u32::MAX, ..HONEST }.with(&tone());
        bytes.extend(&wav[12..]);
        bytes
    };
    let id3 = [b"ID3\x04\0\0\x7F\x7F\x7F\x7F".to_vec(), vec![0xFF; 3_000]].concat();
    vec![
        ("empty", Vec::new(), ""),
        ("text", b"Dear diary, this is no audio.\n".repeat(40), ""),
        ("page", b"<!DOCTYPE html><html><body>404</body></html>".to_vec(), ""),
        ("zeros", vec![0; 40_000], ""),
        ("header", Wav { data_bytes: 0, ..HONEST }.with(b""), "no audio sample"),
        ("half", HONEST.with(&tone()[..16_000]), "16000 samples, 8000 are there"),
        ("gigabytes", Wav { data_bytes: 0x7000_0000, ..HONEST }.with(&tone()), "are there"),
        ("exabytes", rf64, "are there"),
        ("no-channel", Wav { channels: 0, ..HONEST }.with(&tone()), "channel"),
        ("65535-channels", Wav { channels: u16::MAX, ..HONEST }.with(&tone()), ""),
        ("no-rate", Wav { sample_rate_hz: 0, ..HONEST }.with(&tone()), "Hz"),
        ("4-ghz", Wav { sample_rate_hz: u32::MAX, ..HONEST }.with(&tone()), "Hz"),
        ("no-bits", Wav { bits: 0, ..HONEST }.with(&tone()), ""),
        ("adpcm", Wav { format: 0x11, bits: 4, ..HONEST }.with(&tone()), "ffmpeg"),
        ("nan", float.with(&floats(f32::NAN)), "NaN"),
        ("infinite", float.with(&floats(f32::INFINITY)), "inf"),
        ("no-format", [&b"RIFF\xFF\xFF\xFF\xFFWAVEdata\x10\0\0\0"[..], &[0; 16]].concat(), "format"),
        ("long-chunk", [&b"RIFF\xFF\xFF\xFF\xFFWAVEfmt \xFF\xFF\xFF\xFF"[..], &[1; 30]].concat(), ""),
        ("flac", [b"fLaC".to_vec(), vec![0xFF; 5_000]].concat(), ""),
        ("ogg", [b"OggS".to_vec(), vec![0xFF; 5_000]].concat(), ""),
        ("mp3", id3, ""),
    ]
}

/// A corpus of files with the hostile ones among them, and its spec.
fn corpus() -> Folder {
    let folder = Folder::new();
    folder.synthesize("clips", &["speakers=6", "repetitions=1"]);
    let mut list = std::fs::read_to_string(folder.path().join("clips/manifest.csv")).unwrap();
    let columns = list.lines().next().unwrap().matches(',').count();
    assert!(list.starts_with("file,label,speaker"), "{}", list.lines().next().unwrap());
    for (name, bytes, _) in hostile() {
        std::fs::write(folder.path().join(format!("clips/{name}.wav")), bytes).unwrap();
        list += &format!("{name}.wav,angry,s001{}\n", ",".repeat(columns - 2));
    }
    folder.write("clips/manifest.csv", &list);
    let corpus = "[corpus.manifest]\npath = \"clips/manifest.csv\"\n";
    folder.write("small.toml", &SMALL.replace("[corpus.synth]\nspeakers = 6\nrepetitions = 1\n", corpus));
    folder
}

/// That each hostile file is named in one line, with what must be said of it.
fn assert_one_error_a_file(said: &str) {
    for (name, _, about) in hostile() {
        let file = format!("{name}.wav");
        let lines: Vec<&str> = said.lines().filter(|l| l.contains(&file)).collect();
        let [line] = lines[..] else { panic!("{name} is named in {} lines: {said}", lines.len()) };
        assert!(line.contains(about), "{about}: {line}");
        assert!(line.contains(';') || line.contains("promises"), "no way out: {line}");
    }
}

#[test]
fn every_hostile_file_gets_one_error_from_run_and_the_others_are_used_once_they_are_left_out() {
    let folder = corpus();
    let run = || serlab(&folder).args(["run", "small.toml", "--only", "1d-s0"]);
    let refused = run().run();
    assert_eq!(refused.code, 3, "{}", refused.all());
    let count = hostile().len();
    assert!(refused.err.contains(&format!("{count} of {} clips cannot be used", 144 + count)), "{}", refused.err);
    assert_one_error_a_file(&refused.err);
    let left_out = run().args(["--set", "clips.broken=leave-out"]).run();
    assert_eq!(left_out.code, 0, "{}", left_out.all());
    assert!(left_out.err.contains(&format!("({count} clips could not be used)")), "{}", left_out.err);
}

#[test]
fn the_doctor_names_every_hostile_file_as_unreadable_or_cut_short() {
    let folder = corpus();
    let doctor = serlab(&folder).args(["corpus", "doctor", "small.toml", "--json"]).run();
    assert_eq!(doctor.code, 3, "{}", doctor.all());
    let found: serde_json::Value = serde_json::from_str(&doctor.out).unwrap();
    for (name, ..) in hostile() {
        let clip = serde_json::Value::from(format!("{name}.wav"));
        let about = |f: &&serde_json::Value| f["leave_out"].as_array().unwrap().contains(&clip);
        let findings: Vec<_> = found["findings"].as_array().unwrap().iter().filter(about).collect();
        assert!(!findings.is_empty(), "{name}: {}", doctor.out);
        assert!(findings.iter().any(|f| f["severity"] == "error"), "{name}: {findings:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn sizes_that_files_only_claim_take_no_memory() {
    let folder = corpus();
    let mut life = Live::start(serlab(&folder).args(["corpus", "doctor", "small.toml"]));
    let mut peak = 0;
    let code = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", life.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0));
        if let Some(code) = life.ends_within(2) {
            break code;
        }
    };
    assert_eq!(code, 3, "{}", life.all());
    assert!(peak > 0 && peak < 400 << 10, "{} MiB for a few megabytes of files", peak >> 10);
}
