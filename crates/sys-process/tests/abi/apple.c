// What sys-process takes for granted about Apple's systems, checked by a compiler with its headers:
//     zig cc -target aarch64-macos -c -o apple.o apple.c
// A signal has a place in its tables, and wait(2) an answer of this form.

#include <signal.h>
#include <sys/wait.h>

_Static_assert(NSIG <= 128, "");

// The form in which wait(2) tells how a process ended.
_Static_assert(W_EXITCODE(7, 0) == 7 << 8, "");
_Static_assert(W_EXITCODE(0, 9) == 9, "");
_Static_assert(WCOREFLAG == 0x80, "");
