//! What a file is, by its first bytes. Half of all "broken" clips are not audio at all, and the message should say so.

use super::AudioError;
use std::path::Path;

/// Which decoder reads a file.
#[derive(Debug, PartialEq)]
pub(super) enum Container {
    /// RIFF, RF64 or BW64.
    Wav,
    /// A container for symphonia, by its usual extension.
    Compressed(&'static str),
}

/// First bytes (at an offset) of formats that are not read.
const FOREIGN: [(usize, &[u8], &str); 13] = [
    (0, b"RIFX", "a big-endian WAV file"),
    (0, b"FORM", "an AIFF file"),
    (4, b"ftyp", "an MP4 or M4A file"),
    (0, b"caff", "a Core Audio file"),
    (0, b".snd", "a Sun AU file"),
    (0, b"NIST_1A", "a NIST SPHERE file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"MAC ", "a Monkey's Audio file"),
    (0, b"wvpk", "a WavPack file"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM file"),
    (0, b"\x30\x26\xb2\x75", "a Windows Media file"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
];

/// Decides by content; only MP3, whose frames may start anywhere, may also be claimed by the extension.
pub(super) fn container(bytes: &[u8], name: &Path) -> Result<Container, AudioError> {
    if bytes.is_empty() {
        return Err(AudioError::Empty { path: name.to_owned() });
    }
    let is_mp3_sync = bytes.len() > 1 && bytes[0] == 0xFF && bytes[1] & 0xE6 == 0xE2;
    let named_mp3 = name.extension().is_some_and(|e| e.eq_ignore_ascii_case("mp3"));
    match bytes.get(..4).unwrap_or(bytes) {
        b"RIFF" | b"RF64" | b"BW64" => return Ok(Container::Wav),
        b"fLaC" => return Ok(Container::Compressed("flac")),
        b"OggS" => return Ok(Container::Compressed("ogg")),
        b"ID3\x02" | b"ID3\x03" | b"ID3\x04" if bytes[id3_length(bytes)..].starts_with(b"fLaC") => {
            return Ok(Container::Compressed("flac"));
        }
        [b'I', b'D', b'3', _] => return Ok(Container::Compressed("mp3")),
        _ if is_mp3_sync => return Ok(Container::Compressed("mp3")),
        _ => {}
    }
    let foreign = FOREIGN.iter().find(|(at, magic, _)| bytes.get(*at..).is_some_and(|b| b.starts_with(magic)));
    let what = if let Some((_, _, what)) = foreign {
        format!("is {what}; WAV, FLAC, MP3 and OGG Vorbis are read: convert it, for example with ffmpeg")
    } else if bytes.starts_with(b"version https://git-lfs") {
        "is a Git LFS pointer, not the audio itself; run `git lfs pull` in the corpus's checkout".to_owned()
    } else if is_text(bytes) {
        "is text, not audio (a failed download?); fetch the file again or take it out of the corpus".to_owned()
    } else if named_mp3 {
        return Ok(Container::Compressed("mp3"));
    } else {
        "is no audio file of a known kind; WAV, FLAC, MP3 and OGG Vorbis are read".to_owned()
    };
    Err(AudioError::NotAudio { path: name.to_owned(), what })
}

/// How many bytes an ID3v2 tag at the beginning takes, 0 where there is none (ID3v2.4, section 3.1).
pub(super) fn id3_length(bytes: &[u8]) -> usize {
    let Some([b'I', b'D', b'3', _, _, flags, size @ ..]) = bytes.first_chunk::<10>().copied() else { return 0 };
    let size = size.iter().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7F));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    (10 + size + footer).min(bytes.len())
}

/// Whether the first bytes are printable UTF-8, as of a web page or an error message saved under an audio name.
fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(256)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut at the end of the head.
        Err(e) if e.valid_up_to() + 4 > head.len() && head.len() < bytes.len() => {
            std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid.is_empty() && valid.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8], name: &str) -> String {
        container(bytes, Path::new(name)).unwrap_err().to_string()
    }

    #[test]
    fn containers_are_told_apart_by_content_whatever_the_name_says() {
        let of = |bytes: &[u8]| container(bytes, Path::new("a.wav")).unwrap();
        assert_eq!(of(b"RIFF...."), Container::Wav);
        assert_eq!(of(b"fLaC...."), Container::Compressed("flac"));
        assert_eq!(of(b"OggS...."), Container::Compressed("ogg"));
        assert_eq!(of(b"ID3\x04..."), Container::Compressed("mp3"));
        assert_eq!(of(b"\xFF\xFB\x90\x00"), Container::Compressed("mp3"));
    }

    #[test]
    fn what_is_not_audio_is_named_with_the_way_out() {
        assert!(said(b"version https://git-lfs.github.com/spec/v1\n", "a.wav").contains("git lfs pull"));
        assert!(said(b"<!DOCTYPE html><title>404</title>", "a.wav").contains("is text, not audio"));
        assert!(said(b"\0\0\0\x20ftypM4A ", "a.wav").contains("MP4 or M4A"));
        assert!(said(b"\0\x01\x02\x03", "clips/a.wav").starts_with("clips/a.wav: is no audio file of a known kind"));
        assert!(said(b"", "a.wav").contains("holds no audio sample"));
    }
}
