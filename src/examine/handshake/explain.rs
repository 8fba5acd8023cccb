//! From what a server answered and what our own files say to why it refuses.

use super::alerts::{Sign, meanings, possible};
use super::attempt::{Attempt, Verdict, With};
use super::cause::{Cause, Side};
use super::kind::Kind;
use super::own::Own;
use super::server::{Inquiry, names_ours, plainest};
use crate::encoding::certificate;
use crate::examine::diagnosis::{self, Case, Diagnosis, Known, Revocation, diagnose};
use crate::examine::remote::Served;
use crate::words::clock::Now;
use crate::words::typed::typed_word;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::Purpose;

/// What is to be said of the client: why it is refused, or what is remarkable about its being let in.
pub(super) fn client(
    inquiry: &Inquiry<'_>,
    served: &Served,
    attempts: &[Attempt],
    kind: &Kind,
    now: Now,
) -> Vec<Cause> {
    let Some(own) = &inquiry.own else { return without(inquiry, served, attempts) };
    let found = ours(inquiry, own, served, now);
    let mut causes = match plainest(attempts, With::Ours) {
        Some((attempt, sign)) if is_unasked(served, attempts, &sign) => {
            let of = |diagnosis| Cause::of(Side::Client, diagnosis);
            let errors = found.into_iter().filter(Diagnosis::is_error).map(of);
            std::iter::once(refused_unasked(inquiry, served, attempt, &sign)).chain(errors).collect::<Vec<_>>()
        }
        Some((attempt, sign)) => refused(inquiry, served, own, kind, attempt, &sign, found),
        None => let_in(attempts, found),
    };
    causes.extend(undemanded(attempts));
    causes
}

/// What our own files say, as far as can be told here: `--ca` need not be what the server trusts.
fn ours(inquiry: &Inquiry<'_>, own: &Own<'_>, served: &Served, now: Now) -> Vec<Diagnosis> {
    let trust = inquiry.trust.unwrap_or_default();
    // What our own file lacks, the server may present.
    let theirs: Vec<Certificate> = served.chain.iter().filter_map(|der| certificate::read(der).ok()).collect();
    let place = format!("what {} presents", inquiry.target);
    let theirs = theirs.iter().map(|certificate| Known { certificate, place: &place });
    let known: Vec<Known<'_>> = inquiry.known.iter().copied().chain(theirs).collect();
    let case = Case {
        key: Some(own.key),
        crls: inquiry.crls,
        revocation: if inquiry.crls.is_empty() { Revocation::Ignored } else { Revocation::OfAll },
        known: &known,
        files: inquiry.files,
        ..Case::new(own.chain, Purpose::Client, trust)
    };
    let is_known = |code| inquiry.trust.is_some() || !about_trust(code);
    diagnose(&case, now).into_iter().filter(|diagnosis| is_known(diagnosis.code)).collect()
}

/// Whether it cannot be told without knowing whom to trust.
const fn about_trust(code: diagnosis::Cause) -> bool {
    use diagnosis::Cause;
    matches!(code, Cause::NobodyTrusted | Cause::OtherCa | Cause::SelfSigned | Cause::IntermediateMissing)
}

/// The server refuses our certificate.
fn refused(
    inquiry: &Inquiry<'_>,
    served: &Served,
    own: &Own<'_>,
    kind: &Kind,
    attempt: &Attempt,
    sign: &Sign,
    found: Vec<Diagnosis>,
) -> Vec<Cause> {
    let means = meanings(sign, kind.system.as_deref(), kind.family);
    let answer = format!("by {} the server answers: {}", attempt.protocol, attempt.words);
    let reading = format!("what that means from {}: {}", kind.words(), alternatives(means));
    let named = names_ours(served, own);
    // What explains the answer stands before what is wrong besides.
    let (mut known, rest): (Vec<_>, Vec<_>) =
        found.into_iter().filter(Diagnosis::is_error).partition(|diagnosis| means.contains(&diagnosis.code));
    known.extend(rest);
    if !known.is_empty() {
        let of = |diagnosis: Diagnosis| {
            let fits = means.contains(&diagnosis.code);
            let cause = Cause::of(Side::Client, diagnosis).proof(answer.clone());
            if fits { cause } else { cause.proof(reading.clone()) }
        };
        return known.into_iter().map(of).collect();
    }
    vec![unexplained(inquiry, served, own, kind, named, means).proof(answer).proof(reading)]
}

