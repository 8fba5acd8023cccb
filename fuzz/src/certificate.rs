//! A certificate in DER: `inspect`, `lint`, `verify`, `export`.

use std::path::Path;
use std::slice::from_ref;

use mtls_ca::bundle::export::{Format, Parts, Sealing, write};
use mtls_ca::encoding::{certificate, key_store, name, pem, pkcs7};
use mtls_ca::examine::inspect::Item;
use mtls_ca::examine::inspect::certificate::CertificateReport;
use mtls_ca::examine::inspect::glance::glance;
use mtls_ca::keys::Passphrase;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::revocation::RevocationList;
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Question, San, inspect, verify};

use crate::stage::Stage;
use crate::{resigned, screen, shown, stage, view};

/// Does what the commands do with a certificate.
pub fn look(input: &[u8]) {
    shown::file(input);
    let Ok(read) = certificate::read(input) else { return };
    assert_eq!(read.der(), input, "all of it is the certificate");
    names(&read);
    glanced(&read);
    stage::with(|stage| {
        trusted(&read, stage);
        issued(input, stage);
        exported(&read, stage);
    });
}

/// A name that is written again is the same name.
fn names(read: &Certificate) {
    for one in [read.subject(), read.issuer()] {
        assert_eq!(&name::read(one.der()).expect("a name that was read"), one);
        if let Ok(written) = name::encode(one.rdns()) {
            let again = name::read(written.der()).expect("a name that was written");
            assert!(again.matches(one), "{one} became {again}");
        }
    }
}

/// What a list says of it is what the whole report says.
fn glanced(read: &Certificate) {
    let file = pem::write("CERTIFICATE", read.der());
    let items = inspect(file.as_bytes(), stage::now()).expect("a certificate that was read");
    let whole = items.first().and_then(Item::certificate).map(CertificateReport::glance);
    assert_eq!(glance(file.as_bytes(), stage::now()), whole);
}

/// The certificate as its own anchor.
fn trusted(read: &Certificate, stage: &Stage) {
    let all = [read.clone()];
    ask(&all, &all, &[], &[Purpose::Any]);
    ask(&all, from_ref(&stage.root), &[], &[Purpose::Any]);
}

/// The certificate as a CA that is trusted would have signed it: every rule gets to see it.
fn issued(input: &[u8], stage: &Stage) {
    let Some(der) = resigned::certificate(input, stage.root.subject(), &stage.key) else { return };
    let Ok(read) = certificate::read(&der) else { return };
    ask(&[read], from_ref(&stage.root), &[], &[Purpose::Server, Purpose::Client, Purpose::Ca]);
}

/// Asks whether certificates are good for each purpose, and shows the answer.
pub fn ask(certificates: &[Certificate], anchors: &[Certificate], crls: &[RevocationList], purposes: &[Purpose]) {
    for purpose in purposes.iter().copied() {
        let names: Vec<San> = match purpose {
            Purpose::Server => vec!["api.internal".parse().expect("a name")],
            _ => Vec::new(),
        };
        let question = Question { names, crls, ..Question::new(certificates, anchors, purpose, stage::now()) };
        let answer = verify(&question);
        screen::text(&view::verify::text(&answer, Path::new("input"), purpose, stage::plain()));
        screen::json(&answer);
        answer.second_opinion.iter().for_each(|opinion| screen::text(opinion));
    }
}

/// Every form without a key; what is in it is what was put in.
fn exported(leaf: &Certificate, stage: &Stage) {
    let (chain, trust) = ([stage.root.clone()], [leaf.clone()]);
    let parts = Parts { leaf, chain: &chain, trust: &trust, key: None };
    parts.findings().iter().for_each(screen::json);
    let password = "changeit";
    let sealing = Sealing { alias: None, password: Passphrase::new(password.into()).map(Into::into) };
    let written = |format| write(format, &parts, &sealing).expect("a form without a key").bytes;
    for (format, many) in [(Format::Fullchain, 2), (Format::Leaf, 1), (Format::Trust, 1), (Format::Der, 1)] {
        let read = certificate::read_all(&written(format)).expect("what was written is read");
        assert_eq!(read.len(), many);
        assert!(read.contains(leaf));
    }
    let carried = pkcs7::read(&written(Format::Pkcs7)).expect("what was written is read");
    assert_eq!(carried.certificates, [leaf.der().to_vec(), stage.root.der().to_vec()]);
    let store = key_store::open(&written(Format::TruststoreJks), password.as_bytes()).expect("a store of ours");
    assert!(store.certificates.iter().any(|entry| entry.der == leaf.der()));
}
