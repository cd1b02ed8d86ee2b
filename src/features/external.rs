//! Arrays made elsewhere.

use super::extract::{Compute, Define, numbered};
use super::{Deltas, Floor, Frames};
use crate::arrays::Array;
use crate::kind::{Context, Problem};

crate::choices! {
    /// Which axis of a clip's array is time.
    pub enum TimeAxis = Absent {
        /// None: one vector a clip. An axis of length 1 is passed over.
        "absent" => Absent,
        /// The first, [frames, bins]: embeddings of frames as PyTorch and Hugging Face give them.
        "first" => First,
        /// The last, [bins, frames]: as librosa gives spectrograms.
        "last" => Last,
    }
}

crate::settings! {
    /// Arrays made elsewhere, one a clip: in a `folder` of `.npy` files (or an `.npz` of them), or as the rows of a `table`. Where
    /// all features are external no audio is needed. Missing, empty, non-finite and wrongly shaped arrays are named before
    /// training, or left out and counted with `clips.broken = "leave-out"`.
    pub struct External {
        include pub deltas: Deltas;
        /// The folder that holds a `.npy` file a clip; or an `.npz` or `.zip` archive of them.
        pub folder: String = String::new();
        /// What a clip's array is called in the folder. `{id}` is the clip's id without its ending, `{file}` with it, `{name}` its
        /// last part; `{speaker}`, `{label}` and every column of the corpus can stand there, too.
        pub file: String = "{id}.npy".to_owned();
        /// A table with a row a clip: `.csv` (as pandas, opensmile and audb write it), `.parquet` or `.npz`.
        pub table: String = String::new();
        /// The table's column that names the clips: by path, by a longer or shorter path, with or without ending. Columns `start`
        /// and `end` beside it tell the parts of a file apart.
        pub key: String = "file".to_owned();
        /// The table's columns, by name or pattern (`*` is any text, `?` any character), in this order; columns without numbers are
        /// passed over by patterns.
        pub columns: Vec<String> = vec!["*".to_owned()];
        /// Which axis of an array is time: "absent" (a vector a clip), "first" ([frames, bins]) or "last" ([bins, frames]). An array
        /// of one axis is a vector, or with "first" or "last" one bin over time.
        pub time: TimeAxis = TimeAxis::Absent;
        /// Values a frame. An array with others is refused; "none": as most arrays have.
        pub bins: Option<usize> = None, in 1..=1_000_000;
        /// Whether frames at the end that hold nothing above `floor` in any bin are cut off: what arrays of one length were filled up
        /// with. At least one frame stays.
        pub trim_end: bool = false;
        /// Frames, after `trim_end`. An array with others is refused; "none": any number, and what all arrays have where that is one.
        pub frames: Option<usize> = None, in 1..=10_000_000;
        /// Samples between two frames at `audio.sample_rate_hz`: lets `length.seconds` count in time.
        pub hop_length: Option<usize> = None, in 1..=10_000_000;
        /// What fills up clips that are too short, in every bin, where `length.pad = "floor"`: 0 for embeddings, the level of silence
        /// for a spectrogram in dB.
        pub floor: f64 = 0.0, in -1e9..=1e9;
    }
    check: External::check;
}

/// Where the arrays of an [`External`] lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies<'a> {
    /// In a folder, under names that follow from clips.
    Folder(&'a str, &'a str),
    /// In the rows of a table, whose column names clips.
    Table(&'a str, &'a str),
}

