//! The process that holds many idle tasks or connections on a runtime, and says what they take.

use core::future::poll_fn;
use core::task::{Poll, Waker};
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use crate::alloc::bytes;
use crate::echo::BUFFER;
use crate::peers::runtimes::{Compio, Monoio, Ours, Runtime, Smol, Tokio};
use crate::sys;

/// What is held.
#[derive(Clone, Copy)]
pub(crate) enum Held {
    /// Tasks that wait to be woken.
    Tasks,
    /// Tasks that sleep.
    Sleepers,
    /// Connections that have echoed something, each with its task.
    Connections,
}

impl Held {
    /// The word for it on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Sleepers => "sleepers",
            Self::Connections => "connections",
        }
    }

    fn from_name(name: &str) -> io::Result<Self> {
        let all = [Self::Tasks, Self::Sleepers, Self::Connections];
        let found = all.into_iter().find(|held| held.name() == name);
        found.ok_or_else(|| io::Error::other(format!("nothing is called {name:?}")))
    }
}

/// Memory of a process.
#[derive(Clone, Copy)]
struct Memory {
    resident: u64,
    requested: u64,
}

impl Memory {
    // Its own, not that of files, and exactly, not as the kernel's counters have it.
    fn now() -> io::Result<Self> {
        let text = std::fs::read_to_string("/proc/self/smaps_rollup")?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("Anonymous:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        let resident: u64 = number
            .unwrap_or_default()
            .parse()
            .map_err(io::Error::other)?;
        Ok(Self {
            resident: resident * 1024,
            requested: bytes(),
        })
    }
}

/// Holds `count` of them and prints the bytes that are resident and that were asked for, in all.
pub(crate) fn hold(what: &str, kind: &str, count: usize) -> io::Result<()> {
    sys::end_after(Duration::from_secs(60));
    sys::raise_descriptor_limit()?;
    let held = Held::from_name(what)?;
    match kind {
        "tokio" => on(&Tokio::one()?, held, count),
        "smol" => on(&Smol::one(), held, count),
        "monoio" => on(&Monoio::one()?, held, count),
        "compio" => on(&Compio::one()?, held, count),
        "poll-async" => on(&Ours::one()?, held, count),
        other => Err(io::Error::other(format!("no runtime is called {other:?}"))),
    }
}

fn on<R: Runtime>(runtime: &R, held: Held, count: usize) -> io::Result<()> {
    // What is there only once is not to be counted.
    let _few = once(runtime, held, 8)?;
    let (before, after) = once(runtime, held, count)?;
    println!("{}", after.resident.saturating_sub(before.resident));
    println!("{}", after.requested.saturating_sub(before.requested));
    Ok(())
}

fn once<R: Runtime>(runtime: &R, held: Held, count: usize) -> io::Result<(Memory, Memory)> {
    match held {
        Held::Tasks => in_a_task(runtime, tasks::<R>(count)),
        Held::Sleepers => in_a_task(runtime, sleepers::<R>(count)),
        Held::Connections => {
            let (ours, theirs) = connected(count)?;
            in_a_task(runtime, connections::<R>(ours, theirs))
        }
    }
}

fn in_a_task<R: Runtime, T: Send + 'static>(
    runtime: &R,
    work: impl Future<Output = io::Result<T>> + Send + 'static,
) -> io::Result<T> {
    let task = runtime.start(work);
    runtime.block_on(async { R::joined(task.await) })?
}

// Shared by all tasks without being a part of each, so that nothing but the task is in it.
static WAKERS: Mutex<Vec<Waker>> = Mutex::new(Vec::new());
static STARTED: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);
static MAY_END: AtomicBool = AtomicBool::new(false);

async fn wait_for_end() {
    poll_fn(|context| {
        if MAY_END.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        let mut wakers = WAKERS.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.push(context.waker().clone());
        Poll::Pending
    })
    .await;
    ENDED.fetch_add(1, Ordering::Relaxed);
}

async fn tasks<R: Runtime>(count: usize) -> io::Result<(Memory, Memory)> {
    MAY_END.store(false, Ordering::Relaxed);
    ENDED.store(0, Ordering::Relaxed);
    let wakers = || WAKERS.lock().unwrap_or_else(PoisonError::into_inner);
    // All that it will need, and touched.
    wakers().resize(count, Waker::noop().clone());
    wakers().clear();
    let before = Memory::now()?;
    for _ in 0..count {
        R::detach(R::spawn(wait_for_end()));
    }
    while wakers().len() < count {
        R::yield_now().await;
    }
    let after = Memory::now()?;
    MAY_END.store(true, Ordering::Relaxed);
    let woken = core::mem::take(&mut *wakers());
    woken.into_iter().for_each(Waker::wake);
    while ENDED.load(Ordering::Relaxed) < count {
        R::yield_now().await;
    }
    Ok((before, after))
}

async fn sleepers<R: Runtime>(count: usize) -> io::Result<(Memory, Memory)> {
    STARTED.store(0, Ordering::Relaxed);
    let before = Memory::now()?;
    for _ in 0..count {
        R::detach(R::spawn(async {
            STARTED.fetch_add(1, Ordering::Relaxed);
            R::sleep(Duration::from_secs(3600)).await;
        }));
    }
    while STARTED.load(Ordering::Relaxed) < count {
        R::yield_now().await;
    }
    Ok((before, Memory::now()?))
}

async fn connections<R: Runtime>(
    ours: Vec<TcpStream>,
    mut theirs: Vec<TcpStream>,
) -> io::Result<(Memory, Memory)> {
    let (go, may_go) = mpsc::channel();
    let (said, answers) = mpsc::channel();
    let peer = thread::spawn(move || {
        may_go.recv().map_err(io::Error::other)?;
        let mut answer = [0; 4];
        for stream in &mut theirs {
            stream.write_all(b"ping")?;
            stream.read_exact(&mut answer)?;
            if &answer != b"ping" {
                return Err(io::Error::other("an answer differs from its message"));
            }
        }
        // They stay open.
        said.send(theirs).map_err(io::Error::other)
    });
    let count = ours.len();
    let mut tasks = Vec::with_capacity(count);
    let before = Memory::now()?;
    for stream in ours {
        tasks.push(R::spawn(R::echo(R::stream(stream)?)));
    }
    go.send(()).map_err(io::Error::other)?;
    let theirs = loop {
        match answers.try_recv() {
            Ok(theirs) => break theirs,
            Err(mpsc::TryRecvError::Empty) => R::sleep(Duration::from_millis(1)).await,
            Err(mpsc::TryRecvError::Disconnected) => {
                return Err(io::Error::other("the peer of the connections has ended"));
            }
        };
    };
    let after = Memory::now()?;
    drop(theirs);
    for task in tasks {
        R::joined(task.await)??;
    }
    match peer.join() {
        Ok(result) => result?,
        Err(_panic) => return Err(io::Error::other("the peer of the connections panicked")),
    }
    let buffers = u64::try_from(count * BUFFER).map_err(io::Error::other)?;
    let before = Memory {
        resident: before.resident + buffers,
        requested: before.requested + buffers,
    };
    Ok((before, after))
}

// So many connections, each with its other end.
fn connected(count: usize) -> io::Result<(Vec<TcpStream>, Vec<TcpStream>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let mut pairs = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        let theirs = TcpStream::connect(address)?;
        theirs.set_read_timeout(Some(Duration::from_secs(20)))?;
        let (ours, _peer) = listener.accept()?;
        ours.set_nonblocking(true)?;
        pairs.0.push(ours);
        pairs.1.push(theirs);
    }
    Ok(pairs)
}
