//! The text of a profile: `profile check`, `profile show`, and `sign` by it.

use mtls_ca::authority::AuthorityError;
use mtls_ca::keys::random;
use mtls_ca::policy::{self, IssuerTerms};
use mtls_ca::profile::{Profile, ProfileSet, Source};
use mtls_ca::x509::request::ProvenKey;
use mtls_ca::{Order, lint};

use crate::failure::Failure;
use crate::stage::Stage;
use crate::{screen, stage, view};

/// Does what the commands do with a profile.
pub fn look(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let source = Source { file: "ca/profiles/own.toml".to_owned(), text: text.to_owned() };
    let set = ProfileSet::with_files(vec![source]).expect("its name is a profile's");
    match set.get(&"own".parse().expect("a profile's name")) {
        Ok(profile) => {
            screen::text(&view::profile::text(profile, stage::plain()));
            screen::json(&view::profile::json(profile));
            view::findings(&profile.remarks()).iter().for_each(|line| screen::text(line));
            stage::with(|stage| sign(profile, stage));
        }
        Err(error) => screen::failure(&Failure::from(error)),
    }
}

/// Answers two requests by its rules.
fn sign(profile: &Profile, stage: &Stage) {
    for request in &stage.requests {
        let proven = ProvenKey::from_request(request.clone()).expect("it was signed with its key");
        let terms = IssuerTerms::authority(&stage.root, &[], stage.key.signature_algorithm());
        let draft = policy::draft(profile, proven, &Order::default(), &terms, stage::now());
        let cleared = draft.and_then(|draft| lint::clear(draft, random::serial().expect("a serial number")));
        match cleared {
            Ok(cleared) => {
                let grants = cleared.draft().grants();
                screen::text(&view::grants::table(grants, &stage.context));
                view::findings(cleared.remarks()).iter().for_each(|line| screen::text(line));
                screen::json(&grants);
            }
            Err(refusal) => screen::failure(&Failure::from(AuthorityError::Refused(Box::new(refusal)))),
        }
    }
}
