//! Certification requests octet by octet, so that they can be as wrong as no tool makes them. Nothing of
//! the project's own encoder is in here.
#![allow(dead_code, reason = "each test uses its part")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const UTF8_STRING: u8 = 0x0c;

/// id-pkcs-9-at-extensionRequest (RFC 2985 section 5.4.2).
const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";

/// What a request is to say. Each part stands in it as it is given.
pub struct Wish {
    /// `TYPE=value`, each an RDN of its own, as UTF8String.
    pub subject: Vec<String>,
    /// `kind:value`: text as it is, or octets in hexadecimal digits for `ip`, `other` and `dirname`.
    pub sans: Vec<String>,
    /// `OID [critical] HEX`.
    pub extensions: Vec<String>,
    /// Attributes besides, `OID HEX` with the DER of one value.
    pub attributes: Vec<String>,
    /// Each in an extensionRequest of its own.
    pub scattered: bool,
    /// How much is appended to the attributes, as a value of no meaning.
    pub padding: usize,
}

/// A key with which requests prove that it is theirs.
pub struct Key {
    pair: EcdsaKeyPair,
}

/// A SubjectPublicKeyInfo that need not be of a [`Key`], and what is to stand as its signature.
pub struct Claim {
    pub spki: Vec<u8>,
    pub algorithm: String,
    pub signature: Vec<u8>,
}

impl Key {
    pub fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { pair }
    }

    pub fn spki(&self) -> Vec<u8> {
        ec_key("1.2.840.10045.3.1.7", self.pair.public_key().as_ref())
    }

    /// The request, signed.
    pub fn request(&self, wish: &Wish) -> Vec<u8> {
        self.request_for(wish, &self.spki())
    }

    /// The request for whatever key, signed with this one.
    pub fn request_for(&self, wish: &Wish, spki: &[u8]) -> Vec<u8> {
        let info = info(wish, spki);
        let signature = self.pair.sign(&SystemRandom::new(), &info).unwrap();
        assemble(&info, "1.2.840.10045.4.3.2", signature.as_ref())
    }
}

impl Claim {
    pub fn request(&self, wish: &Wish) -> Vec<u8> {
        assemble(&info(wish, &self.spki), &self.algorithm, &self.signature)
    }
}

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if length < 128 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let used: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
        out.push(0x80 | used.len() as u8);
        out.extend(used);
    }
    [out, content.to_vec()].concat()
}

pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let mut septets = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            septets.push(0x80 | (rest & 0x7f) as u8);
            rest >>= 7;
        }
        septets.reverse();
        content.extend(septets);
    }
    tlv(0x06, &content)
}

/// An elliptic curve key on a named curve (RFC 5480 section 2).
pub fn ec_key(curve: &str, point: &[u8]) -> Vec<u8> {
    key_info(&[oid("1.2.840.10045.2.1"), oid(curve)].concat(), point)
}

pub fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let numbers = [integer(modulus), integer(exponent)].concat();
    key_info(&[oid("1.2.840.113549.1.1.1"), vec![0x05, 0x00]].concat(), &tlv(SEQUENCE, &numbers))
}

pub fn ed25519_key(point: &[u8]) -> Vec<u8> {
    key_info(&oid("1.3.101.112"), point)
}

fn key_info(identifier: &[u8], bits: &[u8]) -> Vec<u8> {
    let bits = tlv(BIT_STRING, &[&[0], bits].concat());
    tlv(SEQUENCE, &[tlv(SEQUENCE, identifier), bits].concat())
}

/// A positive number, by its octets.
pub fn integer(octets: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if octets.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    tlv(INTEGER, &[sign, octets].concat())
}

pub fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn info(wish: &Wish, spki: &[u8]) -> Vec<u8> {
    let mut attributes: Vec<u8> = requested(wish).into_iter().flatten().collect();
    for attribute in &wish.attributes {
        let (kind, value) = attribute.split_once(' ').unwrap();
        attributes.extend(one_attribute(kind, &hex(value)));
    }
    if wish.padding > 0 {
        attributes.extend(one_attribute("1.2.3.4.5.6", &tlv(OCTET_STRING, &vec![0; wish.padding])));
    }
    let version = [INTEGER, 1, 0];
    tlv(SEQUENCE, &[&version[..], &subject(&wish.subject), spki, &tlv(0xa0, &attributes)].concat())
}

fn requested(wish: &Wish) -> Vec<Vec<u8>> {
    let mut extensions: Vec<Vec<u8>> = Vec::new();
    if !wish.sans.is_empty() {
        let names: Vec<u8> = wish.sans.iter().flat_map(|name| general_name(name)).collect();
        extensions.push(extension(SUBJECT_ALT_NAME, false, &tlv(SEQUENCE, &names)));
    }
    for text in &wish.extensions {
        let words: Vec<&str> = text.split(' ').collect();
        let (kind, value) = (words[0], hex(words.last().unwrap()));
        extensions.push(extension(kind, words.contains(&"critical"), &value));
    }
    let list = |extensions: &[u8]| one_attribute(EXTENSION_REQUEST, &tlv(SEQUENCE, extensions));
    match wish.scattered {
        true => extensions.iter().map(|extension| list(extension)).collect(),
        false if extensions.is_empty() => Vec::new(),
        false => vec![list(&extensions.concat())],
    }
}

fn one_attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[oid(kind), tlv(SET, value)].concat())
}

fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[0x01, 0x01, 0xff] } else { &[] };
    tlv(SEQUENCE, &[oid(kind).as_slice(), flag, &tlv(OCTET_STRING, value)].concat())
}

/// The context tags of RFC 5280 section 4.2.1.6.
fn general_name(text: &str) -> Vec<u8> {
    let (kind, value) = text.split_once(':').unwrap();
    match kind {
        "other" => tlv(0xa0, &hex(value)),
        "email" => tlv(0x81, value.as_bytes()),
        "dns" => tlv(0x82, value.as_bytes()),
        "dirname" => tlv(0xa4, &hex(value)),
        "uri" => tlv(0x86, value.as_bytes()),
        "ip" => tlv(0x87, &hex(value)),
        other => panic!("no kind of name is called {other}"),
    }
}

fn subject(attributes: &[String]) -> Vec<u8> {
    let rdn = |text: &String| {
        let (kind, value) = text.split_once('=').unwrap();
        let kind = match kind {
            "CN" => "2.5.4.3",
            "O" => "2.5.4.10",
            "OU" => "2.5.4.11",
            "C" => "2.5.4.6",
            "emailAddress" => "1.2.840.113549.1.9.1",
            dotted => dotted,
        };
        tlv(SET, &tlv(SEQUENCE, &[oid(kind), tlv(UTF8_STRING, value.as_bytes())].concat()))
    };
    tlv(SEQUENCE, &attributes.iter().flat_map(rdn).collect::<Vec<u8>>())
}

fn assemble(info: &[u8], algorithm: &str, signature: &[u8]) -> Vec<u8> {
    // RSA names its algorithm with a NULL (RFC 4055 section 5), the others without.
    let null: &[u8] = if algorithm.starts_with("1.2.840.113549.1.1.") { &[0x05, 0x00] } else { &[] };
    let algorithm = tlv(SEQUENCE, &[oid(algorithm).as_slice(), null].concat());
    let signature = tlv(BIT_STRING, &[&[0], signature].concat());
    tlv(SEQUENCE, &[info, &algorithm, &signature].concat())
}
