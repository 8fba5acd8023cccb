//! What stands beside the policies of a certificate (RFC 5280 section 4.2.1.4): their qualifiers, which
//! validation has no use for and rules on good certificates do.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Tag, Tagged};

use super::der_tree::{children, sequence};
use super::{ReadError, name, oid as oids};
use crate::words::x509::oid::{self, Oid};

/// One policy with its qualifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInformation {
    /// Which it is.
    pub policy: Oid,
    /// What is said about it.
    pub qualifiers: Vec<Qualifier>,
}

/// What is said about a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Qualifier {
    /// Where its certification practice statement is.
    PracticeStatement,
    /// What relying parties are to be shown.
    UserNotice(UserNotice),
    /// One that section 4.2.1.4 does not know.
    Unknown(Oid),
}

/// What relying parties are to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserNotice {
    /// Whether it refers to a numbered notice elsewhere (noticeRef).
    pub has_reference: bool,
    /// The text itself (explicitText).
    pub text: Option<NoticeText>,
}

/// A text with the string type that it is written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeText {
    /// `UTF8String`, `IA5String` and so on.
    pub string_type: &'static str,
    /// The text, where its octets are valid.
    pub text: Option<String>,
}

/// Reads the value of a certificate policies extension.
///
/// # Errors
/// Where it is not the structure of section 4.2.1.4.
pub fn read(value: &[u8]) -> Result<Vec<PolicyInformation>, ReadError> {
    sequence(value).map_err(refuse)?.into_iter().map(policy).collect()
}

fn refuse(error: der::Error) -> ReadError {
    ReadError::new("list of policies", error)
}

fn policy(value: AnyRef<'_>) -> Result<PolicyInformation, ReadError> {
    let parts = children(value).map_err(refuse)?;
    let (policy, qualifiers) = match parts.as_slice() {
        [policy] => (policy, Vec::new()),
        [policy, qualifiers] => (policy, children(*qualifiers).map_err(refuse)?),
        _ => return Err(ReadError::new("list of policies", "a policy is an identifier and qualifiers")),
    };
    Ok(PolicyInformation {
        policy: oids::from_der(policy.decode_as::<ObjectIdentifier>().map_err(refuse)?),
        qualifiers: qualifiers.into_iter().map(qualifier).collect::<Result<_, _>>()?,
    })
}

fn qualifier(value: AnyRef<'_>) -> Result<Qualifier, ReadError> {
    let parts = children(value).map_err(refuse)?;
    let [kind, value] = parts.as_slice() else {
        return Err(ReadError::new("list of policies", "a qualifier is an identifier and a value"));
    };
    let kind = oids::from_der(kind.decode_as::<ObjectIdentifier>().map_err(refuse)?);
    Ok(match kind {
        kind if kind == oid::QUALIFIER_CPS => Qualifier::PracticeStatement,
        kind if kind == oid::QUALIFIER_USER_NOTICE => Qualifier::UserNotice(user_notice(*value)?),
        other => Qualifier::Unknown(other),
    })
}

fn user_notice(value: AnyRef<'_>) -> Result<UserNotice, ReadError> {
    let mut notice = UserNotice::default();
    for part in children(value).map_err(refuse)? {
        if part.tag() == Tag::Sequence {
            notice.has_reference = true;
        } else {
            notice.text = Some(NoticeText { string_type: name::string_type(part.tag()), text: name::text(part) });
        }
    }
    Ok(notice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_openssl_writes() {
        // `certificatePolicies = ia5org, 1.2.3.4, @policy` with `policyIdentifier = 1.2.3`, a `CPS.1`, and a
        // `userNotice.1` of `explicitText = UTF8:hello`, `organization = Org`, `noticeNumbers = 1`.
        let written = "304e300506032a0304304506022a03303f301c06082b060105050702011610687474703a2f2f782e6578616d70\
                       6c65301f06082b060105050702023013300a16034f726730030201010c0568656c6c6f";
        let value = data_encoding::HEXLOWER.decode(written.as_bytes()).unwrap();
        let text = NoticeText { string_type: "UTF8String", text: Some("hello".to_owned()) };
        let notice = Qualifier::UserNotice(UserNotice { has_reference: true, text: Some(text) });
        assert_eq!(
            read(&value).unwrap(),
            [
                PolicyInformation { policy: Oid::literal("1.2.3.4"), qualifiers: Vec::new() },
                PolicyInformation {
                    policy: Oid::literal("1.2.3"),
                    qualifiers: vec![Qualifier::PracticeStatement, notice],
                },
            ]
        );
        assert!(read(&value[..value.len() - 1]).is_err());
    }
}
