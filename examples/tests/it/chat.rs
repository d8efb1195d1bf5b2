//! The chat on poll-async, on one worker and on two.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;

use examples::server_process::ServerProcess;
use poll_os::Signal;

use crate::programs::run;
use crate::support::LIMIT;

const QUESTION: &str = "* what is your name?\n";

fn on_one_and_two_workers(test: impl Fn(&mut ServerProcess)) {
    for workers in ["1", "2"] {
        println!("on {workers}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_async_chat"));
        command.args(["--workers", workers]);
        test(&mut ServerProcess::start(command).unwrap());
    }
}

/// A guest that says this first.
fn guest(server: &ServerProcess, says: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(says.as_bytes()).unwrap();
    BufReader::new(stream)
}

fn hear(guest: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    guest.read_line(&mut line).unwrap();
    line
}

#[test]
fn guests_hear_each_other_and_who_is_slow_hears_what_it_missed() {
    for workers in ["1", "2"] {
        let program = env!("CARGO_BIN_EXE_async_chat");
        let output = run(program, &["--self-test", "--workers", workers]);
        assert!(output.ends_with("10 guests came\n"), "{output}");
    }
}

#[test]
fn who_has_no_good_name_is_asked_again_and_a_line_without_end_is_not_heard_out() {
    on_one_and_two_workers(|server| {
        let mut anna = guest(server, "anna\n");
        assert_eq!(
            [hear(&mut anna), hear(&mut anna)],
            [QUESTION, "* anna comes in\n"]
        );
        let mut names = guest(
            server,
            &format!("\n{}\nanna\r\nb\x1bo\r\nh\x07i\r\n", "x".repeat(33)),
        );
        for answer in [
            QUESTION,
            "* a name has 1 to 32 bytes\n",
            "* a name has 1 to 32 bytes\n",
            "* somebody has that name\n",
            "* bo comes in\n",
            "bo: hi\n",
        ] {
            assert_eq!(hear(&mut names), answer);
        }
        names.get_mut().write_all(&[b'x'; 1024]).unwrap();
        assert_eq!(hear(&mut names), "");
        for line in ["* bo comes in\n", "bo: hi\n", "* bo leaves\n"] {
            assert_eq!(hear(&mut anna), line);
        }
        let mut again = guest(server, "bo\n");
        assert_eq!(
            [hear(&mut again), hear(&mut again)],
            [QUESTION, "* bo comes in\n"]
        );
    });
}

#[test]
fn guests_of_an_async_chat_hear_its_goodbye() {
    on_one_and_two_workers(|server| {
        let mut anna = guest(server, "anna\n");
        assert_eq!(
            [hear(&mut anna), hear(&mut anna)],
            [QUESTION, "* anna comes in\n"]
        );
        server.signal(Signal::TERMINATE).unwrap();
        assert_eq!(io::read_to_string(anna).unwrap(), "* the room closes\n");
        assert!(server.wait(LIMIT).unwrap().unwrap().success());
        assert_eq!(server.line().unwrap(), "1 guests came");
    });
}
