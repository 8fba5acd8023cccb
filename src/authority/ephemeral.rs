//! A CA in memory.

use super::init::self_signed;
use super::settings::Settings;
use super::{Authority, AuthorityError, Generation, NewCa, foundation};
use crate::audit::event::Act;
use crate::keys::PrivateKey;
use crate::ledger::{History, Ledger};
use crate::profile::ProfileSet;
use crate::words::clock::Now;

impl Authority {
    /// A CA in memory, for the tests of other programs: a root with a key of its own, gone when it
    /// is dropped. It is the same code as everywhere, down to the ledger.
    ///
    /// ```
    /// use mtls_ca::{Act, Authority, KeyOrder, Now};
    ///
    /// let act = Act::of_process("my-tests", Now::from_system());
    /// let mut ca = Authority::ephemeral(act.now)?;
    /// let signer = ca.unlock(None)?;
    /// let client = ca.issue_key(&KeyOrder::client("billing")?, &signer, &act)?;
    /// assert!(client.certificate_pem().starts_with("-----BEGIN CERTIFICATE-----"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`AuthorityError::Backend`] where the system gives no randomness.
    pub fn ephemeral(now: Now) -> Result<Self, AuthorityError> {
        Self::ephemeral_as(&NewCa::plain(), now)
    }

    /// The same, for those who care about the key's algorithm, the name or the lifetime. A passphrase
    /// has no effect: there is no file.
    ///
    /// # Errors
    /// As [`Authority::ephemeral`]; [`AuthorityError::Refused`] where a rule forbids what was asked.
    pub fn ephemeral_as(new: &NewCa, now: Now) -> Result<Self, AuthorityError> {
        let key = PrivateKey::generate(new.key_algorithm)?;
        let (certificate, _) = self_signed(&key, new, now)?;
        let mut ledger = Ledger::in_memory(now)?;
        foundation::register(&mut ledger, &certificate, History::Whole, &Act::of_process("ephemeral", now))?;
        Ok(Self {
            issuer: Generation::in_memory(certificate, key, now),
            ledger,
            settings: Settings::default(),
            profiles: ProfileSet::builtin(),
            directory: None,
            auditor: None,
            recorder: None,
            _lock: None,
        })
    }
}
