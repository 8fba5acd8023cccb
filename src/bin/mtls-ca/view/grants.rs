//! The difference between what was asked and what is granted, as a table.

use mtls_ca::Finding;
use mtls_ca::policy::{Grant, Verdict};

use crate::context::Context;
use crate::view;

/// A row for each part of the request and each thing that the profile adds. Nothing where JSON is
/// printed, which has the rows themselves.
pub fn table(grants: &[Grant], context: &Context) -> String {
    if context.global.json {
        return String::new();
    }
    let cell = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let row = |grant: &Grant| {
        let why = match &grant.place {
            Some(place) => format!("{} ({place})", grant.because),
            None => grant.because.to_string(),
        };
        [grant.verdict.to_string(), grant.item.to_string(), cell(&grant.asked), cell(&grant.granted), why]
    };
    view::table::table(["verdict", "item", "asked", "granted", "why"], grants.iter().map(row), context.style)
}

/// What was asked for and is left out without a finding that says so, a sentence each: nothing is
/// lost silently.
pub fn differences(grants: &[Grant], findings: &[Finding]) -> Vec<String> {
    const MOST: usize = 50;
    let sentence = |grant: &Grant| {
        let asked = grant.asked.as_deref()?;
        // An extension or attribute goes by its name, not by its octets.
        let named = grant.item.strip_prefix("extension ").or(grant.item.strip_prefix("attribute ")).unwrap_or(asked);
        let is_told = findings.iter().any(|finding| [asked, named].iter().any(|word| finding.message.contains(word)));
        let place = grant.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
        (!is_told).then(|| format!("{} `{asked}` is left out: {}{place}", grant.item, grant.because))
    };
    let dropped: Vec<&Grant> = grants.iter().filter(|grant| grant.verdict == Verdict::Dropped).collect();
    let mut told: Vec<String> = dropped.iter().copied().take(MOST).filter_map(sentence).collect();
    if dropped.len() > MOST {
        told.push(format!("{} more things are left out; --dry-run lists them all", dropped.len() - MOST));
    }
    told
}
