//! The corpora of the fuzz targets, and every input that once broke something, as ordinary tests: what the
//! commands do with such input, without a fuzzer and on any toolchain.
//!
//! `fuzz/README.md` says how the corpora came about. `vectors/crashes/TARGET/` has the inputs that broke something,
//! each named after what was wrong.

#![allow(dead_code, reason = "of the command, only the views are used here")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

include!("../fuzz/src/modules.rs");

/// The most files and octets that the repository carries for a target.
const MOST_FILES: usize = 150;
const MOST_OCTETS: usize = 200_000;

macro_rules! targets {
    ($($target:ident $files:literal)*) => {
        /// The targets, by the names of their modules, folders and programs.
        const TARGETS: &[&str] = &[$(stringify!($target)),*];

        mod corpus {
            $(#[test]
            fn $target() {
                super::every_file(stringify!($target), $files, crate::$target::look);
            })*
        }
    };
}

// Behind each, how many files are committed for it: a search may add to them, and nothing goes unseen.
targets! {
    ca_toml 140
    certificate 98
    crl 136
    csr 130
    jks 140
    name 140
    ocsp_request 96
    pem_bundle 114
    pkcs12 131
    profile 140
    san 140
}

/// The inputs that once broke something.
const CRASHES: usize = 5;

/// Looks at the corpus of a target and at what once broke it.
fn every_file(target: &str, fewest: usize, look: fn(&[u8])) {
    let corpus = files(&root().join("fuzz/corpus").join(target));
    let crashes = files(&root().join("tests/vectors/crashes").join(target));
    assert!(corpus.len() >= fewest, "the corpus of {target} has only {} files of {fewest}", corpus.len());
    let mut broken = Vec::new();
    for file in crashes.iter().chain(&corpus) {
        let input = fs::read(file).unwrap();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| look(&input))) {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|&said| said.to_owned()));
            broken.push(format!("{}: {}", file.display(), said.unwrap_or_default()));
        }
    }
    println!("{target}: {} files, and {} that once broke something", corpus.len(), crashes.len());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_target_has_a_program_and_a_small_corpus() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for target in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target} has no program");
        let corpus = files(&root().join("fuzz/corpus").join(target));
        let octets: u64 = corpus.iter().map(|file| file.metadata().unwrap().len()).sum();
        assert!(corpus.len() <= MOST_FILES, "the corpus of {target} has {} files", corpus.len());
        assert!(octets <= MOST_OCTETS as u64, "the corpus of {target} has {octets} octets");
    }
    let crashes = TARGETS.iter().map(|target| files(&root().join("tests/vectors/crashes").join(target)).len());
    assert!(crashes.sum::<usize>() >= CRASHES, "inputs that once broke something are gone");
    for folder in ["fuzz/corpus", "tests/vectors/crashes"] {
        for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(TARGETS.contains(&name.as_str()) || name == "README.md", "{folder}/{name} belongs to no target");
        }
    }
}

/// A key store cannot be tried without keys, and those of the corpora are throw-away ones. Keys in PEM, which
/// anybody finds, are none at all: the octets that would be secret are all 01.
#[test]
fn no_corpus_has_a_private_key_in_pem() {
    let ones = "AQEB".repeat(8);
    let mut found = 0;
    for folder in TARGETS.iter().flat_map(|target| ["fuzz/corpus", "tests/vectors/crashes"].map(|at| (at, target))) {
        for file in files(&root().join(folder.0).join(folder.1)) {
            let input = fs::read(&file).unwrap();
            let text = String::from_utf8_lossy(&input);
            for (label, rest) in text.split("-----BEGIN ").filter_map(|block| block.split_once("-----")) {
                let body: String = rest.split("-----").next().unwrap().split_whitespace().collect();
                if label.ends_with("PRIVATE KEY") && body.len() > 40 {
                    assert!(body.contains(&ones), "{} has a {label}", file.display());
                    found += 1;
                }
            }
        }
    }
    assert!(found > 0, "no input has a private key, of use or not: the readers of keys are not tried");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
