//! Files that are sound and were read wrongly, files that lie in a way that was believed, and parts of files.

use super::*;

/// What taggers and editors leave behind the audio: a newline, zeros, an ID3v1 tag, an APE tag with two fields, Lyrics3.
fn tails() -> Vec<Vec<u8>> {
    let id3v1 = [&b"TAG"[..], b"A title", &[0; 118]].concat();
    let items = b"\x03\0\0\0\0\0\0\0Title\0one\x03\0\0\0\0\0\0\0Album\0two";
    let ape = |flags: u32| {
        let size = items.len() as u32 + 32;
        let numbers = [2000_u32, size, 2, flags].map(u32::to_le_bytes).concat();
        [&b"APETAGEX"[..], &numbers, &[0; 8]].concat()
    };
    let ape = [&ape(0xA000_0000)[..], items, &ape(0x8000_0000)].concat();
    let lyrics = b"LYRICSBEGININD0000200000017LYRICS200".to_vec();
    vec![
        b"\n".to_vec(),
        vec![0; 4_000],
        id3v1.clone(),
        ape.clone(),
        [ape, id3v1.clone()].concat(),
        [lyrics, id3v1].concat(),
    ]
}

#[test]
fn what_follows_the_audio_is_no_damage_and_loses_no_sample() {
    let wave = wav(1, 1, 16_000, 16, &[1, 0].repeat(300));
    for (name, bytes) in [("wav", &wave[..]), ("flac", FLAC), ("mp3", MP3), ("ogg", OGG)] {
        let plain = read(bytes);
        for tail in tails() {
            let tagged = read(&[bytes, &tail].concat());
            assert_eq!(tagged.samples.len(), plain.samples.len(), "{name}, {} bytes behind", tail.len());
            assert_eq!((tagged.notes, tagged.samples == plain.samples), (Vec::new(), true), "{name}: {tail:?}");
        }
    }
}

/// A FLAC file of blocks of zeros, 65,535 samples each: what it unfolds to is 4,700 times its size.
fn zeros(blocks: u16, declared: bool) -> Vec<u8> {
    use symphonia::core::checksum::{Crc8Ccitt, Crc16Ansi};
    use symphonia::core::io::Monitor;
    let mut file = b"fLaC\x80\0\0\x22\xFF\xFF\xFF\xFF\0\0\0\0\0\0\x03\xE8\0\xF0".to_vec();
    let count = if declared { u32::from(blocks) * 65_535 } else { 0 };
    file.extend(count.to_be_bytes());
    file.extend([0; 16]);
    for block in 0..blocks {
        let mut frame = vec![0xFF, 0xF8, 0x75, 0x08];
        match block {
            0..0x80 => frame.push(block as u8),
            0x80..0x800 => frame.extend([0xC0 | (block >> 6) as u8, 0x80 | (block & 0x3F) as u8]),
            _ => frame.extend([
                0xE0 | (block >> 12) as u8,
                0x80 | (block >> 6 & 0x3F) as u8,
                0x80 | (block & 0x3F) as u8,
            ]),
        }
        frame.extend([0xFF, 0xFE]);
        let mut sum = Crc8Ccitt::new(0);
        sum.process_buf_bytes(&frame);
        frame.extend([sum.crc(), 0, 0, 0]);
        let mut sum = Crc16Ansi::new(0);
        sum.process_buf_bytes(&frame);
        frame.extend(sum.crc().to_be_bytes());
        file.extend(frame);
    }
    file
}

#[test]
fn a_small_file_that_unfolds_to_hundreds_of_megabytes_is_refused() {
    for declared in [true, false] {
        assert_eq!(read(&zeros(128, declared)).samples.len(), 128 * 65_535);
        let bomb = zeros(2_048, declared);
        let said = refusal(&bomb);
        assert!(bomb.len() < 32_000, "{}", bomb.len());
        let expected = format!("more than 8388608 samples when decoded, from {} bytes; cut", bomb.len());
        assert!(said.contains(&expected), "{said}");
    }
}

