"""What pyca/cryptography finds in PKCS#12 files, and files as it writes them."""

import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat, load_pem_private_key
from cryptography.hazmat.primitives.serialization import pkcs12

PASSWORD = b"changeit"


def read(path):
    with open(path, "rb") as file:
        store = pkcs12.load_pkcs12(file.read(), PASSWORD)
    leaf = store.cert.certificate.subject.rfc4514_string() if store.cert else "none"
    print(path, "key" if store.key else "no key", leaf, "others", len(store.additional_certs))


def write(certificate, key, path):
    with open(certificate, "rb") as file:
        chain = x509.load_pem_x509_certificates(file.read())
    with open(key, "rb") as file:
        private = load_pem_private_key(file.read(), None)
    sealed = {
        "best": BestAvailableEncryption(PASSWORD),
        "3des": PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(5000)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .build(PASSWORD),
    }
    for name, encryption in sealed.items():
        store = pkcs12.serialize_key_and_certificates(b"pyca", private, chain[0], chain[1:], encryption)
        with open(f"{path}-{name}.p12", "wb") as file:
            file.write(store)


if sys.argv[1] == "read":
    for each in sys.argv[2:]:
        read(each)
else:
    write(*sys.argv[2:])
