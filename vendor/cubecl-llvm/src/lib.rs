//! Takes the place of `cubecl-llvm`, whose build script downloads an LLVM bundle.
//!
//! `cubecl-cuda` always links its LLVM backend, though with the feature `cuda-cpp` it compiles every kernel through
//! NVRTC instead. This crate has the names that `cubecl-cuda` 0.11.3 mentions and nothing behind them: asked to
//! compile, it panics with the way out.

use cubecl_core::ir::nvidia::SmArch;
use cubecl_core::prelude::KernelDefinition;
use cubecl_server::compiler::CompilationError;
use cubecl_server::kernel::BufferIOAttr;

/// PTX.
pub mod nvptx {
    /// Versions of PTX.
    pub mod ptx_version {
        use std::fmt;

        /// A version of PTX; there is none here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum PtxVersion {}

        impl PtxVersion {
            /// The newest version that a driver loads: none, since nothing here writes PTX.
            pub fn for_driver(_version: i32) -> Option<Self> {
                None
            }
        }

        impl fmt::Display for PtxVersion {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {}
            }
        }
    }
}

/// What the backend would share between its targets.
pub mod shared {
    /// Features that lowering takes away.
    pub mod lowered_features {
        /// The kinds of GPU.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum GpuTarget {
            /// NVIDIA.
            Nvptx,
        }

        /// Restricts nothing: nothing is lowered here.
        pub fn restrict_features(_: &mut cubecl_core::ir::DeviceProperties, _: GpuTarget) {}
    }
}

/// What would be compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LlvmTarget {
    /// The host.
    #[default]
    Cpu,
    /// NVIDIA.
    Nvptx,
}

/// The compiler that is not there.
#[derive(Debug, Clone, Default)]
pub struct PlironCompiler {
    /// What it would compile for.
    pub target: LlvmTarget,
}

/// Its options.
#[derive(Debug, Clone, Default)]
pub struct PlironOptions {
    /// The host's architecture.
    pub arch: Option<u32>,
    /// The device.
    pub sm_arch: Option<SmArch>,
    /// The version of PTX to write.
    pub ptx_version: Option<nvptx::ptx_version::PtxVersion>,
    /// Whether launch parameters are constants of the grid.
    pub grid_constants: bool,
    /// Keeps `..Default::default()` in use where all other fields are named.
    pub reserved: (),
}

/// A compiled module; never made.
#[derive(Debug, Clone)]
pub struct NvptxModule {
    /// The code, zero-terminated.
    pub ptx: Vec<core::ffi::c_char>,
    /// The kernel's name.
    pub entrypoint: String,
    /// The intermediate representation.
    pub ir: String,
    /// Bytes of shared memory.
    pub shared_memory_size: usize,
    /// What the kernel does with each buffer.
    pub io: Vec<BufferIOAttr>,
}

/// What compilation would yield.
#[derive(Debug, Clone)]
pub enum PlironArtifact {
    /// A module for an NVIDIA GPU.
    NvptxCode(NvptxModule),
    /// Nothing.
    None,
}

impl PlironCompiler {
    /// Never called: `cuda-cpp` chooses NVRTC.
    ///
    /// # Panics
    /// Always, naming the feature to build with.
    pub fn compile(&mut self, _: KernelDefinition, _: &PlironOptions) -> Result<PlironArtifact, CompilationError> {
        panic!("this build has no LLVM backend; build cubecl with its feature `cuda-cpp`")
    }

    /// The language tag in caches.
    pub fn lang_tag(&self) -> &'static str {
        "ll"
    }

    /// The extension of its files.
    pub fn extension(&self) -> &'static str {
        "ll"
    }
}
