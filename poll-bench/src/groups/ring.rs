//! Group *ring*: bytes that go round a ring of socket pairs, as in the benchmark of libevent and
//! libev.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use core::time::Duration;

use super::{unknown_kind, work_missing};
use crate::echo::Idiom;
use crate::goals::Goal;
use crate::harness::{Calls, Case, Run, Sample, Size};
use crate::peers::{
    Amy, Mio, Ours, Peer, PollLoop, PollMio, PollTwo, Polling, PollingOneshot, Popol, Raw,
    RawLevel, UringPoll,
};
use crate::sys;

const KINDS: &[&str] = &[
    "raw level",
    "raw edge",
    "uring poll",
    "mio drain",
    "mio short",
    "polling oneshot",
    "polling edge",
    "popol",
    "amy",
    "poll-os",
    "poll-mio drain",
    "poll-mio short",
    "poll-loop",
    "poll-os on poll(2)",
];

/// All but the last, which keeps a descriptor of its own for each that it watches.
const FRUGAL: &[&str] = match KINDS.split_last() {
    Some((_last, others)) => others,
    None => &[],
};

/// What else the process has open.
const OTHERS: u64 = 150;

const ONE_ACTIVE: &[Goal] = &[
    Goal::ratio("poll-os", "mio short", 1.0),
    Goal::ratio("poll-os", "raw level", 0.97),
    Goal::ratio("poll-os", "polling oneshot", 0.7),
];
const MOST_PAIRS: &[Goal] = &[
    Goal::ratio("poll-os", "mio short", 1.0),
    Goal::ratio("poll-os", "raw level", 0.97),
    Goal::ratio("poll-os", "polling oneshot", 0.7),
    Goal::to_case("poll-os", "1 of 1 000 active", 1.1),
];

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    let ring = |name, count, active, goals| -> Ring {
        Ring {
            name,
            count,
            active,
            goals,
            kinds: KINDS,
            pairs: Mutex::default(),
        }
    };
    let rings = [
        ring("1 of 100 active", 100, 1, ONE_ACTIVE),
        ring("100 of 100 active", 100, 100, &[]),
        ring("1 of 1 000 active", 1_000, 1, ONE_ACTIVE),
        ring("100 of 1 000 active", 1_000, 100, &[]),
        ring("1 of 9 900 active", 9_900, 1, MOST_PAIRS),
        ring("100 of 9 900 active", 9_900, 100, &[]),
    ];
    let limit = sys::descriptor_limit().unwrap_or(0);
    let mut possible: Vec<Box<dyn Case>> = Vec::new();
    for mut ring in rings {
        let pairs = u64::try_from(ring.count).unwrap_or(u64::MAX);
        if limit < 2 * pairs + OTHERS {
            println!(
                "SKIP: {}, because of the limit of {limit} descriptors.",
                ring.name
            );
            continue;
        }
        if limit < 3 * pairs + OTHERS {
            println!(
                "SKIP: {} on poll-os on poll(2), because of the limit of {limit} descriptors.",
                ring.name
            );
            ring.kinds = FRUGAL;
        }
        possible.push(Box::new(ring));
    }
    possible
}

struct Ring {
    name: &'static str,
    count: usize,
    active: usize,
    goals: &'static [Goal],
    kinds: &'static [&'static str],
    // Of all kinds, which watch them in turn: there are not as many descriptors as each would need.
    pairs: Mutex<Weak<Pairs>>,
}

/// What is read from, and what writes to it.
type Pairs = Vec<(UnixStream, UnixStream)>;

impl Ring {
    fn pairs(&self) -> io::Result<Arc<Pairs>> {
        let mut kept = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pairs) = kept.upgrade() {
            return Ok(pairs);
        }
        let pair = |_number| {
            let (reader, writer) = UnixStream::pair()?;
            reader.set_nonblocking(true)?;
            Ok((reader, writer))
        };
        let pairs = (0..self.count).map(pair).collect::<io::Result<Pairs>>()?;
        let pairs = Arc::new(pairs);
        *kept = Arc::downgrade(&pairs);
        Ok(pairs)
    }
}

