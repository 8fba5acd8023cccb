//! A server that runs: what it presents, what it wants of its clients, and what it says to ours.

use serde::Serialize;

use super::alerts::Sign;
use super::attempt::{Attempt, Verdict, With};
use super::cause::{Cause, Side};
use super::kind::Kind;
use super::own::Own;
use super::{explain, unreachable};
use crate::encoding::certificate;
use crate::examine::diagnosis::{self, Case, Files, Known, Revocation, diagnose};
use crate::examine::remote::{Checked, Options, RemoteError, Served, Talk, Target, Versions, fetch};
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name::Name;
use crate::words::x509::public_key::PublicKeyAlgorithm;
use crate::words::x509::revocation::RevocationList;
use crate::words::x509::san::{DnsName, San};
use crate::words::x509::usage::Purpose;
use crate::words::x509::weakness::Weakness;

/// What is to be found out.
#[derive(Debug, Clone)]
pub struct Inquiry<'a> {
    /// The server.
    pub target: &'a Target,
    /// How to look: name, time, versions, STARTTLS, key log, and the identity to present.
    pub options: Options,
    /// What to ask for by HTTP.
    pub path: &'a str,
    /// Our certificate and chain, where there is one to present.
    pub own: Option<Own<'a>>,
    /// Whom we trust; none where that is not to be judged.
    pub trust: Option<&'a [Certificate]>,
    /// Revocation lists that are at hand.
    pub crls: &'a [RevocationList],
    /// Certificates that are at hand, where a missing one may be.
    pub known: &'a [Known<'a>],
    /// What the files are called.
    pub files: Files<'a>,
    /// Which kind of server it is, where the caller says.
    pub kind: Option<Kind>,
}

/// What was found out.
#[derive(Debug, Serialize)]
pub struct ServerReport {
    /// The server.
    pub target: Target,
    /// Whether all is well: the server is the right one, and lets our client in.
    pub accepted: bool,
    /// That in one sentence.
    pub headline: String,
    /// What it showed, where anything was seen.
    pub server: Option<Served>,
    /// Which program it is.
    pub kind: Kind,
    /// Whether it wants client certificates.
    pub demand: Demand,
    /// Whether it says that it takes certificates of our CA; none where it names nobody, or nothing
    /// was presented.
    pub names_our_ca: Option<bool>,
    /// Connections, with nothing and with ours, by each version.
    pub attempts: Vec<Attempt>,
    /// What is wrong or remarkable, the likeliest cause first.
    pub causes: Vec<Cause>,
}

/// Whether a server wants client certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// Nobody comes in without.
    Demanded,
    /// It asks, and lets clients in without.
    Optional,
    /// It does not ask.
    NotAsked,
    /// It did not come to that.
    Unknown,
}

/// Finds out.
///
/// # Errors
/// Where the question itself is wrong: a name that is none, a key that cannot be used.
pub fn inquire(inquiry: &Inquiry<'_>, now: Now) -> Result<ServerReport, RemoteError> {
    let look = Options { identity: None, talk: None, alpn: offered(&inquiry.options), ..inquiry.options.clone() };
    let served = match fetch(inquiry.target, &look) {
        Ok(served) => served,
        Err(error @ (RemoteError::ServerName(_) | RemoteError::Identity(_))) => return Err(error),
        Err(error) => return Ok(nothing_seen(inquiry, &error)),
    };
    let attempts = attempts(inquiry);
    let kind = inquiry.kind.clone().unwrap_or_else(|| Kind::guessed_from(&attempts, inquiry.options.starttls));
    let mut causes = presented(inquiry, &served, now);
    causes.extend(explain::client(inquiry, &served, &attempts, &kind, now));
    causes.extend(explain::versions(inquiry, &attempts));
    // What keeps ours out comes first, then what is wrong with the server, each by its weight.
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.severity));
    let accepted = !causes.iter().any(Cause::is_error);
    Ok(ServerReport {
        target: inquiry.target.clone(),
        accepted,
        headline: headline(&causes, &attempts, inquiry),
        names_our_ca: inquiry.own.as_ref().and_then(|own| names_ours(&served, own)),
        demand: demand(&served, &attempts),
        server: Some(served),
        kind,
        attempts,
        causes,
    })
}

/// A first look offers what web servers know, to see what is chosen.
fn offered(options: &Options) -> Vec<String> {
    match (options.alpn.is_empty(), options.starttls) {
        (true, None) => vec!["h2".to_owned(), "http/1.1".to_owned()],
        _ => options.alpn.clone(),
    }
}

impl Inquiry<'_> {
    /// The line that asks the same server again, in the same protocol.
    pub(super) fn again(&self) -> String {
        let starttls = self.options.starttls.map(|protocol| format!(" --starttls {protocol}")).unwrap_or_default();
        format!("mtls-ca handshake {}{starttls}", self.target)
    }
}

fn nothing_seen(inquiry: &Inquiry<'_>, error: &RemoteError) -> ServerReport {
    let causes = vec![unreachable::explain(inquiry, error)];
    ServerReport {
        target: inquiry.target.clone(),
        accepted: false,
        headline: headline(&causes, &[], inquiry),
        server: None,
        kind: inquiry.kind.clone().unwrap_or_else(Kind::unknown),
        demand: Demand::Unknown,
        names_our_ca: None,
        attempts: Vec::new(),
        causes,
    }
}

fn attempts(inquiry: &Inquiry<'_>) -> Vec<Attempt> {
    let options = Options { talk: Some(Talk { path: inquiry.path.to_owned() }), ..inquiry.options.clone() };
    let mut attempts = Vec::new();
    for with in [With::Nothing, With::Ours] {
        if with == With::Ours && inquiry.own.is_none() {
            continue;
        }
        for versions in [Versions::Tls13, Versions::Tls12] {
            attempts.push(Attempt::make(inquiry.target, &options, versions, with));
        }
    }
    attempts
}

