//! How events hang together: each one's hash covers its place, the hash before it, and its bytes.

use crate::words::x509::fingerprint::Fingerprint;

/// One event in its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Counted from 1, without gaps.
    pub seq: u64,
    /// The hash of the event before; [`BEGINNING`] for the first.
    pub prev: Fingerprint,
    /// The event's canonical bytes.
    pub body: String,
    /// Over all of these.
    pub hash: Fingerprint,
}

/// The end of a chain, to which the next event is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many events there are.
    pub seq: u64,
    /// The hash of the last one.
    pub hash: Fingerprint,
}

/// What stands before the first event.
pub const BEGINNING: Head = Head { seq: 0, hash: Fingerprint::from_octets([0; 32]) };

impl Head {
    /// The link that puts `body` behind this head.
    #[must_use]
    pub fn followed_by(self, body: String) -> Link {
        let seq = self.seq + 1;
        let hash = hash(seq, &self.hash, &body);
        Link { seq, prev: self.hash, body, hash }
    }
}

impl Link {
    /// As one line of JSON for other programs: the event as it was hashed, its place and its hashes.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { seq, prev, body, hash } = self;
        format!("{{\"event\":{body},\"hash\":\"{hash}\",\"prev\":\"{prev}\",\"seq\":{seq}}}")
    }

    /// The head of a chain that ends here.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }
}

/// SHA-256 over the number (8 octets, most significant first), the hash before (32 octets) and the
/// event's bytes. The first two have fixed lengths, so no two chains share an input.
pub(super) fn hash(seq: u64, prev: &Fingerprint, body: &str) -> Fingerprint {
    let mut input = Vec::with_capacity(8 + 32 + body.len());
    input.extend_from_slice(&seq.to_be_bytes());
    input.extend_from_slice(prev.octets());
    input.extend_from_slice(body.as_bytes());
    Fingerprint::of(&input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_another_tool_computes() {
        // (printf '\0\0\0\0\0\0\0\1'; head -c 32 /dev/zero; printf '{}') | sha256sum
        let link = BEGINNING.followed_by("{}".to_owned());
        assert_eq!(link.hash.to_string(), "cf9780d7b92ce782d713c7df528689a00a67ff38a15867ebbd5481529e2e970b");
        assert_eq!((link.seq, link.prev), (1, BEGINNING.hash));
        assert_eq!(link.head().followed_by("{}".to_owned()).prev, link.hash);
    }
}
