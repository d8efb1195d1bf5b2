//! How many descriptors this process may have.

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit};

/// How many descriptors a process may have; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorLimit {
    /// What holds; any process may change it, up to `hard`.
    pub soft: Option<u64>,
    /// The most that `soft` may be; it can be lowered, and raised with privileges only.
    pub hard: Option<u64>,
}

/// The limit of this process. Cost: one system call.
///
/// # Examples
///
/// ```
/// use sys_process::{descriptor_limit, set_descriptor_limit};
///
/// let limit = descriptor_limit();
/// set_descriptor_limit(limit)?;
/// assert_eq!(descriptor_limit(), limit);
/// # Ok::<(), sys_process::Errno>(())
/// ```
///
/// Manual: getrlimit(2)
#[doc(alias = "getrlimit")]
#[must_use]
pub fn descriptor_limit() -> DescriptorLimit {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    DescriptorLimit {
        soft: limit.current,
        hard: limit.maximum,
    }
}

/// Replaces the limit of this process, which the processes that it starts inherit. Open
/// descriptors stay open. Cost: one system call.
///
/// # Errors
///
/// * `EPERM`: `hard` is higher than it was, which needs a privilege, or higher than the system
///   allows anyone.
/// * `EINVAL`: `soft` is higher than `hard`; on macOS, higher than the system allows.
///
/// Manual: setrlimit(2)
#[doc(alias = "setrlimit")]
pub fn set_descriptor_limit(limit: DescriptorLimit) -> Result<(), Errno> {
    let limit = Rlimit {
        current: limit.soft,
        maximum: limit.hard,
    };
    rustix::process::setrlimit(Resource::Nofile, limit)
}

#[cfg(test)]
mod tests {
    use super::{DescriptorLimit, descriptor_limit, set_descriptor_limit};
    use rustix::io::Errno;

    // One test, because the limit belongs to the whole process.
    #[test]
    fn the_soft_limit_moves_up_to_the_hard_one_and_not_beyond() {
        let before = descriptor_limit();
        let hard = before.hard.unwrap_or(4096);
        let lower = DescriptorLimit {
            soft: Some(hard - 1),
            ..before
        };
        set_descriptor_limit(lower).unwrap();
        assert_eq!(descriptor_limit(), lower);
        let beyond = DescriptorLimit {
            soft: Some(hard + 1),
            hard: Some(hard),
        };
        assert_eq!(set_descriptor_limit(beyond), Err(Errno::INVAL));
        assert_eq!(descriptor_limit(), lower);
        set_descriptor_limit(before).unwrap();
        assert_eq!(descriptor_limit(), before);
    }
}
