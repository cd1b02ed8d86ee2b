use super::*;
use crate::arrays::npy;
use crate::audio::Part;
use crate::corpus::{Segment, Source};
use std::path::PathBuf;

fn clip(id: &str) -> Clip {
    let columns = BTreeMap::from([("session".to_owned(), format!("s{}", &id[..1]))]);
    Clip {
        id: id.to_owned(),
        source: Source::File(PathBuf::from(id)),
        label: "happy".into(),
        speaker: "1".into(),
        columns,
    }
}

fn part(file: &str, start: f64, end: f64) -> Clip {
    let segment = Segment { path: file.into(), part: Part { start, end: Some(end) }, row: String::new() };
    Clip { source: Source::Segment(Box::new(segment)), ..clip(&format!("{file}#{start}-{end}")) }
}

fn feature(text: &str) -> Feature {
    Feature::External(toml::from_str(text).unwrap())
}

fn save(folder: &Path, name: &str, shape: &[usize], values: &[f32]) {
    let mut bytes = Vec::new();
    npy::write_f32(&mut bytes, shape, values).unwrap();
    std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

fn in_folder(folder: &Path, more: &str) -> [Feature; 1] {
    [feature(&format!("folder = {:?}\n{more}", folder.to_str().unwrap()))]
}

fn find(features: &[Feature], clips: &[Clip]) -> Found {
    Arrays::find(features, clips, &[]).unwrap()
}

fn lines(found: &Found, folder: &Path) -> Vec<String> {
    let all = found.broken.iter().map(|(_, line)| line).chain(&found.unknown);
    all.map(|line| line.replace(folder.to_str().unwrap(), "DIR")).collect()
}

#[test]
fn arrays_are_found_by_what_their_name_says_of_clips_and_known_by_content() {
    let folder = tempfile::tempdir().unwrap();
    let clips = [clip("a/x.wav"), clip("b/y.wav")];
    save(folder.path(), "a/x.npy", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    save(folder.path(), "b/y.npy", &[2, 3], &[1.0; 6]);
    save(folder.path(), "sb-y-1.npy", &[2, 3], &[1.0; 6]);
    save(folder.path(), "sa-x-1.npy", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let features = in_folder(folder.path(), "time = \"last\"");
    let found = find(&features, &clips);
    assert_eq!((found.broken.len(), &found.flat[..]), (0, &[false, true][..]));
    assert_eq!(found.arrays.get(0, 0).unwrap().row(1), [4.0, 5.0, 6.0]);
    let resolved = found.arrays.resolve(&features);
    let Feature::External(settings) = &resolved[0] else { panic!("it is external") };
    assert_eq!((settings.bins, settings.frames), (Some(2), Some(3)));
    let other = find(&in_folder(folder.path(), "time = \"last\"\nfile = \"{session}-{name}-{speaker}.npy\""), &clips);
    assert_eq!(other.arrays.content(0), found.arrays.content(0), "a moved array is the same");
    let turned = find(&in_folder(folder.path(), "time = \"first\""), &clips);
    assert_eq!(turned.arrays.get(0, 0).unwrap().row(0), [1.0, 4.0]);
    assert_ne!(turned.arrays.content(0), found.arrays.content(0));
    save(folder.path(), "a/x.npy", &[2, 3], &[0.0; 6]);
    assert!(found.arrays.get(0, 0).unwrap_err().contains("has changed"), "what is trained on is what was planned");
}

#[test]
fn everything_that_is_wrong_with_arrays_is_told_at_once_by_clip() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["good", "good2", "good3", "empty", "gone", "cut", "nan", "turned", "deep", "text"];
    let clips: Vec<Clip> = names.iter().map(|name| clip(&format!("{name}.wav"))).collect();
    for good in ["good", "good2", "good3"] {
        save(folder.path(), &format!("{good}.npy"), &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
    save(folder.path(), "empty.npy", &[2, 0], &[]);
    std::fs::write(folder.path().join("cut.npy"), &std::fs::read(folder.path().join("good.npy")).unwrap()[..140])
        .unwrap();
    save(folder.path(), "nan.npy", &[2, 3], &[1.0, 2.0, 3.0, 4.0, f32::NAN, 6.0]);
    save(folder.path(), "turned.npy", &[3, 2], &[1.0; 6]);
    save(folder.path(), "deep.npy", &[1, 2, 3], &[1.0; 6]);
    std::fs::write(folder.path().join("text.npy"), "hello").unwrap();
    let found = find(&in_folder(folder.path(), "time = \"last\""), &clips);
    insta::assert_snapshot!(lines(&found, folder.path()).join("\n"), @r"
    empty.wav: empty.npy: its shape is [2, 0]: it is empty
    gone.wav: there is no array DIR/gone.npy
    cut.wav: cut.npy: shape [2, 3] of 4 bytes a value, but 12 bytes of data: it was cut off or damaged
    nan.wav: nan.npy: its value [1, 1] is NaN, expected a finite number
    turned.wav: its array has 3 bins and 2 frames, expected 2 bins: is it transposed?
    deep.wav: deep.npy: its shape is [1, 2, 3], of three axes: save it without the first, as x[0]
    text.wav: text.npy: it does not begin with the NumPy signature, so it is no .npy file
    ");
    assert_eq!(found.broken.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn arrays_whose_time_axis_is_the_other_one_are_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let clips: Vec<Clip> = (0..4).map(|i| clip(&format!("{i}.wav"))).collect();
    for i in 0..4 {
        save(folder.path(), &format!("{i}.npy"), &[5 + i, 2], &vec![1.0; 2 * (5 + i)]);
    }
    let said = |more: &str| {
        let said = Arrays::find(&in_folder(folder.path(), more), &clips, &[]).unwrap_err().to_string();
        said.replace(folder.path().to_str().unwrap(), "DIR")
    };
    assert_eq!(
        said("time = \"last\""),
        "external: the arrays in DIR have 4 different numbers of bins, from 5 to 8, and all have 2 frames: is time the other axis? \
         Set time = \"first\" for [frames, bins]"
    );
    let found = find(&in_folder(folder.path(), ""), &clips);
    let line = "0.wav: 0.npy: its shape is [5, 2]: which axis is time? Set time = \"first\" for [frames, bins] or \"last\" for \
                [bins, frames]";
    assert_eq!(found.broken[0].1, line);
    assert_eq!(find(&in_folder(folder.path(), "time = \"first\""), &clips).broken, []);
    let said = said("time = \"first\"\nfile = \"{season}.npy\"");
    assert_eq!(said, "external.file: no clip has `{season}`; there are id, file, name, speaker, label, session");
    let one = find(&in_folder(folder.path(), "time = \"first\"\nfile = \"{speaker}.npy\""), &clips);
    assert_eq!(one.broken.len(), 4);
    assert!(
        one.broken[0].1.contains("is the array of several clips (0.wav, 1.wav, 2.wav, ...)"),
        "{:?}",
        one.broken[0]
    );
}

#[test]
fn rows_of_a_table_are_matched_by_path_however_it_is_written_and_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let clips = [clip("a/x.wav"), clip("b/x.wav"), part("b/y.wav", 0.0, 1.5), part("b/y.wav", 1.5, 3.0)];
    let table = "file;start;end;f1;note;f2\n/data/b/x.flac;0 days;0 days 00:00:02;3;hm;4\nb\\y.wav;0 days 00:00:01.5;0 days 00:00:03;7;;8\n\
                 a/x;;;1;;2\nb/y.wav;0.0;1.5;5;;6\n";
    std::fs::write(&path, table).unwrap();
    let features = [feature(&format!("table = {:?}", path.to_str().unwrap()))];
    let found = find(&features, &clips);
    assert_eq!(lines(&found, folder.path()), [""; 0]);
    let rows: Vec<Vec<f32>> = (0..4).map(|clip| found.arrays.get(0, clip).unwrap().data).collect();
    assert_eq!(rows, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]);
    assert_eq!(found.arrays.resolve(&features)[0].bin_names(), ["f1", "f2"]);
}

#[test]
fn everything_that_is_wrong_with_a_table_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let clips = [clip("a.wav"), clip("b.wav"), clip("c.wav"), clip("d.wav")];
    std::fs::write(&path, "file,f1,f2\na.wav,1,2\na.wav,1,2\nb.wav,,2\nz.wav,1,2\nd.wav,1,inf\nused.wav,1,2\n")
        .unwrap();
    let of = |more: &str| [feature(&format!("table = {:?}\n{more}", path.to_str().unwrap()))];
    let found = Arrays::find(&of(""), &clips, &["used.wav".to_owned()]).unwrap();
    insta::assert_snapshot!(lines(&found, folder.path()).join("\n"), @r"
    a.wav: DIR/t.csv has 2 rows for it (line 2, line 3), expected one
    b.wav: DIR/t.csv (line 4): column `f1` is empty or no finite number
    c.wav: DIR/t.csv has no row for it
    d.wav: DIR/t.csv (line 6): column `f2` is empty or no finite number
    DIR/t.csv (line 5): the corpus has no clip `z.wav`
    ");
    let said = |more: &str| {
        let said = Arrays::find(&of(more), &clips, &[]).unwrap_err().to_string();
        said.replace(folder.path().to_str().unwrap(), "DIR")
    };
    assert_eq!(
        said("key = \"clip\""),
        "DIR/t.csv: it has no column `clip` that names the clips; there are file, f1, f2"
    );
    let none = "DIR/t.csv: no column of numbers fits `F1`; did you mean `f1`?; there are file, f1, f2";
    assert_eq!(said("columns = [\"F1\"]"), none);
    std::fs::write(&path, "file,f1,Speaker\na.wav,1,2\nb.wav,1,3\nc.wav,1,4\nd.wav,1,2\n").unwrap();
    assert!(said("").contains("would take the column `Speaker`"), "{}", said(""));
    assert_eq!(find(&of("columns = [\"f*\"]"), &clips).broken, []);
}
