//! A handler as a service of poll-reactor.

use core::mem;
use core::time::Duration;
use std::collections::{HashSet, VecDeque};
use std::io;
use std::os::fd::{AsFd, AsRawFd};

use poll_api::{Clock, Ready};
use poll_os::Monotonic;
use poll_reactor::{Context, Handle, Id, RegisterError, Released, Service, TimerId};

use crate::descriptor::Descriptor;
use crate::handler::{Action, Error, Handler};
use crate::held::Held;
use crate::note::note;
use crate::readiness::judge;
use crate::role::{Listening, Role, Table, Transporting};
use crate::sys::Number;
use crate::{Resource, ResourceId, ResourceIdGenerator, Timestamp};

/// So many actions are performed before the next look at the engine.
const ACTIONS: usize = 1024;
/// So many resources are asked in each turn what they wait for, besides those that had to do with
/// something in it.
const ASKED: usize = 64;
/// All have been asked once within this time of the last turn.
const ROUND: Duration = Duration::from_millis(10);

/// What a controller sends.
pub(crate) enum Letter<C> {
    Command(C),
    Shutdown,
}

/// What a timer is for.
pub(crate) enum Alarm {
    /// [`Action::SetTimer`].
    Handler,
    /// All resources are asked what they wait for.
    Round,
}

/// A handler, and what the reactor knows of its resources.
pub(crate) struct Desk<H: Handler + 'static> {
    handler: H,
    generator: ResourceIdGenerator,
    table: Table<H>,
    /// The numbers that the engine knows.
    numbers: HashSet<Number>,
    /// In the order in which they are asked what they wait for. Some may be gone.
    line: VecDeque<Kept<H>>,
    has_round: bool,
    is_round_due: bool,
    letters: VecDeque<Letter<H::Command>>,
    now: Timestamp,
    /// The reactor was shut down: the handler is told nothing any more.
    is_over: bool,
}

enum Kept<H: Handler + 'static> {
    Listener(Id<Held<H, Listening>>),
    Transport(Id<Held<H, Transporting>>),
}

/// The type of a resource's place in poll-reactor, and its kind's place in [`Kept`].
trait Keep<H: Handler + 'static>: Role<H> {
    fn keep(at: Id<Held<H, Self>>) -> Kept<H>;
}

impl<H: Handler + 'static> Keep<H> for Listening {
    fn keep(at: Id<Held<H, Self>>) -> Kept<H> {
        Kept::Listener(at)
    }
}

impl<H: Handler + 'static> Keep<H> for Transporting {
    fn keep(at: Id<Held<H, Self>>) -> Kept<H> {
        Kept::Transport(at)
    }
}

impl<H: Handler + 'static> Desk<H> {
    pub(crate) fn new(handler: H, generator: ResourceIdGenerator) -> Self {
        Self {
            handler,
            generator,
            table: Table::new(),
            numbers: HashSet::new(),
            line: VecDeque::new(),
            has_round: false,
            is_round_due: false,
            letters: VecDeque::new(),
            now: Timestamp::now(),
            is_over: false,
        }
    }

    /// What follows the events of a turn: commands, and then actions. Whether there is more.
    pub(crate) fn finish_turn(&mut self, context: &mut Context<'_, Self>) -> bool {
        if self.is_over {
            return false;
        }
        while let Some(letter) = self.letters.pop_front() {
            match letter {
                Letter::Command(command) => self.handler.handle_command(command),
                Letter::Shutdown => {
                    note!(debug, "shutdown");
                    self.act(context);
                    self.is_over = true;
                    self.letters.clear();
                    context.shut_down(Duration::ZERO);
                    return true;
                }
            }
        }
        let has_more = self.act(context);
        self.ask(context);
        has_more
    }

    fn act(&mut self, context: &mut Context<'_, Self>) -> bool {
        for _ in 0..ACTIONS {
            match self.handler.next() {
                Some(action) => self.perform(action, context),
                None => return false,
            }
        }
        true
    }

    fn perform(
        &mut self,
        action: Action<H::Listener, H::Transport>,
        context: &mut Context<'_, Self>,
    ) {
        match action {
            Action::RegisterListener(listener) => self.register::<Listening>(listener, context),
            Action::RegisterTransport(transport) => {
                self.register::<Transporting>(transport, context);
            }
            Action::UnregisterListener(id) => self.unregister::<Listening>(id, context),
            Action::UnregisterTransport(id) => self.unregister::<Transporting>(id, context),
            Action::Send(id, data) => self.send(id, data, context),
            Action::SetTimer(after) => {
                // From now, not from the beginning of the turn: the handler has taken its time.
                let deadline = Monotonic.now().saturating_add(after);
                context.set_timer_at(deadline, Alarm::Handler);
            }
        }
    }

    fn register<K: Keep<H>>(&mut self, resource: K::Resource, context: &mut Context<'_, Self>) {
        let fd = resource.as_raw_fd();
        let id = self.generator.next();
        let descriptor = Descriptor::of(&resource, |number| self.numbers.contains(&number));
        let (resource, error) = match descriptor {
            Ok(descriptor) => {
                let number = descriptor.own_number();
                match context.register(Held::<H, K>::new(id, resource, descriptor)) {
                    Ok(at) => {
                        self.numbers.extend(number);
                        K::places(&mut self.table).insert(id, at);
                        self.line.push_back(K::keep(at));
                        self.handler.handle_registered(fd, id, K::TYPE);
                        return;
                    }
                    Err(RegisterError { resource, error }) => (resource.resource, error.source),
                }
            }
            Err(error) => (resource, error),
        };
        note!(error, "registering {id} (descriptor {fd}): {error}");
        self.handler.handle_error(K::lost(id, resource));
    }

    fn unregister<K: Role<H>>(&mut self, id: ResourceId, context: &mut Context<'_, Self>) {
        let at = K::places(&mut self.table).get(&id).copied();
        match at.and_then(|at| self.take(at, context)) {
            Some(resource) => K::hand_over(&mut self.handler, id, resource),
            None => note!(warn, "unregistering {id}: there is none"),
        }
    }

    fn send(&mut self, id: ResourceId, data: Vec<u8>, context: &mut Context<'_, Self>) {
        let at = Transporting::places(&mut self.table).get(&id).copied();
        let Some((at, held)) = at.and_then(|at| Some((at, context.get_mut(at)?))) else {
            note!(warn, "sending to {id}: there is none");
            return;
        };
        if let Err(error) = held.send(data) {
            note!(error, "sending to {id}: {error}");
            self.lose(at, context);
        }
    }

    /// Takes a resource out of the reactor.
    fn take<K: Role<H>>(
        &mut self,
        at: Id<Held<H, K>>,
        context: &mut Context<'_, Self>,
    ) -> Option<K::Resource> {
        let held = context.unregister(at)?.resource;
        Some(self.forget(held))
    }

    fn forget<K: Role<H>>(&mut self, held: Held<H, K>) -> K::Resource {
        K::places(&mut self.table).remove(&held.id);
        if let Some(number) = held.descriptor.own_number() {
            self.numbers.remove(&number);
        }
        held.resource
    }

    /// Takes a resource out of the reactor because it is over.
    fn lose<K: Role<H>>(&mut self, at: Id<Held<H, K>>, context: &mut Context<'_, Self>) {
        let Some(id) = context.get(at).map(|held| held.id) else {
            return;
        };
        if let Some(resource) = self.take(at, context) {
            self.handler.handle_error(K::lost(id, resource));
        }
    }

    /// Asks resources whether they wait for something else, for a reason that is not known here.
    fn ask(&mut self, context: &mut Context<'_, Self>) {
        let is_round = mem::take(&mut self.is_round_due);
        let count = match is_round {
            true => self.line.len(),
            false => self.line.len().min(ASKED),
        };
        for _ in 0..count {
            let Some(kept) = self.line.pop_front() else {
                return;
            };
            let is_there = match &kept {
                Kept::Listener(at) => ask_one(*at, context),
                Kept::Transport(at) => ask_one(*at, context),
            };
            if is_there {
                self.line.push_back(kept);
            }
        }
        if !is_round && self.line.len() > ASKED && !mem::replace(&mut self.has_round, true) {
            context.set_timer(ROUND, Alarm::Round);
        }
    }
}

