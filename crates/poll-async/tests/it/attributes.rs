//! The attributes `main` and `test`, on the runtime and on one that notes how it was built.

use core::fmt::Display;
use core::time::Duration;
use std::rc::Rc;
use std::thread;

use poll_async::runtime::Handle;
use poll_async::task::yield_now;
use poll_async::time::{Instant, sleep};

/// Stands where poll-async is, and says what was asked of it.
pub(crate) mod stand_in {
    pub(crate) mod runtime {
        use core::cell::RefCell;

        thread_local! {
            pub(crate) static CALLS: RefCell<String> = const { RefCell::new(String::new()) };
        }

        pub(crate) struct Builder;

        pub(crate) enum UnhandledPanic {
            ShutdownRuntime,
        }

        fn note(call: &str) -> Builder {
            CALLS.with_borrow_mut(|calls| *calls += call);
            Builder
        }

        impl Builder {
            pub(crate) fn new_multi_thread() -> Self {
                note("multi_thread")
            }

            pub(crate) fn new_current_thread() -> Self {
                note("current_thread")
            }

            pub(crate) fn worker_threads(self, count: usize) -> Self {
                note(&format!(" {count} workers"))
            }

            pub(crate) fn start_paused(self, is_paused: bool) -> Self {
                assert!(is_paused);
                note(" paused")
            }

            pub(crate) fn unhandled_panic(self, _: UnhandledPanic) -> Self {
                note(" stops")
            }

            pub(crate) fn enable_all(self) -> Self {
                note(" all")
            }

            pub(crate) fn build(self) -> Result<Self, ()> {
                Ok(note(" build"))
            }

            pub(crate) fn build_local(self) -> Result<Self, ()> {
                Ok(note(" build_local"))
            }

            pub(crate) fn block_on<F: Future>(self, future: F) -> F::Output {
                crate::drive::block_on(future)
            }
        }
    }
}

/// What `run` asks of the builder.
fn calls(run: fn()) -> String {
    run();
    stand_in::runtime::CALLS.take()
}

#[test]
fn each_argument_becomes_a_call() {
    #[poll_async::main(crate = "crate::attributes::stand_in")]
    async fn main() {}
    assert_eq!(calls(main), "multi_thread all build");

    #[poll_async::main(worker_threads = 3, crate = "crate::attributes::stand_in")]
    async fn three() {}
    assert_eq!(calls(three), "multi_thread 3 workers all build");

    #[poll_async::main(
        crate = "crate::attributes::stand_in",
        flavor = "current_thread",
        start_paused = true
    )]
    async fn paused() {}
    assert_eq!(calls(paused), "current_thread paused all build");

    #[poll_async::main(
        unhandled_panic = "shutdown_runtime",
        crate = "crate::attributes::stand_in"
    )]
    async fn stops() {}
    assert_eq!(calls(stops), "multi_thread stops all build");

    #[poll_async::main(flavor = "local", crate = "crate::attributes::stand_in")]
    async fn local() {}
    assert_eq!(calls(local), "current_thread all build_local");

    #[poll_async::main(flavor = "multi_thread", crate = "crate::attributes::stand_in")]
    async fn multi() {}
    assert_eq!(calls(multi), "multi_thread all build");
}

#[test]
fn a_function_keeps_its_parameters_generics_and_type() {
    #[poll_async::main(flavor = "current_thread")]
    async fn sum<T, F: Fn(u8) -> T>(numbers: &[u8], f: F) -> Result<Vec<T>, String>
    where
        T: Send,
    {
        #![expect(clippy::needless_question_mark, reason = "it is what is tested")]
        yield_now().await;
        if numbers.is_empty() {
            return Err("none".to_owned());
        }
        Ok(Ok::<_, String>(
            numbers.iter().map(|number| f(*number)).collect(),
        )?)
    }
    assert_eq!(sum(&[1, 2], |number| number + 1), Ok(vec![2, 3]));
    assert_eq!(sum(&[], |number| number), Err("none".to_owned()));

    #[poll_async::main(flavor = "current_thread")]
    async fn shown() -> impl Display {
        yield_now().await;
        "shown"
    }
    assert_eq!(shown().to_string(), "shown");
}

#[poll_async::main(worker_threads = 1)]
async fn worker() -> Option<String> {
    let task = poll_async::spawn(async { thread::current().name().map(str::to_owned) });
    task.await.unwrap()
}

#[test]
fn tasks_of_main_run_on_workers() {
    let own = thread::current().name().map(str::to_owned);
    assert_ne!(worker(), own);
}

#[poll_async::test]
async fn a_test_runs_on_a_runtime_of_its_own_thread() {
    let own = thread::current().id();
    let task = poll_async::spawn(async { thread::current().id() });
    assert_eq!(task.await.unwrap(), own);
    assert!(Handle::try_current().is_ok());
}

#[poll_async::test(flavor = "local")]
async fn a_local_test_has_tasks_that_stay() {
    let shared = Rc::new(5);
    let task = poll_async::spawn_local(async move { *shared });
    assert_eq!(task.await.unwrap(), 5);
}

#[poll_async::test(start_paused = true)]
async fn a_test_with_a_clock_that_stands_does_not_wait() {
    let start = Instant::now();
    sleep(Duration::from_secs(3600)).await;
    assert!(start.elapsed() >= Duration::from_secs(3600));
}

#[poll_async::test]
#[should_panic(expected = "as it has to")]
async fn a_test_may_have_to_panic() {
    yield_now().await;
    panic!("as it has to");
}

#[poll_async::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_test_may_fail_with_an_error() -> Result<(), String> {
    let task = poll_async::spawn(async { Ok(()) });
    task.await.unwrap()
}
