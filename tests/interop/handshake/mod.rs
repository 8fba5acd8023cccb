//! Broken set-ups against servers that run: for each kind of server and each thing that is wrong, the
//! exit code, the first line, and the answer of that server by which it knows.

mod kinds;
mod recorded;

use kinds::{
    APACHE, APACHE_SHALLOW, GO, HAPROXY, Kind, MARIADB, MOSQUITTO, NGINX, NGINX_WITHOUT_ROOTS_CRL, NODE, POSTGRES,
    PYTHON, REDIS, S_SERVER, SLAPD, STUNNEL,
};

use crate::harness::cast::{Cast, Client, DEEP, Peer};
use crate::harness::{Run, Workshop, free_port};

/// Who comes, what is typed besides, the exit code, what the first line says, and what else is said.
type Case = (Client, &'static [&'static str], i32, &'static str, &'static str);

const ACCEPTED: &str = "accepted, by TLS 1.3 and TLS 1.2";
const NOBODY: &str = "NOT accepted: the server demands a client certificate, and none was given";
const OTHER: &str = "NOT accepted: `CN=billing` was signed by another CA, `CN=Stranger Root`, which is not trusted";
const IMPOSTOR: &str = "with another key than that of the CA which is trusted";
const EXPIRED: &str = "NOT accepted: the certificate of `CN=billing` expired";
const EARLY: &str = "NOT accepted: the certificate of `CN=billing` is not valid for another";
const REVOKED: &str = "NOT accepted: `CN=billing` was revoked";
const SERVER_ONLY: &str = "NOT accepted: `CN=billing` is made for serverAuth only, and is used as a client";
const LEAF_ONLY: &str = "NOT accepted: the client does not present the intermediate CA `CN=Fleet Issuing`";
/// What is said where nothing of ours is known but what the server answers.
const BLIND: &[&str] = &["--ca-dir", "nowhere"];
const WITH_CRLS: &[&str] = &["--crl", "published/crls.pem"];

/// What servers with OpenSSL answer: by TLS 1.2 it is told at once, and by 1.3 after the handshake.
const OPENSSL: &[Case] = &[
    (Client::Nobody, &[], 3, NOBODY, "refused: alert handshake_failure"),
    (Client::OtherCa, &[], 3, OTHER, "refused: alert unknown_ca"),
    (Client::Impostor, &[], 3, IMPOSTOR, "refused: alert unknown_ca"),
    (Client::Expired, &[], 3, EXPIRED, "refused: alert certificate_expired"),
    (Client::NotYetValid, &[], 3, EARLY, "refused: alert bad_certificate"),
    (Client::Revoked, WITH_CRLS, 3, REVOKED, "refused: alert certificate_revoked"),
    (
        Client::Revoked,
        &[],
        3,
        "NOT accepted: the server says that the certificate of `CN=billing` is revoked",
        "is on its CRL",
    ),
    (Client::ServerOnly, &[], 3, SERVER_ONLY, "refused: alert unsupported_certificate"),
    (Client::LeafOnly, &[], 3, LEAF_ONLY, "refused: alert unknown_ca"),
];

/// Where the server names the CAs that it takes, as most do and Python and Mosquitto do not.
const NAMING: Case = (
    Client::OtherCa,
    BLIND,
    3,
    "NOT accepted: the server takes certificates of `CN=Fleet Root` only",
    "which ours is NOT",
);

/// Tries the cases one after another, each between two of our own client.
fn try_each(system: &str, kind: &Kind, cases: &[Case]) {
    let Some(shop) = Workshop::open(system, kind.programs) else { return };
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = (kind.start)(&cast, port);
    let ours: Case = (Client::Ours, WITH_CRLS, 0, ACCEPTED, "");
    let around = [&[ours], cases, &[ours]].concat();
    let wrong: Vec<String> = around.iter().filter_map(|case| differs(&cast, kind, port, case)).collect();
    assert!(
        wrong.is_empty(),
        "{}: {} of {}\n{}\n{}",
        kind.name,
        wrong.len(),
        around.len(),
        wrong.join("\n"),
        server.log()
    );
}

