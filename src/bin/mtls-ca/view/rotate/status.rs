//! What `rotate status` tells.

use mtls_ca::authority::Generation;
use mtls_ca::authority::rotate::{GenerationStatus, NextStep, Probe, Rotation, TrustSaid};
use mtls_ca::examine::inspect::validity::span;
use mtls_ca::examine::remote::{RemoteError, Target};
use mtls_ca::ledger::{Dependent, IssuerState};
use mtls_ca::words::typed::typed_path;
use serde_json::{Value, json};

use super::generation_json;
use crate::context::Context;
use crate::output::Answer;
use crate::view;

/// So many dependents are shown without `--all`.
const SHOWN: usize = 10;

/// `rotate status`.
pub fn status(
    rotation: &Rotation,
    probes: &[(Target, Result<Probe, RemoteError>)],
    all: bool,
    context: &Context,
) -> Answer {
    let rows = rotation.generations.iter().map(|status| row(status, context));
    let mut text =
        view::table::table(["ca", "state", "since", "subject", "ends", "depend on it", "crl"], rows, context.style);
    for status in rotation.generations.iter().filter(|status| !status.dependents.is_empty()) {
        text.push_str(&format!("\nchain to {} alone\n", status.generation.number()));
        text.push_str(&dependents(&status.dependents, all, context));
    }
    if !probes.is_empty() {
        text.push('\n');
        text.push_str(&probed(probes, context));
    }
    let next = next(rotation, context);
    text.push('\n');
    text.extend(next.iter().map(|line| format!("next  {line}\n")));
    let json = json!({
        "step": "status",
        "generations": rotation.generations.iter().map(|status| generation(status, context)).collect::<Vec<_>>(),
        "probes": probes.iter().map(probe_json).collect::<Vec<_>>(),
        "next": next,
    });
    Answer::new(text, json)
}

fn word(state: IssuerState) -> &'static str {
    match state {
        IssuerState::Prepared => "prepared",
        IssuerState::Active => "active",
        IssuerState::Superseded => "superseded",
        IssuerState::Retired => "retired",
    }
}

fn row(status: &GenerationStatus, context: &Context) -> [String; 7] {
    let GenerationStatus { generation, dependents, crl_until: _ } = status;
    let age = context.now.time().seconds_since(generation.since());
    let depend = match generation.state() {
        IssuerState::Active => "-".to_owned(),
        _ => {
            let replaced = dependents.iter().filter(|dependent| dependent.replaced).count();
            match replaced {
                0 => dependents.len().to_string(),
                _ => format!("{} ({replaced} replaced)", dependents.len()),
            }
        }
    };
    [
        generation.number().to_string(),
        word(generation.state()).to_owned(),
        format!("{} ({})", generation.since(), if age < 86_400 { "today".to_owned() } else { span(age) }),
        generation.certificate().subject().rfc4514(),
        generation.certificate().validity().not_after.to_string(),
        depend,
        crl_words(status),
    ]
}

fn crl_words(status: &GenerationStatus) -> String {
    match (status.generation.state(), status.crl_until) {
        (IssuerState::Retired, Some(until)) => format!("needed until {until}"),
        (IssuerState::Retired, None) => "-".to_owned(),
        _ => "needed".to_owned(),
    }
}

/// Those that depend on an old CA certificate, the first to end first.
pub fn dependents(dependents: &[Dependent], all: bool, context: &Context) -> String {
    if dependents.is_empty() {
        return String::new();
    }
    let shown = if all { dependents.len() } else { SHOWN };
    let rows = dependents.iter().take(shown).map(|dependent| {
        let row = view::entry::Row::of(&dependent.entry, context);
        let status = if dependent.replaced { "replaced" } else { "to renew" };
        [row.serial, row.name, row.profile, status.to_owned(), row.expires]
    });
    let mut text = view::table::table(["serial", "name", "profile", "status", "expires"], rows, context.style);
    if dependents.len() > shown {
        text.push_str(&format!("… and {} more: --all\n", dependents.len() - shown));
    }
    text
}

