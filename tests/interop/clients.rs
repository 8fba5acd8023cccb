//! The clients that a server with mutual TLS meets: one that belongs, and strangers of each kind.

use std::time::Duration;

use mtls_ca::audit::event::{Act, Actor};
use mtls_ca::authority::{self, Access, NewCa};
use mtls_ca::{Authority, LifetimeWish, Now, Order, encoding};

use crate::harness::Workshop;

/// A client by the files that it presents, or none.
pub struct Client {
    pub name: &'static str,
    pub files: Option<(&'static str, &'static str)>,
}

/// The client that every server is to accept.
pub const FRIEND: Client = Client { name: "ours", files: Some(("client/billing.crt", "client/billing.key")) };
pub const NONE: Client = Client { name: "no certificate", files: None };
pub const STRANGER: Client = Client { name: "another CA's", files: Some(("other/billing.crt", "other/billing.key")) };
pub const IMPOSTOR: Client = Client {
    name: "that of a CA with our root's name",
    files: Some(("impostor-tls/billing.crt", "impostor-tls/billing.key")),
};
pub const EXPIRED: Client = Client { name: "expired", files: Some(("expired.crt", "expired.key")) };
pub const SERVER_ONLY: Client =
    Client { name: "server-only", files: Some(("web/web.internal.crt", "web/web.internal.key")) };

/// Makes a root in `root`, an intermediate in `ca`, the server's files in `server`, and the files of
/// all clients.
pub fn make(shop: &Workshop) {
    root_with_a_past(shop);
    shop.mtls_ca(&["init", "--ca-dir", "ca", "--name", "Fleet Issuing", "--parent", "root"]).ok();
    let server = ["issue", "localhost", "--profile", "server", "--san", "ip:127.0.0.1", "--san", "dns:localhost"];
    shop.mtls_ca(&[server.as_slice(), &["--out", "server"]].concat()).ok();
    let client = ["issue", "billing", "--profile", "client", "--san", "dns:billing.internal", "--out"];
    shop.mtls_ca(&[client.as_slice(), &["client"]].concat()).ok();
    shop.mtls_ca(&["issue", "web.internal", "--profile", "server", "--out", "web"]).ok();
    for (dir, name, out) in [("another", "Another Root", "other"), ("impostor", "Fleet Root", "impostor-tls")] {
        shop.mtls_ca(&["init", "--ca-dir", dir, "--name", name]).ok();
        shop.mtls_ca(&[client.as_slice(), &[out, "--ca-dir", dir]].concat()).ok();
    }
}

/// A root that was made a month ago, and a client certificate of that day which held for a day. The
/// binary goes by the system's clock only; the library is told the moment.
fn root_with_a_past(shop: &Workshop) {
    let now = Now::at(Now::from_system().time().plus_seconds(-30 * 86_400));
    let act = Act { now, actor: Actor::default(), command: "test".to_owned() };
    let new = NewCa { name: Some("Fleet Root".to_owned()), ..NewCa::plain() };
    authority::init(&shop.path("root"), &new, &act).unwrap();

    shop.mtls_ca(&["csr", "billing", "--san", "dns:billing.internal", "--out", "expired.csr"]).ok();
    let blocks = pem::parse(shop.read("expired.csr")).unwrap();
    let request = encoding::request::read(blocks.contents()).unwrap();
    let order = Order { lifetime: Some(LifetimeWish::For("1d".parse().unwrap())), requester: None, ..Order::default() };
    let mut root = Authority::open(&shop.path("root"), Access::Sign, Duration::from_secs(5)).unwrap();
    let plan = root.plan(request, &order, &"client".parse().unwrap(), now).unwrap();
    let signer = root.locked_key().unwrap().unlock(None).unwrap();
    shop.write("expired.crt", root.issue(plan, &signer, &act).unwrap().certificate_pem());
    shop.mtls_ca(&["verify", "expired.crt", "--ca", "root/ca.crt", "--as", "client"]).code(3).says("expired");
}
