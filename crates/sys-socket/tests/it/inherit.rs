//! Socket activation: a shell plays the service manager, this binary is also the service.

use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};

use sys_socket::options;

use crate::descriptors::is_close_on_exec;
use crate::loopback::{listener, starting_a_child};

const ROLE: &str = "SYS_SOCKET_TEST_ROLE";
const MARK: &str = "took: ";

/// Runs this binary in the service's role, with `stdin` passed on by `redirections`.
fn run_service(stdin: impl Into<Stdio>, environment: &str, redirections: &str) -> String {
    let script = format!("{environment} exec \"$0\" \"$@\" {redirections}");
    let starting = starting_a_child();
    let child = Command::new("/bin/sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "inherit::takes_what_it_was_passed"])
        .args(["--nocapture", "--test-threads=1"])
        .env(ROLE, "service")
        .stdin(stdin)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(starting);
    let output = child.wait_with_output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let lines = output.lines().filter_map(|line| line.split_once(MARK));
    lines.map(|(_, took)| format!("{took}\n")).collect()
}

fn socket() -> OwnedFd {
    listener().0
}

/// In the role of the service: says what it was passed, twice. Else: there is nothing to take.
#[test]
fn takes_what_it_was_passed() {
    if std::env::var_os(ROLE).is_none() {
        assert_eq!(sys_socket::listen_fds().unwrap().len(), 0);
        return;
    }
    for _ in 0..2 {
        match sys_socket::listen_fds() {
            Ok(sockets) => {
                for passed in &sockets {
                    let socket = passed.socket.as_fd();
                    let listens = sys_socket::option(socket, options::IS_LISTENING).unwrap();
                    let safe = is_close_on_exec(socket);
                    println!("\n{MARK}{:?} {listens} {safe}", passed.name);
                }
                println!("\n{MARK}{} sockets", sockets.len());
            }
            Err(error) => println!("\n{MARK}{error:?}"),
        }
    }
}

#[test]
fn sockets_are_taken_with_their_names_and_only_once() {
    let environment = "LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES=http::admin";
    let took = run_service(socket(), environment, "3<&0 4<&0 5<&0");
    let already = format!("{:?}", sys_socket::Errno::ALREADY);
    let wanted = format!(
        "Some(\"http\") true true\nNone true true\nSome(\"admin\") true true\n\
         3 sockets\n{already}\n"
    );
    assert_eq!(took, wanted);
}

#[test]
fn sockets_of_another_process_are_left_alone() {
    let took = run_service(socket(), "LISTEN_PID=1 LISTEN_FDS=1", "3<&0");
    assert_eq!(took, "0 sockets\n0 sockets\n");
    let took = run_service(socket(), "", "3<&0");
    assert_eq!(took, "0 sockets\n0 sockets\n");
}

#[test]
fn what_is_no_socket_or_not_open_or_no_number_is_an_error_every_time() {
    let twice = |error: sys_socket::Errno| format!("{error:?}\n{error:?}\n");
    let took = run_service(Stdio::null(), "LISTEN_PID=$$ LISTEN_FDS=1", "3<&0");
    assert_eq!(took, twice(sys_socket::Errno::NOTSOCK));
    let took = run_service(socket(), "LISTEN_PID=$$ LISTEN_FDS=2", "3<&0 4<&-");
    assert_eq!(took, twice(sys_socket::Errno::BADF));
    let took = run_service(socket(), "LISTEN_PID=$$ LISTEN_FDS=many", "3<&0");
    assert_eq!(took, twice(sys_socket::Errno::INVAL));
}
