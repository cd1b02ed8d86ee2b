//! Where a training stands between two epochs: all that the next epoch depends on, and its checkpoint.

use super::checkpoint::{Checkpoint, Head};
use super::observe::EpochRow;
use super::schedule::PlateauState;
use super::selection::{Best, ImprovementCounter};
use super::updates::Updates;
use super::{Optimizer, TrainError};
use crate::model::Net;
use burn::module::Module;
use burn::tensor::Device;

/// The state between two epochs. Its networks are off autodiff: cloning a network for training shares the running
/// statistics of its batch normalisation, `valid()` gives it some of its own.
#[derive(Debug)]
pub(super) struct TrainingState {
    /// The last complete epoch; 0 before the first.
    pub epoch: usize,
    pub net: Net,
    pub updates: Updates,
    pub plateau: PlateauState,
    pub stop: ImprovementCounter,
    pub best: Option<Best<Net>>,
    pub history: Vec<EpochRow>,
}

impl TrainingState {
    /// Before the first epoch.
    pub fn fresh(net: &Net, optimizer: &Optimizer, device: &Device) -> Self {
        Self {
            epoch: 0,
            net: net.valid().to_device(device),
            updates: Updates::new(optimizer),
            plateau: PlateauState::default(),
            stop: ImprovementCounter::default(),
            best: None,
            history: Vec::new(),
        }
    }

    /// The state as a checkpoint; `identity` says which training it belongs to.
    pub fn to_checkpoint(&self, identity: &str) -> Result<Checkpoint, TrainError> {
        let (layout, optimizer) = self.updates.to_parts()?;
        let best_net = match &self.best {
            Some(best) if best.epoch != self.epoch => bytes(&best.net)?,
            _ => Vec::new(),
        };
        let head = Head {
            identity: identity.to_owned(),
            epoch: self.epoch,
            plateau: self.plateau.clone(),
            stop: self.stop.clone(),
            best: self.best.as_ref().map(|b| (b.epoch, b.value)),
            history: self.history.clone(),
            layout,
        };
        Ok(Checkpoint { head, net: bytes(&self.net)?, best_net, optimizer })
    }

    /// The state that a checkpoint holds, `net` being any network of the same architecture.
    pub fn from_checkpoint(
        checkpoint: Checkpoint,
        identity: &str,
        net: &Net,
        optimizer: &Optimizer,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let Checkpoint { head, net: net_bytes, best_net, optimizer: numbers } = checkpoint;
        if head.identity != identity {
            return Err(TrainError::ForeignCheckpoint);
        }
        // Each from a `valid()` of its own, or both would share one set of running statistics.
        let read = |bytes: &[u8]| {
            let read = net.valid().to_device(device).from_safetensors(bytes);
            read.map_err(|e| TrainError::Network(Box::new(e)))
        };
        let current = read(&net_bytes)?;
        let best = match head.best {
            Some((epoch, value)) if epoch == head.epoch => Some(Best { epoch, value, net: current.clone() }),
            Some((epoch, value)) => Some(Best { epoch, value, net: read(&best_net)? }),
            None => None,
        };
        Ok(Self {
            epoch: head.epoch,
            net: current,
            updates: Updates::from_parts(optimizer, &head.layout, &numbers, device)?,
            plateau: head.plateau,
            stop: head.stop,
            best,
            history: head.history,
        })
    }
}

fn bytes(net: &Net) -> Result<Vec<u8>, TrainError> {
    net.to_safetensors(&[]).map_err(|e| TrainError::Network(Box::new(e)))
}
