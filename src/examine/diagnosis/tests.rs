//! Each cause from certificates that were bent for it; the sentences are written by hand.

use super::{Case, Cause, Diagnosis, Known, Revocation, diagnose};
use crate::examine::verify::sample::{Authority, now, root, with, without};
use crate::keys::PrivateKey;
use crate::words::clock::Time;
use crate::words::finding::Severity;
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::{BasicConstraints, ExtensionBody};
use crate::words::x509::oid;
use crate::words::x509::san::San;
use crate::words::x509::usage::{ExtendedKeyUsage, Purpose};
use crate::words::x509::validity::Validity;

struct Shop {
    root: Authority,
    issuing: Authority,
    good: Certificate,
}

fn shop() -> Shop {
    let root = root("CN=Root,O=Example");
    let issuing = root.ca("CN=Issuing,O=Example", |_| {});
    let good = issuing.leaf("CN=billing", |_| {});
    Shop { root, issuing, good }
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn first(case: &Case<'_>) -> Diagnosis {
    diagnose(case, now()).into_iter().next().expect("something is wrong")
}

fn told(case: &Case<'_>) -> (Cause, String) {
    let Diagnosis { code, severity, sentence, evidence, fix } = first(case);
    assert_eq!(severity, Severity::Error, "{sentence}");
    assert!(!evidence.is_empty(), "{sentence}");
    assert!(!fix.is_empty(), "{sentence}");
    (code, sentence)
}

#[test]
fn what_is_well_has_no_cause() {
    let Shop { root, issuing, good } = shop();
    let presented = [good, issuing.certificate.clone()];
    let trust = [root.certificate];
    assert_eq!(diagnose(&Case::new(&presented, Purpose::Client, &trust), now()), []);
}

#[test]
fn unknown_ca_is_told_apart() {
    let Shop { root: top, issuing, good } = shop();
    let issuing = issuing.certificate;
    let trust = [top.certificate.clone()];
    let case = |presented: &[Certificate]| told(&Case::new(presented, Purpose::Client, &trust));

    let missing = (
        Cause::IntermediateMissing,
        "the client does not present the intermediate CA `CN=Issuing,O=Example`".to_owned(),
    );
    assert_eq!(case(std::slice::from_ref(&good)), missing);

    let other = root("CN=Other");
    let stranger = other.leaf("CN=billing", |_| {});
    let expected =
        (Cause::OtherCa, "`CN=billing` was signed by another CA, `CN=Other`, which is not trusted".to_owned());
    assert_eq!(case(std::slice::from_ref(&stranger)), expected);
    assert_eq!(case(&[stranger, other.certificate.clone()]), expected);

    let impostor = root("CN=Root,O=Example").leaf("CN=billing", |_| {});
    let expected = "`CN=billing` was signed by a CA of the name `CN=Root,O=Example` with another key than that of the CA which is trusted";
    assert_eq!(case(&[impostor]), (Cause::SameNameOtherKey, expected.to_owned()));

    assert_eq!(
        case(&[root("CN=alone").certificate]),
        (Cause::SelfSigned, "`CN=alone` is self-signed, and not trusted itself".to_owned())
    );

    // Where it is at hand, what bridges the gap is named with its file, whatever the names say.
    let foreign = top.ca("CN=Quite Other,O=Elsewhere", |_| {});
    let leaf = foreign.leaf("CN=billing", |_| {});
    assert_eq!(case(std::slice::from_ref(&leaf)).0, Cause::OtherCa);
    let presented = [leaf];
    let known = [Known { certificate: &foreign.certificate, place: "chain.crt" }];
    let found = first(&Case { known: &known, ..Case::new(&presented, Purpose::Server, &trust) });
    assert_eq!(found.sentence, "the server does not present the intermediate CA `CN=Quite Other,O=Elsewhere`");
    assert_eq!(found.fix, ["cat chain.crt >> CERT"]);

    assert_eq!(told(&Case::new(&[good, issuing], Purpose::Client, &[])).0, Cause::NobodyTrusted);
}

#[test]
fn order_and_key() {
    let Shop { root, issuing, good } = shop();
    let trust = [root.certificate.clone()];
    let issuing = issuing.certificate;
    let turned = [issuing.clone(), good.clone()];
    assert_eq!(
        told(&Case::new(&turned, Purpose::Client, &trust)),
        (
            Cause::ChainOrder,
            "the first certificate is that of `CN=Issuing,O=Example`, and the client's own, `CN=billing`, stands at place 2".to_owned()
        )
    );
    let with_root = [good.clone(), issuing.clone(), root.certificate.clone()];
    let found = first(&Case::new(&with_root, Purpose::Client, &trust));
    assert_eq!((found.code, found.severity), (Cause::RootInChain, Severity::Notice));

    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let chain = [good.clone(), issuing];
    let case = Case { key: Some(key.public_key()), ..Case::new(&chain, Purpose::Client, &trust) };
    assert_eq!(told(&case), (Cause::KeyMismatch, "the key is not the key of `CN=billing`".to_owned()));
    let case = Case { key: Some(good.public_key()), ..Case::new(&chain, Purpose::Client, &trust) };
    assert_eq!(diagnose(&case, now()), []);
}

/// What is wrong with a leaf that was bent so.
fn bent(
    role: Purpose,
    name: Option<&str>,
    bend: impl FnOnce(&mut crate::encoding::certificate::Content),
) -> (Cause, String) {
    let Shop { root, issuing, .. } = shop();
    let presented = [issuing.leaf("CN=billing", bend), issuing.certificate.clone()];
    let name: Option<San> = name.map(|name| name.parse().unwrap());
    told(&Case { name: name.as_ref(), ..Case::new(&presented, role, &[root.certificate]) })
}

#[test]
fn what_the_leaf_says() {
    let from_to = |from, to| {
        move |content: &mut crate::encoding::certificate::Content| {
            content.validity = Validity { not_before: time(from), not_after: time(to) };
        }
    };
    let server = |sans: &'static [&'static str]| {
        move |content: &mut crate::encoding::certificate::Content| {
            content.extended_key_usage = vec![ExtendedKeyUsage::SERVER_AUTH];
            content.sans = sans.iter().map(|san| san.parse().unwrap()).collect();
        }
    };
    // The moment of the tests is 2027-06-01T00:00:00Z.
    for (found, code, sentence) in [
        (
            bent(Purpose::Client, None, from_to("2027-01-01T00:00:00Z", "2027-05-29T00:00:00Z")),
            Cause::Expired,
            "the certificate of `CN=billing` expired 3 days ago",
        ),
        (
            bent(Purpose::Client, None, from_to("2027-06-01T05:00:00Z", "2027-12-29T00:00:00Z")),
            Cause::NotYetValid,
            "the certificate of `CN=billing` is not valid for another 5 hours",
        ),
        (
            bent(Purpose::Client, None, server(&["dns:billing.internal"])),
            Cause::WrongUsage,
            "`CN=billing` is made for serverAuth only, and is used as a client",
        ),
        (
            bent(Purpose::Server, Some("api.internal"), server(&["dns:apis.internal", "dns:web.internal"])),
            Cause::SanMismatch,
            "`CN=billing` is not valid for the name `api.internal`",
        ),
        (
            bent(Purpose::Server, Some("billing"), server(&[])),
            Cause::CnOnly,
            "the certificate names `billing` in its CN only, and has no alternative name",
        ),
    ] {
        assert_eq!(found, (code, sentence.to_owned()));
    }
}

