//! The suite on the scripted engines, the script itself, and the proof that the suite can fail.

mod sabotage;
mod script;
mod suite;
