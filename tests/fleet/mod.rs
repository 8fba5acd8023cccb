//! A CA that has been at work for a while: a root, an intermediate below it, and certificates of every
//! standing, made with the moments of their time.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use mtls_ca::authority::{self, Access, Authority, NewCa};
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::{Act, KeyOrder, Now};
use tempfile::TempDir;

pub const PATIENCE: Duration = Duration::from_secs(60);
pub const DAY: i64 = 86_400;

/// So many days after (before, where negative) a moment.
pub fn days(now: Now, days: i64) -> Now {
    Now::at(now.time().plus_seconds(days * DAY))
}

pub fn act(now: Now) -> Act {
    Act::of_process("test", now)
}

pub struct Fleet {
    pub room: TempDir,
    pub root: PathBuf,
    pub issuing: PathBuf,
    pub now: Now,
}

impl Fleet {
    /// A root of eight years and an intermediate of three, without a certificate.
    pub fn new(now: Now) -> Self {
        let room = tempfile::tempdir().unwrap();
        let (root, issuing) = (room.path().join("root"), room.path().join("issuing"));
        let named = |name: &str| NewCa { name: Some(name.to_owned()), ..NewCa::plain() };
        authority::init(&root, &named("Example Root CA"), &act(days(now, -8 * 365))).unwrap();
        let mut parent = Authority::open(&root, Access::Sign, PATIENCE).unwrap();
        let signer = parent.unlock(None).unwrap();
        let below = named("Example Issuing CA");
        authority::intermediate(&issuing, &below, &mut parent, &signer, &act(days(now, -3 * 365))).unwrap();
        Self { room, root, issuing, now }
    }

    pub fn open(&self) -> Authority {
        open(&self.issuing)
    }

    /// Issues with a lifetime in days, so many days ago; gives the serial number.
    pub fn issue(&self, order: KeyOrder, lifetime: i64, ago: i64) -> mtls_ca::Serial {
        let mut ca = self.open();
        let signer = ca.unlock(None).unwrap();
        let wish = LifetimeWish::For(format!("{lifetime}d").parse().unwrap());
        let order = KeyOrder { order: mtls_ca::Order { lifetime: Some(wish), ..order.order }, ..order };
        let issued = ca.issue_key(&order, &signer, &act(days(self.now, -ago))).unwrap();
        issued.issued().certificate().serial().clone()
    }

    pub fn server(&self, name: &str, lifetime: i64, ago: i64) -> mtls_ca::Serial {
        self.issue(KeyOrder::server(name).unwrap(), lifetime, ago)
    }

    pub fn client(&self, name: &str, lifetime: i64, ago: i64) -> mtls_ca::Serial {
        self.issue(KeyOrder::client(name).unwrap(), lifetime, ago)
    }
}

pub fn open(directory: &Path) -> Authority {
    Authority::open(directory, Access::Sign, PATIENCE).unwrap()
}
