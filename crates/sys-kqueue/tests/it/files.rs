//! The filters on files and file systems.

use std::fs;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::PathBuf;

use sys_kqueue::{Change, Filter, Flags, Kind, Kqueue, VnodeNotes};

use super::{assert_silent, next};

/// A name that no other test of this run or of another one has.
fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("sys-kqueue-{}-{name}", std::process::id()))
}

#[test]
fn what_happens_to_a_file_is_reported_by_its_notes() {
    let kqueue = Kqueue::new().unwrap();
    let (old, new) = (path("old"), path("new"));
    let mut file = fs::File::create(&old).unwrap();
    let notes = VnodeNotes::WRITE | VnodeNotes::EXTEND | VnodeNotes::RENAME | VnodeNotes::DELETE;
    let add = Change::vnode(file.as_fd(), notes, Flags::ADD | Flags::CLEAR, 4);
    kqueue.apply_one(&add).unwrap();
    assert_silent(&kqueue);
    file.write_all(b"x").unwrap();
    let seen = vnode(&kqueue);
    assert!(
        seen.contains(VnodeNotes::WRITE | VnodeNotes::EXTEND),
        "{seen:?}"
    );
    fs::rename(&old, &new).unwrap();
    assert_eq!(vnode(&kqueue), VnodeNotes::RENAME);
    fs::remove_file(&new).unwrap();
    assert!(vnode(&kqueue).contains(VnodeNotes::DELETE));
}

fn vnode(kqueue: &Kqueue) -> VnodeNotes {
    let event = next(kqueue);
    assert_eq!(event.udata(), 4);
    match event.kind() {
        Kind::Vnode(notes) => notes,
        kind => panic!("{kind:?}"),
    }
}

#[test]
fn file_systems_can_be_watched_where_the_system_says_so() {
    let kqueue = Kqueue::new().unwrap();
    let Some(add) = Change::file_systems(Flags::ADD | Flags::CLEAR, 1) else {
        return assert_eq!(Filter::FS, None);
    };
    kqueue.apply_one(&add).unwrap();
}
