#!/usr/bin/env bash
# How long a CRL of many entries takes and how much memory, from a ledger of that size, beside what
# other tools take from theirs. All have the same serial numbers and the same P-256 key.
#
#   ./benches/crl.sh [ENTRIES [PEERS]]      (default 1000000 1000000; PEERS is the size for the others)
set -euo pipefail
cd "$(dirname "$0")/.."
. benches/peers.sh

entries=${1:-1000000}
peers=${2:-1000000}
cargo build --release --locked --quiet --bin mtls-ca
binary=$PWD/target/release/mtls-ca
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$binary" init --ca-dir ca --quiet >/dev/null
peers_ca ca

ENTRIES=$entries PEERS=$peers python3 - <<'PYTHON'
import datetime
import os
import random
import sqlite3
import time

entries, peers = int(os.environ["ENTRIES"]), int(os.environ["PEERS"])
random.seed(1)
serials = [bytes([0x40 | random.getrandbits(6)]) + random.randbytes(15) for _ in range(max(entries, peers))]
now = int(time.time())
reasons = [0, 1, 4, 5]

# Rows as issuing and revoking would have left them, with certificates of a usual size.
ledger = sqlite3.connect("ca/ledger.sqlite")
ledger.execute("PRAGMA synchronous = OFF")
body = random.randbytes(500)
rows = ((serial, now, now, now + 90 * 86400, now, reasons[n % 4], random.randbytes(32), body, body)
        for n, serial in enumerate(serials[:entries]))
ledger.executemany(
    "INSERT INTO certificates(issuer_id, serial, state, intent, profile, subject, requester, reserved_at, not_before,"
    " not_after, revoked_at, reason, spki_sha256, cert_sha256, tbs, cert)"
    " VALUES (1, ?1, 'revoked', 1, 'client', 'CN=x', 'x', ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9)", rows)
ledger.commit()
ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
ledger.close()

words = ["", ",keyCompromise", ",superseded", ",cessationOfOperation"]
stamp = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%y%m%d%H%M%SZ")
with open("index.txt", "w") as index:
    for n, serial in enumerate(serials[:peers]):
        index.write(f"R\t360101000000Z\t{stamp}{words[n % 4]}\t{serial.hex().upper()}\tunknown\t/CN=x\n")
with open("serials.txt", "w") as listed:
    listed.writelines(f"{int.from_bytes(serial)}\n" for serial in serials[:peers])
PYTHON
echo 01 >number
printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\n' >ca.cnf

# Wall seconds and peak megabytes of a command; the best of three.
measure() {
    local name=$1 size=$2
    shift 2
    for _ in 1 2 3; do
        /usr/bin/time -q -f '%e %M' -a -o figures "$@" >/dev/null
    done
    sort -n figures | head -n 1 | awk -v name="$name" -v size="$size" '{printf "%-22s %9d %9.2f %9.0f\n", name, size, $1, $2 / 1024}'
    rm -f figures
}

printf '%-22s %9s %9s %9s\n' '' entries seconds 'peak MB'
measure 'mtls-ca crl build' "$entries" "$binary" crl build --ca-dir ca --quiet
openssl crl -in ca/issuers/g1/crl.pem -CAfile ca.pem -noout 2>/dev/null && echo 'openssl: the signature holds'
stat -c '%s octets of DER' ca/issuers/g1/crl.der
measure 'openssl ca -gencrl' "$peers" openssl ca -batch -config ca.cnf -gencrl -crldays 7 -keyfile ca.key -cert ca.pem -out openssl.crl
if command -v cfssl >/dev/null; then
    openssl pkey -in ca.key -traditional -out cfssl.key
    measure 'cfssl gencrl' "$peers" cfssl gencrl serials.txt ca.pem cfssl.key
fi
