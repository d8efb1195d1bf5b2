//! Tokens as far as attributes look at them, which tests can make without a compiler.

use proc_macro::{Delimiter, TokenTree};

/// A token, and nothing of what is inside a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// An identifier or a keyword.
    Word(String),
    /// One character of an operator.
    Mark(char),
    /// What is written, with quotes and suffix.
    Literal(String),
    Parentheses {
        is_empty: bool,
    },
    /// With what is inside, as text.
    Brackets(String),
    Braces,
    /// What a macro handed on as one.
    Invisible,
}

impl Piece {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text == word)
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        matches!(self, Self::Mark(text) if *text == mark)
    }
}

impl From<&TokenTree> for Piece {
    fn from(token: &TokenTree) -> Self {
        match token {
            TokenTree::Ident(word) => Self::Word(word.to_string()),
            TokenTree::Punct(mark) => Self::Mark(mark.as_char()),
            TokenTree::Literal(literal) => Self::Literal(literal.to_string()),
            TokenTree::Group(group) => match group.delimiter() {
                Delimiter::Parenthesis => Self::Parentheses {
                    is_empty: group.stream().is_empty(),
                },
                Delimiter::Bracket => Self::Brackets(group.stream().to_string()),
                Delimiter::Brace => Self::Braces,
                Delimiter::None => Self::Invisible,
            },
        }
    }
}

/// What is wrong, and with which token; one behind the last is the attribute itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// The pieces of a line, for tests: words, marks, numbers, texts, and groups as `()`, `(..)`,
/// `[text]` and `{}`, with spaces in between.
#[cfg(test)]
pub(crate) fn pieces(line: &str) -> Vec<Piece> {
    line.split_whitespace()
        .map(|text| match text {
            "()" => Piece::Parentheses { is_empty: true },
            "(..)" => Piece::Parentheses { is_empty: false },
            _ if text.starts_with('[') => Piece::Brackets(text.trim_matches(['[', ']']).to_owned()),
            "{}" => Piece::Braces,
            _ if text.starts_with(|first: char| first.is_alphabetic() || first == '_') => {
                Piece::Word(text.to_owned())
            }
            _ if text.starts_with(|first: char| first.is_numeric() || first == '"') => {
                Piece::Literal(text.to_owned())
            }
            _ => Piece::Mark(text.chars().next().unwrap()),
        })
        .collect()
}
