//! RabbitMQ with its recipe logs our client in as the user of its name, and refuses everybody else,
//! each for its own reason. By its recipe it knows no CRLs: a revoked client is let in until its user
//! is deleted.

use crate::harness::account::{self, Account};
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Shape};
use crate::harness::matrix::Row;
use crate::harness::probe::{serial, shown};
use crate::harness::refusals::Refusals;
use crate::harness::{Run, Server, Workshop, fixture, free_port};

const BIN: &str = "/usr/lib/rabbitmq/bin";
const PROGRAMS: [&str; 6] =
    ["openssl", "setpriv", "epmd", "/usr/lib/rabbitmq/bin/rabbitmq-server", "venv:python", "pip:pika"];

/// A running broker with the recipe's configuration in `out`, and a directory of Erlang's nodes for
/// itself alone.
struct RabbitMq<'a> {
    cast: &'a Cast<'a>,
    account: Account<'a>,
    port: u16,
    variables: Vec<(String, String)>,
    server: Option<Server>,
    _nodes: Server,
}

impl<'a> RabbitMq<'a> {
    fn start(cast: &'a Cast<'a>) -> Self {
        let (shop, port, nodes, distribution) = (cast.shop, free_port(), free_port(), free_port());
        cast.recipe("rabbitmq", &["--port", &port.to_string()], "out");
        let account = Account::open(shop, "rabbitmq");
        account.give("out");
        account.folder("state");
        let path = |name: &str| shop.path(name).to_str().unwrap().to_owned();
        let variables = [
            ("HOME", path("state")),
            ("ERL_EPMD_PORT", nodes.to_string()),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
            ("RABBITMQ_NODENAME", "test@localhost".to_owned()),
            ("RABBITMQ_DIST_PORT", distribution.to_string()),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}".to_owned()),
            ("RABBITMQ_BASE", path("state")),
            ("RABBITMQ_MNESIA_BASE", path("state/mnesia")),
            ("RABBITMQ_LOG_BASE", path("state/log")),
            ("RABBITMQ_LOGS", "-".to_owned()),
            ("RABBITMQ_PID_FILE", path("state/pid")),
            ("RABBITMQ_CONF_ENV_FILE", path("state/none")),
            ("RABBITMQ_CONFIG_FILE", path("out/rabbitmq.conf")),
            ("RABBITMQ_CONFIG_FILES", path("state/conf.d")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", path("out/enabled_plugins")),
        ];
        let variables: Vec<(String, String)> = variables.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let node_words = ["-port", &nodes.to_string(), "-address", "127.0.0.1"];
        let nodes = account.serve(&[], "epmd", &node_words, nodes);
        let mut this = Self { cast, account, port, variables, server: None, _nodes: nodes };
        this.server = Some(this.account.serve(&this.variables(), &format!("{BIN}/rabbitmq-server"), &[], port));
        this
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn control(&self, words: &[&str]) -> Run {
        self.account.tool(&self.variables(), &format!("{BIN}/rabbitmqctl"), words)
    }

    /// What a client gets with these files: it sends itself a message in the name of `billing`, which
    /// the broker passes on from that user only.
    fn visit(&self, client: Client) -> String {
        let files = self.cast.client(client);
        let files = files.map(|files| [files.crt(), files.key()].map(|path| path.to_str().unwrap().to_owned()));
        let (program, port, trust) = (fixture("rabbitmq/client.py"), self.port.to_string(), self.cast.trust());
        let mut words = vec![program.to_str().unwrap(), &port, trust.to_str().unwrap()];
        words.extend(files.iter().flatten().map(String::as_str));
        let run = self.cast.shop.tool("venv:python", &words);
        format!("{}{}", run.stdout, run.stderr)
    }

    fn log(&self) -> String {
        self.server.as_ref().map(Server::log).unwrap_or_default()
    }
}

impl Drop for RabbitMq<'_> {
    /// The script that was started has started the broker.
    fn drop(&mut self) {
        account::end(self.cast.shop, "state/pid", "KILL");
    }
}

/// The alert by TLS 1.2, and what Erlang writes.
const REFUSED: [(Client, &str, &str); 8] = [
    (Client::Nobody, "alert handshake failure", "TLS server"),
    (Client::OtherCa, "alert unknown ca", "TLS server"),
    (Client::Impostor, "alert unknown ca", "TLS server"),
    (Client::Expired, "alert certificate expired", "TLS server"),
    (Client::NotYetValid, "alert certificate expired", "TLS server"),
    (Client::ServerOnly, "alert handshake failure", "TLS server"),
    (Client::LeafOnly, "alert unknown ca", "TLS server"),
    (
        Client::Another,
        "(403) 'ACCESS_REFUSED - Login was refused using authentication mechanism EXTERNAL",
        "EXTERNAL login refused: user 'reports'",
    ),
];

fn refuses(shape: Shape, part: &str, table: &[(Client, &str, &str)]) {
    let Some(shop) = Workshop::open("rabbitmq", &PROGRAMS) else { return };
    let version = shop.tool("dpkg-query", &["-W", "-f", "${Version}", "rabbitmq-server"]).stdout;
    let mut row = Row::open("rabbitmq", part, version.split('-').next().unwrap());
    let cast = Cast::make(&shop, shape);
    let broker = RabbitMq::start(&cast);
    let (visit, log) = (|client| broker.visit(client), || broker.log());
    Refusals { friend: Client::Ours, accepted: "a message of billing", visit: &visit, log: &log }.walk(&mut row, table);
    if shape == DEEP {
        // New files, while it serves.
        let before = shown(&shop, broker.port, &[]);
        shop.mtls_ca(&["--quiet", "renew", "out/tls"]).ok();
        broker.control(&["eval", "ssl:clear_pem_cache()."]).ok();
        let after = shown(&shop, broker.port, &[]);
        assert!(before != after && after == serial(&shop, &shop.path("out/tls/current/tls.crt")), "{before} {after}");
        // Revocation is nothing to it; the user's end is.
        assert!(visit(Client::Revoked).contains("a message of billing"));
        row.accepted("a revoked client, until its user is deleted");
        broker.control(&["delete_user", "billing"]).ok();
        let refused = visit(Client::Revoked);
        assert!(refused.contains("ACCESS_REFUSED"), "{refused}");
        row.revocation("knows no CRLs; refused once its user is deleted");
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop rabbitmq"]
fn refuses_strangers_each_for_its_reason() {
    refuses(DEEP, "deep", &REFUSED);
}

#[test]
#[ignore = "run by ./tests/run.sh interop rabbitmq"]
fn takes_rsa_below_a_root() {
    refuses(FLAT, "flat", &[REFUSED[1], REFUSED[7]]);
}
