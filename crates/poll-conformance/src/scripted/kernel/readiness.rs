//! What follows from the state: who is ready, and what a wait has to report.

use poll_api::{Event, Ready, Token, Trigger};

use super::{Changes, End, Kind, Poller, ROOM, Registration, State};
use crate::scripted::sabotage::Sabotage;

impl State {
    /// What `id` is ready for, whoever asks.
    fn readiness(&self, id: u64) -> Ready {
        match self.things.get(&id).map(|thing| &thing.kind) {
            Some(Kind::End(end)) => self.end_readiness(end),
            Some(Kind::Poller(poller)) => {
                let busy = !poller.woken.is_empty()
                    && !self.is(Sabotage::InnerWakeDoesNotReachTheOuter)
                    || !poller.plot.spurious.is_empty()
                    || poller
                        .registrations
                        .iter()
                        .any(|found| !self.due(poller, found).is_empty());
                let stuck = self.is(Sabotage::InnerStaysReady);
                Ready::when(busy || stuck, Ready::READABLE)
            }
            Some(Kind::Listener(queue)) => {
                let silent = self.is(Sabotage::ListenersAreSilent);
                Ready::when(!queue.is_empty() && !silent, Ready::READABLE)
            }
            Some(Kind::File) | None => Ready::EMPTY,
        }
    }

    fn end_readiness(&self, end: &End) -> Ready {
        let peer = end.peer.and_then(|peer| self.things.get(&peer));
        // Without a peer a write returns at once, with an error.
        let (room, sent) = match peer.map(|peer| &peer.kind) {
            Some(Kind::End(peer)) => (peer.inbox.len() < ROOM, peer.has_data()),
            _ => (true, false),
        };
        let room = room || self.is(Sabotage::FullIsWritable);
        let data = end.has_data() || sent && self.is(Sabotage::SendersAreReadable);
        let failed = end.error.is_some() && !self.is(Sabotage::ErrorsAreNotReported);
        let gone = end.peer.is_none() && end.peer_done;
        let mut hung_up = (end.peer_done && end.own_done || gone || failed)
            && !self.is(Sabotage::HangUpIsNotReported);
        hung_up |= self.is(Sabotage::HalfCloseIsHangUp) && end.peer_done;
        hung_up |= self.is(Sabotage::OwnHalfIsHangUp) && end.own_done;
        hung_up |= self.is(Sabotage::DataIsAlsoHangUp) && end.has_data();
        let peer_done = end.peer_done && !self.is(Sabotage::EndOfPeerIsNotReported);
        let urgent = end.urgent && !self.is(Sabotage::PriorityIsNotReported);
        let closed = Ready::HANGUP | Ready::READ_CLOSED | Ready::WRITE_CLOSED;
        let error = Ready::ERROR | Ready::READ_CLOSED | Ready::WRITE_CLOSED;
        Ready::when(data || peer_done || failed, Ready::READABLE)
            | Ready::when(room, Ready::WRITABLE)
            | Ready::when(peer_done, Ready::READ_CLOSED)
            | Ready::when(hung_up, closed)
            | Ready::when(failed, error)
            | Ready::when(urgent, Ready::PRIORITY)
    }

    /// What a wait of `poller` has to report for `registration` now.
    fn due(&self, poller: &Poller, registration: &Registration) -> Ready {
        let all = self.readiness(registration.thing);
        let due = match (registration.trigger, registration.seen) {
            (_, None) => true,
            (Trigger::Level, Some(_)) => !self.is(Sabotage::LevelReportsOnce),
            (Trigger::Edge, Some(seen)) if poller.capabilities.edge => {
                self.changed(registration, seen)
            }
            (Trigger::Oneshot, Some(_)) => {
                self.is(Sabotage::OneshotRepeats)
                    || self.is(Sabotage::OneshotReportsHangUps) && all.is_read_closed()
            }
            // Silent until modified or, without native edges, until asked for.
            _ => false,
        };
        let stuck = self.is(Sabotage::EndsAreReportedForEver) && all.is_read_closed();
        Ready::when(due || stuck, self.of_interest(poller, registration, all))
    }

