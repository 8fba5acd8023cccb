//! The secrets of a session in the form that Wireshark and its kin read: NSS' key log.

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::store::key_log::KeyLog;

/// Writes each secret as a line: `LABEL CLIENT_RANDOM SECRET`.
#[derive(Debug)]
pub(in crate::examine) struct Logged(pub(in crate::examine) KeyLog);

impl rustls::KeyLog for Logged {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let secret = Zeroizing::new(HEXLOWER.encode(secret));
        let line = Zeroizing::new(format!("{label} {} {}", HEXLOWER.encode(client_random), *secret));
        self.0.add(&line);
    }
}
