//! What the next CA certificate is to be: what was ordered, else what the old one is.

use crate::authority::{Authority, AuthorityError};
use crate::ledger::LedgerError;
use crate::words::order::Order;
use crate::words::x509::algorithm::{KeyAlgorithm, RsaBits};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::NameConstraints;
use crate::words::x509::lifetime::{Lifetime, LifetimeWish};
use crate::words::x509::name::{Attribute, AttributeValue, Name, Rdn};
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid;
use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};

/// What differs from the old one; [`Successor::default`] is a new key under `NAME G2`, certified by
/// the old key too, and for the rest the same.
#[derive(Debug, Clone, Default)]
pub struct Successor {
    /// Its common name, where it is not to be the old one with the next number.
    pub name: Option<String>,
    /// Its key.
    pub key_algorithm: Option<KeyAlgorithm>,
    /// How long it holds.
    pub lifetime: Option<LifetimeWish>,
    /// How many CAs may stand below it.
    pub path_length: Option<u32>,
    /// What it may certify.
    pub name_constraints: Option<NameConstraints>,
    /// No certificate by the old root is wanted.
    pub without_cross: bool,
}

/// How far a name is counted up before it is given up.
const MOST_NUMBERS: u32 = 1_000;
/// The five minutes that certificates begin before they are made.
const BACKDATE: i64 = 5 * 60;

impl Successor {
    /// The key that it gets: the old one's algorithm, or P-256 after one that we do not make.
    pub(super) fn algorithm(&self, old: &Certificate) -> KeyAlgorithm {
        self.key_algorithm.or_else(|| algorithm_of(old.public_key())).unwrap_or(KeyAlgorithm::EcdsaP256)
    }

    /// Its order for whoever signs it, with the subject of its request. `longest` is what the profile
    /// allows: an adopted CA may have lived longer than that.
    pub(super) fn order(&self, old: &Certificate, longest: Option<Lifetime>) -> Order {
        let constraints = || old.extensions().name_constraints().cloned().unwrap_or_default();
        let validity = old.validity();
        let length = Lifetime::from_seconds(validity.not_after.seconds_since(validity.not_before) - BACKDATE);
        let length = length.filter(|length| longest.is_none_or(|longest| *length <= longest));
        Order {
            lifetime: self.lifetime.or_else(|| length.map(LifetimeWish::For)),
            path_length: self
                .path_length
                .or_else(|| old.extensions().basic_constraints().and_then(|constraints| constraints.path_length)),
            name_constraints: self.name_constraints.clone().unwrap_or_else(constraints),
            ..Order::default()
        }
    }
}

impl Successor {
    /// What was ordered and is otherwise in a certificate that was made before; none where a run again
    /// would make the same.
    pub(super) fn missed_by(&self, made: &Certificate) -> Option<&'static str> {
        let validity = made.validity();
        let is_as_long = |asked: Lifetime| {
            let length = validity.not_after.seconds_since(validity.not_before);
            // It may begin five minutes before it was made, or with its issuer.
            (length.saturating_sub(asked.seconds())).unsigned_abs() <= BACKDATE.unsigned_abs()
        };
        let lifetime_holds = match self.lifetime {
            Some(LifetimeWish::For(asked)) => is_as_long(asked),
            Some(LifetimeWish::Until(end)) => validity.not_after == end,
            Some(LifetimeWish::AsBefore(_)) | None => true,
        };
        let extensions = made.extensions();
        let length = extensions.basic_constraints().and_then(|constraints| constraints.path_length);
        let constraints = || extensions.name_constraints().cloned().unwrap_or_default();
        let name = made.subject().common_name();
        if self.name.is_some() && self.name.as_deref() != name {
            Some("name")
        } else if self.key_algorithm.is_some_and(|asked| algorithm_of(made.public_key()) != Some(asked)) {
            Some("key algorithm")
        } else if !lifetime_holds {
            Some("lifetime")
        } else if self.path_length.is_some() && self.path_length != length {
            Some("path length")
        } else if self.name_constraints.as_ref().is_some_and(|asked| *asked != constraints()) {
            Some("name constraints")
        } else {
            None
        }
    }
}

