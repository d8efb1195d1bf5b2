//! Ours: poll-mio, under mio's program.

super::mio::on_mio!(PollMio, poll_mio);
