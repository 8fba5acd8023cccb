//! Servers of each kind, with the least configuration that demands client certificates of our CA.

use std::path::Path;

use crate::harness::account::Account;
use crate::harness::backend::Backend;
use crate::harness::cast::{Cast, Identity, Peer};
use crate::harness::{Server, eventually, fixture};

/// A kind of server, and how to start one on a port of loopback.
pub struct Kind {
    pub name: &'static str,
    pub programs: &'static [&'static str],
    pub start: fn(&Cast, u16) -> Server,
    /// What is typed besides.
    pub more: &'static [&'static str],
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The certificate, the key, the trusted root and the CRLs, as text.
fn files(cast: &Cast) -> [String; 4] {
    let good = cast.peer(Peer::Good);
    [text(&good.crt()), text(&good.key()), text(&cast.trust()), text(&cast.crls())]
}

/// `openssl s_server` that presents these files.
pub fn s_server(cast: &Cast, port: u16, shown: &Identity) -> Server {
    let shop = cast.shop;
    // It reads CRLs from the file of the trusted CAs too, and wants the chain without the leaf.
    let both = [std::fs::read(cast.trust()).unwrap(), std::fs::read(cast.crls()).unwrap()].concat();
    shop.write("trust-and-crls.pem", both);
    let blocks = pem::parse_many(std::fs::read(shown.crt()).unwrap()).unwrap();
    shop.write("behind.pem", blocks.iter().skip(1).map(pem::encode).collect::<String>());
    let (crt, key, accept) = (text(&shown.crt()), text(&shown.key()), format!("127.0.0.1:{port}"));
    let mut words = vec!["s_server", "-accept", &accept, "-cert", &crt, "-key", &key, "-CAfile", "trust-and-crls.pem"];
    words.extend(["-no-CApath", "-no-CAstore", "-crl_check_all", "-Verify", "3", "-verify_return_error", "-www"]);
    if blocks.len() > 1 {
        words.extend(["-cert_chain", "behind.pem"]);
    }
    shop.serve("openssl", &words, port)
}

pub const S_SERVER: Kind = Kind {
    name: "openssl s_server",
    programs: &["openssl"],
    start: |cast, port| s_server(cast, port, &cast.peer(Peer::Good)),
    more: &[],
};

fn nginx_with(cast: &Cast, port: u16, crls: &str) -> Server {
    let [crt, key, ca, _] = files(cast);
    let own = format!(
        "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {crt}; ssl_certificate_key {key}; \
         ssl_client_certificate {ca}; ssl_crl {crls}; ssl_verify_client on; ssl_verify_depth 2; \
         ssl_protocols TLSv1.2 TLSv1.3; if ($ssl_client_s_dn != \"CN=billing\") {{ return 403; }} \
         location / {{ return 200 hello; }} }}\n"
    );
    cast.shop.write("own.conf", own);
    cast.shop.serve("nginx", &crate::nginx::around(cast.shop, "own.conf"), port)
}

pub const NGINX: Kind = Kind {
    name: "nginx",
    programs: &["nginx", "openssl"],
    start: |cast, port| nginx_with(cast, port, &files(cast)[3]),
    more: &[],
};

/// It has the CRL of the issuing CA alone.
pub const NGINX_WITHOUT_ROOTS_CRL: Kind = Kind {
    name: "nginx without the root's CRL",
    programs: &["nginx", "openssl"],
    start: |cast, port| nginx_with(cast, port, &text(&cast.shop.path("ca/issuers/g1/crl.pem"))),
    more: &[],
};

/// It has no allow-list of anybody but somebody else.
fn apache_with(cast: &Cast, port: u16, depth: u8) -> Server {
    let root = text(&cast.shop.path("")).trim_end_matches('/').to_owned();
    let [crt, key, ca, crls] = files(cast);
    let modules = ["mpm_event", "authz_core", "ssl"];
    let modules = modules.map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"));
    let own = format!(
        "ServerRoot {root}\nServerName localhost\nPidFile {root}/apache.pid\nErrorLog {root}/error.log\n\
         Mutex file:{root}\nUser nobody\nGroup nogroup\n{}Listen 127.0.0.1:{port}\nSSLEngine on\n\
         SSLProtocol TLSv1.2 +TLSv1.3\nSSLCertificateFile {crt}\nSSLCertificateKeyFile {key}\n\
         SSLCACertificateFile {ca}\nSSLVerifyClient require\nSSLVerifyDepth {depth}\nSSLCARevocationFile {crls}\n\
         SSLCARevocationCheck chain\nDocumentRoot {root}\n",
        modules.concat()
    );
    let own = text(&cast.shop.write("own.conf", own));
    cast.shop.serve("apache2", &["-f", &own, "-DFOREGROUND"], port)
}

