//! rustls' own verification of either side, with what it looked at and said taken down.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, RootCertStore, SignatureScheme};

use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::revocation::RevocationList;

/// What was looked at, and what rustls said of it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What the other side presented.
    pub(super) chain: Vec<Vec<u8>>,
    /// What rustls said of the certificate.
    pub(super) certificate: Option<Result<(), String>>,
    /// What rustls said of the proof that the other side has the key.
    pub(super) proof: Option<Result<(), String>>,
}

impl Seen {
    /// The first thing that rustls minds.
    pub(super) fn objection(&self) -> Option<&str> {
        let said = [&self.certificate, &self.proof];
        said.into_iter().flatten().find_map(|said| said.as_ref().err().map(String::as_str))
    }
}

/// A verifier of rustls, watched. Where it is lenient it goes on whatever rustls says, so that the
/// other side's opinion is heard too.
#[derive(Debug)]
pub(super) struct Watched<V: ?Sized> {
    inner: Arc<V>,
    is_lenient: bool,
    seen: Mutex<Seen>,
}

impl<V: ?Sized> Watched<V> {
    pub(super) fn new(inner: Arc<V>, is_lenient: bool) -> Self {
        Self { inner, is_lenient, seen: Mutex::default() }
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_chain(&self, leaf: &CertificateDer<'_>, above: &[CertificateDer<'_>]) {
        self.seen().chain = [leaf].into_iter().chain(above).map(|der| der.to_vec()).collect();
    }

    fn note<T>(
        &self,
        said: Result<T, Error>,
        taken: T,
        place: fn(&mut Seen) -> &mut Option<Result<(), String>>,
    ) -> Result<T, Error> {
        *place(&mut self.seen()) = Some(said.as_ref().map(drop).map_err(words));
        if self.is_lenient { Ok(said.unwrap_or(taken)) } else { said }
    }
}

/// What rustls says, without the lists of numbers that it puts in braces behind some of its words.
fn words(error: &Error) -> String {
    let text = error.to_string();
    text.split_once(" {").map_or_else(|| text.clone(), |(head, _)| head.to_owned())
}

/// What the client lacks, where that is known; else rustls' own words.
pub(super) fn incompatible(error: &Error) -> String {
    let sentence = match error {
        // RFC 5246 section 7.4.1.4.1: clients older than TLS 1.2 must not name any.
        Error::PeerIncompatible(PeerIncompatible::SignatureAlgorithmsExtensionRequired) => {
            "the client names no signature algorithms, as those do that speak TLS 1.1 or older"
        }
        Error::PeerIncompatible(
            PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::SupportedVersionsExtensionRequired,
        ) => "the client speaks neither TLS 1.3 nor TLS 1.2",
        Error::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NoSignatureSchemesInCommon,
        ) => "the client and this port have no cipher suite, key exchange or signature scheme in common",
        _ => return error.to_string(),
    };
    sentence.to_owned()
}

impl ClientCertVerifier for Watched<dyn ClientCertVerifier> {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        !self.is_lenient
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.note_chain(leaf, above);
        let said = self.inner.verify_client_cert(leaf, above, now);
        self.note(said, ClientCertVerified::assertion(), |seen| &mut seen.certificate)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let said = self.inner.verify_tls12_signature(message, leaf, signed);
        self.note(said, HandshakeSignatureValid::assertion(), |seen| &mut seen.proof)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let said = self.inner.verify_tls13_signature(message, leaf, signed);
        self.note(said, HandshakeSignatureValid::assertion(), |seen| &mut seen.proof)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

impl ServerCertVerifier for Watched<dyn ServerCertVerifier> {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note_chain(leaf, above);
        let said = self.inner.verify_server_cert(leaf, above, name, ocsp, now);
        self.note(said, ServerCertVerified::assertion(), |seen| &mut seen.certificate)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let said = self.inner.verify_tls12_signature(message, leaf, signed);
        self.note(said, HandshakeSignatureValid::assertion(), |seen| &mut seen.proof)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let said = self.inner.verify_tls13_signature(message, leaf, signed);
        self.note(said, HandshakeSignatureValid::assertion(), |seen| &mut seen.proof)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// The moment that everything is judged for.
#[derive(Debug)]
pub(super) struct Moment(pub(super) Now);

impl TimeProvider for Moment {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.time().unix()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// What a rustls server would verify clients with.
pub(super) fn of_clients(
    trust: &[Certificate],
    crls: &[RevocationList],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    WebPkiClientVerifier::builder_with_provider(roots(trust), Arc::clone(provider))
        .with_crls(lists(crls, trust, provider))
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| error.to_string())
}

/// What a rustls client would verify servers with.
pub(super) fn of_servers(
    trust: &[Certificate],
    crls: &[RevocationList],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let built = WebPkiServerVerifier::builder_with_provider(roots(trust), Arc::clone(provider))
        .with_crls(lists(crls, trust, provider))
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| error.to_string())?;
    Ok(built)
}

/// Anchors that rustls cannot read are left out, as its own loader does.
fn roots(trust: &[Certificate]) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(trust.iter().map(|anchor| CertificateDer::from(anchor.der().to_vec())));
    Arc::new(store)
}

/// rustls builds no verifier where it cannot read one of the CRLs, those of version 1 for example, which
/// `openssl ca -gencrl` makes without `crl_extensions`. They are left out, so that all else is still judged.
fn lists(
    crls: &[RevocationList],
    trust: &[Certificate],
    provider: &Arc<CryptoProvider>,
) -> Vec<CertificateRevocationListDer<'static>> {
    let is_read = |list: &CertificateRevocationListDer<'static>| {
        let alone = WebPkiServerVerifier::builder_with_provider(roots(trust), Arc::clone(provider))
            .with_crls([list.clone()])
            .build();
        !matches!(alone, Err(VerifierBuilderError::InvalidCrl(_)))
    };
    crls.iter().map(|list| CertificateRevocationListDer::from(list.der().to_vec())).filter(is_read).collect()
}
