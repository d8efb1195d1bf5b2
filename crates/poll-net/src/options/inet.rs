//! Options of every internet socket, TCP and UDP alike.

use super::options;

/// The options of one type.
macro_rules! inet_options {
    ($type:ident) => {
        options! { $type {
            /// Binding succeeds although connections of an earlier socket linger (TCP), or although
            /// others are bound (UDP multicast).
            reuse_address, set_reuse_address: bool = REUSE_ADDRESS;

            /// Bytes of the send buffer; the system adjusts it, and Linux reports the double.
            send_buffer_size, set_send_buffer_size: usize = SEND_BUFFER_SIZE;

            /// Bytes of the receive buffer; the system adjusts it, and Linux reports the double.
            recv_buffer_size, set_recv_buffer_size: usize = RECEIVE_BUFFER_SIZE;

            /// The hops that IPv4 packets may take, 1 to 255.
            ttl, set_ttl: u8 = TTL;

            /// The type-of-service byte of IPv4 packets; on TCP its two ECN bits are the system's.
            tos, set_tos: u8 = TOS;

            /// The hops that IPv6 packets may take.
            unicast_hops_v6, set_unicast_hops_v6: u8 = UNICAST_HOPS;

            /// The traffic class byte of IPv6 packets; on TCP its two ECN bits are the system's.
            traffic_class_v6, set_traffic_class_v6: u8 = TRAFFIC_CLASS;

            /// An IPv6 socket leaves the IPv4 side of its port to others; set before binding.
            only_v6, set_only_v6: bool = ONLY_V6;
        } }

        #[cfg(not(target_os = "illumos"))]
        options! { $type {
            /// Several sockets share an address; each sets it before binding. Linux spreads
            /// connections and datagrams among them; elsewhere the last one may get them all.
            reuse_port, set_reuse_port: bool = REUSE_PORT;
        } }

        #[cfg(any(target_os = "linux", target_os = "android"))]
        options! { $type {
            /// The mark for routing and filtering; setting needs `CAP_NET_ADMIN`. Linux.
            mark, set_mark: u32 = MARK;

            /// The queueing priority; above 6 it needs `CAP_NET_ADMIN`. Linux.
            priority, set_priority: u32 = PRIORITY;

            /// The interface that the socket is bound to; the empty name is none. Linux.
            bound_device, bind_to_device: crate::Name = BIND_TO_DEVICE;

            /// The processor that handles the socket's packets, or -1; setting it steers a group
            /// that shares a port. Linux.
            incoming_cpu, set_incoming_cpu: i32 = INCOMING_CPU;

            /// The receive queue of the device that the last packet came from; zero is none. Linux.
            incoming_napi_id: u32 = INCOMING_NAPI_ID;

            /// How long a receive that finds nothing polls the device, in microseconds rounded
            /// up; raising it needs `CAP_NET_ADMIN`. Linux.
            busy_poll, set_busy_poll: core::time::Duration = BUSY_POLL;

            /// Binding succeeds for an address that is not here yet. Linux.
            free_bind, set_free_bind: bool = FREE_BIND;

            /// Binding succeeds for foreign addresses, as a proxy needs it; setting needs
            /// `CAP_NET_ADMIN`. Linux.
            transparent, set_transparent: bool = TRANSPARENT;
        } }
    };
}

inet_options!(TcpSocket);
inet_options!(TcpListener);
inet_options!(TcpStream);
inet_options!(UdpSocket);
