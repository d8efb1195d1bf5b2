// What sys-epoll takes for granted about Linux, checked by a compiler with its headers:
//     zig cc -target aarch64-linux-gnu -c -o linux.o linux.c
// A test in src/event.rs holds the flags against the constants.

#include <stddef.h>
#include <linux/eventpoll.h>

_Static_assert(sizeof(struct epoll_params) == 8, "");
_Static_assert(offsetof(struct epoll_params, busy_poll_usecs) == 0, "");
_Static_assert(offsetof(struct epoll_params, busy_poll_budget) == 4, "");
_Static_assert(offsetof(struct epoll_params, prefer_busy_poll) == 6, "");
_Static_assert(EPOLL_IOC_TYPE == 0x8a, "");

_Static_assert(EPOLLIN == 0x1, "");
_Static_assert(EPOLLPRI == 0x2, "");
_Static_assert(EPOLLOUT == 0x4, "");
_Static_assert(EPOLLERR == 0x8, "");
_Static_assert(EPOLLHUP == 0x10, "");
_Static_assert(EPOLLRDNORM == 0x40, "");
_Static_assert(EPOLLRDBAND == 0x80, "");
_Static_assert(EPOLLWRNORM == 0x100, "");
_Static_assert(EPOLLWRBAND == 0x200, "");
_Static_assert(EPOLLMSG == 0x400, "");
_Static_assert(EPOLLRDHUP == 0x2000, "");
_Static_assert(EPOLLEXCLUSIVE == 0x10000000, "");
_Static_assert(EPOLLWAKEUP == 0x20000000, "");
_Static_assert(EPOLLONESHOT == 0x40000000, "");
_Static_assert(EPOLLET == 0x80000000, "");
