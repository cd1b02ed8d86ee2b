//! A server of a repository with Git LFS on this machine, which misbehaves by a seeded plan. It has no part in serlab:
//! the tests of this room and those through the binary share it.

#![allow(dead_code, reason = "each test uses a part of it")]

mod made;
pub mod object;

pub use made::{clips, mixed, pointer, sha256, tar_gz};
pub use object::Mishap;

use object::object;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The repository's path on the server.
pub const REPOSITORY: &str = "/authors/CREMA-D";

/// Where it was before.
pub const MOVED: &str = "/students/CREMA-D";

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub seed: u64,
    /// Of 100 downloads so many go wrong, in the first two rounds of each object.
    pub percent: u64,
    /// The first answers about the archive and the batches are wrong ones, too.
    pub bad_start: bool,
    /// Of 100 objects so many are an error in the first batch that asks for them.
    pub batch_errors: u64,
    /// Every third address is told with an end that has passed, when it is asked for first.
    pub expired_links: bool,
    /// Objects that never come right: always this mishap.
    pub always: BTreeMap<String, Mishap>,
    /// All objects never come right.
    pub never_well: Option<Mishap>,
    /// An answer to all batch requests: status and body.
    pub batch_answer: Option<(u16, String)>,
    /// An archive other than the one of the clips, or a status.
    pub archive: Option<Result<Vec<u8>, u16>>,
    /// The clips are in the archive instead of pointers.
    pub whole_archive: bool,
    /// Each object takes so long.
    pub delay: Duration,
}

/// What was asked for and answered.
#[derive(Debug, Default)]
pub struct Log {
    pub archives: usize,
    pub batches: usize,
    /// How often each object was asked for.
    pub asked: BTreeMap<String, usize>,
    /// How often each object was asked for from its middle.
    pub resumed: BTreeMap<String, usize>,
    pub happened: BTreeSet<Mishap>,
    pub largest_batch: usize,
    /// How often an address was used that was told with an end that has passed.
    pub expired: usize,
}

struct State {
    objects: BTreeMap<String, Vec<u8>>,
    archive: Vec<u8>,
    plan: Mutex<Plan>,
    log: Mutex<Log>,
    batch_rounds: Mutex<BTreeMap<String, usize>>,
    address: String,
    over: AtomicBool,
}

/// The running server; it ends with the value.
pub struct Server(Arc<State>);

impl Server {
    pub fn start(clips: &[(String, Vec<u8>)], plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let content = |bytes: &[u8]| if plan.whole_archive { bytes.to_vec() } else { pointer(bytes) };
        let mut entries: Vec<(String, u8, Vec<u8>)> = vec![
            ("CREMA-D-master/VideoDemographics.csv".to_owned(), b'0', made::DEMOGRAPHICS.as_bytes().to_vec()),
            ("CREMA-D-master/LICENSE.txt".to_owned(), b'0', b"Open Database License\n".to_vec()),
            ("CREMA-D-master/readTabulatedVotes.R".to_owned(), b'0', b"x <- 1\n".to_vec()),
            ("CREMA-D-master/AudioWAV/".to_owned(), b'5', Vec::new()),
            ("CREMA-D-master/AudioMP3/1001_DFA_ANG_XX.mp3".to_owned(), b'0', pointer(b"mp3")),
        ];
        let clip =
            |(name, bytes): &(String, Vec<u8>)| (format!("CREMA-D-master/AudioWAV/{name}"), b'0', content(bytes));
        entries.extend(clips.iter().map(clip));
        let state = Arc::new(State {
            objects: clips.iter().map(|(_, bytes)| (sha256(bytes), bytes.clone())).collect(),
            archive: tar_gz(&entries),
            plan: Mutex::new(plan),
            log: Mutex::default(),
            batch_rounds: Mutex::default(),
            address: format!("http://{}", listener.local_addr().unwrap()),
            over: AtomicBool::new(false),
        });
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.over.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), shared) = (stream, shared.clone()) else { continue };
                // A client that goes away is its own affair.
                std::thread::spawn(move || drop(serve(&shared, stream)));
            }
        });
        Self(state)
    }

    /// The repository's address.
    pub fn url(&self) -> String {
        format!("{}{REPOSITORY}", self.0.address)
    }

    pub fn log<T>(&self, look: impl FnOnce(&mut Log) -> T) -> T {
        look(&mut self.0.log.lock().unwrap())
    }

    pub fn change(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.0.plan.lock().unwrap());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.0.address.trim_start_matches("http://")));
    }
}

struct Request {
    path: String,
    range: Option<usize>,
    body: Vec<u8>,
}

fn request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut range, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            Some(("range", value)) => range = value.trim_start_matches("bytes=").trim_end_matches('-').parse().ok(),
            Some(("content-length", value)) => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { path, range, body }))
}

