//! How one worker sleeps, and how others end that.

use core::mem;
use core::time::Duration;

use crate::threads::{Condvar, Mutex, lock, wait_timeout_while, wait_while};

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Token {
    /// By itself: its time is over, or the engine had something.
    #[default]
    None,
    /// The sleeper is to watch the others from now on.
    Watch,
    /// There is work.
    Work,
}

/// Where a sleeper is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Awake,
    Thread,
    Engine,
}

#[derive(Debug, Default)]
struct State {
    token: Token,
    place: Place,
}

#[derive(Debug, Default)]
pub(crate) struct Parker {
    state: Mutex<State>,
    ring: Condvar,
}

impl Parker {
    /// Leaves `token`, which ends the present sleep or the next one. True if the sleeper waits on
    /// the engine, and the caller has to wake that.
    #[must_use]
    pub(crate) fn unpark(&self, token: Token) -> bool {
        let mut state = lock(&self.state);
        if state.token != Token::Work {
            state.token = token;
        }
        let place = state.place;
        drop(state);
        if place == Place::Thread {
            self.ring.notify_one();
        }
        place == Place::Engine
    }

    /// Sleeps until a token comes, at most for `timeout`.
    pub(crate) fn park(&self, timeout: Option<Duration>) -> Token {
        let mut state = lock(&self.state);
        state.place = Place::Thread;
        let nothing = |state: &mut State| state.token == Token::None;
        state = match timeout {
            None => wait_while(&self.ring, state, nothing),
            Some(timeout) => wait_timeout_while(&self.ring, state, timeout, nothing),
        };
        state.place = Place::Awake;
        mem::take(&mut state.token)
    }

    /// From here on the sleeper is found at the engine; a token that has come already, if one has.
    pub(crate) fn enter_engine(&self) -> Token {
        let mut state = lock(&self.state);
        let token = mem::take(&mut state.token);
        if token == Token::None {
            state.place = Place::Engine;
        }
        token
    }

    /// The sleeper is awake again: the token that has come meanwhile.
    pub(crate) fn leave_engine(&self) -> Token {
        let mut state = lock(&self.state);
        state.place = Place::Awake;
        mem::take(&mut state.token)
    }
}
