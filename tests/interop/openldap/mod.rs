//! OpenLDAP with its recipe knows our client by its subject and shows it the directory, and refuses
//! everybody else, each for its own reason. It is GnuTLS' slapd: two kinds of strangers are let in.

use crate::harness::cast::{Cast, Client, DEEP, FLAT, Shape};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, fixture, free_port};

const PROGRAMS: [&str; 6] = ["openssl", "python3", "slapd", "slapadd", "ldapwhoami", "ldapsearch"];

/// A directory of one entry, with the recipe's configuration in `out`.
fn start(cast: &Cast, port: u16) -> Server {
    let shop = cast.shop;
    cast.recipe("openldap", &["--port", &port.to_string()], "out");
    std::fs::create_dir_all(shop.path("state/data")).unwrap();
    let [recipe, state] = ["out/slapd.conf", "state"].map(|name| shop.path(name).display().to_string());
    let around = format!(
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {state}/pid\n\
         include {recipe}\ndatabase mdb\nsuffix dc=example\ndirectory {state}/data\n"
    );
    shop.write("around.conf", around);
    let entry = "dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n";
    shop.write("entry.ldif", entry);
    shop.tool("slapadd", &["-f", "around.conf", "-l", "entry.ldif"]).ok();
    let address = format!("ldaps://127.0.0.1:{port}/");
    shop.serve("slapd", &["-f", "around.conf", "-h", &address, "-d", "trace,acl"], port)
}

/// Who a client with these files is, and what it finds. libldap shows no certificate of a CA that the
/// server does not name, and words a refusal now so, now so; a client of ours binds as well.
fn visit(cast: &Cast, port: u16, client: Client) -> String {
    let mut variables = vec![format!("LDAPTLS_CACERT={}", cast.trust().display()), "LDAPTLS_REQCERT=demand".to_owned()];
    if let Some(files) = cast.client(client) {
        variables.push(format!("LDAPTLS_CERT={}", files.crt().display()));
        variables.push(format!("LDAPTLS_KEY={}", files.key().display()));
    }
    let address = format!("ldaps://127.0.0.1:{port}/");
    let ask = |words: &[&str]| {
        let bind = ["-Q", "-Y", "EXTERNAL", "-H", &address];
        let line: Vec<&str> = variables.iter().map(String::as_str).chain(words.iter().copied()).chain(bind).collect();
        let run = cast.shop.tool("env", &line);
        format!("{}{}", run.stdout, run.stderr)
    };
    let (who, found) = (ask(&["ldapwhoami"]), ask(&["ldapsearch", "-LLL", "-b", "dc=example", "-s", "base", "dc"]));
    let found = if found == "dn: dc=example\ndc: example\n\n" { "finds dc=example".to_owned() } else { found };
    format!("{}, {found}, {}", who.trim(), bind(cast, port, client))
}

/// What a client gets that shows any certificate: `bound`, or `closed`.
fn bind(cast: &Cast, port: u16, client: Client) -> String {
    let (program, port, trust) = (fixture("openldap/bind.py"), port.to_string(), cast.trust());
    let files = cast.client(client);
    let files = files.map(|files| [files.crt(), files.key()].map(|path| path.to_str().unwrap().to_owned()));
    let mut words = vec![program.to_str().unwrap(), &port, trust.to_str().unwrap()];
    words.extend(files.iter().flatten().map(String::as_str));
    cast.shop.tool("python3", &words).ok().stdout.trim().to_owned()
}

const ACCEPTED: &str = "dn:cn=billing, finds dc=example, bound";

/// slapd closes the connection; its log has the bits of GnuTLS (gnutls/x509.h): 0x2 not valid, and
/// 0x20 revoked, 0x40 no issuer found, 0x200 not yet valid, 0x400 expired.
const REFUSED: [(Client, &str, &str); 7] = [
    (Client::Nobody, "closed", "Certificate is required"),
    (Client::OtherCa, "closed", "peer cert untrusted or revoked (0x42)"),
    (Client::Impostor, "closed", "peer cert untrusted or revoked (0x42)"),
    (Client::Expired, "closed", "peer cert untrusted or revoked (0x402)"),
    (Client::NotYetValid, "closed", "peer cert untrusted or revoked (0x202)"),
    (Client::Revoked, "closed", "peer cert untrusted or revoked (0x22)"),
    (Client::Another, "dn:cn=reports, No such object (32)", "search access denied by none(=0)"),
];

fn refuses(shape: Shape, part: &str, table: &[(Client, &str, &str)]) {
    let Some(shop) = Workshop::open("openldap", &PROGRAMS) else { return };
    let version = shop.tool("slapd", &["-VV"]).stderr;
    let version = version.split("slapd ").nth(1).unwrap().split('+').next().unwrap();
    let mut row = Row::open("openldap", part, version);
    let (cast, port) = (Cast::make(&shop, shape), free_port());
    let server = start(&cast, port);
    let (visit, log) = (|client| visit(&cast, port, client), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, table);
    assert_eq!(visit(Client::ServerOnly), ACCEPTED);
    row.accepted("a server-only certificate: slapd does not ask for the purpose");
    if shape == DEEP {
        assert_eq!(visit(Client::LeafOnly), ACCEPTED);
        row.accepted("a client without its intermediate, which slapd trusts itself");
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop openldap"]
fn refuses_strangers_each_for_its_reason() {
    refuses(DEEP, "deep", &REFUSED);
}

#[test]
#[ignore = "run by ./tests/run.sh interop openldap"]
fn takes_rsa_below_a_root() {
    refuses(FLAT, "flat", &[REFUSED[1], REFUSED[6]]);
}
