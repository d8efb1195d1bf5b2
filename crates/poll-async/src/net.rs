//! Sockets: those of `poll-net` in the runtime.
//!
//! They are watched for edges, and an operation is tried before anything is waited for. Methods
//! take `&self`: any number of tasks may use a socket at the same time.

mod tcp_listener;
mod tcp_stream;

pub use tcp_listener::TcpListener;
pub use tcp_stream::TcpStream;
