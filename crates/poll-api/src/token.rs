//! The caller's name for a source.

/// The caller's name for a source, given at registration and handed back with every event of it.
///
/// All values of `usize` are the caller's: an engine reserves none and changes none, so a slab
/// index, a generation-checked key or an address all fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub usize);

impl From<Token> for usize {
    fn from(token: Token) -> Self {
        token.0
    }
}

impl From<usize> for Token {
    fn from(value: usize) -> Self {
        Self(value)
    }
}
