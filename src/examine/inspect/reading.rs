//! From bytes to items: which encoding it is, and what each part of it is.

use data_encoding::BASE64;

use super::certificate::CertificateReport;
use super::crl::CrlReport;
use super::key::{KeyContainer, PrivateKeyReport, PublicKeyReport, Sealed};
use super::request::RequestReport;
use super::store;
use super::{Content, Form, InspectError, Item, MOST_BLOCKS};
use crate::encoding::private_key::KeyForm;
use crate::encoding::recognition::{Shape, first_value, shape};
use crate::encoding::{self, ReadError, key_parts, pem, pkcs7};
use crate::keys::PrivateKey;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::general_name::escaped;
use crate::words::x509::public_key::PublicKey;

/// Everything in these bytes, in order.
pub(super) fn items(bytes: &[u8], now: Now) -> Result<Vec<Item>, InspectError> {
    if bytes.trim_ascii().is_empty() {
        return Err(InspectError::Empty);
    }
    if pem::is_pem(bytes) {
        let slices = pem_slices(bytes);
        if slices.len() > MOST_BLOCKS {
            return Err(InspectError::TooMany);
        }
        return Ok(slices.into_iter().flat_map(|slice| of_pem(slice, now)).collect());
    }
    if let Some(store) = key_store(bytes) {
        return Ok(vec![store]);
    }
    if bytes.first() == Some(&0x30) && !is_text(bytes) {
        return Ok(der_values(bytes, Form::Der, now));
    }
    if let Some(der) = bare_base64(bytes) {
        return Ok(der_values(&der, Form::Base64, now));
    }
    Err(InspectError::Unrecognised(nothing_known(bytes)))
}

