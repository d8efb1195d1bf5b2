//! When a service hears of a write queue that grows.

use std::io::Write;
use std::thread;

use poll_os::Monotonic;
use poll_reactor::{Builder, Marks, Stream};

use crate::stage::{Peer, Script, Seen, TestEngine, on_each_engine, pair, turn_until};

/// So much is read at once.
const BUFFER: usize = 4 << 10;
const HIGH: usize = 16 << 10;

#[test]
fn a_service_hears_of_pressure_before_the_next_event_of_the_same_resource() {
    fn test<E: TestEngine>(engine: E) {
        // Returns twice what comes, until the peer, which does not read, is paused for it.
        let returns_twice = Script::new(|seen, context| match seen {
            Seen::Bytes(id, bytes) => {
                let id = context.typed::<Peer>(*id).unwrap();
                context.send(id, bytes).unwrap();
                context.send(id, bytes).unwrap();
            }
            Seen::High(id) => {
                let id = context.typed::<Peer>(*id).unwrap();
                assert!(context.pause(id));
            }
            _ => {}
        });
        let marks = Marks {
            low: 0,
            high: HIGH,
            limit: usize::MAX,
        };
        let mut runtime = Builder::new()
            .marks(marks)
            .buffer_size(BUFFER)
            .build_on(returns_twice, engine, Monotonic)
            .unwrap();
        let (here, there) = pair();
        let id = runtime
            .register(Stream::<poll_net::UnixStream>::new(here))
            .unwrap();
        let mut talks = there.try_clone().unwrap();
        let talker = thread::spawn(move || {
            // Ends with an error when the test is over.
            while talks.write_all(&[1; BUFFER]).is_ok() {}
        });
        turn_until(&mut runtime, |script| {
            script.seen.contains(&Seen::High(id.any()))
        });
        let unsent = runtime.with(|_, context| context.unsent(id));
        // What the last event added stands above the mark.
        assert!((HIGH + 1..=HIGH + 2 * BUFFER).contains(&unsent), "{unsent}");
        there.shutdown(std::net::Shutdown::Both).unwrap();
        talker.join().unwrap();
    }
    on_each_engine!(test);
}
