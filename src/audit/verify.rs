//! Whether a chain is whole: the first event that was altered, taken out or moved.

use thiserror::Error;

use super::chain::{BEGINNING, Head, Link, hash};

/// How far from its place a moved event is looked for.
const FAR: u64 = 10_000;

/// Walks a chain, event by event.
#[derive(Debug)]
pub struct Verifier {
    head: Head,
}

/// The first place where a chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Break {
    /// Events are not there, or stand elsewhere.
    #[error("event {expected} of the audit log is missing: {found} follows in its place")]
    Missing {
        /// The number that comes next.
        expected: u64,
        /// The number that did.
        found: u64,
    },
    /// An event does not name the one before it: something was put in, taken out or reordered.
    #[error("event {seq} of the audit log does not follow the one before it")]
    Unlinked {
        /// Which.
        seq: u64,
    },
    /// An event stands in another place than it was written in: one before it was taken out or put
    /// in, or events changed places.
    #[error("event {seq} of the audit log is the one that was written as event {was}")]
    Moved {
        /// Where it stands.
        seq: u64,
        /// Where it belongs.
        was: u64,
    },
    /// An event's bytes are not those that were hashed.
    #[error("event {seq} of the audit log was altered")]
    Altered {
        /// Which.
        seq: u64,
    },
}

impl Verifier {
    /// At the beginning of a chain.
    #[must_use]
    pub const fn new() -> Self {
        Self { head: BEGINNING }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// Where the chain breaks. What comes after is not looked at any more.
    pub fn take(&mut self, link: &Link) -> Result<(), Break> {
        let expected = self.head.seq + 1;
        if link.seq != expected {
            return Err(Break::Missing { expected, found: link.seq });
        }
        if link.hash != hash(link.seq, &link.prev, &link.body) {
            return Err(match written_as(link) {
                Some(was) => Break::Moved { seq: link.seq, was },
                None => Break::Altered { seq: link.seq },
            });
        }
        if link.prev != self.head.hash {
            return Err(Break::Unlinked { seq: link.seq });
        }
        self.head = link.head();
        Ok(())
    }

    /// Behind an event that is known to be right.
    #[must_use]
    pub const fn behind(head: Head) -> Self {
        Self { head }
    }

    /// The end of what was taken so far. Kept elsewhere, it shows later whether the end of the
    /// chain was cut off, which the chain itself cannot.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }
}

/// Of an event that does not fit its place: the place that its hash was made for, where that is not
/// too far away.
fn written_as(link: &Link) -> Option<u64> {
    let near = link.seq.saturating_sub(FAR)..=link.seq.saturating_add(FAR);
    near.into_iter().find(|seq| link.hash == hash(*seq, &link.prev, &link.body))
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u64) -> Vec<Link> {
        let mut head = BEGINNING;
        let links = (0..length).map(|n| {
            let link = head.followed_by(format!("{{\"n\":{n}}}"));
            head = link.head();
            link
        });
        links.collect()
    }

    fn first_break(links: &[Link]) -> Option<Break> {
        let mut verifier = Verifier::new();
        links.iter().find_map(|link| verifier.take(link).err())
    }

    #[test]
    fn the_first_break_is_named() {
        let whole = chain(5);
        assert_eq!(first_break(&whole), None);

        let mut altered = whole.clone();
        altered[2].body = "{\"n\":9}".to_owned();
        assert_eq!(first_break(&altered), Some(Break::Altered { seq: 3 }));

        let mut missing = whole.clone();
        missing.remove(1);
        assert_eq!(first_break(&missing), Some(Break::Missing { expected: 2, found: 3 }));

        // Two events exchanged, numbers left in order.
        let mut reordered = whole.clone();
        let (second, third) = (whole[1].clone(), whole[2].clone());
        reordered[1] = Link { seq: 2, ..third };
        reordered[2] = Link { seq: 3, ..second };
        assert_eq!(first_break(&reordered), Some(Break::Moved { seq: 2, was: 3 }));

        // One taken out, and those behind it numbered anew.
        let mut closed: Vec<Link> = whole.clone();
        closed.remove(1);
        let closed: Vec<Link> = closed.into_iter().zip(1..).map(|(link, seq)| Link { seq, ..link }).collect();
        assert_eq!(first_break(&closed), Some(Break::Moved { seq: 2, was: 3 }));

        // An event rewritten with a fitting hash: the next one gives it away.
        let mut forged = whole.clone();
        forged[2] = whole[1].head().followed_by("{\"n\":9}".to_owned());
        assert_eq!(first_break(&forged), Some(Break::Unlinked { seq: 4 }));
    }
}
