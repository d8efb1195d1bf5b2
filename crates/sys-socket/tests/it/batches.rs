//! Several datagrams with one call.

use core::net::SocketAddr;
use std::io::IoSlice;
use std::os::fd::AsFd;

use sys_socket::{
    Address, ControlMessage, Domain, Errno, Kind, MessageFlags, OutgoingControl, OutgoingMessage,
    Protocol, ReceiveBatch, ReceiveFlags, SendBatch, SendFlags, control_space,
};

use crate::descriptors::is_close_on_exec;
use crate::loopback::{bound, udp_pair, wait_readable};
use crate::messages::{assert_closes, is_closed};

fn message<'a>(buffers: &'a [IoSlice<'a>], to: Option<&'a Address>) -> OutgoingMessage<'a> {
    OutgoingMessage {
        buffers,
        to,
        control: None,
    }
}

#[test]
fn each_message_goes_to_its_address_and_comes_with_its_sender_and_length() {
    let (a, address_a) = bound(Kind::DATAGRAM);
    let (b, address_b) = bound(Kind::DATAGRAM);
    let (c, address_c) = bound(Kind::DATAGRAM);
    let texts = [
        [IoSlice::new(b"one"), IoSlice::new(b"")],
        [IoSlice::new(b""), IoSlice::new(b"")],
        [IoSlice::new(b"thr"), IoSlice::new(b"ee")],
    ];
    let mut batch = SendBatch::with_capacity(8);
    let messages = [&address_b, &address_b, &address_c]
        .into_iter()
        .zip(&texts)
        .map(|(to, buffers)| message(buffers, Some(to)));
    assert_eq!(batch.send(&a, messages, SendFlags::NONE), Ok(3));

    let mut received = ReceiveBatch::with_capacity(8, 16, 0);
    wait_readable(&b);
    assert_eq!(received.receive(&b, ReceiveFlags::NONE), Ok(2));
    let seen: Vec<_> = received
        .messages()
        .map(|m| (m.bytes.to_vec(), m.len, *m.from))
        .collect();
    assert_eq!(seen[0], (b"one".to_vec(), 3, address_a));
    assert_eq!(seen[1], (Vec::new(), 0, address_a));
    wait_readable(&c);
    assert_eq!(received.receive(&c, ReceiveFlags::NONE), Ok(1));
    assert_eq!(received.messages().count(), 1);
    assert!(received.messages().all(|m| *m.bytes == *b"three"));
    assert_eq!(received.receive(&c, ReceiveFlags::NONE), Err(Errno::AGAIN));
    assert!(received.is_empty() && received.messages().next().is_none());
}

#[test]
fn a_full_batch_leaves_the_rest_for_the_next_call() {
    let (a, b) = udp_pair();
    let text = [IoSlice::new(b"x")];
    let mut batch = SendBatch::with_capacity(3);
    let mut messages = [message(&text, None); 5].into_iter();
    assert_eq!(batch.send(&a, messages.by_ref(), SendFlags::NONE), Ok(3));
    assert_eq!(messages.len(), 2);
    assert_eq!(batch.send(&a, messages, SendFlags::NONE), Ok(2));
    let mut received = ReceiveBatch::with_capacity(4, 16, 0);
    wait_readable(&b);
    assert_eq!(received.receive(&b, ReceiveFlags::NONE), Ok(4));
    assert_eq!(received.len(), 4);
    assert_eq!(received.receive(&b, ReceiveFlags::NONE), Ok(1));
}

