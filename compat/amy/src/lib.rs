#![doc = include_str!("../README.md")]

#[cfg(not(unix))]
compile_error!(
    "this `amy` is poll-loop under amy's name, which runs on Unix systems: Windows and WASI are \
     not supported; take the patch of `amy` out of the manifest for them"
);

#[cfg(unix)]
mod channel;
#[cfg(unix)]
mod event;
#[cfg(unix)]
mod frame_reader;
#[cfg(unix)]
mod frame_writer;
#[cfg(unix)]
mod line_reader;
#[cfg(unix)]
mod poller;
#[cfg(unix)]
mod pulse;
#[cfg(unix)]
mod registrar;
#[cfg(unix)]
mod registrations;
#[cfg(unix)]
mod stream;
#[cfg(unix)]
mod sys;
#[cfg(unix)]
mod timer;

#[cfg(unix)]
pub use self::{
    channel::{ChannelError, Receiver, Sender, SyncSender, channel},
    event::{Event, Notification},
    frame_reader::FrameReader,
    frame_writer::FrameWriter,
    line_reader::LineReader,
    poller::Poller,
    registrar::Registrar,
    timer::Timer,
};
