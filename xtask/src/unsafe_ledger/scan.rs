//! Finding unsafe code in a file: where, in which function, which operation, with which proof.

use crate::source::{code_of, group, line_of, signature_end, skip_space, words};

/// One use of `unsafe`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) path: String,
    pub(super) line: usize,
    /// The function, or the file where there is none around it.
    pub(super) item: String,
    pub(super) operation: String,
    /// The first sentence of its proof.
    pub(super) proof: Option<String>,
}

/// All uses of `unsafe` in the code of a file, in order.
pub(super) fn sites(path: &str, text: &str) -> Vec<Site> {
    let code = code_of(text);
    let functions = functions(&code);
    let mut sites = Vec::new();
    let mut implementation_end = 0;
    for (offset, word) in words(&code) {
        let after = offset + word.len();
        if word != "unsafe" || is_pointer_type(&code, after) {
            continue;
        }
        let mut next = words(&code[after..]).map(|(_, word)| word);
        match next.next() {
            Some("impl") => implementation_end = group(&code, signature_end(&code, after)).end,
            // In an unsafe implementation the trait says so, and its proof stands above all of it.
            Some("fn") if offset < implementation_end => continue,
            _ => {}
        }
        let line = line_of(&code, offset);
        let mut around = functions
            .iter()
            .filter(|f| f.start <= offset && offset < f.end);
        let item = around
            .next_back()
            .map_or("(file)", |function| function.name.as_str());
        sites.push(Site {
            path: path.to_owned(),
            line,
            item: item.to_owned(),
            operation: operation(text, &code, after),
            proof: proof(text, line),
        });
    }
    sites
}

/// Whether `unsafe` begins the type of a function pointer, which promises and does nothing.
fn is_pointer_type(code: &str, after: usize) -> bool {
    let rest = code[after..].trim_start();
    let rest = rest.strip_prefix("extern").unwrap_or(rest).trim_start();
    rest.strip_prefix("fn")
        .is_some_and(|rest| rest.trim_start().starts_with('('))
}

struct Function {
    name: String,
    start: usize,
    end: usize,
}

/// The functions with a body, outer ones before inner ones.
fn functions(code: &str) -> Vec<Function> {
    let mut functions = Vec::new();
    let mut after_fn = None;
    for (offset, word) in words(code) {
        // A function pointer type has no name: a bracket follows its `fn`.
        if after_fn.take() == Some(offset) {
            let body = signature_end(code, offset);
            if code[body..].starts_with('{') {
                let end = group(code, body).end;
                let name = word.to_owned();
                functions.push(Function {
                    name,
                    start: body,
                    end,
                });
            }
        }
        if word == "fn" {
            after_fn = Some(skip_space(code, offset + word.len()));
        }
    }
    functions
}

/// The operation after the word `unsafe`: the callee of a block, or the head of an item.
fn operation(text: &str, code: &str, after: usize) -> String {
    let start = skip_space(code, after);
    if !code[start..].starts_with('{') {
        let end = code[start..]
            .find(['{', ';', ']'])
            .map_or(code.len(), |at| start + at);
        return shortened(&format!("unsafe {}", &text[start..end]));
    }
    let body = group(code, start);
    let code = &code[body.clone()];
    let text = &text[body];
    let Some(open) = code.find('(') else {
        return shortened(text);
    };
    // A bare syscall is known by its number, an ioctl by its request.
    let first = text[open + 1..]
        .split([',', ')'])
        .next()
        .unwrap_or_default()
        .trim();
    if first.contains("SYS_") {
        return shortened(&format!("{}({first})", &text[..open]));
    }
    shortened(&text[..open])
}

