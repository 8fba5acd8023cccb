//! rustls' own verification of either side, with what it looked at and said taken down.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

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
        *place(&mut self.seen()) = Some(said.as_ref().map(drop).map_err(ToString::to_string));
        if self.is_lenient { Ok(said.unwrap_or(taken)) } else { said }
    }
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
        .with_crls(lists(crls))
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
        .with_crls(lists(crls))
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

fn lists(crls: &[RevocationList]) -> Vec<CertificateRevocationListDer<'static>> {
    crls.iter().map(|list| CertificateRevocationListDer::from(list.der().to_vec())).collect()
}
