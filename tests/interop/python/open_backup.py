"""Opens a sealed backup with nothing but the standards: RFC 5652 (EncryptedData), RFC 8018 (PBES2),
RFC 7914 (scrypt), RFC 5084 (AES-GCM).

    python open_backup.py BACKUP PASSPHRASE PLAIN
"""

import hashlib
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def read(der):
    """The tag, the content and the rest of one DER value (X.690 section 8.1)."""
    tag, first = der[0], der[1]
    if first < 0x80:
        start, length = 2, first
    else:
        start = 2 + (first & 0x7F)
        length = int.from_bytes(der[2:start], "big")
    return tag, der[start : start + length], der[start + length :]


def parts(content):
    found = []
    while content:
        tag, value, content = read(content)
        found.append((tag, value))
    return found


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    octets = bytes([first * 40 + second])
    for number in rest:
        chunk = [number & 0x7F]
        while number := number >> 7:
            chunk.append(number & 0x7F | 0x80)
        octets += bytes(reversed(chunk))
    return octets


def main(backup, passphrase, plain):
    with open(backup, "rb") as file:
        tag, info, rest = read(file.read())
    assert tag == 0x30 and not rest
    (_, kind), (_, content) = parts(info)
    assert kind == oid("1.2.840.113549.1.7.6"), "EncryptedData"
    (_, version), (_, encrypted) = parts(read(content)[1])
    assert version == b"\x00"
    (_, kind), (_, algorithm), (tag, sealed) = parts(encrypted)
    assert kind == oid("1.2.840.113549.1.7.1") and tag == 0x80
    (_, kind), (_, parameters) = parts(algorithm)
    assert kind == oid("1.2.840.113549.1.5.13"), "PBES2"
    (_, derivation), (_, cipher) = parts(parameters)
    (_, kind), (_, scrypt) = parts(derivation)
    assert kind == oid("1.3.6.1.4.1.11591.4.11"), "scrypt"
    (_, salt), *costs = parts(scrypt)
    n, r, p = (int.from_bytes(value, "big") for _, value in costs)
    (_, kind), (tag, gcm) = parts(cipher)
    assert kind == oid("2.16.840.1.101.3.4.1.46") and tag == 0x30, "AES-256-GCM with GCMParameters"
    (_, nonce), (_, length) = parts(gcm)
    assert length == b"\x10", "a tag of 16 octets"
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
    with open(plain, "wb") as file:
        file.write(AESGCM(key).decrypt(nonce, sealed, None))


main(*sys.argv[1:])
