//! Paths that are found, paths that are not and why, and answers as a whole.

use std::time::Instant;

use super::sample::{ask, now, refusals, root, with, without};
use super::{Answer, Conformance, Question, Role, Verdict, verify};
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::{NameConstraints, Subtree};
use crate::words::x509::oid;
use crate::words::x509::usage::{KeyUsage, KeyUsages, Purpose};

fn of(certificates: &[Certificate], intermediates: &[Certificate], anchors: &[Certificate]) -> Answer {
    let mut question = Question::new(certificates, anchors, Purpose::Client, now());
    question.intermediates = intermediates;
    verify(&question)
}

fn warnings(answer: &Answer) -> Vec<&'static str> {
    answer.checks().iter().filter(|check| check.verdict == Verdict::Warns).map(|check| check.rule).collect()
}

#[test]
fn what_others_call_unknown_ca_is_told_apart() {
    let root_ca = root("CN=Root,O=Example");
    let issuing = root_ca.ca("CN=Issuing,O=Example", |_| {});
    let leaf = issuing.leaf("CN=leaf", |_| {});
    let again = root("CN=Root,O=Example");
    let stranger = root("CN=Stranger");
    let by_stranger = stranger.leaf("CN=leaf", |_| {});
    let alone = root("CN=alone").certificate;
    let renamed = {
        let other = root("CN=Old name");
        let leaf = other.leaf("CN=leaf", |_| {});
        (Certificate { subject: super::sample::named("CN=New name"), ..other.certificate }, leaf)
    };
    let trusted = [root_ca.certificate.clone()];
    let mut broken = leaf.clone();
    broken.signature_algorithm.oid = oid::ECDSA_WITH_SHA1;
    broken.inner_signature_algorithm.oid = oid::ECDSA_WITH_SHA1;
    let mut altered = leaf.clone();
    altered.signature_algorithm.oid = oid::ECDSA_WITH_SHA384;
    for (certificates, anchors, cause, words) in [
        (vec![leaf.clone()], &trusted[..], "issuer_missing", "missing from the chain"),
        (vec![by_stranger.clone()], &trusted, "issuer_missing", "missing from the chain"),
        (vec![by_stranger, stranger.certificate.clone()], &trusted, "signed_by_other_ca", "not trusted"),
        (vec![alone], &trusted, "signed_by_other_ca", "self-signed and not trusted"),
        (
            vec![leaf.clone(), issuing.certificate.clone()],
            &[again.certificate][..],
            "same_name_other_key",
            "the same name",
        ),
        (vec![renamed.1], &[renamed.0][..], "signed_by_other_ca", "its key is that of `CN=New name`"),
        (vec![leaf.clone(), issuing.certificate.clone()], &[], "issuer_missing", "no CA certificate is trusted"),
        (vec![broken, issuing.certificate.clone()], &trusted, "signature_algorithm", "ecdsa-with-SHA1"),
        (vec![altered, issuing.certificate.clone()], &trusted, "signature_algorithm", "was signed as"),
        (vec![], &trusted, "no_path", "no certificate"),
    ] {
        let answer = of(&certificates, &[], anchors);
        let first = answer.first_cause().unwrap();
        assert!(!answer.verdict());
        assert_eq!(first.rule, cause, "{first:?}");
        assert!(first.found.contains(words), "{first:?}");
        assert!(first.hint.is_some() || first.rule == "no_path", "{first:?}");
    }
    assert!(of(&[leaf, issuing.certificate], &[], &trusted).verdict());
}

#[test]
fn a_missing_intermediate_of_the_same_organization_is_said_to_be_one() {
    let root_ca = root("CN=Root,O=Example");
    let leaf = root_ca.ca("CN=Issuing,O=Example", |_| {}).leaf("CN=leaf", |_| {});
    let answer = of(&[leaf], &[], &[root_ca.certificate]);
    assert!(answer.first_cause().unwrap().hint.as_ref().unwrap().starts_with("append"), "{answer:?}");
}

#[test]
fn every_way_up_is_tried() {
    let (old, new) = (root("CN=Old"), root("CN=New"));
    let issuing = old.ca("CN=Issuing", |_| {});
    let expired = Certificate {
        validity: crate::words::x509::validity::Validity {
            not_after: "2027-02-01T00:00:00Z".parse().unwrap(),
            ..issuing.certificate.validity()
        },
        // Another certificate, as its octets show.
        der: [issuing.certificate.der(), &[0]].concat(),
        ..issuing.certificate.clone()
    };
    let leaf = issuing.leaf("CN=leaf", |_| {});
    let twin = root("CN=Old");
    // The expired one and strangers of the same name stand first.
    let certificates = [leaf.clone(), expired];
    let anchors = [new.certificate.clone(), twin.certificate, old.certificate.clone()];
    let answer = of(&certificates, std::slice::from_ref(&issuing.certificate), &anchors);
    assert!(answer.verdict(), "{answer:?}");
    assert_eq!(answer.chain().len(), 3);
    assert_eq!(answer.chain()[2].fingerprint, old.certificate.fingerprint());
    // An intermediate may be the anchor.
    assert_eq!(of(&[leaf], &[], &[issuing.certificate]).chain()[1].role, Role::Anchor);
}

