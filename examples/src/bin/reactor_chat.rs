//! A line chat: the first line of a client is its name, and every other one is heard by all.
//!
//! What is said is in memory once, however many hear it and however slowly. Who leaves too much
//! unread is shown the door, so that nobody holds up the others or makes the server remember
//! without end. SIGINT and SIGTERM end it as soon as everybody has heard the goodbye.
//!
//! ```text
//! reactor_chat --port 7000 --engine native
//! ```
//!
//! With `--self-test` it is its own clients, and ends.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to its user"
)]

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::sync::Arc;

use examples::arguments::Arguments;
use examples::engine::{self, EngineName};
use examples::self_test;
use poll_codec::{LineEnding, LineReader};
use poll_net::{TcpListener, TcpStream};
use poll_os::{Signal, Signals};
use poll_reactor::{
    Builder, Context, Error, Handle, Id, Listener, Marks, Released, SendError, Service, Stream,
    StreamEvent,
};

type Door = Listener<TcpListener>;
type Guest = Stream<TcpStream>;

/// The longest line, and the longest name.
const LINE: usize = 1024;
const NAME: usize = 32;
/// What a guest may leave unread before it is shown the door.
const UNREAD: usize = 256 * 1024;
/// How long a guest that does not read may delay its end, and the program's.
const GRACE: Duration = Duration::from_secs(5);

/// The service.
#[derive(Default)]
struct Room {
    guests: HashMap<Id<Guest>, Place>,
    shown_the_door: usize,
    failure: Option<Error>,
}

/// What the room knows of a guest.
struct Place {
    lines: LineReader,
    /// None until it has introduced itself: it neither hears nor is heard before.
    name: Option<String>,
}

impl Service for Room {
    type Command = ();
    type Timer = ();

    fn stopping(&mut self, context: &mut Context<'_, Self>) {
        self.say("* the room closes".to_owned(), context);
    }
}

impl Handle<Door> for Room {
    fn event(
        &mut self,
        _: Id<Door>,
        accepted: io::Result<(TcpStream, SocketAddr)>,
        context: &mut Context<'_, Self>,
    ) {
        let registered = accepted.and_then(|(stream, _)| {
            // The runtime joins what a turn sends; there is nothing to wait for.
            stream.set_nodelay(true)?;
            Ok(context.register(Stream::new(stream))?)
        });
        match registered {
            Ok(id) => {
                let lines = LineReader::new(LineEnding::LfOrCrLf, LINE);
                self.guests.insert(id, Place { lines, name: None });
            }
            // Of one guest, or for want of descriptors: the listener tries again by itself.
            Err(error) => eprintln!("a guest is lost: {error}"),
        }
    }

