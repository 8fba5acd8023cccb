//! The shape of the source tree, checked: which layer may import which, where each crate may be
//! named, where the things that have one place stand, and how long a file may be.

mod source;

use std::path::{Path, PathBuf};
use std::{fs, io};

use source::Source;

/// The layers of the library, each of which imports only from those above it in this list.
const LAYERS: &[&str] = &[
    "words",
    "encoding",
    "profile",
    "policy",
    "lint",
    "store",
    "audit",
    "keys",
    "ledger",
    "examine",
    "bundle",
    "recipe",
    "enroll",
    "authority",
];

/// Crates that are named in one part of the tree only, and the beginnings of the paths that may.
const CRATE_HOMES: &[(&str, &[&str])] = &[
    ("rcgen", &["encoding/"]),
    ("x509_parser", &["encoding/"]),
    ("der", &["encoding/"]),
    ("x509_cert", &["encoding/"]),
    ("pem", &["encoding/"]),
    ("pkcs8", &["encoding/"]),
    ("p12_keystore", &["encoding/pkcs12/"]),
    ("aws_lc_rs", &["words/x509/signature.rs", "words/x509/fingerprint.rs", "keys/"]),
    ("rustls", &["examine/remote", "examine/handshake"]),
    ("rustls_native_certs", &["examine/", "bin/"]),
    ("webpki", &["examine/verify/second_opinion.rs"]),
    ("rusqlite", &["ledger/"]),
    ("tar", &["store/archive.rs"]),
    ("csv", &["authority/batch/table.rs"]),
    ("num_bigint", &["words/x509/weakness/close_primes.rs"]),
    ("minijinja", &["recipe/"]),
    ("include_dir", &["recipe/"]),
    ("clap", &["bin/"]),
    ("clap_complete", &["bin/"]),
    ("clap_mangen", &["bin/"]),
    ("comfy_table", &["bin/"]),
    ("owo_colors", &["bin/"]),
    ("anstream", &["bin/"]),
    ("rpassword", &["bin/mtls-ca/prompt.rs"]),
];

/// Things that are done in one place (unit tests apart), as they are written, and the paths where they may be.
const ONE_PLACE: &[(&[&str], &[&str])] = &[
    (&["Now", "::", "from_system"], &["bin/mtls-ca/context.rs"]),
    (&["SystemTime", "::", "now"], &["words/clock.rs"]),
    (&["OffsetDateTime", "::", "now_utc"], &[]),
    (&["env", "::", "var"], &["bin/mtls-ca/context.rs"]),
    (&["env", "::", "var_os"], &["bin/mtls-ca/context.rs"]),
    (&["process", "::", "exit"], &[]),
    (&["fs", "::", "write"], &["store/atomic.rs"]),
    (&["fs", "::", "rename"], &["store/atomic.rs", "store/directory.rs"]),
    (&["fs", "::", "set_permissions"], &["store/atomic.rs", "store/directory.rs"]),
    (&["File", "::", "create"], &["store/atomic.rs"]),
    (&["println", "!"], &["bin/mtls-ca/output.rs"]),
    (&["print", "!"], &["bin/mtls-ca/output.rs"]),
    (&["eprintln", "!"], &["bin/mtls-ca/output.rs"]),
    (&["eprint", "!"], &["bin/mtls-ca/output.rs"]),
];

/// How many lines a source file may have, its unit tests apart.
const MOST_LINES: usize = 400;

/// How many packages `Cargo.lock` may list. Raised only in a commit that says what was bought.
const MOST_PACKAGES: usize = 241;

#[test]
fn every_source_file_keeps_to_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let reexports = Source::new("lib.rs", &fs::read_to_string(root.join("lib.rs")).unwrap()).exports();
    let mut complaints = Vec::new();
    for path in rust_files(&root).unwrap() {
        let relative = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        complaints.extend(complaints_about(&Source::new(&relative, &text), &reexports));
    }
    assert!(complaints.is_empty(), "{} breaches:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn the_lock_file_stays_within_its_limit() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(packages <= MOST_PACKAGES, "Cargo.lock lists {packages} packages; at most {MOST_PACKAGES} are allowed");
}

