//! Where a training stands between two epochs: all that the next epoch depends on, and its checkpoint.

use super::averaging::Mean;
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
    /// The mean of networks, where there is one: in the place of `net` for all but training.
    pub mean: Option<Mean>,
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
            mean: None,
            updates: Updates::new(optimizer),
            plateau: PlateauState::default(),
            stop: ImprovementCounter::default(),
            best: None,
            history: Vec::new(),
        }
    }

    /// The network as it will be used.
    pub fn used(&self) -> &Net {
        self.mean.as_ref().map_or(&self.net, |mean| &mean.net)
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
            averaged: self.mean.as_ref().map_or(0, |mean| mean.counted),
            history: self.history.clone(),
            layout,
        };
        let mean = self.mean.as_ref().map_or(Ok(Vec::new()), |mean| bytes(&mean.net))?;
        Ok(Checkpoint { head, net: bytes(&self.net)?, best_net, mean, optimizer })
    }

    /// The state that a checkpoint holds, `net` being any network of the same architecture.
    pub fn from_checkpoint(
        checkpoint: Checkpoint,
        identity: &str,
        net: &Net,
        optimizer: &Optimizer,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let Checkpoint { head, net: net_bytes, best_net, mean, optimizer: numbers } = checkpoint;
        if head.identity != identity {
            return Err(TrainError::ForeignCheckpoint);
        }
        // Each from a `valid()` of its own, or both would share one set of running statistics.
        let read = |bytes: &[u8]| {
            let read = net.valid().to_device(device).from_safetensors(bytes);
            read.map_err(|e| TrainError::Network(Box::new(e)))
        };
        let current = read(&net_bytes)?;
        let mean = match head.averaged {
            0 => None,
            counted => Some(Mean { net: read(&mean)?, counted }),
        };
        let used = mean.as_ref().map_or(&current, |mean| &mean.net);
        let best = match head.best {
            Some((epoch, value)) if epoch == head.epoch => Some(Best { epoch, value, net: used.clone() }),
            Some((epoch, value)) => Some(Best { epoch, value, net: read(&best_net)? }),
            None => None,
        };
        Ok(Self {
            epoch: head.epoch,
            net: current,
            mean,
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