#[test]
fn chains_that_are_too_long() {
    let Shop { root, issuing, good } = shop();
    let presented = [good.clone(), issuing.certificate.clone()];
    let trust = [root.certificate.clone()];
    let case = Case { most_authorities: Some(1), ..Case::new(&presented, Purpose::Client, &trust) };
    let expected = "the chain has 2 CAs above the certificate, and the other side follows 1";
    assert_eq!(told(&case), (Cause::Depth, expected.to_owned()));
    let case = Case { most_authorities: Some(2), ..case };
    assert_eq!(diagnose(&case, now()), []);

    let body = ExtensionBody::BasicConstraints(BasicConstraints { ca: true, path_length: Some(0) });
    let short = with(&without(&root.certificate, &oid::BASIC_CONSTRAINTS), oid::BASIC_CONSTRAINTS, true, body);
    let trust = [short];
    assert_eq!(told(&Case::new(&presented, Purpose::Client, &trust)).0, Cause::PathLength);
}

#[test]
fn crls_that_are_missing() {
    let Shop { root, issuing, good } = shop();
    let presented = [good, issuing.certificate.clone()];
    let trust = [root.certificate];
    let case = Case { revocation: Revocation::OfAll, ..Case::new(&presented, Purpose::Client, &trust) };
    let found: Vec<String> = diagnose(&case, now()).into_iter().map(|found| found.sentence).collect();
    assert_eq!(
        found,
        ["there is no CRL of the CA `CN=Issuing,O=Example`", "there is no CRL of the CA `CN=Root,O=Example`"]
    );
    let case = Case { revocation: Revocation::OfLeaf, ..case };
    let weights: Vec<Severity> = diagnose(&case, now()).into_iter().map(|found| found.severity).collect();
    assert_eq!(weights, [Severity::Error, Severity::Warning]);
}