impl External {
    /// Where the arrays lie; none where the settings do not say.
    pub fn lies(&self) -> Option<Lies<'_>> {
        match (self.folder.as_str(), self.table.as_str()) {
            ("", "") => None,
            (folder, "") => Some(Lies::Folder(folder, &self.file)),
            (_, table) => Some(Lies::Table(table, &self.key)),
        }
    }

    /// The frames of a clip whose array this is.
    ///
    /// # Errors
    /// What is wrong with it: another number of axes, no value, one that is not finite in f32, too few frames for a delta.
    pub fn read(&self, array: &Array) -> Result<Frames, String> {
        let Array { shape, values } = array;
        if values.is_empty() {
            return Err(format!("its shape is {shape:?}: it is empty"));
        }
        let (bins, frames, is_frame_major) = match (self.time, &shape[..]) {
            (TimeAxis::Absent, _) if shape.iter().filter(|n| **n != 1).count() <= 1 => (values.len(), 1, false),
            (TimeAxis::Absent, [_, _]) => {
                return Err(format!(
                    "its shape is {shape:?}: which axis is time? Set time = \"first\" for [frames, bins] or \"last\" for [bins, frames]"
                ));
            }
            (TimeAxis::First | TimeAxis::Last, [frames]) => (1, *frames, false),
            (TimeAxis::First, [frames, bins]) => (*bins, *frames, true),
            (TimeAxis::Last, [bins, frames]) => (*bins, *frames, false),
            (_, [1, _, _]) => {
                return Err(format!("its shape is {shape:?}, of three axes: save it without the first, as x[0]"));
            }
            _ => return Err(format!("its shape is {shape:?}, expected one axis or two")),
        };
        let data: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        if let Some(i) = data.iter().position(|value| !value.is_finite()) {
            let width = shape.last().copied().unwrap_or(1);
            let place = if shape.len() == 2 { format!("[{}, {}]", i / width, i % width) } else { format!("[{i}]") };
            return Err(format!("its value {place} is {}, expected a finite number", values[i]));
        }
        let whole = if is_frame_major { Frames::from_frame_major(bins, &data) } else { Frames { bins, frames, data } };
        let own = if self.trim_end { self.trimmed(whole) } else { whole };
        self.deltas.of(own).map_err(|why| why.to_string())
    }

    /// The frames up to the last that holds anything above the floor.
    fn trimmed(&self, whole: Frames) -> Frames {
        let floor = self.floor as f32;
        let last = |line: &[f32]| line.iter().rposition(|value| *value > floor).map_or(1, |last| last + 1);
        let frames = whole.data.chunks_exact(whole.frames).map(last).max().unwrap_or(whole.frames);
        let data = whole.data.chunks_exact(whole.frames).flat_map(|line| &line[..frames]).copied().collect();
        Frames { frames, data, ..whole }
    }

    /// The number of frames of every array, where it is the same.
    pub(super) fn fixed_frames(&self) -> Option<usize> {
        if self.time == TimeAxis::Absent { Some(1) } else { self.frames }
    }

    /// The same without where the arrays lie: their content is what is asked for.
    pub(super) fn question(&self) -> Self {
        let Self { time, bins, trim_end, frames, hop_length, floor, deltas, .. } = *self;
        let columns = if self.table.is_empty() { Self::default().columns } else { self.columns.clone() };
        Self { time, bins, trim_end, frames, hop_length, floor, deltas, columns, ..Self::default() }
    }

    fn check(&self, _: &Context) -> Vec<Problem> {
        let usual = Self::default();
        let mut problems = Vec::new();
        let mut problem = |key: &str, message: &str| problems.push(Problem::new(key, message));
        match (self.folder.is_empty(), self.table.is_empty()) {
            (true, true) => problem("folder", "no arrays are named; give a `folder` of .npy files or a `table`"),
            (false, false) => problem("table", "a `folder` is given, too; give one of them"),
            _ => {}
        }
        if self.table.is_empty() {
            let of_tables = "belongs to a `table`, but a `folder` is given";
            if self.key != usual.key {
                problem("key", of_tables);
            }
            if self.columns != usual.columns {
                problem("columns", of_tables);
            }
        } else {
            if self.file != usual.file {
                problem(
                    "file",
                    "belongs to a `folder`, but a `table` is given; `key` names the column that tells the clips",
                );
            }
            if self.time != TimeAxis::Absent {
                problem("time", "a row of a table is one vector a clip; leave it out");
            }
        }
        if self.columns.is_empty() {
            problem("columns", "no column is named; give names or patterns, such as [\"*\"]");
        }
        if self.time == TimeAxis::Absent && self.frames.is_some_and(|frames| frames != 1) {
            problem("frames", "without a time axis a clip is one frame; say which axis is time, or leave it out");
        }
        if self.time == TimeAxis::Absent && self.trim_end {
            problem("trim_end", "without a time axis there is no end; say which axis is time, or leave it out");
        }
        if self.time == TimeAxis::Absent && self.deltas.is_change() {
            problem("delta_order", "without a time axis nothing changes; say which axis is time, or leave it out");
        }
        if self.time == TimeAxis::Absent && self.hop_length.is_some() {
            problem("hop_length", "without a time axis there are no frames; say which axis is time, or leave it out");
        }
        problems
    }
}

