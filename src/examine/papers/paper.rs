//! One file: its encoding, its mode, and what is in it.

use std::io;

use serde::Serialize;

use crate::encoding::key_store::{self, KeyEntry, StoreKind};
use crate::encoding::private_key::KeyForm;
use crate::encoding::{certificate, jks, pkcs12};
use crate::examine::inspect::key::PrivateKeyReport;
use crate::examine::inspect::{Content, Form, InspectError, Item, inspect};
use crate::keys::{Passphrase, PrivateKey};
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::escaped;
use crate::words::x509::revocation::RevocationList;

/// A file, as far as it can be read.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Its path, as it was named or found.
    pub place: String,
    /// Whether it was named itself, not only the folder that it is in.
    pub is_named: bool,
    /// Its permission bits.
    pub mode: Option<u32>,
    /// The user that owns it.
    pub owner: Option<u32>,
    /// How it is encoded.
    pub coding: Coding,
    /// Whether three octets of a UTF-8 byte order mark stand in front.
    pub has_bom: bool,
    /// Its certificates, in order.
    pub certificates: Vec<Certificate>,
    /// Its private keys, in order.
    pub keys: Vec<PrivateKeyReport>,
    /// Its CRLs, in order.
    pub crls: Vec<RevocationList>,
    /// How many of its certificates Java passes over: those of a PKCS#12 file without Oracle's attribute.
    pub hidden_from_java: usize,
    /// What is in it that was not read.
    pub unread: Vec<Unread>,
}

/// How a file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// Text of RFC 7468.
    Pem,
    /// DER as it is.
    Der,
    /// DER in base64 without the lines of PEM.
    Base64,
    /// PKCS#7, in PEM or DER.
    Pkcs7,
    /// PKCS#12.
    Pkcs12,
    /// A Java key store.
    Jks,
    /// No file, but a folder that cannot be read.
    Folder,
    /// None of these.
    Unknown,
}

/// Something that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What it is, or seems to be.
    pub what: String,
    /// Why it was not read; empty where that is no fault.
    pub reason: String,
}

impl Paper {
    /// Reads what is in these octets; stores with this password. What is not readable is told, not refused.
    #[must_use]
    pub fn read(place: &str, bytes: &[u8], password: Option<&Passphrase>, now: Now) -> Self {
        let mut paper = Self { has_bom: bytes.starts_with(b"\xef\xbb\xbf"), ..Self::empty(place) };
        match inspect(bytes, now) {
            Ok(items) => {
                paper.coding = coding(bytes, &items);
                if matches!(paper.coding, Coding::Pkcs12 | Coding::Jks) {
                    paper.open(bytes, password);
                    return paper;
                }
                for item in items {
                    paper.take(item.content);
                }
            }
            Err(InspectError::Unreadable { what, reason }) => paper.unread.push(Unread { what, reason }),
            Err(error) => {
                paper.unread.push(Unread { what: "file".to_owned(), reason: escaped(&error.to_string()) });
            }
        }
        paper
    }

    /// A folder that cannot be read, and what the system said.
    #[must_use]
    pub fn closed(place: &str, error: &io::Error) -> Self {
        let unread = vec![Unread { what: "folder".to_owned(), reason: error.to_string() }];
        Self { is_named: false, coding: Coding::Folder, unread, ..Self::empty(place) }
    }

    fn empty(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            is_named: true,
            mode: None,
            owner: None,
            coding: Coding::Unknown,
            has_bom: false,
            certificates: Vec::new(),
            keys: Vec::new(),
            crls: Vec::new(),
            hidden_from_java: 0,
            unread: Vec::new(),
        }
    }

    /// A key store.
    fn open(&mut self, bytes: &[u8], password: Option<&Passphrase>) {
        let what = if self.coding == Coding::Jks { "Java key store" } else { "PKCS#12 store" }.to_owned();
        let Some(password) = password else {
            let reason = "it is closed; give its password with `--store-password-file FILE`".to_owned();
            self.unread.push(Unread { what, reason });
            return;
        };
        let opened = match self.coding {
            Coding::Jks => jks::read(bytes, &String::from_utf8_lossy(password.expose())),
            _ => pkcs12::read(bytes, password.expose()),
        };
        let contents = match opened {
            Ok(contents) => contents,
            Err(error) => {
                self.unread.push(Unread { what, reason: escaped(&error.to_string()) });
                return;
            }
        };
        for KeyEntry { pkcs8, chain, .. } in &contents.keys {
            match PrivateKey::from_der(KeyForm::Pkcs8, pkcs8) {
                Ok(key) => self.keys.push(PrivateKeyReport::of_store(key.public_key())),
                Err(error) => {
                    self.unread.push(Unread { what: "private key".to_owned(), reason: escaped(&error.to_string()) });
                }
            }
            chain.iter().for_each(|der| self.certificate(der));
        }
        for entry in &contents.certificates {
            self.certificate(&entry.der);
            self.hidden_from_java += usize::from(!entry.counts_for_java);
        }
    }

    fn certificate(&mut self, der: &[u8]) {
        match certificate::read(der) {
            Ok(certificate) => self.certificates.push(certificate),
            Err(error) => {
                self.unread.push(Unread { what: "certificate".to_owned(), reason: escaped(&error.reason) });
            }
        }
    }

    fn take(&mut self, content: Content) {
        match content {
            Content::Certificate(report) => self.certificates.push(report.certificate),
            Content::PrivateKey(report) => self.keys.push(report),
            Content::Crl(report) => self.crls.push(report.crl),
            Content::Unreadable { what, reason } => self.unread.push(Unread { what, reason }),
            Content::Other { what, .. } => self.unread.push(Unread { what, reason: String::new() }),
            Content::Request(_) | Content::PublicKey(_) | Content::Pkcs7 { .. } | Content::KeyStore(_) => {}
        }
    }

    /// Whether there is anything in it that a TLS peer uses.
    #[must_use]
    pub fn is_useful(&self) -> bool {
        !self.certificates.is_empty() || !self.keys.is_empty() || !self.crls.is_empty()
    }

    /// What is in it, in words: `2 certificates, 1 key`.
    #[must_use]
    pub fn words(&self) -> String {
        let count = |number: usize, what: &str| {
            (number > 0).then(|| format!("{number} {what}{}", if number == 1 { "" } else { "s" }))
        };
        let counted = [
            count(self.certificates.len(), "certificate"),
            count(self.keys.len(), "key"),
            count(self.crls.len(), "CRL"),
        ];
        let counted: Vec<String> = counted.into_iter().flatten().collect();
        match (counted.is_empty(), self.unread.first()) {
            (false, _) => counted.join(", "),
            (true, Some(unread)) => unread.what.clone(),
            (true, None) => "nothing that TLS uses".to_owned(),
        }
    }
}

fn coding(bytes: &[u8], items: &[Item]) -> Coding {
    match key_store::kind(bytes) {
        Some(StoreKind::Pkcs12) => return Coding::Pkcs12,
        Some(StoreKind::Jks) => return Coding::Jks,
        None => {}
    }
    if items.iter().any(|item| matches!(item.content, Content::Pkcs7 { .. })) {
        return Coding::Pkcs7;
    }
    match items.first().map(|item| item.form) {
        Some(Form::Pem) => Coding::Pem,
        Some(Form::Der) => Coding::Der,
        Some(Form::Base64) => Coding::Base64,
        Some(Form::Pkcs7) => Coding::Pkcs7,
        Some(Form::Pkcs12) => Coding::Pkcs12,
        Some(Form::Jks) => Coding::Jks,
        Some(Form::Tls) | None => Coding::Unknown,
    }
}
