//! OCSPResponse (RFC 6960 section 4.2.1).

use der::asn1::{AnyRef, GeneralizedTime, ObjectIdentifier};
use der::{DateTime, Decode, Encode, Tag, Tagged};

use super::{cert_id, explicit, extensions, nonce, oid_der, sequence_of, wrapped, write_nonce};
use crate::encoding::certificate::{self, algorithm_identifier, identifier_from_der};
use crate::encoding::der_tree::{children, context_tag, range_within, sequence, single};
use crate::encoding::{ReadError, WriteError, oid as oids};
use crate::words::clock::Time;
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::ocsp::{CertStatus, NoAnswer, OcspResponse, ResponseContent, SingleResponse};
use crate::words::x509::oid;
use crate::words::x509::reason::RevocationReason;

const WHAT: &str = "OCSP response";

/// What a responder sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A signed answer.
    Answer(Box<OcspResponse>),
    /// Why there is none.
    NoAnswer(NoAnswer),
}

/// Reads one response from DER, all of it. Its signature is not checked here.
///
/// # Errors
/// Where it is not the structure of RFC 6960 section 4.2.1.
pub fn read(der: &[u8]) -> Result<Response, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let parts = sequence(der).map_err(refuse)?;
    let (status, bytes) = match parts.as_slice() {
        [status] => (status, None),
        [status, bytes] if context_tag(*bytes) == Some(0) => (status, Some(bytes)),
        _ => return Err(ReadError::new(WHAT, "it is a status and perhaps an answer")),
    };
    status.tag().assert_eq(Tag::Enumerated).map_err(refuse)?;
    match (status.value(), bytes) {
        ([0], Some(bytes)) => answer(der, *bytes).map(|answer| Response::Answer(Box::new(answer))),
        ([code], None) => {
            let found = NoAnswer::ALL.into_iter().find(|(_, number)| number == code);
            found.map(|(why, _)| Response::NoAnswer(why)).ok_or_else(|| ReadError::new(WHAT, "its status is unknown"))
        }
        _ => Err(ReadError::new(WHAT, "its status and its content do not fit")),
    }
}

/// ResponseBytes with a BasicOCSPResponse.
fn answer(der: &[u8], bytes: AnyRef<'_>) -> Result<OcspResponse, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let parts = sequence(bytes.value()).map_err(refuse)?;
    let [kind, response] = parts.as_slice() else { return Err(ReadError::new(WHAT, "it has no typed answer")) };
    if oids::from_der(kind.decode_as::<ObjectIdentifier>().map_err(refuse)?) != oid::OCSP_BASIC {
        return Err(ReadError::new(WHAT, "it is not of the basic type"));
    }
    response.tag().assert_eq(Tag::OctetString).map_err(refuse)?;
    let basic = single(response.value()).map_err(refuse)?;
    let parts = children(basic).map_err(refuse)?;
    let (data, algorithm, signature, certificates) = match parts.as_slice() {
        [data, algorithm, signature] => (*data, *algorithm, *signature, Vec::new()),
        [data, algorithm, signature, list] if context_tag(*list) == Some(0) => {
            let list = sequence(list.value()).map_err(refuse)?;
            let certificate = |one: AnyRef<'_>| certificate::read(&one.to_der().map_err(refuse)?);
            (*data, *algorithm, *signature, list.into_iter().map(certificate).collect::<Result<_, _>>()?)
        }
        _ => return Err(ReadError::new(WHAT, "it is not signed data")),
    };
    // What is signed is the whole of the first part, its header included.
    let outer = range_within(der, basic.value());
    let inner = range_within(der, data.value());
    let (Some(outer), Some(inner)) = (outer, inner) else { return Err(ReadError::new(WHAT, "it has no signed part")) };
    signature.tag().assert_eq(Tag::BitString).map_err(refuse)?;
    let Some((0, signature)) = signature.value().split_first().map(|(unused, octets)| (*unused, octets)) else {
        return Err(ReadError::new(WHAT, "its signature is not whole octets"));
    };
    Ok(OcspResponse {
        der: der.to_vec(),
        to_be_signed: outer.start..inner.end,
        content: content(data)?,
        signature_algorithm: identifier_from_der(algorithm)?,
        signature: signature.to_vec(),
        certificates,
    })
}