#[test]
fn a_hostile_pool_is_given_up_on_soon() {
    let anchor = root("CN=Trusted");
    let hostile: Vec<_> = (0..150).map(|_| root("CN=Hostile")).collect();
    let leaf = without(&hostile[149].leaf("CN=leaf", |_| {}), &oid::AUTHORITY_KEY_IDENTIFIER);
    let pool: Vec<Certificate> = hostile.into_iter().map(|authority| authority.certificate).collect();
    let started = Instant::now();
    let answer = of(&[leaf], &pool, &[anchor.certificate]);
    assert_eq!(refusals(&answer).first(), Some(&"search_limit"), "{answer:?}");
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());

    // A chain that is longer than any real one.
    let mut authority = root("CN=CA 0");
    let mut pool = vec![authority.certificate.clone()];
    for number in 1..30 {
        authority = authority.ca(&format!("CN=CA {number}"), |_| {});
        pool.push(authority.certificate.clone());
    }
    let answer = of(&[authority.leaf("CN=leaf", |_| {})], &pool, &pool[..1]);
    assert_eq!(refusals(&answer).first(), Some(&"search_limit"));
}

#[test]
fn circles_end() {
    let (a, b) = (root("CN=A"), root("CN=B"));
    let (a_by_b, b_by_a) = (b.ca("CN=A", |_| {}), a.ca("CN=B", |_| {}));
    let leaf = a_by_b.leaf("CN=leaf", |_| {});
    // A' is signed by B's key and B' by A's: neither leads to the trusted one.
    let pool = [a_by_b.certificate, b_by_a.certificate, b.certificate, a.certificate];
    let answer = of(&[leaf], &pool, &[root("CN=Trusted").certificate]);
    assert_eq!(refusals(&answer).first(), Some(&"signed_by_other_ca"), "{answer:?}");
}

#[test]
fn a_certificate_may_be_trusted_itself() {
    let root_ca = root("CN=Root");
    let leaf = root_ca.leaf("CN=leaf", |_| {});
    let answer = of(std::slice::from_ref(&leaf), &[], std::slice::from_ref(&leaf));
    assert!(answer.verdict(), "{answer:?}");
    assert_eq!(answer.chain()[0].role, Role::Pinned);
    assert_eq!(warnings(&answer), ["trust"]);
    assert!(answer.second_opinion.unwrap().contains("rustls"));
    // The root as a CA is no odd thing.
    let roots = [root_ca.certificate.clone()];
    let answer = verify(&Question::new(&roots, &roots, Purpose::Ca, now()));
    assert!(answer.verdict() && warnings(&answer).is_empty(), "{answer:?}");
    // Where its CA is trusted too, the path through the CA counts.
    let answer = of(std::slice::from_ref(&leaf), &[], &[leaf.clone(), root_ca.certificate]);
    assert_eq!(answer.chain().len(), 2);
}

#[test]
fn both_ends_of_every_validity_are_looked_at() {
    let root_ca = root("CN=Root");
    let leaf = root_ca.leaf("CN=leaf", |content| {
        content.validity.not_before = "2027-03-01T00:00:00Z".parse().unwrap();
        content.validity.not_after = "2027-09-01T00:00:00Z".parse().unwrap();
    });
    for (at, refused) in [
        ("2027-02-28T23:59:59Z", true),
        ("2027-03-01T00:00:00Z", false),
        ("2027-09-01T00:00:00Z", false),
        ("2027-09-01T00:00:01Z", true),
        ("2026-12-31T23:59:59Z", true),
    ] {
        let answer = ask(&[&leaf, &root_ca.certificate], Purpose::Client, |question| {
            question.at = Now::at(at.parse().unwrap());
        });
        assert_eq!(!answer.verdict(), refused, "{at}");
        assert_eq!(answer.first_cause().is_some_and(|check| check.rule == "validity"), refused, "{at}");
    }
    // An expired root under which the leaf would still hold.
    let late = root_ca.leaf("CN=leaf", |content| content.validity.not_after = "2030-01-01T00:00:00Z".parse().unwrap());
    let answer = ask(&[&late, &root_ca.certificate], Purpose::Client, |question| {
        question.at = Now::at("2028-06-01T00:00:00Z".parse().unwrap());
    });
    assert_eq!(refusals(&answer), ["validity"]);
    assert_eq!(answer.first_cause().unwrap().link, Some(1));
    assert!(warnings(&answer).contains(&"validity"));
}

#[test]
fn breaches_of_form_are_refused_or_reported_as_asked() {
    let root_ca = root("CN=Root");
    let leaf = without(&root_ca.leaf("CN=leaf", |_| {}), &oid::AUTHORITY_KEY_IDENTIFIER);
    let answer = ask(&[&leaf, &root_ca.certificate], Purpose::Client, |_| {});
    assert_eq!(refusals(&answer), ["key_identifier"]);
    let answer = ask(&[&leaf, &root_ca.certificate], Purpose::Client, |question| {
        question.conformance = Conformance::Reported;
    });
    assert!(answer.verdict());
    assert_eq!(warnings(&answer), ["key_identifier"]);
}

