//! The numbers that libc lacks against the C program that Linux's headers check.

use super::{GENERIC, PROCESS_KIND, READS_LATER};
use crate::credentials::UCRED;

#[test]
fn the_c_program_for_linux_asserts_the_same_numbers() {
    let program = include_str!("../../tests/abi/linux.c");
    let [cpu, napi_id, pidfd] = GENERIC;
    for claim in [
        format!("MSG_ZEROCOPY == {:#x}", READS_LATER.unwrap()),
        format!("SCM_PIDFD == {}", PROCESS_KIND.unwrap()),
        format!("SO_INCOMING_CPU == {cpu}"),
        format!("SO_INCOMING_NAPI_ID == {napi_id}"),
        format!("SO_PASSPIDFD == {pidfd}"),
        format!("sizeof(struct ucred) == {UCRED}"),
    ] {
        let line = format!("\n_Static_assert({claim}, \"\");\n");
        assert!(program.contains(&line), "{claim}");
    }
}