/// Writes an answer; `length` is what is said of the body.
fn answer(stream: &mut TcpStream, status: u16, headers: &str, length: usize, body: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}\r\n").as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

/// Serves one connection until the client or a mishap closes it.
fn serve(state: &State, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = request(&mut reader)? {
        let goes_on = if request.path.ends_with(".tar.gz") && !request.path.starts_with(MOVED) {
            archive(state, &mut stream, &request)?
        } else if request.path == format!("{REPOSITORY}.git/info/lfs/objects/batch") {
            batch(state, &mut stream, &request)?
        } else if let Some(path) = request.path.strip_prefix(MOVED) {
            let location = format!("Location: {REPOSITORY}{path}\r\n");
            answer(&mut stream, 301, &location, 0, b"")?;
            true
        } else if let Some(oid) = request.path.strip_prefix("/objects/") {
            state.log.lock().unwrap().expired += usize::from(oid.ends_with("expired"));
            object(state, &mut stream, oid.split('?').next().unwrap(), request.range)?
        } else {
            answer(&mut stream, 404, "", 0, b"")?;
            true
        };
        if !goes_on || state.over.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(())
}

fn archive(state: &State, stream: &mut TcpStream, request: &Request) -> std::io::Result<bool> {
    if request.path.starts_with(REPOSITORY) {
        let location = format!("Location: {}/codeload/master.tar.gz\r\n", state.address);
        return answer(stream, 302, &location, 0, b"").map(|()| true);
    }
    let round = {
        let mut log = state.log.lock().unwrap();
        log.archives += 1;
        log.archives
    };
    let plan = state.plan.lock().unwrap().clone();
    match plan.archive {
        Some(Err(status)) => return answer(stream, status, "", 0, b"").map(|()| true),
        Some(Ok(bytes)) => return answer(stream, 200, "", bytes.len(), &bytes).map(|()| true),
        None => {}
    }
    let bytes = &state.archive;
    if plan.bad_start && round == 1 {
        return answer(stream, 200, "", bytes.len(), &bytes[..bytes.len() / 2]).map(|()| false);
    }
    if plan.bad_start && round == 2 {
        let mut damaged = bytes.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x10;
        return answer(stream, 200, "", bytes.len(), &damaged).map(|()| true);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    for chunk in bytes.chunks(1000) {
        write!(stream, "{:x}\r\n", chunk.len())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")?;
    }
    stream.write_all(b"0\r\n\r\n")?;
    Ok(true)
}

fn batch(state: &State, stream: &mut TcpStream, request: &Request) -> std::io::Result<bool> {
    let asked: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let asked = asked["objects"].as_array().unwrap();
    let round = {
        let mut log = state.log.lock().unwrap();
        log.batches += 1;
        log.largest_batch = log.largest_batch.max(asked.len());
        log.batches
    };
    let plan = state.plan.lock().unwrap().clone();
    if let Some((status, body)) = &plan.batch_answer {
        // "RETRY n" stands for an empty answer with that header.
        return match body.strip_prefix("RETRY ") {
            Some(seconds) => answer(stream, *status, &format!("Retry-After: {seconds}\r\n"), 0, b"").map(|()| true),
            None => answer(stream, *status, "", body.len(), body.as_bytes()).map(|()| true),
        };
    }
    match round {
        1 if plan.bad_start => return answer(stream, 429, "Retry-After: 0\r\n", 0, b"").map(|()| true),
        2 if plan.bad_start => return answer(stream, 500, "", 0, b"").map(|()| true),
        3 if plan.bad_start => return answer(stream, 200, "", 6, b"<html>").map(|()| true),
        _ => {}
    }
    let mut rounds = state.batch_rounds.lock().unwrap();
    let objects: Vec<serde_json::Value> = asked
        .iter()
        .map(|object| {
            let oid = object["oid"].as_str().unwrap();
            let round = rounds.entry(oid.to_owned()).or_default();
            *round += 1;
            if *round == 1 && mixed(plan.seed, oid, 99) % 100 < plan.batch_errors {
                return serde_json::json!({ "oid": oid, "error": { "code": 500, "message": "try again" } });
            }
            let href = format!("{}/objects/{oid}?round={round}", state.address);
            let mut download = serde_json::json!({ "href": href, "header": { "X-Token": "t" } });
            if plan.expired_links && *round == 1 && mixed(plan.seed, oid, 98).is_multiple_of(3) {
                download["expires_at"] = "2001-01-01T00:00:00Z".into();
                download["href"] = format!("{href}&expired").into();
            } else {
                download["expires_in"] = 3600.into();
            }
            serde_json::json!({ "oid": oid, "size": object["size"], "actions": { "download": download } })
        })
        .collect();
    drop(rounds);
    let body = serde_json::json!({ "transfer": "basic", "objects": objects }).to_string();
    answer(stream, 200, "Content-Type: application/vnd.git-lfs+json\r\n", body.len(), body.as_bytes())?;
    Ok(true)
}
