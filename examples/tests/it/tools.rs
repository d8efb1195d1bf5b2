//! Clients and tools that others wrote. Each is used where it is installed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use examples::engine::EngineName;
use examples::fetch::counter;
use examples::server_process::ServerProcess;
use poll_os::Signal;
use sys_process::{Pid, kill};

use crate::support::{Client, HELLO, command, count, on_each_engine};

/// Whether the tool is there; says so loudly if not.
pub(crate) fn is_installed(tool: &str, argument: &str) -> bool {
    let status = Command::new(tool)
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // 127 is how a child says that it could not become the program, where the parent was not told:
    // an emulator that copies the process for vfork(2).
    let installed = status.is_ok_and(|status| status.code() != Some(127));
    if !installed {
        println!("SKIP: {tool} is not installed");
    }
    installed
}

#[test]
fn curl_is_served() {
    if !is_installed("curl", "--version") {
        return;
    }
    on_each_engine(&[], |server| {
        let url = |path: &str| format!("http://{}{path}", server.address());
        let curl = |arguments: &[&str]| {
            let output = Command::new("curl")
                .args(["-sS", "-m", "20"])
                .args(arguments)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            String::from_utf8(output.stdout).unwrap()
        };
        let hello = url("/hello");
        let twice = curl(&["-w", "%{num_connects} ", &hello, &hello]);
        assert_eq!(
            twice, "Hello, world!\n1 Hello, world!\n0 ",
            "one connection for both"
        );
        assert_eq!(curl(&["-0", &hello]), "Hello, world!\n");
        assert!(curl(&["-I", &hello]).contains("Content-Length: 14\r\n"));
        assert_eq!(curl(&[&url("/bytes/3000000")]).len(), 3_000_000);
        let status = |arguments: &[&str]| {
            curl(&[&["-o", "/dev/null", "-w", "%{http_code}"], arguments].concat())
        };
        assert_eq!(status(&[&url("/nothing")]), "404");
        let body = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("body-{}", server.id()));
        let data = format!("@{}", body.display());
        // The second body is longer than allowed; curl waits for our word before it sends it.
        for (length, expected) in [(1_000_000, "405"), (2_000_000, "413")] {
            fs::write(&body, vec![b'x'; length]).unwrap();
            assert_eq!(status(&["--data-binary", &data, &hello]), expected);
        }
        assert_eq!(
            status(&[
                "-H",
                "Transfer-Encoding: chunked",
                "--data-binary",
                "abc",
                &hello
            ]),
            "501"
        );
        fs::remove_file(&body).unwrap();
    });
}

#[test]
fn wrk_is_served() {
    if !is_installed("wrk", "-v") {
        return;
    }
    on_each_engine(&[], |server| {
        let url = format!("http://{}/hello", server.address());
        let output = Command::new("wrk")
            .args(["-t1", "-c64", "-d1s", &url])
            .output()
            .unwrap();
        let report = String::from_utf8(output.stdout).unwrap();
        assert!(report.contains("Requests/sec:"), "{report}");
        assert!(
            !report.contains("Socket errors") && !report.contains("Non-2xx"),
            "{report}"
        );
        assert!(
            count(server, "requests") > 64,
            "not one for each connection"
        );
    });
}

#[test]
fn the_seam_counts_the_system_calls_that_strace_sees() {
    const REQUESTS: u64 = 1000;
    if !is_installed("strace", "-V") {
        return;
    }
    let server = ServerProcess::start(command(EngineName::Native, &[])).unwrap();
    let mut client = Client::connect(&server);
    // Once round, so that nothing that is only done at the start is counted.
    client.ask(HELLO);
    let before = calls(&mut client);

    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("strace-{}", server.id()));
    let mut strace = Command::new("strace");
    strace
        .args(["-c", "-f", "-p", &server.id().to_string(), "-o"])
        .arg(&file);
    let mut strace = strace.stderr(Stdio::piped()).spawn().unwrap();
    // Kept to the end: strace still has something to say when it leaves.
    let mut stderr = BufReader::new(strace.stderr.take().unwrap());
    let mut said = String::new();
    stderr.read_line(&mut said).unwrap();
    if !said.contains("attached") {
        println!("SKIP: strace may not look at the server: {said}");
        strace.wait().unwrap();
        return;
    }
    for _ in 0..REQUESTS {
        client.ask(HELLO);
    }
    let counted = calls(&mut client) - before;
    let id = Pid::from_raw(i32::try_from(strace.id()).unwrap()).unwrap();
    kill(id, Signal::INTERRUPT).unwrap();
    strace.wait().unwrap();
    drop(stderr);

    let table = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let total = table.lines().find(|line| line.ends_with(" total")).unwrap();
    let seen: u64 = total.split_whitespace().nth(3).unwrap().parse().unwrap();
    println!("{counted} counted at the seam, {seen} seen by strace");
    // One wait, one read, one write: for the requests and for the look at the counters at the end.
    // That strace comes interrupts one wait, which is made again.
    let expected = 3 * (REQUESTS + 1);
    assert!((expected..=expected + 1).contains(&counted), "{counted}");
    // At its ends the two windows differ by the calls in between.
    assert!(
        seen.abs_diff(counted) <= 4,
        "{seen} instead of {counted}:\n{table}"
    );
}

fn calls(client: &mut Client) -> u64 {
    let response = client.ask("GET /counters HTTP/1.1\r\nHost: h\r\n\r\n");
    let json = String::from_utf8(response.body).unwrap();
    counter(&json, "system_calls_poller") + counter(&json, "system_calls_sockets")
}
