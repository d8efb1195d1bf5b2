//! What the feature `tracing` tells of tasks.

use core::fmt::{Debug, Write};
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use poll_async::runtime::{Builder, Handle};
use poll_async::task::yield_now;
use poll_async::{spawn, spawn_blocking};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps what is told of spans of tasks, and the events of this test.
#[derive(Clone, Default)]
struct Told {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<AtomicU64>,
    alive: Arc<AtomicUsize>,
    other: Arc<Mutex<Option<Handle>>>,
}

impl Told {
    /// As code of others may: it looks at the tables of the runtime, and enters another one.
    fn does_what_it_likes(&self) {
        if let Ok(handle) = Handle::try_current() {
            self.alive
                .fetch_max(handle.metrics().alive_tasks, Ordering::SeqCst);
        }
        if let Some(other) = self.other.lock().unwrap().as_ref() {
            drop(other.enter());
        }
    }

    fn tell(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

impl Subscriber for Told {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["poll_async::task", module_path!()].contains(&metadata.target())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.does_what_it_likes();
        let number = self.spans.fetch_add(1, Ordering::SeqCst) + 1;
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        self.tell(format!("new {number}{}", fields.0));
        Id::from_u64(number)
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.does_what_it_likes();
        span.clone()
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.does_what_it_likes();
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.tell(format!("name {}{}", span.into_u64(), fields.0));
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.tell(format!("event{}", fields.0));
    }

    fn enter(&self, span: &Id) {
        self.tell(format!("enter {}", span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        self.tell(format!("exit {}", span.into_u64()));
    }
}

/// The fields that are the same in each run.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "kind" => write!(self.0, " {value:?}").unwrap(),
            "id" => write!(self.0, " id={}", !format!("{value:?}").is_empty()).unwrap(),
            "message" => write!(self.0, " {value:?}").unwrap(),
            "spawned.file" => {
                let value = format!("{value:?}");
                write!(self.0, " here={}", value.contains("traced.rs")).unwrap();
            }
            _ => {}
        }
    }
}

struct SaysSo;

impl Drop for SaysSo {
    fn drop(&mut self) {
        tracing::info!("dropped");
    }
}

#[test]
fn a_task_is_in_its_span_while_it_is_polled_and_dropped() {
    let told = Told::default();
    let other = Builder::new_current_thread().build().unwrap();
    *told.other.lock().unwrap() = Some(other.handle().clone());
    tracing::subscriber::with_default(told.clone(), || {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let task = spawn(async {
                tracing::info!("one");
                yield_now().await;
                tracing::info!("two");
            });
            task.await.unwrap();
            let task = spawn(async {
                let _says_so = SaysSo;
                core::future::pending::<()>().await;
            });
            yield_now().await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            // Its thread has another subscriber; the span is made here.
            spawn_blocking(|| ()).await.unwrap();
        });
    });
    assert!(told.alive.load(Ordering::SeqCst) > 0);
    let told = told.lines.lock().unwrap();
    let expected = [
        "new 1 \"task\" here=true",
        "name 1 id=true",
        "enter 1",
        "event one",
        "exit 1",
        "enter 1",
        "event two",
        "exit 1",
        // What has finished is dropped inside too.
        "enter 1",
        "exit 1",
        "new 2 \"task\" here=true",
        "name 2 id=true",
        "enter 2",
        "exit 2",
        "enter 2",
        "event dropped",
        "exit 2",
        "new 3 \"blocking\" here=true",
        "name 3 id=true",
    ];
    let own: Vec<_> = told.iter().filter(|line| !line.ends_with(" 3")).collect();
    assert_eq!(own, expected);
}
