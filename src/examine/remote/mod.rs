//! What a TLS server shows of itself.
