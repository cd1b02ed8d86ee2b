//! NumPy's archives (`.npz`): arrays by name in a zip file.

use super::ArrayError;
use super::npy::{self, Array};
use super::table::{Cells, Column, Table};
use memmap2::Mmap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zip::ZipArchive;

/// An archive, mapped.
#[derive(Debug, Clone)]
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipArchive<Cursor<Mapped>>,
}

/// The bytes of a file, shared.
#[derive(Debug, Clone)]
struct Mapped(Arc<Mmap>);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, ArrayError> {
        let file = std::fs::File::open(path).map_err(|source| ArrayError::io(path, source))?;
        // SAFETY: the mapping is read only; a file that is cut off while it is read ends the process, as it would end any
        // program that maps files, and one that is changed gives other values, which their hash tells.
        #[expect(unsafe_code, reason = "mapping a file cannot be done otherwise")]
        let map = unsafe { Mmap::map(&file) }.map_err(|source| ArrayError::io(path, source))?;
        let zip = ZipArchive::new(Cursor::new(Mapped(Arc::new(map))))
            .map_err(|e| ArrayError::unreadable(path, format!("no archive as numpy.savez writes it: {e}")))?;
        Ok(Self { path: path.to_owned(), zip })
    }

    /// The archive's own name for an array, which numpy writes with `.npy` behind.
    fn entry(&self, name: &str) -> Option<usize> {
        self.zip.index_for_name(name).or_else(|| self.zip.index_for_name(&format!("{name}.npy")))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// The names of its arrays, in its order.
    fn names(&self) -> Vec<String> {
        let names = self.zip.file_names().flatten();
        names.map(|name| name.strip_suffix(".npy").unwrap_or(&name).to_owned()).collect()
    }

    /// The bytes of the array called `name`.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, ArrayError> {
        let unreadable = |why: String| ArrayError::unreadable(&self.path.join(name), why);
        let entry = self.entry(name).ok_or_else(|| unreadable("there is no such array in the archive".to_owned()))?;
        // A clone shares the directory and the bytes.
        let mut zip = self.zip.clone();
        let mut file = zip.by_index(entry).map_err(|e| unreadable(e.to_string()))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|e| unreadable(e.to_string()))?;
        Ok(bytes)
    }
}

/// An archive as a table: its text arrays are columns, its arrays of numbers with as many rows as `key` has are columns too. A
/// text array that is as long as an array of numbers is wide names that one's columns.
pub(super) fn read(path: &Path, key: &str) -> Result<Table, ArrayError> {
    let archive = Archive::open(path)?;
    let (mut texts, mut numbers) = (Vec::<(String, Vec<String>)>::new(), Vec::<(String, Array)>::new());
    for name in archive.names() {
        let bytes = archive.bytes(&name)?;
        let unreadable = |why| ArrayError::unreadable(&path.join(&name), why);
        match npy::read_texts(&bytes).map_err(unreadable)? {
            Some(found) => texts.push((name, found)),
            None => {
                let array = npy::read(&bytes).map_err(|why| ArrayError::unreadable(&path.join(&name), why))?;
                numbers.push((name, array));
            }
        }
    }
    let keyed = texts.iter().find(|(name, _)| name == key).map(|(_, texts)| texts.len());
    let numbered = || numbers.iter().find(|(name, _)| name == key).and_then(|(_, array)| array.shape.first().copied());
    let Some(rows) = keyed.or_else(numbered) else {
        let there: Vec<&str> =
            texts.iter().map(|(n, _)| n.as_str()).chain(numbers.iter().map(|(n, _)| n.as_str())).collect();
        let why = format!("there is no array `{key}` that names the clips; there are {}", there.join(", "));
        return Err(ArrayError::unreadable(path, why));
    };
    let mut columns = Vec::new();
    for (name, Array { shape, values }) in numbers {
        let width = match shape[..] {
            [n] if n == rows => 1,
            [n, width] if n == rows => width,
            _ => {
                let why =
                    format!("the array has shape {shape:?}, but `{key}` names {rows} clips: a row a clip is needed");
                return Err(ArrayError::unreadable(&path.join(&name), why));
            }
        };
        let names = texts.iter().find(|(other, names)| other != key && shape.len() == 2 && names.len() == width);
        for j in 0..width {
            let column = match names {
                _ if shape.len() == 1 => name.clone(),
                Some((_, names)) => names[j].clone(),
                None => format!("{name}_{j}"),
            };
            let cells = (0..rows).map(|i| values[i * width + j]).collect();
            columns.push(Column { name: column, cells: Cells::Numbers(cells) });
        }
    }
    let of_rows = texts.into_iter().filter(|(_, texts)| texts.len() == rows);
    columns.extend(of_rows.map(|(name, texts)| Column { name, cells: Cells::Texts(texts) }));
    Ok(Table { columns, rows, lines: None })
}
