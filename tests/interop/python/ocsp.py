"""What Python's cryptography says of our OCSP responses, and a request as it makes it.

ocsp.py read RESPONSE CERTIFICATE ISSUER    prints status, reason, and the nonce in hexadecimal
ocsp.py request CERTIFICATE ISSUER FILE DIGEST NONCE
"""

import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID


def certificate(name):
    return x509.load_pem_x509_certificates(Path(name).read_bytes())[0]


def read(response, leaf, issuer):
    answer = ocsp.load_der_ocsp_response(Path(response).read_bytes())
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        print(answer.response_status.name)
        return
    leaf, issuer = certificate(leaf), certificate(issuer)
    [responder] = answer.certificates
    # RFC 6960 section 4.2.2.2: delegated by the issuer itself, for this use.
    responder.verify_directly_issued_by(issuer)
    usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING], usage
    responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    key = x509.SubjectKeyIdentifier.from_public_key(responder.public_key()).digest
    assert answer.responder_key_hash == key, "another responder"
    assert answer.serial_number == leaf.serial_number, "another certificate"
    hashed = hashes.Hash(answer.hash_algorithm)
    hashed.update(issuer.subject.public_bytes())
    assert answer.issuer_name_hash == hashed.finalize(), "another issuer"
    assert answer.this_update_utc <= answer.produced_at_utc < answer.next_update_utc
    verify(responder.public_key(), answer)
    nonces = [extension.value.nonce.hex() for extension in answer.extensions]
    print(answer.certificate_status.name, answer.revocation_reason, *nonces)


def verify(key, answer):
    signature, signed = answer.signature, answer.tbs_response_bytes
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, signed)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(answer.signature_hash_algorithm))
    else:
        key.verify(signature, signed, padding.PKCS1v15(), answer.signature_hash_algorithm)


def request(leaf, issuer, file, digest, nonce):
    algorithm = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}[digest]
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate(leaf), certificate(issuer), algorithm)
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(bytes.fromhex(nonce)), critical=False)
    Path(file).write_bytes(builder.build().public_bytes(serialization.Encoding.DER))


if __name__ == "__main__":
    {"read": read, "request": request}[sys.argv[1]](*sys.argv[2:])
