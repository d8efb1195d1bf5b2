//! Unix addresses in the kernel: paths, abstract names, unnamed, and a full backlog.

use sys_socket::{Address, Domain, Errno, Kind, Protocol, ReceiveFlags, SendFlags, UnixAddr};

use crate::loopback::Directory;

pub(crate) fn new(kind: Kind) -> std::os::fd::OwnedFd {
    sys_socket::socket(Domain::UNIX, kind, Protocol::DEFAULT).unwrap()
}

#[test]
fn a_path_of_the_greatest_length_is_bound_and_comes_back() {
    let directory = Directory::new();
    let base = directory.path().as_os_str().len() + 1;
    for len in [UnixAddr::MAX_PATH - 1, UnixAddr::MAX_PATH] {
        let path = directory.path().join("p".repeat(len - base));
        let name = UnixAddr::from_pathname(&path).unwrap();
        let socket = new(Kind::STREAM);
        sys_socket::bind(&socket, &Address::from(&name)).unwrap();
        assert!(path.exists());
        let local = sys_socket::local_addr(&socket).unwrap();
        assert_eq!(local.unix(), Some(name));
        let again = sys_socket::bind(new(Kind::STREAM), &Address::from(&name));
        assert_eq!(again, Err(Errno::ADDRINUSE));
    }
}

#[test]
fn a_missing_path_cannot_be_connected_to() {
    let directory = Directory::new();
    let name = UnixAddr::from_pathname(directory.path().join("none")).unwrap();
    let error = sys_socket::connect(new(Kind::STREAM), &Address::from(&name));
    assert_eq!(error, Err(Errno::NOENT));
}

#[test]
fn a_full_backlog_would_block_and_starts_nothing() {
    let directory = Directory::new();
    let name = UnixAddr::from_pathname(directory.path().join("s")).unwrap();
    let address = Address::from(&name);
    let listener = new(Kind::STREAM);
    sys_socket::bind(&listener, &address).unwrap();
    sys_socket::listen(&listener, 1).unwrap();
    let mut connected = Vec::new();
    let refused = loop {
        let client = new(Kind::STREAM);
        match sys_socket::connect(&client, &address) {
            Ok(()) => connected.push(client),
            Err(error) => break (client, error),
        }
        assert!(connected.len() < 64, "the backlog has no bound");
    };
    // The BSDs refuse where Linux asks to try again; neither is in progress.
    let (client, error) = refused;
    assert!(
        matches!(error, Errno::AGAIN | Errno::CONNREFUSED),
        "{error}"
    );
    assert_eq!(sys_socket::peer_addr(&client).err(), Some(Errno::NOTCONN));
    for _ in 0..connected.len() {
        sys_socket::accept(&listener).unwrap();
    }
    assert_eq!(sys_socket::connect(&client, &address), Ok(()));
}

#[test]
fn a_pair_is_unnamed() {
    let (a, _b) = sys_socket::pair(Domain::UNIX, Kind::STREAM, Protocol::DEFAULT).unwrap();
    let local = sys_socket::local_addr(&a).unwrap().unix().unwrap();
    assert!(local.is_unnamed());
    assert!(
        sys_socket::peer_addr(&a)
            .unwrap()
            .unix()
            .unwrap()
            .is_unnamed()
    );
}

#[test]
fn sequenced_packets_keep_their_bounds() {
    let pair = sys_socket::pair(Domain::UNIX, Kind::SEQPACKET, Protocol::DEFAULT);
    let (a, b) = pair.unwrap();
    sys_socket::send(&a, b"one", SendFlags::NONE).unwrap();
    sys_socket::send(&a, b"two!", SendFlags::NONE).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(sys_socket::recv(&b, &mut buffer, ReceiveFlags::NONE), Ok(3));
    assert_eq!(sys_socket::recv(&b, &mut buffer, ReceiveFlags::NONE), Ok(4));
}
