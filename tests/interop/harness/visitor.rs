//! A client under test, as a program that its recipe made: it visits servers of each kind.

use super::cast::{Cast, Peer};
use super::host::Host;
use super::matrix::Row;
use super::refusals::Refusals;

/// A program that asks for one page, and says status and body, or what is wrong.
pub struct Visitor {
    /// The recipe.
    pub system: &'static str,
    /// Interpreter, and the file below the recipe's folder.
    pub program: &'static [&'static str],
    /// What it says of a good server: who it was to that server.
    pub accepted: &'static str,
}

impl Visitor {
    /// What the program says of this server.
    fn visit(&self, cast: &Cast, host: &Host) -> String {
        let shop = cast.shop;
        let [interpreter, file] = self.program else { panic!("an interpreter and a file: {:?}", self.program) };
        let name = format!("visits/{}", host.port);
        if !shop.path(&name).exists() {
            cast.recipe(self.system, &["--url", &host.url()], &name);
        }
        let path = format!("{name}/{file}");
        let run = shop.tool(interpreter, &[path.as_str()]);
        format!("{}{}", run.stdout, run.stderr)
    }

    /// It takes this server, though others would not: noted for the table.
    pub fn accepts(&self, cast: &Cast, row: &mut Row, peer: Peer) {
        let host = Host::start(&cast.peer(peer), &cast.trust());
        let said = self.visit(cast, &host);
        assert!(said.contains(self.accepted), "{}: {said}", peer.said());
        row.accepted(&format!("a server certificate with {}", peer.said()));
    }
}

/// Goes through a table of servers: who, and what the program says of it.
pub fn refuses(cast: &Cast, visitor: &Visitor, row: &mut Row, table: &[(Peer, &str, &str)]) {
    let peers = table.iter().map(|(peer, ..)| *peer).chain([Peer::Good]);
    let hosts: Vec<(Peer, Host)> = peers.map(|peer| (peer, Host::start(&cast.peer(peer), &cast.trust()))).collect();
    let host = |wanted: Peer| &hosts.iter().find(|(peer, _)| *peer == wanted).unwrap().1;
    let visit = |peer: Peer| visitor.visit(cast, host(peer));
    let log = || host(Peer::Good).log();
    Refusals { friend: Peer::Good, accepted: visitor.accepted, visit: &visit, log: &log }.walk(row, table);
    let log = log();
    assert_eq!(log.lines().count(), table.len() + 1, "{log}");
    assert!(log.lines().all(|line| line == "hello CN=billing"), "{log}");
}
