//! The statuses of HTTP that this server uses.

/// A status of HTTP: its number and its phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(&'static str);

impl Status {
    pub(crate) const OK: Self = Self("200 OK");
    pub(crate) const BAD_REQUEST: Self = Self("400 Bad Request");
    pub(crate) const NOT_FOUND: Self = Self("404 Not Found");
    pub(crate) const METHOD_NOT_ALLOWED: Self = Self("405 Method Not Allowed");
    pub(crate) const REQUEST_TIMEOUT: Self = Self("408 Request Timeout");
    pub(crate) const BODY_TOO_LARGE: Self = Self("413 Content Too Large");
    pub(crate) const TARGET_TOO_LONG: Self = Self("414 URI Too Long");
    pub(crate) const EXPECTATION_FAILED: Self = Self("417 Expectation Failed");
    pub(crate) const HEAD_TOO_LARGE: Self = Self("431 Request Header Fields Too Large");
    pub(crate) const NOT_IMPLEMENTED: Self = Self("501 Not Implemented");
    pub(crate) const VERSION: Self = Self("505 HTTP Version Not Supported");

    /// As it stands in the first line of a response.
    pub(crate) const fn as_str(self) -> &'static str {
        self.0
    }
}
