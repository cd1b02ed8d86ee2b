//! The batch API of Git LFS: hashes go in, addresses to download from come out.

use super::fault::{Fault, Nature};
use super::listing::Clip;
use super::retry::RetryPolicy;
use super::web::{Web, plain};
use super::{Source, clock, source};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many objects one asks for at once, as Git LFS itself does.
pub(super) const MOST_OBJECTS: usize = 100;
/// An answer about a hundred objects takes a tenth of a megabyte.
const LONGEST_ANSWER: u64 = 8 << 20;
/// Headers that the client sets itself; a server's would break the request.
const OWN_HEADERS: [&str; 7] =
    ["host", "content-length", "transfer-encoding", "connection", "range", "accept-encoding", "user-agent"];

/// Where an object can be downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The address.
    pub url: String,
    /// What has to be sent with the request.
    pub headers: Vec<(String, String)>,
    /// Until when it can be used; a tenth of its life is left for the download.
    pub until: Option<Instant>,
}

impl Link {
    /// Whether it can still be used.
    pub fn is_fresh(&self) -> bool {
        self.until.is_none_or(|until| clock::instant() < until)
    }
}

#[derive(Deserialize)]
struct Reply {
    transfer: Option<String>,
    hash_algo: Option<String>,
    objects: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    oid: String,
    actions: Option<Actions>,
    error: Option<ObjectError>,
}

#[derive(Deserialize)]
struct Actions {
    download: Option<Action>,
}

#[derive(Deserialize)]
struct Action {
    href: String,
    header: Option<BTreeMap<String, serde_json::Value>>,
    expires_in: Option<f64>,
    expires_at: Option<String>,
}

#[derive(Deserialize)]
struct ObjectError {
    code: Option<i64>,
    message: Option<String>,
}

/// Asks for the addresses of clips; the answer is by hash, and has one entry for each of them.
///
/// # Errors
/// A fault where nothing is told about any of them.
pub(super) fn ask(
    web: &Web,
    source: &Source,
    clips: &[&Clip],
    patience: &RetryPolicy,
) -> Result<BTreeMap<String, Result<Link, Fault>>, Fault> {
    let wanted: BTreeMap<&str, u64> = clips.iter().map(|clip| (clip.sha256.as_str(), clip.bytes)).collect();
    let objects: Vec<_> = wanted.iter().map(|(oid, size)| serde_json::json!({ "oid": oid, "size": size })).collect();
    let request = serde_json::json!({ "operation": "download", "transfers": ["basic"], "objects": objects });
    let request = serde_json::to_vec(&request).map_err(|e| Fault::lasting(e.to_string()))?;
    let answer = web.post(&source.batch_url(), &request)?;
    if answer.status != 200 {
        return Err(answer.fault(patience));
    }
    let date = answer.date;
    let reply: Reply = serde_json::from_slice(&answer.bytes(LONGEST_ANSWER, patience)?)
        .map_err(|e| Fault::passing(format!("the answer is not one of Git LFS: {}", plain(&e.to_string()))))?;
    if reply.transfer.as_deref().is_some_and(|name| name != "basic") {
        return Err(Fault::lasting("the server offers other ways of transfer than the basic one only"));
    }
    if reply.hash_algo.as_deref().is_some_and(|name| name != "sha256") {
        return Err(Fault::lasting("the server names files by another hash than SHA-256"));
    }
    let mut told: BTreeMap<String, Result<Link, Fault>> = BTreeMap::new();
    for object in reply.objects {
        if wanted.contains_key(object.oid.as_str()) {
            told.insert(object.oid.clone(), link(object, date));
        }
    }
    for oid in wanted.keys() {
        told.entry((*oid).to_owned()).or_insert_with(|| Err(Fault::passing("the server says nothing about it")));
    }
    Ok(told)
}

