"""What Python's cryptography says of our files, and requests as it makes them.

pyca.py verify server|client ROOT CHAIN KEY [NAME]
pyca.py open KEY PASSPHRASE CERTIFICATE
pyca.py request ALGORITHM NAME CSR KEY
"""

import ipaddress
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID


def public_bytes(public_key):
    return public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def verify(role, root, chain, key, name=None):
    roots = x509.load_pem_x509_certificates(Path(root).read_bytes())
    leaf, *intermediates = x509.load_pem_x509_certificates(Path(chain).read_bytes())
    private_key = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    assert public_bytes(private_key.public_key()) == public_bytes(leaf.public_key()), "another key"
    # Its path validation takes neither P-521 nor Ed25519 keys; what it reads and the signatures count.
    if isinstance(leaf.public_key(), ed25519.Ed25519PublicKey) or getattr(leaf.public_key(), "key_size", 0) == 521:
        signers = [*intermediates, *roots]
        for signed, signer in zip([leaf, *intermediates], signers):
            signed.verify_directly_issued_by(signer)
        return
    builder = verification.PolicyBuilder().store(verification.Store(roots))
    if role == "client":
        builder.build_client_verifier().verify(leaf, intermediates)
    else:
        builder.build_server_verifier(x509.DNSName(name)).verify(leaf, intermediates)


def open_key(key, passphrase, certificate):
    private_key = serialization.load_pem_private_key(Path(key).read_bytes(), passphrase.encode())
    certificate = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    assert public_bytes(private_key.public_key()) == public_bytes(certificate.public_key()), "another key"


def generate(algorithm):
    curves = {"ecdsa-p256": ec.SECP256R1, "ecdsa-p384": ec.SECP384R1, "ecdsa-p521": ec.SECP521R1}
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm]())
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def request(algorithm, name, csr, key):
    private_key = generate(algorithm)
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Müller"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("10.0.0.7"))]
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name(subject))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, b"not-a-secret")
        .sign(private_key, None if algorithm == "ed25519" else hashes.SHA256())
    )
    Path(csr).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pkcs8 = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    Path(key).write_bytes(pkcs8)


if __name__ == "__main__":
    {"verify": verify, "open": open_key, "request": request}[sys.argv[1]](*sys.argv[2:])