/// Our files are right as far as can be told here, so it is about what the server has.
fn unexplained(
    inquiry: &Inquiry<'_>,
    served: &Served,
    own: &Own<'_>,
    kind: &Kind,
    named: Option<bool>,
    means: &[diagnosis::Cause],
) -> Cause {
    let issuer = own.chain.last().map(|top| top.issuer().rfc4514()).unwrap_or_default();
    let subject = own.chain.first().map(|leaf| leaf.subject().rfc4514()).unwrap_or_default();
    let cas: Vec<String> =
        served.client_certificate.acceptable_cas.iter().take(5).map(|ca| format!("`{ca}`")).collect();
    let system = kind.system.as_deref().filter(|_| !kind.guessed).unwrap_or("SYSTEM");
    let good = match inquiry.trust {
        Some(_) => "the certificate is good for a client by the CA that is trusted here",
        None => "nothing is wrong with the certificate itself; with --ca its chain can be judged too",
    };
    let only = |code| means == [code];
    let client = |code, sentence: String| Cause::error(code, Side::Server, sentence);
    let cause = if named == Some(false) {
        client(
            "handshake.other_ca_trusted",
            format!(
                "the server takes certificates of {} only, and `{subject}` was signed by `{issuer}`",
                cas.join(", ")
            ),
        )
        .fix(
            "# on the server: put the root of that CA into its trust file (ssl_client_certificate, ca-file, ClientCAs)",
        )
    } else if only(diagnosis::Cause::Revoked) {
        client("handshake.revoked", format!("the server says that the certificate of `{subject}` is revoked"))
            .fix(format!("mtls-ca issue {} --profile client", typed_word(own_name(own))))
    } else if means.iter().all(|cause| {
        matches!(cause, diagnosis::Cause::Expired | diagnosis::Cause::NotYetValid | diagnosis::Cause::CrlStale)
    }) && !means.is_empty()
    {
        client(
            "handshake.clock",
            format!(
                "the server takes the certificate of `{subject}` to be expired or not yet valid, and here it holds"
            ),
        )
        .fix("date -u")
        .fix("# the same on the server: one of the clocks is wrong; or a CRL there is past its next update")
    } else if only(diagnosis::Cause::NothingPresented) {
        client("handshake.certificate_not_taken", "the server says that no certificate came".to_owned())
    } else {
        let good = if inquiry.trust.is_some() { "which is good here" } else { "in which nothing is wrong by itself" };
        client("handshake.refused", format!("the server refuses the certificate of `{subject}`, {good}"))
            .fix(format!("mtls-ca doctor --for {system} FILES…    # on the server, with the files that it has"))
    };
    let cause = cause.proof(good);
    let is_about_the_ca =
        means.iter().any(|cause| matches!(cause, diagnosis::Cause::SameNameOtherKey | diagnosis::Cause::CrlMissing));
    match (named, cas.is_empty()) {
        (Some(true), _) if !is_about_the_ca => cause.proof(format!("it takes certificates of {}", cas.join(", "))),
        (Some(true), _) => cause.proof(format!(
            "it names a CA of that name among those that it takes ({}), so its key may be another, or a CRL is missing",
            cas.join(", ")
        )),
        (Some(false), _) => cause.proof(format!("it names {}", cas.join(", "))),
        (None, _) => cause.proof("it does not say whose certificates it takes"),
    }
}

fn own_name(own: &Own<'_>) -> String {
    let cn = own.chain.first().and_then(|leaf| leaf.subject().common_name().map(|cn| cn.to_string()));
    cn.unwrap_or_else(|| "NAME".to_owned())
}

fn alternatives(means: &[diagnosis::Cause]) -> String {
    let words: Vec<&str> = means.iter().map(|cause| possible(*cause)).collect();
    if words.is_empty() { "nothing that is known".to_owned() } else { words.join("; or ") }
}

/// Our certificate is taken: what is wrong with it all the same, or with what stands behind TLS.
fn let_in(attempts: &[Attempt], found: Vec<Diagnosis>) -> Vec<Cause> {
    let ours = || attempts.iter().filter(|attempt| attempt.with == With::Ours);
    let mut causes = Vec::new();
    if let Some(attempt) = ours().find(|attempt| attempt.verdict == Verdict::Forbidden) {
        let served = attempt.served();
        let is_http = served.and_then(|served| served.reply.as_ref()?.http_status).is_some();
        causes.push(if is_http {
            Cause::error("handshake.forbidden", Side::Client, "the certificate is taken, and the request is forbidden")
                .proof(format!("by {} the server answers: {}", attempt.protocol, attempt.words))
                .fix("# on the server: is this identity on its list? the names are in: mtls-ca inspect CERT")
                .fix("# or nothing is served there: ask for another path with --path /PATH")
        } else {
            Cause::warning("handshake.account", Side::Client, "the certificate is taken, and the account is not let in")
                .proof(format!("by {} the server answers: {}", attempt.protocol, attempt.words))
                .proof("the account that was named is the CN of the certificate, without a password")
        });
    }
    for attempt in ours().filter(|attempt| attempt.verdict == Verdict::Failed) {
        causes.push(failed(attempt));
    }
    // The server takes it, whatever is wrong with it: others will not.
    causes.extend(found.into_iter().map(|diagnosis| {
        let is_error = diagnosis.is_error();
        let cause = Cause::of(Side::Client, diagnosis);
        match is_error {
            true => Cause { severity: crate::Severity::Warning, ..cause }.proof("this server takes it all the same"),
            false => cause,
        }
    }));
    causes
}

fn failed(attempt: &Attempt) -> Cause {
    Cause::error("handshake.failed", Side::Connection, format!("by {} {}", attempt.protocol, attempt.words))
}