/// Of which algorithm a key is, where we make such.
pub(super) fn algorithm_of(key: &PublicKey) -> Option<KeyAlgorithm> {
    match key.algorithm() {
        PublicKeyAlgorithm::EcdsaP256 => Some(KeyAlgorithm::EcdsaP256),
        PublicKeyAlgorithm::EcdsaP384 => Some(KeyAlgorithm::EcdsaP384),
        PublicKeyAlgorithm::EcdsaP521 => Some(KeyAlgorithm::EcdsaP521),
        PublicKeyAlgorithm::Ed25519 => Some(KeyAlgorithm::Ed25519),
        PublicKeyAlgorithm::Rsa { bits, .. } => {
            let sizes = [RsaBits::B2048, RsaBits::B3072, RsaBits::B4096, RsaBits::B8192];
            sizes.into_iter().find(|size| size.bits() == *bits).map(KeyAlgorithm::Rsa)
        }
        PublicKeyAlgorithm::Other { .. } => None,
    }
}

impl Authority {
    /// The subject of the next one: the old one's, with a common name that no CA certificate of this
    /// authority has or had. CRLs are found by the issuer's name alone (RFC 5280 section 6.3.3), so
    /// two keys under one name would get each other's.
    pub(super) fn next_subject(&self, successor: &Successor) -> Result<NameText, AuthorityError> {
        let old = self.issuer.certificate.subject();
        let name = match &successor.name {
            Some(name) => name.clone(),
            None => self.next_name(old.common_name())?,
        };
        Ok(renamed(old, &name))
    }

    fn next_name(&self, old: Option<&str>) -> Result<String, LedgerError> {
        let (base, first) = numbered(old);
        let known = self.ledger.issuers()?;
        let mut candidate = String::new();
        for number in first..first.saturating_add(MOST_NUMBERS) {
            candidate = if base.is_empty() { format!("G{number}") } else { format!("{base} G{number}") };
            let of_issuer = known.iter().any(|issuer| issuer.subject.contains(&candidate));
            if !of_issuer && self.ledger.by_name(&candidate, 1)?.is_empty() {
                break;
            }
        }
        Ok(candidate)
    }
}

/// The name without its number, and the next number: `Example Root G2` is followed by 3.
fn numbered(name: Option<&str>) -> (&str, u32) {
    let name = name.unwrap_or_default();
    let split = name.rsplit_once(" G").and_then(|(base, digits)| {
        let plain = !digits.starts_with('0') && digits.bytes().all(|digit| digit.is_ascii_digit());
        let number: u32 = digits.parse().ok().filter(|_| plain)?;
        Some((base, number.checked_add(1)?))
    });
    split.unwrap_or((name, 2))
}

/// The name with this common name in the place of its first, all else to the octet.
fn renamed(old: &Name, common_name: &str) -> NameText {
    let mut rdns: Vec<Rdn> = old.rdns().to_vec();
    let found = rdns.iter_mut().flatten().find(|attribute| attribute.kind == oid::COMMON_NAME);
    match found {
        Some(attribute) => attribute.value = AttributeValue::Text(common_name.to_owned()),
        None => rdns.push(vec![Attribute::new(oid::COMMON_NAME, common_name)]),
    }
    NameText::of_rdns(rdns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_up() {
        for (name, next) in [
            ("Example Root", ("Example Root", 2)),
            ("Example Root G2", ("Example Root", 3)),
            ("Example Root G9", ("Example Root", 10)),
            ("Example G02", ("Example G02", 2)),
            ("Example G", ("Example G", 2)),
            ("G2", ("G2", 2)),
            ("Example G4294967295", ("Example G4294967295", 2)),
        ] {
            assert_eq!(numbered(Some(name)), next, "{name}");
        }
        assert_eq!(numbered(None), ("", 2));
    }
}