/// The file cut before each `-----BEGIN`, so that one broken block does not hide the others.
fn pem_slices(bytes: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = pem::begins(bytes).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([bytes.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| bytes.get(start..end)).collect()
}

fn of_pem(slice: &[u8], now: Now) -> Vec<Item> {
    let blocks = match pem::blocks(slice) {
        Ok(blocks) => blocks,
        Err(error) => {
            let what = format!("PEM block `{}`", label_of(slice));
            return vec![unreadable(what, &error, Form::Pem, None)];
        }
    };
    blocks.into_iter().flat_map(|block| of_block(&block, now)).collect()
}

/// The label of a block that does not decode.
fn label_of(slice: &[u8]) -> String {
    let label: Vec<u8> =
        slice.iter().skip(b"-----BEGIN ".len()).take(64).copied().take_while(|b| !b"-\r\n".contains(b)).collect();
    escaped(&String::from_utf8_lossy(&label))
}

fn of_block(block: &pem::Block, now: Now) -> Vec<Item> {
    let der = block.der.as_slice();
    let label = || Some(escaped(&block.label));
    let one = |content| vec![Item::new(content, Form::Pem, label())];
    match block.label.as_str() {
        "CERTIFICATE" | "X509 CERTIFICATE" => vec![certificate(der, Form::Pem, label(), now)],
        "TRUSTED CERTIFICATE" => vec![certificate(first_value(der).unwrap_or(der), Form::Pem, label(), now)],
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => vec![request(der, Form::Pem, label())],
        "X509 CRL" => vec![crl(der, Form::Pem, label(), now)],
        "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => of_pkcs7(der, Form::Pem, label(), now),
        "ENCRYPTED PRIVATE KEY" => vec![private_key(der, Form::Pem, label(), KeyContainer::Pkcs8, true)],
        "PRIVATE KEY" => vec![private_key(der, Form::Pem, label(), KeyContainer::Pkcs8, block.has_headers)],
        "EC PRIVATE KEY" => vec![private_key(der, Form::Pem, label(), KeyContainer::Sec1, block.has_headers)],
        "RSA PRIVATE KEY" => vec![private_key(der, Form::Pem, label(), KeyContainer::Pkcs1, block.has_headers)],
        "DSA PRIVATE KEY" => vec![private_key(der, Form::Pem, label(), KeyContainer::Dsa, block.has_headers)],
        "PUBLIC KEY" => vec![public_key(der, Form::Pem, label())],
        "RSA PUBLIC KEY" => vec![rsa_public_key(der, Form::Pem, label())],
        known => one(other(known)),
    }
}

/// Blocks that are known by name only.
fn other(label: &str) -> Content {
    let (what, hint) = match label {
        "EC PARAMETERS" => ("EC parameters: the name of a curve, which the key itself repeats".to_owned(), None),
        "DH PARAMETERS" | "X9.42 DH PARAMETERS" => {
            ("Diffie-Hellman parameters".to_owned(), Some("openssl dhparam -text -noout"))
        }
        "DSA PARAMETERS" => ("DSA parameters".to_owned(), Some("openssl dsaparam -text -noout")),
        "OPENSSH PRIVATE KEY" => {
            ("an OpenSSH private key, which TLS does not use".to_owned(), Some("ssh-keygen -l -f FILE"))
        }
        "SSH2 PUBLIC KEY" => ("an SSH public key, which TLS does not use".to_owned(), Some("ssh-keygen -l -f FILE")),
        pgp if pgp.starts_with("PGP ") => {
            ("an OpenPGP block, which TLS does not use".to_owned(), Some("gpg --show-keys FILE"))
        }
        unknown => {
            let shown: String = unknown.chars().take(64).collect();
            (format!("a PEM block `{}`, which is not read here", escaped(&shown)), None)
        }
    };
    Content::Other { what, hint }
}

/// Stores of Java and Windows, by their first octets.
fn key_store(bytes: &[u8]) -> Option<Item> {
    if bytes.starts_with(&[0xce, 0xce, 0xce, 0xce]) {
        let hint = Some("keytool -list -v -storetype JCEKS -keystore FILE");
        let content = Content::Other { what: "a Java key store (JCEKS)".to_owned(), hint };
        return Some(Item::new(content, Form::Der, None));
    }
    store::closed(bytes)
}

/// DER values that stand one after another, as some tools write chains. What follows the last one
/// and is none is remarked upon, not looked at.
fn der_values(bytes: &[u8], form: Form, now: Now) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = bytes;
    while let Some(value) = first_value(rest).filter(|value| items.is_empty() || shape(value) != Shape::Unknown) {
        items.extend(of_der(value, form, now));
        rest = rest.get(value.len()..).unwrap_or(&[]);
    }
    let Some(last) = items.last_mut() else { return vec![of_unknown_shape(bytes, form, now)] };
    if !rest.trim_ascii().is_empty() {
        let message = format!("{} octets follow it, which are not looked at", rest.len());
        last.remarks.push(Finding::warning("inspect.trailing_octets", message));
    }
    items
}

/// One DER value, by its shape; where the shape says nothing, by whichever reader takes it.
fn of_der(der: &[u8], form: Form, now: Now) -> Vec<Item> {
    let one = |content| vec![Item::new(content, form, None)];
    match shape(der) {
        Shape::Certificate => vec![certificate(der, form, None, now)],
        Shape::Request => vec![request(der, form, None)],
        Shape::RevocationList => vec![crl(der, form, None, now)],
        Shape::Pkcs7 => of_pkcs7(der, form, None, now),
        Shape::PrivateKeyInfo => vec![private_key(der, form, None, KeyContainer::Pkcs8, false)],
        Shape::EncryptedPrivateKeyInfo => vec![private_key(der, form, None, KeyContainer::Pkcs8, true)],
        Shape::EcPrivateKey => vec![private_key(der, form, None, KeyContainer::Sec1, false)],
        Shape::RsaPrivateKey => vec![private_key(der, form, None, KeyContainer::Pkcs1, false)],
        Shape::DsaPrivateKey => vec![private_key(der, form, None, KeyContainer::Dsa, false)],
        Shape::PublicKey => vec![public_key(der, form, None)],
        Shape::RsaPublicKey => vec![rsa_public_key(der, form, None)],
        Shape::Pkcs12 => store::closed(der).map_or_else(Vec::new, |store| vec![Item { form, ..store }]),
        Shape::OcspResponse => one(Content::Other {
            what: "an OCSP response".to_owned(),
            hint: Some("openssl ocsp -resp_text -noverify -respin FILE"),
        }),
        Shape::EcParameters => one(other("EC PARAMETERS")),
        Shape::Unknown => vec![of_unknown_shape(der, form, now)],
    }
}

