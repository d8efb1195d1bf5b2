// What sys-poll takes for granted about NetBSD, checked by a compiler with its headers:
//     zig cc -target x86_64-netbsd -c -o netbsd.o netbsd.c
// The flag is nothing there: src/target.rs.

#include <poll.h>

#ifdef POLLRDHUP
#error "the system has POLLRDHUP by now"
#endif