pub const APACHE: Kind = Kind {
    name: "apache",
    programs: &["apache2", "openssl"],
    start: |cast, port| apache_with(cast, port, 2),
    more: &["--for", "apache"],
};

/// With the depth that Apache has by itself.
pub const APACHE_SHALLOW: Kind = Kind {
    name: "apache that follows one CA",
    programs: &["apache2", "openssl"],
    start: |cast, port| apache_with(cast, port, 1),
    more: &["--for", "apache"],
};

pub const HAPROXY: Kind = Kind {
    name: "haproxy",
    programs: &["haproxy", "openssl"],
    start: |cast, port| {
        let [crt, key, ca, crls] = files(cast);
        let both = [std::fs::read(crt).unwrap(), std::fs::read(key).unwrap()].concat();
        let pem = text(&cast.shop.write("both.pem", both));
        let own = format!(
            "global\n tune.ssl.cachesize 0\ndefaults\n mode http\n timeout client 9s\n timeout connect 9s\n \
             timeout server 9s\nfrontend own\n bind 127.0.0.1:{port} ssl crt {pem} ca-file {ca} crl-file {crls} \
             verify required ssl-min-ver TLSv1.2\n http-request return status 200\n"
        );
        cast.shop.write("own.cfg", own);
        cast.shop.serve("haproxy", &["-f", "own.cfg"], port)
    },
    more: &["--for", "haproxy"],
};

pub const STUNNEL: Kind = Kind {
    name: "stunnel",
    programs: &["stunnel4", "openssl"],
    start: |cast, port| {
        let ([crt, key, ca, crls], backend) = (files(cast), Backend::start());
        let own = format!(
            "foreground = yes\npid =\n[own]\naccept = 127.0.0.1:{port}\nconnect = {}\ncert = {crt}\nkey = {key}\n\
             CAfile = {ca}\nCRLfile = {crls}\nverifyChain = yes\nrequireCert = yes\n",
            backend.address()
        );
        cast.shop.write("own.conf", own);
        cast.shop.serve("stunnel4", &["own.conf"], port)
    },
    more: &[],
};

/// A program of this folder, told the port and the files.
fn program(cast: &Cast, port: u16, interpreter: &str, name: &str) -> Server {
    let ([crt, key, ca, crls], script) = (files(cast), text(&fixture(&format!("handshake/{name}"))));
    let port_word = port.to_string();
    let words = [script.as_str(), &port_word, &crt, &key, &ca, &crls];
    if interpreter == "go" {
        cast.shop.tool("go", &["build", "-o", "server", &script]).ok();
        return cast.shop.serve("env", &[&["./server"], &words[1..]].concat(), port);
    }
    cast.shop.serve(interpreter, &words, port)
}

pub const NODE: Kind = Kind {
    name: "node",
    programs: &["node", "openssl"],
    start: |cast, port| program(cast, port, "node", "server.js"),
    more: &[],
};

pub const PYTHON: Kind = Kind {
    name: "python",
    programs: &["python3", "openssl"],
    start: |cast, port| program(cast, port, "python3", "server.py"),
    more: &[],
};

pub const GO: Kind = Kind {
    name: "go",
    programs: &["go", "openssl"],
    start: |cast, port| program(cast, port, "go", "server.go"),
    more: &[],
};

pub const REDIS: Kind = Kind {
    name: "redis",
    programs: &["redis-server", "openssl"],
    start: |cast, port| {
        let [crt, key, ca, _] = files(cast);
        let port_word = port.to_string();
        let words = ["--bind", "127.0.0.1", "--save", "", "--port", "0", "--tls-port", &port_word, "--tls-cert-file"];
        let more = [crt.as_str(), "--tls-key-file", &key, "--tls-ca-cert-file", &ca, "--tls-auth-clients", "yes"];
        cast.shop.serve("redis-server", &[&words[..], &more].concat(), port)
    },
    more: &[],
};

