//! What `inspect`, `fingerprint` and `lint` say of bytes.

use std::path::Path;

use mtls_ca::examine::fingerprint::fingerprints;
use mtls_ca::examine::inspect::Item;
use mtls_ca::examine::linted::linted;
use mtls_ca::examine::renewal::{deciding, needs_renewal};
use mtls_ca::inspect;
use mtls_ca::keys::Passphrase;

use crate::commands::lint::FailOn;
use crate::failure::Failure;
use crate::view::lint::{Judged, Seen, answer};
use crate::{screen, stage, view};

/// Shows a file as the commands do that need nothing but it.
pub fn file(input: &[u8]) {
    match inspect(input, stage::now()) {
        Ok(items) => self::items(&items),
        Err(error) => screen::failure(&Failure::of_inspect(error, Path::new("input"))),
    }
    judged(input, None);
}

/// Shows what `inspect` found.
pub fn items(items: &[Item]) {
    screen::text(&view::inspect::text(items, stage::plain()));
    let rows: Vec<_> = items.iter().map(|item| view::inspect::short::row("input", item)).collect();
    screen::text(&view::inspect::short::lines(&rows));
    screen::text(&view::inspect::short::table(rows, stage::plain()));
    screen::json(&items);
    let prints = fingerprints(items);
    screen::text(&view::fingerprint::text(&prints, stage::plain()));
    screen::json(&prints);
    if let Some(report) = deciding(items) {
        let threshold = "33%".parse().expect("a threshold");
        screen::json(&format!("{:?}", needs_renewal(&report.certificate, threshold, stage::now())));
    }
    for pem in items.iter().filter_map(Item::pem) {
        screen::text(&pem);
    }
}

/// Shows what the rules say of a file.
pub fn judged(input: &[u8], password: Option<&Passphrase>) {
    match linted(input, password, stage::now()) {
        Ok(found) => {
            let judged: Vec<Judged> = found.into_iter().map(|one| Judged::of_file("input", one)).collect();
            let seen = Seen { judged, ..Seen::default() };
            stage::with(|stage| screen::answer(&answer(&seen, FailOn::Warning, &stage.context)));
        }
        Err(error) => screen::failure(&Failure::of_inspect(error, Path::new("input"))),
    }
}
