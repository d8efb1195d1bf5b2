//! hyper's runtime traits.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::Context;
use core::time::Duration;
use std::sync::mpsc;

use hyper::rt::{Executor, Read, ReadBuf, Timer, Write};
use poll_async::compat::{HyperExecutor, HyperIo, HyperTimer};
use poll_async::time::Instant;

use crate::stage::{each, tcp_pair};

#[test]
fn a_buffer_of_hyper_is_filled_behind_what_it_has() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let (mut client, mut server) = (HyperIo::new(client), HyperIo::new(server));
        let mut bytes = [0; 8];
        let mut buffer = ReadBuf::new(&mut bytes);
        for piece in [&b"abc"[..], b"defgh"] {
            let write =
                |context: &mut Context<'_>| Pin::new(&mut client).poll_write(context, piece);
            assert_eq!(poll_fn(write).await.unwrap(), piece.len());
            let read = |context: &mut Context<'_>| {
                Pin::new(&mut server).poll_read(context, buffer.unfilled())
            };
            poll_fn(read).await.unwrap();
        }
        assert_eq!(buffer.filled(), b"abcdefgh");
    });
}

#[test]
fn more_comes_than_fits() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let mut server = HyperIo::new(server);
        let writing = poll_async::spawn(async move { client.write_all(&[7; 100_000]).await });
        let mut left: usize = 100_000;
        while left > 0 {
            let mut bytes = [0; 999];
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = |context: &mut Context<'_>| {
                Pin::new(&mut server).poll_read(context, buffer.unfilled())
            };
            poll_fn(read).await.unwrap();
            assert!(buffer.filled().iter().all(|byte| *byte == 7));
            left -= buffer.filled().len();
        }
        writing.await.unwrap().unwrap();
    });
}

#[test]
fn tasks_of_hyper_run_and_its_timers_fire_in_time() {
    each(|| async {
        let (sender, receiver) = mpsc::channel();
        let executor = HyperExecutor::try_current().unwrap();
        executor.execute(async move { sender.send(7).unwrap() });
        while receiver.try_recv() != Ok(7) {
            poll_async::task::yield_now().await;
        }
        let start = Instant::now();
        HyperTimer.sleep(Duration::from_millis(5)).await;
        assert!(start.elapsed() >= Duration::from_millis(5));
        let mut sleep = HyperTimer.sleep(Duration::from_secs(1000));
        let soon = HyperTimer.now() + Duration::from_millis(3);
        HyperTimer.reset(&mut sleep, soon);
        sleep.await;
        assert!(HyperTimer.now() >= soon);
        let mut sleep = HyperTimer.sleep_until(HyperTimer.now());
        sleep.as_mut().await;
    });
    assert!(HyperExecutor::try_current().is_err());
}
