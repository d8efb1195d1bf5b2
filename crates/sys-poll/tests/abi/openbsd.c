// What sys-poll takes for granted about OpenBSD, checked by a compiler with its headers:
//     zig cc -target x86_64-openbsd -c -o openbsd.o openbsd.c
// The flag is nothing there: src/target.rs.

#include <poll.h>

#ifdef POLLRDHUP
#error "the system has POLLRDHUP by now"
#endif
