//! The difference between what was asked and what is granted, as a table.

use mtls_ca::policy::{Grant, Verdict};

use crate::output::Style;
use crate::view;

/// A row for each part of the request and each thing that the profile adds.
pub fn table(grants: &[Grant], style: Style) -> String {
    let cell = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let row = |grant: &Grant| {
        let why = match &grant.place {
            Some(place) => format!("{} ({place})", grant.because),
            None => grant.because.clone(),
        };
        [grant.verdict.to_string(), grant.item.clone(), cell(&grant.asked), cell(&grant.granted), why]
    };
    view::table::table(["verdict", "item", "asked", "granted", "why"], grants.iter().map(row), style)
}

/// What was not given as it was asked, a sentence each: nothing is lost silently.
pub fn differences(grants: &[Grant]) -> Vec<String> {
    let sentence = |grant: &Grant| {
        let asked = grant.asked.as_deref()?;
        let place = grant.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
        match grant.verdict {
            Verdict::Dropped => Some(format!("{} `{asked}` is left out: {}{place}", grant.item, grant.because)),
            Verdict::Changed => {
                let granted = grant.granted.as_deref().unwrap_or("nothing");
                Some(format!("{} `{asked}` became `{granted}`: {}{place}", grant.item, grant.because))
            }
            Verdict::Granted | Verdict::Refused | Verdict::Added => None,
        }
    };
    grants.iter().filter_map(sentence).collect()
}