impl Define for External {
    fn bins(&self) -> Option<usize> {
        self.bins
    }
    fn frames(&self, samples: usize) -> Option<usize> {
        self.fixed_frames().or_else(|| Some(1 + samples / self.hop_length?))
    }
    fn hop_length(&self) -> Option<usize> {
        self.hop_length
    }
    fn floor(&self) -> Floor {
        // Silence does not change.
        let value = if self.deltas.is_change() { 0.0 } else { self.floor as f32 };
        Floor::Fixed { values: vec![value; self.bins.unwrap_or(0)] }
    }
    fn floor_of(&self, clip: &Frames) -> Vec<f32> {
        self.floor().of(clip)
    }
    fn bin_names(&self, kind: &str) -> Vec<String> {
        let bins = self.bins.unwrap_or(0);
        let is_named = self.columns != Self::default().columns && self.columns.len() == bins;
        if is_named { self.columns.clone() } else { numbered(kind, bins) }
    }
    fn computed(&self) -> Option<&dyn Compute> {
        None
    }
    /// Of arrays over time nothing is known but that they may be levels; a vector a clip is none.
    fn gain_of_level(&self, bins: usize) -> Vec<f32> {
        let is_level = self.time != TimeAxis::Absent && !self.deltas.is_change();
        if is_level { vec![1.0; bins] } else { Vec::new() }
    }
    fn has_bands(&self) -> bool {
        self.time != TimeAxis::Absent && self.bins != Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> External {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn arrays_lie_in_a_folder_or_in_a_table() {
        let keys = |text: &str| {
            let found = crate::kind::Described::problems(&of(text), &Context::default());
            found.into_iter().map(|problem| problem.key).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(keys("folder = \"mel\"\ntime = \"last\""), "");
        assert_eq!(keys("table = \"a.csv\"\nkey = \"id\"\ncolumns = [\"F0*\"]"), "");
        assert_eq!(keys(""), "folder");
        assert_eq!(keys("folder = \"a\"\ntable = \"b.csv\""), "table");
        assert_eq!(keys("folder = \"a\"\nkey = \"id\"\ncolumns = [\"x\"]"), "key columns");
        assert_eq!(keys("table = \"a.csv\"\nfile = \"{id}\"\ntime = \"last\""), "file time");
        assert_eq!(keys("folder = \"a\"\nframes = 3\nhop_length = 5"), "frames hop_length");
        assert_eq!(keys("folder = \"a\"\ndelta_order = 1"), "delta_order");
        assert_eq!(keys("folder = \"a\"\ntime = \"last\"\ndelta_width = 4"), "delta_width");
    }

    #[test]
    fn a_vector_has_one_frame_and_a_matrix_what_it_says_or_time_tells() {
        assert_eq!(of("folder = \"a\"").frames(16_000), Some(1));
        assert_eq!(of("folder = \"a\"\ntime = \"last\"").frames(16_000), None);
        assert_eq!(of("folder = \"a\"\ntime = \"last\"\nframes = 188").frames(16_000), Some(188));
        assert_eq!(of("folder = \"a\"\ntime = \"first\"\nhop_length = 320").frames(16_000), Some(51));
    }

    #[test]
    fn deltas_are_of_the_frames_that_are_left_and_need_a_window_of_them() {
        let text = "folder = \"a\"\ntime = \"last\"\ntrim_end = true\ndelta_order = 1\ndelta_width = 3";
        let read = |values: &[f64]| of(text).read(&Array { shape: vec![1, values.len()], values: values.to_vec() });
        let frames = read(&[1.0, 3.0, 5.0, 7.0, 0.0, 0.0]).unwrap();
        assert_eq!((frames.frames, frames.data), (4, vec![2.0; 4]));
        assert!(read(&[1.0, 2.0, 0.0, 0.0]).unwrap_err().contains("need at least 3"));
        assert!(of(text).gain_of_level(1).is_empty() && of(text).has_bands());
        let first = &Frames { bins: 1, frames: 1, data: vec![5.0] };
        assert_eq!(of(&format!("{text}\nfloor = -80.0\nbins = 1")).floor_of(first), [0.0]);
    }

    #[test]
    fn frames_at_the_end_that_hold_nothing_above_the_floor_are_cut_off() {
        let read = |text: &str, values: &[f64]| {
            of(text).read(&Array { shape: vec![2, values.len() / 2], values: values.to_vec() }).unwrap()
        };
        let trim = "folder = \"a\"\ntime = \"last\"\ntrim_end = true";
        let frames = read(trim, &[0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
        assert_eq!((frames.frames, frames.data), (3, vec![0.0, 2.0, 0.0, 0.0, 0.0, 3.0]));
        assert_eq!(read(trim, &[0.0; 10]).frames, 1, "silence is one frame of it");
        assert_eq!(read(&format!("{trim}\nfloor = 2.0"), &[0.0, 2.0, 0.0, 3.0, 0.0, 2.0]).frames, 1);
        assert_eq!(read("folder = \"a\"\ntime = \"first\"\ntrim_end = true", &[0.0, 1.0, 0.0, 0.0]).frames, 1);
        let keys = crate::kind::Described::problems(&of("folder = \"a\"\ntrim_end = true"), &Context::default());
        assert_eq!(keys[0].key, "trim_end");
    }

    #[test]
    fn what_is_asked_for_does_not_say_where_arrays_lie() {
        let (here, there) =
            (of("folder = \"here\"\ntime = \"last\""), of("folder = \"there\"\nfile = \"{name}\"\ntime = \"last\""));
        assert_eq!(here.question(), there.question());
        assert_ne!(here.question(), of("folder = \"here\"\ntime = \"first\"").question());
    }
}