/// There is nothing to present.
fn without(inquiry: &Inquiry<'_>, served: &Served, attempts: &[Attempt]) -> Vec<Cause> {
    let Some((attempt, sign)) = plainest(attempts, With::Nothing) else {
        let failed = attempts.iter().filter(|attempt| attempt.verdict == Verdict::Failed).map(failed);
        return failed.chain(undemanded(attempts)).collect();
    };
    if is_unasked(served, attempts, &sign) {
        return vec![refused_unasked(inquiry, served, attempt, &sign)];
    }
    let answer = format!("by {} the server answers: {}", attempt.protocol, attempt.words);
    let cas: Vec<String> =
        served.client_certificate.acceptable_cas.iter().take(5).map(|ca| format!("`{ca}`")).collect();
    let whose = if cas.is_empty() { "it does not say of whom".to_owned() } else { format!("of {}", cas.join(", ")) };
    vec![
        Cause::error(
            "handshake.certificate_demanded",
            Side::Client,
            "the server demands a client certificate, and none was given",
        )
        .proof(answer)
        .proof(whose)
        .fix(format!("{} --cert CERT --key KEY", inquiry.again())),
    ]
}

/// Whether the server says no without ever having asked for a certificate: then it is not about ours.
/// A server that closes is believed only where it has not presented its own either.
fn is_unasked(served: &Served, attempts: &[Attempt], sign: &Sign) -> bool {
    let all = || std::iter::once(served).chain(attempts.iter().filter_map(Attempt::served));
    !all().any(|served| served.client_certificate.requested)
        && (*sign != Sign::Closed || all().all(|served| served.chain.is_empty()))
}

fn refused_unasked(inquiry: &Inquiry<'_>, served: &Served, attempt: &Attempt, sign: &Sign) -> Cause {
    let sentence = match sign {
        // RFC 6066 section 3.
        Sign::Alert(alert) if alert == "unrecognized_name" => {
            format!("the server does not serve the name `{}`", served.server_name)
        }
        // RFC 8446 section 6.2. Some servers say the same to a name that they do not serve.
        Sign::Alert(alert) if alert == "handshake_failure" => {
            "the server has no cipher suite, key exchange or signature in common with this client".to_owned()
        }
        Sign::Closed => {
            "the server goes away in the middle of the handshake, before it asks for a certificate".to_owned()
        }
        _ => "the server refuses before it asks for a certificate".to_owned(),
    };
    Cause::error("handshake.refused", Side::Server, sentence)
        .proof(format!("by {} the server answers: {}", attempt.protocol, attempt.words))
        .fix(format!("{} --server-name NAME    # if it serves several names", inquiry.again()))
}

/// A server for mutual TLS that lets anybody in.
fn undemanded(attempts: &[Attempt]) -> Option<Cause> {
    let without = || attempts.iter().filter(|attempt| attempt.with == With::Nothing);
    // Where an account is asked for behind TLS, TLS itself let the client in.
    let is_open = |attempt: &&Attempt| match attempt.verdict {
        Verdict::Accepted => true,
        Verdict::Forbidden => attempt.served().is_some_and(|served| served.starttls.is_some()),
        _ => false,
    };
    let open = without().find(is_open)?;
    let asked = open.served().is_some_and(|served| served.client_certificate.requested);
    let sentence = match asked {
        true => "the server asks for a client certificate, and lets clients in without one",
        false => "the server does not ask for a client certificate",
    };
    let starttls = open.served().and_then(|served| served.starttls).is_some();
    let cause = Cause::warning("handshake.not_demanded", Side::Server, sentence)
        .proof(format!("by {} without a certificate: {}", open.protocol, open.words));
    Some(match (asked, starttls) {
        (_, true) => cause.fix("# it may be a matter of the account there (REQUIRE X509, clientcert=verify-full)"),
        (true, false) => cause.fix("# on the server: ssl_verify_client on, SSLVerifyClient require, verify required"),
        (false, false) => cause.fix("# on the server: name the CA of the clients, and demand a certificate"),
    })
}

/// Versions that the server does not speak.
pub(super) fn versions(inquiry: &Inquiry<'_>, attempts: &[Attempt]) -> Vec<Cause> {
    let is_missing = |protocol: &str| {
        attempts.iter().any(|attempt| attempt.protocol == protocol && attempt.verdict == Verdict::NotSpoken)
    };
    match (is_missing("TLS 1.3"), is_missing("TLS 1.2")) {
        (true, true) => vec![
            Cause::error(
                "handshake.tls_version",
                Side::Connection,
                "the server speaks neither TLS 1.3 nor TLS 1.2",
            )
            .proof("it answers `protocol_version` to both")
            .fix(format!("openssl s_client -connect {} -tls1_1    # does it speak an older one?", inquiry.target))
            .fix("# on the server: ssl_protocols TLSv1.2 TLSv1.3; older ones are broken and switched off nearly everywhere"),
        ],
        (true, false) => vec![Cause::notice("handshake.tls_version", Side::Server, "the server does not speak TLS 1.3")],
        (false, true) => vec![
            Cause::notice("handshake.tls_version", Side::Server, "the server does not speak TLS 1.2")
                .proof("clients of older systems cannot connect"),
        ],
        (false, false) => Vec::new(),
    }
}
