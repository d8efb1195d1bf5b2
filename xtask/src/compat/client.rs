//! A client that is not ours, curl, against the server on tokio.

use core::time::Duration;
use std::fs;
use std::path::Path;

use super::PLACE;
use crate::Outcome;
use crate::run::{Call, Running};
use crate::workspace::root;

/// Requests one after the other on one connection, and requests over many.
const REQUESTS: usize = 1000;
const AT_ONCE: &str = "50";

/// A body that no buffer of a socket holds, and not a multiple of anything.
const LONG: usize = (3 << 20) + 7;

const LIMIT: Duration = Duration::from_secs(30);

/// Starts `server` and asks it all that it answers, or says why not.
pub(super) fn ask(server: &Call) -> Result<Option<String>, String> {
    if !Call::new("curl", &["--version"]).works() {
        let reason = "curl is not installed: the server was asked by its own client only";
        return Ok(Some(reason.to_owned()));
    }
    let running = Running::begin(server.clone())?;
    let site = running.line(LIMIT)?;
    let told = curl(&[&format!("{site}/[1-{REQUESTS}]")])?;
    one_after_the_other(&told)?;
    let told = curl(&[
        "--parallel",
        "--parallel-max",
        AT_ONCE,
        &format!("{site}/slow?[1-{REQUESTS}]"),
    ])?;
    at_once(&told)?;
    long_bodies(&site)?;
    running.end(LIMIT)?;
    Ok(None)
}

/// What curl writes: each answer, and behind it how many connections were made for it and its code.
fn curl(arguments: &[&str]) -> Result<String, String> {
    // Neither the settings nor the proxy of whoever runs this.
    let plain = ["--disable", "--noproxy", "*"];
    let strict = ["--silent", "--show-error", "--fail", "--max-time", "60"];
    let figures = ["--write-out", "%{num_connects} %{http_code}\\n"];
    Call::new("curl", &[&plain[..], &strict, &figures, arguments].concat()).output()
}

/// Every answer in its order, and one connection for all of them.
fn one_after_the_other(told: &str) -> Outcome {
    let mut lines = told.lines();
    for request in 1..=REQUESTS {
        let connections = if request == 1 { "1 200" } else { "0 200" };
        for wanted in [format!("hello, /{request}"), connections.to_owned()] {
            let found = lines.next().unwrap_or_default();
            if found != wanted {
                return Err(format!("curl was told {found:?} and not {wanted:?}"));
            }
        }
    }
    match lines.next() {
        Some(more) => Err(format!("curl was told more than it asked for: {more:?}")),
        None => Ok(()),
    }
}

/// Every answer once, in whatever order, over more than one connection.
fn at_once(told: &str) -> Outcome {
    let (mut answers, figures): (Vec<&str>, Vec<&str>) =
        told.lines().partition(|line| line.starts_with("hello, "));
    let mut wanted: Vec<String> = (1..=REQUESTS)
        .map(|request| format!("hello, /slow?{request}"))
        .collect();
    answers.sort_unstable();
    wanted.sort_unstable();
    if answers != wanted {
        return Err("curl was not told every answer once".to_owned());
    }
    let mut connections = 0;
    for line in figures {
        let made = line.strip_suffix(" 200").and_then(|n| n.parse().ok());
        connections += made.unwrap_or(0_usize);
    }
    if connections < 2 {
        return Err(format!("{connections} connections are not many"));
    }
    println!("{REQUESTS} answers over {connections} connections");
    Ok(())
}

/// A long answer, its head alone, and a long body that is sent and comes back.
fn long_bodies(site: &str) -> Outcome {
    let folder = root().join(PLACE);
    let (long, back) = (folder.join("long"), folder.join("back"));
    let url = format!("{site}/bytes/{LONG}");
    let told = curl(&["--output", &shown(&long), &url])?;
    same(&told, "1 200\n")?;
    let bytes: Vec<u8> = (0..251).cycle().take(LONG).collect();
    holds(&long, &bytes)?;

    // Twice, because a body behind the head would spoil the connection for the next one.
    heads(&curl(&["--head", &url, &url])?)?;

    let sent = format!("@{}", shown(&long));
    let told = curl(&["--data-binary", &sent, "--output", &shown(&back), site])?;
    same(&told, "1 200\n")?;
    holds(&back, &bytes)
}

/// Two heads with the length of the body that was not sent, on one connection.
fn heads(told: &str) -> Outcome {
    let length = format!("content-length: {LONG}");
    let head = |figures| ["http/1.1 200 ok", &length, figures];
    let wanted = [head("1 200"), head("0 200")].concat();
    // Names of headers may be written in either case.
    let told = told.to_ascii_lowercase();
    let lines = told.lines().map(str::trim_end);
    let found: Vec<&str> = lines.filter(|line| wanted.contains(line)).collect();
    if found == wanted {
        return Ok(());
    }
    Err(format!("two heads were expected, and not {told:?}"))
}

fn same(told: &str, wanted: &str) -> Outcome {
    if told == wanted {
        return Ok(());
    }
    Err(format!("curl was told {told:?} and not {wanted:?}"))
}

fn holds(file: &Path, bytes: &[u8]) -> Outcome {
    let found = fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    if found == bytes {
        return Ok(());
    }
    Err(format!("{}: not the bytes of the server", file.display()))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::{LONG, REQUESTS, at_once, heads, one_after_the_other};

    #[test]
    fn answers_are_wanted_in_order_and_over_one_connection() {
        let line =
            |request: usize, connections: usize| format!("hello, /{request}\n{connections} 200\n");
        let whole: String = (1..=REQUESTS)
            .map(|request| line(request, usize::from(request == 1)))
            .collect();
        assert_eq!(one_after_the_other(&whole), Ok(()));
        assert!(one_after_the_other("").is_err());
        assert!(one_after_the_other(&format!("{whole}more\n")).is_err());
        for (from, to) in [("/7\n", "/8\n"), ("0 200", "1 200"), ("0 200", "0 404")] {
            let spoilt = whole.replacen(from, to, 1);
            assert!(one_after_the_other(&spoilt).is_err(), "{from} as {to}");
        }
    }

    #[test]
    fn answers_at_once_are_wanted_each_once_and_over_many_connections() {
        let told = |connections: usize| -> String {
            let line = |request: usize| {
                let made = usize::from(request <= connections);
                format!("hello, /slow?{request}\n{made} 200\n")
            };
            (1..=REQUESTS).rev().map(line).collect()
        };
        assert_eq!(at_once(&told(50)), Ok(()));
        assert!(at_once(&told(1)).is_err());
        assert!(at_once(&told(50).replacen("?7\n", "?8\n", 1)).is_err());
        assert!(at_once("").is_err());
    }

    #[test]
    fn two_heads_are_wanted_and_no_second_connection() {
        let head = |made: usize| {
            let length = format!("Content-Length: {LONG}\r\ndate: today");
            format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n{made} 200\n")
        };
        assert_eq!(heads(&[head(1), head(0)].concat()), Ok(()));
        assert!(heads(&head(1)).is_err());
        assert!(heads(&[head(1), head(1)].concat()).is_err());
    }
}
