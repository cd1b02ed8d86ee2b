//! The repository's archive: gzipped tar, read as it comes in. Nothing of it is unpacked by its own names.

use super::fault::{Fault, Nature};
use super::folder::{Folder, feed, hex, remove};
use super::listing::{CLIPS, Clip, LARGEST_CLIP, LARGEST_CORPUS, Listing, is_clip, is_table};
use super::pointer::{LONGEST, Pointer};
use super::web::{Stream, plain};
use super::{FetchError, Progress, Source};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use tar::{EntryType, PaxExtensions};

/// The most bytes that are read of an archive, once it is inflated: with all films of CREMA-D in it, it has about 4 GB.
const LARGEST: u64 = 8 << 30;
/// The most files in it.
const MOST_ENTRIES: usize = 500_000;
/// A larger table is passed over: it is not one of the small ones that belong to the corpus's description.
const LARGEST_TABLE: u64 = 32 << 20;
/// All tables together are held in memory until the archive turns out to be whole.
const LARGEST_TABLES: u64 = 96 << 20;
/// An entry's name may take this much.
const LONGEST_HEADER: u64 = 1 << 16;

/// What an archive holds of the corpus.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Its clips by their names in lower case, in which no two may agree: some disks know no difference.
    clips: BTreeMap<String, Clip>,
    /// Its tables, in the same way: name and content.
    pub tables: BTreeMap<String, (String, Vec<u8>)>,
    /// The commit, where it is told.
    pub commit: Option<String>,
    /// What was passed over.
    pub notes: Vec<String>,
}

impl Contents {
    /// The list of it.
    pub fn into_listing(self, source: &Source) -> Listing {
        let mut clips: Vec<Clip> = self.clips.into_values().collect();
        clips.sort_by(|a, b| a.name.cmp(&b.name));
        Listing::new(source, self.commit, clips, self.tables.into_values().map(|(name, _)| name).collect())
    }
}

/// The body of an answer as a reader; what went wrong with it is kept, for the readers above only pass on a text.
struct Body<'a> {
    stream: Stream<'a>,
    fault: &'a RefCell<Option<Fault>>,
    bytes: u64,
    progress: &'a dyn Progress,
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.stream.next(buffer).map_err(|fault| {
            let error = io::Error::other(fault.why.clone());
            *self.fault.borrow_mut() = Some(fault);
            error
        })?;
        self.bytes += n as u64;
        self.progress.archive(self.bytes);
        Ok(n)
    }
}

/// Counts what was inflated: a few bytes can become very many.
struct Inflated<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| io::Error::other("it is too large"))?;
        Ok(n)
    }
}

/// Reads an archive. Clips that are in it themselves are collected under their unfinished names.
///
/// # Errors
/// A passing fault where it is damaged or broke off; a lasting one where it is hostile or not this corpus.
pub(super) fn read<'a>(stream: Stream<'a>, folder: &Folder, progress: &'a dyn Progress) -> Result<Contents, Fault> {
    let fault = RefCell::new(None);
    let body = Body { stream, fault: &fault, bytes: 0, progress };
    let result = entries(Inflated { inner: GzDecoder::new(body), left: LARGEST }, folder);
    match (result, fault.into_inner()) {
        (_, Some(fault)) => Err(fault),
        (result, None) => result,
    }
}

fn entries(inflated: impl Read, folder: &Folder) -> Result<Contents, Fault> {
    let mut archive = tar::Archive::new(inflated);
    let mut contents = Contents::default();
    let verdict = each(&mut archive, folder, &mut contents);
    if matches!(verdict, Ok(()) | Err(Fault { nature: Nature::Lasting, .. })) {
        // To the very end, where the checksum is: before that nothing is known, neither good nor bad.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
    }
    verdict?;
    if contents.clips.is_empty() {
        let why = format!("there is no clip in a folder {CLIPS}; this is not the repository of CREMA-D");
        return Err(Fault::lasting(why));
    }
    if contents.clips.values().map(|clip| clip.bytes).sum::<u64>() > LARGEST_CORPUS {
        return Err(Fault::lasting("its clips would have more than 16 GB"));
    }
    Ok(contents)
}

fn damaged(error: io::Error) -> Fault {
    Fault::passing(format!("the archive is damaged: {error}"))
}

fn each(archive: &mut tar::Archive<impl Read>, folder: &Folder, contents: &mut Contents) -> Result<(), Fault> {
    let mut longer_name: Option<Vec<u8>> = None;
    // Raw: otherwise names of any length would be read into memory.
    for (count, entry) in archive.entries().map_err(damaged)?.raw(true).enumerate() {
        let mut entry = entry.map_err(damaged)?;
        if count >= MOST_ENTRIES {
            return Err(Fault::lasting(format!("it has more than {MOST_ENTRIES} entries")));
        }
        let kind = entry.header().entry_type();
        match kind {
            EntryType::XGlobalHeader => {
                contents.commit = value(&header(&mut entry)?, "comment").filter(|text| is_commit(text));
            }
            EntryType::XHeader => longer_name = value(&header(&mut entry)?, "path").map(String::into_bytes),
            EntryType::GNULongName => {
                let name = header(&mut entry)?;
                longer_name = Some(name.split(|b| *b == 0).next().unwrap_or_default().to_vec());
            }
            EntryType::GNULongLink => {}
            _ => {
                let name = longer_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
                let size = entry.size();
                one(&name, kind, size, &mut entry, folder, contents)?;
            }
        }
    }
    Ok(())
}

