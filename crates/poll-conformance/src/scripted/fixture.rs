//! The fixture that runs the suite on the scripted engine.

use core::num::NonZeroUsize;
use core::time::Duration;
use std::io::{self, Read, Write};

use poll_api::{Interest, Register, Token, Trigger};

use super::{
    Call, Kind, Machine, Sabotage, ScriptedClock, ScriptedEngine, ScriptedRegistry, Socket,
};
use crate::fixture::PATIENCE;
use crate::{Fixture, Interrupter};

/// One machine and the engines on it.
#[derive(Debug)]
pub struct ScriptedFixture<K> {
    machine: Machine,
    patience: Duration,
    kind: core::marker::PhantomData<K>,
}

impl<K: Kind> ScriptedFixture<K> {
    /// A machine that keeps the contract.
    #[must_use]
    pub fn new() -> Self {
        Self::build(Machine::new(), PATIENCE)
    }

    /// A machine that keeps the contract to the letter and no more.
    #[must_use]
    pub fn literal() -> Self {
        Self::build(Machine::literal(), PATIENCE)
    }

    /// A machine with one defect, and with less patience: its tests fail often.
    #[must_use]
    pub fn sabotaged(sabotage: Sabotage) -> Self {
        Self::build(Machine::sabotaged(sabotage), Duration::from_millis(100))
    }

    fn build(machine: Machine, patience: Duration) -> Self {
        Self {
            machine,
            patience,
            kind: core::marker::PhantomData,
        }
    }
}

impl<K: Kind> Default for ScriptedFixture<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Kind> Fixture for ScriptedFixture<K> {
    type Engine = ScriptedEngine<K>;
    type Source = Socket;
    type Clock = ScriptedClock;

    fn name(&self) -> &str {
        K::NAME
    }

    fn engine(&self) -> Self::Engine {
        self.machine.engine()
    }

    fn clock(&self) -> Self::Clock {
        self.machine.clock()
    }

    fn pair(&self) -> (Socket, Socket) {
        self.machine.pair()
    }

    fn read(&self, mut source: &Socket, buffer: &mut [u8]) -> io::Result<usize> {
        source.read(buffer)
    }

    fn write(&self, mut source: &Socket, bytes: &[u8]) -> io::Result<usize> {
        source.write(bytes)
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn duplicate(&self, source: &Socket) -> Option<Socket> {
        Some(source.duplicate())
    }

    fn shutdown_write(&self, source: &Socket) -> Option<()> {
        source.shutdown_write();
        Some(())
    }

    fn resets(&self) -> bool {
        true
    }

    fn write_urgent(&self, source: &Socket) -> Option<()> {
        source.write_urgent();
        Some(())
    }

    fn refused(&self) -> Option<Socket> {
        Some(self.machine.refused())
    }

    fn datagrams(&self) -> Option<(Socket, Socket)> {
        Some(self.machine.datagrams())
    }

    fn listener(&self) -> Option<Socket> {
        Some(self.machine.listener())
    }

    fn connect(&self, listener: &Socket) -> Option<Socket> {
        listener.connect().ok()
    }

    fn accept(&self, listener: &Socket) -> io::Result<Socket> {
        listener.accept()
    }

    fn unwatchable(&self) -> Option<Socket> {
        Some(self.machine.file())
    }

    fn interrupter(&self) -> Option<Interrupter> {
        let machine = self.machine.clone();
        Some(Box::new(move || machine.interrupt()))
    }

    fn fail_next_wait(&self, engine: &Self::Engine) -> Option<()> {
        let script = engine.script();
        script.fail(Call::Wait, NonZeroUsize::MIN, io::ErrorKind::OutOfMemory);
        Some(())
    }

    fn stop_and_continue(&self) -> Option<()> {
        // All that a wait can notice of it.
        self.machine.interrupt();
        Some(())
    }

    fn nest(
        &self,
        outer: &ScriptedRegistry<K>,
        inner: &Self::Engine,
        token: Token,
        trigger: Trigger,
    ) -> Option<io::Result<()>> {
        Some(outer.register(inner, token, Interest::READABLE, trigger))
    }

    fn unnest(&self, outer: &ScriptedRegistry<K>, inner: &Self::Engine) -> Option<io::Result<()>> {
        Some(outer.deregister(inner))
    }
}
