//! Distinguished names (RFC 5280 section 4.1.2.4): read with every string type kept, written with
//! the types that the attribute asks for.

use der::asn1::{AnyRef, Ia5StringRef, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};

use super::der_tree::{children, sequence, wrap};
use super::{ReadError, WriteError, oid as oids};
use crate::words::x509::name::{Attribute, AttributeValue, Name, Rdn};
use crate::words::x509::oid::{self, Oid};

/// Reads the DER of a Name.
///
/// # Errors
/// Where it is not a sequence of sets of attributes.
pub fn read(der: &[u8]) -> Result<Name, ReadError> {
    let refuse = |error: der::Error| ReadError::new("distinguished name", error);
    let mut rdns = Vec::new();
    for set in sequence(der).map_err(refuse)? {
        set.tag().assert_eq(Tag::Set).map_err(refuse)?;
        let mut rdn = Rdn::new();
        for attribute in children(set).map_err(refuse)? {
            rdn.push(read_attribute(attribute)?);
        }
        rdns.push(rdn);
    }
    Ok(Name::from_encoding(rdns, der.to_vec()))
}

fn read_attribute(value: AnyRef<'_>) -> Result<Attribute, ReadError> {
    let refuse = |error: der::Error| ReadError::new("distinguished name", error);
    if let Some(attribute) = universal_string(value) {
        return Ok(attribute);
    }
    let parts = children(value).map_err(refuse)?;
    let [kind, value] = parts.as_slice() else {
        return Err(ReadError::new("distinguished name", "an attribute is a type and a value"));
    };
    let kind = oids::from_der(kind.decode_as::<ObjectIdentifier>().map_err(refuse)?);
    let der = value.to_der().map_err(refuse)?;
    Ok(Attribute { kind, value: AttributeValue::Read { text: text(*value), der } })
}

/// An attribute whose value is a UniversalString, four octets for each character: a type that RFC 5280 section
/// 4.1.2.4 has for old names, and that `der` does not know.
fn universal_string(attribute: AnyRef<'_>) -> Option<Attribute> {
    let mut reader = SliceReader::new(attribute.value()).ok()?;
    let kind = ObjectIdentifier::decode(&mut reader).ok()?;
    let der = reader.read_slice(reader.remaining_len()).ok()?;
    let [UNIVERSAL_STRING, behind @ ..] = der else { return None };
    // Length and octets are read as those of an octet string.
    let as_octets = [&[OCTET_STRING], behind].concat();
    let octets = AnyRef::from_der(&as_octets).ok()?.value();
    let character = |four: &[u8]| char::from_u32(four.iter().fold(0, |code, octet| code << 8 | u32::from(*octet)));
    let text = if octets.len() % 4 == 0 { octets.chunks_exact(4).map(character).collect() } else { None };
    Some(Attribute { kind: oids::from_der(kind), value: AttributeValue::Read { text, der: der.to_vec() } })
}

/// X.680 table 1.
const UNIVERSAL_STRING: u8 = 0x1c;
const OCTET_STRING: u8 = 0x04;

/// What the string type of this tag is called (X.680 table 8).
#[must_use]
pub(super) const fn string_type(tag: Tag) -> &'static str {
    match tag {
        Tag::Utf8String => "UTF8String",
        Tag::PrintableString => "PrintableString",
        Tag::Ia5String => "IA5String",
        Tag::NumericString => "NumericString",
        Tag::VisibleString => "VisibleString",
        Tag::TeletexString => "TeletexString",
        Tag::BmpString => "BMPString",
        _ => "no string type",
    }
}

/// The string type that the value of an attribute is or would be written in.
#[must_use]
pub fn written_as(attribute: &Attribute) -> &'static str {
    match &attribute.value {
        AttributeValue::Read { der, .. } if der.first() == Some(&UNIVERSAL_STRING) => "UniversalString",
        AttributeValue::Read { der, .. } => {
            AnyRef::from_der(der).map_or("no string type", |value| string_type(value.tag()))
        }
        AttributeValue::Text(_) => string_type(type_for(&attribute.kind)),
    }
}

/// The octets of the value of an attribute that was read.
#[must_use]
pub fn octets(attribute: &Attribute) -> &[u8] {
    match &attribute.value {
        AttributeValue::Read { der, .. } => AnyRef::from_der(der).map_or(&[], AnyRef::value),
        AttributeValue::Text(text) => text.as_bytes(),
    }
}

