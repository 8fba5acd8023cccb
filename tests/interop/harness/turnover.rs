//! Everything is replaced under load: the leaves of server and client, and then the root above both.
//! Not one request fails.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Workshop;
use super::caller::TLS13;
use super::load::{self, Figures, Load, Target, serial_of};
use super::matrix::Row;
use super::recipe::recipe;

/// A server that runs on the files of its recipe.
pub struct Turnover<'a> {
    /// The folder in which the recipe was written.
    pub out: &'a str,
    pub port: u16,
    pub path: &'static str,
    /// What else `renew` is told, as the recipe says: `--format combined`.
    pub renew: &'a [&'a str],
    /// What stands behind `renew --exec`: how it takes up new files. Empty where it looks by itself.
    pub reload: &'a [&'a str],
    /// What brings fresh CRLs to `out`, for a server that checks them.
    pub crls: Option<&'a [&'a str]>,
    /// The serial numbers of the clients by the server's own log or answers, in hex.
    pub logged: &'a dyn Fn(&Figures) -> BTreeSet<String>,
}

/// A root in `ca`, and on it what `deploy` makes.
pub fn prepare(shop: &Workshop, system: &str, args: &[&str], out: &str) {
    shop.mtls_ca(&["--ca-dir", "ca", "init", "--name", "Fleet Root"]).ok();
    deploy(shop, system, args, out);
}

/// The clients `billing` and `reports` of the CA in `ca`, in folders of versions of these names, both on
/// the allow-list, and the recipe in `out`.
pub fn deploy(shop: &Workshop, system: &str, args: &[&str], out: &str) {
    for name in ["billing", "reports"] {
        let san = format!("dns:{name}.internal");
        shop.mtls_ca(&["issue", name, "--profile", "client", "--san", &san, "--deliver", name]).ok();
    }
    let allow = ["--allow", "billing/current/tls.crt", "--allow", "reports/current/tls.crt"];
    recipe(shop, system, &[&allow, args].concat(), out);
}

impl Turnover<'_> {
    /// Goes through all of it; the server runs already. Each answer has to contain what is `wanted`: who
    /// the client was.
    pub fn walk(&self, shop: &Workshop, wanted: &'static str, row: &mut Row) {
        self.walk_ca(shop, wanted, row, "root", &[]);
    }

    /// The same where `ca` is called something, and `rotate prepare` needs more words.
    pub fn walk_ca(&self, shop: &Workshop, wanted: &'static str, row: &mut Row, ca: &str, prepare: &[&str]) {
        let mtls_ca = |words: &[&str]| drop(shop.mtls_ca(&[&["--quiet"], words].concat()).ok());
        let target = Target { port: self.port, path: self.path, client: shop.path("billing"), wanted };
        let mut load = Load::start(&target);
        load.around("nothing yet", || {});
        load.around("the server's leaf is renewed", || self.renew_server(shop));
        load.around("the client's leaf is renewed", || mtls_ca(&["renew", "billing"]));
        load.around("the next CA is prepared", || mtls_ca(&[&["rotate", "prepare"], prepare].concat()));
        load.around("the server gets the bundle", || self.renew_server(shop));
        load.around("the client gets the bundle", || mtls_ca(&["renew", "billing"]));
        load.around("the next CA signs", || mtls_ca(&["rotate", "activate", "--force"]));
        load.around("the server gets a leaf of the next CA", || self.renew_server(shop));
        load.around("the client gets a leaf of the next CA", || mtls_ca(&["renew", "billing", "reports"]));
        load.around("the former CA is retired", || mtls_ca(&["rotate", "retire", "--deployed"]));
        load.around("the server gets the bundle of the next CA", || self.renew_server(shop));
        load.around("the client gets the bundle of the next CA", || mtls_ca(&["renew", "billing"]));
        load.around("nothing any more", || {});
        let figures = load.end();
        self.report(&figures, ca, row);
    }

    /// `renew --exec`, and the CRLs of the roots of now before it.
    fn renew_server(&self, shop: &Workshop) {
        if let Some(words) = self.crls {
            shop.mtls_ca(&["--quiet", "crl", "build"]).ok();
            shop.mtls_ca(words).ok();
        }
        let folder = format!("{}/tls", self.out);
        let mut words = [&["--quiet", "renew", &folder], self.renew].concat();
        if !self.reload.is_empty() {
            words.push("--exec");
            words.extend(self.reload);
        }
        shop.mtls_ca(&words).ok();
        self.settle(shop);
    }

    /// Waits until one connection after the other shows the certificate that was delivered.
    fn settle(&self, shop: &Workshop) {
        let wanted = serial_of(&shop.path(&format!("{}/tls/current/tls.crt", self.out)));
        let caller = load::of_folder(&shop.path("billing"), TLS13).unwrap();
        let (deadline, mut in_a_row) = (Instant::now() + Duration::from_secs(30), 0);
        while in_a_row < 20 {
            let served = load::serial(&caller.connect(self.port).unwrap().certificate()).unwrap();
            in_a_row = if served == wanted { in_a_row + 1 } else { 0 };
            assert!(Instant::now() < deadline, "it still shows {served}, and not {wanted}");
        }
    }

    fn report(&self, figures: &Figures, ca: &str, row: &mut Row) {
        let Figures { requests, steps, served, presented, bodies: _ } = figures;
        for (step, count) in steps {
            eprintln!("{count:6} requests around: {step}");
        }
        // One at the beginning, and one for each of the five renewals of either side.
        assert_eq!((served.len(), presented.len()), (5, 5), "{served:?} {presented:?}");
        let plain = |serials: &BTreeSet<String>| -> BTreeSet<String> {
            let plain = |serial: &String| serial.replace(':', "").to_lowercase().trim_start_matches('0').to_owned();
            serials.iter().map(plain).collect()
        };
        assert_eq!(plain(&(self.logged)(figures)), plain(presented), "the server saw other clients");
        let fewest = steps.iter().map(|(_, count)| count).min().unwrap();
        row.rotation(&format!(
            "leaves renewed, {ca} replaced: 0 of {requests} requests failed, at least {fewest} around each of {} \
             steps; {} server and {} client certificates",
            steps.len(),
            served.len(),
            presented.len()
        ));
        eprintln!("{requests} requests, none failed; server {served:?}, client {presented:?}");
    }
}
