//! The only door to standard output and standard error.

pub use crate::words::counted;

use std::io::{self, IsTerminal, Write};

/// Writes a result to standard output. A reader that has gone away (`| head`) is no error: the process ends with 0.
pub fn result(text: &str) {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| match text.ends_with('\n') {
        true => out.flush(),
        false => out.write_all(b"\n").and_then(|()| out.flush()),
    });
    match written {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(e) => {
            note(&format!("serlab: cannot write to standard output: {e}"));
            std::process::exit(super::exit::Exit::Failed as i32);
        }
        Ok(()) => {}
    }
}

/// Tells something beside the result, on standard error. Nothing can be done where that fails.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether bars may be drawn: on a terminal only.
pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}
