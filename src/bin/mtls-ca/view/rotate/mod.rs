//! What each step of a rotation tells.

mod page;
mod status;

use std::path::{Path, PathBuf};

use mtls_ca::Finding;
use mtls_ca::authority::rotate::{
    Activation, BUNDLE_AGE, Bridge, Compromise, Haste, Preparation, Reissue, Retirement, RevokedAbove,
    SuccessorRequest, Taken, Undone,
};
use mtls_ca::authority::{Authority, Generation};
use mtls_ca::bundle::pem;
use mtls_ca::words::typed::typed_path;
use mtls_ca::x509::request::Request;
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

pub use status::{dependent_json, status};

/// `rotate prepare`.
pub fn prepared(preparation: &Preparation, ca: &Authority, context: &Context) -> Result<Answer, Failure> {
    let Preparation { generation, taken, bridge, findings, written } = preparation;
    let findings = typed(findings, context);
    let first = match taken {
        Taken::Now => format!("{} is prepared", generation.number()),
        Taken::Before => format!("{} was prepared at {}; nothing changed", generation.number(), generation.since()),
    };
    let mut rows = rows_of(generation);
    let bridge_said = match bridge {
        Bridge::Made => Some("a cross certificate, which goes behind new certificates until the old root is retired"),
        Bridge::NotWanted => Some("none: peers need the new ca.crt before they meet a new certificate"),
        Bridge::NoRoom => Some("none: the path length of the old root is 0"),
        Bridge::NotNeeded => None,
    };
    rows.extend(bridge_said.map(|said| ("bridge", said.to_owned())));
    let members =
        json!({ "taken": taken, "generation": generation_json(generation), "bridge": bridge, "findings": findings });
    let answer = answer("prepare", &first, &rows, written, members, ca, context)?;
    Ok(answer.notices(view::findings(&findings)))
}

/// `rotate prepare --keep-key`.
pub fn reissued(reissue: &Reissue, ca: &Authority, context: &Context) -> Result<Answer, Failure> {
    let Reissue { generation, taken, findings, written } = reissue;
    let findings = typed(findings, context);
    let first = match taken {
        Taken::Now => format!("{} has a new certificate for its key", generation.number()),
        Taken::Before => format!("{} has a certificate of today; nothing changed", generation.number()),
    };
    let members = json!({ "taken": taken, "generation": generation_json(generation), "findings": findings });
    let answer = answer("reissue", &first, &rows_of(generation), written, members, ca, context)?;
    Ok(answer.notices(view::findings(&findings)))
}

/// `rotate prepare --request`.
pub fn requested(waiting: &SuccessorRequest, context: &Context) -> Answer {
    let SuccessorRequest { number, request, file } = waiting;
    request_answer(&format!("{number} waits for a certificate"), "", request, file, context)
}

/// `rotate prepare --keep-key --request`.
pub fn reissue_requested(request: &Request, file: &Path, context: &Context) -> Answer {
    request_answer("the key in use waits for a new certificate", " --keep-key", request, file, context)
}

fn request_answer(first: &str, option: &str, request: &Request, file: &Path, context: &Context) -> Answer {
    let directory = typed_path(&context.global.ca_dir);
    let steps = [
        format!("mtls-ca --ca-dir PARENT sign {} --profile intermediate --out next.crt", typed_path(file)),
        format!("mtls-ca --ca-dir {directory} rotate prepare{option} --complete next.crt --chain PARENT/ca.crt"),
    ];
    let text = format!(
        "{first}\nrequest  {}\n\nwhere the parent is:\n  {}\nthen here:\n  {}\n",
        view::shown(file),
        steps[0],
        steps[1]
    );
    let request = json!({ "file": view::path(file), "subject": request.subject(), "key": request.public_key().to_string(), "pem": pem::request(request) });
    Answer::new(text, json!({ "step": "request", "request": request, "next": steps }))
}

