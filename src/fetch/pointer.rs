//! What Git LFS leaves in a repository in place of a large file (its specification, "The Pointer", version 1).

/// The first line of a pointer.
const VERSION: &str = "version https://git-lfs.github.com/spec/v1";

/// Nothing longer than this is a pointer: Git LFS itself looks no further.
pub(super) const LONGEST: u64 = 1024;

/// A file by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointer {
    /// SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Whether 64 lower-case hexadecimal digits.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl Pointer {
    /// Reads a pointer; `None` where the content is something else, an error where it begins as a pointer and is none.
    pub fn parse(content: &[u8]) -> Result<Option<Self>, &'static str> {
        let Ok(text) = std::str::from_utf8(content) else { return Ok(None) };
        let mut lines = text.lines();
        if lines.next() != Some(VERSION) {
            return Ok(None);
        }
        let (mut sha256, mut bytes) = (None, None);
        for line in lines {
            match line.split_once(' ') {
                Some(("oid", oid)) => sha256 = oid.strip_prefix("sha256:").filter(|hex| is_sha256(hex)),
                Some(("size", size)) => bytes = size.parse().ok(),
                _ => {}
            }
        }
        match (sha256, bytes) {
            (Some(sha256), Some(bytes)) => Ok(Some(Self { sha256: sha256.to_owned(), bytes })),
            _ => Err("a Git LFS pointer without a SHA-256 and a size"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "c6f94b2592487c7556bd86df7df6e8f4420d1b9c11414aeec9d8e5e640b51495";

    #[test]
    fn a_pointer_gives_hash_and_size() {
        let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{HASH}\nsize 72862\n");
        let expected = Pointer { sha256: HASH.to_owned(), bytes: 72_862 };
        assert_eq!(Pointer::parse(text.as_bytes()), Ok(Some(expected)));
    }

    #[test]
    fn audio_is_no_pointer_and_a_broken_pointer_is_an_error() {
        assert_eq!(Pointer::parse(b"RIFF\x24\x00\x00\x00WAVE"), Ok(None));
        assert_eq!(Pointer::parse(b"\xff\xfe"), Ok(None));
        assert_eq!(Pointer::parse(b""), Ok(None));
        for rest in ["", "oid sha256:12\nsize 3\n", "oid md5:00\nsize 3\n", "size 3\n", "oid sha256:x\nsize -3\n"] {
            assert!(Pointer::parse(format!("{VERSION}\n{rest}").as_bytes()).is_err(), "{rest}");
        }
        let upper = format!("{VERSION}\noid sha256:{}\nsize 3\n", HASH.to_uppercase());
        assert!(Pointer::parse(upper.as_bytes()).is_err());
    }
}
