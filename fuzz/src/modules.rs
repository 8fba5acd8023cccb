// The modules of the targets, and those of the command, whose views they show everything in. Included at the
// root of `fuzz/src/lib.rs` and of `tests/corpus.rs`, for the command's modules know each other from the root.

pub mod ca_toml;
pub mod certificate;
pub mod crl;
pub mod csr;
pub mod jks;
pub mod name;
pub mod ocsp_request;
pub mod pem_bundle;
pub mod pkcs12;
pub mod profile;
pub mod san;

mod resigned;
mod screen;
mod shown;
mod stage;
mod store;

#[path = "../../src/bin/mtls-ca"]
mod command {
    pub mod batch;
    pub mod cli;
    pub mod commands;
    pub mod container;
    pub mod context;
    pub mod delivery;
    pub mod deployment;
    pub mod export;
    pub mod failure;
    pub mod formats;
    pub mod handed_over;
    pub mod identity;
    pub mod input;
    pub mod layout;
    pub mod missed;
    pub mod output;
    pub mod prompt;
    pub mod rebuild;
    pub mod rows;
    pub mod signals;
    pub mod successor;
    pub mod unlock;
    pub mod view;
    pub mod watch;
    pub mod which;
    pub mod wishes;
    pub mod wording;
}

#[allow(unused_imports, reason = "not every module is named by another one")]
use command::{
    batch, cli, commands, container, context, delivery, deployment, export, failure, formats, handed_over, identity,
    input, layout, missed, output, prompt, rebuild, rows, signals, successor, unlock, view, watch, which, wishes,
    wording,
};
