//! What RFC 5280 section 5 demands of CRLs. One rule, one file, as for certificates; a rule looks at
//! what a list says beside its entries, or at one entry, so that lists of any length can be put to
//! them without being held.

mod authority_key_identifier_missing;
mod entries_empty;
mod entry_after_update;
mod entry_malformed;
mod extension_malformed;
mod next_update_inverted;
mod next_update_missing;
mod number_missing;
mod reason_remove_from_crl;
mod reason_unspecified;
mod signature_parameters;
mod version_not_2;

use crate::words::finding::{Finding, Severity};
use crate::words::x509::revocation::{ListHead, Listed, RevocationList};

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable: `lint.crl_number_missing`.
    pub code: &'static str,
    /// How much it weighs to break it.
    pub severity: Severity,
    /// The standard's clause.
    pub clause: &'static str,
    /// What is wrong, where something is.
    check: Check,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
enum Check {
    Head(fn(&ListHead) -> Option<String>),
    Entry(fn(&Listed<'_>) -> Option<String>),
    /// What only lists of others can break: ours are read back too strictly.
    Whole(fn(&RevocationList) -> Option<String>),
}

const RULES: &[Rule] = &[
    version_not_2::RULE,
    next_update_missing::RULE,
    next_update_inverted::RULE,
    number_missing::RULE,
    authority_key_identifier_missing::RULE,
    extension_malformed::RULE,
    reason_unspecified::RULE,
    reason_remove_from_crl::RULE,
    signature_parameters::RULE,
    entries_empty::RULE,
    entry_after_update::RULE,
    entry_malformed::RULE,
];

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter()
}

/// What the rules say of a list beside its entries.
#[must_use]
pub fn check_head(head: &ListHead) -> Vec<Finding> {
    let found = |rule: &Rule| match rule.check {
        Check::Head(check) => check(head).map(|message| rule.finding(message)),
        Check::Entry(_) | Check::Whole(_) => None,
    };
    rules().filter_map(found).collect()
}

/// What the first rule that an entry breaks says of it.
#[must_use]
pub fn check_entry(entry: &Listed<'_>) -> Option<Finding> {
    rules().find_map(|rule| match rule.check {
        Check::Entry(check) => check(entry).map(|message| rule.finding(message)),
        Check::Head(_) | Check::Whole(_) => None,
    })
}

/// What all rules have to say about a list; of several entries that break the same rule, the first.
#[must_use]
pub fn check(list: &RevocationList) -> Vec<Finding> {
    let mut findings = check_head(&list.head());
    findings.extend(rules().filter_map(|rule| match rule.check {
        Check::Whole(check) => check(list).map(|message| rule.finding(message)),
        Check::Head(_) | Check::Entry(_) => None,
    }));
    for finding in list.entries().iter().filter_map(|entry| check_entry(&entry.listed())) {
        if !findings.iter().any(|said| said.code == finding.code) {
            findings.push(finding);
        }
    }
    findings
}

impl Rule {
    fn finding(&self, message: String) -> Finding {
        Finding::new(self.severity, self.code, message).clause(self.clause)
    }
}

#[cfg(test)]
mod sample {
    //! A list and an entry that break no rule.

    use crate::words::clock::Time;
    use crate::words::x509::extension::{AuthorityKeyIdentifier, Extension, ExtensionBody, Extensions};
    use crate::words::x509::oid;
    use crate::words::x509::reason::RevocationReason;
    use crate::words::x509::revocation::{ListHead, Listed, RevocationList};
    use crate::words::x509::serial::Serial;
    use crate::words::x509::signature::SignatureIdentifier;

    pub(super) fn head() -> ListHead {
        let extension = |oid, body| Extension { oid, critical: false, value: Vec::new(), body };
        let issuer_key =
            AuthorityKeyIdentifier { key_identifier: Some(vec![1; 20]), ..AuthorityKeyIdentifier::default() };
        ListHead {
            version: 2,
            issuer: crate::lint::sample::name("CN=Test CA"),
            this_update: Time::from_unix(1_800_000_000).unwrap(),
            next_update: Time::from_unix(1_800_604_800),
            extensions: Extensions::new(vec![
                extension(oid::AUTHORITY_KEY_IDENTIFIER, ExtensionBody::AuthorityKeyIdentifier(issuer_key)),
                extension(oid::CRL_NUMBER, ExtensionBody::CrlNumber(Serial::from_octets(&[1]))),
            ]),
            signature_algorithm: SignatureIdentifier { oid: oid::ED25519, parameters: None, pss_hash: None },
        }
    }

    pub(super) fn without(kind: &oid::Oid) -> ListHead {
        let whole = head();
        let left = whole.extensions.iter().filter(|extension| extension.oid != *kind).cloned().collect();
        ListHead { extensions: Extensions::new(left), ..whole }
    }

    pub(super) fn entry(reason: Option<RevocationReason>) -> Listed<'static> {
        let revoked_at = Time::from_unix(1_790_000_000).unwrap();
        Listed { serial: &[1], revoked_at, reason, invalid_since: None }
    }

    /// Made by `openssl ca -gencrl`, with one entry.
    pub(super) fn list() -> RevocationList {
        let pem = include_bytes!("../../../tests/fixtures/one_entry.crl");
        crate::encoding::revocation::read_all(pem).unwrap().remove(0)
    }

    #[test]
    fn the_samples_break_no_rule() {
        assert_eq!(super::check(&list()), []);
        assert_eq!(super::check_head(&head()), []);
        assert_eq!(super::check_entry(&entry(None)), None);
        assert_eq!(super::check_entry(&entry(Some(RevocationReason::KeyCompromise))), None);
    }
}