    /// The part of `all` that `registration` is told.
    fn of_interest(&self, poller: &Poller, registration: &Registration, all: Ready) -> Ready {
        let interest = registration.interest;
        if self.is(Sabotage::InterestIsIgnored) {
            return all;
        }
        let silent = self.is(Sabotage::HangUpOnlyWhereAskedFor) && !interest.is_hangup();
        let ended = (all.is_hangup() || all.is_error()) && !silent;
        // Without hang-ups each end is told by itself, to those who have an interest in it.
        let joined = poller.capabilities.hangups;
        let hangups = joined || self.is(Sabotage::HangUpIsReportedUndeclared);
        let writes = interest.is_writable();
        let urgent = interest.is_priority() || self.is(Sabotage::PriorityWithoutBeingAsked);
        [
            (Ready::READABLE, interest.is_readable()),
            (Ready::WRITABLE, interest.is_writable()),
            (
                Ready::READ_CLOSED,
                interest.is_readable() || ended && (joined || !writes),
            ),
            (Ready::WRITE_CLOSED, ended && (joined || writes)),
            (Ready::HANGUP, ended && hangups),
            (Ready::ERROR, ended),
            (Ready::PRIORITY, urgent),
        ]
        .into_iter()
        .filter(|(flag, told)| *told && all.contains(*flag))
        .fold(Ready::EMPTY, |set, (flag, _)| set | flag)
    }

    /// Whether something that `registration` is interested in has changed since `seen`.
    fn changed(&self, registration: &Registration, seen: Changes) -> bool {
        let now = self.changes(registration.thing);
        let interest = registration.interest;
        let reads = interest.is_readable() || interest.is_priority();
        let neither = !reads && !interest.is_writable();
        let changed = (reads || neither) && now.read != seen.read
            || (interest.is_writable() || neither) && now.write != seen.write;
        (changed || self.is(Sabotage::EdgeRepeats)) && !self.is(Sabotage::EdgeReportsOnlyOnce)
    }

    fn changes(&self, id: u64) -> Changes {
        self.things
            .get(&id)
            .map(|thing| thing.changes)
            .unwrap_or_default()
    }

    /// Marks a registration as reported without a report.
    pub(in crate::scripted) fn mark_seen(&self, registration: &mut Registration) {
        registration.seen = Some(self.changes(registration.thing));
    }

    /// Sabotage: the report of a deregistered source stays queued for one wait.
    pub(in crate::scripted) fn leave_queued(&mut self, id: u64, registration: Registration) {
        let Some(poller) = self.poller(id) else {
            return;
        };
        let ready = self.due(poller, &registration);
        if let Some(poller) = self.poller_mut(id)
            && !ready.is_empty()
        {
            poller
                .plot
                .spurious
                .push(Event::new(registration.token, ready));
        }
    }

    /// Sabotage: the registration stays as long as there is another handle to the source.
    pub(in crate::scripted) fn leave_watched(&mut self, id: u64, mut registration: Registration) {
        registration.handle = self.new_id();
        if self
            .things
            .get(&registration.thing)
            .is_some_and(|thing| thing.handles > 1)
            && let Some(poller) = self.poller_mut(id)
        {
            poller.registrations.push(registration);
        }
    }

    /// Sabotage: everything that is due counts as reported.
    pub(in crate::scripted) fn mark_all_seen(&mut self, id: u64) {
        drop(self.take_due(id, usize::MAX));
    }

    /// Takes at most `room` reports of sources, beginning where the last wait ended.
    pub(in crate::scripted) fn take_due(&mut self, id: u64, room: usize) -> Vec<(Token, Ready)> {
        let Some(poller) = self.poller(id) else {
            return Vec::new();
        };
        let count = poller.registrations.len();
        let fair = !self.is(Sabotage::FirstSourcesStarveTheOthers);
        let first = if fair { poller.next } else { 0 };
        let mut reports = Vec::new();
        let mut marked = Vec::new();
        let mut next = first;
        for index in (0..count).map(|step| (first + step) % count) {
            let registration = poller.registrations[index];
            let ready = self.due(poller, &registration);
            if ready.is_empty() {
                continue;
            }
            if reports.len() < room {
                reports.push((registration.token, ready));
                next = index + 1;
            } else if !self.is(Sabotage::ReportsThatDoNotFitAreLost) {
                break;
            }
            marked.push((index, self.changes(registration.thing)));
        }
        if let Some(poller) = self.poller_mut(id) {
            poller.next = next;
            for (index, changes) in marked {
                poller.registrations[index].seen = Some(changes);
            }
        }
        reports
    }
}
