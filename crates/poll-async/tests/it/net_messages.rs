//! Sockets of messages: none is cut, joined, lost or repeated.

use std::io::ErrorKind;

use poll_async::net::{Datagram, UdpReceiveBatch, UdpSendBatch, UdpSocket, UnixDatagram};
use poll_async::spawn;
use poll_async::task::yield_now;

use crate::stage::{ANY_PORT, TempPath, each, give_up_after};

async fn udp_pair() -> (UdpSocket, UdpSocket) {
    let a = UdpSocket::bind(ANY_PORT).await.unwrap();
    let b = UdpSocket::bind(ANY_PORT).await.unwrap();
    a.connect(b.local_addr().unwrap()).await.unwrap();
    b.connect(a.local_addr().unwrap()).await.unwrap();
    assert_eq!(a.peer_addr().unwrap(), b.local_addr().unwrap());
    (a, b)
}

#[test]
fn a_short_datagram_does_not_hide_the_next_one() {
    each(|| async {
        let (a, b) = udp_pair().await;
        // Used up, so that all come with one edge.
        assert!(b.try_recv(&mut [0; 64]).is_err());
        for len in 0..20 {
            assert_eq!(a.get_ref().send(&[7; 64][..len]).unwrap(), len);
        }
        for len in 0..20 {
            assert_eq!(b.recv(&mut [0; 64]).await.unwrap(), len);
        }
    });
}

#[test]
fn datagrams_have_senders_and_go_to_names() {
    each(|| async {
        let a = UdpSocket::bind(ANY_PORT).await.unwrap();
        let b = UdpSocket::bind(ANY_PORT).await.unwrap();
        let (from, to) = (a.local_addr().unwrap(), b.local_addr().unwrap());
        let mut buffer = [0; 16];
        a.send_to(b"one", to).await.unwrap();
        assert_eq!(b.peek_from(&mut buffer).await.unwrap(), (3, from));
        assert_eq!(b.recv_from(&mut buffer).await.unwrap(), (3, from));
        a.send_to(b"four", to.to_string()).await.unwrap();
        b.readable().await.unwrap();
        assert_eq!(b.try_recv_from(&mut buffer).unwrap(), (4, from));
        let nothing = b.try_recv_from(&mut buffer).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        a.try_send_to(b"last", to).unwrap();
        assert_eq!(b.peek(&mut buffer).await.unwrap(), 4);
        assert_eq!(b.recv(&mut buffer).await.unwrap(), 4);
    });
}

#[test]
fn a_receive_that_is_dropped_loses_no_datagram() {
    each(|| async {
        for polls in 0..4 {
            let (a, b) = udp_pair().await;
            let sender = spawn(async move {
                for number in 0..100_u8 {
                    a.send(&[number]).await.unwrap();
                    yield_now().await;
                }
                a
            });
            let mut buffer = [0; 8];
            for number in 0..100_u8 {
                let count = match give_up_after(polls, b.recv(&mut buffer)).await {
                    Some(count) => count,
                    None => b.recv(&mut buffer).await,
                };
                assert_eq!((count.unwrap(), buffer[0]), (1, number));
            }
            sender.await.unwrap();
        }
    });
}

#[test]
fn batches_arrive_whole() {
    each(|| async {
        let (a, b) = udp_pair().await;
        let mut outgoing = UdpSendBatch::with_capacity(8);
        let mut incoming = UdpReceiveBatch::with_capacity(5, 64);
        let datagrams = [Datagram::new(b"x"); 8];
        for _ in 0..3 {
            assert_eq!(a.send_batch(&mut outgoing, &datagrams).await.unwrap(), 8);
            let mut left = 8;
            while left > 0 {
                left -= b.recv_batch(&mut incoming).await.unwrap();
            }
        }
    });
}

#[test]
fn a_refusal_of_the_network_is_told_once() {
    each(|| async {
        let (a, b) = udp_pair().await;
        drop(b);
        a.send(b"x").await.unwrap();
        let error = a.recv(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let nothing = a.try_recv(&mut [0; 8]).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn a_full_unix_socket_makes_its_sender_wait() {
    each(|| async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let sender = spawn(async move {
            for number in 0..2_000_u32 {
                a.send(&number.to_le_bytes()).await.unwrap();
            }
            assert!(a.local_addr().unwrap().is_unnamed());
        });
        let mut buffer = [0; 8];
        for number in 0..2_000_u32 {
            assert_eq!(b.recv(&mut buffer).await.unwrap(), 4);
            assert_eq!(buffer[..4], number.to_le_bytes());
        }
        sender.await.unwrap();
    });
}

#[test]
fn unix_datagrams_go_by_name() {
    each(|| async {
        let (here, there) = (TempPath::new(), TempPath::new());
        let a = UnixDatagram::bind(&here).unwrap();
        let b = UnixDatagram::bind(&there).unwrap();
        let mut buffer = [0; 8];
        a.send_to(b"one", &there).await.unwrap();
        let (len, from) = b.recv_from(&mut buffer).await.unwrap();
        assert_eq!((len, from), (3, a.local_addr().unwrap()));
        let c = UnixDatagram::unbound().unwrap();
        c.connect(&there).unwrap();
        c.send(b"four").await.unwrap();
        assert_eq!(b.recv(&mut buffer).await.unwrap(), 4);
    });
}
