//! Tests of the queues: random programs against plain ones, and each operation at its edges.

use alloc::collections::VecDeque;

use super::{Chunks, NONE, Queue};
use crate::slots::Entry;

const fn entry(index: u32) -> Entry {
    Entry::new(1_000 - index as u64 % 1_000, index, 0)
}

// Chunks that no queue uses.
fn unused(chunks: &Chunks) -> usize {
    let mut count = 0;
    let mut next = chunks.free;
    while next != NONE {
        next = chunks.chunks[next as usize].next;
        count += 1;
        assert!(count <= chunks.chunks.len(), "a chunk is twice on the list");
    }
    count
}

// All that has to hold of queues that nothing else uses the pool of.
fn check(chunks: &Chunks, queues: &[Queue]) {
    let mut used = 0;
    let mut entries = 0;
    for queue in queues {
        let mut count = 0;
        let mut next = queue.first;
        let mut last = NONE;
        while next != NONE {
            let chunk = &chunks.chunks[next as usize];
            assert!(!chunk.entries().is_empty(), "an empty chunk in a queue");
            assert!(chunk.start == 0 || next == queue.first);
            (last, next) = (next, chunk.next);
            count += 1;
        }
        assert_eq!((queue.chunks, queue.last), (count, last));
        // What an earlier lap of the wheel left would be the next deadline of the next one.
        assert!(!queue.is_empty() || queue.earliest == u64::MAX);
        let mut deadlines = chunks.iter(queue).map(|entry| entry.deadline);
        assert!(deadlines.all(|deadline| queue.earliest <= deadline));
        used += count as usize;
        entries += chunks.iter(queue).count();
    }
    assert_eq!(entries, chunks.len());
    assert_eq!(used + unused(chunks), chunks.chunks.len());
}

fn live<'live>(model: &'live VecDeque<u32>) -> impl Fn(&Entry) -> bool + 'live {
    |entry| model.binary_search(&entry.index()).is_ok()
}

#[test]
fn queues_keep_their_order_whatever_dies_and_is_swept() {
    let mut seed = 9_u64;
    let mut random = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % end
    };
    let mut chunks = Chunks::new();
    let mut queues = [Queue::EMPTY, Queue::EMPTY];
    let mut models = [VecDeque::<u32>::new(), VecDeque::new()];
    // The queue under the sweep.
    let mut swept = 0;
    let mut next = 0;
    for step in 0..60_000 {
        let which = random(2);
        let (queue, model) = (&mut queues[which], &mut models[which]);
        match random(if step / 2_000 % 2 == 0 { 9 } else { 16 }) {
            0..6 => {
                chunks.push(queue, entry(next));
                model.push_back(next);
                next += 1;
            }
            6 => {
                for entry in chunks.take(queue).entries() {
                    if model.front() == Some(&entry.index()) {
                        model.pop_front();
                    }
                }
            }
            7 => {
                let before = chunks.len();
                let looked = chunks.trim(queue, 1 + random(40), live(model));
                let dropped = before - chunks.len();
                assert!(looked == dropped || looked == dropped + 1);
            }
            8 => {
                if swept != which {
                    swept = which;
                    chunks.restart();
                }
                chunks.sweep(queue, live(model));
            }
            other if !model.is_empty() => {
                let victim = match other {
                    9..11 => 0,
                    11 => model.len() - 1,
                    _ => random(model.len()),
                };
                model.remove(victim).unwrap();
            }
            _ => {}
        }
        let found = chunks.iter(queue).map(|entry| entry.index());
        let is_live = live(model);
        assert!(
            found
                .filter(|index| is_live(&entry(*index)))
                .eq(model.iter().copied()),
            "step {step}"
        );
        check(&chunks, &queues);
    }
}