fn differs(cast: &Cast, kind: &Kind, port: u16, (client, more, code, first, also): &Case) -> Option<String> {
    let run = handshake(cast, port, *client, &[kind.more, more].concat());
    let line = run.stdout.lines().next().unwrap_or_default();
    let is_right = run.code == Some(*code) && line.contains(first) && run.stdout.contains(also);
    (!is_right).then(|| format!("{}: wanted {code}, `{first}` and `{also}`\n{run}", client.said()))
}

fn handshake(cast: &Cast, port: u16, client: Client, more: &[&str]) -> Run {
    let target = format!("localhost:{port}");
    let files = cast
        .client(client)
        .map(|identity| [identity.crt(), identity.key()].map(|path| path.to_str().unwrap().to_owned()));
    let mut words = vec!["handshake", &target];
    if let Some([crt, key]) = &files {
        words.extend(["--cert", crt, "--key", key]);
    }
    words.extend(more);
    cast.shop.mtls_ca(&words)
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn openssl_tells_each_cause_by_its_alert() {
    try_each("openssl", &S_SERVER, &[OPENSSL, &[NAMING]].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn openssl_shows_what_is_wrong_with_a_server() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    let cast = Cast::make(&shop, DEEP);
    let cases: &[(Peer, &str)] = &[
        (Peer::Good, ACCEPTED),
        (Peer::WrongSan, "NOT accepted: `CN=elsewhere.internal` is not valid for the name `localhost`"),
        (Peer::CnOnly, "NOT accepted: the certificate names `localhost` in its CN only, and has no alternative name"),
        (
            Peer::OtherCa,
            "NOT accepted: `CN=localhost` was signed by another CA, `CN=Stranger Root`, which is not trusted",
        ),
        (Peer::Impostor, IMPOSTOR),
        (Peer::Expired, "NOT accepted: the certificate of `CN=localhost` expired"),
        (Peer::NotYetValid, "NOT accepted: the certificate of `CN=localhost` is not valid for another"),
        (Peer::Revoked, "NOT accepted: `CN=localhost` was revoked"),
        (Peer::ClientOnly, "NOT accepted: `CN=localhost` is made for clientAuth only, and is used as a server"),
        (Peer::LeafOnly, "NOT accepted: the server does not present the intermediate CA `CN=Fleet Issuing`"),
    ];
    for (peer, first) in cases {
        let port = free_port();
        let server = kinds::s_server(&cast, port, &cast.peer(*peer));
        let run = handshake(&cast, port, Client::Ours, WITH_CRLS);
        let line = run.stdout.lines().next().unwrap_or_default();
        assert!(line.contains(first), "{}: wanted `{first}`\n{run}\n{}", peer.said(), server.log());
        assert_eq!(run.code, Some(if *peer == Peer::Good { 0 } else { 3 }), "{run}");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn nginx_refuses_in_http() {
    let error = "refused: HTTP 400: The SSL certificate error";
    let none = "HTTP 400: No required SSL certificate was sent";
    let error: &[Case] = &[
        (Client::Nobody, &[], 3, NOBODY, none),
        (Client::OtherCa, &[], 3, OTHER, error.split_at(9).1),
        (Client::Impostor, &[], 3, IMPOSTOR, "nginx (a guess: it calls itself `nginx"),
        (Client::Expired, &[], 3, EXPIRED, "HTTP 400"),
        (Client::NotYetValid, &[], 3, EARLY, "HTTP 400"),
        (Client::Revoked, WITH_CRLS, 3, REVOKED, "HTTP 400"),
        (Client::ServerOnly, &[], 3, SERVER_ONLY, "HTTP 400"),
        (Client::LeafOnly, &[], 3, LEAF_ONLY, "HTTP 400"),
        (Client::Another, &[], 3, "NOT accepted: the certificate is taken, and the request is forbidden", "HTTP 403"),
    ];
    try_each("nginx", &NGINX, error);
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn nginx_without_a_crl_of_the_root_refuses_good_clients() {
    let Some(shop) = Workshop::open("nginx", NGINX_WITHOUT_ROOTS_CRL.programs) else { return };
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = (NGINX_WITHOUT_ROOTS_CRL.start)(&cast, port);
    let case: Case = (
        Client::Ours,
        &[],
        3,
        "NOT accepted: the server refuses the certificate of `CN=billing`, which is good here",
        "it checks CRLs and has none of one of the CAs",
    );
    assert_eq!(differs(&cast, &NGINX_WITHOUT_ROOTS_CRL, port, &case), None, "{}", server.log());
    // With the same CRLs here, the cause is known.
    let same: Case = (Client::Ours, &["--crl", "ca/issuers/g1/crl.pem"], 3, "CRL", "CN=Fleet Root");
    assert_eq!(differs(&cast, &NGINX_WITHOUT_ROOTS_CRL, port, &same), None, "{}", server.log());
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn apache_answers_as_openssl_does() {
    try_each("apache", &APACHE, &[OPENSSL, &[NAMING]].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn apache_that_follows_one_ca_refuses_good_clients() {
    let Some(shop) = Workshop::open("apache", APACHE_SHALLOW.programs) else { return };
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = (APACHE_SHALLOW.start)(&cast, port);
    let case: Case = (
        Client::Ours,
        &[],
        3,
        "NOT accepted: the server refuses the certificate of `CN=billing`, which is good here",
        "the chain is longer than it follows",
    );
    assert_eq!(differs(&cast, &APACHE_SHALLOW, port, &case), None, "{}", server.log());
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn haproxy_answers_as_openssl_does() {
    try_each("haproxy", &HAPROXY, &[OPENSSL, &[NAMING]].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn stunnel_answers_as_openssl_does() {
    try_each("stunnel", &STUNNEL, &[OPENSSL, &[NAMING]].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn python_answers_as_openssl_does() {
    try_each("python", &PYTHON, OPENSSL);
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn mosquitto_answers_as_openssl_does() {
    try_each("mosquitto", &MOSQUITTO, OPENSSL);
}

/// Node finishes the handshake and closes: what is wrong is known from the files alone.
#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn node_closes_without_a_word() {
    let cases: &[Case] = &[
        (Client::Nobody, &[], 3, NOBODY, "refused: alert certificate_required"),
        (Client::OtherCa, &[], 3, OTHER, "closed without a word"),
        (Client::Impostor, &[], 3, IMPOSTOR, "closed without a word"),
        (Client::Expired, &[], 3, EXPIRED, "closed without a word"),
        (Client::NotYetValid, &[], 3, EARLY, "closed without a word"),
        (Client::Revoked, WITH_CRLS, 3, REVOKED, "closed without a word"),
        (Client::Revoked, &[], 3, "which is good here", "the certificate is on its CRL"),
        (Client::ServerOnly, &[], 3, SERVER_ONLY, "closed without a word"),
        (Client::LeafOnly, &[], 3, LEAF_ONLY, "closed without a word"),
    ];
    try_each("nodejs", &NODE, cases);
}

/// Which alerts Go sends depends on its version; what is wrong does not.
#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn go_has_alerts_of_its_own() {
    let cases: &[Case] = &[
        (Client::Nobody, &[], 3, NOBODY, "refused: alert"),
        (Client::OtherCa, &[], 3, OTHER, "refused: alert"),
        (Client::Impostor, &[], 3, IMPOSTOR, "refused: alert"),
        (Client::Expired, &[], 3, EXPIRED, "refused: alert"),
        (Client::NotYetValid, &[], 3, EARLY, "refused: alert"),
        (Client::ServerOnly, &[], 3, SERVER_ONLY, "refused: alert bad_certificate"),
        (Client::LeafOnly, &[], 3, LEAF_ONLY, "refused: alert"),
        // Go knows no CRLs.
        (Client::Revoked, WITH_CRLS, 0, ACCEPTED, "this server takes it all the same"),
    ];
    try_each("go", &GO, cases);
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn redis_is_spoken_to_and_answers() {
    let cases: &[Case] = &[
        (Client::Nobody, &[], 3, NOBODY, "refused"),
        (Client::OtherCa, &[], 3, OTHER, "refused: alert"),
        (Client::Expired, &[], 3, EXPIRED, "refused: alert"),
        (Client::ServerOnly, &[], 3, SERVER_ONLY, "refused: alert"),
        (Client::Another, &[], 0, ACCEPTED, "accepted (it answers)"),
    ];
    try_each("redis", &REDIS, cases);
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn slapd_begins_in_clear() {
    let cases: &[Case] = &[
        (Client::Nobody, &[], 3, NOBODY, "closed without a word"),
        (Client::OtherCa, &[], 3, OTHER, "closed without a word"),
        (Client::Impostor, &[], 3, IMPOSTOR, "closed without a word"),
        (Client::Expired, &[], 3, EXPIRED, "closed without a word"),
        // GnuTLS' slapd does not ask for the purpose.
        (Client::ServerOnly, &[], 0, ACCEPTED, "this server takes it all the same"),
    ];
    try_each("slapd", &SLAPD, cases);
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn slapd_without_starttls_is_known_by_its_words() {
    let Some(shop) = Workshop::open("slapd", SLAPD.programs) else { return };
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let _server = (SLAPD.start)(&cast, port);
    let run = handshake(&cast, port, Client::Ours, &[]).code(3);
    let first = run.stdout.lines().next().unwrap_or_default().to_owned();
    assert!(first.contains("begins in clear, as LDAP does, and turns to TLS when asked"), "{run}");
    run.says(&format!("mtls-ca handshake localhost:{port} --starttls ldap"));
}

/// PostgreSQL finishes the handshake with whoever shows nothing, and says so in its own words.
#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn postgresql_begins_in_clear() {
    let none = "FATAL: connection requires a valid client certificate";
    let cases: &[Case] = &[
        (Client::Nobody, &[], 3, NOBODY, none),
        (Client::OtherCa, &[], 3, OTHER, "refused: alert unknown_ca"),
        (Client::Impostor, &[], 3, IMPOSTOR, "refused: alert unknown_ca"),
        (Client::Expired, &[], 3, EXPIRED, "refused: alert certificate_expired"),
        (Client::NotYetValid, &[], 3, EARLY, "refused: alert bad_certificate"),
        (Client::Revoked, WITH_CRLS, 3, REVOKED, "refused: alert certificate_revoked"),
        (Client::ServerOnly, &[], 3, SERVER_ONLY, "refused: alert unsupported_certificate"),
        (Client::LeafOnly, &[], 3, LEAF_ONLY, "refused: alert unknown_ca"),
        // There is no role of that name, which is the account's matter.
        (Client::Another, &[], 0, ACCEPTED, "TLS accepted; then `FATAL: role \"reports\" does not exist`"),
    ];
    try_each("postgresql", &POSTGRES, cases);
}

/// MariaDB lets whoever shows nothing through TLS, and asks for an account.
#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn mariadb_begins_in_clear() {
    let open = "accepted without a client certificate, by TLS 1.3 and TLS 1.2";
    let cases: &[Case] = &[
        (Client::Nobody, &[], 0, open, "lets clients in without one"),
        (Client::OtherCa, &[], 3, OTHER, "refused: alert unknown_ca"),
        (Client::Expired, &[], 3, EXPIRED, "refused: alert certificate_expired"),
        (Client::Revoked, WITH_CRLS, 3, REVOKED, "refused: alert certificate_revoked"),
        (Client::ServerOnly, &[], 3, SERVER_ONLY, "refused: alert unsupported_certificate"),
        (Client::LeafOnly, &[], 3, LEAF_ONLY, "refused: alert unknown_ca"),
    ];
    try_each("mariadb", &MARIADB, cases);
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn postgresql_without_starttls_is_known_by_its_words() {
    let Some(shop) = Workshop::open("postgresql", POSTGRES.programs) else { return };
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let _server = (POSTGRES.start)(&cast, port);
    let run = handshake(&cast, port, Client::Ours, &[]).code(3);
    let first = run.stdout.lines().next().unwrap_or_default().to_owned();
    assert!(first.contains("begins in clear, as PostgreSQL does, and turns to TLS when asked"), "{run}");
    run.says(&format!("mtls-ca handshake localhost:{port} --starttls postgres"));
}
