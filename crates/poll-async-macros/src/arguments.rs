//! What is said in the parentheses of an attribute.

use crate::pieces::{Piece, Problem};

/// Which attribute it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Main,
    Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
    Local,
}

/// What kind of runtime is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) flavor: Flavor,
    pub(crate) worker_threads: Option<usize>,
    pub(crate) start_paused: bool,
    pub(crate) stops_at_panics: bool,
    /// The place of the path to poll-async among the tokens, and the path.
    pub(crate) path: Option<(usize, String)>,
}

const NAMES: [&str; 5] = [
    "flavor",
    "worker_threads",
    "start_paused",
    "unhandled_panic",
    "crate",
];

impl Arguments {
    /// Those of an attribute that says nothing.
    pub(crate) const fn default_of(attribute: Attribute) -> Self {
        Self {
            flavor: match attribute {
                Attribute::Main => Flavor::MultiThread,
                Attribute::Test => Flavor::CurrentThread,
            },
            worker_threads: None,
            start_paused: false,
            stops_at_panics: false,
            path: None,
        }
    }

    pub(crate) fn parse(attribute: Attribute, pieces: &[Piece]) -> Result<Self, Problem> {
        let mut arguments = Self::default_of(attribute);
        let mut said: [Option<usize>; NAMES.len()] = [None; NAMES.len()];
        let mut at = 0;
        while at < pieces.len() {
            let which = name(pieces, at)?;
            if said[which].is_some() {
                let message = format!("`{}` is said twice", NAMES[which]);
                return Err(Problem::new(at, message));
            }
            let value = value(pieces, at, NAMES[which])?;
            said[which] = Some(value);
            arguments.set(NAMES[which], &pieces[value], value)?;
            at = value + 1;
            match pieces.get(at) {
                None => {}
                Some(piece) if piece.is_mark(',') => at += 1,
                Some(_) => return Err(Problem::new(at, "expected a comma")),
            }
        }
        arguments.check(said)?;
        Ok(arguments)
    }

    fn set(&mut self, name: &str, value: &Piece, at: usize) -> Result<(), Problem> {
        match name {
            "flavor" => self.flavor = flavor(value, at)?,
            "worker_threads" => self.worker_threads = Some(threads(value, at)?),
            "start_paused" => {
                self.start_paused = match value {
                    Piece::Word(word) if word == "true" => true,
                    Piece::Word(word) if word == "false" => false,
                    _ => return Err(Problem::new(at, "`start_paused` is `true` or `false`")),
                }
            }
            "unhandled_panic" => {
                self.stops_at_panics = match text(value) {
                    Some("shutdown_runtime") => true,
                    Some("ignore") => false,
                    _ => {
                        let known = "`unhandled_panic` is `\"ignore\"` or `\"shutdown_runtime\"`";
                        return Err(Problem::new(at, known));
                    }
                }
            }
            _ => match text(value) {
                Some(path) if !path.is_empty() => self.path = Some((at, path.to_owned())),
                _ => {
                    return Err(Problem::new(
                        at,
                        "`crate` is a path, as text: `\"my::path\"`",
                    ));
                }
            },
        }
        Ok(())
    }

    /// Whether what was said goes together.
    fn check(&self, said: [Option<usize>; NAMES.len()]) -> Result<(), Problem> {
        let [_, threads, paused, ..] = said;
        match (self.flavor, threads, paused) {
            (Flavor::MultiThread, _, Some(at)) if self.start_paused => Err(Problem::new(
                at,
                "a clock can stand with `flavor = \"current_thread\"` or `\"local\"` only",
            )),
            (Flavor::CurrentThread | Flavor::Local, Some(at), _) => Err(Problem::new(
                at,
                "`worker_threads` needs `flavor = \"multi_thread\"`",
            )),
            _ => Ok(()),
        }
    }
}

/// Which of [`NAMES`] stands there.
fn name(pieces: &[Piece], at: usize) -> Result<usize, Problem> {
    let Some(Piece::Word(word)) = pieces.get(at) else {
        return Err(Problem::new(at, "expected the name of an argument"));
    };
    NAMES.iter().position(|name| name == word).ok_or_else(|| {
        let names = NAMES.map(|name| format!("`{name}`")).join(", ");
        let message = match word.as_str() {
            "current_thread" | "multi_thread" | "local" => {
                format!("a flavor is said as `flavor = \"{word}\"`")
            }
            _ => format!("there is no argument `{word}`; there are {names}"),
        };
        Problem::new(at, message)
    })
}

/// Where the value of the argument is whose name stands at `at`.
fn value(pieces: &[Piece], at: usize, name: &str) -> Result<usize, Problem> {
    let has_sign = pieces.get(at + 1).is_some_and(|piece| piece.is_mark('='));
    if has_sign && pieces.len() > at + 2 {
        return Ok(at + 2);
    }
    let message = format!("`{name}` needs a value: `{name} = ...`");
    Err(Problem::new(at, message))
}

