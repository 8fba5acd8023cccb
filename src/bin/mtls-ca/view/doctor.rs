//! Why files do not work: the verdict first, then each cause with its evidence and what to type.

use mtls_ca::Severity;
use mtls_ca::examine::diagnosis::Diagnosis;
use mtls_ca::recipe::doctor::{HolderSeen, Report};
use mtls_ca::x509::general_name::escaped;
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use super::table::table;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Answer, Style};

/// Exit code 3 and the first cause where something refuses.
pub fn answer(report: &Report, system: Option<&str>, context: &Context) -> Answer {
    let typed = |diagnosis: &Diagnosis| Diagnosis {
        fix: diagnosis.fix.iter().map(|line| context.typed(line)).collect(),
        ..diagnosis.clone()
    };
    let report = Report { diagnoses: report.diagnoses.iter().map(typed).collect(), ..report.clone() };
    let json = serde_json::to_value(&report).unwrap_or(Value::Null);
    let answer = Answer::new(text(&report, system, context.style), json!({ "report": json }));
    let Some(cause) = report.first_cause() else { return answer };
    let whom = system.map_or_else(|| "these files do not work".to_owned(), |system| format!("not right for {system}"));
    let verdict = Failure::new(Exit::No, cause.code.code(), format!("{whom}: {}", cause.sentence));
    let hint = cause.fix.iter().find(|line| !line.starts_with('#'));
    answer.refused(Exit::No, hint.iter().fold(verdict, |verdict, hint| verdict.hint((*hint).clone())))
}

fn text(report: &Report, system: Option<&str>, style: Style) -> String {
    let whom = system.map_or(String::new(), |system| format!(" for {system}"));
    let mut text = match report.first_cause() {
        None => format!("good{whom}\n"),
        Some(cause) => format!("NOT good{whom}: {} ({})\n", escaped(&cause.sentence), cause.code.code()),
    };
    for diagnosis in &report.diagnoses {
        text.push_str(&told(diagnosis, style));
    }
    for sound in &report.sound {
        text.push_str(&format!(
            "  {} {:<12} {}\n",
            mark("ok", Severity::Notice, style),
            sound.area.words(),
            escaped(&sound.found)
        ));
    }
    text.push_str(&identities(&report.holders));
    text.push_str(&files(report, style));
    if !report.refusing.is_empty() {
        text.push_str("refused by:\n");
        let row = |one: &mtls_ca::recipe::doctor::Refusing| [one.system.clone(), one.sentence.clone()];
        text.push_str(&table(["system", "because"], report.refusing.iter().map(row), style));
    }
    text
}

fn told(diagnosis: &Diagnosis, style: Style) -> String {
    let Diagnosis { code, severity, sentence, evidence, fix } = diagnosis;
    let word = match severity {
        Severity::Error => "FAIL",
        Severity::Warning => "warn",
        Severity::Notice => "note",
    };
    let mut text = format!("  {} {}  {}\n", mark(word, *severity, style), code.code(), escaped(sentence));
    for line in evidence {
        text.push_str(&format!("       {}\n", escaped(line)));
    }
    for line in fix {
        text.push_str(&format!("       > {}\n", escaped(line)));
    }
    text
}

fn mark(word: &str, severity: Severity, style: Style) -> String {
    let padded = format!("{word:<4}");
    match (style.color, severity) {
        (false, _) => padded,
        (true, Severity::Error) => padded.red().bold().to_string(),
        (true, Severity::Warning) => padded.yellow().to_string(),
        (true, Severity::Notice) => padded.green().to_string(),
    }
}

/// How each holder is named, in the spellings of the different systems.
fn identities(holders: &[HolderSeen]) -> String {
    let mut text = String::new();
    for HolderSeen { file, identity, seen_as, .. } in holders {
        text.push_str(&format!("identity of {}:\n", escaped(file)));
        let mut rows = vec![
            ("RFC 2253", identity.dn.clone()),
            ("oneline", identity.oneline.clone()),
            ("LDAP", identity.ldap.clone()),
        ];
        rows.extend(identity.dns.iter().map(|name| ("DNS name", name.clone())));
        rows.extend(Some(("URI", identity.uri.clone())).filter(|(_, uri)| !uri.is_empty()));
        rows.extend(identity.email.iter().map(|name| ("e-mail", name.clone())));
        rows.extend(seen_as.clone().map(|name| ("known as", name)));
        for (label, value) in rows {
            text.push_str(&format!("  {label:<10} {}\n", escaped(&value)));
        }
    }
    text
}

fn files(report: &Report, style: Style) -> String {
    let row = |file: &mtls_ca::recipe::doctor::FileSeen| {
        let coding = serde_json::to_value(file.coding).ok().and_then(|word| word.as_str().map(str::to_owned));
        [file.file.clone(), coding.unwrap_or_default(), file.mode.clone().unwrap_or_default(), file.holds.clone()]
    };
    table(["file", "coding", "mode", "holds"], report.files.iter().map(row), style)
}
