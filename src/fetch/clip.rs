//! One download of one clip: taken up where it broke off, and checked.

use super::FetchError;
use super::batch::Link;
use super::fault::Fault;
use super::folder::{Folder, LocalFile, feed, hex, remove};
use super::listing::Clip;
use super::retry::RetryPolicy;
use super::web::Web;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Write;

/// How many bytes of a clip the watcher was told of.
pub(super) struct ReportedBytes<'a> {
    patience: &'a RetryPolicy<'a>,
    bytes: u64,
}

impl<'a> ReportedBytes<'a> {
    pub fn new(patience: &'a RetryPolicy<'a>) -> Self {
        Self { patience, bytes: 0 }
    }

    /// So many are there now.
    pub fn set(&mut self, bytes: u64) {
        if bytes != self.bytes {
            self.patience.progress.bytes(bytes.cast_signed() - self.bytes.cast_signed());
            self.bytes = bytes;
        }
    }
}

/// Downloads a clip. Bytes that came before a failure stay for the next try, unless they are wrong.
pub(super) fn download(
    web: &Web,
    folder: &Folder,
    clip: &Clip,
    link: &Link,
    told: &mut ReportedBytes,
) -> Result<(), Fault> {
    let patience = told.patience;
    let mut there = match folder.standing(clip)? {
        LocalFile::Whole | LocalFile::Finished => {
            told.set(clip.bytes);
            return Ok(());
        }
        LocalFile::Open(there) => there,
    };
    told.set(there);
    patience.turn()?;
    let path = folder.part(clip);
    let mut headers = link.headers.clone();
    if there > 0 {
        headers.push(("Range".to_owned(), format!("bytes={there}-")));
    }
    let answer = web.get(&link.url, &headers)?;
    match answer.status {
        206 if there > 0 && answer.range.is_some_and(|(first, _)| first == there) => {}
        // The server knows no ranges: all of it comes again.
        200 => there = 0,
        206 | 416 => {
            remove(&path)?;
            told.set(0);
            return Err(Fault::passing(format!("it was answered with another part than the one from byte {there}")));
        }
        _ => return Err(answer.fault(patience)),
    }
    let mut hasher = Sha256::new();
    let mut file = open(&path, there, &mut hasher)?;
    told.set(there);
    let mut stream = answer.stream(clip.bytes - there, patience);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = match stream.next(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(fault) => return Err(fault),
        };
        file.write_all(&buffer[..n]).map_err(FetchError::disk(&path, "written"))?;
        hasher.update(&buffer[..n]);
        there += n as u64;
        told.set(there);
    }
    drop(file);
    if there < clip.bytes {
        return Err(Fault::passing(format!("it ended after {there} of {} bytes", clip.bytes)));
    }
    if hex(hasher) != clip.sha256 {
        remove(&path)?;
        told.set(0);
        return Err(Fault::passing("its SHA-256 is not the listed one"));
    }
    Ok(folder.finish(clip)?)
}

/// The unfinished file, which is kept up to byte `there` and hashed so far.
fn open(path: &std::path::Path, there: u64, hasher: &mut Sha256) -> Result<File, FetchError> {
    if there == 0 {
        remove(path)?;
        return File::create_new(path).map_err(FetchError::disk(path, "written"));
    }
    let file = File::options().read(true).append(true).open(path);
    let mut file = file.map_err(FetchError::disk(path, "opened"))?;
    feed(hasher, &mut file).map_err(FetchError::disk(path, "read"))?;
    Ok(file)
}