fn of_unknown_shape(der: &[u8], form: Form, now: Now) -> Item {
    if let Ok(read) = encoding::certificate::read(der) {
        return of_certificate(read, form, None, now);
    }
    if let Ok(read) = encoding::request::read(der) {
        return of_request(read, form, None);
    }
    if let Ok(read) = encoding::revocation::read(der) {
        return of_crl(read, form, None, now);
    }
    let cut_off = first_value(der).is_none();
    let reason = if cut_off {
        "it is cut off, or its lengths are wrong"
    } else {
        "it has the form of nothing that is read here"
    };
    unreadable("DER value".to_owned(), &ReadError { what: "DER value", reason: reason.to_owned() }, form, None)
}

/// A certificate, readable or not.
pub(super) fn certificate(der: &[u8], form: Form, label: Option<String>, now: Now) -> Item {
    match encoding::certificate::read(der) {
        Ok(read) => of_certificate(read, form, label, now),
        Err(error) => unreadable("certificate".to_owned(), &error, form, label),
    }
}

fn of_certificate(
    read: crate::words::x509::certificate::Certificate,
    form: Form,
    label: Option<String>,
    now: Now,
) -> Item {
    let report = CertificateReport::of(read, now);
    let remarks = report.remarks();
    Item { remarks, ..Item::new(Content::Certificate(Box::new(report)), form, label) }
}

fn request(der: &[u8], form: Form, label: Option<String>) -> Item {
    match encoding::request::read(der) {
        Ok(read) => of_request(read, form, label),
        Err(error) => unreadable("certification request".to_owned(), &error, form, label),
    }
}

fn of_request(read: crate::words::x509::request::Request, form: Form, label: Option<String>) -> Item {
    let report = RequestReport::of(read);
    let remarks = report.remarks();
    Item { remarks, ..Item::new(Content::Request(Box::new(report)), form, label) }
}

fn crl(der: &[u8], form: Form, label: Option<String>, now: Now) -> Item {
    match encoding::revocation::read(der) {
        Ok(read) => of_crl(read, form, label, now),
        Err(error) => unreadable("CRL".to_owned(), &error, form, label),
    }
}

fn of_crl(read: crate::words::x509::revocation::RevocationList, form: Form, label: Option<String>, now: Now) -> Item {
    let report = CrlReport::of(read, now);
    let remarks = report.remarks();
    Item { remarks, ..Item::new(Content::Crl(Box::new(report)), form, label) }
}

/// A private key. `expected` is what its label says; its shape says it again.
pub(super) fn private_key(
    der: &[u8],
    form: Form,
    label: Option<String>,
    expected: KeyContainer,
    encrypted: bool,
) -> Item {
    let seen = match shape(der) {
        Shape::PrivateKeyInfo | Shape::EncryptedPrivateKeyInfo => Some(KeyContainer::Pkcs8),
        Shape::EcPrivateKey => Some(KeyContainer::Sec1),
        Shape::RsaPrivateKey => Some(KeyContainer::Pkcs1),
        Shape::DsaPrivateKey => Some(KeyContainer::Dsa),
        _ => None,
    };
    // OpenSSL's old encryption (`Proc-Type: 4,ENCRYPTED`) leaves no shape; encrypted PKCS#8 has one.
    let traditional = encrypted && form == Form::Pem && label.as_deref() != Some("ENCRYPTED PRIVATE KEY");
    if seen.is_none() && !traditional {
        let error = ReadError::new("private key", "it is not of the form of any private key");
        return unreadable("private key".to_owned(), &error, form, label);
    }
    let container = seen.unwrap_or(expected);
    let key_form = match container {
        KeyContainer::Pkcs8 => Some(KeyForm::Pkcs8),
        KeyContainer::Sec1 => Some(KeyForm::Sec1),
        KeyContainer::Pkcs1 => Some(KeyForm::Pkcs1),
        KeyContainer::Dsa => None,
    };
    let encrypted = encrypted || shape(der) == Shape::EncryptedPrivateKeyInfo;
    let opened = key_form.filter(|_| !encrypted).and_then(|form| PrivateKey::from_der(form, der).ok());
    let public_key = opened.map(|key| PublicKeyReport::of(key.public_key()));
    let protection = if traditional { Some("traditional (MD5, weak)".to_owned()) } else { key_parts::protection(der) };
    let report = PrivateKeyReport {
        container,
        encrypted,
        protection: protection.filter(|_| encrypted),
        algorithm: public_key.as_ref().map(|key| key.algorithm.clone()).or_else(|| match (encrypted, container) {
            (true, _) => None,
            (false, KeyContainer::Dsa) => Some("DSA".to_owned()),
            (false, _) => key_parts::algorithm(der),
        }),
        public_key,
        sealed: (shape(der) == Shape::EncryptedPrivateKeyInfo).then(|| Sealed(der.to_vec())),
    };
    Item::new(Content::PrivateKey(report), form, label)
}

