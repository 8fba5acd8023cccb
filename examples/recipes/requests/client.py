"""A client that presents its certificate, and talks to nobody but a server of our CA."""

import ssl
import sys

import requests
from requests.adapters import HTTPAdapter


class MutualTls(HTTPAdapter):
    """Connections with our certificate, our CA alone, and CRLs, which `cert` and `verify` know nothing of."""

    def init_poolmanager(self, *arguments, **options):
        tls = ssl.create_default_context(cafile={{ ca | json }})
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        tls.hostname_checks_common_name = False
        tls.load_cert_chain({{ cert | json }}, {{ key | json }})
        tls.load_verify_locations({{ crl | json }})
        tls.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN | ssl.VERIFY_X509_STRICT
        super().init_poolmanager(*arguments, ssl_context=tls, **options)


session = requests.Session()
session.trust_env = False
session.verify = {{ ca | json }}
session.mount("https://", MutualTls())

try:
    answer = session.get({{ url | json }}, timeout=10)
except requests.RequestException as error:
    sys.exit(f"{type(error).__name__}: {error}")
print(answer.status_code, answer.text, end="")
