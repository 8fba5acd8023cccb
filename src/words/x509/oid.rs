//! Object identifiers in dotted form, and the names people know them by.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// An object identifier in dotted form, such as `2.5.29.17`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Cow<'static, str>);

/// Text that is no object identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not an object identifier such as `1.3.6.1.5.5.7.3.2`")]
pub struct NotAnOid(pub String);

impl Oid {
    /// An identifier that the source itself writes down; not checked.
    #[must_use]
    pub const fn literal(dotted: &'static str) -> Self {
        Self(Cow::Borrowed(dotted))
    }

    /// The dotted form.
    #[must_use]
    pub fn dotted(&self) -> &str {
        &self.0
    }

    /// The arcs, where each fits 64 bits.
    #[must_use]
    pub fn arcs(&self) -> Option<Vec<u64>> {
        self.0.split('.').map(|arc| arc.parse().ok()).collect()
    }

    /// Those that have a name.
    pub(crate) fn known() -> impl Iterator<Item = &'static Self> {
        KNOWN.iter().map(|(oid, _)| oid)
    }

    /// The name that tools print for it: `serverAuth`, `subjectAltName`, `CN`.
    #[must_use]
    pub fn known_as(&self) -> Option<&'static str> {
        KNOWN.iter().find(|(oid, _)| oid == self).map(|(_, name)| *name)
    }

    /// That name; the dotted form where there is none.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.known_as().unwrap_or(&self.0)
    }
}

impl FromStr for Oid {
    type Err = NotAnOid;

