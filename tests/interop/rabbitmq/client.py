"""Logs in by certificate, and sends itself a message in the name of `billing`.

    client.py PORT TRUST [CERTIFICATE KEY]
"""

import ssl
import sys

import pika

port, trust, *files = sys.argv[1:]
tls = ssl.create_default_context(cafile=trust)
# By TLS 1.2 a refusal comes before the handshake's end.
tls.maximum_version = ssl.TLSVersion.TLSv1_2
if files:
    tls.load_cert_chain(*files)
how = pika.ConnectionParameters(
    "localhost",
    int(port),
    credentials=pika.credentials.ExternalCredentials(),
    ssl_options=pika.SSLOptions(tls, "localhost"),
    socket_timeout=10,
)
try:
    with pika.BlockingConnection(how) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.basic_publish("", queue, b"", pika.BasicProperties(user_id="billing"))
        properties = channel.basic_get(queue, auto_ack=True)[1]
        print(f"a message of {properties.user_id}")
except (OSError, pika.exceptions.AMQPError) as error:
    sys.exit(repr(error))
