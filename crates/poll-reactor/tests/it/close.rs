//! Closing a resource within a time.

use core::time::Duration;

use poll_os::Monotonic;
use poll_reactor::{Clock, Id, Stream};

use crate::stage::{
    LONG, Peer, Script, Seen, TestEngine, on_each_engine, pair, runtime, settle, turn_until,
};

/// More than the buffers of a socket hold.
const MUCH: usize = 3 << 20;

#[test]
fn a_peer_that_takes_nothing_delays_the_end_no_longer_than_the_grace() {
    fn test<E: TestEngine>(engine: E) {
        let grace = Duration::from_millis(50);
        let (here, _there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        let end = runtime.with(|_, context| {
            context.send_chunk(id, vec![3; MUCH]).unwrap();
            assert!(context.close_within(id, grace));
            context.now().saturating_add(grace)
        });
        turn_until(&mut runtime, |script| {
            script
                .seen
                .iter()
                .any(|seen| matches!(seen, Seen::HandedOver(..)))
        });
        assert!(Monotonic.now() >= end, "before its time");
        let Some(Seen::HandedOver(handed_over, unsent)) = runtime.service().seen.last() else {
            panic!("{:?}", runtime.service().seen.last());
        };
        assert_eq!(*handed_over, id.any());
        assert!((1..MUCH).contains(unsent), "{unsent}");
        runtime.with(|_, context| assert!(!context.close_within(id, grace)));
    }
    on_each_engine!(test);
}

#[test]
fn what_is_written_needs_no_grace() {
    fn test<E: TestEngine>(engine: E) {
        let (here, _there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        runtime.with(|_, context| {
            context.send(id, b"goodbye").unwrap();
            assert!(context.close_within(id, LONG));
        });
        settle(&mut runtime);
        let seen = &runtime.service().seen;
        assert_eq!(seen.last(), Some(&Seen::HandedOver(id.any(), 0)));
        assert_eq!(runtime.next_deadline(), None, "the timer is left");
    }
    on_each_engine!(test);
}