fn public_key(der: &[u8], form: Form, label: Option<String>) -> Item {
    of_public_key(encoding::public_key_from_spki(der), form, label)
}

fn rsa_public_key(der: &[u8], form: Form, label: Option<String>) -> Item {
    of_public_key(key_parts::rsa_public_key(der), form, label)
}

fn of_public_key(read: Result<PublicKey, ReadError>, form: Form, label: Option<String>) -> Item {
    match read {
        Ok(key) => Item::new(Content::PublicKey(PublicKeyReport::of(&key)), form, label),
        Err(error) => unreadable("public key".to_owned(), &error, form, label),
    }
}

fn of_pkcs7(der: &[u8], form: Form, label: Option<String>, now: Now) -> Vec<Item> {
    let carried = match pkcs7::read(der) {
        Ok(carried) => carried,
        Err(error) => return vec![unreadable("PKCS#7 file".to_owned(), &error, form, label)],
    };
    let content = Content::Pkcs7 { certificates: carried.certificates.len(), crls: carried.crls.len() };
    let container = Item::new(content, form, label);
    let certificates = carried.certificates.iter().map(|der| certificate(der, Form::Pkcs7, None, now));
    let crls = carried.crls.iter().map(|der| crl(der, Form::Pkcs7, None, now));
    [container].into_iter().chain(certificates).chain(crls).collect()
}

fn unreadable(what: String, error: &ReadError, form: Form, label: Option<String>) -> Item {
    Item::new(Content::Unreadable { what, reason: escaped(&error.reason) }, form, label)
}

/// DER in base64 as configuration files carry it: nothing but its alphabet and white space.
fn bare_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let plain: Vec<u8> = bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    BASE64.decode(&plain).ok().filter(|der| der.first() == Some(&0x30))
}

/// Whether a file that begins so may be something that is read here.
pub(in crate::examine) fn begins_as_known(head: &[u8]) -> bool {
    let is_der = head.first() == Some(&0x30) && !is_text(head);
    pem::is_pem(head) || is_der || key_store(head).is_some()
}

/// Whether a person can read it: the octet that DER begins with is the digit 0, and so do the numbers that other CAs
/// keep in files. Whatever is signed has control characters in its lengths, its tags or its signature.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace()))
}

/// What a file is that holds nothing we know.
fn nothing_known(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "text in UTF-16, which no TLS software reads (save it as UTF-8)",
        _ if bytes.starts_with(b"ssh-") || bytes.starts_with(b"ecdsa-sha2-") => {
            "an SSH public key, which TLS does not use"
        }
        _ if bytes.starts_with(b"PuTTY-User-Key-File") => "a PuTTY key, which TLS does not use",
        _ if bytes.starts_with(b"PK\x03\x04") => "a ZIP archive",
        _ if bytes.starts_with(&[0x1f, 0x8b]) => "compressed with gzip",
        _ if std::str::from_utf8(bytes).is_ok() => "text without any `-----BEGIN` line",
        _ => "binary data that is not DER",
    }
}
