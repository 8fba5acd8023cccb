//! What is said of key stores: from outside without their password, and of each entry with it.

use serde::Serialize;

use super::key::KeyContainer;
use super::reading::{certificate, private_key};
use super::{Content, Form, InspectError, Item};
use crate::encoding::key_store::{self, Contents, OpenError, StoreKind};
use crate::encoding::pkcs12;
use crate::keys::Passphrase;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::general_name::escaped;

/// A key store.
#[derive(Debug, Clone, Serialize)]
pub struct StoreReport {
    /// Which format it has.
    pub store: StoreName,
    /// The digest of its MAC and the rounds, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// How its parts are encrypted.
    pub encryption: Vec<String>,
    /// Whether it was opened; then what it holds follows.
    pub opened: bool,
    /// How many private keys it holds, where it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<usize>,
    /// How many certificates go with no key, where it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted: Option<usize>,
}

/// The formats of stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreName {
    /// RFC 7292.
    Pkcs12,
    /// Java's own.
    Jks,
}

impl StoreName {
    /// As people call it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pkcs12 => "PKCS#12 store",
            Self::Jks => "Java key store (JKS)",
        }
    }

    const fn form(self) -> Form {
        match self {
            Self::Pkcs12 => Form::Pkcs12,
            Self::Jks => Form::Jks,
        }
    }
}

/// A store from outside, if these bytes are one.
pub(super) fn closed(bytes: &[u8]) -> Option<Item> {
    let kind = match bytes {
        // RFC 7292 section 4 with the indefinite lengths that some writers use.
        [0x30, 0x80, 0x02, 0x01, 0x03, ..] => StoreKind::Pkcs12,
        _ => key_store::kind(bytes)?,
    };
    let mut report = StoreReport {
        store: StoreName::Jks,
        mac: None,
        encryption: vec!["SHA-1, Java's own".to_owned()],
        opened: false,
        keys: None,
        trusted: None,
    };
    let mut remarks = Vec::new();
    if kind == StoreKind::Pkcs12 {
        report.store = StoreName::Pkcs12;
        match pkcs12::outline(bytes) {
            Ok(seen) => {
                remarks.extend(seen.outdated().map(outdated));
                if seen.mac.is_none() {
                    remarks.push(
                        Finding::warning("inspect.store_no_mac", "it has no MAC: NSS, Node and Ruby refuse it")
                            .hint("mtls-ca export FILE --passphrase-file FILE --format pkcs12"),
                    );
                }
                report.mac = seen.mac;
                report.encryption = seen.encryption;
            }
            Err(error) => {
                let content = Content::Unreadable { what: error.what.to_owned(), reason: escaped(&error.reason) };
                return Some(Item::new(content, Form::Der, None));
            }
        }
    }
    Some(Item { remarks, ..Item::new(Content::KeyStore(report), Form::Der, None) })
}

fn outdated(scheme: &str) -> Finding {
    let message = format!(
        "it is encrypted with {}, which OpenSSL 3 opens only with `-legacy`, and Node and Ruby not at all",
        escaped(scheme)
    );
    Finding::warning("inspect.store_outdated", message)
        .hint("mtls-ca export FILE --passphrase-file FILE --format pkcs12")
}

/// The same store opened: itself, then each entry.
pub(super) fn open(item: Item, bytes: &[u8], passphrase: &Passphrase, now: Now) -> Result<Vec<Item>, InspectError> {
    let Content::KeyStore(mut report) = item.content else { return Ok(vec![item]) };
    let contents = key_store::open(bytes, passphrase.expose()).map_err(|error| match error {
        OpenError::WrongPassword => InspectError::StoreLocked,
        OpenError::Unreadable(error) => {
            InspectError::Unreadable { what: error.what.to_owned(), reason: escaped(&error.reason) }
        }
    })?;
    let Contents { keys, certificates } = contents;
    (report.opened, report.keys, report.trusted) = (true, Some(keys.len()), Some(certificates.len()));
    let mut remarks = item.remarks;
    let hidden = certificates.iter().filter(|entry| !entry.counts_for_java).count();
    if hidden > 0 && keys.is_empty() {
        let message = format!(
            "{hidden} of its {} certificates lack Oracle's attribute: to Java they are not there",
            certificates.len()
        );
        remarks.push(
            Finding::warning("inspect.store_empty_for_java", message)
                .hint("mtls-ca bundle --format pkcs12 --store-password-file FILE --out truststore.p12"),
        );
    }
    let form = report.store.form();
    let mut items = vec![Item { remarks, ..Item::new(Content::KeyStore(report), item.form, item.label) }];
    for entry in keys {
        let alias = entry.alias.as_deref().map(escaped);
        items.push(private_key(&entry.pkcs8, form, alias.clone(), KeyContainer::Pkcs8, false));
        let chain = entry.chain.iter().enumerate();
        items.extend(chain.map(|(place, der)| certificate(der, form, alias.clone().filter(|_| place == 0), now)));
    }
    items.extend(
        certificates.iter().map(|entry| certificate(&entry.der, form, entry.alias.as_deref().map(escaped), now)),
    );
    Ok(items)
}
