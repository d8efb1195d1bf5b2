//! A game with a clock of its own that hosts a runtime: it draws sixty times a second, and in
//! between its one thread runs whatever tasks have to do, as soon as they have to.
//!
//! The world is not shared with other threads, so tasks change it without a lock. Players are
//! connections that send lines: `left`, `right`, `stay`, `where`, `load`, `busy`, `quit`.
//!
//! ```text
//! foreign_loop --port 7000
//! ```
//!
//! With `--self-test` it is its own player, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

#[cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]
mod descriptor;
#[cfg(any(target_os = "illumos", target_os = "solaris", target_os = "hurd"))]
mod turn;
mod world;

use core::cell::RefCell;
use core::net::SocketAddr;
use core::time::Duration;

use std::io::{self, BufRead, BufReader, ErrorKind, IsTerminal, Write};
use std::rc::Rc;

use examples::arguments::Arguments;
use examples::next_line::next_line;
use examples::self_test;
use poll_async::net::{TcpListener, TcpStream};
use poll_async::runtime::LocalRuntime;
use poll_async::signal::{Signal, Signals};
use poll_async::time::Instant;
use poll_async::{spawn_blocking, spawn_local, task};

#[cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]
use crate::descriptor::sleep;
#[cfg(any(target_os = "illumos", target_os = "solaris", target_os = "hurd"))]
use crate::turn::sleep;
use crate::world::World;

/// From one frame to the next.
const FRAME: Duration = Duration::from_micros(16_667);
/// The longest line, in bytes.
const LINE: usize = 64;

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    line.finish()?;
    let guest = LocalRuntime::new()?;
    let world = Rc::new(RefCell::new(World::default()));
    let entered = guest.enter();
    let listener = TcpListener::bind_addr(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let signals = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    drop(entered);
    let address = listener.local_addr()?;
    println!("players may come to {address}");
    guest.spawn_local(welcome(listener, Rc::clone(&world)));
    let stopped = Rc::clone(&world);
    guest.spawn_local(async move {
        signals.recv().await?;
        stopped.borrow_mut().is_over = true;
        io::Result::Ok(())
    });
    match is_test {
        true => self_test::against(move || play(address), || host(&guest, &world)),
        false => host(&guest, &world),
    }
}

/// The loop of the game, which knows two things of its guest: when to call it at the latest, and a
/// descriptor that says when it is to be called before.
fn host(guest: &LocalRuntime, world: &RefCell<World>) -> io::Result<()> {
    let draws = io::stdout().is_terminal();
    let mut next_frame = Instant::now();
    let mut latest = Duration::ZERO;
    while !world.borrow().is_over {
        let now = Instant::now();
        if now < next_frame {
            // While tasks are ready that is in the past: the guest goes on at once, but for one
            // bounded turn at a time, so that it never costs a frame.
            let guest_is_due = guest.next_deadline().unwrap_or(next_frame);
            let until = next_frame.min(guest_is_due);
            sleep(guest, until.saturating_duration_since(now))?;
            guest.poll_once(Some(Duration::ZERO))?;
            continue;
        }
        latest = latest.max(now.saturating_duration_since(next_frame));
        world.borrow_mut().advance();
        if draws {
            print!("\r{}", world.borrow().picture());
            io::stdout().flush()?;
        }
        // Frames that there was no time for are left out, and not made up for.
        while next_frame <= now {
            next_frame += FRAME;
        }
    }
    let World { frame, orders, .. } = *world.borrow();
    println!("{frame} frames, {orders} orders, a frame at most {latest:?} late");
    Ok(())
}

/// Lets players come, each a task on this thread.
async fn welcome(listener: TcpListener, world: Rc<RefCell<World>>) {
    loop {
        // One that has left again, or no room for it: accepting goes on when there is.
        if let Ok((stream, _address)) = listener.accept().await {
            spawn_local(obey(stream, Rc::clone(&world)));
        }
    }
}

/// Does what a player says, and answers each line with where the ball is.
async fn obey(stream: TcpStream, world: Rc<RefCell<World>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = poll_async::io::BufReader::new(&stream);
    while let Some(order) = next_line(&mut input, LINE).await? {
        let answer = match order.as_str() {
            "left" => world.borrow_mut().go(-1),
            "right" => world.borrow_mut().go(1),
            "stay" => world.borrow_mut().go(0),
            "where" => world.borrow_mut().go_on(),
            "quit" => {
                world.borrow_mut().is_over = true;
                "the game is over\n".to_owned()
            }
            // Elsewhere: its end wakes the loop from that thread.
            "load" => {
                let loaded = spawn_blocking(|| std::fs::read("/etc/hosts")).await?;
                format!("loaded {} bytes\n", loaded.map_or(0, |bytes| bytes.len()))
            }
            // A task that is always ready does not keep the game from drawing.
            "busy" => {
                let until = world.borrow().frame + 5;
                while world.borrow().frame < until {
                    task::yield_now().await;
                }
                format!("busy until frame {until}\n")
            }
            _ => "left, right, stay, where, load, busy or quit?\n".to_owned(),
        };
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// The player of the self-test.
fn play(game: SocketAddr) -> io::Result<()> {
    const ORDERS: u64 = 500;
    let stream = std::net::TcpStream::connect(game)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(&stream);
    let mut ask = |order: &str| {
        (&stream).write_all(format!("{order}\n").as_bytes())?;
        let mut answer = String::new();
        match input.read_line(&mut answer)? {
            0 => Err(io::Error::from(ErrorKind::UnexpectedEof)),
            _ => Ok(answer),
        }
    };
    let frame = |answer: &str| -> u64 {
        let frame = answer
            .strip_prefix("frame ")
            .and_then(|rest| rest.split(':').next());
        frame.and_then(|frame| frame.parse().ok()).unwrap_or(0)
    };
    let before = frame(&ask("right")?);
    for _ in 0..ORDERS {
        ask("where")?;
    }
    let after = frame(&ask("stay")?);
    // A host that looked after its guest once in a frame would take one for each.
    println!("{ORDERS} answers within {} frames", after - before);
    assert!(after - before < ORDERS / 2);
    assert!(ask("load")?.starts_with("loaded "));
    assert!(ask("busy")?.starts_with("busy until frame "));
    assert!(frame(&ask("where")?) >= after + 5);
    Ok(())
}
