//! The words of X.509: names, numbers, usages, and the three signed things (certificate, request,
//! revocation list) as they were read.

pub mod algorithm;
pub mod certificate;
pub mod constraints;
pub mod crl_number;
pub mod extension;
pub mod fingerprint;
pub mod general_name;
pub mod lifetime;
pub mod name;
pub mod name_text;
pub mod ocsp;
pub mod oid;
pub mod public_key;
pub mod reason;
pub mod request;
pub mod revocation;
pub mod san;
pub mod serial;
pub mod signature;
mod spiffe;
pub mod usage;
pub mod validity;
pub mod weakness;
