"""What Python's cryptography says of each file of a table: paths.py MANIFEST."""

import csv
import sys
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.x509 import ocsp, verification
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

DOCUMENT = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
USAGES = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "ocsp": ExtendedKeyUsageOID.OCSP_SIGNING,
    "document": DOCUMENT,
}


def certificates(file):
    return [] if file == "-" else x509.load_pem_x509_certificates(Path(file).read_bytes())


def der(thing):
    return thing.public_bytes(serialization.Encoding.DER)


def check(condition, said):
    if not condition:
        raise ValueError(said)


def usage_is(wanted):
    def validate(_policy, _certificate, extension):
        check(extension is not None and wanted in extension, "not for this use")

    return validate


def judge_path(role, host, leaf, between, root):
    """Its verifiers are for TLS; other uses go through that of clients, with another rule for the use."""
    builder = verification.PolicyBuilder().store(verification.Store([root]))
    if role == "server" and host != "-":
        builder.build_server_verifier(x509.DNSName(host)).verify(leaf, between)
        return
    leaves = verification.ExtensionPolicy.permit_all().require_present(
        x509.ExtendedKeyUsage, verification.Criticality.AGNOSTIC, usage_is(USAGES[role])
    )
    authorities = verification.ExtensionPolicy.webpki_defaults_ca()
    builder = builder.extension_policies(ca_policy=authorities, ee_policy=leaves)
    if role == "client":
        builder = verification.PolicyBuilder().store(verification.Store([root]))
    builder.build_client_verifier().verify(leaf, between)


def judge_certificate(item):
    [leaf], between, [root] = certificates(item["file"]), certificates(item["chain"]), certificates(item["root"])
    check(der(x509.load_der_x509_certificate(der(leaf))) == der(leaf), "it is written otherwise")
    for extension in leaf.extensions:
        unknown = isinstance(extension.value, x509.UnrecognizedExtension)
        check(not (unknown and extension.critical), f"unknown critical {extension.oid}")
    above = [*between, root]
    for signed, signer in zip([leaf, *between], above):
        signed.verify_directly_issued_by(signer)
    own = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value if leaf != root else None
    key = above[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    check(own is None or own.key_identifier == key, "another authority key identifier")
    for role in item["purposes"].split(","):
        if role == "ca":
            check(leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca, "no CA")
            check(leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign, "may not sign")
        else:
            judge_path(role, item["host"], leaf, between, root)


def judge_crl(item):
    crl = x509.load_pem_x509_crl(Path(item["file"]).read_bytes())
    [issuer], [good] = certificates(item["issuer"]), certificates(item["about"])
    check(crl.issuer == issuer.subject, "another issuer")
    check(crl.is_signature_valid(issuer.public_key()), "the signature does not hold")
    key = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    check(key == issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest, "another key")
    crl.extensions.get_extension_for_class(x509.CRLNumber)
    check(crl.last_update_utc < crl.next_update_utc, "it ends before it begins")
    check(crl.get_revoked_certificate_by_serial_number(good.serial_number) is None, "another is revoked")
    for entry in crl:
        check(all(not extension.critical for extension in entry.extensions), "a critical extension of an entry")


def judge_ocsp(item):
    answer = ocsp.load_der_ocsp_response(Path(item["file"]).read_bytes())
    [issuer], [about] = certificates(item["issuer"]), certificates(item["about"])
    check(answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL, "no answer")
    [responder] = answer.certificates
    responder.verify_directly_issued_by(issuer)
    usages = list(responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    check(usages == [ExtendedKeyUsageOID.OCSP_SIGNING], "another use")
    responder.extensions.get_extension_for_oid(ExtensionOID.OCSP_NO_CHECK)
    verify(responder.public_key(), answer)
    check(answer.serial_number == about.serial_number, "about another certificate")
    hashed = hashes.Hash(answer.hash_algorithm)
    hashed.update(issuer.subject.public_bytes())
    check(answer.issuer_name_hash == hashed.finalize(), "about another issuer")
    check(answer.certificate_status.name.lower() == item["purposes"], f"it says {answer.certificate_status.name}")


def verify(key, answer):
    signature, signed = answer.signature, answer.tbs_response_bytes
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, signed)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(answer.signature_hash_algorithm))
    else:
        key.verify(signature, signed, padding.PKCS1v15(), answer.signature_hash_algorithm)


JUDGES = {"certificate": judge_certificate, "crl": judge_crl, "ocsp": judge_ocsp}
COLUMNS = ["id", "kind", "purposes", "host", "file", "issuer", "chain", "root", "crls", "about"]


def main(manifest):
    warnings.simplefilter("error")
    judged = 0
    with open(manifest, newline="", encoding="utf-8") as table:
        for item in csv.DictReader(table, COLUMNS, delimiter="\t"):
            try:
                JUDGES[item["kind"]](item)
            except Exception as error:  # whatever it refuses by
                print(item["id"], " ".join(f"{type(error).__name__}: {error}".split()), sep="\t")
            judged += 1
    print("judged", judged, sep="\t")


main(*sys.argv[1:])
