#!/usr/bin/env bash
# How long a cold process takes to sign one CSR and how much memory it needs, beside what other
# tools take for the same. Each round runs every tool once, so that all see the same machine.
#
#   ./benches/cli.sh [ROUNDS]      (default 200)
set -euo pipefail
cd "$(dirname "$0")/.."
. benches/peers.sh

rounds=${1:-200}
cargo build --release --locked --quiet --bin mtls-ca
binary=$PWD/target/release/mtls-ca
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# One P-256 root for all of them, with its key in clear, and one P-256 request.
"$binary" init --ca-dir ca --quiet >/dev/null
peers_ca ca
peers_request billing.internal

printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature extendedKeyUsage=clientAuth \
    subjectAltName=DNS:billing.internal >leaf.ext
peers_openssl clientAuth names DNS:billing.internal
printf '%s\n' 'expiration_days = 90' 'cn = "billing"' 'dns_name = "billing.internal"' signing_key tls_www_client >certtool.cfg
peers_cfssl

MTLS_CA=$binary ROUNDS=$rounds python3 - <<'PYTHON'
import os
import shutil
import statistics
import subprocess
import time

binary, rounds = os.environ["MTLS_CA"], int(os.environ["ROUNDS"])
openssl_ca = "openssl ca -batch -notext -config openssl.cnf -cert ca.pem -keyfile ca.key -in leaf.csr -out openssl-ca.crt"
openssl_x509 = "openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 90 -extfile leaf.ext -out x509.crt"
certtool = ("certtool --generate-certificate --load-request leaf.csr --load-ca-certificate ca.pem "
            "--load-ca-privkey ca.key --template certtool.cfg --outfile certtool.crt")
cfssl = "cfssl sign -loglevel 5 -ca ca.pem -ca-key ca.key -config cfssl.json leaf.csr"
# Name, whether it keeps a record of what it issued, and the command.
contenders = [
    ("mtls-ca sign", "durable", f"{binary} sign leaf.csr --ca-dir ca --out ours.crt --force --quiet"),
    ("openssl ca", "index", openssl_ca),
    ("openssl x509 -req", "none", openssl_x509),
    ("certtool", "none", certtool),
    ("cfssl sign", "none", cfssl),
    ("(a process: true)", "", "true"),
]
contenders = [(name, ledger, command.split()) for name, ledger, command in contenders]
absent = [name for name, _, words in contenders if not shutil.which(words[0])]
contenders = [entry for entry in contenders if entry[0] not in absent]


def run(words):
    start = time.perf_counter()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    spent = time.perf_counter() - start
    process.stderr.close()
    process.returncode = status
    assert status == 0, f"{' '.join(words)}: {said.decode()}"
    return spent * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def peak_megabytes(words):
    # A child of this process would be charged with this process's own memory; GNU time is small.
    if not os.path.exists("/usr/bin/time"):
        return "-"
    ran = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", *words], capture_output=True, text=True)
    return f"{int(ran.stderr.strip().splitlines()[-1]) / 1024:.1f}"


taken = {name: [] for name, _, _ in contenders}
for turn in range(rounds + 5):
    for name, _, words in contenders:
        figures = run(words)
        if turn >= 5:  # the first rounds only warm the page cache
            taken[name].append(figures)


def first_line(*words):
    if not shutil.which(words[0]):
        return None
    run = subprocess.run(words, capture_output=True, text=True)
    return ((run.stdout or run.stderr).strip().splitlines() or [""])[0]


for words in [[binary, "--version"], ["openssl", "version"], ["certtool", "--version"], ["cfssl", "version"]]:
    if line := first_line(*words):
        print(f"{os.path.basename(words[0])}: {line}")
if absent:
    print("not found, left out:", ", ".join(absent))
print(f"{rounds} rounds, every tool once in each; P-256 root, key in clear, P-256 request; {os.cpu_count()} cores")
print(f"{'':20}{'record':>9}{'median ms':>11}{'p95 ms':>9}{'cpu ms':>9}{'peak MB':>9}{'times ours':>12}")
ours = statistics.median(figure[0] for figure in taken["mtls-ca sign"])
for name, ledger, words in contenders:
    wall = sorted(figure[0] for figure in taken[name])
    median, late = statistics.median(wall), wall[int(len(wall) * 0.95)]
    cpu = statistics.median(figure[1] for figure in taken[name])
    print(f"{name:20}{ledger:>9}{median:11.2f}{late:9.2f}{cpu:9.2f}{peak_megabytes(words):>9}{median / ours:12.2f}")
PYTHON

if command -v strace >/dev/null; then
    echo
    echo "where mtls-ca's time goes, by system call (strace makes each of them slower):"
    strace -f -c -o calls "$binary" sign leaf.csr --ca-dir ca --out ours.crt --force --quiet >/dev/null
    head -n 14 calls
fi