    fn from_str(text: &str) -> Result<Self, NotAnOid> {
        let arcs: Option<Vec<u64>> = text
            .split('.')
            .map(|arc| {
                let canonical = arc == "0" || !arc.starts_with('0');
                let digits = !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit());
                if canonical && digits { arc.parse().ok() } else { None }
            })
            .collect();
        match arcs.as_deref() {
            Some([first, second, ..]) if *first < 2 && *second < 40 || matches!(arcs.as_deref(), Some([2, _, ..])) => {
                Ok(Self(Cow::Owned(text.to_owned())))
            }
            _ => Err(NotAnOid(text.to_owned())),
        }
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Oid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

macro_rules! known {
    ($($constant:ident = $dotted:literal, $name:literal;)*) => {
        $(#[doc = concat!("`", $name, "`, ", $dotted)] pub const $constant: Oid = Oid::literal($dotted);)*
        const KNOWN: &[(Oid, &str)] = &[$(($constant, $name)),*];
    };
}

known! {
    // Subject attributes: RFC 4519, RFC 5280 appendix A.1, RFC 2985.
    COMMON_NAME = "2.5.4.3", "CN";
    SURNAME = "2.5.4.4", "SN";
    SERIAL_NUMBER = "2.5.4.5", "serialNumber";
    COUNTRY = "2.5.4.6", "C";
    LOCALITY = "2.5.4.7", "L";
    STATE = "2.5.4.8", "ST";
    STREET = "2.5.4.9", "STREET";
    ORGANIZATION = "2.5.4.10", "O";
    ORGANIZATIONAL_UNIT = "2.5.4.11", "OU";
    TITLE = "2.5.4.12", "title";
    BUSINESS_CATEGORY = "2.5.4.15", "businessCategory";
    POSTAL_CODE = "2.5.4.17", "postalCode";
    NAME = "2.5.4.41", "name";
    GIVEN_NAME = "2.5.4.42", "GN";
    INITIALS = "2.5.4.43", "initials";
    DN_QUALIFIER = "2.5.4.46", "dnQualifier";
    PSEUDONYM = "2.5.4.65", "pseudonym";
    ORGANIZATION_IDENTIFIER = "2.5.4.97", "organizationIdentifier";
    USER_ID = "0.9.2342.19200300.100.1.1", "UID";
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25", "DC";
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1", "emailAddress";
    // Extensions: RFC 5280 section 4.2, RFC 6960, RFC 7633.
    SUBJECT_DIRECTORY_ATTRIBUTES = "2.5.29.9", "subjectDirectoryAttributes";
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14", "subjectKeyIdentifier";
    KEY_USAGE = "2.5.29.15", "keyUsage";
    SUBJECT_ALT_NAME = "2.5.29.17", "subjectAltName";
    ISSUER_ALT_NAME = "2.5.29.18", "issuerAltName";
    BASIC_CONSTRAINTS = "2.5.29.19", "basicConstraints";
    CRL_NUMBER = "2.5.29.20", "cRLNumber";
    REASON_CODE = "2.5.29.21", "reasonCode";
    INVALIDITY_DATE = "2.5.29.24", "invalidityDate";
    DELTA_CRL_INDICATOR = "2.5.29.27", "deltaCRLIndicator";
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28", "issuingDistributionPoint";
    CERTIFICATE_ISSUER = "2.5.29.29", "certificateIssuer";
    NAME_CONSTRAINTS = "2.5.29.30", "nameConstraints";
    CRL_DISTRIBUTION_POINTS = "2.5.29.31", "cRLDistributionPoints";
    CERTIFICATE_POLICIES = "2.5.29.32", "certificatePolicies";
    ANY_POLICY = "2.5.29.32.0", "anyPolicy";
    QUALIFIER_CPS = "1.3.6.1.5.5.7.2.1", "cps";
    QUALIFIER_USER_NOTICE = "1.3.6.1.5.5.7.2.2", "userNotice";
    POLICY_MAPPINGS = "2.5.29.33", "policyMappings";
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35", "authorityKeyIdentifier";
    POLICY_CONSTRAINTS = "2.5.29.36", "policyConstraints";
    EXTENDED_KEY_USAGE = "2.5.29.37", "extendedKeyUsage";
    FRESHEST_CRL = "2.5.29.46", "freshestCRL";
    INHIBIT_ANY_POLICY = "2.5.29.54", "inhibitAnyPolicy";
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1", "authorityInfoAccess";
    SUBJECT_INFO_ACCESS = "1.3.6.1.5.5.7.1.11", "subjectInfoAccess";
    TLS_FEATURE = "1.3.6.1.5.5.7.1.24", "tlsFeature";
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5", "ocspNoCheck";
    ACCESS_OCSP = "1.3.6.1.5.5.7.48.1", "OCSP";
    ACCESS_CA_ISSUERS = "1.3.6.1.5.5.7.48.2", "caIssuers";
    MS_CERTIFICATE_TEMPLATE_NAME = "1.3.6.1.4.1.311.20.2", "msCertificateTemplateName";
    MS_CERTIFICATE_TEMPLATE = "1.3.6.1.4.1.311.21.7", "msCertificateTemplate";
    MS_APPLICATION_POLICIES = "1.3.6.1.4.1.311.21.10", "msApplicationPolicies";
    NETSCAPE_CERT_TYPE = "2.16.840.1.113730.1.1", "nsCertType";
    NETSCAPE_COMMENT = "2.16.840.1.113730.1.13", "nsComment";
    // OCSP: RFC 6960 sections 4.2.1 and 4.4.1. The digests by which it names issuers.
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1", "ocspBasic";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2", "ocspNonce";
    SHA1 = "1.3.14.3.2.26", "SHA-1";
    SHA256 = "2.16.840.1.101.3.4.2.1", "SHA-256";
    // Extended key usages: RFC 5280 section 4.2.1.12.
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0", "anyExtendedKeyUsage";
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1", "serverAuth";
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2", "clientAuth";
    CODE_SIGNING = "1.3.6.1.5.5.7.3.3", "codeSigning";
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4", "emailProtection";
    IPSEC_END_SYSTEM = "1.3.6.1.5.5.7.3.5", "ipsecEndSystem";
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8", "timeStamping";
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9", "OCSPSigning";
    // RFC 9336 section 3.
    DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36", "documentSigning";
    MS_SMARTCARD_LOGON = "1.3.6.1.4.1.311.20.2.2", "msSmartcardLogon";
    MS_EFS = "1.3.6.1.4.1.311.10.3.4", "msEFS";
    // Attributes of a request: RFC 2985, Microsoft.
    EXTENSION_REQUEST = "1.2.840.113549.1.9.14", "extensionRequest";
    CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7", "challengePassword";
    UNSTRUCTURED_NAME = "1.2.840.113549.1.9.2", "unstructuredName";
    MS_CERT_EXTENSIONS = "1.3.6.1.4.1.311.2.1.14", "msCertExtensions";
    MS_OS_VERSION = "1.3.6.1.4.1.311.13.2.3", "msOSVersion";
    MS_ENROLLMENT_CSP = "1.3.6.1.4.1.311.13.2.2", "msEnrollmentCSP";
    MS_REQUEST_CLIENT_INFO = "1.3.6.1.4.1.311.21.20", "msRequestClientInfo";
    // Keys and signatures: RFC 3279, 4055, 5480, 8410.
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1", "rsaEncryption";
    RSA_PSS = "1.2.840.113549.1.1.10", "rsassaPss";
    MD5_WITH_RSA = "1.2.840.113549.1.1.4", "md5WithRSAEncryption";
    SHA1_WITH_RSA = "1.2.840.113549.1.1.5", "sha1WithRSAEncryption";
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11", "sha256WithRSAEncryption";
    SHA384_WITH_RSA = "1.2.840.113549.1.1.12", "sha384WithRSAEncryption";
    SHA512_WITH_RSA = "1.2.840.113549.1.1.13", "sha512WithRSAEncryption";
    SHA224_WITH_RSA = "1.2.840.113549.1.1.14", "sha224WithRSAEncryption";
    EC_PUBLIC_KEY = "1.2.840.10045.2.1", "id-ecPublicKey";
    ECDSA_WITH_SHA1 = "1.2.840.10045.4.1", "ecdsa-with-SHA1";
    ECDSA_WITH_SHA224 = "1.2.840.10045.4.3.1", "ecdsa-with-SHA224";
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2", "ecdsa-with-SHA256";
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3", "ecdsa-with-SHA384";
    ECDSA_WITH_SHA512 = "1.2.840.10045.4.3.4", "ecdsa-with-SHA512";
    P192 = "1.2.840.10045.3.1.1", "P-192";
    P224 = "1.3.132.0.33", "P-224";
    P256 = "1.2.840.10045.3.1.7", "P-256";
    P384 = "1.3.132.0.34", "P-384";
    P521 = "1.3.132.0.35", "P-521";
    SECP256K1 = "1.3.132.0.10", "secp256k1";
    ED25519 = "1.3.101.112", "Ed25519";
    ED448 = "1.3.101.113", "Ed448";
    DSA = "1.2.840.10040.4.1", "DSA";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dotted_text_and_refuses_the_rest() {
        for good in ["1.3.6.1.5.5.7.3.2", "2.5.29.17", "2.999.1", "0.9.2342.19200300.100.1.25"] {
            assert_eq!(good.parse::<Oid>().unwrap().dotted(), good);
        }
        for bad in
            ["", "1", "1.", ".1", "3.1", "1.40", "0.40", "1.03.6", "1.3.a", "1..3", "1.3.6.1.99999999999999999999999"]
        {
            assert!(bad.parse::<Oid>().is_err(), "{bad}");
        }
    }

    #[test]
    fn is_shown_by_its_name_where_it_has_one() {
        assert_eq!((SERVER_AUTH.known_as(), SERVER_AUTH.shown()), (Some("serverAuth"), "serverAuth"));
        let unknown = Oid::literal("2.999.1");
        assert_eq!((unknown.known_as(), unknown.shown()), (None, "2.999.1"));
    }
}
