#!/usr/bin/env bash
# How a CA with many certificates does, by its size: what each command takes, how much memory, and how
# the ledger grows; beside `openssl ca` with an index of the same size and cfssl with SQLite.
#
#   ./benches/million.sh [SIZE...]      (default 1000 100000 1000000)
#
# The certificates are signed for real, by `examples/fill.rs`: one in a hundred ends within thirty days, one
# in fifty is revoked. Times are the median of several runs. OVER_AND_OVER=N sets how many (default 7).
set -euo pipefail
cd "$(dirname "$0")/.."
. benches/peers.sh

sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(1000 100000 1000000)
cargo build --release --locked --quiet --bin mtls-ca --example fill
binary=$PWD/target/release/mtls-ca fill=$PWD/target/release/examples/fill
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$binary" init --name Million --ca-dir empty --quiet >/dev/null
peers_ca empty
peers_request one.internal
peers_openssl clientAuth names DNS:one.internal
peers_cfssl

for size in "${sizes[@]}"; do
    cp -r empty "ca-$size"
    /usr/bin/time -q -f "%e %M" -o "filled-$size" "$fill" "ca-$size" "$size"
done

BINARY=$binary SIZES="${sizes[*]}" python3 - <<'PYTHON'
import datetime
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import time

binary, sizes = os.environ["BINARY"], [int(size) for size in os.environ["SIZES"].split()]
rounds = int(os.environ.get("OVER_AND_OVER", "7"))
REVOKE = "revoke one (`--no-crl`)"
NO = 3  # `status` and `check` may answer no


def run(words, keep=None):
    """Seconds, and peak megabytes by GNU time, which is small itself."""
    start = time.perf_counter()
    done = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", *words], stdin=subprocess.DEVNULL,
                          stdout=keep or subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    spent = time.perf_counter() - start
    assert done.returncode in (0, NO), f"{' '.join(words)}: {done.stderr}"
    return spent, int(done.stderr.strip().splitlines()[-1]) / 1024


def measure(command, times=rounds):
    """The median of several runs. A command that needs something new each time is a function of the run."""
    # What was written before is the disk's business for a while, and would be in the figures.
    os.sync()
    taken = []
    for turn in range(times):
        words = command(turn) if callable(command) else command
        taken.append(run(words))
        if taken[-1][0] > 20:
            break
    return statistics.median(seconds for seconds, _ in taken), max(peak for _, peak in taken)


def serials(directory, condition, limit):
    with sqlite3.connect(f"file:{directory}/ledger.sqlite?mode=ro", uri=True) as ledger:
        found = ledger.execute(f"SELECT lower(hex(serial)) FROM certificates WHERE {condition} LIMIT {limit}")
        return [serial for (serial,) in found]


def ours(directory, size):
    name = f"host-{size // 2:07}.internal"
    at = ["--ca-dir", directory]

    def backup(turn):
        if os.path.exists("copy.tar"):
            os.remove("copy.tar")
        return [binary, "backup", "copy.tar", "--quiet", *at]

    figures = {"open (`list --limit 1`)": measure([binary, "list", "--limit", "1", *at])}
    figures["sign one"] = measure([binary, "sign", "leaf.csr", "--out", "one.crt", "--force", "--quiet", *at])
    # In the empty ledger there are those that were just signed.
    live = serials(directory, "state = 'issued'" + (" AND id % 3 = 1" if size else ""), rounds + 1)
    figures["show by serial"] = measure([binary, "show", live[0], *at])
    figures["list by name"] = measure([binary, "list", "--name", name, *at])
    figures[REVOKE] = measure(lambda turn: [binary, "revoke", live[turn + 1], "--no-crl", "--quiet", *at], len(live) - 1)
    figures["list --expiring 30d"] = measure([binary, "list", "--expiring", "30d", *at])
    figures["status"] = measure([binary, "status", "--quiet", *at])
    figures["crl build"] = measure([binary, "crl", "build", "--quiet", *at])
    figures["audit report"] = measure([binary, "audit", "report", *at], 3)
    figures["check"] = measure([binary, "check", "--quiet", *at], 3)
    figures["backup"] = measure(backup, 3)
    return figures


def openssl(size):
    """The same with an index of that size, of which one in fifty is revoked."""
    random.seed(1)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%y%m%d%H%M%SZ")
    with open("index.txt", "w") as index:
        for number in range(size):
            state, when = ("R", stamp) if number % 50 == 7 else ("V", "")
            serial = f"{0x40 | random.getrandbits(6):02X}{random.getrandbits(120):030X}"
            index.write(f"{state}\t360101000000Z\t{when}\t{serial}\tunknown\t/CN=host-{number:07}.internal\n")
    os.makedirs("certs", exist_ok=True)
    open("number", "w").write("01\n")
    call = ["openssl", "ca", "-batch", "-notext", "-config", "openssl.cnf", "-cert", "ca.pem", "-keyfile", "ca.key"]
    figures = {"sign one": measure([*call, "-in", "leaf.csr", "-out", "peer.crt"])}
    # Each can be revoked once.
    made = sorted(os.path.join("certs", name) for name in os.listdir("certs"))[:rounds]
    figures["revoke one"] = measure(lambda turn: [*call, "-revoke", made[turn]], len(made))
    figures["crl build"] = measure([*call, "-gencrl", "-crldays", "7", "-out", "peer.crl"])
    shutil.rmtree("certs")
    return figures


