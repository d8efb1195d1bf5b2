//! Ids, and taking resources back.

use std::io::{Read, Write};

use poll_reactor::{AnyId, Id, SendError, Stream};

use crate::stage::{Guest, Peer, Script, Seen, TestEngine, on_each_engine, pair, runtime, settle};

#[test]
fn an_id_is_never_used_again_and_a_stale_one_does_nothing() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        let mut ids = Vec::new();
        for _ in 0..100 {
            let (here, _there) = pair();
            let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
            runtime.with(|_, context| {
                assert_eq!(context.resources(), 1);
                assert!(context.typed::<Peer>(id.any()).is_some());
                assert!(
                    context.typed::<Guest>(id.any()).is_none(),
                    "of another type"
                );
                assert!(context.unregister(id).is_some());
                assert!(context.unregister(id).is_none());
                assert_eq!(context.send(id, b"x"), Err(SendError::Closed));
                assert!(context.get(id).is_none() && context.get_mut(id).is_none());
                assert!(!context.pause(id) && !context.resume(id) && !context.close(id));
                assert_eq!(context.unsent(id), 0);
            });
            ids.push(id.any());
            settle(&mut runtime);
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 100);
        // The slots are used again, so that the table does not grow.
        assert!(ids.iter().all(|id| id.as_u64() & 0xffff_ffff <= 2));
        assert_eq!(AnyId::from_u64(0), None);
        let told = |seen: &&Seen| !matches!(seen, Seen::Started | Seen::Registered(_));
        assert_eq!(runtime.service().seen.iter().find(told), None);
    }
    on_each_engine!(test);
}

#[test]
fn a_resource_taken_back_is_open_and_told_of_no_more() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        settle(&mut runtime);
        let released = runtime.with(|_, context| {
            context.send_chunk(id, vec![1; 3 << 20]).unwrap();
            context.unregister(id).unwrap()
        });
        // Nothing was written before the callback returned.
        assert_eq!(released.unsent.len(), 3 << 20);
        assert_eq!(
            released.unsent.slices().map(<[u8]>::len).sum::<usize>(),
            3 << 20
        );
        assert_eq!(runtime.metrics().bytes_queued, 0);
        there.write_all(b"for the owner").unwrap();
        settle(&mut runtime);
        assert_eq!(runtime.service().seen.len(), 2);
        let mut stream = released.resource.into_inner();
        let mut buffer = [0; 20];
        assert_eq!(stream.read(&mut buffer).unwrap(), 13);
        // It can be given to the runtime again.
        let again = runtime.register(Stream::new(stream)).unwrap();
        assert_ne!(again.any(), id.any());
    }
    on_each_engine!(test);
}

#[test]
fn an_event_that_was_harvested_does_not_reach_the_next_resource() {
    fn test<E: TestEngine>(engine: E) {
        // Two are ready in one batch; whoever is told first takes the other one out, and gives the
        // runtime a third one, which has nothing to tell.
        let mut ids: Vec<Id<Peer>> = Vec::new();
        let mut waiting = Vec::new();
        let (ids_in, ids_out) = std::sync::mpsc::channel::<Id<Peer>>();
        let script = Script::new(move |seen, context| {
            ids.extend(ids_out.try_iter());
            if let Seen::Bytes(id, _) = seen {
                let other = ids
                    .iter()
                    .copied()
                    .find(|other| other.any() != *id)
                    .unwrap();
                assert!(context.unregister(other).is_some());
                let (here, there) = pair();
                context.register(Stream::new(here)).unwrap();
                waiting.push(there);
            }
        });
        let mut runtime = runtime(engine, script);
        let mut peers = Vec::new();
        for _ in 0..2 {
            let (here, there) = pair();
            ids_in
                .send(runtime.register(Stream::new(here)).unwrap())
                .unwrap();
            peers.push(there);
        }
        settle(&mut runtime);
        for peer in &mut peers {
            peer.write_all(b"now").unwrap();
        }
        settle(&mut runtime);
        let told = runtime.service().seen.iter();
        let told = told.filter(|seen| matches!(seen, Seen::Bytes(..) | Seen::End(_)));
        assert_eq!(told.count(), 1);
        // The report of the one that went was not even looked up under the new one.
        assert!(runtime.metrics().reports <= 5, "{:?}", runtime.metrics());
    }
    on_each_engine!(test);
}

