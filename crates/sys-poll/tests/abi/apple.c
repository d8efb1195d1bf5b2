// What sys-poll takes for granted about Apple's systems, checked by a compiler with its headers:
//     zig cc -target aarch64-macos -c -o apple.o apple.c
// The flag is nothing there: src/target.rs.

#include <poll.h>

#ifdef POLLRDHUP
#error "the system has POLLRDHUP by now"
#endif
