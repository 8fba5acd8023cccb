//! A certification request: `inspect`, `sign`.

use std::path::Path;

use mtls_ca::Order;
use mtls_ca::authority::Plan;
use mtls_ca::encoding::request;
use mtls_ca::profile::ProfileName;
use mtls_ca::x509::request::Request;

use crate::failure::Failure;
use crate::stage::Stage;
use crate::{resigned, screen, shown, stage, view};

/// Does what the commands do with a request.
pub fn look(input: &[u8]) {
    shown::file(input);
    match request::read_one(input) {
        Ok(read) => stage::with(|stage| {
            let der = read.der().to_vec();
            assert_eq!(request::read(&der).as_ref(), Ok(&read), "its DER reads as the same");
            sign(read, stage);
            // Nobody guesses a signature: what it asks for, with a key of ours.
            let again = resigned::request(&der, &stage.key).and_then(|der| request::read(&der).ok());
            if let Some(request) = again {
                sign(request, stage);
            }
        }),
        Err(error) => screen::failure(&Failure::unreadable(Path::new("input"), &error)),
    }
}

/// What `sign --dry-run` says with the profile that the request gets, and with others.
fn sign(request: Request, stage: &Stage) {
    let chosen = stage.ca.choose_profile(None, &request).profile;
    let others = ["workload", "intermediate", "ocsp-responder"].map(|name| name.parse().expect("a profile's name"));
    for profile in [chosen, ProfileName::PEER].into_iter().chain(others) {
        planned(request.clone(), &Order::default(), &profile, stage);
    }
}

/// Asks every rule, and shows the plan or the refusal.
pub fn planned(request: Request, order: &Order, profile: &ProfileName, stage: &Stage) -> Option<Plan> {
    match stage.ca.plan(request, order, profile, stage::now()) {
        Ok(plan) => {
            screen::text(&view::issued::text(plan.preview(), plan.profile(), None, &stage.context));
            screen::text(&view::grants::table(plan.grants(), &stage.context));
            view::grants::differences(plan.grants(), &plan.findings()).iter().for_each(|line| screen::text(line));
            view::findings(&plan.findings()).iter().for_each(|line| screen::text(line));
            screen::json(&view::issued::planned_json(&plan, &stage.context));
            Some(plan)
        }
        Err(error) => {
            screen::failure(&Failure::from(error));
            None
        }
    }
}
