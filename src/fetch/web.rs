//! One request and its answer. What a status means for the next try is decided here and nowhere else.

use super::fault::{Fault, Nature};
use super::retry::RetryPolicy;
use super::{Options, clock, source};
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy, http};

/// How long a message of the server may be.
const LONGEST_MESSAGE: u64 = 4096;
/// What a host that is not found usually means.
const OFFLINE: &str = "is there a connection to the internet, or a proxy to be named in HTTPS_PROXY?";
/// How the client says that the system has no store of certificates.
const NO_STORE: &str = "No CA certificates";
/// How often a request with a body is sent on to where the server says.
const MOST_REDIRECTS: usize = 5;

/// The HTTP client.
///
/// Certificates are checked against the system's store, where a company's proxy has its own; on Linux `SSL_CERT_FILE`
/// names another one. Only a machine without any store (a slim container) falls back to Mozilla's list, which is built
/// in. Proxies are taken from the environment (`ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), except for
/// addresses of this very machine.
pub(super) struct Web {
    system: Agent,
    built_in: Agent,
    direct: Agent,
    has_no_store: AtomicBool,
    has_answered: AtomicBool,
}

impl Web {
    /// With `https`, nothing is ever fetched in the clear, wherever a server sends one.
    pub fn new(options: &Options, https: bool) -> Self {
        let agent = |proxy, roots| -> Agent {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .https_only(https)
                .proxy(proxy)
                .tls_config(TlsConfig::builder().root_certs(roots).build())
                .user_agent(concat!("serlab/", env!("CARGO_PKG_VERSION")))
                .accept_encoding("identity")
                .max_idle_connections(2 * options.jobs)
                .max_idle_connections_per_host(options.jobs)
                .timeout_resolve(Some(options.connect_timeout))
                .timeout_connect(Some(options.connect_timeout))
                .timeout_send_request(Some(options.answer_timeout))
                .timeout_send_body(Some(options.answer_timeout))
                .timeout_recv_response(Some(options.answer_timeout))
                .timeout_per_read(Some(options.silence))
                .build();
            config.into()
        };
        Self {
            system: agent(Proxy::try_from_env(), RootCerts::PlatformVerifier),
            built_in: agent(Proxy::try_from_env(), RootCerts::WebPki),
            direct: agent(None, RootCerts::PlatformVerifier),
            has_no_store: AtomicBool::new(false),
            has_answered: AtomicBool::new(false),
        }
    }

    /// Fetches `url`; redirects are followed.
    pub fn get(&self, url: &str, headers: &[(String, String)]) -> Result<Answer, Fault> {
        self.send(url, |agent| {
            let request = agent.get(url);
            headers.iter().fold(request, |request, (name, value)| request.header(name, value)).call()
        })
    }

    /// Sends JSON of Git LFS to `url`. A repository that moved says where to; the body goes there, too.
    pub fn post(&self, url: &str, json: &[u8]) -> Result<Answer, Fault> {
        const LFS: &str = "application/vnd.git-lfs+json";
        let mut url = url.to_owned();
        for _ in 0..MOST_REDIRECTS {
            let answer = self.send(&url, |agent| {
                let request = agent.post(&url).header("Accept", LFS).header("Content-Type", LFS);
                request.config().max_redirects(0).max_redirects_will_error(false).build().send(json)
            })?;
            match (answer.status, &answer.location) {
                (301 | 302 | 307 | 308, Some(location)) => url = resolve(&url, location),
                _ => return Ok(answer),
            }
        }
        Err(Fault::refused(format!("sent on more than {MOST_REDIRECTS} times")))
    }

    fn send(
        &self,
        url: &str,
        call: impl Fn(&Agent) -> Result<http::Response<Body>, ureq::Error>,
    ) -> Result<Answer, Fault> {
        let host = source::split(url).map(|(host, _)| host).unwrap_or_default();
        if host.is_empty() {
            return Err(Fault::refused(format!("no address to fetch from: {}", plain(url))));
        }
        let answered = match is_here(host) {
            true => call(&self.direct),
            false if self.has_no_store.load(Ordering::Relaxed) => call(&self.built_in),
            false => match call(&self.system) {
                Err(e) if e.to_string().contains(NO_STORE) => {
                    self.has_no_store.store(true, Ordering::Relaxed);
                    call(&self.built_in)
                }
                answered => answered,
            },
        };
        match answered {
            Ok(answer) => {
                self.has_answered.store(true, Ordering::Relaxed);
                Ok(Answer::new(answer))
            }
            Err(e) => match fault_of(&e) {
                Fault { why, nature: Nature::Passing } if !self.has_answered.load(Ordering::Relaxed) => {
                    Err(Fault { why, nature: Nature::Unreached })
                }
                fault => Err(fault),
            },
        }
    }
}

/// Whether a host (with its port) is this machine.
fn is_here(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The address that a redirect from `url` leads to.
fn resolve(url: &str, location: &str) -> String {
    match (location.strip_prefix('/'), url.split_once("://"), source::split(url)) {
        (Some(path), Some((scheme, _)), Some((host, _))) if !path.starts_with('/') => {
            format!("{scheme}://{host}/{path}")
        }
        _ => location.to_owned(),
    }
}

/// What an error of the client means: nearly all of them pass.
fn fault_of(error: &ureq::Error) -> Fault {
    let text = error.to_string();
    let why = text.strip_prefix("io: ").unwrap_or(&text).to_owned();
    if why.contains("invalid peer certificate") || why.contains(NO_STORE) {
        return Fault::lasting(format!(
            "{why}; behind a proxy that reads encrypted traffic, its certificate must be in the system's store \
             (or in the file that SSL_CERT_FILE names)"
        ));
    }
    match error {
        ureq::Error::Http(_) | ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) => Fault::refused(why),
        ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed => Fault::refused(why),
        ureq::Error::InvalidProxyUrl | ureq::Error::Tls(_) => Fault::lasting(why),
        ureq::Error::HostNotFound => Fault::passing(format!("{why}; {OFFLINE}")),
        ureq::Error::Io(_) if why.contains("lookup address") => Fault::passing(format!("{why}; {OFFLINE}")),
        _ => Fault::passing(why),
    }
}

