//! A server that adds up what its clients send, in async_io's interface, which runs on poll-io
//! through `compat/asio`.
//!
//! It is its own clients, checks what they are told, and ends.

use std::io::{Error, ErrorKind, Result};
use std::process::exit;
use std::sync::Arc;

use asio::{
    AsyncMutex, Connector, Listener, RingBuffer, Stream, async_channel, async_spawn, runtime,
};

/// How many clients there are, and at once.
const CLIENTS: u64 = 200;
const AT_ONCE: usize = 16;

/// How many pieces each of them sends, and how many numbers are in one.
const PIECES: u64 = 50;
const NUMBERS: usize = 1000;

fn main() {
    runtime(async {
        // Tasks have no results, and the server's has no end.
        match add_up().await {
            Ok(sum) => println!("{CLIENTS} clients, {sum} in all"),
            Err(error) => {
                eprintln!("sums-on-asio: {error}");
                exit(1);
            }
        }
    });
}

async fn add_up() -> Result<u64> {
    let listener = Listener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let total = Arc::new(AsyncMutex::new(0));
    let server = async_spawn(serve(listener, Arc::clone(&total)));
    let places = Arc::new(RingBuffer::new(AT_ONCE));
    let (tell, told) = async_channel();
    for number in 0..CLIENTS {
        places.send(()).await;
        let (tell, address, place) = (tell.clone(), address.clone(), Arc::clone(&places));
        drop(async_spawn(async move {
            let answer = ask(&address, number).await;
            // Refused after an error of another one, which ends the program.
            drop(tell.send(answer));
            place.recv().await;
        }));
    }
    drop(tell);
    let mut sum = 0;
    while let Ok(answer) = told.receive().await {
        sum += answer?;
    }
    server.await;
    let expected = (0..CLIENTS).sum::<u64>() * PIECES * NUMBERS as u64;
    match (sum, *total.lock().await) == (expected, expected) {
        true => Ok(sum),
        false => Err(Error::other(format!("{sum}, not {expected}"))),
    }
}

/// Serves so many connections as there are clients.
async fn serve(mut listener: Listener, total: Arc<AsyncMutex<u64>>) {
    let mut connections = Vec::new();
    for _ in 0..CLIENTS {
        match listener.accept().await {
            Ok(stream) => {
                let total = Arc::clone(&total);
                connections.push(async_spawn(async move {
                    // The client sees what becomes of it.
                    drop(answer(&stream, &total).await);
                }));
            }
            Err(error) => eprintln!("accept: {error}"),
        }
    }
    for connection in connections {
        connection.await;
    }
}

/// Answers each piece with the sum of all that came so far.
async fn answer(stream: &Stream, total: &AsyncMutex<u64>) -> Result<()> {
    let mut sum = 0;
    let mut piece = [0; NUMBERS * 8];
    for _ in 0..PIECES {
        fill(stream, &mut piece).await?;
        let (numbers, _) = piece.as_chunks();
        let more: u64 = numbers.iter().copied().map(u64::from_be_bytes).sum();
        sum += more;
        *total.lock().await += more;
        stream.write_all(&u64::to_be_bytes(sum)).await?;
    }
    Ok(())
}

/// Sends `number` so many times, and returns the last answer.
async fn ask(address: &str, number: u64) -> Result<u64> {
    let stream = Connector::connect(address)?;
    let piece = number.to_be_bytes().repeat(NUMBERS);
    let mut sum = [0; 8];
    for _ in 0..PIECES {
        stream.write_all(&piece).await?;
        fill(&stream, &mut sum).await?;
    }
    Ok(u64::from_be_bytes(sum))
}

async fn fill(stream: &Stream, mut buffer: &mut [u8]) -> Result<()> {
    while !buffer.is_empty() {
        match stream.read(buffer).await? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            read => buffer = &mut buffer[read..],
        }
    }
    Ok(())
}
