//! Features of many rows in one mapped file: memory does not grow with the corpus.

use super::DataError;
use super::scratch::Scratch;
use crate::features::Frames;
use crate::split::Row;
use memmap2::Mmap;
use std::collections::BTreeMap;
use std::path::Path;

/// Where one array lies in the file.
#[derive(Debug, Clone, Copy)]
struct Entry {
    offset: usize,
    bins: usize,
    frames: usize,
}

/// The frames of rows, one array [bins, frames] a feature, unpadded and unscaled, in a file without a name.
#[derive(Debug)]
pub struct FrameStore {
    map: Option<Mmap>,
    entries: BTreeMap<Row, Vec<Entry>>,
}

impl FrameStore {
    /// The features of one row, copied out of the file.
    ///
    /// # Panics
    /// Where the row was never written: rows are asked for by the tables that were built with the store.
    pub fn get(&self, row: Row) -> Vec<Frames> {
        let entries = self.entries.get(&row).expect("a table only asks for rows its store was built for");
        let bytes: &[u8] = self.map.as_deref().unwrap_or_default();
        entries
            .iter()
            .map(|e| {
                let part = &bytes[e.offset..e.offset + 4 * e.bins * e.frames];
                Frames { bins: e.bins, frames: e.frames, data: bytemuck::cast_slice(part).to_vec() }
            })
            .collect()
    }

    /// The most frames that any feature of the row has.
    pub fn frames(&self, row: Row) -> usize {
        self.lengths(row).max().unwrap_or(0)
    }

    /// The frames that each feature of the row has.
    pub fn lengths(&self, row: Row) -> impl Iterator<Item = usize> {
        self.entries.get(&row).into_iter().flatten().map(|e| e.frames)
    }

    /// Whether the row is there.
    pub fn holds(&self, row: Row) -> bool {
        self.entries.contains_key(&row)
    }
}

/// Writes a [`FrameStore`], row after row.
#[derive(Debug)]
pub struct FrameStoreWriter {
    file: Scratch,
    offset: usize,
    entries: BTreeMap<Row, Vec<Entry>>,
}

impl FrameStoreWriter {
    /// A new store in a file without a name in `folder`, or in the system's folder for temporary files.
    pub fn new(folder: Option<&Path>) -> Result<Self, DataError> {
        Ok(Self { file: Scratch::new(folder)?, offset: 0, entries: BTreeMap::new() })
    }

    /// Appends the features of one row.
    pub fn put(&mut self, row: Row, features: &[Frames]) -> Result<(), DataError> {
        let mut entries = Vec::with_capacity(features.len());
        for frames in features {
            entries.push(Entry { offset: self.offset, bins: frames.bins, frames: frames.frames });
            self.file.write(bytemuck::cast_slice(&frames.data))?;
            self.offset += 4 * frames.data.len();
        }
        self.entries.insert(row, entries);
        Ok(())
    }

    /// Maps what was written.
    pub fn finish(self) -> Result<FrameStore, DataError> {
        Ok(FrameStore { map: self.file.map()?, entries: self.entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_got_back() {
        let a = Frames { bins: 2, frames: 3, data: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        let b = Frames { bins: 1, frames: 4, data: vec![0.5; 4] };
        let (first, second) = (Row { clip: 3, copy: 0 }, Row { clip: 3, copy: 1 });
        let mut writer = FrameStoreWriter::new(None).unwrap();
        writer.put(first, &[a.clone(), b.clone()]).unwrap();
        writer.put(second, std::slice::from_ref(&b)).unwrap();
        let store = writer.finish().unwrap();
        assert_eq!(store.get(first), [a, b.clone()]);
        assert_eq!(store.get(second), [b]);
        assert_eq!((store.frames(first), store.holds(Row { clip: 4, copy: 0 })), (4, false));
    }
}