fn probed(probes: &[(Target, Result<Probe, RemoteError>)], context: &Context) -> String {
    let rows = probes.iter().map(|(target, probe)| match probe {
        Ok(probe) => {
            let trust: Vec<String> =
                probe.trust.iter().map(|trust| format!("{}: {}", trust.number, said(trust.said))).collect();
            let serves = probe.serves.map_or_else(|| "none of ours".to_owned(), |number| number.to_string());
            [target.to_string(), trust.join(", "), serves]
        }
        Err(error) => [target.to_string(), error.to_string(), "-".to_owned()],
    });
    view::table::table(["server", "accepts clients of", "serves a certificate of"], rows, context.style)
}

const fn said(said: TrustSaid) -> &'static str {
    match said {
        TrustSaid::Yes => "yes",
        TrustSaid::No => "no",
        TrustSaid::Unsaid => "does not say",
        TrustSaid::NotAsked => "asks no client",
    }
}

/// What to type next, as lines.
pub fn next(rotation: &Rotation, context: &Context) -> Vec<String> {
    let typed = |command: &str| context.typed(command);
    let bundle = typed_path(context.global.ca_dir.join("ca.crt"));
    match rotation.next {
        NextStep::Nothing => {
            let mut generations = rotation.generations.iter().map(|status| &status.generation);
            let active = generations.find(|generation| generation.state() == IssuerState::Active);
            let prepare = active.map_or("mtls-ca rotate prepare", Generation::preparing);
            vec![typed(&format!("nothing is under way; `{prepare}` begins"))]
        }
        NextStep::Finish { number } => vec![typed(&format!(
            "{number} waits for its certificate: `mtls-ca rotate prepare` again, as before, or with `--complete CERT`"
        ))],
        NextStep::Distribute { number, until } => {
            vec![typed(&format!(
                "give {bundle} and the CRLs to every peer; `mtls-ca rotate activate` lets {number} sign from {until} on"
            ))]
        }
        NextStep::Activate { .. } => vec![typed("mtls-ca rotate activate")],
        NextStep::Renew { number, count } => {
            let mut lines =
                vec![typed(&format!("certificates of {number} to renew: {count}: `mtls-ca renew --all --out DIR`"))];
            let is_ca = |dependent: &Dependent| {
                dependent.entry.profile.as_deref() == Some("intermediate") && !dependent.replaced
            };
            if rotation.generations.iter().flat_map(|status| &status.dependents).any(is_ca) {
                let parent = typed_path(&context.global.ca_dir);
                lines.push(format!("each intermediate below: mtls-ca --ca-dir DIR rotate prepare --parent {parent}"));
            }
            lines
        }
        NextStep::Deploy { number, count, until } => {
            let until = until.map_or(String::new(), |until| format!(" until {until}"));
            vec![typed(&format!(
                "{count} of {number} are replaced and hold{until}; once none is in use: `mtls-ca rotate retire --deployed`"
            ))]
        }
        NextStep::Retire { .. } => vec![typed("mtls-ca rotate retire")],
    }
}

fn generation(status: &GenerationStatus, context: &Context) -> Value {
    let GenerationStatus { generation, dependents, crl_until } = status;
    json!({
        "generation": generation_json(generation),
        "dependents": dependents.iter().map(|dependent| dependent_json(dependent, context)).collect::<Vec<_>>(),
        "crl_needed": status.needs_crl(),
        "crl_until": crl_until,
    })
}

/// A certificate that depends on an old CA certificate, for programs.
pub fn dependent_json(dependent: &Dependent, context: &Context) -> Value {
    json!({ "certificate": view::entry::json(&dependent.entry, context), "replaced": dependent.replaced })
}

fn probe_json((target, probe): &(Target, Result<Probe, RemoteError>)) -> Value {
    match probe {
        Ok(probe) => json!({
            "server": target.to_string(),
            "trust": probe.trust.iter().map(|trust| json!({ "number": trust.number, "said": trust.said })).collect::<Vec<_>>(),
            "serves": probe.serves,
        }),
        Err(error) => json!({ "server": target.to_string(), "trust": [], "failed": error.to_string() }),
    }
}
