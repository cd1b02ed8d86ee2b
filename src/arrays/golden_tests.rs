//! What NumPy and pandas saved (`scripts/make_arrays.py`), read back.

use super::*;
use serde_json::Value;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/arrays")
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

#[test]
fn arrays_of_every_type_order_and_byte_order_are_what_numpy_reads() {
    let expected = expected();
    let files = expected["arrays"].as_object().unwrap();
    assert_eq!(files.len(), 96);
    for (name, file) in files {
        let shape: Vec<usize> = floats(&file["shape"]).iter().map(|n| *n as usize).collect();
        let read = npy::read_file(&folder().join(name)).unwrap();
        assert_eq!(read, Array { shape, values: floats(&file["values"]) }, "{name}");
    }
}

#[test]
fn tables_of_every_kind_hold_the_same_numbers() {
    let expected = &expected()["tables"];
    let (clips, columns) = (texts(&expected["clips"]), texts(&expected["columns"]));
    let rows = |key: &str| -> Vec<Vec<f64>> { expected[key].as_array().unwrap().iter().map(floats).collect() };
    let named = ["opensmile.csv", "numbered.csv", "semicolon.csv", "mixed.parquet", "lists.parquet", "gap.parquet"]
        .map(str::to_owned);
    let parquet = ["snappy", "gzip", "zstd", "lz4", "brotli", "plain"].map(|c| format!("indexed-{c}.parquet"));
    let npz = ["plain.npz", "compressed.npz", "columns.npz"].map(str::to_owned);
    for name in named.iter().chain(&parquet).chain(&npz) {
        let key = if name.ends_with(".npz") { "clip" } else { "file" };
        let table = Table::read(&folder().join(name), key).unwrap();
        assert_eq!(table.rows, clips.len(), "{name}");
        for (row, clip) in clips.iter().enumerate() {
            assert_eq!(table.column(key).unwrap().cells.text(row), *clip, "{name}");
        }
        let wanted = rows(if name == "mixed.parquet" { "half" } else { "values" });
        for (j, column) in columns.iter().enumerate() {
            let column = if name == "lists.parquet" { format!("x_{j}") } else { column.clone() };
            let cells = &table.column(&column).unwrap_or_else(|| panic!("{name}: {column}")).cells;
            assert!(cells.is_numeric(), "{name}: {column}");
            for (row, wanted) in wanted.iter().enumerate() {
                let read = cells.number(row);
                if name == "gap.parquet" && (row, j) == (2, 2) {
                    assert!(read.is_nan());
                } else {
                    // Text has as many digits as tell f32 apart.
                    assert_eq!(read as f32, wanted[j] as f32, "{name}: {column} in row {row}");
                }
            }
        }
        if let Some(end) = table.column("end") {
            let ends: Vec<f64> = (0..table.rows).map(|row| end.cells.seconds(row)).collect();
            let wanted = floats(&expected["end"]);
            assert!(ends.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-9), "{name}: {ends:?}");
            assert!(!end.cells.is_numeric(), "{name}: times are no features");
        }
    }
}

#[test]
fn an_archive_of_an_array_a_clip_is_read_like_a_folder() {
    let expected = &expected()["tables"];
    let archive = Folder::open(&folder().join("a-clip.npz")).unwrap();
    for (clip, values) in texts(&expected["clips"]).iter().zip(expected["values"].as_array().unwrap()) {
        assert!(archive.has(clip));
        assert_eq!(archive.read(clip).unwrap().values, floats(values));
    }
}
