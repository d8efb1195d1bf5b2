//! What a server has counted, as an object of JSON: what [`counter`](crate::fetch::counter) reads.

use core::fmt::Display;
use std::collections::BTreeMap;

/// An object that is being written, flat but for the errors.
#[derive(Debug)]
pub struct Counted(String);

impl Counted {
    /// With its first number.
    #[must_use]
    pub fn new(name: &str, number: impl Display) -> Self {
        Self(format!("{{\"{name}\":{number}"))
    }

    /// Adds a number.
    pub fn add(&mut self, name: &str, number: impl Display) {
        self.0.push_str(&format!(",\"{name}\":{number}"));
    }

    /// The object, with what went wrong and how often, by kind.
    #[must_use]
    pub fn with_errors<K: AsRef<str>>(mut self, errors: &BTreeMap<K, u64>) -> String {
        let errors = errors
            .iter()
            .map(|(kind, count)| format!("{}:{count}", quoted(kind.as_ref())));
        let errors: Vec<String> = errors.collect();
        self.add("errors", format!("{{{}}}", errors.join(",")));
        self.0.push('}');
        self.0
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Counted;

    #[test]
    fn an_object_holds_every_number_and_the_errors_by_kind() {
        let mut counted = Counted::new("requests", 12);
        counted.add("open", 3);
        let errors = BTreeMap::from([("no \"host\"\n", 1), ("größer", 2)]);
        let json = counted.with_errors(&errors);
        let errors = "{\"größer\":2,\"no \\\"host\\\" \":1}";
        // Sorted by their bytes.
        assert_eq!(
            json,
            format!("{{\"requests\":12,\"open\":3,\"errors\":{errors}}}")
        );
    }
}
