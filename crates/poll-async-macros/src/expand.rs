//! What an attribute makes of its function.

use core::iter;
use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::arguments::{Arguments, Attribute, Flavor};
use crate::function::Function;
use crate::pieces::{Piece, Problem};

/// Where poll-async is, unless `crate` says it.
const PATH: &str = "::poll_async";

/// The function that runs the body of `item` on a runtime; after a mistake in the arguments, one on
/// a runtime as it is without them, so that the rest of the program is checked too.
pub(crate) fn expand(
    attribute: Attribute,
    arguments: TokenStream,
    item: TokenStream,
) -> TokenStream {
    let (said, said_pieces) = split(arguments);
    let (tokens, pieces) = split(item.clone());
    let function = match Function::parse(attribute, &pieces) {
        Ok(function) => function,
        Err(problem) => return iter::chain(item, error(&problem, &tokens)).collect(),
    };
    match Arguments::parse(attribute, &said_pieces) {
        Ok(arguments) => Expansion {
            attribute,
            arguments,
            said,
            tokens,
            function,
        }
        .build(),
        Err(problem) => {
            let error = error(&problem, &said);
            let arguments = Arguments::default_of(attribute);
            let expansion = Expansion {
                attribute,
                arguments,
                said,
                tokens,
                function,
            };
            iter::chain(expansion.build(), error).collect()
        }
    }
}

fn split(stream: TokenStream) -> (Vec<TokenTree>, Vec<Piece>) {
    let tokens: Vec<_> = stream.into_iter().collect();
    let pieces = tokens.iter().map(Piece::from).collect();
    (tokens, pieces)
}

/// Has the compiler report `problem` at its token.
fn error(problem: &Problem, tokens: &[TokenTree]) -> TokenStream {
    let span = tokens
        .get(problem.at)
        .map_or_else(Span::call_site, TokenTree::span);
    // The macro's own tokens have to be there for the compiler to point there.
    code(
        &format!("::core::compile_error! {{ {:?} }}", problem.message),
        span,
    )
}

/// Parses `text`, whose tokens are then looked up where the attribute stands, and reported at
/// `span`.
fn code(text: &str, span: Span) -> TokenStream {
    let span = Span::call_site().located_at(span);
    text.parse()
        .map_or_else(|_| TokenStream::new(), |stream| placed(stream, span))
}

fn placed(stream: TokenStream, span: Span) -> TokenStream {
    stream
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), placed(group.stream(), span)).into();
            }
            token.set_span(span);
            token
        })
        .collect()
}

struct Expansion {
    attribute: Attribute,
    arguments: Arguments,
    said: Vec<TokenTree>,
    tokens: Vec<TokenTree>,
    function: Function,
}

impl Expansion {
    fn build(self) -> TokenStream {
        let TokenTree::Group(body) = &self.tokens[self.function.body] else {
            return TokenStream::new();
        };
        let body_tokens: Vec<_> = body.stream().into_iter().collect();
        // A wrong type is reported at the end of the body, where the value is.
        let end = body_tokens
            .last()
            .map_or_else(|| body.span(), TokenTree::span);
        let (lifted, body_tokens) = inner_attributes(&body_tokens);
        let mut block = Group::new(Delimiter::Brace, body_tokens.iter().cloned().collect());
        block.set_span(body.span());

        let mut inside: TokenStream = code("let body = async", body.span());
        inside.extend([TokenTree::from(block)]);
        inside.extend(code(";", body.span()));
        inside.extend(self.check(end));
        inside.extend(self.run(end));
        let mut outside = Group::new(Delimiter::Brace, inside);
        outside.set_span(body.span());

        let mut whole: TokenStream = lifted;
        if self.attribute == Attribute::Test {
            whole.extend(code("#[::core::prelude::v1::test]", Span::call_site()));
        }
        let head = self.tokens[..self.function.body].iter().enumerate();
        let is_kept = |at: usize| at != self.function.asynchrony;
        whole.extend(
            head.filter(|(at, _)| is_kept(*at))
                .map(|(_, token)| token.clone()),
        );
        whole.extend([TokenTree::from(outside)]);
        whole
    }

    /// Says what the body's type is, for which the compiler has better words when it knows it
    /// early. Types that cannot be said in this place are left out.
    fn check(&self, end: Span) -> TokenStream {
        let output = self.function.output.clone();
        let output = output
            .map(|output| &self.tokens[output])
            .unwrap_or_default();
        let text: TokenStream = output.iter().cloned().collect();
        let text = text.to_string();
        if text.trim() == "!"
            || text
                .split(|c: char| !c.is_alphanumeric())
                .any(|w| w == "impl")
        {
            return TokenStream::new();
        }
        let output = match output {
            [] => code("()", end),
            _ => output.iter().cloned().collect(),
        };
        let mut inside = code("let _: &dyn ::core::future::Future<Output =", end);
        inside.extend(output);
        inside.extend(code("> = &body;", end));
        let mut check = code("if false", end);
        check.extend([TokenTree::from(Group::new(Delimiter::Brace, inside))]);
        check
    }

    /// Builds the runtime and runs the body.
    fn run(&self, end: Span) -> TokenStream {
        let Arguments {
            flavor,
            worker_threads,
            start_paused,
            stops_at_panics,
            path,
        } = &self.arguments;
        let (name, span) = match path {
            None => (PATH, end),
            Some((at, path)) => (path.as_str(), self.said[*at].span()),
        };
        let mut calls = match flavor {
            Flavor::MultiThread => "new_multi_thread()",
            Flavor::CurrentThread | Flavor::Local => "new_current_thread()",
        }
        .to_owned();
        if let Some(threads) = worker_threads {
            calls += &format!(".worker_threads({threads})");
        }
        if *start_paused {
            calls += ".start_paused(true)";
        }
        if *stops_at_panics {
            calls += &format!(".unhandled_panic({name}::runtime::UnhandledPanic::ShutdownRuntime)");
        }
        calls += match flavor {
            Flavor::Local => ".enable_all().build_local()",
            Flavor::MultiThread | Flavor::CurrentThread => ".enable_all().build()",
        };
        calls += ".expect(\"the runtime could not be built\").block_on(body);";
        let mut inside = code("return", end);
        inside.extend(code(name, span));
        inside.extend(code(&format!("::runtime::Builder::{calls}"), end));
        let lints = "#[allow(clippy::expect_used, clippy::needless_return, \
                     clippy::diverging_sub_expression, unreachable_code)]";
        let mut run = code(lints, end);
        run.extend([TokenTree::from(Group::new(Delimiter::Brace, inside))]);
        run
    }
}

/// Takes attributes such as `#![allow(..)]` off the front of a body, which go before the function.
fn inner_attributes(mut body: &[TokenTree]) -> (TokenStream, &[TokenTree]) {
    let mut lifted = TokenStream::new();
    while let [sign, mark, group, rest @ ..] = body
        && Piece::from(sign).is_mark('#')
        && Piece::from(mark).is_mark('!')
        && matches!(Piece::from(group), Piece::Brackets(_))
    {
        lifted.extend([sign.clone(), group.clone()]);
        body = rest;
    }
    (lifted, body)
}
