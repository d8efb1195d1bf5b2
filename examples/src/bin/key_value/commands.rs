//! The commands: what each does to the store, and what it answers.

use core::time::Duration;
use std::sync::Arc;

use poll_reactor::{Context, Instant};

use crate::reply::Reply;
use crate::resp::Request;
use crate::server::{Server, Timer};
use crate::store::{Entry, Key, Store};

/// What a command needs besides its arguments.
pub(crate) struct Scene<'a, 'runtime> {
    pub(crate) store: &'a mut Store,
    pub(crate) context: &'a mut Context<'runtime, Server>,
}

type Command = fn(&mut Scene<'_, '_>, Request<'_>) -> Reply;

/// Names, the least and the most arguments with the name, and what they do.
const COMMANDS: &[(&str, usize, usize, Command)] = &[
    ("ping", 1, 2, ping),
    ("echo", 2, 2, |_, request| request.argument(1).into()),
    ("get", 2, 2, get),
    ("set", 3, 5, set),
    ("del", 2, usize::MAX, del),
    ("exists", 2, usize::MAX, exists),
    ("ttl", 2, 2, ttl),
    ("dbsize", 1, 1, |scene, _| Reply::count(scene.store.len())),
    ("quit", 1, usize::MAX, |_, _| Reply::Simple("OK")),
    // What tools ask before they begin. There is one user, one database, and nothing to configure.
    ("command", 1, usize::MAX, |_, _| Reply::List(Vec::new())),
    ("config", 2, usize::MAX, config),
    ("hello", 1, usize::MAX, hello),
    ("client", 2, usize::MAX, |_, _| Reply::Simple("OK")),
    ("select", 2, 2, select),
];

const SYNTAX: &str = "ERR syntax error";
/// Of a command that nobody knows, so much is repeated.
const REPEATED: usize = 64;

/// Carries a request out.
pub(crate) fn execute(scene: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    let name = request.argument(0);
    let known = COMMANDS
        .iter()
        .find(|(known, ..)| name.eq_ignore_ascii_case(known.as_bytes()));
    let Some(&(name, least, most, command)) = known else {
        let name = name.get(..REPEATED).unwrap_or(name).escape_ascii();
        return Reply::error(format!("ERR unknown command '{name}'"));
    };
    if !(least..=most).contains(&request.len()) {
        let wrong = format!("ERR wrong number of arguments for '{name}' command");
        return Reply::error(wrong);
    }
    command(scene, request)
}

/// Whether the connection ends once this is answered.
pub(crate) fn is_quit(request: Request<'_>) -> bool {
    request.argument(0).eq_ignore_ascii_case(b"quit")
}

fn ping(_: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    match request.len() {
        1 => Reply::Simple("PONG"),
        _ => request.argument(1).into(),
    }
}

fn get(scene: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    let now = scene.context.now();
    let entry = scene.store.get(request.argument(1), now);
    entry.map_or(Reply::Nothing, |entry| {
        Reply::Bulk(Arc::clone(&entry.value))
    })
}

fn set(scene: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    let end = match request.len() {
        3 => None,
        5 => match end_of(
            scene.context.now(),
            request.argument(3),
            request.argument(4),
        ) {
            Ok(end) => Some(end),
            Err(wrong) => return Reply::error(wrong),
        },
        _ => return Reply::error(SYNTAX),
    };
    let (key, value) = (request.argument(1), request.argument(2));
    if !scene.store.has_room(key, value) {
        return Reply::error("OOM command not allowed when used memory > 'maxmemory'.");
    }
    let key = Key::from(key);
    let end = end.map(|end| {
        let timer = Timer::End(Arc::clone(&key));
        (end, scene.context.set_timer_at(end, timer))
    });
    let value = value.into();
    let old = scene.store.set(key, Entry { value, end });
    forget(old, scene.context);
    Reply::Simple("OK")
}

/// When `EX seconds` or `PX milliseconds` are over.
fn end_of(now: Instant, unit: &[u8], number: &[u8]) -> Result<Instant, &'static str> {
    let unit_ms = match unit {
        _ if unit.eq_ignore_ascii_case(b"ex") => 1000,
        _ if unit.eq_ignore_ascii_case(b"px") => 1,
        _ => return Err(SYNTAX),
    };
    let number: i64 = str::from_utf8(number)
        .ok()
        .and_then(|number| number.parse().ok())
        .ok_or("ERR value is not an integer or out of range")?;
    u64::try_from(number)
        .ok()
        .filter(|&number| number > 0)
        .and_then(|number| number.checked_mul(unit_ms))
        .map(|ms| now.saturating_add(Duration::from_millis(ms)))
        // What would end after the clock does is a mistake, as with Redis.
        .filter(|&end| end < Instant::MAX)
        .ok_or("ERR invalid expire time in 'set' command")
}

fn del(scene: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    let now = scene.context.now();
    let mut count = 0;
    for key in request.arguments() {
        count += usize::from(scene.store.get(key, now).is_some());
        let old = scene.store.take(key);
        forget(old, scene.context);
    }
    Reply::count(count)
}

/// An entry that is gone needs no timer.
fn forget(old: Option<Entry>, context: &mut Context<'_, Server>) {
    if let Some((_, timer)) = old.and_then(|old| old.end) {
        context.cancel_timer(timer);
    }
}

fn exists(scene: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    let now = scene.context.now();
    let keys = request.arguments();
    Reply::count(
        keys.filter(|key| scene.store.get(key, now).is_some())
            .count(),
    )
}

/// The seconds that are left, rounded; -1 without an end, -2 without the key.
fn ttl(scene: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    let now = scene.context.now();
    Reply::Integer(match scene.store.get(request.argument(1), now) {
        None => -2,
        Some(Entry { end: None, .. }) => -1,
        Some(Entry {
            end: Some((end, _)),
            ..
        }) => {
            let left = end.saturating_duration_since(now);
            i64::try_from((left.as_millis() + 500) / 1000).unwrap_or(i64::MAX)
        }
    })
}

/// redis-benchmark wants to know what is written to disk: nothing.
fn config(_: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    if !request.argument(1).eq_ignore_ascii_case(b"get") {
        return Reply::error("ERR nothing can be configured");
    }
    let value = match request.argument(2) {
        b"save" => "",
        b"appendonly" => "no",
        _ => return Reply::List(Vec::new()),
    };
    Reply::List(vec![request.argument(2).into(), value.into()])
}

fn hello(_: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    if request.len() > 1 && request.argument(1) != b"2" {
        return Reply::error("NOPROTO unsupported protocol version");
    }
    let version = env!("CARGO_PKG_VERSION");
    Reply::List(vec![
        "server".into(),
        "key_value".into(),
        "version".into(),
        version.into(),
        "proto".into(),
        Reply::Integer(2),
    ])
}

fn select(_: &mut Scene<'_, '_>, request: Request<'_>) -> Reply {
    match request.argument(1) {
        b"0" => Reply::Simple("OK"),
        _ => Reply::error("ERR DB index is out of range"),
    }
}
