//! tokio, whose loop is woken through a task: the one that it is blocked on waits for a `Notify`.

use core::time::Duration;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{Peer, WAKER};

/// A runtime of one thread with its drivers, for wakes only.
pub(crate) struct Notified {
    runtime: Runtime,
    notify: Arc<Notify>,
}

impl<'fd> Peer<'fd> for Notified {
    type Waker = Arc<Notify>;

    fn new(_capacity: usize) -> io::Result<Self> {
        Ok(Self {
            runtime: Builder::new_current_thread().enable_all().build()?,
            notify: Arc::new(Notify::new()),
        })
    }

    fn register(&mut self, _source: BorrowedFd<'fd>, _token: usize) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn deregister(&mut self, _source: BorrowedFd<'fd>, _token: usize) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn turn(
        &mut self,
        limit: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        let notified = self.notify.notified();
        let is_woken = self.runtime.block_on(async {
            match limit {
                None => {
                    notified.await;
                    true
                }
                Some(limit) => timeout(limit, notified).await.is_ok(),
            }
        });
        if is_woken {
            see(WAKER)?;
        }
        Ok(u64::from(is_woken))
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        Ok(Arc::clone(&self.notify))
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        waker.notify_one();
        Ok(())
    }
}