def cfssl(size):
    """The same with a database of that size. What expires has no command: cfssl's own question, asked by sqlite3."""
    if os.path.exists("cfssl.sqlite"):
        os.remove("cfssl.sqlite")
    database = sqlite3.connect("cfssl.sqlite")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("""CREATE TABLE certificates (serial_number blob NOT NULL, authority_key_identifier blob NOT NULL,
        ca_label blob, status blob NOT NULL, reason int, expiry timestamp, revoked_at timestamp, pem blob NOT NULL,
        issued_at timestamp, not_before timestamp, metadata text, sans text, common_name text,
        PRIMARY KEY(serial_number, authority_key_identifier))""")
    pem = open("one.crt").read()
    now = datetime.datetime.now(datetime.UTC)

    def end(days):
        return (now + datetime.timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S+00:00")

    def rows():
        for number in range(size):
            days = 1 + number // 100 % 30 if number % 100 == 0 else 31 + number % 334
            yield (str(number), "aa", "", "good", 0, end(days), "0001-01-01 00:00:00+00:00", pem)

    database.executemany("INSERT INTO certificates(serial_number, authority_key_identifier, ca_label, status, reason,"
                         " expiry, revoked_at, pem) VALUES (?,?,?,?,?,?,?,?)", rows())
    database.commit()
    database.close()
    json.dump({"driver": "sqlite3", "data_source": "cfssl.sqlite"}, open("cfssl-db.json", "w"))
    expiring = f"SELECT * FROM certificates WHERE expiry > '{end(0)}' AND expiry < '{end(30)}' AND status != 'revoked'"
    at = ["-loglevel", "5", "-db-config", "cfssl-db.json"]
    return {
        "sign one": measure(["cfssl", "sign", *at, "-ca", "ca.pem", "-ca-key", "ca.key", "-config", "cfssl.json", "leaf.csr"]),
        "revoke one": measure(lambda turn: ["cfssl", "revoke", *at, "-serial", str(turn * 3 + 1), "-aki", "aa",
                                               "-reason", "superseded"]),
        "expiring in 30 days": measure(["sqlite3", "cfssl.sqlite", expiring]),
    }


def milliseconds(figure):
    return "–" if figure is None else f"{figure[0] * 1000:,.1f}"


def table(title, by_size, memory=True):
    names = []
    for figures in by_size.values():
        names.extend(name for name in figures if name not in names)
    print(f"\n{title}, milliseconds" + (" (peak MB)" if memory else "") + "\n")
    print("| | " + " | ".join(f"{size:,}" for size in by_size) + " |")
    print("|---|" + "---:|" * len(by_size))
    for name in names:
        cells = []
        for figures in by_size.values():
            figure = figures.get(name)
            cells.append(milliseconds(figure) + (f" ({figure[1]:.0f})" if memory and figure else ""))
        print(f"| {name} | " + " | ".join(cells) + " |")


measured = {0: ours("empty", 0)}
for size in sizes:
    measured[size] = ours(f"ca-{size}", size)
table("mtls-ca, by the size of the ledger", measured)
last, most = measured[sizes[-1]], sizes[-1]
print(f"\nAt {most:,} beside the empty ledger: "
      + ", ".join(f"{name} {last[name][0] / measured[0][name][0]:.2f} times" for name in ("sign one", "show by serial", REVOKE)))
print("\n| filled with | seconds | a second | peak MB | ledger, octets each |\n|---:|---:|---:|---:|---:|")
for size in sizes:
    seconds, peak = open(f"filled-{size}").read().split()
    octets = os.path.getsize(f"ca-{size}/ledger.sqlite")
    print(f"| {size:,} | {float(seconds):.2f} | {size / max(float(seconds), 0.01):,.0f} | {int(peak) / 1024:.0f} | {octets / size:,.0f} |")
# The ledgers are not needed any more, and the others need room too.
for size in sizes:
    shutil.rmtree(f"ca-{size}")
table("openssl ca, by the size of its index", {size: openssl(size) for size in sizes})
if shutil.which("cfssl"):
    table("cfssl with SQLite (what expires is its own question, asked by sqlite3), by the size of its database", {size: cfssl(size) for size in sizes})
else:
    print("\ncfssl: SKIPPED, it is not installed")
PYTHON
