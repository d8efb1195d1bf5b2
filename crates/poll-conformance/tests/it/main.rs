//! The suite on the scripted engines, the script itself, and the proof that the suite can fail.

mod defects;
mod sabotage;
mod script;
mod suite;
