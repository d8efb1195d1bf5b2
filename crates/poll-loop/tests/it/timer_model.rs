//! Timers against a plain model: whoever sets, resets and cancels them, and however small the
//! buffers are, each comes at its deadline, as often as it should, and not after its end.

use core::time::Duration;
use std::collections::{BTreeMap, HashSet};

use poll_loop::{Clock, Event, Id, Notifications};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};

use crate::stage::{NOW, Scripted};

/// Which handle is used.
#[derive(Clone, Copy, Debug)]
enum By {
    Poller,
    Registrar,
}

/// What happens; times in nanoseconds, timers by their number, counted round.
#[derive(Clone, Copy, Debug)]
enum Step {
    Timeout(By, u64),
    Interval(By, u64),
    Reset(By, usize, u64),
    Cancel(By, usize),
    Pass(u64),
    /// With room for so many.
    Wait(usize),
}

fn steps() -> impl Strategy<Value = Step> {
    let by = || any::<bool>().prop_map(|own| if own { By::Poller } else { By::Registrar });
    prop_oneof![
        4 => (by(), 0..20_u64).prop_map(|(by, after)| Step::Timeout(by, after)),
        1 => (by(), 1..20_u64).prop_map(|(by, period)| Step::Interval(by, period)),
        1 => (by(), any::<usize>(), 0..30_u64)
            .prop_map(|(by, number, after)| Step::Reset(by, number, after)),
        2 => (by(), any::<usize>()).prop_map(|(by, number)| Step::Cancel(by, number)),
        1 => (0..15_u64).prop_map(Step::Pass),
        2 => (1..4_usize).prop_map(Step::Wait),
    ]
}

/// A timer as the model knows it; its period is zero for a timeout.
struct Timer {
    deadline: u64,
    period: u64,
}

struct Model {
    stage: Scripted,
    live: BTreeMap<Id, Timer>,
    seen: HashSet<Id>,
}

impl Model {
    fn now(&self) -> u64 {
        self.stage.clock.now().as_nanos()
    }

    fn set(&mut self, id: Id, after: u64, period: u64) {
        assert!(self.seen.insert(id), "an id comes twice");
        let deadline = self.now() + after;
        self.live.insert(id, Timer { deadline, period });
    }

    fn pick(&self, number: usize) -> Option<Id> {
        let place = number.checked_rem(self.live.len())?;
        self.live.keys().nth(place).copied()
    }

    fn step(&mut self, step: Step) {
        let registrar = self.stage.poller.registrar().clone();
        let poller = &mut self.stage.poller;
        match step {
            Step::Timeout(by, after) => {
                let duration = Duration::from_nanos(after);
                let id = match by {
                    By::Poller => poller.set_timeout(duration),
                    By::Registrar => registrar.set_timeout(duration),
                };
                self.set(id.unwrap(), after, 0);
            }
            Step::Interval(by, period) => {
                let duration = Duration::from_nanos(period);
                let id = match by {
                    By::Poller => poller.set_interval(duration),
                    By::Registrar => registrar.set_interval(duration),
                };
                self.set(id.unwrap(), period, period);
            }
            Step::Reset(by, number, after) => {
                let Some(id) = self.pick(number) else { return };
                let duration = Duration::from_nanos(after);
                assert!(match by {
                    By::Poller => self.stage.poller.reset(id, duration),
                    By::Registrar => registrar.reset(id, duration).unwrap(),
                });
                let deadline = self.now() + after;
                self.live.get_mut(&id).unwrap().deadline = deadline;
            }
            Step::Cancel(by, number) => {
                let Some(id) = self.pick(number) else { return };
                assert!(match by {
                    By::Poller => self.stage.poller.cancel(id),
                    By::Registrar => registrar.cancel(id),
                });
                self.live.remove(&id);
            }
            Step::Pass(nanos) => self.stage.clock.advance(Duration::from_nanos(nanos)),
            Step::Wait(room) => self.wait(room),
        }
    }

    fn wait(&mut self, room: usize) {
        let now = self.now();
        let due = self
            .live
            .values()
            .filter(|timer| timer.deadline <= now)
            .count();
        let mut found = Notifications::with_capacity(room);
        self.stage.poller.wait(&mut found, NOW).unwrap();
        assert_eq!(found.is_empty(), due == 0, "{due} are due");
        assert_eq!(found.len(), found.iter().count(), "for nothing");
        for notification in &found {
            let timer = self.live.get_mut(&notification.id).unwrap();
            assert!(timer.deadline <= now, "early");
            match notification.event {
                Event::Timeout => {
                    let timeout = self.live.remove(&notification.id).unwrap();
                    assert_eq!(timeout.period, 0);
                }
                Event::Interval(ticks) => {
                    let passed = 1 + (now - timer.deadline) / timer.period;
                    assert_eq!(ticks.get(), passed);
                    timer.deadline += passed * timer.period;
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn each_timer_comes_at_its_deadline_and_not_after_its_end(
        steps in vec(steps(), 1..200),
    ) {
        let mut model = Model {
            stage: Scripted::new(),
            live: BTreeMap::new(),
            seen: HashSet::new(),
        };
        for step in steps {
            model.step(step);
        }
        while let Some(id) = model.pick(0) {
            assert!(model.stage.poller.registrar().cancel(id));
            model.live.remove(&id);
        }
        // What was left of the last batch, and then the messages.
        for _ in 0..2 {
            model.wait(64);
        }
        assert_eq!(model.stage.poller.next_deadline(), None, "something is kept");
    }
}
