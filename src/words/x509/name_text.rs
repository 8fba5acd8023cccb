//! Distinguished names as an operator writes them: RFC 4514 text, or OpenSSL's oneline form.

use std::str::FromStr;

use thiserror::Error;

use super::name::{Attribute, Rdn, needs_hex};
use super::oid::{self, Oid};

/// A name as an operator wrote it in RFC 4514 text, not yet encoded.
///
/// ```
/// use mtls_ca::NameText;
/// let name: NameText = "CN=svc-a,OU=Payments,O=Example".parse().unwrap();
/// assert_eq!(name.rdns().len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameText(Vec<Rdn>);

/// Text that is no distinguished name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAName {
    /// An attribute without `=`.
    #[error("`{0}` is not of the form `CN=value` (RFC 4514; a comma inside a value is written `\\,`)")]
    NoEquals(String),
    /// An attribute type that nobody knows.
    #[error(
        "`{0}` is not an attribute type; known are CN, O, OU, C, ST, L, DC, STREET, UID, serialNumber, emailAddress and object identifiers"
    )]
    UnknownType(String),
    /// An attribute without a value.
    #[error("`{0}` has no value")]
    Empty(String),
    /// A backslash before something that it does not escape.
    #[error("`{0}` has a backslash that escapes nothing")]
    BadEscape(String),
    /// A value that its attribute type cannot hold.
    #[error("`{kind}={value}`: {reason}")]
    BadValue {
        /// The attribute type.
        kind: String,
        /// The value.
        value: String,
        /// What the type takes.
        reason: &'static str,
    },
}

impl NameText {
    /// A name of these attributes, one to an RDN, first one first in the encoding.
    #[must_use]
    pub fn of(attributes: Vec<Attribute>) -> Self {
        Self(attributes.into_iter().map(|attribute| vec![attribute]).collect())
    }

    /// A name of these relative distinguished names, in the order of the encoding.
    #[must_use]
    pub const fn of_rdns(rdns: Vec<Rdn>) -> Self {
        Self(rdns)
    }

    /// Its relative distinguished names, in the order of the encoding (the reverse of the text).
    #[must_use]
    pub fn rdns(&self) -> &[Rdn] {
        &self.0
    }

    /// RFC 4514: last attribute first, `CN=svc-a,O=Example`.
    #[must_use]
    pub fn rfc4514(&self) -> String {
        let rdn = |rdn: &Rdn| rdn.iter().map(Attribute::rfc4514).collect::<Vec<_>>().join("+");
        self.0.iter().rev().map(rdn).collect::<Vec<_>>().join(",")
    }

    /// Whether it names nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The attribute types that have a name in text.
const TYPES: [Oid; 21] = [
    oid::COMMON_NAME,
    oid::SURNAME,
    oid::SERIAL_NUMBER,
    oid::COUNTRY,
    oid::LOCALITY,
    oid::STATE,
    oid::STREET,
    oid::ORGANIZATION,
    oid::ORGANIZATIONAL_UNIT,
    oid::TITLE,
    oid::BUSINESS_CATEGORY,
    oid::POSTAL_CODE,
    oid::NAME,
    oid::GIVEN_NAME,
    oid::INITIALS,
    oid::DN_QUALIFIER,
    oid::PSEUDONYM,
    oid::ORGANIZATION_IDENTIFIER,
    oid::USER_ID,
    oid::DOMAIN_COMPONENT,
    oid::EMAIL_ADDRESS,
];

/// What an attribute type is called in text. RFC 4514 section 2.3: those without a name of their own, other
/// things that have an object identifier among them, go by their numbers.
pub(super) fn type_name(kind: &Oid) -> &str {
    let named = TYPES.iter().find(|known| *known == kind).and_then(Oid::known_as);
    named.unwrap_or_else(|| kind.dotted())
}

/// The attribute type that operators call by this word, in any case.
#[must_use]
pub fn attribute_kind(word: &str) -> Option<Oid> {
    let known = TYPES.into_iter().find(|kind| kind.known_as().is_some_and(|name| name.eq_ignore_ascii_case(word)));
    known.or_else(|| match word.to_ascii_lowercase().as_str() {
        "commonname" => Some(oid::COMMON_NAME),
        "organization" | "organizationname" => Some(oid::ORGANIZATION),
        "organizationalunit" | "organizationalunitname" => Some(oid::ORGANIZATIONAL_UNIT),
        "country" | "countryname" => Some(oid::COUNTRY),
        "state" | "s" | "stateorprovincename" => Some(oid::STATE),
        "locality" | "localityname" => Some(oid::LOCALITY),
        "email" | "e" => Some(oid::EMAIL_ADDRESS),
        _ => word.parse().ok(),
    })
}

impl FromStr for NameText {
    type Err = NotAName;