/// ResponseData.
fn content(data: AnyRef<'_>) -> Result<ResponseContent, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let parts = children(data).map_err(refuse)?;
    let parts = match parts.as_slice() {
        [version, rest @ ..] if context_tag(*version) == Some(0) => rest,
        all => all,
    };
    let (responder, produced_at, list, further) = match parts {
        [responder, at, list] => (responder, at, list, None),
        [responder, at, list, further] if context_tag(*further) == Some(1) => (responder, at, list, Some(*further)),
        _ => return Err(ReadError::new(WHAT, "it is not by whom, when and what")),
    };
    let responder = match context_tag(*responder) {
        Some(1) => None,
        Some(2) => Some(single(responder.value()).map_err(refuse)?.value().to_vec()),
        _ => return Err(ReadError::new(WHAT, "it does not say who answers")),
    };
    Ok(ResponseContent {
        responder,
        produced_at: time(*produced_at)?,
        responses: children(*list).map_err(refuse)?.into_iter().map(one).collect::<Result<_, _>>()?,
        nonce: further.map_or(Ok(None), |further| nonce(&extensions(further, WHAT)?, WHAT))?,
    })
}

/// SingleResponse.
fn one(value: AnyRef<'_>) -> Result<SingleResponse, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let parts = children(value).map_err(refuse)?;
    let [certificate, status, this_update, rest @ ..] = parts.as_slice() else {
        return Err(ReadError::new(WHAT, "an answer is which, what and when"));
    };
    let mut next_update = None;
    for part in rest {
        match context_tag(*part) {
            Some(0) => next_update = Some(time(single(part.value()).map_err(refuse)?)?),
            Some(1) => drop(extensions(*part, WHAT)?),
            _ => return Err(ReadError::new(WHAT, "an answer has a part that is not known")),
        }
    }
    Ok(SingleResponse {
        certificate: cert_id::read(*certificate)?,
        status: match context_tag(*status) {
            Some(0) => CertStatus::Good,
            Some(1) => revoked(*status)?,
            Some(2) => CertStatus::Unknown,
            _ => return Err(ReadError::new(WHAT, "a status is none of the three")),
        },
        this_update: time(*this_update)?,
        next_update,
    })
}

/// RevokedInfo.
fn revoked(value: AnyRef<'_>) -> Result<CertStatus, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let parts = children(value).map_err(refuse)?;
    let (revoked_at, reason) = match parts.as_slice() {
        [at] => (time(*at)?, None),
        [at, reason] if context_tag(*reason) == Some(0) => (time(*at)?, Some(single(reason.value()).map_err(refuse)?)),
        _ => return Err(ReadError::new(WHAT, "a revocation is when and perhaps why")),
    };
    let reason = match reason.map(|reason| (reason.tag(), reason.value())) {
        None => RevocationReason::Unspecified,
        Some((Tag::Enumerated, [code])) => {
            RevocationReason::from_code(*code).ok_or_else(|| ReadError::new(WHAT, "an unknown reason code"))?
        }
        Some(_) => return Err(ReadError::new(WHAT, "an unknown reason code")),
    };
    Ok(CertStatus::Revoked { revoked_at, reason })
}

fn time(value: AnyRef<'_>) -> Result<Time, ReadError> {
    let der = value.to_der().map_err(|error| ReadError::new(WHAT, error))?;
    let time = GeneralizedTime::from_der(&der).map_err(|error| ReadError::new(WHAT, error))?;
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok();
    seconds.and_then(Time::from_unix).ok_or_else(|| ReadError::new(WHAT, "a time is out of range"))
}

