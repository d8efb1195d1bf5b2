//! One request: its head, parsed and judged.

use core::mem::MaybeUninit;

use httparse::{Error, Header};

use crate::status::Status;

/// A request that will be answered, if only by a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) answer: Answer,
    /// Whether the answer goes without its body.
    pub(crate) is_head: bool,
    /// Whether the client speaks HTTP/1.0, where connections are not kept unless both say so.
    pub(crate) is_old: bool,
    /// Whether another request may follow.
    pub(crate) keeps_alive: bool,
    /// How many bytes of body follow the head.
    pub(crate) body: usize,
    /// Whether the client waits for our word before it sends the body.
    pub(crate) expects_continue: bool,
}

/// What to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `/`: the page that shows the counters.
    Page,
    /// `/counters`: the counters as JSON.
    Counters,
    /// `/hello`: a small text.
    Hello,
    /// `/bytes/N`: so many bytes.
    Bytes(usize),
    /// A failure that concerns this request and not the connection.
    Failure(Status),
}

/// What the bytes are that have come so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// Not a whole head yet.
    Partial,
    /// A request whose head has this length.
    Complete(Request, usize),
    /// Something after which the connection cannot go on.
    Refused(Status),
}

/// The longest body that is read; it is discarded.
pub(crate) const MAX_BODY: usize = 1024 * 1024;
/// The longest answer of `/bytes/N`.
pub(crate) const MAX_BYTES: usize = 1024 * 1024 * 1024;

const MAX_HEADERS: usize = 64;

/// Parses what has come so far.
///
/// A head that comes in pieces is parsed from its start each time; the size of the buffer bounds
/// what that costs.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(bytes, &mut headers) {
        Ok(httparse::Status::Partial) => Parsed::Partial,
        Ok(httparse::Status::Complete(len)) => match judge(&request) {
            Ok(request) => Parsed::Complete(request, len),
            Err(status) => Parsed::Refused(status),
        },
        Err(Error::TooManyHeaders) => Parsed::Refused(Status::HEAD_TOO_LARGE),
        Err(Error::Version) if names_a_version(bytes) => Parsed::Refused(Status::VERSION),
        Err(_malformed) => Parsed::Refused(Status::BAD_REQUEST),
    }
}

/// What to say about a head that is longer than we accept.
pub(crate) fn too_long(bytes: &[u8]) -> Status {
    if bytes.trim_ascii_start().contains(&b'\n') {
        Status::HEAD_TOO_LARGE
    } else {
        Status::TARGET_TOO_LONG
    }
}

/// Whether the version that is not ours is at least one of HTTP.
fn names_a_version(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let last = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    last.starts_with(b"HTTP/")
}

fn judge(request: &httparse::Request<'_, '_>) -> Result<Request, Status> {
    let is_old = request.version == Some(0);
    let fields = Fields::read(request.headers)?;
    if fields.is_chunked {
        return Err(Status::NOT_IMPLEMENTED);
    }
    if fields.hosts > 1 || (fields.hosts == 0 && !is_old) {
        return Err(Status::BAD_REQUEST);
    }
    let path = path(request.path.unwrap_or_default()).ok_or(Status::BAD_REQUEST)?;
    let (answer, is_head) = match request.method.unwrap_or_default() {
        "GET" => (answer(path), false),
        "HEAD" => (answer(path), true),
        "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH" | "TRACE" => {
            (Answer::Failure(Status::METHOD_NOT_ALLOWED), false)
        }
        _unknown => (Answer::Failure(Status::NOT_IMPLEMENTED), false),
    };
    let keeps_alive = !fields.says_close && (!is_old || fields.says_keep_alive);
    Ok(Request {
        answer,
        is_head,
        is_old,
        keeps_alive,
        body: fields.length.unwrap_or(0),
        expects_continue: fields.expects_continue && !is_old,
    })
}

/// The path of a target, without the query.
fn path(target: &str) -> Option<&str> {
    let target = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    let path = target.split('?').next().unwrap_or_default();
    path.starts_with('/').then_some(path)
}

fn answer(path: &str) -> Answer {
    match path {
        "/" => Answer::Page,
        "/counters" => Answer::Counters,
        "/hello" => Answer::Hello,
        _ => {
            let count = path
                .strip_prefix("/bytes/")
                .and_then(|count| count.parse().ok());
            match count {
                Some(count) if count <= MAX_BYTES => Answer::Bytes(count),
                _ => Answer::Failure(Status::NOT_FOUND),
            }
        }
    }
}

/// The header fields that matter here.
#[derive(Debug, Default)]
struct Fields {
    hosts: usize,
    length: Option<usize>,
    is_chunked: bool,
    says_close: bool,
    says_keep_alive: bool,
    expects_continue: bool,
}

