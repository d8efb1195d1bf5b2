//! Senders and receiver on threads of their own.

use std::thread;

use poll_async::sync::mpsc::{channel, unbounded_channel};

use crate::drive::block_on;

const VALUES: usize = 20_000;

#[test]
fn nothing_is_lost_between_threads_and_each_sender_keeps_its_order() {
    for capacity in [1, 2, 64] {
        let (sender, mut receiver) = channel(capacity);
        let threads = [0, 1, 2].map(|who| {
            let sender = sender.clone();
            thread::spawn(move || {
                for number in 0..VALUES {
                    match number % 3 {
                        0 => sender.blocking_send((who, number)).unwrap(),
                        1 => block_on(sender.send((who, number))).unwrap(),
                        _ => block_on(sender.reserve()).unwrap().send((who, number)),
                    }
                }
            })
        });
        drop(sender);
        let mut next = [0; 3];
        let mut buffer = Vec::new();
        while block_on(receiver.recv_many(&mut buffer, 7)) > 0 {
            buffer.extend(receiver.blocking_recv());
            for (who, number) in buffer.drain(..) {
                assert_eq!(number, next[who]);
                next[who] += 1;
            }
        }
        assert_eq!(next, [VALUES; 3]);
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

#[test]
fn nothing_is_lost_without_bound() {
    let (sender, mut receiver) = unbounded_channel();
    let thread = thread::spawn(move || (0..VALUES).for_each(|number| sender.send(number).unwrap()));
    for number in 0..VALUES {
        assert_eq!(receiver.blocking_recv(), Some(number));
    }
    assert_eq!(receiver.blocking_recv_many(&mut Vec::new(), 1), 0);
    thread.join().unwrap();
}
