//! The state of a TCP connection, as the kernel measures it.

use core::time::Duration;
use std::os::fd::AsFd;

use crate::target::NAMES;
use crate::{Errno, sys};

/// What the kernel knows about a TCP connection: the part that is the same since Linux 2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpInfo {
    /// The state of the connection as a number: 1 is established, 10 is listening.
    pub state: u8,
    /// The time after which an unacknowledged segment is sent again.
    pub retransmission_timeout: Duration,
    /// The greatest segment to send, in bytes.
    pub send_segment_size: u32,
    /// Segments sent and not yet acknowledged.
    pub unacknowledged_segments: u32,
    /// Segments taken for lost.
    pub lost_segments: u32,
    /// The size of packets that the path takes, in bytes.
    pub path_mtu: u32,
    /// The smoothed round-trip time.
    pub round_trip_time: Duration,
    /// The variation of the round-trip time.
    pub round_trip_variation: Duration,
    /// The congestion window, in segments.
    pub congestion_window_segments: u32,
    /// Segments sent again in the whole life of the connection.
    pub retransmitted_segments: u32,
}

/// Where the fields of Linux's `tcp_info` stand; they never move, new ones come at the end.
mod at {
    pub(super) const RTO: usize = 8;
    pub(super) const SND_MSS: usize = 16;
    pub(super) const UNACKED: usize = 24;
    pub(super) const LOST: usize = 32;
    pub(super) const PMTU: usize = 60;
    pub(super) const RTT: usize = 68;
    pub(super) const RTTVAR: usize = 72;
    pub(super) const SND_CWND: usize = 80;
    pub(super) const TOTAL_RETRANS: usize = 100;
}

/// The length of the part that is read here.
const LEN: usize = at::TOTAL_RETRANS + 4;

impl TcpInfo {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let number = |offset| Some(u32::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?));
        let micros = |offset| Some(Duration::from_micros(u64::from(number(offset)?)));
        Some(Self {
            state: *bytes.first()?,
            retransmission_timeout: micros(at::RTO)?,
            send_segment_size: number(at::SND_MSS)?,
            unacknowledged_segments: number(at::UNACKED)?,
            lost_segments: number(at::LOST)?,
            path_mtu: number(at::PMTU)?,
            round_trip_time: micros(at::RTT)?,
            round_trip_variation: micros(at::RTTVAR)?,
            congestion_window_segments: number(at::SND_CWND)?,
            retransmitted_segments: number(at::TOTAL_RETRANS)?,
        })
    }
}

/// The state of a TCP connection.
///
/// One system call.
///
/// # Errors
///
/// * `ENOPROTOOPT`: a system other than Linux and Android.
/// * `EOPNOTSUPP`: no TCP socket.
/// * `ENOTSOCK`: no socket.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_INFO")]
pub fn tcp_info(fd: impl AsFd) -> Result<TcpInfo, Errno> {
    let name = NAMES.tcp_info.ok_or(Errno::NOPROTOOPT)?;
    let mut value = [0; LEN];
    let len = sys::option(fd.as_fd(), libc::IPPROTO_TCP, name, &mut value)?;
    TcpInfo::decode(value.get(..len).unwrap_or_default()).ok_or(Errno::INVAL)
}

#[cfg(test)]
mod tests {
    use super::{LEN, TcpInfo, at};
    use core::time::Duration;

    #[test]
    fn the_c_program_asserts_exactly_these_places() {
        let program = include_str!("../tests/abi/linux.c");
        let written = program
            .lines()
            .filter(|line| line.contains("struct tcp_info"));
        let places = [
            ("state", 0),
            ("rto", at::RTO),
            ("snd_mss", at::SND_MSS),
            ("unacked", at::UNACKED),
            ("lost", at::LOST),
            ("pmtu", at::PMTU),
            ("rtt", at::RTT),
            ("rttvar", at::RTTVAR),
            ("snd_cwnd", at::SND_CWND),
            ("total_retrans", at::TOTAL_RETRANS),
        ];
        let expected = places.map(|(field, place)| {
            format!("_Static_assert(offsetof(struct tcp_info, tcpi_{field}) == {place}, \"\");")
        });
        assert!(written.eq(expected));
    }

    #[test]
    fn fields_are_read_from_their_places_and_a_short_answer_is_none() {
        let mut bytes = [0; LEN];
        bytes[0] = 1;
        bytes[at::RTT..][..4].copy_from_slice(&1_500_u32.to_ne_bytes());
        bytes[at::SND_CWND..][..4].copy_from_slice(&10_u32.to_ne_bytes());
        let info = TcpInfo::decode(&bytes).unwrap();
        assert_eq!(info.state, 1);
        assert_eq!(info.round_trip_time, Duration::from_micros(1_500));
        assert_eq!(info.congestion_window_segments, 10);
        for len in 0..LEN {
            assert_eq!(TcpInfo::decode(&bytes[..len]), None, "{len}");
        }
    }
}
