//! What needs only bytes and no CA: looking at certificates, and judging them.

pub mod verify;
