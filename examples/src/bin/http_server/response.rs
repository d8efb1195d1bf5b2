//! Composing responses.

use crate::output::Output;
use crate::request::{Answer, Request};
use crate::service::Service;
use crate::status::Status;

const PAGE: &str = include_str!("page.html");
const HELLO: &str = "Hello, world!\n";

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// What the connection does after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// It waits for the next request.
    Next,
    /// So too, and a client of HTTP/1.0 has to be told.
    NextAsAgreed,
    /// It ends.
    End,
}

/// The head of a response.
struct Head {
    status: Status,
    kind: &'static str,
    len: usize,
    after: After,
}

/// Appends the response to `request`.
pub(crate) fn respond(output: &mut Output, request: &Request, after: After, service: &Service) {
    let mut text = |status: Status, kind: &'static str, body: &str| {
        let len = body.len();
        let head = Head {
            status,
            kind,
            len,
            after,
        };
        head.push_to(output, service);
        if !request.is_head {
            output.push(body.as_bytes());
        }
    };
    match request.answer {
        Answer::Page => text(Status::OK, HTML, PAGE),
        Answer::Counters => text(Status::OK, JSON, &service.counters.to_json()),
        Answer::Hello => text(Status::OK, TEXT, HELLO),
        Answer::Failure(status) => text(status, TEXT, status.as_str()),
        Answer::Bytes(len) => {
            let head = Head {
                status: Status::OK,
                kind: TEXT,
                len,
                after,
            };
            head.push_to(output, service);
            if !request.is_head {
                output.push_filling(len);
            }
        }
    }
}

/// Appends a failure after which the connection ends.
pub(crate) fn refuse(output: &mut Output, status: Status, service: &Service) {
    let body = status.as_str();
    let head = Head {
        status,
        kind: TEXT,
        len: body.len(),
        after: After::End,
    };
    head.push_to(output, service);
    output.push(body.as_bytes());
}

/// Appends the word that a client waits for before it sends its body.
pub(crate) fn invite_body(output: &mut Output) {
    output.push(b"HTTP/1.1 100 Continue\r\n\r\n");
}

impl Head {
    fn push_to(&self, output: &mut Output, service: &Service) {
        let mut push = |text: &str| output.push(text.as_bytes());
        push("HTTP/1.1 ");
        push(self.status.as_str());
        push("\r\n");
        push(service.date.as_str());
        push("Content-Type: ");
        push(self.kind);
        push("\r\nContent-Length: ");
        output.push_number(self.len);
        output.push(match self.status {
            Status::METHOD_NOT_ALLOWED => b"\r\nAllow: GET, HEAD",
            _ => b"",
        });
        output.push(match self.after {
            After::Next => b"",
            After::NextAsAgreed => b"\r\nConnection: keep-alive",
            After::End => b"\r\nConnection: close",
        });
        output.push(b"\r\n\r\n");
    }
}
