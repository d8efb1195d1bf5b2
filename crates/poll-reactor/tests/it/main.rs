//! What a service can rely on, on each engine.

mod echo;
