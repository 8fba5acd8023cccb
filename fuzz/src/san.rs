//! The text of a name that a certificate is to carry: `--san`, `--permit`, `--exclude`.

use mtls_ca::policy::constraints::parse_subtree;
use mtls_ca::x509::extension::Extensions;
use mtls_ca::{Order, San};

use crate::stage::Stage;
use crate::{csr, screen, stage};

/// Does what the commands do with such text.
pub fn look(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let names: Vec<San> = text.lines().take(20).filter_map(name).collect();
    text.lines().take(20).for_each(subtree);
    if !names.is_empty() {
        stage::with(|stage| asked(&names, stage));
    }
}

/// A name is written as text that reads as the same name.
fn name(line: &str) -> Option<San> {
    match line.parse::<San>() {
        Ok(name) => {
            let written = name.to_string();
            screen::text(&written);
            assert_eq!(written.parse().as_ref(), Ok(&name), "{line:?} was written as {written:?}");
            Some(name)
        }
        Err(error) => {
            screen::failure(&crate::failure::Failure::usage(error.to_string()));
            None
        }
    }
}

fn subtree(line: &str) {
    match parse_subtree(line) {
        Ok(subtree) => {
            let written = subtree.to_string();
            screen::text(&written);
            assert_eq!(parse_subtree(&written).as_ref(), Ok(&subtree), "{line:?} was written as {written:?}");
        }
        Err(error) => screen::failure(&crate::failure::Failure::usage(error.to_string())),
    }
}

/// A certificate for these names, by each profile. What is granted is what was asked.
fn asked(names: &[San], stage: &Stage) {
    let order = Order { sans: names.to_vec(), ..Order::default() };
    for profile in ["server", "client", "peer", "workload"] {
        let profile = profile.parse().expect("a profile's name");
        if let Some(plan) = csr::planned(stage.requests[0].clone(), &order, &profile, stage) {
            let extensions: &Extensions = plan.preview().extensions();
            let granted: Vec<_> = extensions.subject_alt_names().iter().map(|name| name.to_san()).collect();
            for san in granted {
                assert!(names.contains(&san.expect("a name of ours can be issued")), "nobody asked for it");
            }
        }
    }
}
