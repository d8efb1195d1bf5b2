//! Shows what is written to files, as `tail -F` does: also of files that are cut, replaced, or not
//! there yet.
//!
//! No engine tells that a regular file has grown, so a timer looks after it, and what a file has is
//! then read as from any other source: a piece of each in turn, and nothing while the output takes
//! no more.
//!
//! ```text
//! tail_files --file /var/log/one --file /var/log/two --from-start --interval-ms 250
//! ```
//!
//! With `--self-test` it writes files, looks at what is shown, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a program talks to its user")]

use core::convert::Infallible;
use core::mem;
use core::num::NonZeroU64;
use core::time::Duration;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, IoSlice, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{env, process};

use examples::arguments::Arguments;
use examples::console::NonBlocking;
use examples::engine::{self, EngineName};
use examples::{receive, self_test};
use poll_os::{Signal, Signals};
use poll_reactor::{
    Builder, Context, Error, Handle, Id, Pressure, Released, Service, Source, StreamEvent, Target,
    TimerId,
};

type Input = Source<File>;
type Output = Target<File>;

/// How often files are looked after, if nobody says otherwise.
const INTERVAL_MS: NonZeroU64 = NonZeroU64::MIN.saturating_add(249);
/// How long an output that takes nothing may delay the end.
const GRACE: Duration = Duration::from_secs(1);

/// The service.
struct Tail {
    files: Vec<Followed>,
    interval: Duration,
    output: Option<Id<Output>>,
    /// The output takes no more for now.
    is_pressed: bool,
    /// The file that was shown last.
    shown: Option<usize>,
    failure: Option<Error>,
}

/// A file that is followed by its name.
struct Followed {
    path: PathBuf,
    open: Option<Open>,
    /// It was said why it is not open.
    is_told: bool,
}

/// What the name means now, or meant until all of it was shown.
struct Open {
    id: Id<Input>,
    identity: (u64, u64),
    /// Up to here it was shown.
    position: u64,
}

impl Service for Tail {
    type Command = ();
    type Timer = ();

    fn timer(&mut self, _: TimerId, (): (), context: &mut Context<'_, Self>) {
        context.set_timer(self.interval, ());
        // What waits for the output was read already; the rest can wait where it is.
        if !self.is_pressed {
            for at in 0..self.files.len() {
                self.look_after(at, context);
            }
        }
    }
}

impl Handle<Input> for Tail {
    fn event(&mut self, id: Id<Input>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        // At the end of a file nothing is read until the timer finds that it has grown.
        let StreamEvent::Received(bytes) = event else {
            return;
        };
        let Some(at) = self.position(id) else { return };
        self.show(at, bytes, context);
        if let Some(open) = &mut self.files[at].open {
            open.position += bytes.len() as u64;
        }
    }

    fn failed(
        &mut self,
        id: Id<Input>,
        _: Released<Input>,
        error: Error,
        _: &mut Context<'_, Self>,
    ) {
        if let Some(at) = self.position(id) {
            eprintln!("{}: {}", self.files[at].path.display(), error.source);
            self.files[at].open = None;
        }
    }
}

impl Handle<Output> for Tail {
    fn event(&mut self, _: Id<Output>, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }

    fn pressure(&mut self, _: Id<Output>, pressure: Pressure, context: &mut Context<'_, Self>) {
        self.is_pressed = pressure == Pressure::High;
        for open in self.files.iter().filter_map(|file| file.open.as_ref()) {
            match pressure {
                Pressure::High => context.pause(open.id),
                Pressure::Low => context.resume(open.id),
            };
        }
    }

    fn failed(
        &mut self,
        _: Id<Output>,
        _: Released<Output>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        // Whoever has seen enough closes the pipe.
        if error.source.kind() != ErrorKind::BrokenPipe {
            self.failure.get_or_insert(error);
        }
        context.shut_down(GRACE);
    }
}

impl Handle<Signals> for Tail {
    fn event(&mut self, _: Id<Signals>, _: Signal, context: &mut Context<'_, Self>) {
        context.shut_down(GRACE);
    }

    fn failed(
        &mut self,
        _: Id<Signals>,
        _: Released<Signals>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.failure.get_or_insert(error);
        context.shut_down(GRACE);
    }
}

impl Tail {
    fn position(&self, id: Id<Input>) -> Option<usize> {
        let is_it = |open: &Open| open.id == id;
        self.files
            .iter()
            .position(|file| file.open.as_ref().is_some_and(is_it))
    }

    /// Lets a file be read if it has grown, from its beginning if it was cut, and another one in
    /// its place if the name means another one and all of the old one was shown.
    fn look_after(&mut self, at: usize, context: &mut Context<'_, Self>) {
        let file = &mut self.files[at];
        let named = fs::metadata(&file.path).ok();
        let Some(open) = &mut file.open else {
            file.begin(SeekFrom::Start(0), context);
            return;
        };
        let Some(source) = context.get(open.id) else {
            return;
        };
        let length = source.get_ref().metadata().map_or(0, |now| now.len());
        let is_replaced = named.is_none_or(|named| identity(&named) != open.identity);
        if length > open.position {
            context.resume(open.id);
        } else if is_replaced {
            eprintln!("{}: was replaced or removed", file.path.display());
            context.unregister(open.id);
            file.begin(SeekFrom::Start(0), context);
        } else if length < open.position {
            eprintln!("{}: was cut", file.path.display());
            let mut cut = source.get_ref();
            if cut.seek(SeekFrom::Start(0)).is_ok() {
                open.position = 0;
                context.resume(open.id);
            }
        }
    }

