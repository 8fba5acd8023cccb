"""A request in the shape that Windows certreq gives it, composed byte by byte.

windows.py CSR

[MS-WCCE] 2.2.2.7 names the attributes and extensions: OS version, client information, enrolment
provider, certificate template, application policies.
"""

import base64
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def tlv(tag, *parts):
    body = b"".join(parts)
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    head = bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(length)]) + length
    return bytes([tag]) + head + body


def oid(text):
    first, second, *rest = map(int, text.split("."))
    body = bytearray([first * 40 + second])
    for arc in rest:
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        body.extend(reversed(septets))
    return tlv(0x06, bytes(body))


def sequence(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *parts)


def integer(number):
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def utf8(text):
    return tlv(0x0C, text.encode())


def bmp(text):
    return tlv(0x1E, text.encode("utf-16-be"))


def extension(number, value, critical=False):
    return sequence(oid(number), tlv(0x01, b"\xff") if critical else b"", tlv(0x04, value))


def attribute(number, value):
    return sequence(oid(number), set_of(value))


def request():
    key = rsa.generate_private_key(65537, 2048)
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    subject = sequence(
        set_of(sequence(oid("0.9.2342.19200300.100.1.25"), tlv(0x16, b"internal"))),
        set_of(sequence(oid("2.5.4.10"), bmp("Müller GmbH"))),
        set_of(sequence(oid("2.5.4.3"), tlv(0x13, b"web01.corp.internal"))),
    )
    template = "1.3.6.1.4.1.311.21.8.1174692.16553431.10109582.16443600.4462018"
    extensions = sequence(
        extension("1.3.6.1.4.1.311.20.2", bmp("WebServer")),
        extension("1.3.6.1.4.1.311.21.7", sequence(oid(template), integer(100), integer(4))),
        extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.1"))),
        extension("2.5.29.15", tlv(0x03, b"\x05\xa0"), critical=True),
        extension("1.3.6.1.4.1.311.21.10", sequence(sequence(oid("1.3.6.1.5.5.7.3.1")))),
        extension("2.5.29.17", sequence(tlv(0x82, b"web01.corp.internal"))),
    )
    client = sequence(integer(5), utf8("WEB01.corp.internal"), utf8("CORP\\WEB01$"), utf8("certreq.exe"))
    provider = sequence(integer(1), bmp("Microsoft RSA SChannel Cryptographic Provider"), tlv(0x03, b"\x00"))
    attributes = tlv(
        0xA0,
        attribute("1.3.6.1.4.1.311.13.2.3", tlv(0x16, b"10.0.17763.2")),
        attribute("1.3.6.1.4.1.311.21.20", client),
        attribute("1.3.6.1.4.1.311.13.2.2", provider),
        attribute("1.2.840.113549.1.9.14", extensions),
    )
    information = sequence(integer(0), subject, spki, attributes)
    signature = key.sign(information, padding.PKCS1v15(), hashes.SHA256())
    algorithm = sequence(oid("1.2.840.113549.1.1.11"), tlv(0x05))
    return sequence(information, algorithm, tlv(0x03, b"\x00", signature))


if __name__ == "__main__":
    text = base64.encodebytes(request()).decode().replace("\n", "\r\n")
    label = "NEW CERTIFICATE REQUEST"
    Path(sys.argv[1]).write_text(f"-----BEGIN {label}-----\r\n{text}-----END {label}-----\r\n", newline="")
