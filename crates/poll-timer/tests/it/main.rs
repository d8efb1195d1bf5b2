//! Integration tests: wheels against a plain model, and the faults that they are known for.
#![expect(
    clippy::unwrap_used,
    reason = "a model that lacks what the wheel handed out has found a fault"
)]

mod faults;
mod late;
mod model;
mod put_off;
mod random;
