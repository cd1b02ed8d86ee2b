//! Parquet tables, as pandas and Arrow write them.

use super::ArrayError;
use super::table::{Cells, Column, Table};
use parquet::basic::{LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use std::path::Path;

/// Nanoseconds, in which pandas writes spans of time.
const NANOSECONDS: f64 = 1e-9;

/// Reads a table: numbers, texts, and lists of numbers of one length (`x` becomes `x_0`, `x_1`, ...). Other columns are passed
/// over.
pub(super) fn read(path: &Path) -> Result<Table, ArrayError> {
    let wrong = |e: ParquetError| ArrayError::unreadable(path, format!("no readable Parquet table: {e}"));
    let file = std::fs::File::open(path).map_err(|source| ArrayError::io(path, source))?;
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
    let mut columns = Vec::new();
    for (i, column) in schema.columns().iter().enumerate() {
        let mut found = Found::default();
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group).map_err(wrong)?;
            let count = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
            found.read(group.get_column_reader(i).map_err(wrong)?, column, count).map_err(wrong)?;
        }
        let name = column.path().parts().first().cloned().unwrap_or_default();
        let lists = column.max_rep_level() > 0;
        columns.extend(found.columns(name, lists, is_span(column)).map_err(|why| ArrayError::unreadable(path, why))?);
    }
    if columns.iter().any(|column| column.cells.len() != rows) {
        return Err(ArrayError::unreadable(
            path,
            "its columns have different numbers of rows: it was cut off or damaged",
        ));
    }
    Ok(Table { columns, rows, lines: None })
}

/// Whether whole numbers of a column are spans of time: pandas says so to itself only, and always calls them so.
fn is_span(column: &ColumnDescriptor) -> bool {
    column.physical_type() == Type::INT64
        && matches!(column.name(), "start" | "end")
        && column.logical_type_ref().is_none()
}

/// The values of a column, row by row: none where a cell is empty, several where it holds a list.
#[derive(Default)]
struct Found {
    numbers: Vec<Vec<f64>>,
    texts: Vec<String>,
}

impl Found {
    /// Adds the rows of one group.
    fn read(&mut self, reader: ColumnReader, column: &ColumnDescriptor, rows: usize) -> Result<(), ParquetError> {
        let signed = !matches!(column.logical_type_ref(), Some(LogicalType::Integer(of)) if !of.is_signed);
        let of_i32 = |v: &i32| if signed { f64::from(*v) } else { f64::from(v.cast_unsigned()) };
        let of_i64 = |v: &i64| if signed { *v as f64 } else { v.cast_unsigned() as f64 };
        let half = matches!(column.logical_type_ref(), Some(LogicalType::Float16));
        match reader {
            ColumnReader::BoolColumnReader(r) => self.numbers(r, column, rows, |v| f64::from(u8::from(*v))),
            ColumnReader::Int32ColumnReader(r) => self.numbers(r, column, rows, of_i32),
            ColumnReader::Int64ColumnReader(r) => self.numbers(r, column, rows, of_i64),
            ColumnReader::FloatColumnReader(r) => self.numbers(r, column, rows, |v| f64::from(*v)),
            ColumnReader::DoubleColumnReader(r) => self.numbers(r, column, rows, |v| *v),
            ColumnReader::FixedLenByteArrayColumnReader(r) if half => self.numbers(r, column, rows, of_f16),
            ColumnReader::ByteArrayColumnReader(r) if column.max_rep_level() == 0 => {
                let text = |v: &ByteArray| String::from_utf8_lossy(v.data()).into_owned();
                let cells = cells(r, column, rows, text)?.into_iter();
                self.texts.extend(cells.map(|mut cell| cell.pop().unwrap_or_default()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn numbers<T: DataType>(
        &mut self,
        reader: ColumnReaderImpl<T>,
        column: &ColumnDescriptor,
        rows: usize,
        of: impl Fn(&T::T) -> f64,
    ) -> Result<(), ParquetError> {
        self.numbers.extend(cells(reader, column, rows, of)?);
        Ok(())
    }

    /// The table's columns from it: one, or of lists one a place; none where nothing was read.
    fn columns(self, name: String, lists: bool, span: bool) -> Result<Vec<Column>, String> {
        if !self.texts.is_empty() {
            return Ok(vec![Column { name, cells: Cells::Texts(self.texts) }]);
        }
        let first = |cell: &Vec<f64>| cell.first().copied().unwrap_or(f64::NAN);
        if !lists {
            let numbers = self.numbers.iter().map(first);
            let cells = if span {
                Cells::Seconds(numbers.map(|ns| ns * NANOSECONDS).collect())
            } else {
                Cells::Numbers(numbers.collect())
            };
            return Ok(if cells.len() == 0 { Vec::new() } else { vec![Column { name, cells }] });
        }
        let width = self.numbers.iter().map(Vec::len).max().unwrap_or(0);
        if let Some(row) = self.numbers.iter().position(|cell| cell.len() != width && !cell.is_empty()) {
            let is = self.numbers[row].len();
            return Err(format!(
                "column {name}: row {} holds {is} numbers, others {width}; lists must be alike",
                row + 1
            ));
        }
        let place = |j: usize| self.numbers.iter().map(|cell| cell.get(j).copied().unwrap_or(f64::NAN)).collect();
        Ok((0..width).map(|j| Column { name: format!("{name}_{j}"), cells: Cells::Numbers(place(j)) }).collect())
    }
}

fn of_f16(bytes: &FixedLenByteArray) -> f64 {
    bytes.data().try_into().map_or(f64::NAN, |bytes| half::f16::from_le_bytes(bytes).to_f64())
}

/// What the cells of one group of rows hold.
fn cells<T: DataType, V>(
    mut reader: ColumnReaderImpl<T>,
    column: &ColumnDescriptor,
    rows: usize,
    of: impl Fn(&T::T) -> V,
) -> Result<Vec<Vec<V>>, ParquetError> {
    let (mut definitions, mut repetitions, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let is_nullable = column.max_def_level() > 0;
    let has_lists = column.max_rep_level() > 0;
    let mut read = 0;
    while read < rows {
        let (records, ..) = reader.read_records(
            rows - read,
            is_nullable.then_some(&mut definitions),
            has_lists.then_some(&mut repetitions),
            &mut values,
        )?;
        if records == 0 {
            break;
        }
        read += records;
    }
    let levels = if is_nullable { definitions.len() } else { values.len() };
    let (mut cells, mut values) = (Vec::<Vec<V>>::with_capacity(rows), values.iter());
    for level in 0..levels {
        if repetitions.get(level).is_none_or(|repetition| *repetition == 0) {
            cells.push(Vec::new());
        }
        if definitions.get(level).is_none_or(|definition| *definition == column.max_def_level()) {
            cells.last_mut().expect("a list begins before its first value").extend(values.next().map(&of));
        }
    }
    Ok(cells)
}
