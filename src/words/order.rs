//! What somebody wants certified, before any rule has looked at it.

use super::x509::constraints::NameConstraints;
use super::x509::lifetime::LifetimeWish;
use super::x509::name_text::NameText;
use super::x509::san::San;

/// The wishes of a caller, beside those that the request itself carries.
///
/// Wishes of the order come from the operator; those of the request from whoever made it. Both go
/// through the same rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Subject alternative names. Where there is any, it takes the place of those of the request.
    pub sans: Vec<San>,
    /// The subject. Where given, it takes the place of that of the request.
    pub subject: Option<NameText>,
    /// How long it should hold; the profile's default where not given.
    pub lifetime: Option<LifetimeWish>,
    /// For CA certificates: how many CAs may follow below; the profile's where not given.
    pub path_length: Option<u32>,
    /// For CA certificates: what they may certify. Those of the issuer hold besides.
    pub name_constraints: NameConstraints,
    /// Who asks, as the ledger records it, where that is not the one who acts.
    pub requester: Option<String>,
}
