//! The audit chain as bytes: what happened, in one canonical form, each event bound to the one
//! before it by SHA-256. Nothing here reads or writes; the ledger keeps the rows.

pub mod chain;
pub mod checkpoint;
pub mod event;
pub mod filter;
pub mod record;
pub mod report;
pub mod settings;
pub mod verify;
