//! What a PKCS#12 file shows without its password: whether it has a MAC, and with what its parts are
//! encrypted and at what cost.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Tag, Tagged};

use super::WHAT;
use crate::encoding::der_tree::{children, context_tag, sequence, values};
use crate::encoding::{ReadError, key_parts};

/// id-data and id-encryptedData, RFC 5652 sections 4 and 8.
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
/// pkcs8ShroudedKeyBag, RFC 7292 section 4.2.2.
const SHROUDED_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
/// More parts than a file of some use has; each may ask for a million rounds.
const MOST_PARTS: usize = 200;
/// All rounds of a file together: some seconds.
const MOST_ROUNDS: u64 = 20_000_000;

/// What a PKCS#12 file shows from outside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// The digest that its MAC is made with, and the rounds; none where it has no MAC.
    pub mac: Option<String>,
    /// How its parts are encrypted, each way once.
    pub encryption: Vec<String>,
}

impl Outline {
    /// Those of its ways to encrypt that are broken or too weak by now, and need a switch such as OpenSSL's
    /// `-legacy`: RC2, RC4 and single DES. 3DES is old, and is opened everywhere.
    pub fn outdated(&self) -> impl Iterator<Item = &str> {
        let weak = |name: &&str| ["RC2", "RC4", ", DES-CBC"].iter().any(|old| name.contains(old));
        self.encryption.iter().map(String::as_str).filter(weak)
    }
}

/// What a file asks for in rounds, as far as can be seen.
#[derive(Default)]
struct Tally {
    outline: Outline,
    parts: usize,
    rounds: u64,
}

impl Tally {
    /// Notes an AlgorithmIdentifier by which something is encrypted.
    fn encrypted_by(&mut self, identifier: AnyRef<'_>) {
        self.parts = self.parts.saturating_add(1);
        if let Some(scheme) = key_parts::scheme(identifier) {
            self.rounds = self.rounds.saturating_add(scheme.rounds);
            if !self.outline.encryption.contains(&scheme.name) {
                self.outline.encryption.push(scheme.name);
            }
        }
    }
}

/// Looks at a file from outside.
///
/// # Errors
/// Where it is not as RFC 7292 section 4 has it, or opening it would take for ever.
pub fn outline(der: &[u8]) -> Result<Outline, ReadError> {
    let malformed = |error: der::Error| ReadError::new(WHAT, error);
    if is_indefinite(der) {
        return Err(indefinite());
    }
    // PFX: version, authSafe, macData.
    let parts = sequence(der).map_err(malformed)?;
    let mut tally = Tally::default();
    tally.outline.mac = parts.get(2).map(|mac| mac_of(*mac, &mut tally.rounds)).transpose().map_err(malformed)?;
    let safe = parts.get(1).and_then(|safe| content(*safe));
    let Some((DATA, octets)) = safe else {
        return Err(ReadError::new(WHAT, "it is signed with a key instead of a password, which nobody uses"));
    };
    if octets.tag() != Tag::OctetString {
        return Err(ReadError::new(WHAT, "its content is no octet string"));
    }
    if is_indefinite(octets.value()) {
        return Err(indefinite());
    }
    for part in sequence(octets.value()).map_err(malformed)? {
        look_into(part, &mut tally).map_err(malformed)?;
    }
    if tally.parts > MOST_PARTS || tally.rounds > MOST_ROUNDS {
        let reason =
            format!("opening it takes {} rounds for {} parts, which is more than is done", tally.rounds, tally.parts);
        return Err(ReadError::new(WHAT, reason));
    }
    Ok(tally.outline)
}

/// ITU-T X.690 section 8.1.3.6, for a constructed value of whatever kind.
fn is_indefinite(value: &[u8]) -> bool {
    value.get(1) == Some(&0x80)
}

fn indefinite() -> ReadError {
    ReadError::new(
        WHAT,
        "it is in BER with indefinite lengths; \
         `openssl pkcs12 -legacy -in FILE -nodes | openssl pkcs12 -export -out NEW` rewrites it",
    )
}

/// The type and content of a ContentInfo (RFC 5652 section 3).
fn content(info: AnyRef<'_>) -> Option<(ObjectIdentifier, AnyRef<'_>)> {
    let parts = children(info).ok()?;
    let kind = parts.first()?.decode_as::<ObjectIdentifier>().ok()?;
    let wrapped = parts.get(1).filter(|part| context_tag(**part) == Some(0))?;
    Some((kind, *children(*wrapped).ok()?.first()?))
}

/// RFC 7292 section 4: DigestInfo, salt, rounds, which are 1 where they are left out.
fn mac_of(mac: AnyRef<'_>, rounds: &mut u64) -> der::Result<String> {
    let parts = children(mac)?;
    let asked = parts.get(2).and_then(|part| key_parts::number(*part)).unwrap_or(1);
    *rounds = rounds.saturating_add(asked);
    let info = parts.first().map(|part| children(*part)).transpose()?.unwrap_or_default();
    let digest = info.first().and_then(|part| key_parts::scheme(*part)).map_or_else(String::new, |scheme| scheme.name);
    Ok(format!("{digest}, {asked} rounds"))
}

/// One part of the AuthenticatedSafe: encrypted as a whole, or bags of which keys are encrypted.
fn look_into(part: AnyRef<'_>, tally: &mut Tally) -> der::Result<()> {
    match content(part) {
        // RFC 5652 section 8: version, then type, algorithm and content.
        Some((ENCRYPTED_DATA, data)) => {
            let parts = children(data)?;
            let info = parts.get(1).map(|info| children(*info)).transpose()?.unwrap_or_default();
            if let Some(identifier) = info.get(1) {
                tally.encrypted_by(*identifier);
            }
        }
        Some((DATA, octets)) => {
            for bags in values(octets.value())? {
                for bag in children(bags)? {
                    look_at_bag(bag, tally)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// RFC 7292 section 4.2: bagId, bagValue, attributes.
fn look_at_bag(bag: AnyRef<'_>, tally: &mut Tally) -> der::Result<()> {
    let parts = children(bag)?;
    let kind = parts.first().and_then(|part| part.decode_as::<ObjectIdentifier>().ok());
    if let (Some(SHROUDED_KEY), Some(value)) = (kind, parts.get(1)) {
        // EncryptedPrivateKeyInfo (RFC 5958 section 3) within [0].
        let info = children(*value)?.first().map(|info| children(*info)).transpose()?.unwrap_or_default();
        if let Some(identifier) = info.first() {
            tally.encrypted_by(*identifier);
        }
    }
    Ok(())
}
