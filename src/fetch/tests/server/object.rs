//! The download of an object, and all that can go wrong with it.

use super::{Plan, State, answer, mixed};
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

/// What can go wrong with the download of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    Drop,
    Reset,
    WrongByte,
    Truncated,
    TooMany,
    Broken,
    Busy,
    IgnoresRange,
    OtherRange,
    Expired,
    Drip,
    Silence,
    TooLong,
    NoHttp,
}

/// All of them.
pub const MISHAPS: [Mishap; 14] = [
    Mishap::Drop,
    Mishap::Reset,
    Mishap::WrongByte,
    Mishap::Truncated,
    Mishap::TooMany,
    Mishap::Broken,
    Mishap::Busy,
    Mishap::IgnoresRange,
    Mishap::OtherRange,
    Mishap::Expired,
    Mishap::Drip,
    Mishap::Silence,
    Mishap::TooLong,
    Mishap::NoHttp,
];

/// What goes wrong with an object in this round.
fn mishap(plan: &Plan, oid: &str, round: usize) -> Option<Mishap> {
    if let Some(mishap) = plan.never_well.or_else(|| plan.always.get(oid).copied()) {
        return Some(mishap);
    }
    let draw = mixed(plan.seed, oid, round);
    let mishap = MISHAPS[(draw / 100) as usize % MISHAPS.len()];
    // An object that is refused three times is given up.
    let allowed = mishap != Mishap::Expired || round == 1;
    (round <= 2 && allowed && draw % 100 < plan.percent).then_some(mishap)
}

pub(super) fn object(state: &State, stream: &mut TcpStream, oid: &str, range: Option<usize>) -> std::io::Result<bool> {
    let Some(bytes) = state.objects.get(oid) else { return answer(stream, 404, "", 0, b"").map(|()| true) };
    let plan = state.plan.lock().unwrap().clone();
    let round = {
        let mut log = state.log.lock().unwrap();
        *log.resumed.entry(oid.to_owned()).or_default() += usize::from(range.is_some());
        let round = log.asked.entry(oid.to_owned()).or_default();
        *round += 1;
        *round
    };
    std::thread::sleep(plan.delay);
    let mishap = mishap(&plan, oid, round);
    if let Some(mishap) = mishap {
        state.log.lock().unwrap().happened.insert(mishap);
    }
    let range = if mishap == Some(Mishap::IgnoresRange) { None } else { range };
    if range.is_some_and(|first| first >= bytes.len()) {
        return answer(stream, 416, "", 0, b"").map(|()| true);
    }
    let first = range.unwrap_or(0);
    let (status, mut headers) = match range {
        Some(first) => (206, format!("Content-Range: bytes {first}-{}/{}\r\n", bytes.len() - 1, bytes.len())),
        None => (200, String::new()),
    };
    let rest = &bytes[first..];
    let half = &rest[..rest.len() / 2];
    match mishap {
        Some(Mishap::Drop | Mishap::Reset) => {
            answer(stream, status, &headers, rest.len(), half)?;
            if mishap == Some(Mishap::Drop) {
                stream.shutdown(std::net::Shutdown::Both)?;
            }
            return Ok(false);
        }
        Some(Mishap::WrongByte) => {
            let mut wrong = rest.to_vec();
            wrong[0] ^= 1;
            answer(stream, status, &headers, rest.len(), &wrong)?;
        }
        Some(Mishap::Truncated) => answer(stream, status, &headers, half.len(), half)?,
        Some(Mishap::TooMany) => answer(stream, 429, "Retry-After: 0\r\n", 4, b"slow")?,
        Some(Mishap::Broken) => answer(stream, 500, "", 3, b"bad")?,
        Some(Mishap::Busy) => {
            answer(
                stream,
                503,
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                0,
                b"",
            )?;
        }
        Some(Mishap::OtherRange) => {
            headers = format!("Content-Range: bytes 1-{}/{}\r\n", bytes.len() - 1, bytes.len());
            answer(stream, 206, &headers, bytes.len() - 1, &bytes[1..])?;
        }
        Some(Mishap::Expired) => answer(stream, 403, "", 7, b"expired")?,
        Some(Mishap::Drip) => {
            answer(stream, status, &headers, rest.len(), b"")?;
            for piece in rest.chunks(rest.len().div_ceil(8)) {
                std::thread::sleep(plan.delay.max(Duration::from_millis(5)));
                stream.write_all(piece)?;
            }
        }
        Some(Mishap::Silence) => {
            answer(stream, status, &headers, rest.len(), half)?;
            std::thread::sleep(Duration::from_secs(1));
            return Ok(false);
        }
        Some(Mishap::TooLong) => answer(stream, status, &headers, rest.len() + 5, &[rest, b"extra"].concat())?,
        Some(Mishap::NoHttp) => {
            stream.write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n")?;
            return Ok(false);
        }
        Some(Mishap::IgnoresRange) | None => answer(stream, status, &headers, rest.len(), rest)?,
    }
    Ok(true)
}