/// Every breach of a rule by one file.
fn complaints_about(source: &Source, reexports: &[(String, String)]) -> Vec<String> {
    let mut complaints = Vec::new();
    complaints.extend(imports_to_the_right(source, reexports));
    complaints.extend(crates_away_from_home(source));
    complaints.extend(things_out_of_place(source));
    if source.lines_without_tests() > MOST_LINES {
        let lines = source.lines_without_tests();
        complaints.push(format!("{}: {lines} lines without its tests; at most {MOST_LINES}", source.path));
    }
    if !source.starts_with_its_sentence() {
        complaints.push(format!("{}: no `//!` sentence on top says what the file is for", source.path));
    }
    complaints
}

fn imports_to_the_right(source: &Source, reexports: &[(String, String)]) -> Vec<String> {
    let Some(own) = layer_of(&source.path) else {
        return match source.path.as_str() {
            "lib.rs" => Vec::new(),
            path if path.starts_with("bin/") => Vec::new(),
            path => vec![format!("{path}: belongs to no layer of tests/architecture.rs")],
        };
    };
    let mut complaints = Vec::new();
    for (line, name) in source.names_at_the_root() {
        let home = reexports.iter().find(|(public, _)| *public == name).map_or(name.as_str(), |(_, layer)| layer);
        match LAYERS.iter().position(|layer| *layer == home) {
            Some(used) if used > own => {
                complaints.push(format!("{}:{line}: `{}` may not import from `{home}`", source.path, LAYERS[own]));
            }
            Some(_) => {}
            None => complaints.push(format!("{}:{line}: `crate::{name}` is in no layer", source.path)),
        }
    }
    complaints
}

fn layer_of(path: &str) -> Option<usize> {
    let first = path.split('/').next().unwrap_or(path);
    let name = first.strip_suffix(".rs").unwrap_or(first);
    LAYERS.iter().position(|layer| *layer == name)
}

fn crates_away_from_home(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, homes) in CRATE_HOMES {
        if homes.iter().any(|home| source.path.starts_with(home)) {
            continue;
        }
        for line in source.lines_naming_crate(name) {
            complaints.push(format!("{}:{line}: crate `{name}` may be named only in {homes:?}", source.path));
        }
    }
    complaints
}

fn things_out_of_place(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (written, homes) in ONE_PLACE {
        if homes.contains(&source.path.as_str()) {
            continue;
        }
        for line in source.lines_with(written).into_iter().filter(|line| *line <= source.lines_without_tests()) {
            complaints.push(format!("{}:{line}: `{}` may stand only in {homes:?}", source.path, written.concat()));
        }
    }
    complaints
}

fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Snippets that break a rule, and snippets that only look so.
mod planted {
    use super::*;

    const REEXPORTS: &[(&str, &str)] = &[("Now", "words"), ("Authority", "authority")];

    fn breaches(path: &str, body: &str) -> Vec<String> {
        let reexports: Vec<_> = REEXPORTS.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        complaints_about(&Source::new(path, &format!("//! A file.\n{body}\n")), &reexports)
    }

