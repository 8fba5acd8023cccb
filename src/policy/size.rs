//! How much one request may ask for. Whoever asks for more is refused with a single row, before
//! anything is made of the parts: some would be asked of every rule, compared and printed.

use super::grant::{Grant, Origin};
use super::refusal::Refusal;
use crate::profile::Profile;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::request::Asked;

const MAX_OCTETS: usize = 256 * 1024;
const MAX_NAMES: usize = 1000;
const MAX_OF_A_KIND: usize = 100;

/// The refusal of a request that asks for too much, by the first thing that there is too much of.
pub(super) fn refused(profile: &Profile, request: Asked<'_>, order: &Order) -> Option<Refusal> {
    let subject = order.subject.as_ref().map_or(0, |subject| subject.rdns().iter().flatten().count());
    let counts = [
        ("octets", request.octets(), MAX_OCTETS),
        ("alternative names", request.extensions().subject_alt_names().len(), MAX_NAMES),
        ("alternative names of the order", order.sans.len(), MAX_NAMES),
        ("attributes in its subject", request.subject().attributes().count(), MAX_OF_A_KIND),
        ("attributes in the subject of the order", subject, MAX_OF_A_KIND),
        ("extensions", request.extensions().iter().len(), MAX_OF_A_KIND),
        ("attributes", request.attributes().len(), MAX_OF_A_KIND),
    ];
    let (what, count, most) = counts.into_iter().find(|(_, count, most)| count > most)?;
    let asked = format!("{count} {what}");
    let message = format!("the request is too large: {asked}");
    let row = Grant::refused("request", Origin::Request, &asked, message.clone());
    let finding = Finding::error("policy.request_too_large", message).asked(asked).allowed(format!("at most {most}"));
    Some(Refusal::new(profile.name.clone(), vec![finding], vec![row]))
}
