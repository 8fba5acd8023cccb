"""A client that presents its certificate, and talks to nobody but a server of our CA."""

import ssl
import sys

import httpx

tls = ssl.create_default_context(cafile={{ ca | json }})
tls.minimum_version = ssl.TLSVersion.TLSv1_2
tls.hostname_checks_common_name = False
tls.load_cert_chain({{ cert | json }}, {{ key | json }})
tls.load_verify_locations({{ crl | json }})
tls.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN | ssl.VERIFY_X509_STRICT

with httpx.Client(verify=tls, trust_env=False, timeout=10) as client:
    try:
        answer = client.get({{ url | json }})
    except httpx.HTTPError as error:
        sys.exit(f"{type(error).__name__}: {error}")
print(answer.status_code, answer.text, end="")
