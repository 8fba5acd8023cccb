//! The CRLs that a peer needs together: one of every CA of every chain, the roots' included. OpenSSL,
//! and with it NGINX, Apache and HAProxy, refuse every certificate where one of them is missing.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use super::state::{above_finding, expired};
use crate::authority::{Authority, AuthorityError, Generation};
use crate::encoding::pem;
use crate::ledger::IssuerState;
use crate::store::layout::Layout;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::fingerprint::Fingerprint;

/// The CRLs of every CA, none missing and none expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlSet {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// In PEM, in a file of the CA directory.
    File(PathBuf),
    /// In DER.
    Bytes(Vec<u8>),
}

impl CrlSet {
    /// How many CRLs it has.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.parts.len()
    }

    /// Each in a file of its own, in PEM: `g1.pem`, `g2.pem` and so on of this CA, `above-1.pem` and so on of
    /// the CAs above. Node.js reads only the first of several in one text.
    ///
    /// # Errors
    /// What the file says that is copied.
    pub fn each(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut above = 0;
        let mut named = |part: &Part| -> io::Result<(String, Vec<u8>)> {
            match part {
                Part::File(path) => {
                    let folder = path.parent().and_then(std::path::Path::file_name).unwrap_or_default();
                    Ok((format!("{}.pem", folder.to_string_lossy()), std::fs::read(path)?))
                }
                Part::Bytes(der) => {
                    above += 1;
                    Ok((format!("above-{above}.pem"), pem::write("X509 CRL", der).into_bytes()))
                }
            }
        };
        self.parts.iter().map(&mut named).collect()
    }

    /// All of them in PEM, one behind the other.
    ///
    /// # Errors
    /// What the writer says, or the file that is copied.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        for part in &self.parts {
            match part {
                Part::File(path) => io::copy(&mut File::open(path)?, out).map(drop)?,
                Part::Bytes(der) => pem::write_to(out, "X509 CRL", der)?,
            }
        }
        Ok(())
    }
}

impl Authority {
    /// The CRLs of every CA that stands in the chain of a live generation.
    ///
    /// # Errors
    /// [`AuthorityError::IncompleteSet`] where one is missing or expired, with what to do about each.
    pub fn crl_set(&self, now: Now) -> Result<CrlSet, AuthorityError> {
        let (mut parts, mut missing, mut seen) = (Vec::new(), Vec::new(), Vec::<Fingerprint>::new());
        let generations = self.generations()?;
        let own: Vec<Fingerprint> =
            generations.iter().map(|generation| generation.certificate.public_key().fingerprint()).collect();
        for generation in &generations {
            if !self.needs_crl(generation, now)? {
                continue;
            }
            match self.own_part(generation, now)? {
                Ok(part) => parts.push(part),
                // One that is only prepared has issued nothing; until its first CRL it is not waited for.
                Err(_) if self.has_none_yet(generation)? => continue,
                Err(finding) => missing.push(finding),
            }
            for above in &generation.above {
                let key = above.public_key().fingerprint();
                if own.contains(&key) || seen.contains(&key) {
                    continue;
                }
                seen.push(key);
                match self.ledger.foreign_crl(&key)? {
                    Some(crl) if crl.next_update >= now.time() => parts.push(Part::Bytes(crl.der)),
                    found => missing.extend(above_finding(
                        generation,
                        &above.subject().rfc4514(),
                        found.map(|crl| (crl.this_update, crl.next_update)),
                        now,
                    )),
                }
            }
        }
        if missing.is_empty() { Ok(CrlSet { parts }) } else { Err(AuthorityError::IncompleteSet(missing)) }
    }

    fn own_part(&self, generation: &Generation, now: Now) -> Result<Result<Part, Finding>, AuthorityError> {
        let number = generation.number;
        let file = self.directory.as_ref().map(|directory| Layout::at(directory).issuer(number).crl_pem());
        let last = self.ledger.crl_standing(number)?.last;
        Ok(match (last, file) {
            // A build notes that it is out only after it has published: the newest is what the file says.
            (_, Some(file)) if file.is_file() && self.own_is_fresh(generation, now)? => Ok(Part::File(file)),
            (Some(last), _) if last.next_update < now.time() => {
                Err(expired(&number.to_string(), last.next_update).hint("mtls-ca crl build"))
            }
            _ => Err(Finding::error("crl.missing", format!("there is no CRL of `{number}`")).hint("mtls-ca crl build")),
        })
    }

    fn has_none_yet(&self, generation: &Generation) -> Result<bool, AuthorityError> {
        Ok(generation.state == IssuerState::Prepared && self.ledger.crl_standing(generation.number)?.last.is_none())
    }

    fn own_is_fresh(&self, generation: &Generation, now: Now) -> Result<bool, AuthorityError> {
        let Some(directory) = &self.directory else { return Ok(false) };
        let head = crate::store::crl_file::head(&Layout::at(directory).issuer(generation.number).crl_der())?;
        Ok(head.and_then(|head| head.next_update).is_some_and(|next| next >= now.time()))
    }
}
