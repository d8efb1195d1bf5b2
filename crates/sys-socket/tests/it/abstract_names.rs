//! Names in the abstract namespace, which only Linux has.

use sys_socket::{Address, Errno, Kind, UnixAddr};

use crate::unix::new;

#[test]
fn a_name_with_zero_bytes_is_bound_and_comes_back() {
    let name = format!("sys-socket\0{}\0", std::process::id());
    let name = UnixAddr::from_abstract_name(name).unwrap();
    let socket = new(Kind::DATAGRAM);
    sys_socket::bind(&socket, &Address::from(&name)).unwrap();
    let local = sys_socket::local_addr(&socket).unwrap();
    assert_eq!(local.unix(), Some(name));
    let again = sys_socket::bind(new(Kind::DATAGRAM), &Address::from(&name));
    assert_eq!(again, Err(Errno::ADDRINUSE));
}

#[test]
fn a_name_of_the_greatest_length_is_bound_and_comes_back() {
    let id = std::process::id().to_le_bytes();
    let mut bytes = vec![7; UnixAddr::MAX_ABSTRACT_NAME];
    bytes[..4].copy_from_slice(&id);
    let name = UnixAddr::from_abstract_name(bytes).unwrap();
    let socket = new(Kind::STREAM);
    sys_socket::bind(&socket, &Address::from(&name)).unwrap();
    assert_eq!(sys_socket::local_addr(&socket).unwrap().unix(), Some(name));
}

#[test]
fn binding_without_a_name_lets_the_kernel_choose_one() {
    let socket = new(Kind::STREAM);
    sys_socket::bind(&socket, &Address::from(&UnixAddr::UNNAMED)).unwrap();
    let chosen = sys_socket::local_addr(&socket).unwrap().unix().unwrap();
    assert_eq!(chosen.as_abstract_name().map(<[u8]>::len), Some(5));
}