/// Without what could play tricks on a terminal, and not too long.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// What a server answered; its body is still to be read.
pub(super) struct Answer {
    /// The status.
    pub status: u16,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    /// When it answered by its own clock, in seconds since 1970.
    pub date: u64,
    /// First byte and length of the whole, for a part (`Content-Range`); the length may be unknown.
    pub range: Option<(u64, Option<u64>)>,
    location: Option<String>,
    body: Body,
}

impl Answer {
    fn new(response: http::Response<Body>) -> Self {
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let date = text("date").and_then(clock::http_date).unwrap_or_else(clock::unix);
        Self {
            status: response.status().as_u16(),
            retry_after: text("retry-after").and_then(|value| clock::retry_after(value, date)),
            date,
            range: text("content-range").and_then(content_range),
            location: text("location").map(str::to_owned),
            body: response.into_body(),
        }
    }

    /// The body, of which at most `limit` bytes are read.
    pub fn stream<'a>(self, limit: u64, patience: &'a RetryPolicy<'a>) -> Stream<'a> {
        let body = Box::new(self.body.into_reader());
        Stream { body, left: limit, patience, since: clock::instant(), lately: 0 }
    }

    /// The whole body, which must not be longer than `limit`.
    pub fn bytes(self, limit: u64, patience: &RetryPolicy) -> Result<Vec<u8>, Fault> {
        let mut stream = self.stream(limit, patience);
        let (mut bytes, mut buffer) = (Vec::new(), vec![0; 1 << 14]);
        loop {
            match stream.next(&mut buffer)? {
                0 => return Ok(bytes),
                n => bytes.extend_from_slice(&buffer[..n]),
            }
        }
    }

    /// What an answer other than success means.
    pub fn fault(self, patience: &RetryPolicy) -> Fault {
        let (status, asked) = (self.status, self.retry_after);
        let message = self.bytes(LONGEST_MESSAGE, patience).ok().and_then(|bytes| message(&bytes));
        let message = message.map(|message| format!(": {message}")).unwrap_or_default();
        let why = format!("the server answers {status}{message}");
        let nature = match (status, asked) {
            // 509: the repository used up what it may send in a month.
            (501 | 505 | 507 | 509, _) => Nature::Lasting,
            (400.., Some(wait)) => Nature::Asked(wait),
            (408 | 425 | 429 | 500.., None) => Nature::Passing,
            _ => Nature::Refused,
        };
        Fault { why, nature }
    }
}

/// The server's own words: those of Git LFS come as JSON, pages of other servers are passed over.
fn message(bytes: &[u8]) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    json.get("message")?.as_str().map(plain)
}

/// `bytes 10-19/100` or `bytes 10-19/*`: where a part begins, and the length of the whole.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, whole.trim().parse().ok()))
}

/// A body as it comes in: bounded, watched for silence and slowness, ended when nobody wants it.
pub(super) struct Stream<'a> {
    body: Box<dyn Read>,
    left: u64,
    patience: &'a RetryPolicy<'a>,
    since: Instant,
    lately: u64,
}

impl Stream<'_> {
    /// The next bytes; 0 at the end.
    pub fn next(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.patience.check()?;
        let n = self.body.read(buffer).map_err(|e| Fault::passing(format!("the connection broke: {e}")))?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| Fault::passing("more bytes came than there are"))?;
        self.lately += n as u64;
        let (options, seconds) = (self.patience.options, self.since.elapsed());
        if seconds >= options.silence && n > 0 {
            let least = options.least_bytes_per_second as f64 * seconds.as_secs_f64();
            if (self.lately as f64) < least {
                return Err(Fault::passing(format!("only {} bytes in {:.0} s", self.lately, seconds.as_secs_f64())));
            }
            (self.since, self.lately) = (clock::instant(), 0);
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for host in ["localhost", "localhost:80", "127.0.0.1", "127.3.2.1:8080", "[::1]", "[::1]:80"] {
            assert!(is_here(host), "{host}");
        }
        for host in ["", "github.com:443", "localhost.example.org", "10.0.0.1", "[::2]:80", "127.0.0.1.example.org"] {
            assert!(!is_here(host), "{host}");
        }
    }

    #[test]
    fn redirects_within_a_server_keep_it() {
        assert_eq!(resolve("https://a/b?c", "/d"), "https://a/d");
        assert_eq!(resolve("https://a/b", "https://e/f"), "https://e/f");
        assert_eq!(resolve("https://a/b", "//e/f"), "//e/f");
    }

    #[test]
    fn parts_say_where_they_begin() {
        assert_eq!(content_range("bytes 10-19/100"), Some((10, Some(100))));
        assert_eq!(content_range("bytes 10-19/*"), Some((10, None)));
        for text in ["bytes */100", "10-19/100", "bytes -1-2/3", "bytes 1", ""] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }

    #[test]
    fn only_plain_words_of_a_server_are_repeated() {
        assert_eq!(message(b"{\"message\":\"no \\u001b[31mmore\"}").as_deref(), Some("no [31mmore"));
        assert_eq!(message(b"<html>"), None);
    }
}
