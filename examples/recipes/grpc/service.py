"""A gRPC service with mutual TLS, and a client of it.

    python3 service.py serve DIR [::]:50051
    python3 service.py call DIR localhost:50051
"""

import os
import sys
from concurrent import futures

import grpc

HELLO = "/service.Greeter/Hello"


def files(folder):
    """Key, chain and roots of one version of tls/current: the link is followed once."""
    current = os.path.realpath(os.path.join(folder, "tls", "current"))

    def read(name):
        with open(os.path.join(current, name), "rb") as file:
            return file.read()

    return read("tls.key"), read("tls.crt"), read("ca.crt")


def server_credentials(folder):
    """Credentials that are read anew at each handshake; a client certificate is demanded."""

    def configuration():
        key, chain, roots = files(folder)
        return grpc.ssl_server_certificate_configuration([(key, chain)], roots)

    return grpc.dynamic_ssl_server_credentials(
        configuration(), configuration, require_client_authentication=True
    )


def client_credentials(folder):
    key, chain, roots = files(folder)
    return grpc.ssl_channel_credentials(roots, key, chain)


class OnlyAllowed(grpc.ServerInterceptor):
    """Lets in who is listed: signed by our CA is not yet allowed."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "allowed.txt")

    def listed(self, context):
        with open(self.file, encoding="utf-8") as lines:
            allowed = {line.strip() for line in lines if not line.startswith("#")} - {""}
        return allowed.intersection(names(context))

    def intercept_service(self, continuation, handler_call_details):
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        if handler.unary_unary is None:
            # Here as for unary calls, before a service streams.
            raise NotImplementedError("only unary calls are guarded")
        answer = handler.unary_unary

        def guarded(request, context):
            if not self.listed(context):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "not on the list")
            return answer(request, context)

        return grpc.unary_unary_rpc_method_handler(guarded)


def names(context):
    """The names of the caller's certificate, without its common name."""
    found = context.auth_context().get("x509_subject_alternative_name", ())
    return [name.decode() for name in found]


def hello(request, context):
    return ("hello " + ", ".join(names(context))).encode()


def serve(folder, address):
    handlers = {"Hello": grpc.unary_unary_rpc_method_handler(hello)}
    server = grpc.server(
        futures.ThreadPoolExecutor(),
        interceptors=[OnlyAllowed(folder)],
        options=[("grpc.max_connection_age_ms", 3_600_000)],
    )
    service = grpc.method_handlers_generic_handler("service.Greeter", handlers)
    server.add_generic_rpc_handlers((service,))
    server.add_secure_port(address, server_credentials(folder))
    server.start()
    server.wait_for_termination()


def call(folder, target):
    with grpc.secure_channel(target, client_credentials(folder)) as channel:
        answer = channel.unary_unary(HELLO)(b"", timeout=10)
    print(answer.decode())


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("serve", "call"):
        sys.exit(__doc__)
    verb = serve if sys.argv[1] == "serve" else call
    try:
        verb(sys.argv[2], sys.argv[3])
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
