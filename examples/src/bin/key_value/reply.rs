//! Replies, as RESP2 writes them.

use std::io::Write;
use std::sync::Arc;

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Simple(&'static str),
    /// The text begins with a word in capitals.
    Error(String),
    Integer(i64),
    /// Bytes that others may hold as well.
    Bulk(Arc<[u8]>),
    Nothing,
    List(Vec<Self>),
}

impl Reply {
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self::Error(text.into())
    }

    pub(crate) fn count(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Appends it to `to`.
    pub(crate) fn encode(&self, to: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        drop(match self {
            Self::Simple(text) => write!(to, "+{text}\r\n"),
            Self::Error(text) => write!(to, "-{text}\r\n"),
            Self::Integer(number) => write!(to, ":{number}\r\n"),
            Self::Nothing => write!(to, "$-1\r\n"),
            Self::Bulk(bytes) => {
                Self::encode_head(bytes.len(), to);
                to.extend_from_slice(bytes);
                write!(to, "\r\n")
            }
            Self::List(replies) => {
                drop(write!(to, "*{}\r\n", replies.len()));
                replies.iter().for_each(|reply| reply.encode(to));
                Ok(())
            }
        });
    }

    /// What stands before the bytes of a bulk string.
    pub(crate) fn encode_head(len: usize, to: &mut Vec<u8>) {
        drop(write!(to, "${len}\r\n"));
    }
}

impl From<&[u8]> for Reply {
    fn from(bytes: &[u8]) -> Self {
        Self::Bulk(bytes.into())
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Reply;

    #[test]
    fn each_reply_has_its_form() {
        for (reply, form) in [
            (Reply::Simple("OK"), "+OK\r\n"),
            (Reply::error("ERR no"), "-ERR no\r\n"),
            (Reply::Integer(-2), ":-2\r\n"),
            (Reply::count(70_000), ":70000\r\n"),
            (Reply::Nothing, "$-1\r\n"),
            (Reply::from(""), "$0\r\n\r\n"),
            (Reply::from("a\r\nb"), "$4\r\na\r\nb\r\n"),
            (Reply::List(vec![]), "*0\r\n"),
            (
                Reply::List(vec![Reply::from("a"), Reply::Integer(1)]),
                "*2\r\n$1\r\na\r\n:1\r\n",
            ),
        ] {
            let mut encoded = Vec::new();
            reply.encode(&mut encoded);
            assert_eq!(encoded, form.as_bytes(), "{reply:?}");
        }
    }
}