    /// Reads RFC 4514 (`CN=svc-a,O=Example`, most specific first) and OpenSSL's `/O=Example/CN=svc-a`.
    fn from_str(text: &str) -> Result<Self, NotAName> {
        // Trailing spaces may be escaped; `unescape` knows which are not.
        let text = text.trim_start().trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        if let Some(oneline) = text.strip_prefix('/') {
            let rdns = split_unescaped(oneline, &['/']);
            return rdns.iter().map(|rdn| parse_rdn(rdn)).collect::<Result<_, _>>().map(Self);
        }
        let mut rdns =
            split_unescaped(text, &[',', ';']).iter().map(|rdn| parse_rdn(rdn)).collect::<Result<Vec<_>, _>>()?;
        rdns.reverse();
        Ok(Self(rdns))
    }
}

fn parse_rdn(text: &str) -> Result<Rdn, NotAName> {
    split_unescaped(text, &['+']).iter().map(|attribute| parse_attribute(attribute)).collect()
}

fn parse_attribute(text: &str) -> Result<Attribute, NotAName> {
    let (word, value) = text.split_once('=').ok_or_else(|| NotAName::NoEquals(text.to_owned()))?;
    let kind = attribute_kind(word.trim()).ok_or_else(|| NotAName::UnknownType(word.trim().to_owned()))?;
    let value = unescape(value)?;
    if value.is_empty() {
        return Err(NotAName::Empty(text.trim().to_owned()));
    }
    check_value(&kind, &value).map_err(|reason| NotAName::BadValue {
        kind: word.trim().to_owned(),
        value: value.clone(),
        reason,
    })?;
    Ok(Attribute::new(kind, value))
}

/// What an attribute of this type can hold: the sizes of RFC 5280 appendix A.1, and no control
/// characters.
///
/// # Errors
/// One sentence saying what the type takes.
pub fn check_value(kind: &Oid, value: &str) -> Result<(), &'static str> {
    let length = value.chars().count();
    if value.chars().any(needs_hex) {
        return Err("control and direction characters are not allowed in names");
    }
    if *kind == oid::COUNTRY && !(length == 2 && value.bytes().all(|b| b.is_ascii_alphabetic())) {
        return Err("a country is two letters (ISO 3166)");
    }
    if (*kind == oid::DOMAIN_COMPONENT || *kind == oid::EMAIL_ADDRESS) && !value.is_ascii() {
        return Err("only ASCII is allowed here (IA5String)");
    }
    let longest = match kind {
        k if *k == oid::COMMON_NAME
            || *k == oid::ORGANIZATION
            || *k == oid::ORGANIZATIONAL_UNIT
            || *k == oid::SERIAL_NUMBER =>
        {
            64
        }
        k if *k == oid::LOCALITY || *k == oid::STATE => 128,
        k if *k == oid::EMAIL_ADDRESS => 255,
        _ => 32_768,
    };
    if length > longest {
        return Err("longer than RFC 5280 appendix A.1 allows (64 characters for CN, O and OU, 128 for L and ST)");
    }
    Ok(())
}

fn split_unescaped<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (position, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if separators.contains(&c) {
            parts.push(text.get(start..position).unwrap_or_default());
            start = position + c.len_utf8();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn unescape(value: &str) -> Result<String, NotAName> {
    let refuse = || NotAName::BadEscape(value.to_owned());
    let mut bytes = Vec::with_capacity(value.len());
    let mut protected = 0;
    let mut rest = value.trim_start().chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            let mut buffer = [0; 4];
            bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        match rest.next().ok_or_else(refuse)? {
            special @ ('"' | '+' | ',' | ';' | '<' | '>' | '\\' | '#' | '=' | ' ' | '/') => bytes.push(special as u8),
            high => {
                let low = rest.next().ok_or_else(refuse)?;
                let digits = (high.to_digit(16), low.to_digit(16));
                let (Some(high), Some(low)) = digits else { return Err(refuse()) };
                bytes.push(u8::try_from(high * 16 + low).map_err(|_| refuse())?);
            }
        }
        protected = bytes.len();
    }
    while bytes.len() > protected && bytes.last() == Some(&b' ') {
        bytes.pop();
    }
    String::from_utf8(bytes).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::name::Name;

    fn shown(text: &str) -> String {
        let name: NameText = text.parse().unwrap();
        Name::from_encoding(name.rdns().to_vec(), Vec::new()).rfc4514()
    }

    #[test]
    fn text_comes_back_as_rfc_4514_writes_it() {
        for (text, back) in [
            ("CN=svc-a,O=Example", "CN=svc-a,O=Example"),
            ("/O=Example/CN=svc-a", "CN=svc-a,O=Example"),
            ("cn = svc-a , o = Example Corp ", "CN=svc-a,O=Example Corp"),
            // RFC 4514 section 4.
            ("UID=jsmith,DC=example,DC=net", "UID=jsmith,DC=example,DC=net"),
            ("OU=Sales+CN=J.  Smith,DC=example,DC=net", "OU=Sales+CN=J.  Smith,DC=example,DC=net"),
            (r#"CN=James \"Jim\" Smith\, III,DC=example,DC=net"#, r#"CN=James \"Jim\" Smith\, III,DC=example,DC=net"#),
            (r"CN=Lu\C4\8Di\C4\87", "CN=Lučić"),
            (r"CN=\ edge\ ", r"CN=\ edge\ "),
            ("2.5.4.3=svc", "CN=svc"),
            ("1.2.3.4=x", "1.2.3.4=x"),
            // That of an extension, which has a name, but not as an attribute.
            ("2.16.840.1.113730.1.1=x", "2.16.840.1.113730.1.1=x"),
            ("", ""),
        ] {
            assert_eq!(shown(text), back, "{text}");
        }
    }

    #[test]
    fn bad_text_is_named() {
        for text in ["svc", "XX=a", "CN=", "CN=a\\", "CN=a\\zz", "C=Germany", "CN=a,,O=b", "CN=\\0A", "CN=\u{202e}abc"]
        {
            assert!(text.parse::<NameText>().is_err(), "{text}");
        }
        assert!(format!("CN={}", "x".repeat(65)).parse::<NameText>().is_err());
    }
}
