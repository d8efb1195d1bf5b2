//! Terminals and serial devices: opened so that bytes pass as they are, and pairs of them for
//! tests.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr, ttyname};

/// A device in raw and non-blocking mode, until this is dropped.
#[derive(Debug)]
pub struct Device {
    file: File,
    before: Termios,
}

impl Device {
    /// Opens the device of this path, with this speed in bits per second or the one that it has.
    ///
    /// # Errors
    ///
    /// There is no such device, it is none, or the system does not know the speed. The text names
    /// the path.
    pub fn open(path: &Path, speed: Option<u32>) -> io::Result<Self> {
        Self::try_open(path, speed)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    fn try_open(path: &Path, speed: Option<u32>) -> io::Result<Self> {
        // Without NONBLOCK, opening a serial line may wait for a carrier; with NOCTTY, its hang-up
        // is not ours.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let before = tcgetattr(&file)?;
        let mut raw = before.clone();
        raw.make_raw();
        if let Some(speed) = speed {
            raw.set_speed(speed)?;
        }
        tcsetattr(&file, OptionalActions::Flush, &raw)?;
        Ok(Self { file, before })
    }

    /// The device, to be given away.
    ///
    /// # Errors
    ///
    /// There is no descriptor left.
    pub fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // One that was unplugged has no mode to be restored.
        tcsetattr(&self.file, OptionalActions::Drain, &self.before).unwrap_or(());
    }
}

/// A device without hardware: what is written to one side is read from the other.
#[derive(Debug)]
pub struct Pair {
    /// The side of the hardware, in blocking mode.
    pub hardware: File,
    /// Keeps the other side there while nobody else has it open.
    _device: OwnedFd,
    path: PathBuf,
}

impl Pair {
    /// A new one.
    ///
    /// # Errors
    ///
    /// The system has none left.
    pub fn new() -> io::Result<Self> {
        let pty = rustix_openpty::openpty(None, None)?;
        let name = ttyname(&pty.user, Vec::new())?;
        Ok(Self {
            hardware: File::from(pty.controller),
            path: PathBuf::from(OsStr::from_bytes(name.as_bytes())),
            _device: pty.user,
        })
    }

    /// The path of the device.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::{Device, Pair};
    use rustix::termios::{LocalModes, tcgetattr};
    use std::io::{ErrorKind, Read, Write};
    use std::path::Path;

    #[test]
    fn a_device_passes_all_bytes_as_they_are_and_gets_its_mode_back() {
        let mut pair = Pair::new().unwrap();
        let cooks = |pair: &Pair| {
            let modes = tcgetattr(&pair._device).unwrap().local_modes;
            modes.contains(LocalModes::ICANON | LocalModes::ECHO)
        };
        assert!(cooks(&pair));
        let device = Device::open(pair.path(), Some(9600)).unwrap();
        assert!(!cooks(&pair));
        let all: Vec<u8> = (0..=255).collect();
        let mut file = device.file().unwrap();
        file.write_all(&all).unwrap();
        let mut received = [0; 256];
        pair.hardware.read_exact(&mut received).unwrap();
        assert_eq!(received, *all);
        drop((device, file));
        assert!(cooks(&pair));
    }

    #[test]
    fn what_is_no_device_is_refused_by_name() {
        for (path, kind) in [("/dev/null", None), ("/nowhere", Some(ErrorKind::NotFound))] {
            let error = Device::open(Path::new(path), None).unwrap_err();
            assert!(error.to_string().starts_with(path), "{error}");
            assert!(kind.is_none_or(|kind| kind == error.kind()), "{error}");
        }
    }
}
