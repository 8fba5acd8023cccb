//! What a rustls peer would say: rustls-webpki, asked the same question. It is another program with other
//! rules and decides nothing here; but where it differs, the reader should know.

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, CertRevocationList, EndEntityCert, Error, KeyUsage, OwnedCertRevocationList,
    RevocationOptionsBuilder, anchor_from_trusted_cert,
};

use super::question::Question;
use crate::words::x509::san::San;
use crate::words::x509::usage::Purpose;

/// What rustls says where it is not our answer; nothing for purposes that it does not know.
pub(super) fn differs(question: &Question<'_>, accepted: bool) -> Option<String> {
    let usage = match question.purpose {
        Purpose::Client => KeyUsage::client_auth(),
        Purpose::Server => KeyUsage::server_auth(),
        Purpose::Ca | Purpose::Any => return None,
    };
    match (accepted, ask(question, usage)?) {
        (true, Err(error)) => Some(format!("a rustls peer will refuse: {}", words(&error))),
        (false, Ok(())) => Some("a rustls peer will accept it: it does not look at what is refused here".to_owned()),
        (true, Ok(())) | (false, Err(_)) => None,
    }
}

/// The question as rustls puts it; `None` where it cannot even be put.
fn ask(question: &Question<'_>, usage: KeyUsage) -> Option<Result<(), Error>> {
    let der = |certificate: &crate::words::x509::certificate::Certificate| certificate.der().to_vec().into();
    let (leaf, others) = question.certificates.split_first()?;
    let leaf: CertificateDer<'_> = der(leaf);
    // Each once: webpki's search grows with the square of their number.
    let mut seen = std::collections::HashSet::new();
    let others = others.iter().chain(question.intermediates).filter(|one| seen.insert(one.der()));
    let intermediates: Vec<CertificateDer<'_>> = others.map(der).collect();
    let trusted: Vec<CertificateDer<'_>> = question.anchors.iter().map(der).collect();
    // rustls leaves out anchors that it cannot read.
    let anchors: Vec<_> = trusted.iter().filter_map(|anchor| anchor_from_trusted_cert(anchor).ok()).collect();
    let seconds = u64::try_from(question.at.time().unix()).ok()?;
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let lists: Vec<CertRevocationList<'_>> = question
        .crls
        .iter()
        .filter_map(|list| OwnedCertRevocationList::from_der(list.der()).ok().map(CertRevocationList::Owned))
        .collect();
    let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
    let revocation = RevocationOptionsBuilder::new(&lists).ok().map(RevocationOptionsBuilder::build);
    let entity = match EndEntityCert::try_from(&leaf) {
        Ok(entity) => entity,
        Err(error) => return Some(Err(error)),
    };
    let path = entity.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &intermediates, time, usage, revocation, None);
    if let Err(error) = path {
        return Some(Err(error));
    }
    for name in &question.names {
        let wanted = match name {
            San::Dns(name) => ServerName::try_from(name.as_str()).ok(),
            San::Ip(address) => Some(ServerName::from(*address)),
            San::Uri(_) | San::Email(_) => None,
        };
        if let Some(Err(error)) = wanted.map(|wanted| entity.verify_is_valid_for_subject_name(&wanted)) {
            return Some(Err(error));
        }
    }
    Some(Ok(()))
}

/// rustls' error, in words where it is a usual one.
fn words(error: &Error) -> String {
    let text = match error {
        Error::CaUsedAsEndEntity => "the certificate is a CA's",
        Error::EndEntityUsedAsCa => "a certificate that is no CA's stands above another",
        Error::NameConstraintViolation => {
            "name constraints; it takes none on URIs, so a URI among the names is refused under them"
        }
        Error::UnknownIssuer => "it finds no path to a trusted CA",
        Error::UnknownRevocationStatus => "a CA of the path has no CRL among these",
        Error::UnsupportedCertVersion => "it takes only certificates of version 3",
        Error::PathLenConstraintViolated => "a path length is used up",
        Error::MaximumPathDepthExceeded => "it follows at most six intermediates",
        other => return format!("{other:?}"),
    };
    text.to_owned()
}
