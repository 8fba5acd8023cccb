//! PostgreSQL with its recipe lets our client in as the role of its name, and refuses everybody else,
//! each for its own reason; a client that is revoked is refused while all others go on. psql with its
//! recipe refuses bad servers.

use std::fs;
use std::path::PathBuf;

use crate::harness::account::{self, Account};
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Identity, Peer, Shape};
use crate::harness::matrix::Row;
use crate::harness::meanwhile::Meanwhile;
use crate::harness::probe::{alert, serial, shown};
use crate::harness::refusals::Refusals;
use crate::harness::{Run, Server, Workshop, eventually, free_port};

mod session;

use session::Session;

const BIN: &str = "/usr/lib/postgresql/15/bin";
const PSQL: &str = "/usr/lib/postgresql/15/bin/psql";
const PROGRAMS: [&str; 4] = ["openssl", "setpriv", "/usr/lib/postgresql/15/bin/postgres", PSQL];

/// Who the server says the client is: the role, the certificate's subject, the version of TLS.
const WHO: &str = "select usename || ' is ' || client_dn || ' by ' || version \
                   from pg_stat_ssl join pg_stat_activity using (pid) where pid = pg_backend_pid()";

/// A running server with the recipe's configuration in `out`.
pub struct Postgres<'a> {
    cast: &'a Cast<'a>,
    account: Account<'a>,
    port: u16,
    server: Server,
}

impl<'a> Postgres<'a> {
    fn start(cast: &'a Cast<'a>, more: &[&str]) -> Self {
        let (shop, port) = (cast.shop, free_port());
        let listen = port.to_string();
        cast.recipe("postgresql", &[&["--port", &listen], more].concat(), "out");
        let account = Account::open(shop, "postgres");
        account.give("out");
        account.folder("state");
        let data = shop.path("state/data");
        let data = data.to_str().unwrap();
        let words = ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8"];
        account.tool(&[], &format!("{BIN}/initdb"), &words).ok();
        let around = format!(
            "include '{}'\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nfsync = off\n\
             log_connections = on\n",
            shop.path("out/postgresql.conf").display(),
            shop.path("state").display()
        );
        shop.write("state/data/postgresql.conf", around);
        account.give("state/data/postgresql.conf");
        // The recipe's own line for the superuser is `peer`: here that user is whoever runs the tests.
        let hba = String::from_utf8(shop.read("out/pg_hba.conf")).unwrap();
        assert!(hba.contains("local    all       postgres           peer\n"), "{hba}");
        shop.write("out/pg_hba.conf", hba.replace("peer\n", "trust\n"));
        let server = account.serve(&[], &format!("{BIN}/postgres"), &["-D", data], port);
        let this = Self { cast, account, port, server };
        eventually("PostgreSQL answers its owner", || this.owner(&["-c", "select 1"]).code == Some(0));
        this.owner(&["-f", "out/roles.sql"]).ok();
        this
    }

    /// psql as the superuser, over the socket in the workshop.
    fn owner(&self, words: &[&str]) -> Run {
        let (folder, port) = (self.cast.shop.path("state"), self.port.to_string());
        let how = ["-X", "-v", "ON_ERROR_STOP=1", "-At", "-h", folder.to_str().unwrap(), "-p", &port, "-U", "postgres"];
        self.cast.shop.tool(PSQL, &[&how, words].concat())
    }

    /// What psql gets as the role `billing` with this client's files.
    fn visit(&self, client: Client) -> String {
        let files = self.cast.client(client);
        let run = self.cast.shop.tool(PSQL, &["-X", "-At", "-c", WHO, &self.connection(files.as_ref(), "billing")]);
        format!("{}{}", run.stdout, run.stderr)
    }

    fn connection(&self, files: Option<&Identity>, role: &str) -> String {
        let show = |path: PathBuf| path.to_str().unwrap().to_owned();
        let (crt, key) = files.map_or((String::new(), String::new()), |files| (show(files.crt()), show(files.key())));
        let trust = show(self.cast.trust());
        format!(
            "host=localhost port={} user={role} dbname=postgres sslmode=verify-full sslrootcert={trust} sslcert='{crt}' \
             sslkey='{key}'",
            self.port
        )
    }

    fn log(&self) -> String {
        self.server.log()
    }
}

impl Drop for Postgres<'_> {
    /// An immediate shutdown leaves no memory of the machine behind.
    fn drop(&mut self) {
        account::end(self.cast.shop, "state/data/postmaster.pid", "QUIT");
    }
}

