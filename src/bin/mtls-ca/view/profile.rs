//! A profile, every value with the line that says so.

use mtls_ca::profile::{Profile, Setting};
use mtls_ca::x509::general_name::escaped;
use serde_json::{Value, json};

use crate::output::Style;
use crate::view;

/// For people.
pub fn text(profile: &Profile, style: Style) -> String {
    let said = |Setting { key, values, place }| {
        let values = if values.is_empty() { "none".to_owned() } else { values.join(", ") };
        (key, format!("{values}  ({place})"))
    };
    let extends = profile.extends.as_ref().map(|name| ("extends", format!("{}  ({})", name.value, name.place)));
    let rows: Vec<(&str, String)> = extends.into_iter().chain(profile.settings().into_iter().map(said)).collect();
    format!("{}: {}\n{}", profile.name, escaped(&profile.description), view::rows(&rows, style))
}

/// For programs.
pub fn json(profile: &Profile) -> Value {
    json!({
        "name": profile.name.as_str(),
        "description": profile.description,
        "extends": profile.extends.as_ref().map(|name| name.value.to_string()),
        "ca": profile.ca,
        "place": profile.place,
        "settings": profile.settings(),
    })
}
