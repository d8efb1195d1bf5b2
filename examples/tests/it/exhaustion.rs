//! No descriptors left.

use core::time::Duration;
use std::io::ErrorKind;
use std::process::Command;

use examples::engine::EngineName;
use examples::fetch::counter;
use examples::server_process::ServerProcess;

use crate::support::{Client, HELLO, LIMIT, command, eventually};

const CLIENTS: usize = 150;

#[test]
fn clients_beyond_the_limit_wait_without_cost_and_are_served_when_there_is_room() {
    for engine in EngineName::ALL {
        let mut server = ServerProcess::start(limited(engine)).unwrap();
        let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::connect(&server)).collect();
        for client in &mut clients {
            client.send(HELLO);
        }
        // However long the first answers take, then the limit is reached and the pauses count.
        assert_eq!(clients[0].response().status(), "200 OK");
        eventually("somebody is not accepted", || {
            counter(&counters(&mut clients[0]), "not accepted") > 0
        });
        let answers = clients[1..].iter_mut().map(is_answered);
        let served = 1 + answers.take_while(|answered| *answered).count();
        assert!(served > 20 && served < 64, "{served}");

        // Those that got in are served as ever, and nothing spins.
        let before = counters(&mut clients[0]);
        assert!(
            !is_answered(&mut clients[served + 1]),
            "this pause is a second long"
        );
        let after = counters(&mut clients[0]);
        let waits = counter(&after, "waits") - counter(&before, "waits");
        assert!(waits < 60, "{waits} waits in a second");
        assert!(counter(&after, "not accepted") > 0, "{after}");
        for client in &mut clients[..served] {
            assert_eq!(client.ask(HELLO).status(), "200 OK");
        }

        // No new client comes, and yet everyone gets in.
        let waiting = clients.split_off(served);
        drop(clients);
        for mut client in waiting {
            assert_eq!(client.response().status(), "200 OK");
        }
        server.signal(poll_os::Signal::TERMINATE).unwrap();
        assert!(server.wait(LIMIT).unwrap().unwrap().success());
    }
}

/// The server with 64 descriptors.
fn limited(engine: EngineName) -> Command {
    let server = command(engine, &[]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]);
    limited.arg(server.get_program()).args(server.get_args());
    limited
}

/// Whether a response comes within a second; if so, it is taken.
fn is_answered(client: &mut Client) -> bool {
    client
        .stream
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let waiting = loop {
        match client.stream.peek(&mut [0]) {
            // A receive with a timeout is not taken up again after a signal.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            waiting => break waiting,
        }
    };
    client.stream.set_read_timeout(Some(LIMIT)).unwrap();
    match waiting {
        Ok(_) => client.response().status() == "200 OK",
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("{error}"),
    }
}

fn counters(client: &mut Client) -> String {
    let response = client.ask("GET /counters HTTP/1.1\r\nHost: h\r\n\r\n");
    String::from_utf8(response.body).unwrap()
}