fn flavor(value: &Piece, at: usize) -> Result<Flavor, Problem> {
    let known = "a flavor is `\"current_thread\"`, `\"multi_thread\"` or `\"local\"`";
    match text(value) {
        Some("current_thread") => Ok(Flavor::CurrentThread),
        Some("multi_thread") => Ok(Flavor::MultiThread),
        Some("local") => Ok(Flavor::Local),
        _ => Err(Problem::new(at, known)),
    }
}

fn threads(value: &Piece, at: usize) -> Result<usize, Problem> {
    let count = match value {
        Piece::Literal(literal) => literal.replace('_', "").parse().ok(),
        _ => None,
    };
    match count {
        Some(count) if count > 0 => Ok(count),
        _ => Err(Problem::new(at, "`worker_threads` is a number from 1 up")),
    }
}

/// What stands in quotes.
fn text(value: &Piece) -> Option<&str> {
    let Piece::Literal(literal) = value else {
        return None;
    };
    literal.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Attribute, Flavor};
    use crate::pieces::{Problem, pieces};

    fn parsed(line: &str) -> Arguments {
        Arguments::parse(Attribute::Main, &pieces(line)).unwrap()
    }

    #[test]
    fn what_is_not_said_is_as_the_attribute_has_it() {
        let main = Arguments::parse(Attribute::Main, &[]).unwrap();
        let test = Arguments::parse(Attribute::Test, &[]).unwrap();
        assert_eq!(
            (main.flavor, test.flavor),
            (Flavor::MultiThread, Flavor::CurrentThread)
        );
        assert_eq!(
            (main.worker_threads, main.start_paused, main.path),
            (None, false, None)
        );
    }

    #[test]
    fn each_argument_is_taken() {
        let flavor = |name| parsed(&format!("flavor = \"{name}\"")).flavor;
        assert_eq!(flavor("multi_thread"), Flavor::MultiThread);
        assert_eq!(flavor("current_thread"), Flavor::CurrentThread);
        assert_eq!(flavor("local"), Flavor::Local);
        assert_eq!(parsed("worker_threads = 1_0").worker_threads, Some(10));
        assert!(parsed("flavor = \"local\" , start_paused = true").start_paused);
        assert!(!parsed("start_paused = false ,").start_paused);
        assert!(parsed("unhandled_panic = \"shutdown_runtime\"").stops_at_panics);
        assert!(!parsed("unhandled_panic = \"ignore\"").stops_at_panics);
        assert_eq!(
            parsed("crate = \"a::b\"").path,
            Some((2, "a::b".to_owned()))
        );
    }

    #[test]
    fn each_mistake_is_named_where_it_is() {
        let current = "flavor = \"current_thread\" ,";
        for (line, at, message) in [
            ("flavor", 0, "`flavor` needs a value: `flavor = ...`"),
            ("flavor =", 0, "`flavor` needs a value: `flavor = ...`"),
            (
                "flavor = \"single\"",
                2,
                "a flavor is `\"current_thread\"`, `\"multi_thread\"` or",
            ),
            ("flavor = 1", 2, "a flavor is"),
            (
                "multi_thread",
                0,
                "a flavor is said as `flavor = \"multi_thread\"`",
            ),
            (
                "threads = 2",
                0,
                "there is no argument `threads`; there are `flavor`, `worker_",
            ),
            ("= 2", 0, "expected the name of an argument"),
            (
                "worker_threads = 0",
                2,
                "`worker_threads` is a number from 1 up",
            ),
            (
                "worker_threads = \"2\"",
                2,
                "`worker_threads` is a number from 1 up",
            ),
            (
                "worker_threads = - 1",
                2,
                "`worker_threads` is a number from 1 up",
            ),
            (
                "worker_threads = 1 worker_threads = 1",
                3,
                "expected a comma",
            ),
            (
                "worker_threads = 1 , worker_threads = 1",
                4,
                "`worker_threads` is said twice",
            ),
            (
                &format!("{current} worker_threads = 1"),
                6,
                "needs `flavor = \"multi_thread\"`",
            ),
            ("start_paused = 1", 2, "`start_paused` is `true` or `false`"),
            ("start_paused = true", 2, "a clock can stand with"),
            (
                "unhandled_panic = true",
                2,
                "`unhandled_panic` is `\"ignore\"` or `\"shutdown_runtime\"`",
            ),
            ("crate = a", 2, "`crate` is a path, as text"),
            ("crate = \"\"", 2, "`crate` is a path, as text"),
        ] {
            let problem = Arguments::parse(Attribute::Main, &pieces(line)).unwrap_err();
            let Problem {
                at: seen,
                message: said,
            } = problem;
            assert!(said.contains(message), "{line}: {said}");
            assert_eq!(seen, at, "{line}: {said}");
        }
    }
}
