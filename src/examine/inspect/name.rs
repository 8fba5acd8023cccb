//! A distinguished name in the spellings that its consumers want.

use serde::Serialize;

use crate::words::x509::general_name::escaped;
use crate::words::x509::name::Name;

/// One name, three spellings: which one is needed depends on who compares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameReport {
    /// RFC 4514, `CN=svc-a,O=Example`: nginx, NATS, Kafka, Java.
    pub rfc4514: String,
    /// OpenSSL's oneline form, `/O=Example/CN=svc-a`: MariaDB, MySQL, PostgreSQL's views.
    pub oneline: String,
    /// As LDAP servers write it, `cn=svc-a,o=Example`.
    pub ldap: String,
    /// The first common name alone.
    pub common_name: Option<String>,
}

impl NameReport {
    /// Of this name.
    #[must_use]
    pub fn of(name: &Name) -> Self {
        let rdn = |rdn: &Vec<crate::words::x509::name::Attribute>| {
            let attributes: Vec<String> = rdn
                .iter()
                .map(|attribute| {
                    let text = attribute.rfc4514();
                    // A backslash or `#` cannot stand before the first equals sign.
                    text.split_once('=')
                        .map(|(kind, value)| format!("{}={value}", kind.to_ascii_lowercase()))
                        .unwrap_or(text)
                })
                .collect();
            attributes.join("+")
        };
        Self {
            rfc4514: name.rfc4514(),
            oneline: escaped(&name.oneline()),
            ldap: name.rdns().iter().rev().map(rdn).collect::<Vec<_>>().join(","),
            common_name: name.common_name().map(escaped),
        }
    }
}
