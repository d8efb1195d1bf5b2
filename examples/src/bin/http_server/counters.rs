//! What the server has done so far.

use std::collections::BTreeMap;

use examples::counted::Counted;
use poll_os::{Clock, Instant, Monotonic};

use crate::request::{Answer, Request};

/// What the server has done so far.
#[derive(Debug)]
pub(crate) struct Counters {
    started: Instant,
    pub(crate) accepted: u64,
    pub(crate) closed: u64,
    pub(crate) requests: u64,
    pub(crate) bytes_read: usize,
    pub(crate) bytes_written: usize,
    /// Waits for events, of which each is one system call.
    pub(crate) waits: u64,
    /// Waits that ended because something had happened.
    pub(crate) fruitful_waits: u64,
    /// What went wrong and how often, by kind.
    errors: BTreeMap<&'static str, u64>,
}

impl Counters {
    /// Nothing yet, for a server that is up from now on.
    pub(crate) const fn start(now: Instant) -> Self {
        Self {
            started: now,
            accepted: 0,
            closed: 0,
            requests: 0,
            bytes_read: 0,
            bytes_written: 0,
            waits: 0,
            fruitful_waits: 0,
            errors: BTreeMap::new(),
        }
    }

    /// Counts a request that is being answered.
    pub(crate) fn count(&mut self, request: &Request) {
        self.requests += 1;
        if let Answer::Failure(status) = request.answer {
            self.count_error(status.as_str());
        }
    }

    /// Counts an error of that kind.
    pub(crate) fn count_error(&mut self, kind: &'static str) {
        *self.errors.entry(kind).or_default() += 1;
    }

    /// One object, flat but for the errors.
    pub(crate) fn to_json(&self) -> String {
        let up = Monotonic.now().saturating_duration_since(self.started);
        let mut counted = Counted::new("uptime_ms", up.as_millis());
        counted.add("connections_open", self.accepted - self.closed);
        counted.add("connections_accepted", self.accepted);
        counted.add("connections_closed", self.closed);
        counted.add("requests", self.requests);
        counted.add("bytes_read", self.bytes_read);
        counted.add("bytes_written", self.bytes_written);
        counted.add("waits", self.waits);
        counted.add("fruitful_waits", self.fruitful_waits);
        counted.add("system_calls_poller", poll_os::system_calls());
        counted.add("system_calls_sockets", sys_socket::system_calls());
        counted.with_errors(&self.errors)
    }
}

#[cfg(test)]
mod tests {
    use super::Counters;
    use poll_os::Instant;

    #[test]
    fn json_holds_every_counter_and_the_errors_by_kind() {
        let mut counters = Counters::start(Instant::START);
        counters.accepted = 3;
        counters.closed = 1;
        counters.count_error("timed out");
        counters.count_error("timed out");
        counters.count_error("400 Bad Request");
        let json = counters.to_json();
        assert!(json.starts_with("{\"uptime_ms\":"), "{json}");
        assert!(json.contains(",\"connections_open\":2,"), "{json}");
        let errors = "\"errors\":{\"400 Bad Request\":1,\"timed out\":2}}";
        assert!(json.ends_with(errors), "{json}");
    }
}