/// The DER of the ResponseData: what the responder is to sign.
///
/// # Errors
/// Where a value cannot be encoded.
pub fn to_be_signed(content: &ResponseContent) -> Result<Vec<u8>, WriteError> {
    let ResponseContent { responder, produced_at, responses, nonce } = content;
    let responder = responder.as_deref().ok_or_else(|| WriteError::new(WHAT, "nobody is named as responder"))?;
    // RFC 5019 section 2.2.1: byKey, for it is shorter. Version 1 is the default and left out.
    let responder = explicit(2, &wrapped(Tag::OctetString, responder)?)?;
    let responses: Vec<u8> = responses.iter().map(write_one).collect::<Result<Vec<_>, _>>()?.concat();
    let further = nonce.as_ref().map_or(Ok(Vec::new()), |nonce| explicit(1, &write_nonce(nonce)?))?;
    sequence_of(&[&responder, &write_time(*produced_at)?, &wrapped(Tag::Sequence, &responses)?, &further])
}

fn write_one(one: &SingleResponse) -> Result<Vec<u8>, WriteError> {
    let SingleResponse { certificate, status, this_update, next_update } = one;
    let choice = |number: u32, constructed: bool| der::TagNumber(number).context_specific(constructed);
    let status = match status {
        CertStatus::Good => wrapped(choice(0, false), &[])?,
        CertStatus::Unknown => wrapped(choice(2, false), &[])?,
        CertStatus::Revoked { revoked_at, reason } => {
            // RFC 5280 section 5.3.1: unspecified is said by saying nothing.
            let reason = match reason {
                RevocationReason::Unspecified => Vec::new(),
                reason => explicit(0, &wrapped(Tag::Enumerated, &[reason.code()])?)?,
            };
            wrapped(choice(1, true), &[write_time(*revoked_at)?, reason].concat())?
        }
    };
    let next = next_update.map_or(Ok(Vec::new()), |next| explicit(0, &write_time(next)?))?;
    sequence_of(&[certificate.der(), &status, &write_time(*this_update)?, &next])
}

fn write_time(time: Time) -> Result<Vec<u8>, WriteError> {
    let refuse = |_| WriteError::new(WHAT, format!("the time `{time}` is out of range"));
    let seconds = u64::try_from(time.unix()).map_err(|_| WriteError::new(WHAT, "a time before 1970"))?;
    let time = DateTime::from_unix_duration(std::time::Duration::from_secs(seconds)).map_err(refuse)?;
    GeneralizedTime::from(time).to_der().map_err(refuse)
}

/// The response: what was signed, the algorithm, the signature, and the responder's certificate, which
/// clients could not find elsewhere.
///
/// # Errors
/// Where the result cannot be read back.
pub fn assemble(
    to_be_signed: &[u8],
    algorithm: SignatureAlgorithm,
    signature: &[u8],
    responder: &Certificate,
) -> Result<OcspResponse, WriteError> {
    let basic = sequence_of(&[
        to_be_signed,
        &algorithm_identifier(algorithm)?,
        &wrapped(Tag::BitString, &[&[0], signature].concat())?,
        &explicit(0, &sequence_of(&[responder.der()])?)?,
    ])?;
    let bytes = sequence_of(&[&oid_der(&oid::OCSP_BASIC)?, &wrapped(Tag::OctetString, &basic)?])?;
    let der = sequence_of(&[&wrapped(Tag::Enumerated, &[0])?, &explicit(0, &bytes)?])?;
    match read(&der) {
        Ok(Response::Answer(answer)) => Ok(*answer),
        Ok(Response::NoAnswer(_)) => Err(WriteError::new(WHAT, "it does not read back as an answer")),
        Err(error) => Err(WriteError::new(WHAT, error.reason)),
    }
}

/// The DER of a response that says why there is no answer.
///
/// # Errors
/// Never, as long as one octet fits.
pub fn no_answer(why: NoAnswer) -> Result<Vec<u8>, WriteError> {
    let code = NoAnswer::ALL.into_iter().find(|(known, _)| *known == why).map_or(2, |(_, number)| number);
    sequence_of(&[&wrapped(Tag::Enumerated, &[code])?])
}
