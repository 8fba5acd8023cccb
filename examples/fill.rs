//! Fills a CA with certificates, to see how it is with many of them:
//!
//! ```text
//! mtls-ca init --ca-dir ca
//! cargo run --release --example fill -- ca 1000000
//! ```
//!
//! Each certificate is that of another host and another P-256 key, signed in batches. Their ends are spread
//! over a year, one in a hundred of them within the next thirty days, and one in fifty is revoked.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use mtls_ca::authority::batch::{Ask, Errand, Repeat, Wish};
use mtls_ca::authority::{Access, AuthorityError, Desk, RevokeOrder};
use mtls_ca::enroll::csr::{Wishes, request};
use mtls_ca::keys::PrivateKey;
use mtls_ca::ledger::{Filter, LedgerError};
use mtls_ca::profile::ProfileName;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::{Act, Authority, LifetimeWish, Now, Order};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, count] = arguments.as_slice() else { return Err("usage: fill CA_DIRECTORY COUNT".into()) };
    let count: u32 = count.parse()?;
    let act = Act::of_process("fill", Now::from_system());
    let mut ca = Authority::open(Path::new(directory), Access::Sign, Duration::from_secs(30))?;
    let signer = ca.unlock(None)?;
    let mut refused = None;
    ca.issue_all(0..count, &Hosts, &signer, &act, &AtomicBool::new(false), |outcome| {
        refused = refused.take().or(outcome.result.err());
    })?;
    if let Some(Refused(error)) = refused {
        return Err(error);
    }
    revoke(&mut ca, count / 50, &act)
}

/// Rows are numbers: each is a host that wants a certificate.
struct Hosts;

/// Why one got none.
struct Refused(Box<dyn Error + Send + Sync>);

impl From<AuthorityError> for Refused {
    fn from(error: AuthorityError) -> Self {
        Self(error.into())
    }
}

impl Errand for Hosts {
    type Row = u32;
    type Error = Refused;

    fn ask(&self, number: &u32, _desk: &Desk<'_>) -> Result<Ask<Refused>, Refused> {
        wish(*number).map(|wish| Ask::Certify(Box::new(wish))).map_err(Refused)
    }
}

fn wish(number: u32) -> Fallible<Wish> {
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
    let wishes = Wishes::named(&format!("host-{number:07}.internal"), None, Vec::new())?;
    let days = if number.is_multiple_of(100) { 1 + number / 100 % 30 } else { 31 + number % 334 };
    Ok(Wish {
        request: request(&key, &wishes)?,
        order: Order { lifetime: Some(LifetimeWish::For(format!("{days}d").parse()?)), ..Order::default() },
        profile: ProfileName::CLIENT,
        repeat: Repeat::Anew,
    })
}

/// Every seventh of the newest, in groups.
fn revoke(ca: &mut Authority, count: u32, act: &Act) -> Fallible<()> {
    let mut rows = Vec::new();
    let newest = Filter { limit: Some(u64::from(count) * 7), ..Filter::default() };
    ca.ledger().list::<LedgerError>(&newest, act.now, |entry| {
        rows.push(entry.id);
        Ok(())
    })?;
    let reasons = [RevocationReason::Unspecified, RevocationReason::KeyCompromise, RevocationReason::Superseded];
    let every_seventh: Vec<_> = rows.into_iter().step_by(7).collect();
    for (group, reason) in every_seventh.chunks(1_000).zip(reasons.into_iter().cycle()) {
        ca.revoke(group, &RevokeOrder { reason, invalid_since: None }, act)?;
    }
    Ok(())
}
