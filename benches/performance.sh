#!/usr/bin/env bash
# Runs every benchmark and writes docs/performance.md: what was run, what came out, peers beside us in the
# same run. On 2 quiet cores the whole takes about a quarter of an hour.
#
#   ./benches/performance.sh [OUT]      (default docs/performance.md)
#
# Sizes: ROUNDS of one process (200), BATCH certificates at once (20000), SIZES of the ledger (1000 100000
# 1000000), FILES to verify (10000) with ENTRIES on a CRL (100000), CRL entries (1000000).
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-docs/performance.md}
rounds=${ROUNDS:-200} batch=${BATCH:-20000} files=${FILES:-10000} entries=${ENTRIES:-100000} crl=${CRL:-1000000}
sizes=${SIZES:-1000 100000 1000000}
text=$(mktemp)
trap 'rm -f "$text"' EXIT
started=$(date +%s)

# A heading, a sentence, the command, and what it printed: as it stands, or as a block.
part() {
    local heading=$1 sentence=$2 kind=$3
    shift 3
    echo "$heading: $*" >&2
    {
        printf '\n## %s\n\n%s\n\n```text\n' "$heading" "$sentence"
        printf '%s' "$1"
        printf ' %s' "${@:2}"
        printf '\n```\n\n'
    } >>"$text"
    local said
    if ! said=$("$@" 2>/dev/null); then
        said="$said"$'\n'"SKIPPED: it did not run to its end here"
    fi
    # Criterion draws over its lines, and says where it keeps its own records.
    said=$(sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e 's/.*\r//' -e '/^ *change:/d' \
        -e '/No change in performance/d' -e '/Performance has/d' <<<"$said")
    # shellcheck disable=SC2016
    if [ "$kind" = table ]; then
        printf '%s\n' "$said" >>"$text"
    else
        printf '```text\n%s\n```\n' "$said" >>"$text"
    fi
}

cargo build --release --locked --quiet --bin mtls-ca --examples --benches

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
memory=$(awk '/^MemTotal/ {printf "%.0f", $2 / 1024 / 1024}' /proc/meminfo)
cat >"$text" <<PROSE
# Performance

Written by \`./benches/performance.sh\`, which runs everything below on one machine in one go: our figures and
those of other tools beside them. It is no test: it prints and judges nothing.

Machine: $(nproc) cores (${cpu:-unknown}), $memory GB of memory, a local disk; $(rustc --version | cut -d ' ' -f 1,2),
$(openssl version | cut -d ' ' -f 1,2). Ours is built by \`cargo build --release\`. Times of single
commands, by the size of the ledger, and of many files are medians; those of the batch, of filling a CA and of
the large CRL are one run each. Peak memory is the largest of the runs. Durable means that a certificate is on
disk, by fsync, before it leaves the process.

Where others are quicker, the tables say so too: for one certificate in a cold process those that keep no
record, or one that is not synced; for single acts at a million cfssl; for many at once a bare program without
rules.
PROSE

# shellcheck disable=SC2016
part 'One certificate, one process' \
    'A cold process that answers one request: what a script that calls the command for each certificate gets. `record` is what a tool keeps of it: those that keep less than a durable row, or nothing, are done sooner.' \
    block ./benches/cli.sh "$rounds"
part 'One certificate, in process' \
    'The steps of one certificate in a process that runs, beside the signature and the verification that nobody can do without.' \
    block cargo bench --locked --quiet --bench issue -- --noplot --quick
if [ -x benches/batch.sh ]; then
    part 'Many certificates at once' \
        'A folder of requests, answered by one command on all cores, durable; beside the bare cryptography and other tools. We check each signature of ours before we believe it, which costs as much as checking the request; the bare program does not, and has no rules, no ledger that can be asked and no log that shows what was changed.' \
        block ./benches/batch.sh "$batch"
fi
# shellcheck disable=SC2016,SC2086
part 'A million certificates' \
    'What a command takes by the size of the ledger; it grows with what is asked, not with the history, but where the history is what is asked for (`check`, `backup`, `audit report`).' \
    table ./benches/million.sh $sizes
part 'Many files' \
    'A folder of certificates in one process, the CRL read once. The bare program reads, parses and checks one signature each on one thread, and has no rules; ours uses all cores and says of each why.' \
    table ./benches/verify.sh "$files" "$entries"
part 'A large CRL' \
    'A CRL of so many entries from a ledger of that size.' \
    block ./benches/crl.sh "$crl" "$crl"

printf '\nThe whole run took %d minutes.\n' "$((($(date +%s) - started + 59) / 60))" >>"$text"
cp "$text" "$out"
echo "written: $out" >&2
