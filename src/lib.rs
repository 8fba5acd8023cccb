//! A private certificate authority for mutual TLS between services: the library below the command
//! `mtls-ca`, and a CA for the tests of programs that speak mutual TLS.
//!
//! ```
//! use mtls_ca::{Act, Authority, KeyOrder, Now};
//!
//! let act = Act::of_process("my-tests", Now::from_system());
//! let mut ca = Authority::ephemeral(act.now)?; // in memory; `Authority::open` has one in a directory
//! let signer = ca.unlock(None)?;
//!
//! let server = ca.issue_key(&KeyOrder::server("localhost")?.and("127.0.0.1")?, &signer, &act)?;
//! let client = ca.issue_key(&KeyOrder::client("billing")?, &signer, &act)?;
//!
//! assert!(server.certificate_pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! assert!(client.key_pem()?.starts_with("-----BEGIN PRIVATE KEY-----"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/ephemeral_mtls.rs` goes on from here to a rustls server and its clients.
//!
//! # What there is to do
//!
//! | to | call |
//! |---|---|
//! | make a CA | [`authority::init`], [`authority::intermediate`], [`authority::request`] and [`authority::complete`], [`authority::adopt`], [`Authority::ephemeral`] |
//! | open one, and its key | [`Authority::open`], [`Authority::unlock`] |
//! | answer a request | [`Authority::sign`]; in steps: [`Authority::plan`], [`Authority::issue`] |
//! | answer many at once | [`Authority::issue_all`] ([`authority::batch`]) |
//! | make the next certificate | [`Authority::plan_renewal`], [`Authority::plan_rekey`], then [`Authority::issue`] |
//! | keep a delivered one fresh | [`Authority::plan_refresh`], [`Authority::refresh`]; for ever: [`authority::watch`] |
//! | make key and certificate | [`Authority::issue_key`]; in steps: [`Authority::plan_key`], [`Authority::issue`] |
//! | make a request | [`enroll::csr::request`] |
//! | take certificates back | [`Authority::revoke`], [`Authority::release`], then [`Authority::build_crl`] |
//! | bring CRLs to peers | [`Authority::publish`], [`Authority::crl_set`], [`Authority::import_crl`] for those of the CAs above |
//! | say whether certificates still hold | [`Authority::ocsp_respond`], [`Authority::ocsp_build`] |
//! | replace the CA certificate | [`Authority::prepare_root`] and its kin, [`Authority::activate`], [`Authority::retire`] ([`authority::rotate`]) |
//! | take in what another tool issued | [`authority::import::Source`], [`Authority::inheritance`], [`Authority::import`] |
//! | copy it away, bring it back | [`Authority::backup`], [`authority::restore::restore`], [`authority::restore::rebuild`] |
//! | ask what was done | [`Authority::ledger`] |
//! | see what is in a file | [`inspect`] |
//! | check a certificate and its chain | [`verify`] |
//! | say why it does not work | [`examine::diagnosis::diagnose`]; for files and one system [`recipe::doctor::examine`] |
//!
//! Every verb that depends on the time is handed it ([`Now`]), so that a test can have certificates of
//! any age. Errors are enums with facts ([`AuthorityError`]); advice is the command's business.
//!
//! What a file holds, and whether it is good:
//!
//! ```
//! use mtls_ca::x509::usage::Purpose;
//! use mtls_ca::{Question, inspect, verify};
//! # use mtls_ca::{Act, Authority, KeyOrder, Now};
//! # let act = Act::of_process("doc", Now::from_system());
//! # let mut ca = Authority::ephemeral(act.now)?;
//! # let issued = ca.issue_key(&KeyOrder::client("billing")?, &ca.unlock(None)?, &act)?;
//! # let (now, trusted, file) = (act.now, ca.trust()?, issued.certificate_pem());
//!
//! let items = inspect(file.as_bytes(), now)?;
//! assert_eq!(items.len(), 1);
//!
//! let certificates = mtls_ca::encoding::certificate::read_all(file.as_bytes())?;
//! let answer = verify(&Question::new(&certificates, &trusted, Purpose::Client, now));
//! assert!(answer.verdict());
//! let answer = verify(&Question::new(&certificates, &trusted, Purpose::Server, now));
//! assert_eq!(answer.first_cause().map(|check| check.rule), Some("extended_key_usage"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! Modules in order: each imports only from those above it, which `tests/architecture.rs` checks.
//!
//! | module | is |
//! |---|---|
//! | [`words`] | plain values that cannot be ill formed: [`Time`], [`San`], [`Serial`], certificates as read |
//! | [`encoding`] | the only code that names an ASN.1, PEM or key-container crate |
//! | [`profile`] | what kinds of certificates there are, each rule with its file and line |
//! | [`policy`] | may this be issued? Pure functions from wishes to a draft or a refusal |
//! | [`lint`] | is that a good certificate? One rule, one file, one clause, one code |
//! | [`store`] | files: where each stands, how it is born, who may change it when |
//! | [`audit`] | events, their bytes, and the chain of their hashes |
//! | [`keys`] | private keys: made, opened, sealed, signing. Nothing about certificates |
//! | [`ledger`] | what the CA has done, in SQLite; SQL stays there |
//! | [`examine`] | verbs that need only bytes: inspect, verify, fingerprint, remote servers |
//! | [`bundle`] | certificates as the files that peers read |
//! | [`recipe`] | ready deployments: what each system wants, as data
//! | [`enroll`] | requests, for those who have no CA |
//! | [`authority`] | verbs that need a CA |
//!
//! The command stands on top, in `src/bin/mtls-ca/`: one file for each command, which calls one verb
//! of this crate.
//!
//! # The one way to a signature
//!
//! ```text
//! argv ─► Order ─► ProvenKey ─► Draft ─► Cleared ─► Reserved ─► Issued ─► view ─► stdout
//!         words    words        policy   lint       authority   authority  bin
//! ```
//!
//! Each step uses up the one before, and each result has one constructor, so that leaving a step out
//! does not compile:
//!
//! - a [`ProvenKey`](x509::request::ProvenKey) comes of a request whose signature verifies, or of a
//!   certificate that the ledger knows as issued and not revoked;
//! - a [`Draft`](policy::Draft), of [`policy::draft`], which grants, changes or drops every part of the
//!   request and of the [`Order`] by a rule of the profile;
//! - a [`Cleared`](lint::Cleared), of [`lint::clear`], which builds the bytes to be signed, reads them
//!   again and puts them to every lint rule. So far nothing is written and no key is open:
//!   [`authority::Plan`] is this point;
//! - a reservation: number, bytes, request and audit event, durable in the ledger *before* the key is
//!   used, so that no certificate can exist which the CA does not know;
//! - an [`authority::Issued`]: signed, its signature verified, stored durably. Only then does a byte of it
//!   leave the process.
//!
//! # The files of a CA directory
//!
//! Paths are decided in [`store::layout`], modes and atomic writing in [`store::atomic`];
//! `docs/on-disk-format.md` says what is in them.
//!
//! | file | written by | read by |
//! |---|---|---|
//! | `ca.toml` | [`authority::init`] and its kin, then the operator ([`store::config`]) | [`Authority::open`] |
//! | `ledger.sqlite`, `-wal`, `-shm` | [`ledger`] | [`ledger`] |
//! | `issuers/g1/issuer.key` | [`authority::init`] and its kin ([`keys::seal`]) | [`Authority::unlock`] |
//! | `issuers/g1/issuer.crt` | [`authority::init`] and its kin, a copy for people | nobody: the ledger has it |
//! | `issuers/g1/above.crt` | [`authority::intermediate`], [`authority::complete`], [`authority::adopt`] | [`Authority::open`] |
//! | `issuers/g1/issuer.csr` | [`authority::request`], [`authority::rotate`] | [`authority::complete`], [`authority::rotate`] |
//! | `issuers/g2/cross.crt` | [`authority::rotate`], a copy for people | nobody: the ledger has it |
//! | `issuers/g1/ocsp.key` | [`Authority::responder`] | [`Authority::responder`] |
//! | `issuers/g1/crl.der`, `crl.pem` | [`Authority::build_crl`] | peers; [`Authority::publish`] copies them to `[publish] dir` |
//! | `ca.crt`, `chain.crt` | [`authority::init`] and its kin, [`Authority::write_derived`] | peers; `mtls-ca verify` |
//! | `watch.json` | [`authority::watch`] | `mtls-ca status` |
//! | `profiles/*.toml` | the operator | [`Authority::open`] ([`profile`]) |
//!
//! # Where to add what
//!
//! - A kind of certificate: a profile, `ca-profiles/*.toml` or `profiles/*.toml`; no code.
//! - A rule on what may be issued: a function of [`policy`], with a stable code, and a row for what it
//!   grants otherwise than asked.
//! - A rule on what a certificate should look like: a file of [`lint`].
//! - A rule of path validation: a file of `src/examine/verify/rules/`.
//! - A cause of refusals: a row of `src/examine/diagnosis/cause.rs`, and what it means beside it.
//! - What a system minds: the `[facts]` of its recipe; a new kind of fact in `src/recipe/facts.rs`.
//! - A field of certificates: a word in [`words::x509`], its reading and writing in [`encoding`].
//! - A file of the CA directory: a path in [`store::layout`].
//! - A table or column: a migration step in `src/ledger/schema.rs`.
//! - A command: a verb in [`authority`] or [`examine`], then a file in `src/bin/mtls-ca/commands/`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod audit;
pub mod authority;
pub mod bundle;
pub mod encoding;
pub mod enroll;
pub mod examine;
pub mod keys;
pub mod ledger;
pub mod lint;
pub mod policy;
pub mod profile;
pub mod recipe;
pub mod store;
pub mod words;

pub use audit::event::Act;
pub use authority::{Authority, AuthorityError, IssuedKey, KeyOrder};
pub use examine::inspect::inspect;
pub use examine::verify::{Answer, Question, verify};
pub use words::clock::{NotATime, Now, Time};
pub use words::finding::{Finding, Place, Severity};
pub use words::order::Order;
pub use words::x509;
pub use words::x509::lifetime::{Lifetime, LifetimeWish, Threshold};
pub use words::x509::name::Name;
pub use words::x509::name_text::NameText;
pub use words::x509::san::San;
pub use words::x509::serial::Serial;
