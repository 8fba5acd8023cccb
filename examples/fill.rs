//! Fills a CA with certificates, to see how it is with many of them:
//!
//! ```text
//! mtls-ca init --ca-dir ca
//! cargo run --release --example fill -- ca 1000000
//! ```
//!
//! Each certificate is that of another host and another P-256 key. Their ends are spread over a year, one
//! in a hundred of them within the next thirty days, and one in fifty is revoked.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use mtls_ca::authority::{Access, RevokeOrder, Signer};
use mtls_ca::enroll::csr::{Wishes, request};
use mtls_ca::keys::PrivateKey;
use mtls_ca::ledger::{Filter, LedgerError};
use mtls_ca::profile::ProfileName;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::{Act, Authority, LifetimeWish, Now, Order};

type Fallible<T> = Result<T, Box<dyn Error>>;

const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, count] = arguments.as_slice() else { return Err("usage: fill CA_DIRECTORY COUNT".into()) };
    let count: u32 = count.parse()?;
    let act = Act::of_process("fill", Now::from_system());
    let mut ca = Authority::open(Path::new(directory), Access::Sign, PATIENCE)?;
    let signer = ca.unlock(None)?;
    issue(&mut ca, &signer, count, &act)?;
    revoke(&mut ca, count / 50, &act)
}

fn issue(ca: &mut Authority, signer: &Signer, count: u32, act: &Act) -> Fallible<()> {
    for number in 0..count {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
        let wishes = Wishes::named(&format!("host-{number}.internal"), None, Vec::new())?;
        let days = if number % 100 == 0 { 1 + number / 100 % 30 } else { 31 + number % 334 };
        let order = Order { lifetime: Some(LifetimeWish::For(format!("{days}d").parse()?)), ..Order::default() };
        ca.sign(request(&key, &wishes)?, &order, &ProfileName::CLIENT, signer, act)?;
    }
    Ok(())
}

/// Some of the newest, in groups.
fn revoke(ca: &mut Authority, count: u32, act: &Act) -> Fallible<()> {
    let mut rows = Vec::new();
    let filter = Filter { limit: Some(u64::from(count) * 7), ..Filter::default() };
    ca.ledger().list::<LedgerError>(&filter, act.now, |entry| {
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