#[test]
fn a_failure_is_told_for_the_first_message_and_ends_the_batch_later() {
    let (a, _) = bound(Kind::DATAGRAM);
    let (_b, good) = bound(Kind::DATAGRAM);
    let long = vec![0; 70_000];
    let (short, long) = ([IoSlice::new(b"x")], [IoSlice::new(&long)]);
    let mut batch = SendBatch::with_capacity(4);
    let good_first = [message(&short, Some(&good)), message(&long, Some(&good))];
    assert_eq!(batch.send(&a, good_first, SendFlags::NONE), Ok(1));
    let bad_first = [message(&long, Some(&good)), message(&short, Some(&good))];
    let result = batch.send(&a, bad_first, SendFlags::NONE);
    assert_eq!(result, Err(Errno::MSGSIZE));
    let lonely = [message(&short, None)];
    let result = batch.send(&a, lonely, SendFlags::NONE);
    assert_eq!(result, Err(Errno::DESTADDRREQ));
    assert_eq!(batch.send(&a, [], SendFlags::NONE), Ok(0));
}

#[test]
fn messages_cut_short_say_so_one_by_one() {
    let (a, b) = udp_pair();
    let texts = [[IoSlice::new(b"ab")], [IoSlice::new(b"abc")]];
    let messages = texts.iter().map(|text| message(text, None));
    let mut batch = SendBatch::with_capacity(2);
    assert_eq!(batch.send(&a, messages, SendFlags::NONE), Ok(2));
    let mut received = ReceiveBatch::with_capacity(2, 2, 0);
    wait_readable(&b);
    assert_eq!(received.receive(&b, ReceiveFlags::NONE), Ok(2));
    let cut: Vec<_> = received
        .messages()
        .map(|m| (m.len, m.flags.contains(MessageFlags::TRUNCATED)))
        .collect();
    assert_eq!(cut, [(2, false), (2, true)]);
}

#[test]
fn descriptors_in_a_batch_are_owned_message_by_message() {
    let (a, b) = sys_socket::pair(Domain::UNIX, Kind::DATAGRAM, Protocol::DEFAULT).unwrap();
    let mut received = ReceiveBatch::with_capacity(4, 4, control_space(4));
    for again in [true, false] {
        let (read_end, write_end) = sys_socket::pipe().unwrap();
        let mut rights = OutgoingControl::with_capacity(control_space(4));
        rights.push_rights(&[write_end.as_fd()]).unwrap();
        let text = [IoSlice::new(b"x")];
        let with_rights = OutgoingMessage {
            buffers: &text,
            to: None,
            control: Some(&rights),
        };
        let sent = [with_rights, message(&text, None), with_rights];
        let mut batch = SendBatch::with_capacity(3);
        assert_eq!(batch.send(&a, sent, SendFlags::NONE), Ok(3));
        drop(write_end);

        assert_eq!(received.receive(&b, ReceiveFlags::NONE), Ok(3));
        let mut taken = Vec::new();
        // The descriptor of the last message is left behind.
        for mut message in received.messages().take(2) {
            if let Some(ControlMessage::Rights(descriptors)) = message.control.next() {
                taken.extend(descriptors);
            }
        }
        assert_eq!(taken.len(), 1);
        assert!(is_close_on_exec(&taken[0]));
        drop(taken);
        assert!(!is_closed(&read_end));
        if again {
            let empty = received.receive(&b, ReceiveFlags::NONE);
            assert_eq!(empty, Err(Errno::AGAIN));
        } else {
            received.clear();
        }
        assert_closes(&read_end);
    }
}

#[test]
fn a_batch_without_room_receives_nothing_and_says_so() {
    let (a, b) = udp_pair();
    sys_socket::send(&a, b"x", SendFlags::NONE).unwrap();
    wait_readable(&b);
    let mut received = ReceiveBatch::with_capacity(0, 0, 0);
    assert_eq!(received.receive(&b, ReceiveFlags::NONE), Ok(0));
    let mut received = ReceiveBatch::with_capacity(1, 0, 0);
    assert_eq!(received.receive(&b, ReceiveFlags::NONE), Ok(1));
    assert_eq!(received.capacity(), 1);
    let from = received.messages().next().map(|m| *m.from).unwrap();
    assert!(matches!(from.inet(), Some(SocketAddr::V4(_))));
}
