//! Whether the ledger still says what was written: SQLite's own checks, then ours.

use super::{Ledger, LedgerError};
use crate::audit::verify::Verifier;
use crate::encoding;
use crate::words::finding::Finding;
use crate::words::x509::serial::Serial;

/// Of a fault that many rows share, so many are named one by one.
const NAMED_ONE_BY_ONE: usize = 20;

impl Ledger {
    /// Looks at every row and every event. An empty answer means that all is well; pending rows are
    /// warnings, for they may be at work now.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<Finding>, LedgerError> {
        let mut findings = self.sound_file()?;
        if findings.is_empty() {
            findings.extend(self.sound_rows()?);
            findings.extend(self.recorded_intents()?);
            findings.extend(self.recorded_inheritances()?);
            findings.extend(self.whole_chain()?);
        }
        Ok(findings)
    }

    fn sound_file(&self) -> Result<Vec<Finding>, LedgerError> {
        let read = || {
            let mut findings = Vec::new();
            let mut statement = self.connection.prepare("PRAGMA integrity_check")?;
            for line in statement.query_map([], |row| row.get::<_, String>(0))? {
                let line = line?;
                if line != "ok" {
                    findings
                        .push(Finding::error("ledger.file_damaged", format!("the ledger's file is damaged: {line}")));
                }
            }
            let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
            for table in statement.query_map([], |row| row.get::<_, String>(0))? {
                let message = format!("a row of table `{}` points to one that is not there", table?);
                findings.push(Finding::error("ledger.dangling_reference", message));
            }
            Ok(findings)
        };
        read().map_err(self.failed("check"))
    }

    fn sound_rows(&self) -> Result<Vec<Finding>, LedgerError> {
        let read = || {
            let mut findings = Findings::default();
            // Revoked rows that are known from a CRL only have no bytes to compare.
            let mut statement = self.connection.prepare(
                "SELECT serial, state, tbs, cert, cert_sha256, origin IS NOT NULL FROM certificates
                 WHERE state IN ('pending', 'issued') OR (state = 'revoked' AND (tbs IS NOT NULL OR cert IS NOT NULL))",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let serial = Serial::from_octets(row.get_ref(0)?.as_blob()?);
                if row.get_ref(1)?.as_str()? == "pending" {
                    findings.add(pending(&serial));
                    continue;
                }
                let tbs = row.get_ref(2)?.as_blob_or_null()?;
                let is_imported: bool = row.get(5)?;
                let digest = row.get_ref(4)?.as_blob_or_null()?.unwrap_or_default();
                match row.get_ref(3)?.as_blob_or_null()? {
                    // Its certificate was not among the files that it was imported from.
                    None if is_imported => {}
                    None => findings.add(Finding::error(
                        "ledger.certificate_missing",
                        format!("serial number `{serial}` was issued, but its certificate is not in the ledger"),
                    )),
                    Some(certificate) => {
                        let reserved = if is_imported { None } else { Some(tbs.unwrap_or_default()) };
                        if let Err(reason) = compare(certificate, &serial, reserved, digest) {
                            findings.add(Finding::error(
                                "ledger.certificate_altered",
                                format!("the certificate of serial number `{serial}` {reason}"),
                            ));
                        }
                    }
                }
            }
            Ok(findings.all)
        };
        read().map_err(self.failed("check"))
    }

    fn recorded_intents(&self) -> Result<Vec<Finding>, LedgerError> {
        let read = || {
            let mut findings = Findings::default();
            // What came from a CRL was written down by one event for all.
            let mut statement = self.connection.prepare(
                "SELECT c.serial, a.body, c.profile FROM certificates c LEFT JOIN audit a ON a.seq = c.intent
                 WHERE c.tbs IS NOT NULL",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let serial = Serial::from_octets(row.get_ref(0)?.as_blob()?);
                let body = row.get_ref(1)?.as_str_or_null()?.unwrap_or_default();
                if !body.contains(&format!("\"serial\":\"{serial}\"")) {
                    findings.add(Finding::error(
                        "ledger.intent_missing",
                        format!("no event of the audit log says that serial number `{serial}` was to be issued"),
                    ));
                    continue;
                }
                let profile = row.get_ref(2)?.as_str_or_null()?.unwrap_or_default();
                if !body.contains(&format!("\"profile\":\"{profile}\"")) {
                    findings.add(Finding::error(
                        "ledger.profile_altered",
                        format!(
                            "serial number `{serial}` was not issued by profile `{profile}`, as the audit log has it"
                        ),
                    ));
                }
            }
            Ok(findings.all)
        };
        read().map_err(self.failed("check"))
    }

    fn whole_chain(&self) -> Result<Vec<Finding>, LedgerError> {
        let mut verifier = Verifier::new();
        let mut broken = None;
        self.events(0, |link| {
            if broken.is_none() {
                broken = verifier.take(&link).err();
            }
            Ok::<_, LedgerError>(())
        })?;
        Ok(broken.map(|broken| Finding::error("audit.chain_broken", broken.to_string())).into_iter().collect())
    }
}

fn pending(serial: &Serial) -> Finding {
    let message = format!("serial number `{serial}` is reserved, and no certificate was stored for it");
    Finding::warning("ledger.pending", message)
}

/// `reserved` is what was written down before it was signed; nothing, for one that was signed elsewhere.
fn compare(certificate: &[u8], serial: &Serial, reserved: Option<&[u8]>, digest: &[u8]) -> Result<(), String> {
    let read = encoding::certificate::read(certificate).map_err(|error| format!("cannot be read: {error}"))?;
    if read.serial() != serial {
        return Err(format!("has the number `{}`", read.serial()));
    }
    if reserved.is_some_and(|reserved| read.to_be_signed() != reserved) {
        return Err("is not the one that was reserved".to_owned());
    }
    if read.fingerprint().octets().as_slice() != digest {
        return Err("has another fingerprint than the ledger says".to_owned());
    }
    Ok(())
}

/// Findings of which only the first of each kind are kept, so that a ruined table of a million
/// rows does not make a million of them.
#[derive(Default)]
struct Findings {
    all: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, finding: Finding) {
        let alike = self.all.iter().filter(|known| known.code == finding.code).count();
        if alike < NAMED_ONE_BY_ONE {
            self.all.push(finding);
        } else if alike == NAMED_ONE_BY_ONE {
            self.all.push(Finding { message: "and more of this kind".to_owned(), ..finding });
        }
    }
}
