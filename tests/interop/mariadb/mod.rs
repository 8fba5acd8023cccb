//! MariaDB with its recipe lets our client into the account of its name, and refuses everybody else,
//! each for its own reason. Its client with its recipe refuses bad servers.

use std::fs;

use crate::harness::account::Account;
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Peer, Shape};
use crate::harness::matrix::Row;
use crate::harness::probe::{serial, shown};
use crate::harness::refusals::Refusals;
use crate::harness::{Run, Server, Workshop, eventually, free_port};

const PROGRAMS: [&str; 6] = ["openssl", "setpriv", "mariadbd", "mariadb-install-db", "mariadb-admin", "mariadb"];

/// The account that the server found, and the version of TLS.
const WHO: &str = "select concat(current_user(), ' ', variable_value) from information_schema.session_status \
                   where variable_name = 'Ssl_version'";

/// A running server with the recipe's configuration in `out`.
struct MariaDb<'a> {
    cast: &'a Cast<'a>,
    account: Account<'a>,
    port: u16,
    server: Server,
}

impl<'a> MariaDb<'a> {
    fn start(cast: &'a Cast<'a>) -> Self {
        let (shop, port) = (cast.shop, free_port());
        cast.recipe("mariadb", &["--port", &port.to_string()], "out");
        let account = Account::open(shop, "mysql");
        account.give("out");
        account.folder("state");
        let [recipe, state, data, socket, pid] = ["out/mtls.cnf", "state", "state/data", "state/socket", "state/pid"]
            .map(|name| shop.path(name).to_str().unwrap().to_owned());
        // Whoever starts first removes the other's temporary tables, where both keep them in one folder.
        let small = "--innodb-log-file-size=4M";
        let (folder, temporary) = (format!("--datadir={data}"), format!("--tmpdir={state}"));
        let words =
            ["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &folder, &temporary, small];
        account.tool(&[], "mariadb-install-db", &words).ok();
        let around = shop.write(
            "around.cnf",
            format!(
                "!include {recipe}\n[mariadbd]\ndatadir = {data}\ntmpdir = {state}\nsocket = {socket}\npid-file = {pid}\n\
                 bind-address = 127.0.0.1\nskip-name-resolve\ninnodb_flush_log_at_trx_commit = 0\n\
                 innodb_log_file_size = 4M\ninnodb_buffer_pool_size = 8M\n"
            ),
        );
        let words = [format!("--defaults-file={}", around.display())];
        let server = account.serve(&[], "mariadbd", &words.each_ref().map(String::as_str), port);
        let this = Self { cast, account, port, server };
        eventually("MariaDB answers its owner", || this.owner("mariadb", &["-e", "select 1"]).code == Some(0));
        this.owner("mariadb", &["-e", &format!("source {}", shop.path("out/accounts.sql").display())]).ok();
        this
    }

    /// A client as root, over the socket in the workshop.
    fn owner(&self, program: &str, words: &[&str]) -> Run {
        let socket = format!("--socket={}", self.cast.shop.path("state/socket").display());
        self.cast.shop.tool(program, &[&["--no-defaults", socket.as_str(), "-u", "root"], words].concat())
    }

    /// What a client gets as `billing` with these files, by this version of TLS. By 1.3 a refusal is
    /// `Lost connection`.
    fn visit(&self, client: Client, version: &str) -> String {
        let (port, version) = (self.port.to_string(), format!("--tls-version={version}"));
        let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        let mut files = vec![format!("--ssl-ca={}", path(&self.cast.trust()))];
        if let Some(identity) = self.cast.client(client) {
            files.push(format!("--ssl-cert={}", path(&identity.crt())));
            files.push(format!("--ssl-key={}", path(&identity.key())));
        }
        let words =
            ["--no-defaults", "--protocol=tcp", "-h", "localhost", "-P", &port, "-u", "billing", "-N", "-e", WHO];
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let run =
            self.cast.shop.tool("mariadb", &[&words[..], &["--ssl-verify-server-cert", &version], &files].concat());
        format!("{}{}", run.stdout, run.stderr)
    }

    fn flush(&self) {
        self.owner("mariadb-admin", &["flush-ssl"]).ok();
    }
}

fn version(shop: &Workshop) -> String {
    let said = shop.tool("mariadbd", &["--no-defaults", "--version"]).ok().stdout;
    said.split("Ver ").nth(1).unwrap().split('-').next().unwrap().to_owned()
}

/// What the client says, and what the server writes.
const REFUSED: [(Client, &str, &str); 9] = [
    (Client::Nobody, "ERROR 1045 (28000): Access denied for user 'billing'", "Access denied for user 'billing'"),
    (Client::OtherCa, "tlsv1 alert unknown ca", "unauthenticated"),
    (Client::Impostor, "tlsv1 alert unknown ca", "unauthenticated"),
    (Client::Expired, "sslv3 alert certificate expired", "unauthenticated"),
    (Client::NotYetValid, "sslv3 alert bad certificate", "unauthenticated"),
    (Client::Revoked, "sslv3 alert certificate revoked", "unauthenticated"),
    (Client::ServerOnly, "sslv3 alert unsupported certificate", "unauthenticated"),
    (Client::LeafOnly, "tlsv1 alert unknown ca", "unauthenticated"),
    (
        Client::Another,
        "ERROR 1045 (28000): Access denied for user 'billing'",
        "X509 subject mismatch: should be '/CN=billing' but is '/CN=reports'",
    ),
];

fn refuses(shape: Shape, part: &str, table: &[(Client, &str, &str)]) {
    let Some(shop) = Workshop::open("mariadb", &PROGRAMS) else { return };
    let mut row = Row::open("mariadb", part, &version(&shop));
    let cast = Cast::make(&shop, shape);
    let mariadb = MariaDb::start(&cast);
    let (visit, log) = (|client| mariadb.visit(client, "TLSv1.2"), || mariadb.server.log());
    Refusals { friend: Client::Ours, accepted: "billing@% TLSv1.2", visit: &visit, log: &log }.walk(&mut row, table);
    assert_eq!(mariadb.visit(Client::Ours, "TLSv1.3"), "billing@% TLSv1.3\n");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop mariadb"]
fn refuses_strangers_each_for_its_reason() {
    refuses(DEEP, "deep", &REFUSED);
}

#[test]
#[ignore = "run by ./tests/run.sh interop mariadb"]
fn takes_rsa_below_a_root() {
    refuses(FLAT, "flat", &[REFUSED[1], REFUSED[8]]);
}

#[test]
#[ignore = "run by ./tests/run.sh interop mariadb"]
fn takes_up_new_files_and_refuses_bad_servers() {
    let Some(shop) = Workshop::open("mariadb", &PROGRAMS) else { return };
    let mut row = Row::open("mariadb", "reload", &version(&shop));
    let mut client_row = Row::open("mariadb-client", "deep", &version(&shop));
    let cast = Cast::make(&shop, DEEP);
    let mariadb = MariaDb::start(&cast);

    // Its client meets this server with many a face.
    cast.recipe("mariadb-client", &["--upstream", &format!("localhost:{}", mariadb.port)], "client");
    let options = format!("--defaults-file={}", shop.path("client/client.cnf").display());
    let visit = |peer: Peer| {
        let identity = cast.peer(peer);
        // Into the files that the configuration names, which belong to the server's own user.
        for (from, to) in [(identity.crt(), "tls.crt"), (identity.key(), "tls.key")] {
            fs::copy(from, shop.path(&format!("out/tls/current/{to}"))).unwrap();
        }
        mariadb.account.give("out");
        mariadb.flush();
        assert_eq!(shown(&shop, mariadb.port, &["-starttls", "mysql"]), serial(&shop, &identity.crt()));
        let run = shop.tool("mariadb", &[options.as_str(), "-N", "-e", WHO]);
        format!("{}{}", run.stdout, run.stderr)
    };
    let log = String::new;
    let table = [
        (Peer::WrongSan, "TLS/SSL error: Validation of SSL server certificate failed", ""),
        (Peer::OtherCa, "TLS/SSL error: unable to get ", ""),
        (Peer::Impostor, "TLS/SSL error: unable to get ", ""),
        (Peer::Expired, "TLS/SSL error: certificate has expired", ""),
        (Peer::NotYetValid, "TLS/SSL error: certificate is not yet valid", ""),
        (Peer::Revoked, "TLS/SSL error: certificate revoked", ""),
        (Peer::ClientOnly, "TLS/SSL error: unsuitable certificate purpose", ""),
        (Peer::LeafOnly, "TLS/SSL error: unable to get local issuer certificate", ""),
    ];
    Refusals { friend: Peer::Good, accepted: "billing@% TLSv1.3", visit: &visit, log: &log }
        .walk(&mut client_row, &table);
    assert!(visit(Peer::CnOnly).contains("billing@% TLSv1.3"));
    client_row.accepted(&format!("a server certificate with {}", Peer::CnOnly.said()));
    client_row.passed();

    // A client is revoked; others are let in before and after.
    assert!(visit(Peer::Good).contains("billing@%"));
    let ours = cast.client(Client::Ours).unwrap().crt();
    shop.mtls_ca(&["revoke", ours.to_str().unwrap()]).ok();
    shop.mtls_ca(&["crl", "set", "--out", "out/crl/crl.pem"]).ok();
    mariadb.flush();
    let refused = mariadb.visit(Client::Ours, "TLSv1.2");
    assert!(refused.contains("sslv3 alert certificate revoked"), "{refused}");
    let run = shop.tool("mariadb", &[options.as_str(), "-N", "-e", WHO]).ok();
    assert_eq!(run.stdout, "billing@% TLSv1.3\n", "with another certificate of the same subject");
    row.revocation("refused at the next connection after FLUSH SSL; a certificate of the same subject goes on");
    row.passed();
}
