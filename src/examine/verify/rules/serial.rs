//! Serial numbers are positive and at most 20 octets long (RFC 5280 section 4.1.2.2). Readers are told
//! there to cope with others, so it is a warning.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};

const SERIAL: Rule = Rule { code: "serial", basis: Basis::Profile, clause: "RFC 5280 section 4.1.2.2" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate) in case.path.links().iter().enumerate() {
        let serial = certificate.serial();
        let wrong = if serial.is_negative() {
            "is negative"
        } else if serial.is_zero() {
            "is zero"
        } else if serial.octets().len() > 20 {
            "is longer than 20 octets"
        } else {
            continue;
        };
        checks.push(
            SERIAL
                .warns(position, format!("the serial number `{serial}` {wrong}"))
                .why("some peers refuse it: Go a negative one, pyca all of them"),
        );
    }
}
