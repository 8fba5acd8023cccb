//! Certificates that are wrong in one way each, made by rcgen alone: nothing of this project has a say
//! in them.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlIssuingDistributionPoint, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams,
    SerialNumber,
};
use time::{Duration, OffsetDateTime};

pub use rcgen::{GeneralSubtree, NameConstraints};

/// A CA and the certificates between it and its root, its own first.
pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
    above: Vec<String>,
    serials: std::cell::Cell<u64>,
}

/// A certificate, its chain and its key.
pub struct Leaf {
    pub pem: String,
    pub between: String,
    pub key: String,
    pub serial: u64,
}

pub fn days(days: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::days(days)
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Example");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = days(-60);
    params.not_after = days(60);
    params
}

fn authority(name: &str, bend: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_after = days(600);
    bend(&mut params);
    params
}

/// RFC 7093 section 2, method 1; rcgen's own is none of the standards'.
fn identifier(key: &KeyPair) -> KeyIdMethod {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.public_key_raw());
    KeyIdMethod::PreSpecified(digest.as_ref()[..20].to_vec())
}

impl Ca {
    pub fn root(name: &str) -> Self {
        Self::root_with(name, |_| {})
    }

    pub fn root_with(name: &str, bend: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name, bend);
        let key = KeyPair::generate().unwrap();
        params.key_identifier_method = identifier(&key);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem, above: Vec::new(), serials: 100.into() }
    }

    pub fn below(&self, name: &str, bend: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name, bend);
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(SerialNumber::from(self.next()));
        let key = KeyPair::generate().unwrap();
        params.key_identifier_method = identifier(&key);
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        let above = [vec![pem.clone()], self.above.clone()].concat();
        Self { issuer: Issuer::new(params, key), pem, above, serials: 100.into() }
    }

    pub fn client(&self, bend: impl FnOnce(&mut CertificateParams)) -> Leaf {
        self.leaf("billing", &["billing.internal"], ExtendedKeyUsagePurpose::ClientAuth, bend)
    }

    pub fn server(&self, bend: impl FnOnce(&mut CertificateParams)) -> Leaf {
        self.leaf("localhost", &["localhost", "127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth, bend)
    }

    fn leaf(
        &self,
        name: &str,
        names: &[&str],
        usage: ExtendedKeyUsagePurpose,
        bend: impl FnOnce(&mut CertificateParams),
    ) -> Leaf {
        let mut params = params(name);
        let named = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        params.subject_alt_names = named.subject_alt_names;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let serial = self.next();
        params.serial_number = Some(SerialNumber::from(serial));
        bend(&mut params);
        let key = KeyPair::generate().unwrap();
        params.key_identifier_method = identifier(&key);
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        Leaf { pem, between: self.above.concat(), key: key.serialize_pem(), serial }
    }

    /// A CRL of these serial numbers, good until so many days from now.
    pub fn crl(&self, revoked: &[u64], until: i64) -> String {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: days(-2),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: days(-10),
            next_update: days(until),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None::<CrlIssuingDistributionPoint>,
            revoked_certs: revoked.collect(),
            key_identifier_method: identifier(self.issuer.key()),
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    fn next(&self) -> u64 {
        self.serials.set(self.serials.get() + 1);
        self.serials.get()
    }
}

impl Leaf {
    /// Writes `NAME.crt` (with the CAs between), `NAME-alone.crt` and `NAME.key`.
    pub fn write(&self, folder: &Path, name: &str) {
        fs::write(folder.join(format!("{name}.crt")), format!("{}{}", self.pem, self.between)).unwrap();
        fs::write(folder.join(format!("{name}-alone.crt")), &self.pem).unwrap();
        fs::write(folder.join(format!("{name}.key")), &self.key).unwrap();
    }
}
