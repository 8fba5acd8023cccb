//! The lines of proof, and the lines to type, that several causes have in common.

use data_encoding::HEXLOWER;

use super::case::Case;
use crate::words::typed::typed_word;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::GeneralName;

/// What a certificate is called: its subject, else its first other name, else its number.
pub(super) fn called(certificate: &Certificate) -> String {
    let subject = certificate.subject();
    if !subject.is_empty() {
        return subject.rfc4514();
    }
    let first = certificate.extensions().subject_alt_names().first();
    first.map_or_else(|| format!("serial {}", certificate.serial()), ToString::to_string)
}

/// Number and dates.
pub(super) fn dates(certificate: &Certificate) -> String {
    let validity = certificate.validity();
    format!(
        "`{}` has serial {}, and holds from {} to {}",
        called(certificate),
        certificate.serial(),
        validity.not_before,
        validity.not_after
    )
}

/// The identifier of its own key.
pub(super) fn own_key(certificate: &Certificate) -> Option<String> {
    Some(HEXLOWER.encode(certificate.extensions().subject_key_identifier()?))
}

/// The identifier of the key that it says signed it.
pub(super) fn issuers_key(certificate: &Certificate) -> Option<String> {
    Some(HEXLOWER.encode(certificate.extensions().authority_key_identifier()?.key_identifier.as_ref()?))
}

/// Who signed it, as it says itself.
pub(super) fn signed_by(certificate: &Certificate) -> String {
    let key = issuers_key(certificate)
        .map_or_else(|| "it does not name the key".to_owned(), |key| format!("authority key identifier {key}"));
    format!("`{}` says that `{}` signed it ({key})", called(certificate), certificate.issuer().rfc4514())
}

/// The CAs of a trust file.
pub(super) fn trusted(case: &Case<'_>) -> impl Iterator<Item = String> {
    const SHOWN: usize = 5;
    let more = case.trust.len().saturating_sub(SHOWN);
    let one = |ca: &Certificate| {
        let key = own_key(ca).map_or_else(String::new, |key| format!(", subject key identifier {key}"));
        format!("trusted is `{}`{key}, to {}", called(ca), ca.validity().not_after)
    };
    case.trust.iter().take(SHOWN).map(one).chain((more > 0).then(|| format!("and {more} more are trusted")))
}

/// The alternative names of a certificate.
pub(super) fn names(certificate: &Certificate) -> String {
    const SHOWN: usize = 10;
    let names = certificate.extensions().subject_alt_names();
    if names.is_empty() {
        return format!("`{}` has no alternative name", called(certificate));
    }
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    format!("`{}` names {}", called(certificate), shown.join(", "))
}

/// The line that has the certificate issued again with another key, in this role.
pub(super) fn issue_again(case: &Case<'_>, certificate: &Certificate) -> String {
    let mut line = format!("mtls-ca issue {} --profile {}", typed_word(issue_name(certificate)), case.profile());
    for name in certificate.extensions().subject_alt_names() {
        if matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_) | GeneralName::Uri(_) | GeneralName::Email(_)) {
            line.push_str(&format!(" --san {}", typed_word(name.to_string())));
        }
    }
    line
}

/// What `mtls-ca issue` would call it.
pub(super) fn issue_name(certificate: &Certificate) -> String {
    let first = || certificate.extensions().subject_alt_names().first().map(GeneralName::value);
    certificate.subject().common_name().map(str::to_owned).or_else(first).unwrap_or_else(|| "NAME".to_owned())
}

/// The file of what is presented, as it can be typed.
pub(super) fn presented_file(case: &Case<'_>) -> String {
    case.files.presented.map_or_else(|| "CERT".to_owned(), typed_word)
}

/// What is renewed: the file of what is presented, or the folder of versions that it is in.
pub(super) fn renewed(case: &Case<'_>) -> String {
    let place = case.files.presented.map(std::path::Path::new);
    let folder = place.and_then(std::path::Path::parent).filter(|folder| folder.ends_with("current"));
    folder.and_then(std::path::Path::parent).map_or_else(|| presented_file(case), typed_word)
}

/// The trust file, as it can be typed.
pub(super) fn trust_file(case: &Case<'_>) -> String {
    case.files.trust.map_or_else(|| "TRUST".to_owned(), typed_word)
}

/// The CRL file, as it can be typed.
pub(super) fn crl_file(case: &Case<'_>) -> String {
    case.files.crls.map_or_else(|| "crl.pem".to_owned(), typed_word)
}