#[test]
fn the_file_is_to_be_in_order() {
    let root_ca = root("CN=Root");
    let upper = root_ca.ca("CN=Upper", |_| {}).certificate;
    let lower_ca = root_ca.ca("CN=Upper", |_| {});
    let lower = lower_ca.ca("CN=Lower", |_| {});
    let leaf = lower.leaf("CN=leaf", |_| {});
    let (lower, middle, anchor) = (lower.certificate, lower_ca.certificate, root_ca.certificate);
    let anchors = [anchor.clone()];
    for (file, warned) in [
        (vec![leaf.clone(), lower.clone(), middle.clone()], 0),
        (vec![leaf.clone(), middle.clone(), lower.clone()], 1),
        (vec![leaf.clone(), lower.clone(), middle.clone(), anchor], 1),
        (vec![leaf, lower, middle, upper], 1),
    ] {
        let answer = of(&file, &[], &anchors);
        assert!(answer.verdict());
        assert_eq!(warnings(&answer), vec!["chain_order"; warned], "{file:?}");
    }
}

#[test]
fn depth_is_counted_in_intermediates() {
    let root_ca = root("CN=Root");
    let issuing = root_ca.ca("CN=Issuing", |_| {});
    let leaf = issuing.leaf("CN=leaf", |_| {});
    for (most, refused) in [(0, true), (1, false)] {
        let answer = ask(&[&leaf, &issuing.certificate, &root_ca.certificate], Purpose::Client, |question| {
            question.max_depth = Some(most);
        });
        assert_eq!(refusals(&answer) == ["depth"], refused, "{most}");
    }
}

#[test]
fn rustls_is_heard_where_it_differs() {
    let root_ca = root("CN=Root");
    let issuing = root_ca.ca("CN=Issuing", |content| {
        content.name_constraints =
            NameConstraints { permitted: vec![Subtree::Uri("example.org".to_owned())], excluded: vec![] };
    });
    let leaf = issuing.leaf("CN=leaf", |content| content.sans = vec!["spiffe://example.org/a".parse().unwrap()]);
    let answer = ask(&[&leaf, &issuing.certificate, &root_ca.certificate], Purpose::Client, |_| {});
    assert!(answer.verdict());
    assert!(answer.second_opinion.unwrap().contains("name constraints"));

    let ca_as_leaf = root_ca.ca("CN=leaf", |content| {
        content.key_usage = KeyUsages::of(&[KeyUsage::KeyCertSign, KeyUsage::DigitalSignature]);
    });
    let answer = ask(&[&ca_as_leaf.certificate, &root_ca.certificate], Purpose::Client, |_| {});
    assert_eq!((answer.verdict(), warnings(&answer)), (true, vec!["leaf_is_ca"]));
    assert!(answer.second_opinion.unwrap().contains("a CA's"));

    let plain = root_ca.leaf("CN=leaf", |_| {});
    assert_eq!(ask(&[&plain, &root_ca.certificate], Purpose::Client, |_| {}).second_opinion, None);
}

#[test]
fn an_answer_is_one_document() {
    let root_ca = root("CN=Root");
    let leaf = root_ca.leaf("CN=leaf", |content| content.sans = vec!["api.internal".parse().unwrap()]);
    let answer = ask(&[&leaf, &root_ca.certificate], Purpose::Server, |question| {
        question.names = vec!["other.internal".parse().unwrap()];
    });
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["accepted"], false);
    assert_eq!(json["chain"][1]["role"], "anchor");
    assert_eq!(json["chain"][0]["subject"], "CN=leaf");
    let failing: Vec<_> =
        json["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "fails").collect();
    assert_eq!(failing.len(), 2);
    assert_eq!(failing[0]["rule"], "extended_key_usage");
    assert_eq!(failing[0]["basis"], "validation");
    assert_eq!(failing[0]["link"], 0);
    assert_eq!(failing[1]["rule"], "peer_name");
    assert_eq!(failing[1]["clause"], "RFC 9525 section 6");
}

#[test]
fn names_from_files_cannot_steer_a_terminal() {
    let root_ca = root("CN=Root");
    let leaf = root_ca.leaf("CN=leaf", |_| {});
    let name = crate::words::x509::general_name::GeneralName::Dns("a\u{1b}[31m".to_owned());
    let body = crate::words::x509::extension::ExtensionBody::SubjectAltName(vec![name]);
    let answer =
        ask(&[&with(&leaf, oid::SUBJECT_ALT_NAME, false, body), &root_ca.certificate], Purpose::Any, |question| {
            question.names = vec!["api.internal".parse().unwrap()];
        });
    assert!(answer.checks().iter().all(|check| !check.found.contains('\u{1b}')));
    assert_eq!(refusals(&answer), ["peer_name"]);
}
