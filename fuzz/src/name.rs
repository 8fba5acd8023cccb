//! The text of a distinguished name: `--subject`.

use mtls_ca::encoding::name;
use mtls_ca::x509::name::{Attribute, Rdn};
use mtls_ca::{NameText, Order};

use crate::failure::Failure;
use crate::stage::{self, Stage};
use crate::{csr, screen};

/// Does what the commands do with such text.
pub fn look(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match text.parse::<NameText>() {
        Ok(subject) => {
            round_trip(text, &subject);
            stage::with(|stage| asked(&subject, stage));
        }
        Err(error) => screen::failure(&Failure::usage(error.to_string())),
    }
}

/// A name is written as text, and as DER, that reads as the same name.
fn round_trip(text: &str, subject: &NameText) {
    let written = subject.rfc4514();
    screen::text(&written);
    assert_eq!(written.parse().as_ref(), Ok(subject), "{text:?} was written as {written:?}");
    let Ok(encoded) = name::encode(subject.rdns()) else { return };
    let read = name::read(encoded.der()).expect("what was written is read");
    assert_eq!(sorted(read.rdns()), sorted(encoded.rdns()), "{text:?}");
    screen::text(&read.oneline());
    assert!(read.matches(&encoded) && read.is_within(&encoded));
    screen::json(&read);
}

/// DER sorts the values of one RDN, for they are a set (ITU-T X.690 section 11.6).
fn sorted(rdns: &[Rdn]) -> Vec<Vec<String>> {
    let sorted = |rdn: &Rdn| {
        let mut values: Vec<String> = rdn.iter().map(Attribute::rfc4514).collect();
        values.sort();
        values
    };
    rdns.iter().map(sorted).collect()
}

fn asked(subject: &NameText, stage: &Stage) {
    let order = Order { subject: Some(subject.clone()), ..Order::default() };
    for profile in ["client", "server", "intermediate"] {
        csr::planned(stage.requests[0].clone(), &order, &profile.parse().expect("a profile's name"), stage);
    }
}