#[test]
fn a_flac_file_without_length_and_one_without_shortest_block_are_read_whole() {
    let whole = read(FLAC);
    let mut streamed = FLAC.to_vec();
    streamed[21] &= 0xF0;
    streamed[22..42].fill(0); // length and MD5 of the samples
    streamed[8..10].fill(0); // shortest block
    assert_eq!(read(&streamed), whole);
    assert_eq!(read(&[&streamed, &tails()[2][..]].concat()), whole);
    let cut = decode_bytes(&streamed[..streamed.len() - 5], Path::new("cut.flac"));
    assert!(cut.is_err() || cut.as_ref().is_ok_and(|a| a.notes == [Note::DamagedPackets { packets: 1 }]), "{cut:?}");
}

#[test]
fn a_block_that_contradicts_its_channels_and_bits_is_refused() {
    let mut file = wav(1, 1, 16_000, 16, &[1, 0].repeat(300));
    for block in [4_u8, 1, 3] {
        file[32] = block;
        let said = refusal(&file);
        assert!(said.contains(&format!("{block} bytes a block, but 1 channel of 16 bits take 2")), "{said}");
    }
    file[32] = 0;
    assert_eq!(read(&file).samples.len(), 300, "none is named");
    let mut stereo = wav(1, 2, 16_000, 12, &[0x10, 0].repeat(300));
    stereo[32] = 4;
    assert_eq!(read(&stereo).samples.len(), 150, "12 bits take two bytes");
}

#[test]
fn a_part_is_the_same_samples_as_in_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut ramp: Vec<i16> = (0..4_000).collect();
    ramp[3_500..3_600].fill(i16::MAX);
    let data: Vec<u8> = ramp.iter().flat_map(|v| [v.to_le_bytes(), v.to_le_bytes()].concat()).collect();
    let wave = wav(1, 2, 16_000, 16, &data);
    for (name, bytes) in [("a.wav", &wave[..]), ("a.flac", FLAC), ("a.mp3", MP3), ("a.ogg", OGG)] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let whole = decode(&path).unwrap();
        let part = decode_part(&path, Part { start: 0.05, end: Some(0.2) }).unwrap();
        assert_eq!((&part.samples[..], part.sample_rate_hz), (&whole.samples[800..3_200], 16_000), "{name}");
        assert_eq!(part.notes, [], "{name}: what is clipped elsewhere is not its own");
        let rest = decode_part(&path, Part { start: 0.2, end: None }).unwrap();
        assert_eq!(rest.samples, whole.samples[3_200..]);
        let said = decode_part(&path, Part { start: 0.2, end: Some(0.9) }).unwrap_err().to_string();
        assert!(said.contains(name) && said.contains("a clip from 0.2 s to 0.9 s is asked of it"), "{said}");
    }
    // Of a file that breaks off, what is there can be used.
    let cut = folder.path().join("cut.wav");
    std::fs::write(&cut, &wave[..12_044]).unwrap();
    assert_eq!(decode_part(&cut, Part { start: 0.0, end: Some(0.1) }).unwrap().notes, []);
    assert!(decode_part(&cut, Part { start: 0.1, end: Some(0.25) }).is_err());
}

#[test]
fn tagged_flac_files_of_the_field_decode_to_all_their_samples() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/faults/flac-trailing");
    let Ok(files) = std::fs::read_dir(&folder) else {
        crate::skip::skipped(format_args!("{} is not here", folder.display()));
        return;
    };
    let flac = |path: &PathBuf| path.extension().is_some_and(|e| e == "flac");
    for path in files.map(|f| f.unwrap().path()).filter(flac) {
        let audio = decode(&path).unwrap();
        assert_eq!((audio.samples.len(), audio.notes), (32_000, Vec::new()), "{}", path.display());
    }
}
