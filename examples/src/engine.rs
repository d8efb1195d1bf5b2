//! Which engine a program runs on, by name.

use core::fmt;
use core::str::FromStr;
use std::env::consts::OS;
use std::io;

use poll_os::Monotonic;
use poll_reactor::{Builder, Context, Service};

/// An engine that every target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineName {
    /// The target's own: epoll or kqueue.
    Native,
    /// poll(2), which every Unix has.
    Poll,
}

impl EngineName {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Native, Self::Poll];
}

/// Runs a service on the engine of this name until it is shut down, and hands it back; `start`
/// gives it its first resources.
///
/// # Errors
///
/// There is no such engine to be had, `start` failed, or the engine did.
pub fn run<S: Service>(
    engine: EngineName,
    builder: Builder,
    service: S,
    start: impl FnOnce(&mut S, &mut Context<'_, S>) -> io::Result<()>,
) -> io::Result<S> {
    match engine {
        EngineName::Native => {
            let mut runtime = builder.build_on(service, poll_os::Poll::new()?, Monotonic)?;
            runtime.with(start)?;
            Ok(runtime.run()?)
        }
        EngineName::Poll => {
            let mut runtime = builder.build_on(service, poll_os::poll::Poll::new()?, Monotonic)?;
            runtime.with(start)?;
            Ok(runtime.run()?)
        }
    }
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self, OS) {
            (Self::Poll, _) => "poll",
            (Self::Native, "linux" | "android") => "epoll",
            (Self::Native, _) => "kqueue",
        })
    }
}

impl FromStr for EngineName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter();
        match name {
            "native" => Ok(Self::Native),
            _ => known
                .into_iter()
                .find(|engine| engine.to_string() == name)
                .ok_or_else(|| format!("not native, {} or {}", Self::Native, Self::Poll)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EngineName;

    #[test]
    fn every_engine_is_found_by_its_name_and_no_other_is() {
        for engine in EngineName::ALL {
            assert_eq!(engine.to_string().parse(), Ok(engine));
        }
        assert_eq!("native".parse(), Ok(EngineName::Native));
        assert!("select".parse::<EngineName>().is_err());
    }
}
