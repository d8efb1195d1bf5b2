//! Resources of one type that tags make kinds of their own.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};

use poll_api::Clock;
use poll_net::UnixStream;
use poll_os::Monotonic;
use poll_reactor::{
    Builder, Context, Error, Handle, Id, Limit, Released, Resource, Runtime, Service, Source,
    Stream, StreamEvent, Tagged,
};

use crate::stage::{LONG, TestEngine, on_each_engine, pair};

struct Inner;
struct Outer;
type Side<T> = Tagged<Stream<UnixStream>, T>;
type Named = Tagged<Source<File>, &'static str>;

/// Notes under whose name what came, and answers.
#[derive(Default)]
struct Noting(Vec<(&'static str, Vec<u8>)>);

impl Service for Noting {
    type Command = ();
    type Timer = ();
}

impl Noting {
    fn note(&mut self, name: &'static str, event: StreamEvent<'_>) {
        if let StreamEvent::Received(bytes) = event {
            self.0.push((name, bytes.to_vec()));
        }
    }
}

macro_rules! handles {
    ($($kind:ty: |$id:ident, $context:ident| $name:expr;)*) => {$(
        impl Handle<$kind> for Noting {
            fn event(
                &mut self,
                $id: Id<$kind>,
                event: <$kind as Resource>::Event<'_>,
                $context: &mut Context<'_, Self>,
            ) {
                let name = $name;
                self.note(name, event);
            }

            fn failed(
                &mut self,
                _id: Id<$kind>,
                _released: Released<$kind>,
                error: Error,
                _context: &mut Context<'_, Self>,
            ) {
                panic!("{error}");
            }
        }
    )*};
}

handles! {
    Side<Inner>: |id, context| {
        context.send(id, b"from inside").unwrap();
        "inner"
    };
    Side<Outer>: |_id, _context| "outer";
    Named: |id, context| context.get(id).unwrap().tag;
}

fn tagged<R, T>(resource: R, tag: T) -> Tagged<R, T> {
    Tagged { resource, tag }
}

#[test]
fn one_type_with_two_tags_is_two_kinds_with_the_abilities_of_the_type() {
    fn test<E: TestEngine>(engine: E) {
        let noting = Noting::default();
        let mut runtime: Runtime<Noting, E, Monotonic> =
            Builder::new().build_on(noting, engine, Monotonic).unwrap();
        let ((inner, mut inside), (outer, mut outside)) = (pair(), pair());
        let outer = runtime
            .register(tagged(Stream::new(outer), Outer))
            .unwrap()
            .any();
        let inner = runtime.register(tagged(Stream::new(inner), Inner)).unwrap();
        // Regular, so that the tag has to pass on that it never blocks.
        let file = File::open(std::env::current_exe().unwrap()).unwrap();
        let file = tagged(Source::new(file), "program");
        assert!(file.never_blocks());
        assert_eq!(Named::TRIGGER, Source::<File>::TRIGGER);
        runtime.register(file).unwrap();
        inside.write_all(b"one").unwrap();
        outside.write_all(b"two").unwrap();
        let end = Monotonic.now().saturating_add(LONG);
        let told = |service: &Noting, name| service.0.iter().any(|(of, _)| *of == name);
        let all = ["inner", "outer", "program"];
        while !all.iter().all(|name| told(runtime.service(), *name)) {
            assert!(runtime.turn(Limit::Until(end)).is_ok());
            assert!(Monotonic.now() < end, "waits in vain");
        }
        let seen = &runtime.service().0;
        assert!(seen.contains(&("inner", b"one".to_vec())));
        assert!(seen.contains(&("outer", b"two".to_vec())));
        let mut answer = [0; 11];
        inside.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"from inside");
        // The id without a type finds its kind again, and no other.
        runtime.with(|_, context| {
            assert!(context.typed::<Side<Outer>>(outer).is_some());
            assert!(context.typed::<Side<Inner>>(outer).is_none());
            // Two are looked at beside each other.
            let (inner, outer) = (context.get(inner), context.typed::<Side<Outer>>(outer));
            let outer = outer.and_then(|outer| context.get(outer));
            assert_ne!(
                inner.map(|inner| inner.as_fd().as_raw_fd()),
                outer.map(|outer| outer.as_fd().as_raw_fd())
            );
        });
    }
    on_each_engine!(test);
}
