//! A server of HTTP with client certificates in front of a backend: the tests that all of them have in
//! common.

use super::backend::Backend;
use super::caller::{TLS12, TLS13, Version};
use super::cast::{Cast, Client, DEEP, FLAT, Shape};
use super::matrix::Row;
use super::refusals::Refusals;
use super::{Server, Workshop, free_port};

/// Who is refused, what the client is told, and what the log says.
pub type Table<'a> = &'a [(Client, &'a str, &'a str)];

/// A system by what its tests need of it.
#[derive(Clone, Copy)]
pub struct Gateway {
    pub system: &'static str,
    pub programs: &'static [&'static str],
    pub version: fn(&Workshop) -> String,
    /// Starts it with its recipe in `out`, and gives it back when it listens.
    pub start: fn(&Cast, u16, &Backend) -> Server,
    /// All that it has logged; empty where nothing is to be looked for.
    pub log: fn(&Workshop) -> String,
    /// What the body of an accepted visit has: who the client was to it.
    pub accepted: &'static str,
}

impl Gateway {
    /// Root, issuing CA, leaf, P-256: a table for either version of TLS. curl is let in as well.
    pub fn refuses(&self, tls13: Table, tls12: Table) {
        self.with(DEEP, "deep", |cast, port, row| {
            self.walk(cast, row, port, TLS13, tls13);
            self.walk(cast, row, port, TLS12, tls12);
            let ours = cast.client(Client::Ours).unwrap();
            let [trust, crt, key] = [cast.trust(), ours.crt(), ours.key()];
            let files = [trust, crt, key].map(|path| path.to_str().unwrap().to_owned());
            let url = format!("https://localhost:{port}/");
            let words = ["-sS", "--max-time", "10", "--cacert", &files[0], "--cert", &files[1], "--key", &files[2]];
            cast.shop.tool("curl", &[words.as_slice(), &[&url]].concat()).ok().says(self.accepted);
        });
    }

    /// Root, leaf, RSA-2048.
    pub fn takes_rsa(&self, table: Table) {
        self.with(FLAT, "flat", |cast, port, row| self.walk(cast, row, port, TLS13, table));
    }

    /// A recipe without a list is a configuration that works, and lets nobody in.
    pub fn lets_nobody_in(&self, told: &str) {
        let Some(shop) = Workshop::open(self.system, self.programs) else { return };
        let mut row = Row::open(self.system, "nobody", &(self.version)(&shop));
        let (cast, backend) = (Cast::make(&shop, FLAT), Backend::start());
        for (allows, wanted) in [(true, self.accepted), (false, told), (true, self.accepted)] {
            let port = free_port();
            cast.allows.set(allows);
            let _server = (self.start)(&cast, port, &backend);
            let seen = cast.caller(Client::Ours, TLS13).visit(port, "/");
            assert!(seen.contains(wanted), "allows {allows}: wanted `{wanted}`, and saw: {seen}");
        }
        row.refused("everybody without an allow-list");
        row.passed();
    }

    fn with(&self, shape: Shape, part: &str, test: impl Fn(&Cast, u16, &mut Row)) {
        let Some(shop) = Workshop::open(self.system, self.programs) else { return };
        let mut row = Row::open(self.system, part, &(self.version)(&shop));
        let (cast, port, backend) = (Cast::make(&shop, shape), free_port(), Backend::start());
        let _server = (self.start)(&cast, port, &backend);
        test(&cast, port, &mut row);
        row.passed();
    }

    fn walk(&self, cast: &Cast, row: &mut Row, port: u16, version: Version, table: Table) {
        let visit = |client| cast.caller(client, version).visit(port, "/");
        let log = || (self.log)(cast.shop);
        Refusals { friend: Client::Ours, accepted: self.accepted, visit: &visit, log: &log }.walk(row, table);
    }
}
