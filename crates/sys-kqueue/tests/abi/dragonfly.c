// What sys-kqueue takes for granted about DragonFly, checked by a compiler with its headers:
//     cc -c -o dragonfly.o dragonfly.c
// on the system itself, as zig does not have its headers.
// A test in src/tables holds the numbers against the table of that system.

#include <sys/types.h>
#include <sys/event.h>
#include <stddef.h>

_Static_assert(sizeof(struct kevent) == 32, "");
_Static_assert(offsetof(struct kevent, ident) == 0, "");
_Static_assert(offsetof(struct kevent, filter) == 8, "");
_Static_assert(offsetof(struct kevent, flags) == 10, "");
_Static_assert(offsetof(struct kevent, fflags) == 12, "");
_Static_assert(offsetof(struct kevent, data) == 16, "");
_Static_assert(offsetof(struct kevent, udata) == 24, "");

_Static_assert(EVFILT_READ == -1, "");
_Static_assert(EVFILT_WRITE == -2, "");
_Static_assert(EVFILT_AIO == -3, "");
_Static_assert(EVFILT_VNODE == -4, "");
_Static_assert(EVFILT_PROC == -5, "");
_Static_assert(EVFILT_SIGNAL == -6, "");
_Static_assert(EVFILT_TIMER == -7, "");
_Static_assert(EVFILT_USER == -9, "");
_Static_assert(EVFILT_EXCEPT == -8, "");
_Static_assert(EVFILT_FS == -10, "");
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
_Static_assert(EV_NODATA == 0x1000, "");
_Static_assert(EV_HUP == 0x800, "");
_Static_assert(NOTE_OOB == 0x2, "");
