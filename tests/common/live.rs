//! A command under way, while a test does something to it: signals it, damages its files, starts a second one.

#![allow(dead_code, reason = "each test file uses a part of it")]

use crate::common::{Folder, Serlab};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(2);
/// After so many milliseconds nothing is waited for any more: far longer than any of it takes on a busy machine.
const PATIENCE: u64 = 300_000;

/// A process of the binary. It is killed, if it still runs, when the value is dropped: no test leaves one behind.
pub struct Live {
    child: Child,
    out: tempfile::NamedTempFile,
    err: tempfile::NamedTempFile,
}

impl Live {
    /// Starts a command; what it says goes to files, so that it never waits for a reader.
    pub fn start(command: Serlab) -> Self {
        let files = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
        let [out, err] = files.each_ref().map(|file| Stdio::from(file.reopen().unwrap()));
        let child = command.command().stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
        let [out, err] = files;
        Self { child, out, err }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard error so far.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.err.path()).unwrap()).into_owned()
    }

    /// Everything it has said so far, for messages.
    pub fn all(&self) -> String {
        let out = std::fs::read(self.out.path()).unwrap();
        format!("--- stdout\n{}\n--- stderr\n{}", String::from_utf8_lossy(&out), self.err())
    }

    /// Sends a signal by its short name: `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ended, if it has: its exit code, or -1 where a signal ended it.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().map(|status| status.code().unwrap_or(-1))
    }

    /// Waits for its end, but no longer than so many milliseconds.
    pub fn ends_within(&mut self, milliseconds: u64) -> Option<i32> {
        let looks = milliseconds / LOOK.as_millis() as u64;
        (0..=looks).find_map(|_| {
            std::thread::sleep(LOOK);
            self.ended()
        })
    }

    /// Its exit code. That it never ends fails the test.
    pub fn end(&mut self) -> i32 {
        self.ends_within(PATIENCE).unwrap_or_else(|| panic!("process {} does not end\n{}", self.pid(), self.all()))
    }

    /// Waits until `happened`. That it ends before, or that it never happens, fails the test.
    pub fn until(&mut self, what: &str, mut happened: impl FnMut(&Self) -> bool) {
        for _ in 0..PATIENCE / LOOK.as_millis() as u64 {
            if happened(self) {
                return;
            }
            assert!(self.ended().is_none(), "it ended before {what}\n{}", self.all());
            std::thread::sleep(LOOK);
        }
        panic!("in vain waited for {what}\n{}", self.all());
    }

    /// Waits until a run of the folder has recorded so many epochs.
    pub fn until_epoch(&mut self, folder: &Folder, label: &str, epochs: usize) {
        self.until(&format!("epoch {epochs} of {label}"), |_| recorded(folder, label) >= epochs);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Sends a signal to a process that the test started.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "SIG{name} cannot be sent to {pid}");
}

/// The directory of the run called `VARIANT-sSEED`, if it is there.
pub fn run_called(folder: &Folder, label: &str) -> Option<PathBuf> {
    let name = |run: &Path| run.file_name().unwrap().to_string_lossy().into_owned();
    folder.runs().into_iter().find(|run| name(run).rsplit_once('-').is_some_and(|(start, _)| start == label))
}

/// The whole rows in the table of epochs of a run; 0 where there is none yet.
pub fn recorded(folder: &Folder, label: &str) -> usize {
    let table = run_called(folder, label).and_then(|run| std::fs::read_to_string(run.join("epochs.csv")).ok());
    table.map_or(0, |text| text.matches('\n').count().saturating_sub(1))
}

/// The epoch after which a command said that it resumed a run.
pub fn resumed_after(err: &str, label: &str) -> Option<usize> {
    let start = format!("{label}: resumes after epoch ");
    let line = err.lines().find_map(|line| line.strip_prefix(&start))?;
    line.split_whitespace().next()?.parse().ok()
}