/// The text of a string of any of the types that names are written in (RFC 5280 section 4.1.2.4).
pub(super) fn text(value: AnyRef<'_>) -> Option<String> {
    let octets = value.value();
    let from_units = |units: Vec<u16>| String::from_utf16(&units).ok();
    match value.tag() {
        Tag::Utf8String => String::from_utf8(octets.to_vec()).ok(),
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            octets.is_ascii().then(|| octets.iter().map(|octet| char::from(*octet)).collect())
        }
        // T61String is read as Latin-1, as OpenSSL and GnuTLS do.
        Tag::TeletexString => Some(octets.iter().map(|octet| char::from(*octet)).collect()),
        Tag::BmpString if octets.len() % 2 == 0 => from_units(
            octets
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet)))
                .collect(),
        ),
        _ => None,
    }
}

/// Writes a Name. Values that were read keep their exact DER; text that we make becomes
/// UTF8String, but PrintableString for a country or serial number and IA5String for a domain
/// component or e-mail address (RFC 5280 appendix A.1).
///
/// # Errors
/// Where a value does not fit its string type.
pub fn encode(rdns: &[Rdn]) -> Result<Name, WriteError> {
    let refuse = |error: der::Error| WriteError::new("distinguished name", error);
    let mut content = Vec::new();
    let mut kept = Vec::new();
    for rdn in rdns {
        let mut set: SetOfVec<der::asn1::Any> = SetOfVec::new();
        for attribute in rdn {
            let mut pair = oids::to_der(&attribute.kind)?.to_der().map_err(refuse)?;
            pair.extend_from_slice(&encode_value(attribute)?);
            let pair = wrap(Tag::Sequence, &pair).map_err(refuse)?;
            set.insert(der::asn1::Any::from_der(&pair).map_err(refuse)?).map_err(refuse)?;
        }
        content.extend_from_slice(&set.to_der().map_err(refuse)?);
        kept.push(rdn.clone());
    }
    Ok(Name::from_encoding(kept, wrap(Tag::Sequence, &content).map_err(refuse)?))
}

fn encode_value(attribute: &Attribute) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| {
        let kind = attribute.kind.shown();
        WriteError::new("distinguished name", format!("the value of `{kind}` does not fit its string type: {error}"))
    };
    let text = match &attribute.value {
        AttributeValue::Read { der, .. } => return Ok(der.clone()),
        AttributeValue::Text(text) => text,
    };
    let kind = &attribute.kind;
    let encoded = match type_for(kind) {
        Tag::PrintableString => PrintableStringRef::new(text).and_then(|value| value.to_der()),
        Tag::Ia5String => Ia5StringRef::new(text).and_then(|value| value.to_der()),
        _ => Utf8StringRef::new(text).and_then(|value| value.to_der()),
    };
    encoded.map_err(refuse)
}

/// The string type in which we write an attribute: RFC 5280 appendix A.1 fixes that of some.
fn type_for(kind: &Oid) -> Tag {
    if [oid::COUNTRY, oid::SERIAL_NUMBER, oid::DN_QUALIFIER].contains(kind) {
        Tag::PrintableString
    } else if [oid::DOMAIN_COMPONENT, oid::EMAIL_ADDRESS].contains(kind) {
        Tag::Ia5String
    } else {
        Tag::Utf8String
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::name_text::NameText;

    #[test]
    fn text_is_encoded_in_the_string_types_of_rfc_5280() {
        let name: NameText = "CN=a,C=DE,DC=x".parse().unwrap();
        let encoded = encode(name.rdns()).unwrap();
        // By hand from X.690 and RFC 5280 appendix A.1: DC as IA5String (16), C as PrintableString
        // (13), CN as UTF8String (0c).
        let by_hand = "302c3111300f060a0992268993f22c6401191601783\
                       10b300906035504061302444531\
                       0a300806035504030c0161";
        let by_hand: String = by_hand.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(data_encoding::HEXLOWER.encode(encoded.der()).len(), by_hand.len());
        assert_eq!(data_encoding::HEXLOWER.encode(encoded.der()), by_hand);
        assert_eq!(read(encoded.der()).unwrap().rfc4514(), "CN=a,C=DE,DC=x");
    }

    #[test]
    fn foreign_string_types_survive_the_round() {
        // CN as BMPString "é", T61String "é" and UniversalString "é".
        for value in [&[0x1e, 2, 0, 0xe9][..], &[0x14, 1, 0xe9], &[0x1c, 4, 0, 0, 0, 0xe9]] {
            let pair = [&[0x06, 3, 0x55, 4, 3], value].concat();
            let sequence = wrap(Tag::Sequence, &pair).unwrap();
            let der = wrap(Tag::Sequence, &wrap(Tag::Set, &sequence).unwrap()).unwrap();
            let name = read(&der).unwrap();
            assert_eq!(name.common_name(), Some("é"));
            assert_eq!(encode(name.rdns()).unwrap().der(), der);
        }
    }
}
