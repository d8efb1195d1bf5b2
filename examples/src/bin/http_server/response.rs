//! Composing responses.

use crate::counters::Counters;
use crate::output::Output;
use crate::request::{Answer, Request};
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

/// Appends the response to `request`.
pub(crate) fn respond(output: &mut Output, request: &Request, after: After, counters: &Counters) {
    let mut text = |status: Status, kind: &str, body: &str| {
        head(output, status, kind, body.len(), after);
        if !request.is_head {
            output.push(body.as_bytes());
        }
    };
    match request.answer {
        Answer::Page => text(Status::OK, HTML, PAGE),
        Answer::Counters => text(Status::OK, JSON, &counters.to_json()),
        Answer::Hello => text(Status::OK, TEXT, HELLO),
        Answer::Failure(status) => text(status, TEXT, status.as_str()),
        Answer::Bytes(len) => {
            head(output, Status::OK, TEXT, len, after);
            if !request.is_head {
                output.push_filling(len);
            }
        }
    }
}

/// Appends a response after which the connection ends, to whatever came.
pub(crate) fn refuse(output: &mut Output, status: Status) {
    let body = status.as_str();
    head(output, status, TEXT, body.len(), After::End);
    output.push(body.as_bytes());
}

/// Appends the word that a client waits for before it sends its body.
pub(crate) fn invite_body(output: &mut Output) {
    output.push(b"HTTP/1.1 100 Continue\r\n\r\n");
}

fn head(output: &mut Output, status: Status, kind: &str, len: usize, after: After) {
    let connection = match after {
        After::Next => "",
        After::NextAsAgreed => "Connection: keep-alive\r\n",
        After::End => "Connection: close\r\n",
    };
    let allow = match status {
        Status::METHOD_NOT_ALLOWED => "Allow: GET, HEAD\r\n",
        _ => "",
    };
    output.push(b"HTTP/1.1 ");
    output.push(status.as_str().as_bytes());
    output.push(b"\r\nContent-Type: ");
    output.push(kind.as_bytes());
    output.push(b"\r\nContent-Length: ");
    output.push_number(len);
    output.push(b"\r\n");
    output.push(allow.as_bytes());
    output.push(connection.as_bytes());
    output.push(b"\r\n");
}
