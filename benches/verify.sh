#!/usr/bin/env bash
# How long it takes to look at many certificates in a folder, and to verify them, with and without a large CRL;
# beside a bare program, `openssl verify` and Python's cryptography.
#
#   ./benches/verify.sh [CERTIFICATES [ENTRIES]]      (default 10000 100000)
set -euo pipefail
cd "$(dirname "$0")/.."

certificates=${1:-10000} entries=${2:-100000}
cargo build --release --locked --quiet --bin mtls-ca --example fill --example bare_verify
binary=$PWD/target/release/mtls-ca fill=$PWD/target/release/examples/fill bare=$PWD/target/release/examples/bare_verify
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$binary" init --name Verify --ca-dir ca --quiet >/dev/null
# One in fifty of them is revoked, and is left out.
"$fill" ca $((certificates + certificates / 40 + 2))
CERTIFICATES=$certificates ENTRIES=$entries python3 - <<'PYTHON'
import base64
import os
import random
import sqlite3
import textwrap
import time

count, entries = int(os.environ["CERTIFICATES"]), int(os.environ["ENTRIES"])
ledger = sqlite3.connect("ca/ledger.sqlite")
os.mkdir("certs")
question = f"SELECT id, cert FROM certificates WHERE state = 'issued' AND profile = 'client' LIMIT {count}"
for number, der in ledger.execute(question):
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    with open(f"certs/{number:06}.crt", "w") as file:
        file.write(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
# Others, of which only the CRL tells.
random.seed(1)
now = int(time.time())
rows = ((bytes([0x40 | random.getrandbits(6)]) + random.randbytes(15), now, now + 90 * 86400, [0, 1, 4, 5][n % 4],
         random.randbytes(32)) for n in range(entries))
ledger.executemany("INSERT INTO certificates(issuer_id, serial, state, intent, profile, subject, requester, reserved_at,"
                   " not_before, not_after, revoked_at, reason, spki_sha256, cert_sha256)"
                   " VALUES (1, ?1, 'revoked', 1, 'client', 'CN=x', 'x', ?2, ?2, ?3, ?2, ?4, ?5, ?5)", rows)
ledger.commit()
PYTHON
"$binary" crl build --ca-dir ca --quiet >/dev/null
cp ca/ca.crt ca.pem
cp ca/issuers/g1/crl.pem crl.pem

cat >look.py <<'PYTHON'
"""What `inspect` says in a line: read, parse, who and until when."""
import glob

from cryptography import x509

for name in sorted(glob.glob("certs/*")):
    certificate = x509.load_pem_x509_certificate(open(name, "rb").read())
    print(name, certificate.subject.rfc4514_string(), certificate.serial_number, certificate.not_valid_after_utc)
PYTHON
cat >judge.py <<'PYTHON'
"""Path validation of each, and its number looked up in the CRL, which is read once."""
import glob
import sys

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

store = Store(x509.load_pem_x509_certificates(open("ca.pem", "rb").read()))
crl = x509.load_pem_x509_crl(open("crl.pem", "rb").read()) if len(sys.argv) > 1 else None
verifier = PolicyBuilder().store(store).build_client_verifier()
for name in sorted(glob.glob("certs/*")):
    certificate = x509.load_pem_x509_certificate(open(name, "rb").read())
    verifier.verify(certificate, [])
    if crl is not None and crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        raise SystemExit(name)
PYTHON

BINARY=$binary BARE=$bare CERTIFICATES=$certificates ENTRIES=$entries python3 - <<'PYTHON'
import glob
import os
import statistics
import subprocess
import sys
import time

binary, bare = os.environ["BINARY"], os.environ["BARE"]
count, entries = int(os.environ["CERTIFICATES"]), int(os.environ["ENTRIES"])
rounds = int(os.environ.get("OVER_AND_OVER", "5"))
names = sorted(glob.glob("certs/*"))
verify = [binary, "verify", "certs", "--as", "client", "--ca", "ca.pem", "--quiet"]
openssl = ["openssl", "verify", "-CAfile", "ca.pem", "-purpose", "sslclient"]
jobs = [
    ("inspect", "a bare program reads and parses (one thread)", [bare, "certs"]),
    ("inspect", "mtls-ca inspect", [binary, "inspect", "certs"]),
    ("inspect", "mtls-ca inspect --json", [binary, "inspect", "certs", "--json"]),
    ("inspect", "Python cryptography", [sys.executable, "look.py"]),
    ("verify", "a bare program: and one signature each (one thread)", [bare, "certs", "ca.pem"]),
    ("verify", "mtls-ca verify", verify),
    ("verify", "openssl verify", [*openssl, *names]),
    ("verify", "Python cryptography", [sys.executable, "judge.py"]),
    ("crl", "mtls-ca verify --crl", [*verify, "--crl", "crl.pem"]),
    ("crl", "openssl verify -crl_check", [*openssl, "-crl_check", "-CRLfile", "crl.pem", *names]),
    ("crl", "Python cryptography, looked up", [sys.executable, "judge.py", "crl"]),
]


def run(words):
    start = time.perf_counter()
    done = subprocess.run(["/usr/bin/time", "-q", "-f", "%U %S %M", *words], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    spent = time.perf_counter() - start
    if done.returncode:
        return None
    user, system, peak = done.stderr.strip().splitlines()[-1].split()
    return spent, float(user) + float(system), int(peak) / 1024


print(f"{len(names):,} certificates, a P-256 CA; the CRL has {entries:,} entries and more\n")
print("| | seconds | CPU seconds | peak MB | times the bare program, wall | CPU |\n|---|---:|---:|---:|---:|---:|")
beside = {}
for kind, name, words in jobs:
    taken = []
    while len(taken) < rounds:
        taken.append(run(words))
        if taken[-1] is None or taken[-1][0] > 10:
            break
    if None in taken:
        print(f"| {name} | SKIPPED: it does not run here | | | | |")
        continue
    wall, cpu, peak = (max(statistics.median(figures), 0.001) for figures in zip(*taken))
    beside.setdefault("verify" if kind == "crl" else kind, (wall, cpu))
    base = beside["verify" if kind == "crl" else kind]
    print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {wall / base[0]:.2f} | {cpu / base[1]:.2f} |")
PYTHON
