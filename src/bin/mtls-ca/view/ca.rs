//! What `init` tells about a CA.

use std::path::Path;

use mtls_ca::authority::{CaReport, Waiting};
use mtls_ca::bundle::pem;
use mtls_ca::examine::inspect::validity::ValidityReport;
use mtls_ca::x509::constraints::Subtree;
use serde_json::json;

use crate::context::Context;
use crate::output::Answer;
use crate::view;
use mtls_ca::words::typed::typed_path;

/// A CA that is ready.
pub fn report(report: &CaReport, kind: &str, context: &Context) -> Answer {
    let CaReport { directory, certificate, key_is_encrypted, findings } = report;
    let validity = ValidityReport::of(certificate.validity(), context.now);
    let none = mtls_ca::x509::constraints::NameConstraints::default();
    let constraints = certificate.extensions().name_constraints().unwrap_or(&none);
    let mut rows = vec![
        ("subject", certificate.subject().rfc4514()),
        (
            "key",
            format!("{}, {}", certificate.public_key(), if *key_is_encrypted { "encrypted" } else { "unencrypted" }),
        ),
        ("serial", certificate.serial().to_string()),
        ("valid", format!("until {} ({})", validity.not_after, validity.words)),
        ("sha256", certificate.fingerprint().to_string()),
    ];
    let listed = |subtrees: &[Subtree]| subtrees.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !constraints.permitted.is_empty() {
        rows.push(("permitted", listed(&constraints.permitted)));
    }
    if !constraints.excluded.is_empty() {
        rows.push(("excluded", listed(&constraints.excluded)));
    }
    let option =
        if directory == Path::new("ca") { String::new() } else { format!(" --ca-dir {}", typed_path(directory)) };
    let text = format!(
        "CA ready in {}\n{}\npeers trust   {}\nnext          mtls-ca{option} sign client.csr\n",
        view::shown(directory),
        view::rows(&rows, context.style),
        view::shown(&directory.join("ca.crt")),
    );
    let json = json!({
        "ca": {
            "directory": view::path(directory),
            "kind": kind,
            "subject": certificate.subject(),
            "serial": certificate.serial(),
            "not_before": validity.not_before,
            "not_after": validity.not_after,
            "key": certificate.public_key().to_string(),
            "key_encrypted": key_is_encrypted,
            "sha256": certificate.fingerprint(),
            "path_length": certificate.extensions().basic_constraints().and_then(|b| b.path_length),
            "name_constraints": constraints,
            "certificate": pem::certificate(certificate),
        },
        "findings": findings,
    });
    let answer = Answer::new(text, json).notices(view::findings(findings));
    if *key_is_encrypted {
        answer
    } else {
        answer.notice(format!(
            "the key of the CA is stored unencrypted (mode 0600) in `{}`; --passphrase-file encrypts it",
            view::shown(directory)
        ))
    }
}

/// A CA that waits for its certificate.
pub fn waiting(waiting: &Waiting) -> Answer {
    let Waiting { directory, request, request_file, key_is_encrypted } = waiting;
    let text = format!(
        "waiting for a certificate in {}\nrequest  {}\n\nwhere the parent is:\n  mtls-ca sign {} --profile intermediate\n\
         then here:\n  mtls-ca --ca-dir {} init --complete issuer.crt --chain PARENT-CA.crt\n",
        view::shown(directory),
        view::shown(request_file),
        typed_path(request_file),
        typed_path(directory),
    );
    let json = json!({
        "request": {
            "directory": view::path(directory),
            "file": view::path(request_file),
            "subject": request.subject(),
            "key": request.public_key().to_string(),
            "key_encrypted": key_is_encrypted,
            "pem": pem::request(request),
        },
    });
    Answer::new(text, json)
}