pub const MOSQUITTO: Kind = Kind {
    name: "mosquitto",
    programs: &["mosquitto", "openssl"],
    start: |cast, port| {
        let [crt, key, ca, crls] = files(cast);
        let own = format!(
            "user root\nlistener {port} 127.0.0.1\ncafile {ca}\ncertfile {crt}\nkeyfile {key}\ncrlfile {crls}\n\
             require_certificate true\nuse_identity_as_username true\n"
        );
        cast.shop.write("own.conf", own);
        cast.shop.serve("mosquitto", &["-c", "own.conf"], port)
    },
    more: &[],
};

pub const SLAPD: Kind = Kind {
    name: "slapd",
    programs: &["slapd", "openssl"],
    start: |cast, port| {
        let [crt, key, ..] = files(cast);
        let state = text(&cast.shop.path("state"));
        std::fs::create_dir(&state).unwrap();
        let both = [std::fs::read(cast.trust()).unwrap(), cast.shop.read("ca/chain.crt")].concat();
        let all = text(&cast.shop.write("all.crt", both));
        let own = format!(
            "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {state}/pid\n\
             TLSCACertificateFile {all}\nTLSCertificateFile {crt}\nTLSCertificateKeyFile {key}\nTLSVerifyClient demand\n\
             database mdb\nsuffix dc=example\ndirectory {state}\n"
        );
        cast.shop.write("own.conf", own);
        let address = format!("ldap://127.0.0.1:{port}/");
        cast.shop.serve("slapd", &["-f", "own.conf", "-h", &address, "-d", "0"], port)
    },
    more: &["--starttls", "ldap"],
};

/// The files of the server in a folder `state` that belongs to this user.
fn in_state<'a>(cast: &'a Cast, user: &'static str) -> Account<'a> {
    let account = Account::open(cast.shop, user);
    account.folder("state");
    for (from, name) in files(cast).iter().zip(["server.crt", "server.key", "ca.crt", "crls.pem"]) {
        std::fs::copy(from, cast.shop.path("state").join(name)).unwrap();
    }
    account.give("state");
    account
}

const POSTGRES_BIN: &str = "/usr/lib/postgresql/15/bin";

pub const POSTGRES: Kind = Kind {
    name: "postgresql",
    programs: &["setpriv", "/usr/lib/postgresql/15/bin/postgres", "openssl"],
    start: |cast, port| {
        let account = in_state(cast, "postgres");
        let (data, state) = (text(&cast.shop.path("state/data")), text(&cast.shop.path("state")));
        let words = ["-D", &data, "-U", "postgres", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8"];
        account.tool(&[], &format!("{POSTGRES_BIN}/initdb"), &words).ok();
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{state}'\nfsync = off\nssl = on\n\
             ssl_cert_file = '{state}/server.crt'\nssl_key_file = '{state}/server.key'\nssl_ca_file = '{state}/ca.crt'\n\
             ssl_crl_file = '{state}/crls.pem'\n"
        );
        cast.shop.write("state/data/postgresql.conf", settings);
        cast.shop.write("state/data/pg_hba.conf", "hostssl all all 127.0.0.1/32 cert clientcert=verify-full\n");
        account.give("state/data");
        let server = account.serve(&[], &format!("{POSTGRES_BIN}/postgres"), &["-D", &data], port);
        eventually("PostgreSQL is ready", || server.log().contains("ready to accept connections"));
        server
    },
    more: &["--starttls", "postgres"],
};

pub const MARIADB: Kind = Kind {
    name: "mariadb",
    programs: &["setpriv", "mariadbd", "mariadb-install-db", "openssl"],
    start: |cast, port| {
        let account = in_state(cast, "mysql");
        let state = text(&cast.shop.path("state"));
        let (data, temporary) = (format!("--datadir={state}/data"), format!("--tmpdir={state}"));
        let words = ["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &data, &temporary];
        account.tool(&[], "mariadb-install-db", &words).ok();
        let settings = format!(
            "[mariadbd]\ndatadir = {state}/data\ntmpdir = {state}\nsocket = {state}/socket\npid-file = {state}/pid\n\
             bind-address = 127.0.0.1\nport = {port}\nskip-name-resolve\nssl_cert = {state}/server.crt\n\
             ssl_key = {state}/server.key\nssl_ca = {state}/ca.crt\nssl_crl = {state}/crls.pem\n\
             tls_version = TLSv1.2,TLSv1.3\n"
        );
        let settings = format!("--defaults-file={}", text(&cast.shop.write("own.cnf", settings)));
        account.serve(&[], "mariadbd", &[&settings], port)
    },
    more: &["--starttls", "mysql"],
};
