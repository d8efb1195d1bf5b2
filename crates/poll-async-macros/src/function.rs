//! Where the parts of a function are that an attribute changes.

use core::ops::Range;

use crate::arguments::Attribute;
use crate::pieces::{Piece, Problem};

/// Places among the tokens of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// The word `async`.
    pub(crate) asynchrony: usize,
    /// The type after the arrow, if there is one.
    pub(crate) output: Option<Range<usize>>,
    /// The last token.
    pub(crate) body: usize,
}

impl Function {
    pub(crate) fn parse(attribute: Attribute, pieces: &[Piece]) -> Result<Self, Problem> {
        // Attributes and visibility come before, with all else of theirs in groups.
        let find = |word: &str| pieces.iter().position(|piece| piece.is_word(word));
        let Some(function) = find("fn") else {
            return Err(Problem::new(
                pieces.len(),
                "this attribute is for an `async fn`",
            ));
        };
        let asynchrony = match find("async") {
            Some(at) if at < function => at,
            _ => {
                return Err(Problem::new(
                    function,
                    "the function has to be an `async fn`",
                ));
            }
        };
        let parameters = parameters(pieces, function + 2)?;
        let is_main = pieces
            .get(function + 1)
            .is_some_and(|name| name.is_word("main"));
        let has_parameters = pieces[parameters] != Piece::Parentheses { is_empty: true };
        match attribute {
            Attribute::Main if is_main && has_parameters => {
                return Err(Problem::new(parameters, "`main` has no parameters"));
            }
            Attribute::Test if has_parameters => {
                return Err(Problem::new(parameters, "a test has no parameters"));
            }
            _ => {}
        }
        let body = pieces.len() - 1;
        if pieces[body] != Piece::Braces {
            return Err(Problem::new(body, "the function has to have a body"));
        }
        if attribute == Attribute::Test
            && let Some(at) = other_test(&pieces[..asynchrony])
        {
            return Err(Problem::new(at, "the function is a test already"));
        }
        Ok(Self {
            asynchrony,
            output: output(pieces, parameters + 1, body),
            body,
        })
    }
}

/// Where the parameters are: behind the name, and behind the generics if there are some.
fn parameters(pieces: &[Piece], from: usize) -> Result<usize, Problem> {
    let mut depth = 0_usize;
    for (at, piece) in pieces.iter().enumerate().skip(from) {
        match piece {
            Piece::Mark('<') => depth += 1,
            // Not that of an arrow.
            Piece::Mark('>') if !pieces[at - 1].is_mark('-') => depth = depth.saturating_sub(1),
            Piece::Parentheses { .. } if depth == 0 => return Ok(at),
            _ => {}
        }
    }
    Err(Problem::new(
        pieces.len(),
        "the function has to have parentheses",
    ))
}

fn output(pieces: &[Piece], from: usize, body: usize) -> Option<Range<usize>> {
    let has_arrow = pieces[from].is_mark('-') && pieces[from + 1].is_mark('>');
    let start = from + 2;
    let is_where = |piece: &Piece| piece.is_word("where");
    has_arrow.then(|| {
        let length = pieces[start..body].iter().position(is_where);
        start..length.map_or(body, |length| start + length)
    })
}

/// Where an attribute stands that makes the function a test too: it would run twice.
fn other_test(attributes: &[Piece]) -> Option<usize> {
    attributes
        .iter()
        .position(|piece| matches!(piece, Piece::Brackets(text) if text == "test"))
}

#[cfg(test)]
mod tests {
    use super::Function;
    use crate::arguments::Attribute;
    use crate::pieces::pieces;

    fn parsed(line: &str) -> Function {
        Function::parse(Attribute::Main, &pieces(line)).unwrap()
    }

    #[test]
    fn the_parts_are_found_whatever_stands_around_them() {
        let plain = parsed("async fn main () {}");
        assert_eq!((plain.asynchrony, plain.output, plain.body), (0, None, 4));
        let line = "# [doc=\"fn\"] pub (..) async unsafe fn run \
                    < F : Fn (..) - > (..) > (..) - > A < B > where F : Send {}";
        let rich = parsed(line);
        let words = pieces(line);
        assert_eq!(rich.asynchrony, 4);
        assert_eq!(words[rich.output.unwrap()], pieces("A < B >"));
        assert_eq!(rich.body, words.len() - 1);
        assert_eq!(parsed("async fn main () - > ! {}").output, Some(6..7));
    }

    #[test]
    fn each_mistake_is_named_where_it_is() {
        use Attribute::{Main, Test};
        for (attribute, line, at, message) in [
            (
                Main,
                "struct Main ;",
                3,
                "this attribute is for an `async fn`",
            ),
            (
                Main,
                "pub fn main () {}",
                1,
                "the function has to be an `async fn`",
            ),
            (
                Main,
                "fn main () async {}",
                0,
                "the function has to be an `async fn`",
            ),
            (Main, "async fn main (..) {}", 3, "`main` has no parameters"),
            (
                Test,
                "async fn works (..) {}",
                3,
                "a test has no parameters",
            ),
            (
                Test,
                "# [test] async fn works () {}",
                1,
                "the function is a test already",
            ),
            (
                Main,
                "async fn main () ;",
                4,
                "the function has to have a body",
            ),
            (
                Main,
                "async fn main {}",
                4,
                "the function has to have parentheses",
            ),
        ] {
            let problem = Function::parse(attribute, &pieces(line)).unwrap_err();
            assert_eq!(
                (problem.at, problem.message.as_str()),
                (at, message),
                "{line}"
            );
        }
        assert!(Function::parse(Main, &pieces("async fn run (..) {}")).is_ok());
    }
}
