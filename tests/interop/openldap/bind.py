"""Binds with SASL EXTERNAL (RFC 4511 section 4.2), showing whatever certificate it is given.

    bind.py PORT TRUST [CERTIFICATE KEY]
"""

import socket
import ssl
import sys

# LDAPMessage { messageID 1, bindRequest { version 3, name "", sasl { mechanism "EXTERNAL", credentials "" } } }
REQUEST = bytes.fromhex("3018 020101 6013 020103 0400 a30c 0408") + b"EXTERNAL" + bytes.fromhex("0400")
# messageID 1, bindResponse { resultCode success (0), …
SUCCESS = bytes.fromhex("020101 6107 0a0100")

port, trust, *files = sys.argv[1:]
tls = ssl.create_default_context(cafile=trust)
if files:
    tls.load_cert_chain(*files)
answer = b""
try:
    with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as plain:
        with tls.wrap_socket(plain, server_hostname="127.0.0.1") as line:
            line.sendall(REQUEST)
            answer = line.recv(4096)
except (ssl.SSLError, ConnectionError) as error:
    print(error, file=sys.stderr)
print("bound" if SUCCESS in answer else "closed")
