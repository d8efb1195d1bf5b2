//! One resource with much to tell does not keep others from theirs.

use core::num::NonZeroU32;
use std::io::Write;

use poll_os::Monotonic;
use poll_reactor::{Builder, Limit, Marks, Status, Stream};

use crate::stage::{Peer, Script, Seen, TestEngine, on_each_engine, pair};

#[test]
fn a_turn_takes_no_more_steps_of_one_resource_than_the_budget() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let (other, mut quiet) = pair();
        let mut runtime = Builder::new()
            .buffer_size(10)
            .steps(NonZeroU32::new(4).unwrap())
            .build_on(Script::passive(), engine, Monotonic)
            .unwrap();
        let hose = runtime.register(Stream::new(here)).unwrap().any();
        let other = runtime.register(Stream::new(other)).unwrap().any();
        assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
        there.write_all(&[1; 1000]).unwrap();
        for turn in 0..10 {
            if turn == 5 {
                quiet.write_all(b"me too").unwrap();
            }
            let before = runtime.service().seen.len();
            assert_eq!(runtime.turn(Limit::Never).unwrap(), Status::Running);
            let seen = &runtime.service().seen[before..];
            let of_hose = seen
                .iter()
                .filter(|seen| matches!(seen, Seen::Bytes(id, _) if *id == hose));
            assert_eq!(of_hose.count(), 4, "turn {turn}");
            let is_told = seen.contains(&Seen::Bytes(other, b"me too".to_vec()));
            assert_eq!(is_told, turn == 5, "turn {turn}");
        }
    }
    on_each_engine!(test);
}

#[test]
fn a_service_that_sends_whenever_it_may_lets_a_turn_end() {
    fn test<E: TestEngine>(engine: E) {
        let marks = Marks {
            low: 0,
            high: 1,
            limit: 1 << 20,
        };
        let sends = Script::new(|seen, context| {
            if let Seen::Low(id) = seen {
                let id = context.typed::<Peer>(*id).unwrap();
                context.send_chunk(id, vec![0; 1 << 20]).unwrap();
            }
        });
        let (here, there) = pair();
        let mut runtime = Builder::new()
            .marks(marks)
            .build_on(sends, engine, Monotonic)
            .unwrap();
        let id = runtime.register(Stream::new(here)).unwrap();
        runtime.with(|_, context| context.send_chunk(id, vec![0; 1 << 20]).unwrap());
        let reader = std::thread::spawn(move || {
            let mut sink = Vec::new();
            let mut part = std::io::Read::take(&there, 20 << 20);
            std::io::Read::read_to_end(&mut part, &mut sink).unwrap();
            there
        });
        // Each of these returns, although the peer takes whatever it is sent.
        let mut turns = 0;
        while !reader.is_finished() {
            assert_eq!(
                runtime
                    .turn(Limit::For(core::time::Duration::from_millis(20)))
                    .unwrap(),
                Status::Running
            );
            turns += 1;
        }
        assert!(turns > 5);
        drop(reader.join().unwrap());
    }
    on_each_engine!(test);
}

#[test]
fn a_service_that_commands_itself_lets_a_turn_end() {
    fn test<E: TestEngine>(engine: E) {
        let (give, given) = std::sync::mpsc::channel::<poll_reactor::Controller<u32>>();
        let mut own = None;
        let again = Script::new(move |seen, _| {
            if let Seen::Command(number) = seen {
                let own = own.get_or_insert_with(|| given.recv().unwrap());
                own.command(number + 1).unwrap();
            }
        });
        let mut runtime = Builder::new().build_on(again, engine, Monotonic).unwrap();
        let controller = runtime.controller();
        give.send(runtime.controller()).unwrap();
        // Timers ask for messages once more.
        runtime.with(|_, context| context.set_timer(core::time::Duration::ZERO, 1));
        controller.command(0).unwrap();
        for _ in 0..10 {
            assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
        }
        assert!(runtime.service().seen.contains(&Seen::Timer(1)));
        assert!(runtime.service().seen.len() > 10);
    }
    on_each_engine!(test);
}

#[test]
fn a_service_that_resumes_what_it_is_told_of_lets_others_have_their_turn() {
    fn test<E: TestEngine>(engine: E) {
        let resumes = Script::new(|seen, context| {
            if let Seen::End(id) = seen {
                let id = context.typed::<Peer>(*id).unwrap();
                assert!(context.resume(id));
            }
        });
        let mut runtime = Builder::new().build_on(resumes, engine, Monotonic).unwrap();
        let (ended, _) = pair();
        let ended = runtime.register(Stream::new(ended)).unwrap().any();
        let (other, mut quiet) = pair();
        let other = runtime.register(Stream::new(other)).unwrap().any();
        for turn in 0..20 {
            if turn == 10 {
                quiet.write_all(b"me too").unwrap();
            }
            assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
        }
        let seen = &runtime.service().seen;
        assert!(seen.contains(&Seen::Bytes(other, b"me too".to_vec())));
        let ends = seen.iter().filter(|seen| **seen == Seen::End(ended));
        assert!((10..=20).contains(&ends.count()), "one in a turn");
    }
    on_each_engine!(test);
}
