//! Intermediate files without a name: written once, then mapped.

use super::DataError;
use memmap2::Mmap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::Path;

/// A file that is being written. It begins in the folder that is asked for; where there is no room in that one, all of it
/// moves to the system's folder for temporary files.
#[derive(Debug)]
pub(super) struct Scratch {
    file: File,
    length: u64,
    /// Whether it is in the system's folder already.
    is_last_resort: bool,
}

impl Scratch {
    /// A new file in `folder`, or where that cannot be written in the system's folder for temporary files.
    pub(super) fn new(folder: Option<&Path>) -> Result<Self, DataError> {
        let wanted = folder.and_then(|folder| tempfile::tempfile_in(folder).ok());
        let is_last_resort = wanted.is_none();
        let file = wanted.map_or_else(tempfile::tempfile, Ok).map_err(error)?;
        Ok(Self { file, length: 0, is_last_resort })
    }

    /// Appends bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        let mut written = self.file.write_all(bytes);
        let is_full = |e: &io::Error| matches!(e.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
        if written.as_ref().is_err_and(is_full) && !self.is_last_resort {
            written = self.move_away().and_then(|()| self.file.write_all(bytes));
        }
        self.length += bytes.len() as u64;
        written.map_err(error)
    }

    /// Goes on in the system's folder, with what was written whole.
    fn move_away(&mut self) -> io::Result<()> {
        let mut elsewhere = tempfile::tempfile()?;
        self.file.rewind()?;
        io::copy(&mut Read::by_ref(&mut self.file).take(self.length), &mut elsewhere)?;
        (self.file, self.is_last_resort) = (elsewhere, true);
        Ok(())
    }

    /// Maps what was written; none where that is nothing.
    pub(super) fn map(self) -> Result<Option<Mmap>, DataError> {
        // SAFETY: the file has no name, so no other process can open it, and this one never writes to it again.
        (self.length > 0).then(|| unsafe { Mmap::map(&self.file) }).transpose().map_err(error)
    }
}

fn error(source: io::Error) -> DataError {
    DataError::Scratch { source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_moves_along_where_there_is_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut scratch = Scratch::new(Some(folder.path())).unwrap();
        scratch.write(b"first ").unwrap();
        // As a write leaves it that ran full in the middle.
        scratch.file.write_all(b"to").unwrap();
        scratch.move_away().unwrap();
        scratch.write(b"second").unwrap();
        assert_eq!(&scratch.map().unwrap().unwrap()[..], b"first second");
        assert!(Scratch::new(None).unwrap().map().unwrap().is_none());
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_obstacle() {
        let mut scratch = Scratch::new(Some(Path::new("/no/such/folder"))).unwrap();
        scratch.write(b"x").unwrap();
        assert_eq!(scratch.map().unwrap().unwrap().len(), 1);
    }
}
