//! The `serlab` command.

/// burn's CPU backend maps and unmaps memory at every operation; mimalloc keeps it (1.3 to 1.45 times the speed).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc, between `eager_commit_delay` and `use_numa_nodes` in versions 2 and 3.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = libmimalloc_sys::mi_option_use_numa_nodes - 1;

/// Milliseconds that memory is kept before the system has it back and clears it: many steps, of which each asks for the same again. The
/// 10 that mimalloc waits cost large networks a tenth of their time.
const KEPT_MS: std::ffi::c_long = 1000;

fn main() -> std::process::ExitCode {
    // SAFETY: it sets a number of the allocator, which any thread may do at any time.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, KEPT_MS) };
    serlab::cli::main()
}
