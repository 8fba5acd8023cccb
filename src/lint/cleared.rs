//! The check between a draft and its reservation: the bytes that would be signed are built, read
//! again, compared with what was meant, and put to every rule.

use super::{check, read_back};
use crate::encoding;
use crate::policy::{Draft, Refusal};
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::serial::Serial;

/// A draft whose bytes no rule forbids. Nothing else can be reserved and signed.
#[derive(Debug, Clone)]
pub struct Cleared {
    draft: Draft,
    serial: Serial,
    to_be_signed: Vec<u8>,
    preview: Certificate,
    remarks: Vec<Finding>,
}

impl Cleared {
    /// The draft, with its rows and findings.
    #[must_use]
    pub const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The draft, the bytes that are to be signed, and the certificate that they will be.
    pub(crate) fn into_parts(self) -> (Draft, Vec<u8>, Certificate) {
        (self.draft, self.to_be_signed, self.preview)
    }

    /// The serial number that it will have.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// The bytes that are to be signed.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The certificate that it will be, without its signature.
    #[must_use]
    pub const fn preview(&self) -> &Certificate {
        &self.preview
    }

    /// What the rules have to say that does not forbid it.
    #[must_use]
    pub fn remarks(&self) -> &[Finding] {
        &self.remarks
    }
}

/// Builds the to-be-signed bytes of a draft and checks them.
///
/// # Errors
/// Every rule that they break, with the findings of the draft.
pub fn clear(draft: Draft, serial: Serial) -> Result<Cleared, Refusal> {
    let to_be_signed = match encoding::certificate::to_be_signed(draft.content(), &serial) {
        Ok(to_be_signed) => to_be_signed,
        Err(error) => {
            let message = format!("the certificate cannot be encoded: {error}");
            return Err(draft.refuse(vec![Finding::error("lint.not_encodable", message)]));
        }
    };
    let preview = match encoding::certificate::preview(&to_be_signed) {
        Ok(preview) => preview,
        Err(error) => {
            let message = format!("the certificate does not read back: {error}");
            return Err(draft.refuse(vec![Finding::error("lint.not_readable", message)]));
        }
    };
    let mut findings = read_back::differences(draft.content(), &serial, &preview);
    findings.extend(check(&preview));
    if findings.iter().any(Finding::is_error) {
        return Err(draft.refuse(findings));
    }
    Ok(Cleared { draft, serial, to_be_signed, preview, remarks: findings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::policy::tests::drafted;

    #[test]
    fn every_built_in_profile_makes_certificates_that_break_no_rule() {
        for draft in drafted() {
            let profile = draft.profile().clone();
            let serial = Serial::from_random([9; 16]);
            let cleared = clear(draft, serial.clone()).unwrap_or_else(|refusal| panic!("{refusal}"));
            assert_eq!(cleared.remarks(), [], "{profile}");
            assert_eq!(cleared.preview().serial(), &serial);
            assert_eq!(cleared.preview().to_be_signed(), cleared.to_be_signed());
        }
    }

    #[test]
    fn a_bad_serial_is_not_cleared() {
        let draft = drafted().remove(0);
        let refusal = clear(draft, Serial::from_octets(&[0])).unwrap_err();
        assert!(refusal.errors().any(|finding| finding.code == "lint.serial_not_positive"), "{refusal}");
    }

    #[test]
    fn what_differs_from_the_draft_is_found() {
        let draft = drafted().remove(0);
        let codes: Vec<&str> = read_back::differences(draft.content(), &Serial::from_octets(&[1]), &sample::leaf())
            .iter()
            .map(|finding| finding.code)
            .collect();
        assert!(codes.len() > 5 && codes.iter().all(|code| *code == "lint.differs"));
    }
}