#[test]
fn a_sweep_from_end_to_end_leaves_no_dead_entry_and_fills_the_chunks() {
    for count in [1, 15, 16, 17, 100, 1_000] {
        for keep in [1, 2, 3, 16, 40, u32::MAX] {
            let mut chunks = Chunks::new();
            let mut queue = Queue::EMPTY;
            for index in 0..count {
                chunks.push(&mut queue, entry(index));
            }
            let is_live = |entry: &Entry| entry.index() % keep == keep - 1;
            let before = queue.chunks;
            let mut steps = 0;
            while !chunks.sweep(&mut queue, is_live) {
                steps += 1;
                check(&chunks, &[queue]);
            }
            assert_eq!(steps + 1, before, "a chunk at a time");
            let kept = (0..count).filter(|index| is_live(&entry(*index)));
            assert!(
                chunks
                    .iter(&queue)
                    .map(|entry| entry.index())
                    .eq(kept.clone())
            );
            assert_eq!(queue.room(), kept.count().next_multiple_of(16));
            check(&chunks, &[queue]);
        }
    }
}

#[test]
fn a_sweep_that_has_ended_begins_with_the_first_chunk_again() {
    let mut chunks = Chunks::new();
    let mut queue = Queue::EMPTY;
    for index in 0..48 {
        chunks.push(&mut queue, entry(index));
    }
    for _ in 0..3 {
        assert!(!chunks.sweep(&mut queue, |_| true));
        assert!(!chunks.sweep(&mut queue, |_| true));
        assert!(chunks.sweep(&mut queue, |_| true));
    }
}

#[test]
fn queues_that_were_cleared_amid_a_sweep_are_like_new() {
    let mut chunks = Chunks::new();
    let mut queues = [Queue::EMPTY, Queue::EMPTY];
    for lap in 0..3 {
        for index in 0..40 {
            for queue in &mut queues {
                chunks.push(queue, entry(index));
            }
        }
        // The first lap is swept to the middle, the others from the beginning to the end.
        let mut steps = 0;
        while !chunks.sweep(&mut queues[0], |_| true) && (lap > 0 || steps == 0) {
            steps += 1;
        }
        assert_eq!(steps, if lap == 0 { 1 } else { 2 });
        check(&chunks, &queues);
        for queue in &mut queues {
            chunks.clear(queue);
        }
        assert_eq!(chunks.len(), 0);
        check(&chunks, &queues);
    }
}

#[test]
fn a_sweep_of_all_renews_the_earliest_deadline() {
    let mut chunks = Chunks::new();
    let mut queue = Queue::EMPTY;
    for (index, deadline) in [(0, 9), (1, 2), (2, 3), (3, 8)] {
        chunks.push(&mut queue, Entry::new(deadline, index, 0));
    }
    assert!(chunks.sweep(&mut queue, |entry| entry.index() % 3 == 0));
    assert_eq!((queue.earliest, chunks.len()), (8, 2));
}

#[test]
fn a_trim_stops_at_the_first_live_entry_or_at_its_limit() {
    let mut chunks = Chunks::new();
    let mut queue = Queue::EMPTY;
    for index in 0..100 {
        chunks.push(&mut queue, entry(index));
    }
    assert_eq!(chunks.trim(&mut queue, 1, |_| false), 16);
    assert_eq!(chunks.trim(&mut queue, 99, |entry| entry.index() >= 40), 25);
    assert_eq!(chunks.trim(&mut queue, 99, |entry| entry.index() >= 40), 1);
    assert_eq!(chunks.len(), 60);
    assert_eq!(chunks.trim(&mut queue, 0, |_| false), 0);
    assert_eq!(chunks.trim(&mut queue, 99, |_| false), 60);
    assert!(queue.is_empty());
    check(&chunks, &[queue]);
}

#[test]
fn a_queue_behind_another_keeps_its_order() {
    for (front, back) in [(0, 0), (0, 20), (20, 0), (20, 40)] {
        let mut chunks = Chunks::new();
        let mut queues = [Queue::EMPTY, Queue::EMPTY];
        for index in 0..front {
            chunks.push(&mut queues[0], entry(index));
        }
        for index in front..front + back {
            chunks.push(&mut queues[1], entry(index));
        }
        let [first, second] = &mut queues;
        chunks.append(first, second);
        assert!(second.is_empty());
        chunks.push(first, entry(front + back));
        assert!(
            chunks
                .iter(first)
                .map(|entry| entry.index())
                .eq(0..=front + back)
        );
        check(&chunks, &queues);
    }
}
