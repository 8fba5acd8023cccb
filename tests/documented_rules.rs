//! The documents on rules and profiles say what the program does: every code is listed and every
//! listed one exists, and the example is a profile whose lines are those of the example refusal.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use mtls_ca::lint;
use mtls_ca::profile::{ProfileSet, Source};

const RULES: &str = include_str!("../docs/rules.md");
const PROFILES: &str = include_str!("../docs/profiles.md");

/// What codes begin with.
const AREAS: [&str; 21] = [
    "policy",
    "lint",
    "profile",
    "inspect",
    "ledger",
    "audit",
    "store",
    "check",
    "ca",
    "crl",
    "ocsp",
    "renew",
    "rotate",
    "import",
    "backup",
    "check",
    "scan",
    "layout",
    "diagnosis",
    "handshake",
    "export",
];

/// Files of a CA directory and keys of `ca.toml`, which look like codes.
const NO_CODES: &[&str] = &[
    "ledger.sqlite",
    "audit.sink",
    "audit.key",
    "audit.crt",
    "ca.crt",
    "ca.toml",
    "crl.der",
    "crl.pem",
    "crl.lifetime",
    "ocsp.key",
    "ocsp.crt",
    "ocsp.internal",
];

/// The quoted codes of a text, between `quote`s.
fn codes(text: &str, quote: char) -> BTreeSet<String> {
    let is_code = |word: &&str| {
        let (area, rest) = word.split_once('.').unwrap_or(("", ""));
        AREAS.contains(&area)
            && !rest.is_empty()
            && !NO_CODES.contains(word)
            && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.split(quote).filter(is_code).map(str::to_owned).collect()
}

fn sources(folder: &Path, found: &mut String) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push_str(&fs::read_to_string(path)?);
            // Quotes of one file do not pair with those of the next.
            found.push_str("\"\n\"");
        }
    }
    Ok(())
}

#[test]
fn every_code_is_documented_and_every_documented_code_exists() {
    let mut text = String::new();
    for folder in ["policy", "lint", "profile", "examine", "ledger", "audit", "store", "bundle", "authority"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder), &mut text).unwrap();
    }
    assert_eq!(codes(&text, '"'), codes(RULES, '`'));
}

#[test]
fn every_cause_is_explained() {
    let causes = |text: &str| -> BTreeSet<String> {
        codes(text, '`').into_iter().filter(|code| code.starts_with("diagnosis.")).collect()
    };
    assert_eq!(causes(include_str!("../docs/doctor.md")), causes(RULES));
}

#[test]
fn every_rule_of_verify_is_documented_and_every_documented_rule_exists() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/examine/verify"), &mut text).unwrap();
    let written = text.split("code: \"").skip(1).filter_map(|rest| rest.split('"').next());
    let section = RULES.split("\n## ").find(|section| section.starts_with("Verify")).unwrap();
    let documented = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(written.collect::<BTreeSet<_>>(), documented.collect::<BTreeSet<_>>());
}

#[test]
fn lint_rules_stand_with_their_severity_and_clause() {
    for rule in lint::rules() {
        let line = RULES.lines().find(|line| line.contains(&format!("`{}`", rule.code))).unwrap();
        assert!(line.contains(&format!("| {:?} |", rule.severity).to_lowercase()), "{line}");
        assert!(rule.clause.is_none_or(|clause| line.contains(clause)), "{line}");
    }
}

#[test]
fn the_example_is_a_profile() {
    let example = PROFILES.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let source = Source { file: "ca/profiles/payments.toml".to_owned(), text: example.to_owned() };
    let profile = ProfileSet::with_files(vec![source]).unwrap().get(&"payments".parse().unwrap()).unwrap().clone();
    assert_eq!(profile.remarks(), []);
    for place in
        [profile.names.dns.unwrap().place, profile.names.cn.unwrap().place, profile.max_lifetime.unwrap().place]
    {
        assert!(PROFILES.contains(&format!("({place})")), "the example refusal cites {place}");
    }
}
