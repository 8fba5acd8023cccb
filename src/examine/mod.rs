//! Verbs that need only bytes, never a CA directory: what a file or a server holds, and whether
//! it holds up.

pub mod all_cores;
pub mod candidate;
pub mod container;
pub mod diagnosis;
pub mod fingerprint;
pub mod handshake;
pub mod inspect;
pub mod linted;
pub mod papers;
pub mod remote;
pub mod renewal;
pub mod system_roots;

pub mod verify;
