//! Distinguished names (RFC 5280 section 4.1.2.4), kept in the order, grouping and string types
//! they came in, and the text forms that people and peers read them in.

use super::name_text::type_name;
use super::oid::{self, Oid};
use std::fmt;

/// A distinguished name as it was read or encoded, with its exact DER.
#[derive(Clone)]
pub struct Name {
    rdns: Vec<Rdn>,
    der: Vec<u8>,
}

/// A relative distinguished name: one attribute, or several that belong together.
pub type Rdn = Vec<Attribute>;

/// One attribute of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type, such as [`oid::COMMON_NAME`].
    pub kind: Oid,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text that we make; how it is encoded is `encoding`'s choice (UTF8String, except where
    /// RFC 5280 appendix A.1 fixes another type).
    Text(String),
    /// A value as a file had it.
    Read {
        /// Its text, where the string type's octets are valid.
        text: Option<String>,
        /// Its exact DER, tag and length included.
        der: Vec<u8>,
    },
}

impl AttributeValue {
    /// The text, where there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Read { text, .. } => text.as_deref(),
        }
    }
}

impl Attribute {
    /// An attribute that we make.
    #[must_use]
    pub fn new(kind: Oid, text: impl Into<String>) -> Self {
        Self { kind, value: AttributeValue::Text(text.into()) }
    }

    /// `O=Example`, escaped as RFC 4514 section 2.4 says.
    #[must_use]
    pub fn rfc4514(&self) -> String {
        format!("{}={}", type_name(&self.kind), escape_value(&self.value))
    }
}

impl Name {
    /// Put together by `encoding`, which has read or written `der`.
    pub(crate) const fn from_encoding(rdns: Vec<Rdn>, der: Vec<u8>) -> Self {
        Self { rdns, der }
    }

    /// Its relative distinguished names, in the order of the file.
    #[must_use]
    pub fn rdns(&self) -> &[Rdn] {
        &self.rdns
    }

    /// Its exact DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it names nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// All attributes, in the order of the file.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.rdns.iter().flatten()
    }

    /// The text of the first common name.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.attributes().find(|attribute| attribute.kind == oid::COMMON_NAME)?.value.text()
    }

    /// RFC 4514: last attribute first, `CN=svc-a,O=Example`.
    #[must_use]
    pub fn rfc4514(&self) -> String {
        let rdn = |rdn: &Rdn| rdn.iter().map(Attribute::rfc4514).collect::<Vec<_>>().join("+");
        self.rdns.iter().rev().map(rdn).collect::<Vec<_>>().join(",")
    }

    /// OpenSSL's oneline form: first attribute first, `/O=Example/CN=svc-a`.
    #[must_use]
    pub fn oneline(&self) -> String {
        let rdn = |rdn: &Rdn| {
            let parts: Vec<String> = rdn
                .iter()
                .map(|attribute| format!("{}={}", type_name(&attribute.kind), attribute.value.text().unwrap_or("?")))
                .collect();
            format!("/{}", parts.join("+"))
        };
        self.rdns.iter().map(rdn).collect()
    }

    /// Whether both name the same entity by RFC 5280 section 7.1: same attributes in the same
    /// grouping and order, text compared without regard to case and to runs of spaces, whatever
    /// the string type.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.der == other.der
            || self.rdns.len() == other.rdns.len()
                && self.rdns.iter().zip(&other.rdns).all(|(left, right)| rdn_matches(left, right))
    }

    /// Whether it lies at or below `base` (RFC 5280 section 4.2.1.10, directoryName).
    #[must_use]
    pub fn is_within(&self, base: &Self) -> bool {
        base.rdns.len() <= self.rdns.len()
            && base.rdns.iter().zip(&self.rdns).all(|(left, right)| rdn_matches(left, right))
    }
}

/// Attributes of one RDN that are compared in any order. No real name has more than a handful; a
/// hostile one must not cost the square of its length.
const COMPARED: usize = 64;

fn rdn_matches(left: &Rdn, right: &Rdn) -> bool {
    if left.len() > COMPARED {
        return left == right;
    }
    left.len() == right.len()
        && left.iter().all(|a| right.iter().any(|b| attribute_matches(a, b)))
        && right.iter().all(|b| left.iter().any(|a| attribute_matches(a, b)))
}

fn attribute_matches(left: &Attribute, right: &Attribute) -> bool {
    left.kind == right.kind
        && match (left.value.text(), right.value.text()) {
            (Some(left), Some(right)) => prepared(left) == prepared(right),
            _ => left.value == right.value,
        }
}

/// The parts of RFC 4518's string preparation that occur in practice: case and runs of spaces.
fn prepared(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// RFC 4514 section 2.4, and what would disturb a terminal or a line besides.
fn escape_value(value: &AttributeValue) -> String {
    let Some(text) = value.text() else {
        let AttributeValue::Read { der, .. } = value else { return String::new() };
        return format!("#{}", data_encoding::HEXLOWER.encode(der));
    };
    let mut escaped = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (position, c) in text.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '#' | ' ' if position == 0 => {
                escaped.push('\\');
                escaped.push(c);
            }
            ' ' if position == last => escaped.push_str("\\ "),
            c if needs_hex(c) => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    escaped.push_str(&format!("\\{byte:02X}"));
                }
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Control characters and those that reorder or hide text: they are shown, never obeyed.
pub(crate) fn needs_hex(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl PartialEq for Name {
    /// Byte for byte; see [`Name::matches`] for the comparison of RFC 5280 section 7.1.
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Name {}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc4514())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.rfc4514())
    }
}

impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::name_text::NameText;

    #[test]
    fn comparison_follows_rfc_5280_section_7_1() {
        let name = |text: &str| {
            Name::from_encoding(text.parse::<NameText>().unwrap().rdns().to_vec(), text.as_bytes().to_vec())
        };
        assert!(name("CN=Svc  A,O=EXAMPLE").matches(&name("CN=svc a,O=Example")));
        assert!(!name("CN=a,O=b").matches(&name("O=b,CN=a")));
        assert!(!name("CN=a,O=b").matches(&name("CN=a+O=b")));
        assert!(name("CN=a,OU=x,O=b").is_within(&name("O=B")));
        assert!(!name("O=b").is_within(&name("CN=a,O=b")));
    }
}
