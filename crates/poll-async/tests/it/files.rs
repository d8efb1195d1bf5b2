//! Files, folders and the standard streams.

use std::fs::OpenOptions;
use std::io::{ErrorKind, SeekFrom};
use std::process::{Command, Stdio};

use poll_async::fs::{self, File};
use poll_async::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, copy, stderr, stdin, stdout};
use poll_async::process::Child;
use poll_async::runtime::{NoRuntime, Runtime};

use crate::stage::{TempPath, each, give_up_after};

#[test]
fn a_file_is_written_and_read_whole() {
    each(|| async {
        let (path, other) = (TempPath::new(), TempPath::new());
        assert!(!fs::exists(&path).await.unwrap());
        fs::write(&path, "hello").await.unwrap();
        assert!(fs::exists(&path).await.unwrap());
        assert_eq!(fs::read_to_string(&path).await.unwrap(), "hello");
        assert_eq!(fs::copy(&path, &other).await.unwrap(), 5);
        fs::remove_file(&path).await.unwrap();
        let gone = fs::metadata(&path).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
        fs::rename(&other, &path).await.unwrap();
        assert_eq!(fs::read(&path).await.unwrap(), b"hello");
    });
}

#[test]
fn a_folder_is_made_listed_and_removed() {
    each(|| async {
        let path = TempPath::new();
        let inner = path.as_ref().join("a/b");
        fs::create_dir_all(&inner).await.unwrap();
        fs::write(inner.join("c"), &[1]).await.unwrap();
        let found = fs::read_dir(&inner).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].file_name(), "c");
        fs::remove_dir_all(&path).await.unwrap();
    });
}

#[test]
fn a_file_is_a_stream_both_ways_and_seeks() {
    each(|| async {
        let path = TempPath::new();
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create_new(true);
        let mut file = File::open_with(options, &path).await.unwrap();
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(700_001).collect();
        file.write_all(&bytes).await.unwrap();
        assert_eq!(file.seek(SeekFrom::Start(0)).await.unwrap(), 0);
        let mut read = Vec::new();
        assert_eq!(copy(&mut file, &mut read).await.unwrap(), 700_001);
        assert!(read == bytes);
        assert_eq!(file.seek(SeekFrom::End(-3)).await.unwrap(), 699_998);
        file.set_len(699_999).await.unwrap();
        let mut end = Vec::new();
        file.read_to_end(&mut end).await.unwrap();
        assert_eq!(end, bytes[699_998..699_999]);
        file.sync_all().await.unwrap();
        assert_eq!(file.metadata().await.unwrap().len(), 699_999);
    });
}

/// Begins a read of eight bytes and gives it up. One that a thread has done at once is taken back.
async fn read_ahead(file: &mut File) {
    let mut buffer = [0; 8];
    while let Some(count) = give_up_after(1, file.read(&mut buffer)).await {
        let back = -i64::try_from(count.unwrap()).unwrap();
        file.seek(SeekFrom::Current(back)).await.unwrap();
    }
}

#[test]
fn a_write_goes_where_the_last_read_ended_and_not_where_it_read_ahead() {
    each(|| async {
        let path = TempPath::new();
        fs::write(&path, b"abcdefgh".to_vec()).await.unwrap();
        let mut options = OpenOptions::new();
        let mut file = File::open_with(options.read(true).write(true), &path)
            .await
            .unwrap();
        read_ahead(&mut file).await;
        let mut short = [0; 2];
        assert_eq!(file.read(&mut short).await.unwrap(), 2);
        assert_eq!(&short, b"ab");
        file.write_all(b"XY").await.unwrap();
        assert_eq!(file.seek(SeekFrom::Current(0)).await.unwrap(), 4);
        assert_eq!(fs::read(&path).await.unwrap(), b"abXYefgh");
        read_ahead(&mut file).await;
        assert_eq!(file.read(&mut short).await.unwrap(), 2);
        assert_eq!(file.seek(SeekFrom::Current(1)).await.unwrap(), 7);
    });
}

#[test]
fn a_write_that_failed_is_told_by_the_next_operation() {
    each(|| async {
        let path = TempPath::new();
        fs::write(&path, "").await.unwrap();
        let mut file = File::open(&path).await.unwrap();
        file.write_all(b"not for writing").await.unwrap();
        assert!(file.flush().await.is_err());
        assert_eq!(file.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn outside_of_a_runtime_files_are_an_error() {
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    let mut read = core::pin::pin!(fs::read("/dev/null"));
    let core::task::Poll::Ready(Err(error)) = read.as_mut().poll(&mut context) else {
        panic!("it is read");
    };
    assert!(error.get_ref().is_some_and(|inner| inner.is::<NoRuntime>()));
}

#[test]
fn the_standard_streams_pass_all_bytes() {
    const MARK: &str = "POLL_ASYNC_ECHO";
    const NAME: &str = "files::the_standard_streams_pass_all_bytes";
    let runtime = Runtime::new().unwrap();
    if std::env::var_os(MARK).is_some() {
        runtime.block_on(async {
            let mut out = stdout();
            out.write_all(b"\nbegin\n").await.unwrap();
            assert_eq!(copy(stdin(), &mut out).await.unwrap(), 300_000);
            out.write_all(b"\nend\n").await.unwrap();
            out.close().await.unwrap();
            let mut err = stderr();
            err.write_all(b"said").await.unwrap();
            err.flush().await.unwrap();
        });
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", NAME, "--nocapture"])
        .env(MARK, "1");
    runtime.block_on(async {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = Child::spawn(&mut command).unwrap();
        let input = child.stdin.take().unwrap();
        let writing = poll_async::spawn(async move { input.write_all(&[b'x'; 300_000]).await });
        let output = child.wait_with_output().await.unwrap();
        writing.await.unwrap().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let (_, text) = text.split_once("\nbegin\n").unwrap();
        let (text, _) = text.split_once("\nend\n").unwrap();
        assert!(text.len() == 300_000 && text.bytes().all(|byte| byte == b'x'));
        assert!(String::from_utf8_lossy(&output.stderr).contains("said"));
    });
}
