//! The two callbacks by which rustls asks about certificates, answered by writing down what came.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use super::Checked;
use crate::encoding::certificate;

/// What was written down.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) handshake_signature: Option<Checked>,
    pub(super) requested: bool,
    pub(super) presented: bool,
    pub(super) acceptable_cas: Vec<Vec<u8>>,
}

/// Takes every certificate and notes it; checks handshake signatures, and notes the result too, so
/// that a server with a key that we do not verify is still shown.
#[derive(Debug)]
pub(super) struct Recorder {
    provider: Arc<CryptoProvider>,
    identity: Option<Arc<CertifiedKey>>,
    notes: Mutex<Notes>,
}

impl Recorder {
    pub(super) fn new(provider: Arc<CryptoProvider>, identity: Option<Arc<CertifiedKey>>) -> Self {
        Self { provider, identity, notes: Mutex::new(Notes::default()) }
    }

    /// What was noted so far.
    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_signature(&self, checked: Result<HandshakeSignatureValid, String>) -> HandshakeSignatureValid {
        self.notes().handshake_signature = Some(match checked {
            Ok(_) => Checked::Holds,
            Err(reason) => Checked::Fails(reason),
        });
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.notes().chain = [end_entity].into_iter().chain(intermediates).map(|der| der.to_vec()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let checked = verify_tls12_signature(message, cert, dss, algorithms).map_err(|error| error.to_string());
        Ok(self.note_signature(checked))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        // By the key alone: rustls would not even read a version 1 certificate.
        let checked = certificate::read(cert).map_err(|error| error.to_string()).and_then(|read| {
            let spki = SubjectPublicKeyInfoDer::from(read.public_key().spki());
            verify_tls13_signature_with_raw_key(message, &spki, dss, algorithms).map_err(|error| error.to_string())
        });
        Ok(self.note_signature(checked))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(&self, root_hint_subjects: &[&[u8]], _sigschemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let mut notes = self.notes();
        notes.requested = true;
        notes.presented = self.identity.is_some();
        notes.acceptable_cas = root_hint_subjects.iter().map(|subject| subject.to_vec()).collect();
        self.identity.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
