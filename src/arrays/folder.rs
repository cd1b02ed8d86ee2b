//! Many arrays in one place: a folder of `.npy` files, or an archive of them, as `numpy.savez` writes it.

use super::ArrayError;
use super::npy::{self, Array};
use super::npz::Archive;
use std::path::{Path, PathBuf};

/// A folder, or an archive that is read like one.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// Where the path is a file.
    archive: Option<Archive>,
}

impl Folder {
    /// Opens a folder of files, or an archive (`.npz`, `.zip`).
    ///
    /// # Errors
    /// A path that is neither.
    pub fn open(path: &Path) -> Result<Self, ArrayError> {
        let archive = if path.is_file() { Some(Archive::open(path)?) } else { None };
        if archive.is_none() && !path.is_dir() {
            let why = "there is no such folder of .npy files, and no such .npz archive";
            return Err(ArrayError::unreadable(path, why));
        }
        Ok(Self { path: path.to_owned(), archive })
    }

    /// Whether there is an array of that name.
    pub fn has(&self, name: &str) -> bool {
        match &self.archive {
            Some(archive) => archive.has(name),
            None => self.path.join(name).is_file(),
        }
    }

    /// The array of that name: a path below the folder, or in an archive a name with or without `.npy`.
    ///
    /// # Errors
    /// An array that is not there or cannot be read, named with its folder.
    pub fn read(&self, name: &str) -> Result<Array, ArrayError> {
        match &self.archive {
            Some(archive) => {
                let unreadable = |why| ArrayError::Unreadable { file: format!("{}/{name}", self.path.display()), why };
                npy::read(&archive.bytes(name)?).map_err(unreadable)
            }
            None => npy::read_file(&self.path.join(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_and_an_archive_of_it_hold_the_same_arrays() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        npy::write_f32(&mut bytes, &[2], &[1.0, 2.0]).unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/a.npy"), &bytes).unwrap();
        let archive = folder.path().join("all.npz");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&archive).unwrap());
        let deflated = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file("sub/a.npy", deflated).unwrap();
        std::io::Write::write_all(&mut zip, &bytes).unwrap();
        zip.finish().unwrap();
        for path in [folder.path(), &archive] {
            let open = Folder::open(path).unwrap();
            assert!(open.has("sub/a.npy") && !open.has("b.npy"));
            assert_eq!(open.read("sub/a.npy").unwrap().values, [1.0, 2.0]);
            assert!(open.read("b.npy").unwrap_err().to_string().contains("b.npy"));
        }
        assert!(Folder::open(&archive).unwrap().has("sub/a"), "numpy's own names have no ending");
        let none = Folder::open(&folder.path().join("none")).unwrap_err().to_string();
        assert!(none.contains("no such folder"), "{none}");
        std::fs::write(&archive, "PK").unwrap();
        assert!(Folder::open(&archive).unwrap_err().to_string().contains("all.npz"));
    }
}
