//! The tables against the C programs that each system's own headers check.

extern crate std;

use super::{APPLE, DRAGONFLY, FREEBSD, NETBSD, OPENBSD, Table};
use crate::{Flags, IoNotes, ProcessNotes, UserNotes, VnodeNotes};
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

/// The numbers that are the same everywhere, under their names in C.
const EVERYWHERE: [(&str, u32); 30] = [
    ("EV_ADD", Flags::ADD.bits()),
    ("EV_DELETE", Flags::DELETE.bits()),
    ("EV_ENABLE", Flags::ENABLE.bits()),
    ("EV_DISABLE", Flags::DISABLE.bits()),
    ("EV_ONESHOT", Flags::ONESHOT.bits()),
    ("EV_CLEAR", Flags::CLEAR.bits()),
    ("EV_RECEIPT", Flags::RECEIPT.bits()),
    ("EV_DISPATCH", Flags::DISPATCH.bits()),
    ("EV_FLAG1", Flags::FLAG1.bits()),
    ("EV_ERROR", Flags::ERROR.bits()),
    ("EV_EOF", Flags::EOF.bits()),
    ("NOTE_LOWAT", IoNotes::LOWAT.bits()),
    ("NOTE_DELETE", VnodeNotes::DELETE.bits()),
    ("NOTE_WRITE", VnodeNotes::WRITE.bits()),
    ("NOTE_EXTEND", VnodeNotes::EXTEND.bits()),
    ("NOTE_ATTRIB", VnodeNotes::ATTRIB.bits()),
    ("NOTE_LINK", VnodeNotes::LINK.bits()),
    ("NOTE_RENAME", VnodeNotes::RENAME.bits()),
    ("NOTE_REVOKE", VnodeNotes::REVOKE.bits()),
    ("NOTE_EXIT", ProcessNotes::EXIT.bits()),
    ("NOTE_FORK", ProcessNotes::FORK.bits()),
    ("NOTE_EXEC", ProcessNotes::EXEC.bits()),
    ("NOTE_TRACK", ProcessNotes::TRACK.bits()),
    ("NOTE_TRACKERR", ProcessNotes::TRACKERR.bits()),
    ("NOTE_CHILD", ProcessNotes::CHILD.bits()),
    ("NOTE_FFAND", UserNotes::AND.bits()),
    ("NOTE_FFOR", UserNotes::OR.bits()),
    ("NOTE_FFCOPY", UserNotes::COPY.bits()),
    ("NOTE_FFLAGSMASK", UserNotes::USER_BITS.bits()),
    ("NOTE_TRIGGER", UserNotes::TRIGGER.bits()),
];

fn filters(table: &Table) -> Vec<(&'static str, Option<i32>)> {
    let it = table.filters;
    vec![
        ("EVFILT_READ", Some(it.read)),
        ("EVFILT_WRITE", Some(it.write)),
        ("EVFILT_AIO", Some(it.aio)),
        ("EVFILT_VNODE", Some(it.vnode)),
        ("EVFILT_PROC", Some(it.proc)),
        ("EVFILT_SIGNAL", Some(it.signal)),
        ("EVFILT_TIMER", Some(it.timer)),
        ("EVFILT_USER", Some(it.user)),
        ("EVFILT_EXCEPT", it.except),
        ("EVFILT_FS", it.fs),
        ("EVFILT_EMPTY", it.empty),
        ("EVFILT_PROCDESC", it.procdesc),
        ("EVFILT_LIO", it.lio),
        ("EVFILT_SENDFILE", it.sendfile),
        ("EVFILT_JAIL", it.jail),
        ("EVFILT_JAILDESC", it.jaildesc),
        ("EVFILT_MACHPORT", it.machport),
        ("EVFILT_VM", it.vm),
        ("EVFILT_DEVICE", it.device),
    ]
}

fn bits(table: &Table) -> Vec<(&'static str, Option<u32>)> {
    let Table {
        flags,
        io,
        vnode,
        process,
        timer,
        ..
    } = *table;
    vec![
        ("EV_FORCEONESHOT", flags.forceoneshot),
        ("EV_KEEPUDATA", flags.keepudata),
        ("EV_UDATA_SPECIFIC", flags.udata_specific),
        ("EV_VANISHED", flags.vanished),
        ("EV_POLL", flags.poll),
        ("EV_NODATA", flags.nodata),
        ("EV_HUP", flags.hup),
        ("NOTE_OOB", io.oob),
        ("NOTE_FILE_POLL", io.file_poll),
        ("NOTE_EOF", io.eof),
        ("NOTE_OPEN", vnode.open),
        ("NOTE_CLOSE", vnode.close),
        ("NOTE_CLOSE_WRITE", vnode.close_write),
        ("NOTE_READ", vnode.read),
        ("NOTE_TRUNCATE", vnode.truncate),
        ("NOTE_NONE", vnode.none),
        ("NOTE_FUNLOCK", vnode.funlock),
        ("NOTE_LEASE_DOWNGRADE", vnode.lease_downgrade),
        ("NOTE_LEASE_RELEASE", vnode.lease_release),
        ("NOTE_SIGNAL", process.signal),
        ("NOTE_EXITSTATUS", process.exitstatus),
        ("NOTE_EXIT_DETAIL", process.exit_detail),
        ("NOTE_CRITICAL", timer.critical),
        ("NOTE_BACKGROUND", timer.background),
        ("NOTE_MACH_CONTINUOUS_TIME", timer.continuous),
        ("NOTE_MACHTIME", timer.machtime),
    ]
}

fn units(table: &Table, absolute: &'static str) -> Vec<(&'static str, Option<u32>)> {
    let named = [
        ("NOTE_USECONDS", 1_000),
        ("NOTE_NSECONDS", 1),
        ("NOTE_SECONDS", 1_000_000_000),
    ];
    let mut lines = vec![(absolute, table.timer.absolute)];
    for (name, nanos) in named {
        let unit = table.timer.units.iter().find(|it| it.nanos == nanos);
        lines.push((name, unit.map(|it| it.fflags)));
    }
    lines
}

/// The assertions a C program makes about a system with this table.
fn assertions(table: &Table, absolute: &'static str) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, number) in filters(table) {
        lines.extend(number.map(|it| format!("_Static_assert({name} == {it}, \"\");")));
    }
    let everywhere = EVERYWHERE.map(|(name, bits)| (name, Some(bits)));
    let all = everywhere.into_iter().chain(bits(table));
    for (name, bits) in all.chain(units(table, absolute)) {
        lines.extend(bits.map(|it| format!("_Static_assert({name} == {it:#x}, \"\");")));
    }
    lines
}

#[test]
fn the_c_programs_assert_exactly_the_numbers_of_the_tables() {
    for (table, absolute, program) in [
        (
            APPLE,
            "NOTE_ABSOLUTE",
            include_str!("../../tests/abi/apple.c"),
        ),
        (
            FREEBSD,
            "NOTE_ABSTIME",
            include_str!("../../tests/abi/freebsd.c"),
        ),
        (
            NETBSD,
            "NOTE_ABSTIME",
            include_str!("../../tests/abi/netbsd.c"),
        ),
        (
            OPENBSD,
            "NOTE_ABSTIME",
            include_str!("../../tests/abi/openbsd.c"),
        ),
        (DRAGONFLY, "", include_str!("../../tests/abi/dragonfly.c")),
    ] {
        let numbers = |line: &&str| line.starts_with("_Static_assert(") && !line.contains("of(");
        let written: Vec<_> = program.lines().filter(numbers).collect();
        assert_eq!(written, assertions(&table, absolute));
    }
}
