//! The difference between what was asked and what is granted, as a table.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};
use mtls_ca::policy::{Grant, Verdict};

use crate::output::Style;

/// A row for each part of the request and each thing that the profile adds.
pub fn table(grants: &[Grant], style: Style) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(style.width).unwrap_or(100));
    table.set_header(["", "item", "asked", "granted", "why"]);
    for grant in grants {
        let why = match &grant.place {
            Some(place) => format!("{} ({place})", grant.because),
            None => grant.because.clone(),
        };
        let cell = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        table.add_row([grant.verdict.to_string(), grant.item.clone(), cell(&grant.asked), cell(&grant.granted), why]);
    }
    format!("{table}\n")
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