impl Case for Ring {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        "a byte is reported, read, and written to the next pair"
    }

    fn size(&self) -> Option<Size> {
        let series = match self.active {
            1 => "one active",
            _ => "a hundred active",
        };
        u64::try_from(self.count).ok().map(|count| Size {
            series,
            of: "pairs",
            count,
        })
    }

    fn kinds(&self) -> &'static [&'static str] {
        self.kinds
    }

    fn slice(&self) -> u64 {
        20_000
    }

    // poll(2) looks at each pair in each turn.
    fn share(&self, kind: &str) -> u64 {
        match (kind, self.active) {
            ("popol" | "poll-os on poll(2)", 1) => u64::try_from(self.count / 50).unwrap_or(1),
            ("popol" | "poll-os on poll(2)", _) => u64::try_from(self.count / 1_000).unwrap_or(1),
            _ => 1,
        }
        .max(1)
    }

    fn calls(&self) -> Calls {
        match self.count {
            100 => Calls::Own(0),
            _ => Calls::Varying,
        }
    }

    fn goals(&self) -> &'static [Goal] {
        self.goals
    }

    fn is_single_threaded(&self, _kind: &str) -> bool {
        self.count == 100
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let idiom = match kind.ends_with("drain") {
            true => Idiom::Drain,
            false => Idiom::Short,
        };
        let round = Round {
            pairs: self.pairs()?,
            active: self.active,
            idiom,
        };
        match kind {
            "raw level" => round.on::<RawLevel>(),
            "raw edge" => round.on::<Raw>(),
            // A ring of its own each time, because what is taken back from one goes on for a while.
            "uring poll" => Ok(Box::new(move |hops| {
                round.run(&mut UringPoll::new(256)?, hops)
            })),
            "mio drain" | "mio short" => round.on::<Mio>(),
            // Its peers borrow what they watch for as long as they are there.
            "polling oneshot" => Ok(Box::new(move |hops| {
                round.run(&mut PollingOneshot::new(256)?, hops)
            })),
            "polling edge" => Ok(Box::new(move |hops| {
                round.run(&mut Polling::new(256)?, hops)
            })),
            "popol" => round.on::<Popol>(),
            "amy" => round.on::<Amy>(),
            "poll-os" => round.on::<Ours>(),
            "poll-os on poll(2)" => round.on::<PollTwo>(),
            "poll-mio drain" | "poll-mio short" => round.on::<PollMio>(),
            "poll-loop" => round.on::<PollLoop>(),
            other => Err(unknown_kind(other)),
        }
    }
}

/// What goes round.
struct Round {
    pairs: Arc<Pairs>,
    active: usize,
    idiom: Idiom,
}

impl Round {
    fn on<'a, P: for<'fd> Peer<'fd> + 'a>(self) -> io::Result<Run<'a>> {
        let mut peer = P::new(256)?;
        Ok(Box::new(move |hops| self.run(&mut peer, hops)))
    }

    // Registers all, has so many bytes make so many hops between them, and checks that none is left
    // over. What is read in a turn is sent when all of it has been looked at, so that bytes do not
    // catch each other up.
    fn run<'fd, P: Peer<'fd>>(&'fd self, peer: &mut P, hops: u64) -> io::Result<Sample> {
        let pairs: &Pairs = &self.pairs;
        for (token, (reader, _writer)) in pairs.iter().enumerate() {
            peer.register(reader.as_fd(), token)?;
        }
        // What some register with the first wait is not to be measured.
        peer.wait(Some(Duration::ZERO))?;
        let mut next = Vec::with_capacity(pairs.len());
        let apart = pairs.len() / self.active;
        next.extend((0..self.active).map(|number| number * apart));
        let (mut sent, mut received) = (0, 0);
        let sample = Sample::of_thread(|| {
            let mut buffer = [0; 8];
            while received < hops {
                for token in next.drain(..) {
                    if sent < hops {
                        let (_reader, writer) = &pairs[token % pairs.len()];
                        let mut writer = writer;
                        writer.write_all(b"e")?;
                        sent += 1;
                    }
                }
                peer.turn(None, |token| {
                    let (reader, _writer) = &pairs[token];
                    let mut reader = reader;
                    loop {
                        let bytes = match reader.read(&mut buffer) {
                            Ok(bytes) => bytes,
                            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                            Err(error) => return Err(error),
                        };
                        for _ in 0..bytes {
                            received += 1;
                            next.push(token + 1);
                        }
                        if self.idiom == Idiom::Short && bytes < buffer.len() {
                            break;
                        }
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        for (token, (reader, _writer)) in pairs.iter().enumerate() {
            peer.deregister(reader.as_fd(), token)?;
            let mut reader = reader;
            if reader.read(&mut [0; 8]).is_ok() {
                return Err(work_missing("bytes left over", 0, 1));
            }
        }
        peer.wait(Some(Duration::ZERO))?;
        if received != hops {
            return Err(work_missing("hops", hops, received));
        }
        Ok(sample)
    }
}
