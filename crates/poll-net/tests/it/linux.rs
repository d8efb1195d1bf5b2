//! What Linux alone has.

mod ancillary;
mod options;
mod sockets;
