//! A peer as the different systems name it: by its subject in three spellings, or by a name among the
//! alternative ones.

use serde::{Deserialize, Serialize};

use super::facts::IdentityForm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::GeneralName;

/// Somebody who may be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// As it was asked for.
    pub name: String,
    /// The common name; may be empty.
    pub cn: String,
    /// The subject after RFC 4514 (RFC 2253 before it): `CN=svc-a,O=x`.
    pub dn: String,
    /// OpenSSL's spelling: `/O=x/CN=svc-a`.
    pub oneline: String,
    /// OpenLDAP's: `cn=svc-a,o=x`.
    pub ldap: String,
    /// The DNS names.
    pub dns: Vec<String>,
    /// The first URI; may be empty.
    pub uri: String,
    /// The e-mail addresses.
    pub email: Vec<String>,
}

impl Identity {
    /// Somebody of whom the common name is all that is known.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            cn: name.to_owned(),
            dn: format!("CN={name}"),
            oneline: format!("/CN={name}"),
            ldap: format!("cn={name}"),
            dns: Vec::new(),
            uri: String::new(),
            email: Vec::new(),
        }
    }

    /// The holder of a certificate.
    #[must_use]
    pub fn of(name: &str, certificate: &Certificate) -> Self {
        let subject = certificate.subject();
        let names = certificate.extensions().subject_alt_names();
        let every = |wanted: fn(&GeneralName) -> Option<&String>| names.iter().filter_map(wanted).cloned().collect();
        let dns: Vec<String> = every(|name| if let GeneralName::Dns(text) = name { Some(text) } else { None });
        let uri: Vec<String> = every(|name| if let GeneralName::Uri(text) = name { Some(text) } else { None });
        let email = every(|name| if let GeneralName::Email(text) = name { Some(text) } else { None });
        let dn = subject.rfc4514();
        Self {
            name: name.to_owned(),
            cn: subject.common_name().unwrap_or_default().to_owned(),
            ldap: lower_case_types(&dn),
            dn,
            oneline: subject.oneline(),
            dns,
            uri: uri.into_iter().next().unwrap_or_default(),
            email,
        }
    }

    /// The name by which a system knows it; none where it has no such name, or is known by none.
    #[must_use]
    pub fn seen_as(&self, form: IdentityForm) -> Option<String> {
        let text = match form {
            IdentityForm::Rfc2253 => &self.dn,
            IdentityForm::Oneline => &self.oneline,
            IdentityForm::Ldap => &self.ldap,
            IdentityForm::Cn => &self.cn,
            IdentityForm::Dns => self.dns.first()?,
            IdentityForm::Uri => &self.uri,
            IdentityForm::Email => self.email.first()?,
            IdentityForm::None => return None,
        };
        (!text.is_empty()).then(|| text.clone())
    }

    /// Every text that it may be known by.
    pub(super) fn texts(&self) -> impl Iterator<Item = &String> {
        let Self { name, cn, dn, oneline, ldap, dns, uri, email } = self;
        [name, cn, dn, oneline, ldap, uri].into_iter().chain(dns).chain(email)
    }
}

/// The attribute types of a name after RFC 4514 in lower case; the values stay.
fn lower_case_types(dn: &str) -> String {
    let mut out = String::with_capacity(dn.len());
    let (mut in_type, mut escaped) = (true, false);
    for c in dn.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '=' => in_type = false,
            ',' | '+' => in_type = true,
            _ => {}
        }
        if in_type { out.extend(c.to_lowercase()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ldap_has_its_types_in_lower_case_and_its_values_as_they_are() {
        assert_eq!(lower_case_types(r"CN=Svc\,A,O=Example+OU=Ops"), r"cn=Svc\,A,o=Example+ou=Ops");
        assert_eq!(Identity::named("billing").oneline, "/CN=billing");
    }
}