/// What is said about one object. `date` is the server's clock.
fn link(object: Object, date: u64) -> Result<Link, Fault> {
    if let Some(ObjectError { code, message }) = object.error {
        let code = code.map(|code| format!(" (code {code})")).unwrap_or_default();
        let message = message.as_deref().map_or_else(|| "the server has an error for it".to_owned(), plain);
        return Err(Fault { why: format!("{message}{code}"), nature: Nature::Refused });
    }
    let Some(Action { href, header, expires_in, expires_at }) = object.actions.and_then(|a| a.download) else {
        return Err(Fault::refused("the server names no address for it"));
    };
    if source::split(&href).is_none_or(|(host, _)| host.is_empty()) {
        return Err(Fault::refused(format!("its address is none: {}", plain(&href))));
    }
    let own = |name: &str| OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name));
    let headers = header.unwrap_or_default().into_iter().filter_map(|(name, value)| match value {
        serde_json::Value::String(value) if !own(&name) => Some((name, value)),
        _ => None,
    });
    Ok(Link { url: href, headers: headers.collect(), until: life(expires_in, expires_at.as_deref(), date) })
}

/// Until when a link lives. Zero and the year 1 mean "not said" to Git LFS; seconds go before a date, which is held
/// against the server's own clock.
fn life(expires_in: Option<f64>, expires_at: Option<&str>, date: u64) -> Option<Instant> {
    let seconds = match expires_in {
        Some(seconds) if seconds != 0.0 => seconds,
        _ => expires_at.and_then(clock::rfc3339)? as f64 - date as f64,
    };
    // A year is for ever; more would leave the range of the clock.
    let life = Duration::from_secs_f64(seconds.clamp(0.0, 31_536_000.0));
    Some(clock::instant() + life.mul_f64(0.9))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Link, Fault> {
        link(serde_json::from_str(json).unwrap(), 951_782_400)
    }

    fn seconds_left(json: &str) -> Option<u64> {
        let action = format!("{{\"oid\":\"a\",\"actions\":{{\"download\":{{\"href\":\"https://h/a\",{json}}}}}}}");
        read(&action).unwrap().until.map(|until| (until - clock::instant()).as_secs_f64().round() as u64)
    }

    #[test]
    fn a_link_has_address_headers_and_an_end() {
        let action =
            r#"{"href":"https://h/a?b","header":{"Authorization":"x","Range":"bytes=0-1","n":1},"expires_in":100}"#;
        let link = read(&format!(r#"{{"oid":"a","size":1,"actions":{{"download":{action}}}}}"#)).unwrap();
        assert_eq!(link.url, "https://h/a?b");
        assert_eq!(link.headers, [("Authorization".to_owned(), "x".to_owned())]);
        assert!(link.is_fresh());
    }

    #[test]
    fn seconds_go_before_a_date_and_nothing_said_is_no_end() {
        assert_eq!(seconds_left("\"expires_in\":100"), Some(90));
        assert_eq!(seconds_left("\"expires_in\":-5"), Some(0));
        assert_eq!(seconds_left("\"expires_in\":1e300"), Some(28_382_400));
        assert_eq!(seconds_left("\"expires_in\":0,\"expires_at\":\"2000-02-29T00:01:40Z\""), Some(90));
        assert_eq!(seconds_left("\"expires_at\":\"2000-02-28T00:00:00Z\""), Some(0));
        assert_eq!(seconds_left("\"expires_at\":\"0001-01-01T00:00:00Z\""), None);
        assert_eq!(seconds_left("\"expires_at\":null"), None);
    }

    #[test]
    fn what_gives_no_link_says_why() {
        let why = |json: &str| read(json).unwrap_err().why;
        let error = r#"{"oid":"a","error":{"code":404,"message":"Object does not exist"}}"#;
        assert_eq!(why(error), "Object does not exist (code 404)");
        assert_eq!(why(r#"{"oid":"a","error":{}}"#), "the server has an error for it");
        assert_eq!(why(r#"{"oid":"a"}"#), "the server names no address for it");
        for href in ["file:///etc/passwd", "", "https://", "/a"] {
            let json = format!(r#"{{"oid":"a","actions":{{"download":{{"href":"{href}"}}}}}}"#);
            assert_eq!(why(&json), format!("its address is none: {href}"));
        }
    }
}