/// Whether the resource is still there.
fn ask_one<H: Handler + 'static, K: Role<H>>(
    at: Id<Held<H, K>>,
    context: &mut Context<'_, Desk<H>>,
) -> bool {
    let Some(held) = context.get(at) else {
        return false;
    };
    if held.has_changed() {
        // Whatever was lent is watched anew afterwards.
        let _lent = context.get_mut(at);
    }
    true
}

impl<H: Handler + 'static> Service for Desk<H> {
    type Command = Letter<H::Command>;
    type Timer = Alarm;

    fn tick(&mut self, _context: &mut Context<'_, Self>) {
        if !self.is_over {
            self.now = Timestamp::now();
            self.handler.tick(self.now);
        }
    }

    fn command(&mut self, letter: Letter<H::Command>, _context: &mut Context<'_, Self>) {
        // Events first: what was sent to a resource before a command was, is told before it.
        if !self.is_over {
            self.letters.push_back(letter);
        }
    }

    fn timer(&mut self, _id: TimerId, alarm: Alarm, _context: &mut Context<'_, Self>) {
        match alarm {
            Alarm::Handler if self.is_over => {}
            Alarm::Handler => self.handler.handle_timer(),
            Alarm::Round => {
                self.has_round = false;
                self.is_round_due = true;
            }
        }
    }

    fn error(&mut self, error: &io::Error, _context: &mut Context<'_, Self>) {
        let copy = match error.raw_os_error() {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::new(error.kind(), error.to_string()),
        };
        self.handler.handle_error(Error::Poll(copy));
    }
}

impl<H: Handler + 'static, K: Role<H>> Handle<Held<H, K>> for Desk<H> {
    fn event(&mut self, at: Id<Held<H, K>>, ready: Ready, context: &mut Context<'_, Self>) {
        // What is asked for mutably is watched for what it wants after this.
        let Some(held) = context.get_mut(at) else {
            return;
        };
        if self.is_over {
            return;
        }
        let id = held.id;
        let fired = match judge(ready, held.wanted(), held.as_fd()) {
            Ok(fired) => fired,
            Err(fail) => {
                note!(debug, "{id}: {fail}");
                self.lose(at, context);
                return;
            }
        };
        for io in fired {
            let Some(held) = context.get_mut(at) else {
                return;
            };
            if let Some(event) = held.resource.handle_io(io) {
                K::event(&mut self.handler, id, event, self.now);
            }
        }
        let sent = context.get_mut(at).map_or(Ok(()), Held::send_waiting);
        if let Err(error) = sent {
            note!(error, "sending to {id}: {error}");
            self.lose(at, context);
        }
    }

    fn failed(
        &mut self,
        _at: Id<Held<H, K>>,
        released: Released<Held<H, K>>,
        error: poll_reactor::Error,
        _context: &mut Context<'_, Self>,
    ) {
        let id = released.resource.id;
        note!(error, "{id}: {error}");
        let resource = self.forget(released.resource);
        if !self.is_over {
            self.handler.handle_error(K::lost(id, resource));
        }
    }
}
