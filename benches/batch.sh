#!/usr/bin/env bash
# What a certificate costs in a batch, beside what other tools take for the same requests: files in,
# files out, each tool once, one after the other on the same machine.
#
#   ./benches/batch.sh [REQUESTS]      (default 10000)
set -euo pipefail
cd "$(dirname "$0")/.."
. benches/peers.sh

count=${1:-10000}
cargo build --release --locked --quiet --bin mtls-ca
program=$(cargo build --release --locked --quiet --bench batch --message-format=json |
    sed -n '/"kind":\["bench"\]/s/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
binary=$PWD/target/release/mtls-ca
work=$(mktemp -d "$PWD/target/batch.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

echo "in process, from memory, durable ledger; raw is one verification and one signature, on all cores"
"$program" "$count"
echo

"$program" write requests "$count"
printf '%d P-256 requests in files, %d cores\n' "$count" "$(nproc)"
printf '%-34s%12s%14s%14s\n' '' 'a second' 'wall ms each' 'cpu ms each'
TIMEFORMAT='%R %U %S'
timed() {
    local name=$1 rows=$2 spent
    shift 2
    # Only what `time` says; what the tool says is of no interest unless it fails.
    spent=$({ time "$@" >out.log 2>err.log; } 2>&1) || { tail -n 5 err.log; return 1; }
    awk -v name="$name" -v rows="$rows" '{ printf "%-34s%12.0f%14.3f%14.3f\n", name, rows / $1, 1000 * $1 / rows,
        1000 * ($2 + $3) / rows }' <<<"$spent"
}
for algorithm in ecdsa-p256 ed25519 rsa-2048; do
    "$binary" init --ca-dir "ca-$algorithm" --key-algorithm "$algorithm" --quiet >/dev/null 2>&1
    mkdir "out-$algorithm"
    timed "mtls-ca sign DIR ($algorithm)" "$count" \
        "$binary" --ca-dir "ca-$algorithm" sign requests --profile server --out "out-$algorithm/" --quiet
    timed "bare program ($algorithm)" "$count" "$program" bare requests "$algorithm"
done
timed "mtls-ca sign DIR, all answered" "$count" \
    "$binary" --ca-dir ca-ecdsa-p256 sign requests --profile server --out out-ecdsa-p256/ --quiet
if [ -x /usr/bin/time ]; then
    mkdir out-memory
    /usr/bin/time -f "peak memory of mtls-ca sign DIR: %M KiB" "$binary" --ca-dir ca-ecdsa-p256 sign requests \
        --profile server --lifetime 30d --out out-memory/ --quiet 2>&1 >/dev/null | tail -n 1
fi

# Tools that take half a millisecond or more get fewer.
few=$((count < 2000 ? count : 2000))
peers_ca ca-ecdsa-p256
peers_openssl serverAuth copied
some=$(find requests -name '*.csr' | sort | sed -n "1,${few}p")
# shellcheck disable=SC2086 # one word for each file
timed "openssl ca -infiles" "$few" openssl ca -batch -notext -config openssl.cnf -cert ca.pem -keyfile ca.key \
    -infiles $some
python=$(command -v "${PYTHON:-python3}" || true)
if [ -n "$python" ] && "$python" -c 'import cryptography' 2>/dev/null; then
    cat >sign.py <<'PYTHON'
import datetime
import glob
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

issuer = x509.load_pem_x509_certificate(open("ca.pem", "rb").read())
key = serialization.load_pem_private_key(open("ca.key", "rb").read(), None)
now = datetime.datetime.now(datetime.timezone.utc)
os.mkdir("out-python")
for path in sorted(glob.glob("requests/*.csr")):
    request = x509.load_pem_x509_csr(open(path, "rb").read())
    assert request.is_signature_valid
    builder = x509.CertificateBuilder(issuer_name=issuer.subject, subject_name=request.subject,
                                      public_key=request.public_key(), serial_number=x509.random_serial_number(),
                                      not_valid_before=now, not_valid_after=now + datetime.timedelta(days=90))
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    name = os.path.basename(path).replace(".csr", ".crt")
    open(f"out-python/{name}", "wb").write(certificate.public_bytes(serialization.Encoding.PEM))
PYTHON
    timed "python cryptography, no ledger" "$count" "$python" sign.py
else
    echo "SKIPPED python cryptography: no python with it (name one: PYTHON=…)"
fi
