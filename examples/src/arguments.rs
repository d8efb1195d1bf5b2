//! Command lines of the form `--name value` and `--name`.

use core::fmt::Display;
use core::str::FromStr;
use std::io::{Error, ErrorKind, Result};

/// The arguments of a program that have not been used yet.
#[derive(Debug)]
pub struct Arguments(Vec<String>);

impl Arguments {
    /// Those of this program.
    #[must_use]
    pub fn of_this_program() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// Whether `name` is among them.
    pub fn flag(&mut self, name: &str) -> bool {
        self.position(name).map(|at| self.0.remove(at)).is_some()
    }

    /// What follows `name`, or `default` if it is not there.
    ///
    /// # Errors
    ///
    /// `InvalidInput`: nothing follows it, or something that cannot be read.
    pub fn value<T: FromStr<Err: Display>>(&mut self, name: &str, default: T) -> Result<T> {
        Ok(self.next_value(name)?.unwrap_or(default))
    }

    /// What follows `name`, each time that it is there.
    ///
    /// # Errors
    ///
    /// As for [`value`](Self::value).
    pub fn values<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Vec<T>> {
        core::iter::from_fn(|| self.next_value(name).transpose()).collect()
    }

    fn next_value<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(at) = self.position(name) else {
            return Ok(None);
        };
        self.0.remove(at);
        if at == self.0.len() {
            return Err(invalid(&format!("{name} needs a value")));
        }
        let text = self.0.remove(at);
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(invalid(&format!("{name} {text}: {error}"))),
        }
    }

    /// Nothing may be left.
    ///
    /// # Errors
    ///
    /// `InvalidInput`: something is, and the program does not know what it means.
    pub fn finish(self) -> Result<()> {
        match self.0.first() {
            Some(unknown) => Err(invalid(&format!(
                "unknown argument {unknown}; the README of the examples lists them"
            ))),
            None => Ok(()),
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|argument| argument == name)
    }
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, what)
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    fn arguments(line: &str) -> Arguments {
        Arguments(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn values_flags_and_defaults_are_found_in_any_order() {
        let mut line = arguments("--serve --port 80");
        assert_eq!(line.value("--port", 0).unwrap(), 80);
        assert_eq!(line.value("--seconds", 3).unwrap(), 3);
        assert_eq!(line.values::<u8>("--file").unwrap(), []);
        assert!(line.flag("--serve"));
        assert!(!line.flag("--serve"));
        line.finish().unwrap();
    }

    #[test]
    fn one_name_may_have_many_values() {
        let mut line = arguments("--file a --serve --file b");
        assert_eq!(line.values::<String>("--file").unwrap(), ["a", "b"]);
        assert!(line.flag("--serve"));
        line.finish().unwrap();
        let error = arguments("--file a --file")
            .values::<String>("--file")
            .unwrap_err();
        assert_eq!(error.to_string(), "--file needs a value");
    }

    #[test]
    fn what_is_missing_unreadable_or_unknown_is_refused() {
        for (line, complaint) in [
            ("--port", "--port needs a value"),
            (
                "--port eighty",
                "--port eighty: invalid digit found in string",
            ),
        ] {
            let error = arguments(line).value("--port", 0).unwrap_err();
            assert_eq!(error.to_string(), complaint);
        }
        let error = arguments("--prot 80").finish().unwrap_err();
        let complaint = "unknown argument --prot; the README of the examples lists them";
        assert_eq!(error.to_string(), complaint);
    }
}