fn version(shop: &Workshop) -> String {
    let said = shop.tool(&format!("{BIN}/postgres"), &["--version"]).ok().stdout;
    said.split(' ').nth(2).unwrap().trim().to_owned()
}

const ACCEPTED: &str = "billing is /CN=billing by TLSv1.3";

/// What psql says, and what the server writes.
const REFUSED: [(Client, &str, &str); 9] = [
    (Client::Nobody, "FATAL:  connection requires a valid client certificate", "connection requires a valid client"),
    (Client::OtherCa, "tlsv1 alert unknown ca", "certificate verify failed"),
    (Client::Impostor, "tlsv1 alert unknown ca", "certificate verify failed"),
    (Client::Expired, "sslv3 alert certificate expired", "certificate verify failed"),
    (Client::NotYetValid, "sslv3 alert bad certificate", "certificate verify failed"),
    (Client::Revoked, "sslv3 alert certificate revoked", "certificate verify failed"),
    (Client::ServerOnly, "sslv3 alert unsupported certificate", "certificate verify failed"),
    (Client::LeafOnly, "tlsv1 alert unknown ca", "certificate verify failed"),
    (
        Client::Another,
        "FATAL:  certificate authentication failed for user \"billing\"",
        "no match in usermap \"mtls\" for user \"billing\" authenticated as \"CN=reports\"",
    ),
];

