// What sys-socket takes for granted about Linux, checked by a compiler with its headers:
//     zig cc -target aarch64-linux-gnu -c -o linux.o linux.c
// Tests in src/target.rs and src/tcp_info.rs hold these lines against the constants.

#define _GNU_SOURCE
#include <stddef.h>
#include <sys/socket.h>
#include <linux/tcp.h>

_Static_assert(MSG_ZEROCOPY == 0x4000000, "");
_Static_assert(SCM_PIDFD == 4, "");
_Static_assert(SO_INCOMING_CPU == 49, "");
_Static_assert(SO_INCOMING_NAPI_ID == 56, "");
_Static_assert(SO_PASSPIDFD == 76, "");

_Static_assert(sizeof(struct ucred) == 12, "");
_Static_assert(offsetof(struct ucred, pid) == 0, "");
_Static_assert(offsetof(struct ucred, uid) == 4, "");
_Static_assert(offsetof(struct ucred, gid) == 8, "");

_Static_assert(offsetof(struct tcp_info, tcpi_state) == 0, "");
_Static_assert(offsetof(struct tcp_info, tcpi_rto) == 8, "");
_Static_assert(offsetof(struct tcp_info, tcpi_snd_mss) == 16, "");
_Static_assert(offsetof(struct tcp_info, tcpi_unacked) == 24, "");
_Static_assert(offsetof(struct tcp_info, tcpi_lost) == 32, "");
_Static_assert(offsetof(struct tcp_info, tcpi_pmtu) == 60, "");
_Static_assert(offsetof(struct tcp_info, tcpi_rtt) == 68, "");
_Static_assert(offsetof(struct tcp_info, tcpi_rttvar) == 72, "");
_Static_assert(offsetof(struct tcp_info, tcpi_snd_cwnd) == 80, "");
_Static_assert(offsetof(struct tcp_info, tcpi_total_retrans) == 100, "");
