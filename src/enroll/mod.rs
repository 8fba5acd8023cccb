//! Key pairs and certification requests for those who ask: everything that needs no CA.

pub mod csr;
