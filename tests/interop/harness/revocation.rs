//! A client is revoked while the server goes on: its next request is refused, be it over a new
//! connection, a resumed session or a connection that was open, and nobody else notices.

use std::time::{Duration, Instant};

use super::Workshop;
use super::caller::{TLS12, TLS13, Version};
use super::load::{Load, Target, of_folder};
use super::matrix::Row;

/// A server that runs on the files of its recipe, made by `turnover::prepare`.
pub struct Revocation<'a> {
    pub port: u16,
    pub path: &'static str,
    /// What brings fresh CRLs to it, and makes it read them: one command after the other.
    pub refresh: &'a [&'a [&'a str]],
    /// What an accepted visit of each has: its own name.
    pub wanted: [&'static str; 2],
    /// What a refused visit says.
    pub refused: &'a str,
    /// How long a connection that is open may be answered still, and nothing else may.
    pub bound: Duration,
}

impl Revocation<'_> {
    /// `billing` is revoked; `reports` goes on.
    pub fn walk(&self, shop: &Workshop, row: &mut Row) {
        let Self { port, path, refresh, wanted, refused, bound } = self;
        let [victim, other] = wanted;
        let target = Target { port: *port, path, client: shop.path("reports"), wanted: other };
        let mut load = Load::start(&target);
        let mut before: Vec<_> = [TLS12, TLS13].iter().map(|version| self.at_work(shop, version)).collect();
        load.around("nothing yet", || {});
        load.around("the revocation", || {
            shop.mtls_ca(&["revoke", "billing/current/tls.crt", "--reason", "keyCompromise"]).ok();
            refresh.iter().for_each(|words| drop(shop.tool(words[0], &words[1..]).ok()));
            let (fresh, deadline) =
                (of_folder(&shop.path("billing"), TLS13).unwrap(), Instant::now() + Duration::from_secs(10));
            while !fresh.visit(*port, path).contains(refused) {
                assert!(Instant::now() < deadline, "a revoked client is let in: {}", fresh.visit(*port, path));
            }
        });
        let since = Instant::now();
        for (caller, line, version) in &mut before {
            for fresh in [&*caller, &of_folder(&shop.path("billing"), version).unwrap()] {
                let seen = fresh.visit(*port, path);
                assert!(seen.contains(refused), "{version:?}: {seen}");
            }
            while line.get(path, true).is_ok_and(|page| page.status == 200 && page.body.contains(victim)) {
                assert!(since.elapsed() < *bound, "{version:?}: an open connection is answered after {bound:?}");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        load.around("nothing any more", || {});
        let figures = load.end();
        row.revocation(&format!(
            "next request refused, also of one that had a session before; an open connection ended within {bound:?}; another \
             client: 0 of {} requests failed",
            figures.requests
        ));
    }

    /// The client at work: one that remembers its sessions, and a connection that stays open.
    fn at_work(&self, shop: &Workshop, version: Version) -> (super::caller::Caller, super::caller::Line, Version) {
        let caller = of_folder(&shop.path("billing"), version).unwrap().remembering();
        let mut line = caller.connect(self.port).unwrap();
        for _ in 0..2 {
            let page = line.get(self.path, true).unwrap();
            assert!(page.body.contains(self.wanted[0]), "{page:?}");
        }
        let page = caller.get(self.port, self.path).unwrap();
        assert!(page.body.contains(self.wanted[0]), "{page:?}");
        (caller, line, version)
    }
}
