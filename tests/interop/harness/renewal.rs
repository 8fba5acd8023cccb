//! A server takes up a renewed certificate.

use super::caller::TLS13;
use super::cast::{Cast, Client};
use super::load::{serial, serial_of};
use super::matrix::Row;
use super::{Run, eventually};

/// Renews what the recipe in `out` was given, and waits until the server on `port` shows it; `reload`
/// is the recipe's own command, its program as the workshop finds it.
pub fn is_taken_up(cast: &Cast, row: &mut Row, out: &str, port: u16, reload: Option<(&str, &[&str])>) {
    let served = || serial(&cast.caller(Client::Ours, TLS13).connect(port).unwrap().certificate()).unwrap();
    let before = served();
    cast.shop.mtls_ca(&["--quiet", "renew", &format!("{out}/tls")]).ok();
    let renewed = serial_of(&cast.shop.path(&format!("{out}/tls/current/tls.crt")));
    assert_ne!(before, renewed);
    if let Some((program, words)) = reload {
        // It looks not by itself: the recipe says so.
        assert_eq!(served(), before, "it took up the new certificate without a reload");
        drop::<Run>(cast.shop.tool(program, words).ok());
    }
    eventually("the new certificate", || served() == renewed);
    row.rotation(if reload.is_some() {
        "a renewed certificate is shown after the reload"
    } else {
        "a renewed certificate is shown at once"
    });
}
