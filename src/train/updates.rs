//! Applies an optimiser to a network, and keeps the optimiser's state.
//!
//! burn keeps that state under random parameter ids in a hash map; here it is kept by the parameter's place in the
//! network. So it fits a network that was written to bytes and read back, and its own bytes are always the same.

use super::Optimizer;
use super::checkpoint::CheckpointError;
use super::clip::Limit;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{DynOptimizer, DynState, GradientsParams, StateSink, StateSource};
use burn::tensor::{Bool, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What burn's names of a state's parts begin with; it only has to be the same for writing and reading.
const PREFIX: &str = "state";

/// An optimiser with its state for every parameter.
#[derive(Clone)]
pub(super) struct Updates {
    /// Of weights, and of parameters of one dimension.
    rules: [Arc<dyn DynOptimizer>; 2],
    states: Vec<Option<DynState>>,
}

impl fmt::Debug for Updates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("states", &self.states.len()).finish_non_exhaustive()
    }
}

/// The Euclidean norm of all gradients as one vector, summed in the order of the network's parameters.
pub(super) fn global_norm<M: Module>(net: &M, gradients: &GradientsParams) -> f64 {
    struct Squares<'a> {
        gradients: &'a GradientsParams,
        sums: Vec<Tensor<1>>,
    }
    impl ModuleVisitor for Squares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.get::<D>(param.id) {
                self.sums.push(gradient.square().sum());
            }
        }
    }
    let mut visitor = Squares { gradients, sums: Vec::new() };
    net.visit(&mut visitor);
    if visitor.sums.is_empty() {
        return 0.0;
    }
    // Gathered first, so that a device is waited for once and not once a parameter.
    let sums = Tensor::cat(visitor.sums, 0).into_data();
    sums.iter::<f64>().sum::<f64>().sqrt()
}

/// Whether every weight and every running statistic of a network is a number.
pub(super) fn all_finite<M: Module>(net: &M) -> bool {
    struct Finite(Vec<Tensor<1, Bool>>);
    impl ModuleVisitor for Finite {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.val().is_finite().all());
        }
    }
    let mut visitor = Finite(Vec::new());
    net.visit(&mut visitor);
    visitor.0.is_empty() || Tensor::cat(visitor.0, 0).into_data().iter::<bool>().all(|finite| finite)
}

impl Updates {
    /// The optimiser before its first step.
    pub fn new(optimizer: &Optimizer) -> Self {
        Self { rules: rules(optimizer), states: Vec::new() }
    }

    /// One step at the given learning rate. Parameters without a gradient (frozen ones, running statistics) stay.
    pub fn step<M: Module>(&mut self, net: M, gradients: GradientsParams, learning_rate: f64, limit: Limit) -> M {
        net.map(&mut Step { updates: self, place: 0, gradients, learning_rate, limit })
    }

    /// The state as a description and the numbers it describes, in the order of the network's parameters.
    pub fn to_parts(&self) -> Result<(Layout, Vec<u8>), CheckpointError> {
        let mut bytes = Vec::new();
        let mut slots = Vec::new();
        for state in &self.states {
            let Some(state) = state else {
                slots.push(None);
                continue;
            };
            let mut sink = StateSink::default();
            self.rules[0].state_flatten(PREFIX, state, &mut sink);
            let mut slot = Slot { rank: state.rank(), tensors: Vec::new(), scalars: Vec::new() };
            for (name, data) in sink.tensors {
                let shape = data.shape().iter().copied().collect();
                let values: Vec<f32> =
                    data.try_to_vec().map_err(|e| CheckpointError::optimizer(format!("{name}: {e:?}")))?;
                bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
                slot.tensors.push((name, shape));
            }
            for (name, value) in sink.scalars {
                let value = u64::try_from(value).map_err(|e| CheckpointError::optimizer(format!("{name}: {e}")))?;
                slot.scalars.push((name, value));
            }
            slots.push(Some(slot));
        }
        Ok((Layout(slots), bytes))
    }

    /// The optimiser with the state that [`Self::to_parts`] gave.
    pub fn from_parts(
        optimizer: &Optimizer,
        layout: &Layout,
        bytes: &[u8],
        device: &Device,
    ) -> Result<Self, CheckpointError> {
        let rules = rules(optimizer);
        let mut values = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let mut states = Vec::new();
        for (place, slot) in layout.0.iter().enumerate() {
            let Some(slot) = slot else {
                states.push(None);
                continue;
            };
            let mut source = StateSource::new(slot.scalars.iter().map(|(n, v)| (n.clone(), (*v).into())).collect());
            for (name, shape) in &slot.tensors {
                let size = shape.iter().product();
                let data: Vec<f32> = values.by_ref().take(size).collect();
                if data.len() != size {
                    return Err(CheckpointError::optimizer(format!("{name} of parameter {place} is cut short")));
                }
                source.insert_tensor(name.clone(), TensorData::new(data, shape.clone()));
            }
            let state = rules[0].state_unflatten(slot.rank, PREFIX, &mut source, device);
            let incomplete = || CheckpointError::optimizer(format!("parts of parameter {place} are missing"));
            states.push(Some(state.ok_or_else(incomplete)?));
        }
        Ok(Self { rules, states })
    }
}

/// The rule of weights, and that of parameters of one dimension. Their states are of the same make.
fn rules(optimizer: &Optimizer) -> [Arc<dyn DynOptimizer>; 2] {
    [2, 1].map(|dimensions| optimizer.build(dimensions))
}

/// What the bytes of an optimiser's state mean: one entry a parameter of the network, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Layout(Vec<Option<Slot>>);

/// The state of one parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Slot {
    rank: usize,
    tensors: Vec<(String, Vec<usize>)>,
    scalars: Vec<(String, u64)>,
}

struct Step<'a> {
    updates: &'a mut Updates,
    place: usize,
    gradients: GradientsParams,
    learning_rate: f64,
    limit: Limit,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let place = self.place;
        self.place += 1;
        if self.updates.states.len() <= place {
            self.updates.states.push(None);
        }
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return param };
        let gradient = self.limit.apply(gradient);
        let (id, weight, mapper) = param.consume();
        let (tracked, strategy) = (weight.is_require_grad(), weight.gradient_checkpointing_strategy());
        let state = self.updates.states[place].take();
        let weight = weight.inner().into_bridge();
        let rule = &self.updates.rules[usize::from(D == 1)];
        let (weight, state) = rule.step_dyn(D, self.learning_rate, weight, gradient.into_bridge(), state);
        self.updates.states[place] = state;
        let mut weight = Tensor::from_inner(Tensor::<D>::from_bridge(weight));
        if let Some(strategy) = strategy {
            weight = weight.with_gradient_checkpointing_strategy(strategy);
        }
        Param::from_mapped_value(id, weight.set_require_grad(tracked), mapper)
    }
}

#[cfg(test)]
#[path = "updates_tests.rs"]
mod tests;
