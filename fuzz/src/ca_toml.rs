//! The text of a `ca.toml`: every command that opens a CA.

use std::fs;
use std::path::Path;
use std::time::Duration;

use mtls_ca::authority::{Access, AuthorityError, StatusOrder};
use mtls_ca::profile::ProfileName;
use mtls_ca::store::config::Config;
use mtls_ca::{Authority, Order};

use crate::failure::Failure;
use crate::stage::Stage;
use crate::{screen, stage, view};

/// Does what the commands do with the settings of a CA.
pub fn look(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Config::parse(text, Path::new("ca/ca.toml")) {
        Ok(_) => stage::with(|stage| opened(stage, text)),
        Err(error) => screen::failure(&Failure::from(AuthorityError::from(error))),
    }
}

/// A CA with these settings: `status`, and `sign --dry-run`.
fn opened(stage: &Stage, text: &str) {
    let directory = stage.directory();
    fs::write(directory.join("ca.toml"), text).expect("a file of ours");
    match Authority::open(&directory, Access::Read, Duration::ZERO) {
        Ok(ca) => {
            view::findings(&ca.warnings(stage::now())).iter().for_each(|line| screen::text(line));
            match ca.status(&StatusOrder::default(), stage::now()) {
                Ok(report) => screen::json(&report),
                Err(error) => screen::failure(&Failure::from(error)),
            }
            for profile in [ca.default_profile().cloned().unwrap_or(ProfileName::CLIENT), ProfileName::SERVER] {
                sign(&ca, &profile, stage);
            }
        }
        Err(error) => screen::failure(&Failure::from(error)),
    }
}

fn sign(ca: &Authority, profile: &ProfileName, stage: &Stage) {
    for request in &stage.requests {
        match ca.plan(request.clone(), &Order::default(), profile, stage::now()) {
            Ok(plan) => screen::json(&view::issued::planned_json(&plan, &stage.context)),
            Err(error) => screen::failure(&Failure::from(error)),
        }
    }
}
