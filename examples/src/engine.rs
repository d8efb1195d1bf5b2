//! Which engine a program runs on, by name.

use core::fmt;
use core::str::FromStr;
use std::env::consts::OS;

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