impl Fields {
    fn read(headers: &[Header<'_>]) -> Result<Self, Status> {
        let mut fields = Self::default();
        for header in headers {
            fields.note(header.name, header.value)?;
        }
        Ok(fields)
    }

    fn note(&mut self, name: &str, value: &[u8]) -> Result<(), Status> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("host") {
            self.hosts += 1;
        } else if is("connection") {
            for word in value.split(|byte| *byte == b',') {
                let word = word.trim_ascii();
                self.says_close |= word.eq_ignore_ascii_case(b"close");
                self.says_keep_alive |= word.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if is("content-length") {
            // A second length, even an equal one, is how requests are smuggled.
            if self.length.is_some() {
                return Err(Status::BAD_REQUEST);
            }
            self.length = Some(length(value)?);
        } else if is("transfer-encoding") {
            self.is_chunked = true;
        } else if is("expect") {
            if !value.eq_ignore_ascii_case(b"100-continue") {
                return Err(Status::EXPECTATION_FAILED);
            }
            self.expects_continue = true;
        }
        Ok(())
    }
}

fn length(value: &[u8]) -> Result<usize, Status> {
    let digits = core::str::from_utf8(value).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Status::BAD_REQUEST);
    }
    match digits.parse() {
        Ok(length) if length <= MAX_BODY => Ok(length),
        _too_long => Err(Status::BODY_TOO_LARGE),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, MAX_BODY, MAX_BYTES, Parsed, Request, parse, too_long};
    use crate::status::Status;

    fn request(head: &str) -> Request {
        match parse(head.as_bytes()) {
            Parsed::Complete(request, len) if len == head.len() => request,
            other => panic!("{head:?}: {other:?}"),
        }
    }

    #[test]
    fn targets_are_routed_whatever_their_form() {
        for (target, answer) in [
            ("/", Answer::Page),
            ("/?a=b", Answer::Page),
            ("http://h", Answer::Page),
            ("http://h/hello?x", Answer::Hello),
            ("/counters", Answer::Counters),
            ("/bytes/0", Answer::Bytes(0)),
            ("/bytes/1073741824", Answer::Bytes(MAX_BYTES)),
            ("/bytes/1073741825", Answer::Failure(Status::NOT_FOUND)),
            (
                "/bytes/99999999999999999999",
                Answer::Failure(Status::NOT_FOUND),
            ),
            ("/bytes/", Answer::Failure(Status::NOT_FOUND)),
            ("/bytes/-1", Answer::Failure(Status::NOT_FOUND)),
            ("/hello/", Answer::Failure(Status::NOT_FOUND)),
        ] {
            let head = format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
            assert_eq!(request(&head).answer, answer, "{target}");
        }
    }

    #[test]
    fn connections_are_kept_as_version_and_header_say() {
        for (line, header, keeps_alive) in [
            ("HTTP/1.1", "Host: h", true),
            ("HTTP/1.1", "Host: h\r\nConnection: close", false),
            ("HTTP/1.1", "Host: h\r\nconnection: x, Close", false),
            ("HTTP/1.0", "Host: h", false),
            ("HTTP/1.0", "Connection: Keep-Alive", true),
        ] {
            let head = format!("GET / {line}\r\n{header}\r\n\r\n");
            assert_eq!(request(&head).keeps_alive, keeps_alive, "{line} {header}");
        }
    }

    #[test]
    fn what_cannot_go_on_is_refused_with_the_right_status() {
        let many = "a: b\r\n".repeat(65);
        for (head, status) in [
            ("GET /\r\n\r\n", Status::BAD_REQUEST),
            ("G\x01T / HTTP/1.1\r\n\r\n", Status::BAD_REQUEST),
            ("GET / HTTP/1.1\r\n\r\n", Status::BAD_REQUEST),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                Status::BAD_REQUEST,
            ),
            ("GET hello HTTP/1.1\r\nHost: h\r\n\r\n", Status::BAD_REQUEST),
            (
                "GET / HTTP/1.1\r\nHost: h\r\nBad header\r\n\r\n",
                Status::BAD_REQUEST,
            ),
            ("GET / HTTP/2.0\r\n\r\n", Status::VERSION),
            ("GET / JUNK\r\n\r\n", Status::BAD_REQUEST),
            (
                &format!("GET / HTTP/1.1\r\n{many}\r\n"),
                Status::HEAD_TOO_LARGE,
            ),
            (
                "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
                Status::NOT_IMPLEMENTED,
            ),
            (
                "PUT / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n",
                Status::EXPECTATION_FAILED,
            ),
        ] {
            assert_eq!(parse(head.as_bytes()), Parsed::Refused(status), "{head:?}");
        }
    }

    #[test]
    fn lengths_of_bodies_are_digits_once_and_bounded() {
        for (length, result) in [
            ("0", Ok(0)),
            ("1048576", Ok(MAX_BODY)),
            ("1048577", Err(Status::BODY_TOO_LARGE)),
            ("99999999999999999999", Err(Status::BODY_TOO_LARGE)),
            ("", Err(Status::BAD_REQUEST)),
            ("+1", Err(Status::BAD_REQUEST)),
            ("1, 1", Err(Status::BAD_REQUEST)),
            ("1\r\nContent-Length: 1", Err(Status::BAD_REQUEST)),
        ] {
            let head = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
            let found = match parse(head.as_bytes()) {
                Parsed::Complete(request, _) => Ok(request.body),
                Parsed::Refused(status) => Err(status),
                Parsed::Partial => panic!("{length}"),
            };
            assert_eq!(found, result, "{length}");
        }
    }

    #[test]
    fn every_beginning_of_a_request_is_partial() {
        let head = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
        for len in 0..head.len() {
            assert_eq!(parse(&head.as_bytes()[..len]), Parsed::Partial, "{len}");
        }
        assert_eq!(request(head).answer, Answer::Hello);
    }

    #[test]
    fn what_is_too_long_is_the_target_or_the_head() {
        assert_eq!(too_long(b"\r\nGET /aaaa"), Status::TARGET_TOO_LONG);
        assert_eq!(too_long(b"GET / HTTP/1.1\r\na: b"), Status::HEAD_TOO_LARGE);
    }
}
