//! A checkpoint: where the chain ended at a moment, signed. Kept elsewhere, it shows whether the
//! end of the chain was cut off or everything was written anew, which the chain itself cannot.

use data_encoding::BASE64;
use serde_json::{Value, json};
use thiserror::Error;

use super::chain::Head;
use crate::encoding::{certificate, pem};
use crate::words::clock::{Now, Time};
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::signature::{SignatureIdentifier, verify};
use crate::words::x509::usage::ExtendedKeyUsage;
use crate::words::x509::validity::Standing;

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The end of the chain.
    pub head: Head,
    /// When that was said.
    pub time: Time,
}

/// A statement with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// What is said.
    pub statement: Statement,
    /// By whom: the certificate of the key, then those above it, without the root.
    pub certificates: Vec<Certificate>,
    /// The signature over [`Statement::text`].
    pub signature: Vec<u8>,
}

/// What is wrong with a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadCheckpoint {
    /// It is no checkpoint.
    #[error("it is not a checkpoint of an audit log: {0}")]
    Unreadable(String),
    /// The signature does not verify.
    #[error("its signature does not verify")]
    Signature,
    /// The certificate is not one that says so.
    #[error("its certificate is not one for that: {0}")]
    Certificate(&'static str),
}

const FIRST_LINE: &str = "mtls-ca audit checkpoint, format 1";

impl Statement {
    /// The bytes that are signed: four lines of text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { head: Head { seq, hash }, time } = self;
        format!("{FIRST_LINE}\nseq {seq}\nhash {hash}\ntime {time}\n")
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut next = |word: &str| lines.next()?.strip_prefix(word);
        next(FIRST_LINE)?;
        let (seq, hash, time) = (next("seq ")?, next("hash ")?, next("time ")?);
        let statement =
            Self { head: Head { seq: seq.parse().ok()?, hash: hash.parse().ok()? }, time: time.parse().ok()? };
        // One statement has one text.
        (statement.text() == text).then_some(statement)
    }
}

impl Checkpoint {
    /// As a file: a JSON document that holds all that is needed to check it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Self { statement, certificates, signature } = self;
        let pem: String = certificates.iter().map(|one| pem::write("CERTIFICATE", one.der())).collect();
        json!({
            "seq": statement.head.seq,
            "hash": statement.head.hash,
            "time": statement.time,
            "signed": statement.text(),
            "signature": BASE64.encode(signature),
            "certificates": pem,
        })
    }

    /// Reads such a file, also where it stands under `checkpoint` in a larger document.
    ///
    /// # Errors
    /// [`BadCheckpoint::Unreadable`] where it is none.
    pub fn from_json(bytes: &[u8]) -> Result<Self, BadCheckpoint> {
        let unreadable = |reason: &str| BadCheckpoint::Unreadable(reason.to_owned());
        let document: Value = serde_json::from_slice(bytes).map_err(|error| unreadable(&error.to_string()))?;
        let document = document.get("checkpoint").unwrap_or(&document);
        let text = |name: &str| {
            document.get(name).and_then(Value::as_str).ok_or_else(|| unreadable(&format!("it has no `{name}`")))
        };
        let statement = Statement::read(text("signed")?).ok_or_else(|| unreadable("`signed` is not what is signed"))?;
        let same = document.get("seq").and_then(Value::as_u64) == Some(statement.head.seq)
            && text("hash")? == statement.head.hash.to_string();
        if !same {
            return Err(unreadable("`seq` and `hash` are not those that were signed"));
        }
        let signature =
            BASE64.decode(text("signature")?.as_bytes()).map_err(|_| unreadable("`signature` is not base64"))?;
        let certificates =
            certificate::read_all(text("certificates")?.as_bytes()).map_err(|error| unreadable(&error.to_string()))?;
        Ok(Self { statement, certificates, signature })
    }

    /// Checks the signature, and that the certificate beside it was made for that, held at the time,
    /// and is signed by one of these keys.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check<'a>(&self, authorities: impl IntoIterator<Item = &'a PublicKey>) -> Result<(), BadCheckpoint> {
        let Some(signer) = self.certificates.first() else { return Err(BadCheckpoint::Certificate("there is none")) };
        let usages = signer.extensions().extended_key_usage().map(Vec::as_slice).unwrap_or_default();
        if !usages.contains(&ExtendedKeyUsage::DOCUMENT_SIGNING) {
            return Err(BadCheckpoint::Certificate("it lacks the usage `documentSigning`"));
        }
        if signer.validity().standing(Now::at(self.statement.time)) != Standing::Valid {
            return Err(BadCheckpoint::Certificate("it did not hold at the time that the checkpoint names"));
        }
        if !authorities.into_iter().any(|key| signer.verify_signature(key).is_ok()) {
            return Err(BadCheckpoint::Certificate("it is not signed by this CA"));
        }
        let key = signer.public_key();
        let Some(algorithm) = SignatureAlgorithm::of_key(key.algorithm()) else { return Err(BadCheckpoint::Signature) };
        let with = SignatureIdentifier { oid: algorithm.oid(), parameters: None, pss_hash: None };
        verify(&with, key, self.statement.text().as_bytes(), &self.signature).map_err(|_| BadCheckpoint::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::fingerprint::Fingerprint;

    #[test]
    fn what_is_signed_is_read_back_and_nothing_else() {
        let head = Head { seq: 12, hash: Fingerprint::of(b"x") };
        let statement = Statement { head, time: "2027-01-31T00:00:00Z".parse().unwrap() };
        let text = statement.text();
        assert_eq!(Statement::read(&text), Some(statement));
        for other in [
            text.replace("seq 12", "seq 012"),
            text.replace("Z\n", "Z"),
            format!("{text}more\n"),
            text.replace("format 1", "format 2"),
            String::new(),
        ] {
            assert_eq!(Statement::read(&other), None, "{other}");
        }
    }

    #[test]
    fn files_that_are_no_checkpoints_are_refused() {
        let head = Head { seq: 12, hash: Fingerprint::of(b"x") };
        let statement = Statement { head, time: "2027-01-31T00:00:00Z".parse().unwrap() };
        let whole = Checkpoint { statement, certificates: Vec::new(), signature: vec![1, 2] }.to_json();
        for (member, value, reason) in [
            ("seq", json!(13), "`seq`"),
            ("hash", json!("00"), "`seq` and `hash`"),
            ("signed", json!("x"), "`signed`"),
            ("signature", json!("*"), "base64"),
            ("signature", Value::Null, "no `signature`"),
        ] {
            let mut other = whole.clone();
            other[member] = value;
            let error = Checkpoint::from_json(other.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.contains(reason), "{member}: {error}");
        }
        assert!(Checkpoint::from_json(b"[]").is_err());
    }
}
