#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod bytes;
mod chunk;
mod context;
mod controller;
mod datagrams;
mod entry;
mod error;
mod host;
mod id;
mod kind;
mod listener;
mod metrics;
mod outbox;
mod process;
mod reactor;
mod resource;
mod resources;
mod runtime;
mod service;
mod settings;
mod stream;
mod table;
mod tagged;
mod watched;

pub use builder::Builder;
pub use bytes::{Input, Output};
pub use chunk::Chunk;
pub use context::Context;
pub use controller::Controller;
pub use datagrams::{DatagramSocket, Datagrams, ReceivedDatagram};
pub use error::{
    CommandError, Ended, Error, Operation, Refused, RegisterError, Released, RunError, SendError,
};
pub use id::{AnyId, Id, TimerId};
pub use listener::Listener;
pub use metrics::Metrics;
pub use outbox::{Marks, Unsent};
pub use reactor::{JoinError, Reactor};
pub use resource::{Io, Received, Resource, Sink, Step};
pub use runtime::{Runtime, Status};
pub use service::{Handle, Pressure, Service};
pub use stream::{Source, Stream, StreamEvent, Target};
pub use tagged::Tagged;
pub use watched::Watched;

pub use poll_api::{Clock, Engine, Instant, Interest, Ready, Trigger};
pub use poll_driver::{Budget, Limit};