/// On one line, without what would break a table, and at most 60 characters.
fn shortened(text: &str) -> String {
    let text = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|");
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The first sentence of the SAFETY comment directly above the statement of `line`.
fn proof(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    // The statement may begin some lines above its `unsafe`.
    let mut first = line - 1;
    while first > 0 && continues(lines[first - 1]) {
        first -= 1;
    }
    let mut start = first;
    let mut in_attribute = false;
    while start > 0 {
        let line = lines[start - 1];
        // An attribute may span lines; read upwards, it begins at its closing bracket.
        in_attribute = !line.starts_with("#[") && (in_attribute || line.ends_with(")]"));
        if !(in_attribute || line.starts_with("//") || line.starts_with("#[")) {
            break;
        }
        start -= 1;
    }
    let comment = lines[start..first]
        .iter()
        .map(|line| line.trim_start_matches('/').trim());
    let mut sentence = String::new();
    for line in comment.skip_while(|line| !line.starts_with("SAFETY:") && *line != "# Safety") {
        let line = line
            .trim_start_matches("SAFETY:")
            .trim_start_matches("# Safety")
            .trim();
        if line.starts_with('-') || line.starts_with('*') {
            break;
        }
        if !sentence.is_empty() && !line.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(line);
        if line.ends_with(['.', ':']) {
            break;
        }
    }
    (!sentence.is_empty()).then_some(sentence)
}

/// Whether a line of code is continued by the one below it.
fn continues(line: &str) -> bool {
    let ends = line.is_empty() || line.starts_with("//") || line.starts_with("#[");
    !ends && !line.ends_with([';', '{', '}', ',']) && !line.ends_with(")]")
}

#[cfg(test)]
mod tests {
    use super::{Site, sites};

    const IMPLEMENTATION: &str = "// SAFETY: a.
unsafe impl T for A {
    unsafe fn f() {
        // SAFETY: b.
        unsafe { g() }
    }
}
unsafe fn h() {}
";

    fn only(text: &str) -> Site {
        let mut found = sites("sys.rs", text);
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0)
    }

    #[test]
    fn a_block_is_listed_with_function_operation_and_first_sentence() {
        let site = only(
            "fn outer() {\n    fn inner() {}\n    // SAFETY: wait(2) writes\n    // one.\n    \
             // - it is.\n    let n =\n        unsafe { libc::wait(a, c) };\n}\n",
        );
        assert_eq!(site.item, "outer");
        assert_eq!(site.line, 7);
        assert_eq!(site.operation, "libc::wait");
        assert_eq!(site.proof.as_deref(), Some("wait(2) writes one."));
    }

    #[test]
    fn operations_are_named_by_callee_number_or_text() {
        for (code, operation) in [
            (
                "unsafe { libc::syscall(\n libc::SYS_x,\n 0) }",
                "libc::syscall(libc::SYS_x)",
            ),
            ("unsafe { *pointer }", "*pointer"),
            ("unsafe { p.read() }", "p.read"),
            ("unsafe fn f(a: u8) {}", "unsafe fn f(a: u8)"),
            ("unsafe impl Send for A {}", "unsafe impl Send for A"),
            ("unsafe extern \"C\" { fn g(); }", "unsafe extern \"C\""),
            ("#[unsafe(no_mangle)]", "unsafe (no_mangle)"),
        ] {
            assert_eq!(only(code).operation, operation, "{code}");
        }
    }

    #[test]
    fn attributes_between_proof_and_code_and_safety_sections_count() {
        let site = only("// SAFETY: a.\n#[expect(x)]\nunsafe { f() }\n");
        assert_eq!(site.proof.as_deref(), Some("a."));
        let site =
            only("// SAFETY: a.\n#[expect(\n    x,\n    reason = \"y\"\n)]\nunsafe { f() }\n");
        assert_eq!(site.proof.as_deref(), Some("a."));
        let site = only("/// Does.\n///\n/// # Safety\n///\n/// Give a.\nunsafe fn f() {}\n");
        assert_eq!(site.proof.as_deref(), Some("Give a."));
        assert_eq!(site.item, "(file)");
    }

    #[test]
    fn signatures_with_pointers_and_arrays_do_not_hide_the_function() {
        let text = "fn f(g: fn(u8), a: [u8; 2]) -> [u8; 2] {\n    // SAFETY: a.\n    \
                    unsafe { h() }\n}\n";
        assert_eq!(only(text).item, "f");
    }

    #[test]
    fn the_functions_of_an_unsafe_implementation_are_covered_by_its_proof() {
        let found = sites("sys.rs", IMPLEMENTATION);
        let found: Vec<_> = found.iter().map(|site| site.operation.as_str()).collect();
        assert_eq!(found, ["unsafe impl T for A", "g", "unsafe fn h()"]);
    }

    #[test]
    fn words_in_comments_strings_and_names_are_not_code() {
        let text = "// unsafe { a() }\nlet s = \"unsafe { a() }\";\n#![forbid(unsafe_code)]\n";
        assert_eq!(sites("a.rs", text), []);
        let text = "type F =\n    unsafe extern \"C\" fn(u8);\nlet g: unsafe fn (u8) = h;\n";
        assert_eq!(sites("a.rs", text), []);
    }
}
