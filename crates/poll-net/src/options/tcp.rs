//! Options of TCP sockets. Those of a listener are inherited by what it accepts, on most systems.

use core::time::Duration;

use super::options;

/// The options of one type.
macro_rules! tcp_options {
    ($type:ident) => {
        options! { $type {
            /// Small segments are sent at once (Nagle's algorithm is off).
            nodelay, set_nodelay: bool = NO_DELAY;

            /// An idle connection is probed.
            keepalive, set_keepalive: bool = KEEP_ALIVE;

            /// What closing does with unsent data: `None` sends it in the background, zero throws
            /// it away and resets the connection, and a longer time, in seconds rounded up,
            /// **blocks the close**.
            linger, set_linger: Option<Duration> = LINGER;

            /// The urgent byte stays in the stream.
            urgent_inline, set_urgent_inline: bool = INLINE_OUT_OF_BAND;

            /// The greatest segment in bytes; it can be made smaller before connecting.
            max_segment_size, set_max_segment_size: usize = MAX_SEGMENT_SIZE;
        } }

        #[cfg(not(target_os = "openbsd"))]
        options! { $type {
            /// Idle time before the first probe, in seconds rounded up; Linux takes 1 to 32767 s.
            keepalive_idle, set_keepalive_idle: Duration = KEEP_ALIVE_IDLE;

            /// Time between probes, in seconds rounded up; Linux takes 1 to 32767 s.
            keepalive_interval, set_keepalive_interval: Duration = KEEP_ALIVE_INTERVAL;

            /// Unanswered probes before the connection is dropped; Linux takes 1 to 127.
            keepalive_count, set_keepalive_count: u32 = KEEP_ALIVE_COUNT;
        } }

        #[cfg(not(target_os = "netbsd"))]
        options! { $type {
            /// Only full segments are sent, until it is switched off; Linux waits 200 ms at most.
            cork, set_cork: bool = CORK;
        } }

        #[cfg(any(
            target_os = "linux",
            target_os = "android",
            target_os = "freebsd",
            target_os = "illumos"
        ))]
        options! { $type {
            /// The name of the congestion control algorithm.
            congestion_control, set_congestion_control: crate::Name = CONGESTION_CONTROL;
        } }

        #[cfg(any(
            target_os = "linux",
            target_os = "android",
            target_os = "freebsd",
            target_vendor = "apple"
        ))]
        options! { $type {
            /// How many connections with data in their first segment a listener queues; zero is
            /// off. On Apple's systems it is on or off and comes after `listen`.
            fast_open, set_fast_open: u32 = FAST_OPEN;
        } }

        #[cfg(any(target_os = "linux", target_os = "android"))]
        options! { $type {
            /// Acknowledgements are sent at once; the system switches it off by itself. Linux.
            quick_ack, set_quick_ack: bool = QUICK_ACK;

            /// How long sent data may stay unacknowledged, in milliseconds rounded up; zero is the
            /// system's choice. Linux.
            user_timeout, set_user_timeout: Duration = USER_TIMEOUT;

            /// A listener reports only connections that have data, for at most about this time;
            /// the kernel rounds up to its retransmission times. Zero is off. Linux.
            defer_accept, set_defer_accept: Duration = DEFER_ACCEPT;

            /// Connecting waits for the first write, which goes with the first segment: until then
            /// the stream is reported as writable, and has no peer. It does so where the peer gave
            /// a cookie before, and connects as usual otherwise. Linux.
            fast_open_connect, set_fast_open_connect: bool = FAST_OPEN_CONNECT;

            /// The socket counts as writable only with fewer unsent bytes than this. Linux.
            unsent_low_water, set_unsent_low_water: u32 = UNSENT_LOW_WATER;
        } }
    };
}

tcp_options!(TcpSocket);
tcp_options!(TcpListener);
tcp_options!(TcpStream);

#[cfg(any(target_os = "linux", target_os = "android"))]
impl crate::TcpStream {
    /// The state of the connection as the kernel measures it: round-trip time, losses, window.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP`: no TCP socket.
    ///
    /// Manual: tcp(7)
    #[doc(alias = "TCP_INFO")]
    pub fn info(&self) -> std::io::Result<crate::TcpInfo> {
        Ok(sys_socket::tcp_info(self)?)
    }
}
