//! The behaviour of poll-os on a real kernel.

mod epoll;
