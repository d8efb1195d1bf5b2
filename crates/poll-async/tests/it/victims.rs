//! Tasks of which one is dropped, after each number of polls that there can be.

use core::task::Poll;

use crate::drive::Task;

/// As many polls as any task here needs.
const POLLS: usize = 6;

/// Runs the tasks that `tasks` makes, each when it is woken, until all are done but one, which is
/// dropped after some polls; for each of them and each number of polls. `check` is called in the
/// end. A wake-up that is lost leaves a task behind.
pub(crate) fn drop_each<S>(
    tasks: impl for<'a> Fn(&'a S) -> Vec<Task<'a, ()>>,
    setup: impl Fn() -> S,
    check: impl Fn(&S),
) {
    let count = tasks(&setup()).len();
    for victim in 0..count {
        for polls in 0..POLLS {
            let shared = setup();
            let mut tasks: Vec<_> = tasks(&shared).into_iter().map(Some).collect();
            let mut left = polls;
            let mut is_first = true;
            loop {
                let mut is_idle = true;
                for (at, place) in tasks.iter_mut().enumerate() {
                    let Some(task) = place else { continue };
                    if at == victim && left == 0 {
                        *place = None;
                        is_idle = false;
                        continue;
                    }
                    if task.is_woken() || is_first {
                        is_idle = false;
                        left -= usize::from(at == victim);
                        if task.poll() == Poll::Ready(()) {
                            *place = None;
                        }
                    }
                }
                is_first = false;
                if is_idle {
                    break;
                }
            }
            let behind: Vec<_> = (0..count).filter(|at| tasks[*at].is_some()).collect();
            assert!(
                behind.is_empty(),
                "{behind:?} wait for ever: task {victim} was dropped after {polls} polls"
            );
            drop(tasks);
            check(&shared);
        }
    }
}
