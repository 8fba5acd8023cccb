//! Whether the bytes say what was meant: every part of the content, compared with a second
//! reading. A difference is a mistake of ours, and is never signed.

use crate::encoding::certificate::Content;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::NameConstraints;
use crate::words::x509::extension::ExtensionBody;
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::oid;
use crate::words::x509::serial::Serial;
use crate::words::x509::usage::KeyUsages;

pub(super) fn differences(content: &Content, serial: &Serial, read: &Certificate) -> Vec<Finding> {
    // Without `..`, so that a new part is compared too.
    let Content {
        issuer,
        subject,
        validity,
        public_key,
        subject_key_identifier,
        authority_key_identifier,
        basic_constraints,
        key_usage,
        extended_key_usage,
        sans,
        name_constraints,
        crl_urls,
        ocsp_urls,
        issuer_urls,
        policies,
        ocsp_no_check,
        signature_algorithm,
    } = content;
    let extensions = read.extensions();
    let no_constraints = NameConstraints::default();
    let names: Vec<GeneralName> = sans.iter().map(GeneralName::from).collect();
    let urls = urls(read);
    let same = [
        ("serial number", read.serial() == serial),
        ("issuer", read.issuer().der() == issuer.der()),
        ("subject", read.subject().der() == subject.der()),
        ("validity", read.validity() == *validity),
        ("public key", read.public_key().spki() == public_key.spki()),
        ("signature algorithm", read.inner_signature_algorithm().oid == signature_algorithm.oid()),
        ("subject key identifier", extensions.subject_key_identifier() == Some(subject_key_identifier)),
        (
            "authority key identifier",
            extensions.authority_key_identifier().and_then(|aki| aki.key_identifier.as_ref())
                == Some(authority_key_identifier),
        ),
        ("basic constraints", extensions.basic_constraints() == Some(basic_constraints)),
        ("key usage", extensions.key_usage().copied().unwrap_or(KeyUsages::NONE) == *key_usage),
        (
            "extended key usage",
            extensions.extended_key_usage().map(Vec::as_slice).unwrap_or_default() == extended_key_usage.as_slice(),
        ),
        ("subject alternative names", extensions.subject_alt_names() == names.as_slice()),
        ("name constraints", extensions.name_constraints().unwrap_or(&no_constraints) == name_constraints),
        ("CRL distribution points", urls.crl == *crl_urls),
        ("OCSP responders", urls.ocsp == *ocsp_urls),
        ("issuer locations", urls.issuer == *issuer_urls),
        ("policies", certificate_policies(read) == policies.as_slice()),
        ("OCSP no check", extensions.get(&oid::OCSP_NO_CHECK).is_some() == *ocsp_no_check),
    ];
    same.into_iter()
        .filter(|(_, same)| !same)
        .map(|(what, _)| {
            Finding::error("lint.differs", format!("the encoded certificate has another {what} than was drafted"))
        })
        .collect()
}

#[derive(Default)]
struct Urls {
    crl: Vec<String>,
    ocsp: Vec<String>,
    issuer: Vec<String>,
}

fn urls(read: &Certificate) -> Urls {
    let mut urls = Urls::default();
    for extension in read.extensions() {
        match &extension.body {
            ExtensionBody::CrlDistributionPoints(points) => {
                urls.crl.extend(points.iter().flat_map(|point| &point.full_name).map(GeneralName::value));
            }
            ExtensionBody::AuthorityInfoAccess(descriptions) => {
                for description in descriptions {
                    let list = if description.method == oid::ACCESS_OCSP { &mut urls.ocsp } else { &mut urls.issuer };
                    list.push(description.location.value());
                }
            }
            _ => {}
        }
    }
    urls
}

fn certificate_policies(read: &Certificate) -> &[oid::Oid] {
    read.extensions()
        .iter()
        .find_map(|extension| match &extension.body {
            ExtensionBody::CertificatePolicies(policies) => Some(policies.as_slice()),
            _ => None,
        })
        .unwrap_or_default()
}
