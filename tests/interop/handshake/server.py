"""Demands a client certificate: python3 server.py PORT CERT KEY CA CRLS"""

import http.server
import ssl
import sys
import threading

port, cert, key, ca, crls = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
context.load_verify_locations(ca)
context.load_verify_locations(crls)
context.verify_mode = ssl.CERT_REQUIRED
context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


class Server(http.server.ThreadingHTTPServer):
    """The handshake is done by each connection's own thread, so that nobody holds up the others."""

    def finish_request(self, request, client_address):
        try:
            request = context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
        except OSError:
            pass


Server(("127.0.0.1", int(port)), http.server.SimpleHTTPRequestHandler).serve_forever()
