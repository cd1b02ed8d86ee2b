//! The numbers of a table's chosen columns, row by row.

use crate::arrays::{ArrayError, Column, Table};
use crate::corpus::Clip;
use crate::features::Frames;
use crate::glob;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Vectors, one a row.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    values: Arc<[f32]>,
    columns: Arc<[String]>,
    /// What a row is called in messages.
    places: Arc<[String]>,
}

/// Columns that say something of a clip instead of its sound: a pattern does not take them.
const FACTS: [&str; 10] =
    ["label", "emotion", "speaker", "class", "target", "sex", "gender", "age", "valence", "arousal"];

impl Rows {
    /// Reads a table and chooses the columns that `wanted` names; `clips` tell which names are facts of clips.
    pub(super) fn read(path: &Path, key: &str, wanted: &[String], clips: &[Clip]) -> Result<(Self, Table), ArrayError> {
        let table = Table::read(path, key)?;
        let wrong = |why: String| ArrayError::Unreadable { file: path.display().to_string(), why };
        if table.column(key).is_none() {
            return Err(wrong(format!("it has no column `{key}` that names the clips; there are {}", listed(&table))));
        }
        let facts: BTreeSet<String> =
            clips.iter().flat_map(|clip| clip.columns.keys()).map(|name| name.to_lowercase()).collect();
        let is_fact =
            |name: &str| FACTS.contains(&name.to_lowercase().as_str()) || facts.contains(&name.to_lowercase());
        // What pandas calls the numbers of rows.
        let is_index = |name: &str| {
            name == key
                || name.is_empty()
                || name.starts_with("Unnamed:")
                || matches!(name, "start" | "end" | "__index_level_0__")
        };
        let mut chosen: Vec<&Column> = Vec::new();
        for pattern in wanted {
            let is_pattern = pattern.contains(['*', '?']);
            let fits = |column: &&Column| match is_pattern {
                false => column.name == *pattern,
                true => glob::matches(pattern, &column.name) && !is_index(&column.name) && column.cells.is_numeric(),
            };
            let found: Vec<&Column> = table.columns.iter().filter(fits).collect();
            if found.is_empty() {
                let meant = crate::spec::nearest(pattern, table.columns.iter().map(|column| column.name.as_str()));
                let meant = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
                return Err(wrong(format!(
                    "no column of numbers fits `{pattern}`{meant}; there are {}",
                    listed(&table)
                )));
            }
            if let Some(fact) = found.iter().find(|column| is_pattern && is_fact(&column.name)) {
                let name = &fact.name;
                let why = format!(
                    "`{pattern}` would take the column `{name}`, which tells the answer or the speaker; name the columns, or patterns without it"
                );
                return Err(wrong(why));
            }
            let is_new = |column: &&Column| chosen.iter().all(|other| other.name != column.name);
            let new: Vec<&Column> = found.into_iter().filter(is_new).collect();
            chosen.extend(new);
        }
        let width = chosen.len();
        let mut values = vec![0.0; width * table.rows];
        for (j, column) in chosen.iter().enumerate() {
            for row in 0..table.rows {
                values[row * width + j] = column.cells.number(row) as f32;
            }
        }
        let columns = chosen.iter().map(|column| column.name.clone()).collect();
        let places = (0..table.rows).map(|row| format!("{} ({})", path.display(), table.place(row))).collect();
        Ok((Self { values: values.into(), columns, places }, table))
    }

    /// The names of the chosen columns, in order.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A row as the only frame of a clip.
    pub(super) fn get(&self, row: usize) -> Result<Frames, String> {
        let bins = self.columns.len();
        let data = self.values[row * bins..(row + 1) * bins].to_vec();
        if let Some(j) = data.iter().position(|value| !value.is_finite()) {
            let (place, name) = (&self.places[row], &self.columns[j]);
            return Err(format!("{place}: column `{name}` is empty or no finite number"));
        }
        Ok(Frames { bins, frames: 1, data })
    }
}

fn listed(table: &Table) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let more = if names.len() > SHOWN { format!(", ... ({} columns)", names.len()) } else { String::new() };
    format!("{}{more}", names[..names.len().min(SHOWN)].join(", "))
}
