//! Certificates as the files that peers read.

pub mod deliver;
pub mod export;
pub mod layout;
pub mod pem;
pub mod slug;
pub mod tls;
