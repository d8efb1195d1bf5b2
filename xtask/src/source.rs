//! Reading Rust source without a parser: comments and literals blanked, words with their places.

use core::ops::Range;

/// The text with every comment, string and character literal replaced by spaces.
///
/// Length and line ends stay, so an offset means the same place in both.
pub(crate) fn code_of(text: &str) -> String {
    let mut code = text.as_bytes().to_vec();
    let mut at = 0;
    while at < code.len() {
        let end = literal_end(text, at);
        if end == at {
            at += 1;
            continue;
        }
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    // Only whole literals were replaced, so what is left is valid; the fallback is never taken.
    String::from_utf8(code).unwrap_or_default()
}

/// The end of the comment or literal that starts at `at`, or `at` where none starts.
fn literal_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        at + rest.iter().take_while(|byte| **byte != b'\n').count()
    } else if rest.starts_with(b"/*") {
        at + block_comment_length(rest)
    } else if rest.starts_with(b"\"") {
        at + quoted_length(rest, b'"')
    } else if rest.starts_with(b"'") {
        char_literal_end(text, at)
    } else if rest.starts_with(b"r") && !(at > 0 && is_word(bytes[at - 1]) && !is_prefix(bytes, at))
    {
        at + raw_string_length(rest)
    } else {
        at
    }
}

/// Whether the byte before `at` is the `b` or `c` of `br"` or `cr"`.
fn is_prefix(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at - 1], b'b' | b'c') && !(at > 1 && is_word(bytes[at - 2]))
}

fn block_comment_length(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn quoted_length(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// A character literal, or nothing where the quote starts a lifetime.
fn char_literal_end(text: &str, at: usize) -> usize {
    let mut inside = text[at + 1..].chars();
    match inside.next() {
        Some('\\') => at + quoted_length(&text.as_bytes()[at..], b'\''),
        Some(char) if inside.next() == Some('\'') => at + 2 + char.len_utf8(),
        _ => at,
    }
}

/// The length of `r"…"` or `r#"…"#`, or zero where the `r` starts something else.
fn raw_string_length(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = 2 + hashes;
    let found = rest[body..]
        .windows(close.len())
        .position(|part| part == close);
    found.map_or(rest.len(), |length| body + length + close.len())
}

/// Whether `byte` can be part of a word; bytes beyond ASCII count as part of one.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The words of `text` with their offsets.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    core::iter::from_fn(move || {
        while at < bytes.len() && !is_word(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &text[start..at]))
    })
}

/// The inside of the bracketed group whose opening bracket is at `open` in `code`.
pub(crate) fn group(code: &str, open: usize) -> Range<usize> {
    let mut depth = 0_usize;
    for (index, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return open + 1..index.max(open + 1);
        }
    }
    code.len().min(open + 1)..code.len()
}

/// The offset of the `{` or `;` that ends a function's signature; those in its brackets do not.
pub(crate) fn signature_end(code: &str, start: usize) -> usize {
    let mut at = start;
    while at < code.len() {
        match code.as_bytes()[at] {
            b'{' | b';' => return at,
            b'(' | b'[' => at = group(code, at).end,
            _ => {}
        }
        at += 1;
    }
    code.len()
}

/// The offset of the first byte at or after `at` that is not white space.
pub(crate) fn skip_space(code: &str, at: usize) -> usize {
    code.len() - code[at..].trim_start().len()
}

/// The line of an offset, counted from one.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::{code_of, group, line_of, signature_end, words};

    #[test]
    fn comments_and_literals_become_spaces_of_the_same_length() {
        for (text, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("x\"y", z)"#, "f(      , z)"),
            (r###"f(r#"a"b"#, c)"###, "f(        , c)"),
            (r#"f(br"a", c)"#, "f(b    , c)"),
            ("'a' 'b", "    'b"),
            (r"'\'' '\n' x", "          x"),
            ("'é' x", "     x"),
            ("fn f<'a>(x: &'a u8)", "fn f<'a>(x: &'a u8)"),
            ("r#type bar\"x\"", "r#type bar   "),
            ("\"open", "     "),
            ("/* open", "       "),
        ] {
            assert_eq!(code_of(text), code, "{text}");
            assert_eq!(code_of(text).len(), text.len(), "{text}");
        }
    }

    #[test]
    fn words_groups_and_lines_are_found() {
        let found: Vec<_> = words("a.b_c(d)").collect();
        assert_eq!(found, [(0, "a"), (2, "b_c"), (6, "d")]);
        assert_eq!(group("f(a(b)c)d", 1), 2..7);
        assert_eq!(group("f(a", 1), 2..3);
        assert_eq!(signature_end("fn f(a: [u8; 2]) {}", 0), 17);
        assert_eq!(signature_end("fn f();", 0), 6);
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
