//! Making room for many descriptors.

use std::io;

use sys_process::{DescriptorLimit, descriptor_limit, set_descriptor_limit};

/// Sees to it that this process may have `wanted` descriptors.
///
/// # Errors
///
/// The system does not allow so many; the text says how many it allows.
pub fn make_room_for(wanted: usize) -> io::Result<()> {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let limit = descriptor_limit();
    if limit.soft.is_none_or(|soft| soft >= wanted) {
        return Ok(());
    }
    let raised = DescriptorLimit {
        soft: Some(wanted),
        ..limit
    };
    set_descriptor_limit(raised).map_err(|errno| {
        let hard = limit
            .hard
            .map_or("none".to_owned(), |hard| hard.to_string());
        let what = format!("{wanted} descriptors are needed, the hard limit is {hard}: {errno}");
        io::Error::new(io::Error::from(errno).kind(), what)
    })
}

/// Raises the limit as far as the system allows, and is content with what it gets.
pub fn make_all_room() {
    let limit = descriptor_limit();
    let raised = DescriptorLimit {
        soft: limit.hard,
        ..limit
    };
    // macOS names a hard limit that it does not grant; the old soft limit then stays.
    set_descriptor_limit(raised).unwrap_or(());
}
