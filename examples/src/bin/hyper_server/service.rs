//! What is answered, and what was done so far.

use core::convert::Infallible;
use core::error::Error;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use examples::counted::Counted;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use poll_async::runtime::Handle;

const HELLO: &[u8] = b"Hello, world!\n";
const USAGE: &[u8] = b"GET /hello, GET /counters, POST /echo\n";

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A text of ours, or the request's own body, which streams.
type Body = Either<Full<Bytes>, Incoming>;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Service {
    handle: Handle,
    accepted: AtomicU64,
    closed: AtomicU64,
    requests: AtomicU64,
    /// What went wrong and how often, by kind.
    errors: Mutex<BTreeMap<String, u64>>,
}

/// Counts a connection while it is open.
#[derive(Debug)]
pub(crate) struct Connected<'a>(&'a Service);

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, Relaxed);
    }
}

impl Service {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle,
            accepted: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            errors: Mutex::default(),
        }
    }

    pub(crate) fn connected(&self) -> Connected<'_> {
        self.accepted.fetch_add(1, Relaxed);
        Connected(self)
    }

    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        self.requests.fetch_add(1, Relaxed);
        let (method, path) = (request.method(), request.uri().path());
        let response = match (method, path) {
            (&Method::POST, "/echo") => {
                return Ok(Response::new(Either::Right(request.into_body())));
            }
            (_, "/echo") => not_allowed("POST"),
            (&Method::GET | &Method::HEAD, "/hello") => text(HELLO.into()),
            (&Method::GET | &Method::HEAD, "/counters") => {
                let mut response = text(self.to_json().into());
                response.headers_mut().insert(CONTENT_TYPE, JSON);
                response
            }
            (&Method::GET | &Method::HEAD, "/") => text(USAGE.into()),
            (_, "/hello" | "/counters" | "/") => not_allowed("GET, HEAD"),
            _ => with_status(StatusCode::NOT_FOUND),
        };
        Ok(response.map(Either::Left))
    }

    pub(crate) fn count_error(&self, error: &(dyn Error + 'static)) {
        // hyper says what happened to HTTP; at the bottom is what happened to the stream.
        let (mut kind, mut bottom) = (error.to_string(), error);
        while let Some(below) = bottom.source() {
            bottom = below;
        }
        if error.source().is_some() {
            kind += &format!(": {bottom}");
        }
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        *errors.entry(kind).or_default() += 1;
    }

    /// One object, flat but for the errors.
    pub(crate) fn to_json(&self) -> String {
        // In this order, so that no more are closed than were accepted.
        let closed = self.closed.load(Relaxed);
        let accepted = self.accepted.load(Relaxed);
        let runtime = self.handle.metrics();
        let mut counted = Counted::new("workers", runtime.workers);
        counted.add("connections_open", accepted - closed);
        counted.add("connections_accepted", accepted);
        counted.add("requests", self.requests.load(Relaxed));
        counted.add("tasks", runtime.alive_tasks);
        counted.add("polls", runtime.polls);
        counted.add("steals", runtime.steals);
        counted.add("parks", runtime.parks);
        counted.add("turns", runtime.turns);
        counted.add("sources", runtime.sources);
        counted.add("timers", runtime.timers);
        counted.add("system_calls_poller", poll_os::system_calls());
        counted.add("system_calls_sockets", sys_socket::system_calls());
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        counted.with_errors(&errors)
    }
}

fn text(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}

/// The status, in its own words.
fn with_status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = text(status.to_string().into());
    *response.status_mut() = status;
    response
}

fn not_allowed(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = with_status(StatusCode::METHOD_NOT_ALLOWED);
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