/// What is wrong with what the server presents.
fn presented(inquiry: &Inquiry<'_>, served: &Served, now: Now) -> Vec<Cause> {
    let mut causes = Vec::new();
    let chain: Vec<Certificate> = served.chain.iter().filter_map(|der| certificate::read(der).ok()).collect();
    let short = chain.first().filter(|leaf| is_short(leaf));
    // rustls checks no signature of such a key, so that it fails proves nothing about whose key it is.
    if let (Some(leaf), None) = (short, inquiry.trust) {
        causes.push(
            Cause::error(
                diagnosis::Cause::KeyWeak.code(),
                Side::Server,
                format!("the key of the server's certificate is {}", leaf.public_key()),
            )
            .proof("OpenSSL, rustls and others refuse RSA keys below 2048 bits, for they can be broken"),
        );
    }
    let weak = chain.first().and_then(|leaf| Weakness::of(leaf.public_key()));
    if let (Some(weakness), None) = (weak, inquiry.trust) {
        causes.push(
            Cause::error(
                diagnosis::Cause::KeyNotSecret.code(),
                Side::Server,
                "the key of the server's certificate protects nothing",
            )
            .proof(weakness.to_string()),
        );
    }
    if let (Checked::Fails(reason), None) = (&served.handshake_signature, short) {
        causes.push(
            Cause::error(
                "handshake.server_key_mismatch",
                Side::Server,
                "the server does not prove that it has the key of its certificate",
            )
            .proof(reason.clone())
            .fix("# on the server: is the key file that of the certificate? mtls-ca doctor CERT KEY"),
        );
    }
    let Some(trust) = inquiry.trust else { return causes };
    if chain.len() < served.chain.len() {
        causes.push(Cause::error(
            "handshake.unreadable",
            Side::Server,
            "the server presents something that is no certificate",
        ));
    }
    if chain.is_empty() {
        return causes;
    }
    let name = name_of(&served.server_name);
    // What the server does not present, our own file may have.
    let place = inquiry.files.presented.unwrap_or("CERT");
    let ours = inquiry.own.iter().flat_map(|own| own.chain).map(|certificate| Known { certificate, place });
    let known: Vec<Known<'_>> = inquiry.known.iter().copied().chain(ours).collect();
    let case = Case {
        name: name.as_ref(),
        crls: inquiry.crls,
        revocation: if inquiry.crls.is_empty() { Revocation::Ignored } else { Revocation::OfAll },
        known: &known,
        files: Files { presented: None, key: None, ..inquiry.files },
        ..Case::new(&chain, Purpose::Server, trust)
    };
    causes.extend(diagnose(&case, now).into_iter().map(|diagnosis| Cause::of(Side::Server, diagnosis)));
    causes
}

/// Whether its key is one of which rustls checks no signatures.
fn is_short(certificate: &Certificate) -> bool {
    matches!(certificate.public_key().algorithm(), PublicKeyAlgorithm::Rsa { bits, .. } if *bits < 2_048)
}

/// The name that a client looks for in the server's certificate.
pub(super) fn name_of(text: &str) -> Option<San> {
    match text.parse() {
        Ok(address) => Some(San::Ip(address)),
        Err(_) => DnsName::parse(text).map(San::Dns).ok(),
    }
}

fn demand(served: &Served, attempts: &[Attempt]) -> Demand {
    let mut without = attempts.iter().filter(|attempt| attempt.with == With::Nothing);
    if without.any(|attempt| matches!(attempt.verdict, Verdict::Refused)) {
        return Demand::Demanded;
    }
    let asked = served.client_certificate.requested
        || attempts.iter().filter_map(Attempt::served).any(|served| served.client_certificate.requested);
    let spoke = attempts.iter().any(|attempt| matches!(attempt.verdict, Verdict::Accepted | Verdict::Forbidden));
    match (asked, spoke) {
        (true, true) => Demand::Optional,
        (false, true) => Demand::NotAsked,
        _ => Demand::Unknown,
    }
}

/// Whether a CA of our chain is among those that the server names.
pub(super) fn names_ours(served: &Served, own: &Own<'_>) -> Option<bool> {
    let named = &served.client_certificate.acceptable_cas;
    let issuers: Vec<&Name> = own.chain.iter().map(Certificate::issuer).collect();
    (!named.is_empty()).then(|| issuers.iter().any(|issuer| named.iter().any(|name| name.matches(issuer))))
}

fn headline(causes: &[Cause], attempts: &[Attempt], inquiry: &Inquiry<'_>) -> String {
    if let Some(cause) = causes.iter().find(|cause| cause.is_error()) {
        return format!("NOT accepted: {}", cause.sentence);
    }
    let with = if inquiry.own.is_some() { With::Ours } else { With::Nothing };
    let is_in = |attempt: &&Attempt| attempt.with == with && attempt.verdict != Verdict::NotSpoken;
    let by: Vec<&str> = attempts.iter().filter(is_in).map(|attempt| attempt.protocol).collect();
    let who = if inquiry.own.is_some() { "accepted" } else { "accepted without a client certificate" };
    format!("{who}, by {}", by.join(" and "))
}

/// The plainest sign of a refusal: an alert says more than silence, TLS 1.2 more than 1.3.
pub(super) fn plainest(attempts: &[Attempt], with: With) -> Option<(&Attempt, Sign)> {
    let refused = attempts.iter().filter(|attempt| attempt.with == with);
    let signs = refused.filter_map(|attempt| Some((attempt, attempt.sign()?)));
    signs.max_by_key(|(attempt, sign)| (*sign != Sign::Closed, attempt.protocol == "TLS 1.2"))
}