fn refuses(shape: Shape, part: &str, table: &[(Client, &str, &str)]) {
    let Some(shop) = Workshop::open("postgresql", &PROGRAMS) else { return };
    let mut row = Row::open("postgresql", part, &version(&shop));
    let cast = Cast::make(&shop, shape);
    let postgres = Postgres::start(&cast, &[]);
    let (visit, log) = (|client| postgres.visit(client), || postgres.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, table);
    // As another role it is refused, too.
    let ours = cast.client(Client::Ours).unwrap();
    let as_owner = shop.tool(PSQL, &["-X", "-c", "select 1", &postgres.connection(Some(&ours), "postgres")]).code(2);
    as_owner.says("certificate authentication failed for user \"postgres\"");
    assert_eq!(alert(&cast, Client::Ours, postgres.port, &["-starttls", "postgres"]), "accepted");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop postgresql"]
fn refuses_strangers_each_for_its_reason() {
    refuses(DEEP, "deep", &REFUSED);
}

#[test]
#[ignore = "run by ./tests/run.sh interop postgresql"]
fn takes_rsa_below_a_root() {
    refuses(FLAT, "flat", &[REFUSED[1], REFUSED[8]]);
}

#[test]
#[ignore = "run by ./tests/run.sh interop postgresql"]
fn ends_sessions_of_a_revoked_client() {
    let Some(shop) = Workshop::open("postgresql", &PROGRAMS) else { return };
    let mut row = Row::open("postgresql", "revocation", &version(&shop));
    let cast = Cast::make(&shop, DEEP);
    let [ours, another] = [Client::Ours, Client::Another].map(|client| cast.client(client).unwrap());
    let listed = another.crt();
    let postgres = Postgres::start(&cast, &["--allow", listed.to_str().unwrap()]);

    // Two open sessions.
    let mut open = Session::start(PSQL, &postgres.connection(Some(&ours), "billing"));
    let mut open_of_another = Session::start(PSQL, &postgres.connection(Some(&another), "reports"));
    assert_eq!(open.ask("select current_user"), "billing");
    assert_eq!(open_of_another.ask("select current_user"), "reports");
    // There is no TLS session to take up again: the server gives none out.
    let script = "openssl s_client -connect \"$1\" -starttls postgres -CAfile \"$2\" -cert \"$3\" -cert_chain \"$3\" \
                  -key \"$4\" -sess_out session.pem \"$5\" </dev/null; test ! -s session.pem";
    for version in ["-tls1_2", "-tls1_3"] {
        let address = format!("127.0.0.1:{}", postgres.port);
        let files = [cast.trust(), ours.crt(), ours.key()].map(|path| path.to_str().unwrap().to_owned());
        let run = shop.tool("sh", &["-c", script, "sh", &address, &files[0], &files[1], &files[2], version]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("Verify return code: 0 (ok)") && !said.contains("TLS session ticket:"), "{said}");
    }

    let line = postgres.connection(Some(&another), "reports");
    let others = Meanwhile::start(
        move || {
            let run = std::process::Command::new(PSQL).args(["-X", "-At", "-c", WHO, &line]).output().unwrap();
            String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned()
        },
        "reports is /CN=reports by ",
    );
    shop.mtls_ca(&["revoke", ours.crt().to_str().unwrap()]).ok();
    shop.mtls_ca(&["crl", "set", "--out", "out/crl/crl.pem"]).ok();
    postgres.owner(&["-c", "select pg_reload_conf()"]).ok();
    // The postmaster reads its files when the signal reaches it.
    eventually("our client is refused", || postgres.visit(Client::Ours).contains("sslv3 alert certificate revoked"));

    // What is open stays open, until the recipe's query ends it.
    assert_eq!(open.ask("select current_user"), "billing");
    let ended = postgres.owner(&["-v", "dn=/CN=billing", "-f", "out/end-sessions.sql"]).ok().stdout;
    assert!(ended.lines().count() == 1 && ended.contains("|billing|") && ended.trim().ends_with("|t"), "{ended}");
    let (last, said) = open.last("select current_user");
    assert_eq!(last, "", "{said}");
    assert!(said.contains("terminating connection due to administrator command"), "{said}");
    assert_eq!(open_of_another.ask("select current_user"), "reports");
    let count = others.end(10);
    row.revocation(&format!(
        "refused at the next connection after a reload, TLS sessions are never resumed, an open one is ended by \
         end-sessions.sql; 0 of {count} connections of another client failed, its open one went on"
    ));
    row.passed();
}

/// What psql says with its own recipe.
fn call(cast: &Cast, port: u16) -> String {
    let out = format!("psql-{port}");
    if !cast.shop.path(&out).exists() {
        cast.recipe("psql", &["--upstream", &format!("localhost:{port}")], &out);
    }
    let service = cast.shop.path(&format!("{out}/pg_service.conf"));
    let variable = format!("PGSERVICEFILE={}", service.display());
    let run = cast.shop.tool("env", &[&variable, PSQL, "-X", "-At", "-c", WHO, "service=billing"]);
    format!("{}{}", run.stdout, run.stderr)
}

#[test]
#[ignore = "run by ./tests/run.sh interop postgresql"]
fn psql_refuses_bad_servers() {
    let Some(shop) = Workshop::open("psql", &PROGRAMS) else { return };
    let mut row = Row::open("psql", "deep", &version(&shop));
    let cast = Cast::make(&shop, DEEP);
    let postgres = Postgres::start(&cast, &[]);
    // One server that changes its face: the next connection sees it.
    let visit = |peer: Peer| {
        let identity = cast.peer(peer);
        for (from, to) in [(identity.crt(), "out/face.crt"), (identity.key(), "out/face.key")] {
            fs::copy(from, shop.path(to)).unwrap();
        }
        postgres.account.give("out/face.crt");
        postgres.account.give("out/face.key");
        let [crt, key] = ["crt", "key"].map(|end| shop.path(&format!("out/face.{end}")));
        let [crt, key] = [("cert", crt), ("key", key)]
            .map(|(what, path)| format!("alter system set ssl_{what}_file = '{}'", path.display()));
        let served = postgres.log().matches("received SIGHUP, reloading configuration files").count();
        postgres.owner(&["-c", &crt, "-c", &key, "-c", "select pg_reload_conf()"]).ok();
        eventually("the server's new face", || {
            postgres.log().matches("received SIGHUP, reloading configuration files").count() > served
                && shown(&shop, postgres.port, &["-starttls", "postgres"]) == serial(&shop, &identity.crt())
        });
        call(&cast, postgres.port)
    };
    let log = String::new;
    let table = [
        (Peer::WrongSan, "server certificate for \"elsewhere.internal\" does not match host name \"localhost\"", ""),
        (Peer::OtherCa, "SSL error: certificate verify failed", ""),
        (Peer::Impostor, "SSL error: certificate verify failed", ""),
        (Peer::Expired, "SSL error: certificate verify failed", ""),
        (Peer::NotYetValid, "SSL error: certificate verify failed", ""),
        (Peer::Revoked, "SSL error: certificate verify failed", ""),
        (Peer::ClientOnly, "SSL error: certificate verify failed", ""),
        (Peer::LeafOnly, "SSL error: certificate verify failed", ""),
    ];
    Refusals { friend: Peer::Good, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    assert!(visit(Peer::CnOnly).contains(ACCEPTED));
    row.accepted(&format!("a server certificate with {}", Peer::CnOnly.said()));
    row.passed();
}
