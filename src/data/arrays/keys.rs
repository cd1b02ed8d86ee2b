//! Which row of a table belongs to which clip.

use crate::arrays::Table;
use crate::corpus::{Clip, Source, tidy};
use std::collections::BTreeMap;
use std::path::Path;

/// Seconds that a part's times in a table may differ from the clip's: tables round.
const ROUNDING: f64 = 1e-3;

/// Names of clips by their last part, without its ending.
struct Names<'a> {
    by_stem: BTreeMap<&'a str, Vec<(&'a str, Option<usize>)>>,
}

impl<'a> Names<'a> {
    /// Of clips by position, and of others that the corpus has.
    fn of(clips: &'a [Clip], passed_over: &'a [String]) -> Self {
        let mut by_stem: BTreeMap<&str, Vec<(&str, Option<usize>)>> = BTreeMap::new();
        let used = clips.iter().enumerate().map(|(position, clip)| (clip.id.as_str(), Some(position)));
        for (id, position) in used.chain(passed_over.iter().map(|id| (id.as_str(), None))) {
            let file = file_of(id);
            by_stem.entry(stem(file)).or_default().push((file, position));
        }
        Self { by_stem }
    }

    /// The clips that a key names: those whose path agrees with it in most parts.
    fn meant(&self, key: &str) -> Vec<Option<usize>> {
        let agrees = |file: &str| {
            let (mut a, mut b) = (parts(file), parts(key));
            let shared = a.by_ref().zip(b.by_ref()).take_while(|(a, b)| a == b).count();
            let all = parts(file).count().min(parts(key).count());
            (shared == all).then_some(shared)
        };
        let candidates = self.by_stem.get(stem(key)).into_iter().flatten();
        let fitting: Vec<(usize, Option<usize>)> =
            candidates.filter_map(|(file, position)| agrees(file).map(|shared| (shared, *position))).collect();
        let best = fitting.iter().map(|(shared, _)| *shared).max().unwrap_or(0);
        fitting.into_iter().filter(|(shared, _)| *shared == best).map(|(_, position)| position).collect()
    }
}

/// The position of the only clip that a path or name is about; none where there is no such clip, or are several.
pub(in crate::data) fn position(clips: &[Clip], name: &str) -> Option<usize> {
    if let Some(exactly) = clips.iter().position(|clip| clip.id == name) {
        return Some(exactly);
    }
    match Names::of(clips, &[]).meant(&tidy(name))[..] {
        [only] => only,
        _ => None,
    }
}

/// The path of a clip's file: its id without the times of a part.
fn file_of(id: &str) -> &str {
    id.rsplit_once('#').map_or(id, |(file, _)| file)
}

/// The last part of a path without its ending.
pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rfind('.').filter(|at| *at > 0 && is_ending(&name[at + 1..])).map_or(name, |at| &name[..at])
}

/// Whether a text behind a point is the ending of a file: `b` in `a.b` may as well belong to the name, so that only endings of
/// audio and arrays are taken off.
fn is_ending(text: &str) -> bool {
    let known = ["npy", "npz", "m4a", "mp4", "aac", "opus", "csv", "pt", "mat"];
    crate::audio::EXTENSIONS.iter().chain(&known).any(|ending| text.eq_ignore_ascii_case(ending))
}

/// The parts of a path, the last first and without its ending.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    let last = parts.next().map(stem);
    last.into_iter().chain(parts)
}

/// The row of each clip, or why it has none; and lines on rows that belong to no clip of the corpus.
pub(super) fn matched(
    table: &Table,
    path: &Path,
    key: &str,
    clips: &[Clip],
    passed_over: &[String],
) -> (Vec<Result<usize, String>>, Vec<String>) {
    let names = Names::of(clips, passed_over);
    let keys = &table.column(key).expect("the key column was looked up before").cells;
    let times = |name: &str| table.column(name).map(|column| &column.cells).filter(|_| name != key);
    let (starts, ends) = (times("start"), times("end"));
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); clips.len()];
    let mut unknown = Vec::new();
    for row in 0..table.rows {
        let written = keys.text(row);
        let meant = names.meant(&tidy(&written));
        if meant.is_empty() {
            unknown.push(format!("{} ({}): the corpus has no clip `{written}`", path.display(), table.place(row)));
        }
        let seconds = |cells: Option<&crate::arrays::Cells>| cells.map_or(f64::NAN, |cells| cells.seconds(row));
        let (start, end) = (seconds(starts), seconds(ends));
        for clip in meant.into_iter().flatten().filter(|&clip| is_part(&clips[clip], start, end)) {
            rows[clip].push(row);
        }
    }
    let file = path.display();
    let one = |rows: Vec<usize>| match rows[..] {
        [row] => Ok(row),
        [] => Err(format!("{file} has no row for it")),
        [first, second, ..] => {
            let more = if rows.len() > 2 { ", ..." } else { "" };
            let (count, first, second) = (rows.len(), table.place(first), table.place(second));
            Err(format!("{file} has {count} rows for it ({first}, {second}{more}), expected one"))
        }
    };
    (rows.into_iter().map(one).collect(), unknown)
}

/// Whether a row with these times is about the clip, whose file it names: a whole file has any times.
fn is_part(clip: &Clip, start: f64, end: f64) -> bool {
    let Source::Segment(segment) = &clip.source else { return true };
    let agrees = |time: f64, of: f64| time.is_nan() || (time - of).abs() <= ROUNDING;
    agrees(start, segment.part.start) && segment.part.end.is_none_or(|of| agrees(end, of))
}
