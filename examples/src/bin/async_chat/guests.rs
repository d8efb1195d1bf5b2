//! The guests of the self-test.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, ErrorKind};

use poll_async::io::{AsyncBufReadExt, BufReader};
use poll_async::net::{TcpSocket, TcpStream};
use poll_async::task::JoinSet;
use poll_async::time::timeout;

/// How long anything in the self-test may take.
const LONG: Duration = Duration::from_secs(20);

/// The guests of the self-test: some that talk, and one that does not listen for long.
pub(crate) async fn come(room: SocketAddr) -> io::Result<()> {
    const GUESTS: usize = 8;
    const LINES: usize = 100;
    // First, when nobody else comes or leaves.
    let (heard, missed) = timeout(LONG, be_slow(room)).await??;
    println!("a slow guest heard {heard} lines, and that it missed {missed}");
    let mut guests = Vec::new();
    for number in 0..GUESTS {
        let stream = TcpStream::connect(room).await?;
        let entering = Guest::enter(stream, number, number.checked_sub(1));
        guests.push(timeout(LONG, entering).await??);
    }
    let mut talks = JoinSet::new();
    for (number, guest) in guests.into_iter().enumerate() {
        talks.spawn(timeout(LONG, guest.talk(number, GUESTS, LINES)));
    }
    while let Some(talk) = talks.join_next().await {
        talk???;
    }
    println!("{GUESTS} guests heard {LINES} lines of each");
    Ok(())
}

/// A guest says much, another one listens when that is over: how many lines it heard, and how many
/// it was told that it missed.
async fn be_slow(room: SocketAddr) -> io::Result<(usize, usize)> {
    const TOGETHER: usize = 50;
    const TIMES: usize = 40;
    let long = "and so on ".repeat(90);
    let mut busy = Guest::enter(TcpStream::connect(room).await?, 90, None).await?;
    let slow = TcpSocket::v4()?;
    // The system remembers less for it, so that fewer lines are enough.
    slow.get_ref().set_recv_buffer_size(4096)?;
    let mut slow = Guest::enter(slow.connect(room).await?, 91, None).await?;
    for _ in 0..TIMES {
        let lines = format!("{long}\n").repeat(TOGETHER);
        busy.stream.get_ref().write_all(lines.as_bytes()).await?;
        let mut own = 0;
        while own < TOGETHER {
            own += usize::from(busy.hear().await?.starts_with("90: "));
        }
    }
    busy.say("that was all").await?;
    let (mut heard, mut missed) = (0, 0);
    loop {
        let line = slow.hear().await?;
        if let Some(rest) = line.strip_prefix("* you missed ") {
            let count = rest.trim_end_matches(" lines");
            missed += count.parse::<usize>().map_err(io::Error::other)?;
        } else {
            heard += 1;
        }
        if line == "90: that was all" {
            break;
        }
    }
    assert_eq!(heard + missed, TIMES * TOGETHER + 1);
    assert!(missed > 0, "all lines found room");
    Ok((heard, missed))
}

/// A guest whose name is a number.
struct Guest {
    stream: BufReader<TcpStream>,
}

impl Guest {
    /// Comes in, after a name that somebody has was refused.
    async fn enter(stream: TcpStream, number: usize, taken: Option<usize>) -> io::Result<Self> {
        let mut guest = Self {
            stream: BufReader::new(stream),
        };
        assert_eq!(guest.hear().await?, "* what is your name?");
        if let Some(taken) = taken {
            guest.say(&taken.to_string()).await?;
            assert_eq!(guest.hear().await?, "* somebody has that name");
        }
        guest.say(&number.to_string()).await?;
        while guest.hear().await? != format!("* {number} comes in") {}
        Ok(guest)
    }

    async fn say(&self, line: &str) -> io::Result<()> {
        let stream = self.stream.get_ref();
        stream.write_all(format!("{line}\n").as_bytes()).await
    }

    async fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Says numbers, each when the one before was heard, and hears those of everybody in order.
    async fn talk(mut self, number: usize, guests: usize, lines: usize) -> io::Result<()> {
        let mut next = vec![0; guests];
        self.say("0").await?;
        while next.iter().sum::<usize>() < guests * lines {
            let line = self.hear().await?;
            let Some((name, said)) = line.split_once(": ") else {
                assert!(!line.starts_with("* you missed"), "{line}");
                continue;
            };
            let speaker: usize = name.parse().map_err(io::Error::other)?;
            assert_eq!(said, next[speaker].to_string(), "of {speaker}");
            next[speaker] += 1;
            if speaker == number && next[number] < lines {
                self.say(&next[number].to_string()).await?;
            }
        }
        Ok(())
    }
}
