//! Several messages with one call: Linux. FreeBSD's and NetBSD's functions of the same names are
//! loops in their C libraries, which this crate has itself.

pub(crate) use system::{ManyFlags, MessageHeader, RECEIVE_MANY, SEND_MANY};

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use core::ffi::{c_int, c_uint};

    pub(crate) type MessageHeader = libc::mmsghdr;

    #[cfg(any(target_env = "musl", target_env = "ohos"))]
    pub(crate) type ManyFlags = c_uint;
    #[cfg(not(any(target_env = "musl", target_env = "ohos")))]
    pub(crate) type ManyFlags = c_int;

    #[cfg(target_os = "android")]
    type Pointer<T> = *const T;
    #[cfg(not(target_os = "android"))]
    type Pointer<T> = *mut T;

    type SendMany = unsafe extern "C" fn(c_int, Pointer<MessageHeader>, c_uint, ManyFlags) -> c_int;
    type ReceiveMany = unsafe extern "C" fn(
        c_int,
        *mut MessageHeader,
        c_uint,
        ManyFlags,
        Pointer<libc::timespec>,
    ) -> c_int;

    pub(crate) const SEND_MANY: Option<SendMany> = Some(libc::sendmmsg);
    pub(crate) const RECEIVE_MANY: Option<ReceiveMany> = Some(libc::recvmmsg);
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use core::ffi::{c_int, c_uint};

    pub(crate) struct MessageHeader {
        pub(crate) msg_hdr: libc::msghdr,
        pub(crate) msg_len: c_uint,
    }

    pub(crate) type ManyFlags = c_int;
    type SendMany = unsafe extern "C" fn(c_int, *mut MessageHeader, c_uint, c_int) -> c_int;
    type ReceiveMany = unsafe extern "C" fn(
        c_int,
        *mut MessageHeader,
        c_uint,
        c_int,
        *mut libc::timespec,
    ) -> c_int;

    pub(crate) const SEND_MANY: Option<SendMany> = None;
    pub(crate) const RECEIVE_MANY: Option<ReceiveMany> = None;
}
