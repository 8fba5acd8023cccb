"""What Python's cryptography says of a CRL and of two certificates: CRL.DER ISSUER GOOD BAD."""

import sys
from pathlib import Path

from cryptography import x509

crl = x509.load_der_x509_crl(Path(sys.argv[1]).read_bytes())
issuer, good, bad = (x509.load_pem_x509_certificates(Path(name).read_bytes())[0] for name in sys.argv[2:])
assert crl.is_signature_valid(issuer.public_key()), "signature"
assert crl.issuer == issuer.subject
assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number > 1_700_000_000
aki = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
assert aki == issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
assert crl.get_revoked_certificate_by_serial_number(good.serial_number) is None
entry = crl.get_revoked_certificate_by_serial_number(bad.serial_number)
reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
since = entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date
print(reason.value, since.date())
