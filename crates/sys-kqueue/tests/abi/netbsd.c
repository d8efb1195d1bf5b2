// What sys-kqueue takes for granted about NetBSD, checked by a compiler with its headers:
//     zig cc -target x86_64-netbsd -c -o netbsd.o netbsd.c
// A test in src/tables holds the numbers against the table of that system.
// Since NetBSD 10 the structure has extensions at its end; the libc crate calls the entry point of
// the one without, which ends where they begin.

#include <sys/types.h>
#include <sys/event.h>
#include <stddef.h>

_Static_assert(offsetof(struct kevent, ident) == 0, "");
_Static_assert(offsetof(struct kevent, filter) == 8, "");
_Static_assert(offsetof(struct kevent, flags) == 12, "");
_Static_assert(offsetof(struct kevent, fflags) == 16, "");
_Static_assert(offsetof(struct kevent, data) == 24, "");
_Static_assert(offsetof(struct kevent, udata) == 32, "");
_Static_assert(offsetof(struct kevent, ext) == 40, "");

_Static_assert(EVFILT_READ == 0, "");
_Static_assert(EVFILT_WRITE == 1, "");
_Static_assert(EVFILT_AIO == 2, "");
_Static_assert(EVFILT_VNODE == 3, "");
_Static_assert(EVFILT_PROC == 4, "");
_Static_assert(EVFILT_SIGNAL == 5, "");
_Static_assert(EVFILT_TIMER == 6, "");
_Static_assert(EVFILT_USER == 8, "");
_Static_assert(EVFILT_FS == 7, "");
_Static_assert(EVFILT_EMPTY == 9, "");
_Static_assert(EV_ADD == 0x1, "");
_Static_assert(EV_DELETE == 0x2, "");
_Static_assert(EV_ENABLE == 0x4, "");
_Static_assert(EV_DISABLE == 0x8, "");
_Static_assert(EV_ONESHOT == 0x10, "");
_Static_assert(EV_CLEAR == 0x20, "");
_Static_assert(EV_RECEIPT == 0x40, "");
_Static_assert(EV_DISPATCH == 0x80, "");
_Static_assert(EV_FLAG1 == 0x2000, "");
_Static_assert(EV_ERROR == 0x4000, "");
_Static_assert(EV_EOF == 0x8000, "");
_Static_assert(NOTE_LOWAT == 0x1, "");
_Static_assert(NOTE_DELETE == 0x1, "");
_Static_assert(NOTE_WRITE == 0x2, "");
_Static_assert(NOTE_EXTEND == 0x4, "");
_Static_assert(NOTE_ATTRIB == 0x8, "");
_Static_assert(NOTE_LINK == 0x10, "");
_Static_assert(NOTE_RENAME == 0x20, "");
_Static_assert(NOTE_REVOKE == 0x40, "");
_Static_assert(NOTE_EXIT == 0x80000000, "");
_Static_assert(NOTE_FORK == 0x40000000, "");
_Static_assert(NOTE_EXEC == 0x20000000, "");
_Static_assert(NOTE_TRACK == 0x1, "");
_Static_assert(NOTE_TRACKERR == 0x2, "");
_Static_assert(NOTE_CHILD == 0x4, "");
_Static_assert(NOTE_FFAND == 0x40000000, "");
_Static_assert(NOTE_FFOR == 0x80000000, "");
_Static_assert(NOTE_FFCOPY == 0xc0000000, "");
_Static_assert(NOTE_FFLAGSMASK == 0xffffff, "");
_Static_assert(NOTE_TRIGGER == 0x1000000, "");
_Static_assert(NOTE_OPEN == 0x80, "");
_Static_assert(NOTE_CLOSE == 0x100, "");
_Static_assert(NOTE_CLOSE_WRITE == 0x200, "");
_Static_assert(NOTE_READ == 0x400, "");
_Static_assert(NOTE_ABSTIME == 0x10, "");
_Static_assert(NOTE_USECONDS == 0x2, "");
_Static_assert(NOTE_NSECONDS == 0x3, "");
_Static_assert(NOTE_SECONDS == 0x1, "");