    fn failed(
        &mut self,
        _: Id<Door>,
        _: Released<Door>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

impl Handle<Guest> for Room {
    fn event(&mut self, id: Id<Guest>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        match event {
            StreamEvent::Connected => {}
            StreamEvent::Received(bytes) => {
                if let Err(error) = self.hear(id, bytes, context) {
                    self.leave(id, &error.to_string(), context);
                }
            }
            StreamEvent::End => self.leave(id, "", context),
        }
    }

    fn failed(
        &mut self,
        id: Id<Guest>,
        _: Released<Guest>,
        _: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.leave(id, "", context);
    }
}

impl Handle<Signals> for Room {
    fn event(&mut self, _: Id<Signals>, _: Signal, context: &mut Context<'_, Self>) {
        context.shut_down(GRACE);
    }

    fn failed(
        &mut self,
        _: Id<Signals>,
        _: Released<Signals>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

impl Room {
    /// Takes the lines out of what a guest has sent, and lets all hear them.
    ///
    /// # Errors
    ///
    /// A line or a name that is none: the guest is told.
    fn hear(
        &mut self,
        id: Id<Guest>,
        bytes: &[u8],
        context: &mut Context<'_, Self>,
    ) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some(place) = self.guests.get_mut(&id) else {
                return Ok(());
            };
            // As much as there is room for; the end of the slice is not that of the stream.
            let _received = place.lines.read_once_from(&mut rest)?;
            while let Some(said) = self.next_said(id)? {
                self.say(said, context);
            }
        }
        Ok(())
    }

    /// The next line as all hear it. Who was shown the door meanwhile has nothing more to say.
    fn next_said(&mut self, id: Id<Guest>) -> io::Result<Option<String>> {
        let Some(place) = self.guests.get_mut(&id) else {
            return Ok(None);
        };
        let Some(line) = place.lines.next_line() else {
            return Ok(None);
        };
        let line = line?;
        Ok(Some(match &place.name {
            Some(name) => format!("{name}: {line}"),
            None => {
                let name = name_of(line)?;
                let said = format!("* {name} comes in");
                place.name = Some(name.to_owned());
                said
            }
        }))
    }

    /// Lets everybody hear a line: one allocation for all.
    fn say(&mut self, line: String, context: &mut Context<'_, Self>) {
        // Who is shown the door over it gives all others something more to hear.
        let mut lines = vec![line];
        while let Some(mut line) = lines.pop() {
            line.push('\n');
            let line: Arc<[u8]> = line.into_bytes().into();
            let mut full = Vec::new();
            for (&id, _) in self.guests.iter().filter(|(_, place)| place.name.is_some()) {
                // One that is gone is told of by `failed`, and one that is being closed has left.
                if let Err(refused) = context.send_chunk(id, Arc::clone(&line))
                    && refused.reason == SendError::Full
                {
                    full.push(id);
                }
            }
            lines.extend(full.into_iter().filter_map(|id| self.show_out(id, context)));
        }
    }

    /// Ends a guest that has left too much unread, and says what the others are to hear. It would
    /// not read a reason.
    fn show_out(&mut self, id: Id<Guest>, context: &mut Context<'_, Self>) -> Option<String> {
        context.unregister(id)?;
        self.shown_the_door += 1;
        Some(format!(
            "* {} is shown the door",
            self.guests.remove(&id)?.name?
        ))
    }

    /// Ends a guest, if it is still there, once it has heard all that was said, and the reason.
    fn leave(&mut self, id: Id<Guest>, reason: &str, context: &mut Context<'_, Self>) {
        if !reason.is_empty() {
            // If its queue is full or it is gone, nobody is there to hear it.
            drop(context.send_chunk(id, format!("! {reason}\n")));
        }
        context.close_within(id, GRACE);
        if let Some(Place {
            name: Some(name), ..
        }) = self.guests.remove(&id)
        {
            self.say(format!("* {name} leaves"), context);
        }
    }

    /// Without its listener and signals the program is of no use.
    fn give_up(&mut self, error: Error, context: &mut Context<'_, Self>) {
        self.failure.get_or_insert(error);
        context.shut_down(GRACE);
    }
}

fn name_of(line: &str) -> io::Result<&str> {
    let name = line.trim();
    match name {
        "" => Err(io::Error::other("a guest has a name")),
        _ if name.len() > NAME => Err(io::Error::other("a name has 32 bytes at most")),
        _ => Ok(name),
    }
}

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let engine = line.value("--engine", EngineName::Native)?;
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    line.finish()?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = listener.local_addr()?;
    println!("chat on {address}, {engine}");
    let marks = Marks {
        limit: UNREAD,
        ..Marks::default()
    };
    let builder = Builder::new().marks(marks);
    let serve = || {
        engine::run(engine, builder, Room::default(), |_, context| {
            context.register(Listener::new(listener))?;
            context.register(Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?)?;
            Ok(())
        })
    };
    let room = match is_test {
        true => self_test::against(move || be_guests(address), serve)?,
        false => serve()?,
    };
    println!("{} were shown the door", room.shown_the_door);
    room.failure.map_or(Ok(()), |error| Err(error.into()))
}

const NAMES: [&str; 4] = ["anna", "bert", "carl", "dora"];
const LINES: usize = 100;
/// No wait of the self-test is longer.
const LIMIT: Duration = Duration::from_secs(20);

/// Guests that hear each other, and one that does not read and is shown the door.
fn be_guests(address: SocketAddr) -> io::Result<()> {
    let _deaf = Visitor::enter(address, "deaf")?;
    let mut guests = Vec::new();
    for name in NAMES {
        guests.push(Visitor::enter(address, name)?);
    }
    for guest in &mut guests {
        let lines: String = (0..LINES).map(|number| format!("{number}\r\n")).collect();
        guest.say(&lines)?;
    }
    for guest in &mut guests {
        guest.expect_all()?;
    }
    // The first one stays. Who has left reads nothing either, but is no guest any more.
    guests.truncate(1);
    let talker = &mut guests[0];
    let long = format!("{}\n", "x".repeat(LINE)).repeat(64) + "next\n";
    loop {
        talker.say(&long)?;
        let heard = talker.expect(&format!("{}: next\n", NAMES[0]))?;
        if heard.contains("* deaf is shown the door\n") {
            break;
        }
    }
    talker.say(&"y".repeat(LINE + 2))?;
    let mut rest = String::new();
    talker.0.read_to_string(&mut rest)?;
    assert!(rest.ends_with("! line longer than 1024 bytes\n"), "{rest}");
    println!("{} guests heard {LINES} lines of each", NAMES.len());
    Ok(())
}

struct Visitor(BufReader<std::net::TcpStream>);

impl Visitor {
    fn enter(address: SocketAddr, name: &str) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        let mut guest = Self(BufReader::new(stream));
        guest.say(&format!("{name}\n"))?;
        guest.expect(&format!("* {name} comes in\n"))?;
        Ok(guest)
    }

    fn say(&mut self, what: &str) -> io::Result<()> {
        self.0.get_mut().write_all(what.as_bytes())
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(line),
        }
    }

    /// What is heard up to and with this line.
    fn expect(&mut self, expected: &str) -> io::Result<String> {
        let mut heard = String::new();
        while !heard.ends_with(expected) {
            heard += &self.line()?;
        }
        Ok(heard)
    }

    /// Hears each line of each guest, those of one in order.
    fn expect_all(&mut self) -> io::Result<()> {
        let mut heard = [0; NAMES.len()];
        while heard != [LINES; NAMES.len()] {
            let line = self.line()?;
            for (name, next) in NAMES.into_iter().zip(&mut heard) {
                if let Some(said) = line.strip_prefix(&format!("{name}: ")) {
                    assert_eq!(said, format!("{next}\n"), "of {name}");
                    *next += 1;
                }
            }
        }
        Ok(())
    }
}