/// Takes one entry, if it belongs to the corpus.
fn one(
    name: &[u8],
    kind: EntryType,
    size: u64,
    content: &mut impl Read,
    folder: &Folder,
    contents: &mut Contents,
) -> Result<(), Fault> {
    let text = String::from_utf8_lossy(name);
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if text.starts_with('/') || parts.contains(&"..") {
        return Err(Fault::lasting(format!("its entry {} leads out of the archive", plain(&text))));
    }
    // The first part is the repository's name and branch.
    let (clip, name) = match parts[..] {
        [_, folder, name] if folder == CLIPS => (true, name),
        [_, name] if is_table(name) => (false, name),
        _ => return Ok(()),
    };
    if kind.is_dir() {
        return Ok(());
    }
    if !kind.is_file() {
        return Err(Fault::lasting(format!("its entry {} is a link or another special file", plain(&text))));
    }
    let taken = if clip {
        take_clip(name, size, content, folder, contents)?
    } else {
        take_table(name, size, content, contents)?
    };
    if !taken {
        contents.notes.push(format!("{} was passed over", plain(&text)));
    }
    Ok(())
}

fn take_clip(
    name: &str,
    size: u64,
    content: &mut impl Read,
    folder: &Folder,
    contents: &mut Contents,
) -> Result<bool, Fault> {
    if !is_clip(name) {
        return Ok(false);
    }
    let start = exactly(content, size.min(LONGEST))?;
    let pointer = if size <= LONGEST { Pointer::parse(&start) } else { Ok(None) };
    let clip = match pointer.map_err(|why| Fault::lasting(format!("{CLIPS}/{name} is {why}")))? {
        Some(Pointer { sha256, bytes }) => Clip { name: name.to_owned(), sha256, bytes, in_archive: false },
        None if size <= LARGEST_CLIP => Clip {
            name: name.to_owned(),
            sha256: keep(name, size, &mut start.chain(content), folder)?,
            bytes: size,
            in_archive: true,
        },
        None => Clip { name: name.to_owned(), sha256: String::new(), bytes: size, in_archive: true },
    };
    if clip.bytes > LARGEST_CLIP {
        return Err(Fault::lasting(format!("{CLIPS}/{name} would have {} bytes; no clip has as many", clip.bytes)));
    }
    let other = contents.clips.insert(name.to_ascii_lowercase(), clip);
    match other {
        Some(other) => Err(Fault::lasting(format!("{CLIPS}/{name} and {CLIPS}/{} would be one file", other.name))),
        None => Ok(true),
    }
}

fn take_table(name: &str, size: u64, content: &mut impl Read, contents: &mut Contents) -> Result<bool, Fault> {
    let held: u64 = contents.tables.values().map(|(_, bytes)| bytes.len() as u64).sum();
    let key = name.to_ascii_lowercase();
    if size > LARGEST_TABLE || held + size > LARGEST_TABLES || contents.tables.contains_key(&key) {
        return Ok(false);
    }
    let bytes = exactly(content, size)?;
    if Pointer::parse(&bytes[..bytes.len().min(LONGEST as usize)]) != Ok(None) {
        return Ok(false);
    }
    contents.tables.insert(key, (name.to_owned(), bytes));
    Ok(true)
}

/// Writes a clip's own audio and gives its hash.
fn keep(name: &str, size: u64, content: &mut impl Read, folder: &Folder) -> Result<String, Fault> {
    /// Writes what is hashed.
    struct Tee<'a, R> {
        content: &'a mut R,
        file: File,
        failed: Option<io::Error>,
    }
    impl<R: Read> Read for Tee<'_, R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.content.read(buffer)?;
            if let Err(e) = self.file.write_all(&buffer[..n]) {
                self.failed = Some(e);
                return Err(io::Error::other("the disk"));
            }
            Ok(n)
        }
    }
    let path = folder.part_of(name);
    remove(&path)?;
    let file = File::create_new(&path).map_err(FetchError::disk(&path, "written"))?;
    let (mut tee, mut hasher) = (Tee { content, file, failed: None }, Sha256::new());
    let length = feed(&mut hasher, &mut tee);
    if let Some(e) = tee.failed {
        return Err(FetchError::disk(&path, "written")(e).into());
    }
    match length {
        Ok(length) if length == size => Ok(hex(hasher)),
        Ok(length) => Err(Fault::passing(format!("the archive ended after {length} of {size} bytes of {name}"))),
        Err(e) => Err(damaged(e)),
    }
}

/// So many bytes and no fewer.
fn exactly(content: &mut impl Read, size: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = content.take(size).read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() as u64 == size => Ok(bytes),
        Ok(n) => Err(Fault::passing(format!("the archive ended after {n} of {size} bytes of an entry"))),
        Err(e) => Err(damaged(e)),
    }
}

/// An entry that describes the next one, or all.
fn header<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<Vec<u8>, Fault> {
    match entry.size() {
        size @ 0..=LONGEST_HEADER => exactly(entry, size),
        size => Err(Fault::lasting(format!("the name of one of its entries would have {size} bytes"))),
    }
}

fn value(header: &[u8], key: &str) -> Option<String> {
    let pairs = PaxExtensions::new(header).filter_map(Result::ok);
    pairs.filter(|pair| pair.key() == Ok(key)).filter_map(|pair| pair.value().map(str::to_owned).ok()).last()
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
