//! Networks as safetensors files: the parameters by name, f32, and a table of metadata.
//!
//! The format is an 8-byte little-endian length, a JSON header of that length (padded with spaces to a multiple of 8),
//! and the values. It is written here and not by burn-store because the same network must always give the same bytes:
//! tensors and metadata are sorted by name. Names and layouts are PyTorch's (`weight`, `bias`, `running_mean`,
//! `running_var`; dense weights [out, in]), so `safetensors.torch.load_file` gives a state dict.

use super::Net;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What keeps a file of weights from being written or read.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The bytes are no safetensors file, or a damaged one.
    #[error("not a readable safetensors file: {0}")]
    Damaged(String),
    /// The tensors are not those of the network.
    #[error("these weights belong to another network than the settings describe: {}", .0.join("; "))]
    Mismatch(Vec<String>),
    /// A device did not give a tensor's values.
    #[error("the values of `{name}` could not be read from the device: {reason}")]
    Device {
        /// The tensor.
        name: String,
        /// What the device said.
        reason: String,
    },
}

/// One tensor in the header.
#[derive(Serialize, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// A tensor's values as they are in a file.
pub(super) struct Stored {
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

/// Where a visitor is in the module tree: the names from the network down to the current parameter.
#[derive(Default)]
pub(super) struct Path(Vec<String>);

impl Path {
    /// The enum of architectures adds its variant's name, which is no part of a parameter's name.
    pub(super) fn enter(&mut self, name: &str, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.push(name.to_owned());
        }
    }

    pub(super) fn exit(&mut self, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.pop();
        }
    }

    /// burn calls a norm's scale and shift gamma and beta; files call them weight and bias.
    pub(super) fn name(&self) -> String {
        let mut parts: Vec<&str> = self.0.iter().map(String::as_str).collect();
        if let Some(last) = parts.last_mut() {
            *last = match *last {
                "gamma" => "weight",
                "beta" => "bias",
                other => other,
            };
        }
        parts.join(".")
    }
}

#[derive(Default)]
struct Collect {
    path: Path,
    tensors: BTreeMap<String, Stored>,
    failed: Option<ModelError>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }
    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.name();
        match param.val().try_into_vec_as::<f32>() {
            Ok(values) => {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                self.tensors.insert(name, Stored { shape: param.dims().to_vec(), bytes });
            }
            Err(e) => self.failed = Some(ModelError::Device { name, reason: e.to_string() }),
        }
    }
}

#[derive(Default)]
struct Shapes {
    path: Path,
    shapes: BTreeMap<String, Vec<usize>>,
}

impl ModuleVisitor for Shapes {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }
    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.shapes.insert(self.path.name(), param.dims().to_vec());
    }
}

struct Fill {
    path: Path,
    tensors: BTreeMap<String, Stored>,
}

impl ModuleMapper for Fill {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }
    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let stored = self.tensors.remove(&self.path.name()).expect("names were compared before filling");
        let words = stored.bytes.chunks_exact(4);
        let values: Vec<f32> = words.map(|w| f32::from_le_bytes([w[0], w[1], w[2], w[3]])).collect();
        param.map(|old| Tensor::from_data(TensorData::new(values, stored.shape), (&old.device(), DType::F32)))
    }
}

impl Net {
    /// Every tensor's name and shape, sorted by name; running statistics included.
    pub fn tensors(&self) -> BTreeMap<String, Vec<usize>> {
        let mut visitor = Shapes::default();
        self.visit(&mut visitor);
        visitor.shapes
    }

    /// The network as the bytes of a safetensors file, `metadata` in its header. The same values give the same bytes.
    ///
    /// # Errors
    /// [`ModelError::Device`] where a device fails to hand over values.
    pub fn to_safetensors(&self, metadata: &[(String, String)]) -> Result<Vec<u8>, ModelError> {
        let mut visitor = Collect::default();
        // `valid` makes the running statistics include the last training step; the module itself keeps it aside.
        self.valid().visit(&mut visitor);
        if let Some(error) = visitor.failed {
            return Err(error);
        }
        let mut header = serde_json::Map::new();
        let metadata: BTreeMap<&String, &String> = metadata.iter().map(|(k, v)| (k, v)).collect();
        if !metadata.is_empty() {
            header.insert("__metadata__".to_owned(), serde_json::to_value(metadata).map_err(damaged)?);
        }
        let mut offset = 0;
        for (name, tensor) in &visitor.tensors {
            let end = offset + tensor.bytes.len();
            let entry = Entry { dtype: "F32".to_owned(), shape: tensor.shape.clone(), data_offsets: [offset, end] };
            header.insert(name.clone(), serde_json::to_value(entry).map_err(damaged)?);
            offset = end;
        }
        let mut text = serde_json::to_vec(&header).map_err(damaged)?;
        text.resize(text.len().next_multiple_of(8), b' ');
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text);
        visitor.tensors.values().for_each(|tensor| bytes.extend(&tensor.bytes));
        Ok(bytes)
    }

    /// This network with the values of a safetensors file; device, ids and what is trainable stay as they are. The
    /// result shares nothing with clones of `self`.
    ///
    /// # Errors
    /// [`ModelError::Damaged`], or [`ModelError::Mismatch`] with every missing, unexpected and misshaped tensor.
    pub fn from_safetensors(self, bytes: &[u8]) -> Result<Self, ModelError> {
        let (_, tensors) = read(bytes)?;
        let net = self.with_room_for(&tensors);
        let expected = net.tensors();
        let mut wrong = vec![];
        for (name, shape) in &expected {
            match tensors.get(name) {
                None => wrong.push(format!("`{name}` {shape:?} is missing")),
                Some(t) if t.shape != *shape => wrong.push(format!("`{name}` is {:?}, expected {shape:?}", t.shape)),
                Some(_) => {}
            }
        }
        let unexpected = tensors.keys().filter(|name| !expected.contains_key(*name));
        wrong.extend(unexpected.map(|name| format!("`{name}` is not part of the network")));
        if !wrong.is_empty() {
            return Err(ModelError::Mismatch(wrong));
        }
        // Clones share their running statistics; `valid` gives the result its own.
        let training = net.is_training();
        let filled = net.valid().map(&mut Fill { path: Path::default(), tensors });
        Ok(if training { filled.train() } else { filled })
    }
}

