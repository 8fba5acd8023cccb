//! A client under test, as a program that its recipe made: it visits a server that shows one
//! certificate after the other.

use super::case::Peer;
use super::cast::Cast;
use super::host::Host;
use super::matrix::Row;
use super::refusals::Refusals;

/// A program that asks for one page, and says status and body, or what is wrong.
pub struct Visitor {
    /// The recipe.
    pub system: &'static str,
    /// The interpreter, and the file below the recipe's folder.
    pub program: [&'static str; 2],
    /// What it says of a good server: who it was to that server.
    pub accepted: &'static str,
}

impl Visitor {
    /// Goes through a table of servers, and what the program says of each; then come those that it
    /// takes although others would not.
    pub fn walk(&self, cast: &Cast, row: &mut Row, table: &[(Peer, &str, &str)], taken: &[Peer]) {
        let host = Host::start(cast);
        cast.recipe(self.system, &["--url", &host.url()], "out");
        let visit = |peer: Peer| {
            host.show(peer);
            let [interpreter, file] = self.program;
            let run = cast.shop.tool(interpreter, &[format!("out/{file}")]);
            format!("{}{}", run.stdout, run.stderr)
        };
        let log = || host.log();
        Refusals { friend: Peer::Good, accepted: self.accepted, visit: &visit, log: &log }.walk(row, table);
        // Nobody whom it refused has heard who it is.
        assert_eq!(log().matches("hello CN=billing").count(), table.len() + 1, "{}", log());
        for peer in taken {
            let said = visit(*peer);
            assert!(said.contains(self.accepted), "{}: {said}", peer.said());
            row.accepted(&format!("a server certificate with {}", peer.said()));
        }
    }
}
