//! What the operator wants of a certificate, for every command that issues.

use mtls_ca::policy::constraints::parse_subtree;
use mtls_ca::profile::ProfileName;
use mtls_ca::x509::constraints::{NameConstraints, Subtree};
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::{Lifetime, NameText, Order, San, Time};

/// What the operator wants of a certificate, in the same words for every command that issues.
#[derive(Debug, Clone, clap::Args)]
pub struct Wishes {
    /// The rules: client, server, peer, workload, intermediate, or one of your own
    #[arg(long, value_name = "NAME")]
    pub profile: Option<ProfileName>,
    /// A name instead of the request's: api.internal, 10.0.0.5, spiffe://example.org/api, dns:…, ip:…, uri:…, email:…
    #[arg(long, value_name = "NAME")]
    pub san: Vec<San>,
    /// The subject instead of the request's, in RFC 4514 text: `CN=api,O=Example`
    #[arg(long, value_name = "NAME")]
    pub subject: Option<NameText>,
    /// How long it holds: 90d, 24h, 1y
    #[arg(long, value_name = "TIME", conflicts_with = "not_after")]
    pub lifetime: Option<Lifetime>,
    /// Its last second: 2027-01-31T00:00:00Z
    #[arg(long, value_name = "WHEN")]
    pub not_after: Option<Time>,
    /// For a CA: how many CAs may stand below it
    #[arg(long, value_name = "N")]
    pub path_length: Option<u32>,
    /// For a CA: what it may certify, such as dns:svc.internal or ip:10.0.0.0/8
    #[arg(long, value_name = "KIND:NAME", value_parser = |text: &str| parse_subtree(text))]
    pub permit: Vec<Subtree>,
    /// For a CA: what it may not certify
    #[arg(long, value_name = "KIND:NAME", value_parser = |text: &str| parse_subtree(text))]
    pub exclude: Vec<Subtree>,
}

impl Wishes {
    pub fn order(&self) -> Order {
        Order {
            sans: self.san.clone(),
            subject: self.subject.clone(),
            lifetime: self.lifetime.map(LifetimeWish::For).or(self.not_after.map(LifetimeWish::Until)),
            path_length: self.path_length,
            name_constraints: NameConstraints { permitted: self.permit.clone(), excluded: self.exclude.clone() },
            requester: None,
        }
    }
}