impl Net {
    /// The network in the size that a file has, where that is no matter of its settings.
    fn with_room_for(self, tensors: &BTreeMap<String, Stored>) -> Self {
        let support = tensors.get("decisions.support_vectors").and_then(|stored| stored.shape.first());
        match (self, support) {
            (Self::Svm(net), Some(support)) => Self::Svm(net.with_room(*support)),
            (net, _) => net,
        }
    }
}

/// The metadata in the header of a safetensors file.
///
/// # Errors
/// [`ModelError::Damaged`] where the bytes are no safetensors file.
pub fn safetensors_metadata(bytes: &[u8]) -> Result<BTreeMap<String, String>, ModelError> {
    read(bytes).map(|(metadata, _)| metadata)
}

fn damaged(reason: impl ToString) -> ModelError {
    ModelError::Damaged(reason.to_string())
}

type Contents = (BTreeMap<String, String>, BTreeMap<String, Stored>);

pub(super) fn read(bytes: &[u8]) -> Result<Contents, ModelError> {
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| damaged("shorter than 8 bytes"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(damaged)?;
    let header = rest
        .get(..length)
        .ok_or_else(|| damaged(format!("the header should have {length} bytes, but only {} follow", rest.len())))?;
    let data = &rest[length..];
    let mut header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header).map_err(damaged)?;
    let metadata = header.remove("__metadata__").map(serde_json::from_value).transpose().map_err(damaged)?;
    let entries = header.into_iter().map(|(name, entry)| match serde_json::from_value::<Entry>(entry) {
        Ok(entry) => Ok((name, entry)),
        Err(e) => Err(damaged(format!("`{name}`: {e}"))),
    });
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    // The values lie one after another, as the format asks: tensors that share bytes would let a small file fill the memory.
    entries.sort_by_key(|(_, entry)| entry.data_offsets);
    let mut tensors = BTreeMap::new();
    let mut last = 0;
    for (name, entry) in entries {
        if entry.dtype != "F32" {
            return Err(damaged(format!("`{name}` has type {}, expected F32", entry.dtype)));
        }
        let [start, end] = entry.data_offsets;
        let values = data
            .get(start..end)
            .ok_or_else(|| damaged(format!("`{name}` should lie at bytes {start} to {end} of {}", data.len())))?;
        let count = entry.shape.iter().try_fold(4usize, |product, n| product.checked_mul(*n));
        if count != Some(values.len()) {
            let message = format!("`{name}` has {} bytes, which do not fill {:?}", values.len(), entry.shape);
            return Err(damaged(message));
        }
        if start != last {
            return Err(damaged(format!("`{name}` begins at byte {start}, where byte {last} is the next one")));
        }
        last = end;
        tensors.insert(name, Stored { shape: entry.shape, bytes: values.to_vec() });
    }
    if last != data.len() {
        return Err(damaged(format!("{} bytes after the last tensor", data.len() - last)));
    }
    Ok((metadata.unwrap_or_default(), tensors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    fn why(header: &str, data: &[u8]) -> String {
        read(&file(header, data)).err().expect("it is refused").to_string()
    }

    #[test]
    fn tensors_lie_one_after_another_without_sharing_a_byte() {
        let one = |name: &str, from: usize, to: usize| {
            format!("\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{from},{to}]}}", (to - from) / 4)
        };
        let header = |tensors: &[String]| format!("{{{}}}", tensors.join(","));
        let (_, tensors) = read(&file(&header(&[one("b", 4, 12), one("a", 0, 4)]), &[7; 12])).unwrap();
        assert_eq!((tensors["a"].bytes.len(), tensors["b"].shape[0]), (4, 2));
        let said = why(&header(&[one("a", 0, 8), one("b", 0, 8)]), &[0; 8]);
        assert!(said.ends_with("`b` begins at byte 0, where byte 8 is the next one"), "{said}");
        let said = why(&header(&[one("a", 0, 4), one("b", 8, 12)]), &[0; 12]);
        assert!(said.ends_with("`b` begins at byte 8, where byte 4 is the next one"), "{said}");
        let said = why(&header(&[one("a", 0, 4)]), &[0; 12]);
        assert!(said.ends_with("8 bytes after the last tensor"), "{said}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
            shape in proptest::collection::vec(prop_oneof![0u64..4, any::<u64>()], 0..4),
            offsets in any::<[u64; 2]>(),
        ) {
            let _ = read(&bytes);
            let header = serde_json::json!({ "a": { "dtype": "F32", "shape": shape, "data_offsets": offsets } });
            let _ = read(&file(&header.to_string(), &bytes));
        }
    }
}