#[test]
fn what_the_service_changes_is_watched_anew() {
    fn test<E: TestEngine>(engine: E) {
        use crate::kinds::{Looking, watched};
        let (here, mut there) = pair();
        let mut runtime = poll_reactor::Builder::new()
            .build_on(Looking::default(), engine, poll_os::Monotonic)
            .unwrap();
        let id = runtime.register(watched(here)).unwrap();
        let turn = |runtime: &mut poll_reactor::Runtime<Looking, E, _>| {
            for _ in 0..4 {
                assert!(runtime.turn(poll_reactor::Limit::Now).is_ok());
            }
        };
        turn(&mut runtime);
        assert_eq!(runtime.service().reports, 0);
        there.write_all(b"x").unwrap();
        turn(&mut runtime);
        // Level: as long as it lasts.
        assert_eq!(runtime.service().reports, 4);
        runtime.with(|_, context| context.get_mut(id).unwrap().set_interest(None));
        turn(&mut runtime);
        assert_eq!(runtime.service().reports, 4, "nothing is watched");
        let readable = Some(poll_api::Interest::READABLE);
        runtime.with(|_, context| context.get_mut(id).unwrap().set_interest(readable));
        turn(&mut runtime);
        assert_eq!(runtime.service().reports, 8);
    }
    on_each_engine!(test);
}

#[test]
fn what_is_watched_for_a_level_is_not_told_that_it_is_ready_when_it_is_resumed() {
    fn test<E: TestEngine>(engine: E) {
        use crate::kinds::{Looking, watched};
        let (here, mut there) = pair();
        let mut runtime = poll_reactor::Builder::new()
            .build_on(Looking::default(), engine, poll_os::Monotonic)
            .unwrap();
        let id = runtime.register(watched(here)).unwrap();
        for is_ready in [false, true] {
            if is_ready {
                there.write_all(b"x").unwrap();
            }
            runtime.with(|_, context| assert!(context.pause(id)));
            assert!(runtime.turn(poll_reactor::Limit::Now).is_ok());
            runtime.with(|_, context| assert!(context.resume(id)));
            for _ in 0..4 {
                assert!(runtime.turn(poll_reactor::Limit::Now).is_ok());
            }
            // A read would have blocked, if the descriptor does.
            assert_eq!(runtime.service().reports > 0, is_ready);
        }
    }
    on_each_engine!(test);
}

#[test]
fn a_report_that_was_harvested_is_not_told_to_whoever_comes_into_its_place() {
    fn test<E: TestEngine>(engine: E) {
        use crate::custom::Custom;
        use poll_reactor::Step;
        let mut peers = Vec::new();
        let script = Script::new(move |seen, context| {
            if let Seen::Told(id, 1) = seen {
                for other in [1, 2].into_iter().filter_map(AnyId::from_u64) {
                    if other != *id {
                        let other = context.typed::<Custom>(other).unwrap();
                        assert!(context.unregister(other).is_some());
                    }
                }
                let (here, there) = pair();
                peers.push(there);
                let quiet = Custom::new(here, |_, _, _| Ok(Step::Last(2)));
                context.register(quiet).unwrap();
            }
        });
        let mut runtime = runtime(engine, script);
        let mut peers = Vec::new();
        for _ in 0..2 {
            let (here, there) = pair();
            peers.push(there);
            let ready = Custom::new(here, |_, _, _| Ok(Step::End(1)));
            runtime.register(ready).unwrap();
        }
        settle(&mut runtime);
        for peer in &mut peers {
            peer.write_all(b"now").unwrap();
        }
        settle(&mut runtime);
        let told = runtime.service().seen.iter();
        let told = told.filter(|seen| matches!(seen, Seen::Told(..)));
        assert_eq!(told.count(), 1);
    }
    on_each_engine!(test);
}
