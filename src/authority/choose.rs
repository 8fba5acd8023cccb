//! Which profile a request gets that names none.

use super::Authority;
use crate::profile::ProfileName;
use crate::words::x509::extension::Extensions;
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::request::Request;
use crate::words::x509::usage::ExtendedKeyUsage;

/// Client, server or peer, by the extended key usages.
pub(super) fn by_usages(extensions: &Extensions) -> ProfileName {
    match asks_for(extensions) {
        (true, true) => ProfileName::PEER,
        (true, false) => ProfileName::SERVER,
        (false, _) => ProfileName::CLIENT,
    }
}

/// Whether these are for a server, and whether they are for a client.
fn asks_for(extensions: &Extensions) -> (bool, bool) {
    let has = |usage| extensions.extended_key_usage().is_some_and(|usages| usages.contains(usage));
    (has(&ExtendedKeyUsage::SERVER_AUTH), has(&ExtendedKeyUsage::CLIENT_AUTH))
}

/// A profile, and why it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The profile.
    pub profile: ProfileName,
    /// Whether a client profile was taken for a request that carries a host name or address, which
    /// may have been meant for a server.
    pub may_be_a_server: bool,
}

impl Authority {
    /// The profile that was asked for, else the `default_profile` of `ca.toml`, else client, server
    /// or peer by the request's extended key usages, else client. What else the request asks for
    /// chooses nothing: the profile's rules look at it.
    #[must_use]
    pub fn choose_profile(&self, asked: Option<&ProfileName>, request: &Request) -> Choice {
        self.desk().choose_profile(asked, request)
    }
}

/// The certain one, where there is any; else by what the request says.
pub(super) fn choose(certain: Option<&ProfileName>, request: &Request) -> Choice {
    if let Some(certain) = certain {
        return Choice { profile: certain.clone(), may_be_a_server: false };
    }
    let profile = by_usages(request.extensions());
    let (server, client) = asks_for(request.extensions());
    let is_host = |name: &GeneralName| matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_));
    let names_a_host = request.extensions().subject_alt_names().iter().any(is_host);
    Choice { profile, may_be_a_server: !server && !client && names_a_host }
}
