//! The vector instructions of the machine, asked for at run time, and what has to be compiled once for each.
//!
//! Every kernel does the same operations on the same numbers in the same order whichever instructions run it (a fused
//! multiply-add for each term of a convolution, sixteen fixed partial sums for each reduction), so results are the same
//! to the last bit with AVX2, AVX-512 and on ARM.

/// A set of vector instructions that this machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Isa(Level);

/// The instruction sets that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// 16 lanes, 32 registers.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 8 lanes, 16 registers.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What the compilation target has anyway; it must have fused multiply-add.
    #[cfg_attr(target_arch = "x86_64", expect(dead_code, reason = "x86-64 alone has no fused multiply-add"))]
    Target,
}

impl Isa {
    /// The widest set of this machine; none where it has no fused multiply-add, which would have to be emulated.
    pub(super) fn detect() -> Option<Self> {
        Self::all().first().copied()
    }

    /// Every set of this machine, widest first.
    pub(super) fn all() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl");
            [(avx512, Level::Avx512), (avx2, Level::Avx2)]
                .iter()
                .filter(|(has, _)| *has)
                .map(|(_, l)| Self(*l))
                .collect()
        }
        #[cfg(target_arch = "aarch64")]
        {
            vec![Self(Level::Target)]
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        {
            Vec::new()
        }
    }

    /// Which set this is.
    pub(super) fn level(self) -> Level {
        self.0
    }
}

/// Compiles a function once for each instruction set and chooses between them at the call: the compiler vectorises
/// plain loops with whatever the set offers. The first argument of the function made is the [`Isa`].
macro_rules! for_each_isa {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name(isa: $crate::kernel::isa::Isa, $($arg: $type),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $type),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl")]
            fn avx512($($arg: $type),*) $(-> $ret)? {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $type),*) $(-> $ret)? {
                body($($arg),*)
            }

            match isa.level() {
                // SAFETY: an `Isa` of this level exists only where the CPU reported the features enabled here.
                #[cfg(target_arch = "x86_64")]
                $crate::kernel::isa::Level::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::kernel::isa::Level::Avx2 => unsafe { avx2($($arg),*) },
                $crate::kernel::isa::Level::Target => body($($arg),*),
            }
        }
    };
}
pub(crate) use for_each_isa;