/// `rotate activate`.
pub fn activated(activation: &Activation, ca: &Authority, context: &Context) -> Result<Answer, Failure> {
    let Activation { generation, before, taken, written } = activation;
    let first = match taken {
        Taken::Now => format!("{} signs from now on", generation.number()),
        Taken::Before => format!("{} signs since {}; nothing changed", generation.number(), generation.since()),
    };
    let mut rows = rows_of(generation);
    rows.extend(
        before
            .as_ref()
            .map(|before| ("before", format!("{} {}", before.number(), before.certificate().subject().rfc4514()))),
    );
    let members = json!({ "taken": taken, "generation": generation_json(generation) });
    answer("activate", &first, &rows, written, members, ca, context)
}

/// `rotate retire`.
pub fn retired(retirement: &Retirement, ca: &Authority, context: &Context) -> Result<Answer, Failure> {
    let Retirement { retired, taken, crls_until, written } = retirement;
    let numbers: Vec<String> = retired.iter().map(|generation| generation.number().to_string()).collect();
    let first = match taken {
        Taken::Now if written.iter().any(|path| path.ends_with("ca.crt")) => {
            format!("{} is retired; give ca.crt to every peer once more", numbers.join(", "))
        }
        Taken::Now => format!("{} is retired", numbers.join(", ")),
        Taken::Before => format!("{} was retired before; nothing changed", numbers.join(", ")),
    };
    let mut rows = Vec::new();
    for (number, end) in crls_until {
        rows.push(("crl", format!("{number}: go on publishing it until {end}")));
    }
    for generation in retired.iter().filter(|generation| !generation.is_root()) {
        let serial = generation.certificate().serial();
        rows.push(("parent", format!("mtls-ca --ca-dir PARENT revoke {serial} --reason superseded")));
    }
    let generations: Vec<Value> = retired.iter().map(generation_json).collect();
    let members = json!({ "taken": taken, "retired": generations });
    answer("retire", &first, &rows, written, members, ca, context)
}

/// `rotate undo`.
pub fn undone(undone: &Undone, ca: &Authority, context: &Context) -> Result<Answer, Failure> {
    let (what, first, written): (&str, String, &[PathBuf]) = match undone {
        Undone::Begun { number } => ("begun", format!("the key that waited to become {number} is gone"), &[]),
        Undone::Preparation { generation, written, .. } => {
            ("preparation", format!("{} is taken back, and never signs", generation.number()), written)
        }
        Undone::Activation { active, prepared, written } => {
            ("activation", format!("{} signs again; {prepared} is prepared as before", active.number()), written)
        }
    };
    let mut rows = Vec::new();
    if let Undone::Preparation { cross_revoked: true, .. } = undone {
        rows.push(("cross", context.typed("its cross certificate is revoked: `mtls-ca crl build`")));
    }
    if let Undone::Preparation { generation, .. } = undone
        && !generation.is_root()
    {
        let serial = generation.certificate().serial();
        rows.push(("parent", format!("mtls-ca --ca-dir PARENT revoke {serial} --reason cessationOfOperation")));
    }
    answer("undo", &first, &rows, written, json!({ "undone": what }), ca, context)
}

/// `rotate compromised`.
pub fn compromised(compromise: &Compromise, ca: &Authority, context: &Context) -> Result<Answer, Failure> {
    let Compromise { compromised, active, taken, above, dependents, written } = compromise;
    let first = match taken {
        Taken::Now => format!("{} is not trusted any more; {} signs", compromised.number(), active.number()),
        Taken::Before => format!("{} was dropped before; {} signs", compromised.number(), active.number()),
    };
    let mut rows = rows_of(compromised);
    let (word, said) = match above {
        RevokedAbove::Root => ("root", None),
        RevokedAbove::Done { serial } => {
            ("done", Some(format!("revoked by the parent as {serial}; publish the parent's CRL")))
        }
        RevokedAbove::CrlBehind { serial, reason } => (
            "crl_behind",
            Some(format!(
                "revoked by the parent as {serial}, and not in its CRL: {reason}: mtls-ca --ca-dir PARENT crl build"
            )),
        ),
        RevokedAbove::ByHand { serial } => {
            ("by_hand", Some(format!("still to do: mtls-ca --ca-dir PARENT revoke {serial} --reason cACompromise")))
        }
    };
    rows.extend(said.map(|said| ("revocation", said)));
    rows.push((
        "reissue",
        context.typed(&format!("live certificates: {}: `mtls-ca renew --all --out DIR`", dependents.len())),
    ));
    let page = if compromised.is_root() { page::of_root(compromised, active, context) } else { Vec::new() };
    let members = json!({
        "taken": taken,
        "generation": generation_json(compromised),
        "above": word,
        "dependents": dependents.iter().map(|dependent| dependent_json(dependent, context)).collect::<Vec<_>>(),
        "page": page,
    });
    let mut answer = answer("compromised", &first, &rows, written, members, ca, context)?;
    answer.text.push_str(&status::dependents(dependents, true, context));
    for line in &page {
        answer.text.push_str(&format!("\n{line}\n"));
    }
    Ok(answer)
}

