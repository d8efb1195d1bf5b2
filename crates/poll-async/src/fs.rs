//! Files and folders: those of the standard library, on the threads for closures that block.
//!
//! Systems have no readiness for files: a read waits for the disk, and its thread with it. So each
//! operation here costs a way to another thread and back, which is much more than that of a file
//! in the cache. Read and write whole files, or in large pieces.
//!
//! The functions are those of [`std::fs`], with its errors, and an error outside of a runtime. One
//! whose future is dropped goes on, if it was begun.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::fs::{DirEntry, Metadata, OpenOptions, Permissions};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};

use crate::io::blocking::{Blocking, Unread, run};

/// Functions of the standard library that take a path, or two.
macro_rules! functions {
    ($(
        $(#[$attribute:meta])*
        $name:ident($($path:ident),+ $(; $argument:ident: $type:ty)?) -> $result:ty;
    )*) => { $(
        $(#[$attribute])*
        ///
        /// # Errors
        ///
        #[doc = concat!("As [`std::fs::", stringify!($name), "`], and outside of a runtime.")]
        pub async fn $name(
            $($path: impl AsRef<Path>,)+
            $($argument: $type,)?
        ) -> io::Result<$result> {
            $( let $path = $path.as_ref().to_owned(); )+
            run(move || std::fs::$name($($path,)+ $($argument,)?)).await
        }
    )* };
}

functions! {
    /// Reads a whole file.
    read(path) -> Vec<u8>;
    /// Reads a whole file of text.
    read_to_string(path) -> String;
    /// Whether there is something at a path, behind symbolic links.
    exists(path) -> bool;
    /// Copies a file with its permissions: how many bytes.
    copy(from, to) -> u64;
    /// Gives a file or a folder another name, in the place of what was there.
    rename(from, to) -> ();
    /// Gives a file one more name.
    hard_link(original, link) -> ();
    /// Removes a file.
    remove_file(path) -> ();
    /// Makes a folder.
    create_dir(path) -> ();
    /// Makes a folder and those around it.
    create_dir_all(path) -> ();
    /// Removes an empty folder.
    remove_dir(path) -> ();
    /// Removes a folder and all that is in it.
    remove_dir_all(path) -> ();
    /// What a path names, behind symbolic links.
    metadata(path) -> Metadata;
    /// What a path names, be it a symbolic link.
    symlink_metadata(path) -> Metadata;
    /// The path without symbolic links.
    canonicalize(path) -> PathBuf;
    /// Where a symbolic link leads.
    read_link(path) -> PathBuf;
    /// Sets the permissions of what a path names.
    set_permissions(path; permissions: Permissions) -> ();
}

/// Writes a whole file, in the place of what was there.
///
/// A vector or a string is handed over; what is borrowed is copied.
///
/// # Errors
///
/// As [`std::fs::write`], and outside of a runtime.
pub async fn write(path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
    let (path, bytes) = (path.as_ref().to_owned(), bytes.into());
    run(move || std::fs::write(path, bytes)).await
}

/// All that is in a folder, read at once.
///
/// # Errors
///
/// As [`std::fs::read_dir`] and its iterator, and outside of a runtime.
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<Vec<DirEntry>> {
    let path = path.as_ref().to_owned();
    run(move || std::fs::read_dir(path)?.collect()).await
}

/// An open file.
///
/// It has the traits of futures-io. A write takes the bytes and returns; a failure is told by the
/// next operation, so flush before the file is dropped. Reads, writes and seeks are one after the
/// other.
///
/// ```
/// use poll_async::fs::{self, File};
/// use poll_async::io::AsyncWriteExt;
///
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// # let path = std::env::temp_dir().join(format!("poll-async-doc-{}", std::process::id()));
/// let mut file = File::create(&path).await?;
/// file.write_all(b"hello").await?;
/// file.flush().await?;
/// assert_eq!(fs::read(&path).await?, b"hello");
/// # fs::remove_file(&path).await?;
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct File {
    // Shared with the calls that are being made on it.
    file: Arc<std::fs::File>,
    io: Blocking<Arc<std::fs::File>>,
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::open`], and outside of a runtime.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        run(|| std::fs::File::open(path)).await.map(Self::from)
    }

    /// Opens a file for writing, empty, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::create`], and outside of a runtime.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        run(|| std::fs::File::create(path)).await.map(Self::from)
    }

    /// Opens a file in the way that `options` say.
    ///
    /// # Errors
    ///
    /// As [`OpenOptions::open`], and outside of a runtime.
    pub async fn open_with(options: &OpenOptions, path: impl AsRef<Path>) -> io::Result<Self> {
        let (options, path) = (options.clone(), path.as_ref().to_owned());
        run(move || options.open(path)).await.map(Self::from)
    }

    /// What the system knows of the file.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::metadata`].
    pub async fn metadata(&self) -> io::Result<Metadata> {
        self.call(|file| file.metadata()).await
    }

    /// Cuts the file, or fills it with zeros, to this length.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::set_len`].
    pub async fn set_len(&self, len: u64) -> io::Result<()> {
        self.call(move |file| file.set_len(len)).await
    }

    /// Waits until the disk has all that was written and flushed.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::sync_all`].
    pub async fn sync_all(&self) -> io::Result<()> {
        self.call(|file| file.sync_all()).await
    }

    /// As [`sync_all`](Self::sync_all), without what is not needed to read the data.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::sync_data`].
    pub async fn sync_data(&self) -> io::Result<()> {
        self.call(|file| file.sync_data()).await
    }

    /// Makes a call on the file where it may block.
    ///
    /// # Errors
    ///
    /// Those of the call, and outside of a runtime.
    pub async fn call<R: Send + 'static>(
        &self,
        call: impl FnOnce(&std::fs::File) -> io::Result<R> + Send + 'static,
    ) -> io::Result<R> {
        let file = Arc::clone(&self.file);
        run(move || call(&file)).await
    }
}

impl From<std::fs::File> for File {
    fn from(file: std::fs::File) -> Self {
        let file = Arc::new(file);
        let io = Blocking::new(Arc::clone(&file));
        Self { file, io }
    }
}

impl Unread for Arc<std::fs::File> {
    fn unread(&mut self, bytes: usize) -> io::Result<()> {
        let back = i64::try_from(bytes).unwrap_or(i64::MAX);
        match back {
            0 => Ok(()),
            _ => self.seek(SeekFrom::Current(-back)).map(drop),
        }
    }
}

impl AsyncRead for File {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_read(context, buffer)
    }
}

impl AsyncWrite for File {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(context)
    }

    /// Flushes; the file is closed when it is dropped.
    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(context)
    }
}

impl AsyncSeek for File {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        self.io.poll_seek(context, to)
    }
}
