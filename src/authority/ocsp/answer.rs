//! The answer to one request.

use super::{RESPONSE_LIFETIME, Responder};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::authority::{Authority, AuthorityError};
use crate::encoding::ocsp::{request, response};
use crate::keys::Passphrase;
use crate::ledger::{Entry, State};
use crate::store::layout::IssuerNumber;
use crate::words::clock::{Now, Time};
use crate::words::x509::lifetime::Lifetime;
use crate::words::x509::ocsp::{CertId, CertStatus, NoAnswer, Nonce, OcspResponse, ResponseContent, SingleResponse};

/// What a request is answered with. Either is a response that a client understands.
#[derive(Debug)]
pub enum OcspAnswer {
    /// What is known, signed.
    Signed {
        /// The response.
        response: Box<OcspResponse>,
        /// The generation that answers.
        issuer: IssuerNumber,
        /// Whether its responder was made for this call.
        responder_is_new: bool,
    },
    /// Why nothing is said. Nobody signs that.
    Refused {
        /// As the client is told.
        why: NoAnswer,
        /// As the operator is told.
        reason: String,
        /// The response.
        der: Vec<u8>,
    },
}

impl OcspAnswer {
    /// The response in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        match self {
            Self::Signed { response, .. } => response.der(),
            Self::Refused { der, .. } => der,
        }
    }

    fn refused(why: NoAnswer, reason: impl Into<String>) -> Result<Self, AuthorityError> {
        Ok(Self::Refused { why, reason: reason.into(), der: response::no_answer(why)? })
    }
}

impl Authority {
    /// Answers an OCSP request: good, revoked (a hold is that, too) or unknown for each certificate of one
    /// generation of this CA, whichever it is. The nonce is repeated.
    ///
    /// What does not decode is answered with malformedRequest (RFC 6960 section 2.3). Certificates of
    /// other CAs, and of several generations at once, are answered with unauthorized (RFC 5019 section
    /// 2.2.3): no single responder of ours may speak for them.
    ///
    /// # Errors
    /// As [`Authority::responder`]; [`AuthorityError::BadResponse`] where the signature does not verify.
    pub fn ocsp_respond(
        &mut self,
        request: &[u8],
        lifetime: Option<Lifetime>,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<OcspAnswer, AuthorityError> {
        let question = match request::read(request) {
            Ok(question) => question,
            Err(error) => return OcspAnswer::refused(NoAnswer::MalformedRequest, error.to_string()),
        };
        let asked_for = |certificate: &crate::words::x509::certificate::Certificate| {
            question.certificates().iter().all(|asked| asked.names_issuer(certificate))
        };
        // A CA certificate that was issued anew for the same name and key is two generations with one
        // identity: both are asked, and the newest answers.
        let generations: Vec<_> =
            self.answering(act.now)?.into_iter().filter(|generation| asked_for(&generation.certificate)).collect();
        let Some(newest) = generations.last() else {
            let reason = "it does not ask about certificates of one generation of this CA, and of nobody else";
            return OcspAnswer::refused(NoAnswer::Unauthorized, reason);
        };
        let responder = self.responder(newest, passphrase, act)?;
        let numbers: Vec<IssuerNumber> = generations.iter().map(|generation| generation.number).collect();
        let mut answers = Vec::new();
        for certificate in question.certificates() {
            answers.push((certificate.clone(), self.ocsp_status(&numbers, certificate)?));
        }
        let lifetime = lifetime.unwrap_or(RESPONSE_LIFETIME);
        let response = responder.sign(answers, question.nonce().cloned(), lifetime, act.now)?;
        self.record_answer(&responder, act)?;
        Ok(OcspAnswer::Signed {
            response: Box::new(response),
            issuer: responder.number,
            responder_is_new: responder.is_new,
        })
    }

    fn ocsp_status(&self, issuers: &[IssuerNumber], asked: &CertId) -> Result<CertStatus, AuthorityError> {
        let found = self.ledger.by_serial(asked.serial())?;
        let ours = found.iter().find(|entry| issuers.contains(&entry.issuer));
        Ok(ours.map_or(CertStatus::Unknown, status_of))
    }

    pub(super) fn record_answer(&mut self, responder: &Responder, act: &Act) -> Result<(), AuthorityError> {
        let object = Object::Issuer {
            fingerprint: responder.issuer.fingerprint(),
            issuer: responder.number.to_string(),
            subject: responder.issuer.subject().rfc4514(),
        };
        Ok(self.ledger.append(&Event::new(act, Action::OcspRespond, object, Outcome::Done))?)
    }
}

/// A number that was reserved and never signed belongs to no certificate.
pub(super) fn status_of(entry: &Entry) -> CertStatus {
    match (entry.state, entry.revocation) {
        (State::Issued, _) => CertStatus::Good,
        (State::Revoked, Some(revocation)) => {
            CertStatus::Revoked { revoked_at: revocation.revoked_at, reason: revocation.reason }
        }
        (State::Pending | State::Abandoned | State::Revoked, _) => CertStatus::Unknown,
    }
}

impl Responder {
    /// Signs what is known, and believes the result only after its signature verified. The response
    /// ends with the responder's certificate at the latest.
    pub(super) fn sign(
        &self,
        answers: Vec<(CertId, CertStatus)>,
        nonce: Option<Nonce>,
        lifetime: Lifetime,
        now: Now,
    ) -> Result<OcspResponse, AuthorityError> {
        let next_update = self.end_of(lifetime, now);
        let one = |(certificate, status)| SingleResponse {
            certificate,
            status,
            this_update: now.time(),
            next_update: Some(next_update),
        };
        let content = ResponseContent {
            responder: Some(self.identifier()),
            produced_at: now.time(),
            responses: answers.into_iter().map(one).collect(),
            nonce,
        };
        let to_be_signed = response::to_be_signed(&content)?;
        let signature = self.key.sign(&to_be_signed)?;
        let algorithm = self.key.signature_algorithm();
        let response = response::assemble(&to_be_signed, algorithm, &signature, &self.certificate)?;
        let whole = response.to_be_signed() == to_be_signed && *response.content() == content;
        if whole && response.verify_signature(&self.certificate).is_ok() {
            Ok(response)
        } else {
            Err(AuthorityError::BadResponse)
        }
    }

    fn end_of(&self, lifetime: Lifetime, now: Now) -> Time {
        now.time().plus_seconds(lifetime.seconds()).min(self.certificate.validity().not_after)
    }
}
