#![doc = include_str!("../README.md")]

#[cfg(not(unix))]
compile_error!(
    "this `io-reactor` is poll-reactor under io-reactor's name, which runs on Unix systems: \
     Windows and WASI are not supported; take the patch of `io-reactor` out of the manifest for \
     them"
);

#[cfg(unix)]
mod controller;
#[cfg(unix)]
mod descriptor;
#[cfg(unix)]
mod desk;
#[cfg(unix)]
mod engine;
#[cfg(unix)]
mod handler;
#[cfg(unix)]
mod held;
#[cfg(unix)]
mod identity;
#[cfg(unix)]
mod machine;
#[cfg(unix)]
mod note;
#[cfg(unix)]
pub mod poller;
#[cfg(unix)]
mod reactor;
#[cfg(unix)]
mod readiness;
#[cfg(unix)]
mod resource;
#[cfg(unix)]
mod role;
#[cfg(unix)]
mod runtime;
#[cfg(unix)]
mod sys;
#[cfg(unix)]
mod time;

#[cfg(unix)]
pub use self::{
    controller::Controller,
    handler::{Action, Error, Handler},
    identity::{ResourceId, ResourceIdGenerator, ResourceType},
    reactor::Reactor,
    resource::{Io, Resource, WriteAtomic, WriteError},
    runtime::Runtime,
    time::{Timer, Timestamp},
};
