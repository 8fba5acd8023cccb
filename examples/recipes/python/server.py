"""An HTTPS service with mutual TLS. Who has no certificate of our CA, or a revoked one, gets no
connection; who has one and is not on the list gets 403."""

import os
import signal
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The common names that are let in.
ALLOWED = set({{ allow | map(attribute="cn") | select | list | json }})


def context():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.load_cert_chain({{ cert | json }}, {{ key | json }})
    tls.load_verify_locations({{ ca | json }})
    tls.load_verify_locations({{ crl | json }})
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN | ssl.VERIFY_X509_STRICT
    return tls


class Handler(BaseHTTPRequestHandler):
    timeout = 30

    def do_GET(self):
        certificate = self.connection.getpeercert()
        names = [value for part in certificate["subject"] for kind, value in part if kind == "commonName"]
        self.peer = f"{', '.join(names)} {certificate['serialNumber']}"
        if len(names) == 1 and names[0] in ALLOWED:
            self.answer(200, f"hello {names[0]}\n")
        else:
            self.answer(403, f"{', '.join(names)} is not on the list\n")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        print(int(code), self.peer, file=sys.stderr, flush=True)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    tls = context()

    def finish_request(self, request, client_address):
        # In the thread of this connection: a client that is slow to shake hands holds up nobody.
        request.settimeout(Handler.timeout)
        try:
            with self.tls.wrap_socket(request, server_side=True) as connection:
                super().finish_request(connection, client_address)
        except OSError as error:
            print(f"refused: {error}", file=sys.stderr, flush=True)

    def take_up_new_files(self, *_):
        """After a renewal, a new CRL or a new root: for every connection from now on."""
        try:
            self.tls = context()
            print("the files were read again", file=sys.stderr, flush=True)
        except OSError as error:
            print(f"the files are not taken up: {error}", file=sys.stderr, flush=True)


server = Server(("", {{ port }}), Handler)
signal.signal(signal.SIGHUP, server.take_up_new_files)
with open({{ (dir ~ "/server.pid") | json }}, "w") as file:
    print(os.getpid(), file=file)
server.serve_forever()