    #[test]
    fn breaches_are_found() {
        for (path, body) in [
            ("words/san.rs", "use crate::encoding::pem;"),
            ("policy/names.rs", "use crate::{profile::Profile, ledger::Ledger};"),
            ("policy/names.rs", "use crate::{\n    profile::{Profile, Rule},\n    lint,\n};"),
            ("store/atomic.rs", "fn f() { crate::keys::Secret::new(); }"),
            ("lint/rfc5280/serial.rs", "use super::super::super::authority::init;"),
            ("lint/mod.rs", "use super::store::layout;"),
            ("audit.rs", "use super::keys;"),
            ("ledger/row.rs", "use crate::Authority;"),
            ("ledger/row.rs", "pub(crate) fn f(a: &crate::examine::Report) {}"),
            ("ledger/row.rs", "use crate as whole;"),
            ("ledger/row.rs", "use crate::*;"),
            ("ledger/row.rs", "use crate::Unheard;"),
            ("ledger/row.rs", "use mtls_ca::authority;"),
            ("somewhere/else.rs", "fn f() {}"),
            ("policy/keys.rs", "use x509_parser::prelude::*;"),
            ("policy/keys.rs", "use ::rcgen::KeyPair;"),
            ("ledger/row.rs", "fn f() { let x = pem::parse(b\"\"); }"),
            ("ledger/row.rs", "use {der::Decode, rusqlite::Row};"),
            ("words/x509/name.rs", "use aws_lc_rs::digest;"),
            ("examine/verify/name.rs", "extern crate webpki;"),
            ("examine/verify/name.rs", "use rusqlite as r;"),
            ("authority/init.rs", "fn f() { let now = Now::from_system(); }"),
            ("authority/init.rs", "fn f() { println!(\"done\"); }"),
            ("bin/mtls-ca/commands/sign.rs", "fn f() { std::env::var(\"HOME\"); }"),
            ("bin/mtls-ca/commands/sign.rs", "use rcgen::KeyPair;"),
        ] {
            assert_eq!(breaches(path, body).len(), 1, "{path}: {body}\n{:#?}", breaches(path, body));
        }
        assert_eq!(breaches("words/a.rs", &"\n".repeat(MOST_LINES)).len(), 1);
        assert_eq!(complaints_about(&Source::new("words/a.rs", "fn f() {}\n"), &[]).len(), 1);
    }

    #[test]
    fn harmless_text_is_left_alone() {
        for (path, body) in [
            ("lib.rs", "pub use authority::Authority;"),
            ("bin/mtls-ca/main.rs", "use mtls_ca::Authority; use crate::cli;"),
            ("policy/names.rs", "use crate::{profile::Profile, words::{x509, clock}};"),
            ("policy/names.rs", "use crate::Now;"),
            ("policy/names.rs", "// use crate::ledger::Ledger;\n/* crate::authority::x */ /// [`crate::ledger`]"),
            ("policy/names.rs", "const A: &str = \"crate::ledger::x \\\" crate::ledger\"; const B: char = '\"';"),
            ("policy/names.rs", "const A: &str = r#\"use rcgen::\"quoted\";\"#;"),
            ("policy/names.rs", "pub(in crate::policy) fn f<'a>(x: &'a str) {}"),
            ("policy/names.rs", "use super::lifetime::Limit;"),
            ("ledger/row.rs", "use crate::encoding::{pem, certificate};\nfn f() { pem::write(); }"),
            ("ledger/row.rs", "use crate::encoding::pem as der;\nfn f() { der::write(); }"),
            ("ledger/row.rs", "fn f(der: &[u8]) { encoding::pem::write(der); let rustls = 1; rustls; }"),
            ("encoding/certificate.rs", "use rcgen::KeyPair; use der::Decode;"),
            ("encoding/mod.rs", "pub mod pem;"),
            ("examine/remote/tls.rs", "use rustls::crypto::aws_lc_rs;\nfn f() { aws_lc_rs::default_provider(); }"),
            ("ledger/tests.rs", "fn f() { fs::write(a, b); }"),
            ("bin/mtls-ca/output.rs", "fn f() { println!(\"done\"); }"),
        ] {
            assert_eq!(breaches(path, body), Vec::<String>::new(), "{path}: {body}");
        }
        let tested = format!("fn f() {{}}\n\n#[cfg(test)]\nmod tests {{\n{}}}", "\n".repeat(MOST_LINES));
        assert_eq!(breaches("words/a.rs", &tested), Vec::<String>::new());
    }
}
