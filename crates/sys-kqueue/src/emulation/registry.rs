//! The emulated kqueues of this process, and what stands behind a number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::epoll;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

use super::queue::Queue;
use super::script::Profile;

/// Nobody tells when a descriptor is closed, so a kqueue that is gone stays until another is made.
static QUEUES: Mutex<BTreeMap<i32, Arc<Queue>>> = Mutex::new(BTreeMap::new());

/// A new kqueue, with nothing registered.
pub(super) fn create(profile: Profile) -> Result<OwnedFd, Errno> {
    let kqueue = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let queue = Queue::new(kqueue.as_fd(), profile)?;
    let mut queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    queues.retain(|number, queue| !is_gone(*number, queue));
    queues.insert(kqueue.as_raw_fd(), Arc::new(queue));
    Ok(kqueue)
}

/// The queue behind `kqueue`; `EBADF` if it is none.
pub(super) fn find(kqueue: BorrowedFd<'_>) -> Result<Arc<Queue>, Errno> {
    let queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    let queue = queues.get(&kqueue.as_raw_fd()).ok_or(Errno::BADF)?;
    // The number may have come to mean something else.
    match queue.is_behind(kqueue) {
        true => Ok(Arc::clone(queue)),
        false => Err(Errno::BADF),
    }
}

fn is_gone(number: i32, queue: &Queue) -> bool {
    match usize::try_from(number).map(duplicate) {
        Ok(Ok(kqueue)) => !queue.is_behind(kqueue.as_fd()),
        // ENOSYS, EPERM: it cannot be known, so it stays.
        Ok(Err(error)) => error == Errno::BADF,
        Err(_negative) => true,
    }
}

/// A duplicate of this process's descriptor with this number.
///
/// It keeps the source open, so nobody holds it for longer than one look.
pub(super) fn duplicate(ident: usize) -> Result<OwnedFd, Errno> {
    let number = i32::try_from(ident).map_err(|_too_large| Errno::BADF)?;
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    pidfd_getfd(own, number, PidfdGetfdFlags::empty())
}