/// `rotate compromised` of an intermediate whose parent is elsewhere and that has no successor yet.
pub fn compromised_waits(compromised: &Generation, waiting: &SuccessorRequest, context: &Context) -> Answer {
    let mut answer = requested(waiting, context);
    let (number, serial) = (compromised.number(), compromised.certificate().serial());
    let directory = typed_path(&context.global.ca_dir);
    let revoke = format!("mtls-ca --ca-dir PARENT revoke {serial} --reason cACompromise");
    let again = format!("mtls-ca --ca-dir {directory} rotate compromised {number}");
    answer.text = format!("at once, where the parent is:\n  {revoke}\n\n{}and at last:\n  {again}\n", answer.text);
    if let Some(Value::Array(next)) = answer.json.get_mut("next") {
        next.insert(0, json!(revoke));
        next.push(json!(again));
    }
    answer
}

/// The common end of every step: what was written, and what to type next.
fn answer(
    step: &str,
    first: &str,
    rows: &[(&str, String)],
    written: &[PathBuf],
    mut members: Value,
    ca: &Authority,
    context: &Context,
) -> Result<Answer, Failure> {
    let rotation = ca.rotation(Haste::After(BUNDLE_AGE), context.now)?;
    let next = status::next(&rotation, context);
    let mut rows = rows.to_vec();
    rows.extend(written.iter().map(|path| ("written", path.display().to_string())));
    let next_text: String = next.iter().map(|line| format!("next        {line}\n")).collect();
    let text = format!("{first}\n{}{next_text}", view::rows(&rows, context.style));
    if let Value::Object(members) = &mut members {
        members.insert("step".to_owned(), json!(step));
        members.insert("written".to_owned(), json!(written.iter().map(|path| view::path(path)).collect::<Vec<_>>()));
        members.insert("next".to_owned(), json!(next));
    }
    Ok(Answer::new(text, members))
}

/// The findings with their hints as they have to be typed for this CA directory.
fn typed(findings: &[Finding], context: &Context) -> Vec<Finding> {
    let typed = |finding: &Finding| Finding {
        hint: finding.hint.as_deref().map(|hint| context.typed(hint)),
        ..finding.clone()
    };
    findings.iter().map(typed).collect()
}

fn rows_of(generation: &Generation) -> Vec<(&'static str, String)> {
    let certificate = generation.certificate();
    vec![
        ("subject", certificate.subject().rfc4514()),
        ("key", certificate.public_key().to_string()),
        ("valid", format!("until {}", certificate.validity().not_after)),
        ("sha256", certificate.fingerprint().to_string()),
    ]
}

/// A CA certificate for programs.
pub fn generation_json(generation: &Generation) -> Value {
    let certificate = generation.certificate();
    json!({
        "number": generation.number(),
        "state": generation.state(),
        "since": generation.since(),
        "subject": certificate.subject(),
        "serial": certificate.serial(),
        "key": certificate.public_key().to_string(),
        "not_before": certificate.validity().not_before,
        "not_after": certificate.validity().not_after,
        "sha256": certificate.fingerprint(),
        "root_sha256": generation.root().fingerprint(),
        "cross": generation.cross().is_some(),
    })
}