    fn show(&mut self, at: usize, bytes: &[u8], context: &mut Context<'_, Self>) {
        let Some(output) = self.output else { return };
        let mut head = String::new();
        if self.files.len() > 1 && self.shown != Some(at) {
            head = head_of(&self.files[at].path);
            self.shown = Some(at);
        }
        // If it is refused, the output has failed, which we are told next: sources are paused long
        // before the queue is full.
        let all = [IoSlice::new(head.as_bytes()), IoSlice::new(bytes)];
        context.send_vectored(output, &all).unwrap_or(());
    }
}

impl Followed {
    /// Opens what the name means now; if that is nothing, the timer tries again.
    fn begin(&mut self, from: SeekFrom, context: &mut Context<'_, Tail>) {
        match open(&self.path, from, context) {
            Ok(open) => {
                self.open = Some(open);
                self.is_told = false;
            }
            Err(error) => {
                self.open = None;
                if !mem::replace(&mut self.is_told, true) {
                    eprintln!("{}: {error}", self.path.display());
                }
            }
        }
    }
}

fn open(path: &Path, from: SeekFrom, context: &mut Context<'_, Tail>) -> io::Result<Open> {
    // Asked before it is opened, since opening a pipe waits for somebody to write to it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("no regular file"));
    }
    let mut file = File::open(path)?;
    let identity = identity(&file.metadata()?);
    let position = file.seek(from)?;
    let id = context.register(Source::new(file))?;
    Ok(Open {
        id,
        identity,
        position,
    })
}

fn head_of(path: &Path) -> String {
    format!("==> {} <==\n", path.display())
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let engine = line.value("--engine", EngineName::Native)?;
    let paths = line.values("--file")?;
    let from = match line.flag("--from-start") || is_test {
        true => SeekFrom::Start(0),
        false => SeekFrom::End(0),
    };
    let interval = Duration::from_millis(line.value("--interval-ms", INTERVAL_MS)?.get());
    line.finish()?;
    if !is_test {
        let stdout = NonBlocking::new(io::stdout())?;
        return follow(engine, &paths, from, interval, &stdout);
    }
    let folder = env::temp_dir().join(format!("tail_files-{}", process::id()));
    fs::create_dir(&folder)?;
    let (shown, output) = io::pipe()?;
    let writer = Writer {
        one: folder.join("one"),
        two: folder.join("two"),
        shown,
    };
    let paths = [writer.one.clone(), writer.two.clone()];
    let interval = Duration::from_millis(1);
    let tested = self_test::against(
        move || writer.write(),
        || follow(engine, &paths, from, interval, &NonBlocking::new(output)?),
    );
    fs::remove_dir_all(&folder)?;
    tested
}

fn follow(
    engine: EngineName,
    paths: &[PathBuf],
    from: SeekFrom,
    interval: Duration,
    output: &NonBlocking,
) -> io::Result<()> {
    let files = paths.iter().map(|path| Followed {
        path: path.clone(),
        open: None,
        is_told: false,
    });
    let tail = Tail {
        files: files.collect(),
        interval,
        output: None,
        is_pressed: false,
        shown: None,
        failure: None,
    };
    let ended = engine::run(engine, Builder::new(), tail, |tail, context| {
        context.register(Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?)?;
        tail.output = Some(context.register(Target::new(output.file()?))?);
        for file in &mut tail.files {
            file.begin(from, context);
        }
        context.set_timer(interval, ());
        Ok(())
    })?;
    ended.failure.map_or(Ok(()), |error| Err(error.into()))
}

/// No wait of the self-test is longer.
const LIMIT: Duration = Duration::from_secs(20);

/// What the self-test writes, and what it is shown.
struct Writer {
    one: PathBuf,
    two: PathBuf,
    shown: io::PipeReader,
}

impl Writer {
    fn write(mut self) -> io::Result<()> {
        let (one, two) = (self.one.clone(), self.two.clone());
        let (head, other) = (head_of(&one), head_of(&two));
        // Neither file is there at first.
        append(&one, "one\n")?;
        self.expect(&format!("{head}one\n"))?;
        append(&one, "two\n")?;
        self.expect("two\n")?;
        append(&two, "other\n")?;
        self.expect(&format!("{other}other\n"))?;
        // Cut, and shorter than before.
        fs::write(&one, "3\n")?;
        self.expect(&format!("{head}3\n"))?;
        // Replaced, with something in the old one that was not shown yet.
        append(&one, "last\n")?;
        fs::rename(&one, one.with_extension("old"))?;
        append(&one, "first\n")?;
        self.expect("last\nfirst\n")?;
        fs::remove_file(&one)?;
        append(&one, "again\n")?;
        self.expect("again\n")?;
        // More than the pipe and the queue hold, while nobody reads.
        let much: String = (0..500_000).map(|number| format!("{number}\n")).collect();
        append(&one, &much)?;
        self.expect(&much)?;
        append(&one, "end\n")?;
        self.expect("end\n")
    }

    fn expect(&mut self, expected: &str) -> io::Result<()> {
        let shown = receive::exactly(&mut self.shown, expected.len(), LIMIT)?;
        match shown == expected.as_bytes() {
            true => Ok(()),
            false => Err(io::Error::other(format!("not {expected:.80}"))),
        }
    }
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut options = File::options();
    let mut file = options.append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())
}
