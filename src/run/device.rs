//! Where networks compute: chosen explicitly, with one clear error where the wish cannot be had.

use burn::tensor::Device;

/// What a person can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// A GPU where this build and the machine have one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// Any GPU through Vulkan, Metal or DirectX.
    Wgpu,
}

impl DeviceKind {
    /// The kind of a device that provenance calls `name`.
    pub fn of(name: &str) -> Self {
        match name.split([' ', ':']).next() {
            Some("cuda") => Self::Cuda,
            Some("wgpu") => Self::Wgpu,
            _ => Self::Cpu,
        }
    }
}

/// A device that is there.
#[derive(Debug, Clone)]
pub struct Compute {
    device: Device,
    name: String,
}

/// Why a device cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The build does not know the backend.
    #[error(
        "--device {0}: this build has no support for it; build with `cargo build --release --features {0}`, or use --device cpu"
    )]
    NotBuilt(&'static str),
    /// The machine has no such device.
    #[error(
        "--device {0}: no such device on this machine ({1}); use --device cpu, or --device auto to take what there is"
    )]
    NotThere(&'static str, &'static str),
}

impl Compute {
    /// The device for a wish.
    pub fn new(kind: DeviceKind) -> Result<Self, DeviceError> {
        match kind {
            DeviceKind::Cpu => Ok(Self::cpu()),
            DeviceKind::Cuda => cuda(),
            DeviceKind::Wgpu => wgpu(),
            DeviceKind::Auto => Ok(cuda().or_else(|_| wgpu()).unwrap_or_else(|_| Self::cpu())),
        }
    }

    /// burn's pure Rust CPU backend.
    pub fn cpu() -> Self {
        Self { device: Device::flex(), name: "cpu (burn flex)".to_owned() }
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether it is the CPU.
    pub fn is_cpu(&self) -> bool {
        self.name.starts_with("cpu")
    }

    /// Its name, for provenance.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<Compute, DeviceError> {
    match first(burn::tensor::DeviceType::Cuda) {
        Some(_) => Ok(Compute { device: Device::cuda(0), name: "cuda:0".to_owned() }),
        None => Err(DeviceError::NotThere("cuda", "no NVIDIA driver or no GPU")),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<Compute, DeviceError> {
    Err(DeviceError::NotBuilt("cuda"))
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Compute, DeviceError> {
    match first(burn::tensor::DeviceType::Wgpu) {
        Some(device) => Ok(Compute { name: format!("wgpu ({device:?})"), device }),
        None => Err(DeviceError::NotThere("wgpu", "no adapter for Vulkan, Metal or DirectX")),
    }
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Result<Compute, DeviceError> {
    Err(DeviceError::NotBuilt("wgpu"))
}

/// The first device of a kind. Without a driver, counting them may fail inside the driver's loader; that is no reason to
/// panic at a user.
#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn first(kind: burn::tensor::DeviceType) -> Option<Device> {
    let devices = std::panic::catch_unwind(|| Device::enumerate(kind)).ok()?;
    devices.into_iter().next()
}
