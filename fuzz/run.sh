#!/usr/bin/env bash
# All fuzz targets, or some, side by side, each for so many minutes (30): ./fuzz/run.sh [MINUTES [TARGET…]]
# Fails where one finds something. Needs nightly Rust and cargo-fuzz; says SKIPPED where they are missing.
#
# They share the cores, and the limit of time for one input (20 seconds) is by the clock on the wall.
# Each begins with its committed corpus, and with the parser corpus where that is there ($MTLS_CA_CORPORA, else
# ../shared/corpora). What it learns is kept in target/fuzz/corpus, what broke is in target/fuzz/crashes.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

minutes=${1:-30}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd fuzz/fuzz_targets && basename -s .rs -- *.rs)

skip() { echo "SKIPPED fuzz: $1"; exit 0; }

if ! cargo +nightly --version >/dev/null 2>&1; then
    ! command -v rustup >/dev/null || rustup toolchain install nightly --profile minimal --no-self-update
fi
cargo +nightly --version >/dev/null 2>&1 ||
    skip "nightly Rust is not there, and cannot be fetched (\`rustup toolchain install nightly\`)"
command -v cargo-fuzz >/dev/null || skip "cargo-fuzz is not there (\`cargo install cargo-fuzz\`)"

work=$PWD/target/fuzz
programs=$work/$(rustc -vV | sed -n 's/^host: //p')/release
# Without a sanitizer: there is no unsafe code of ours, and what there is of C is not built for one.
cargo +nightly fuzz build --sanitizer none --target-dir "$work" || exit 1

# kinds TARGET: which files of the parser corpus are for it.
kinds() {
    case $1 in
        certificate) echo cert ;;
        csr) echo csr ;;
        crl) echo crl ;;
        ocsp_request) echo ocsp ;;
        pkcs12) echo p12 ;;
        pem_bundle) echo "pem key p8 cms" ;;
    esac
}

corpora=${MTLS_CA_CORPORA:-../shared/corpora}/parser-corpus.tar.xz
if [ -f "$corpora" ]; then
    [ -f "$work/parser/manifest.tsv" ] || { mkdir -p "$work/parser" && tar -C "$work/parser" -xJf "$corpora"; }
else
    echo "SKIPPED the parser corpus: there is no $corpora; the fuzzers begin with their own corpora"
fi

# seeds TARGET: links to them in a folder.
seeds() {
    local folder=$work/seeds/$1 kind
    mkdir -p "$folder"
    [ -f "$work/parser/manifest.tsv" ] || return 0
    for kind in $(kinds "$1"); do
        awk -F'\t' -v kind="$kind" '$3 == kind && $2 < 8192 { print $1 }' "$work/parser/manifest.tsv" |
            while read -r name; do ln -sf "$work/parser/files/$name" "$folder/$name"; done
    done
}

dictionary() {
    case $1 in
        pem_bundle) echo pem ;;
        jks | profile | ca_toml | san | name) echo "$1" ;;
        *) echo der ;;
    esac
}

# The most octets of an input: much more only costs time.
longest() {
    case $1 in
        san | name) echo 1024 ;;
        profile | ca_toml | ocsp_request) echo 4096 ;;
        pem_bundle) echo 16384 ;;
        *) echo 8192 ;;
    esac
}

fuzz() {
    local target=$1
    mkdir -p "$work/corpus/$target" "$work/crashes/$target" "$work/logs"
    seeds "$target"
    "$programs/$target" "$work/corpus/$target" "fuzz/corpus/$target" "$work/seeds/$target" \
        -dict="fuzz/dictionaries/$(dictionary "$target").dict" -artifact_prefix="$work/crashes/$target/" \
        -max_len="$(longest "$target")" -rss_limit_mb=1024 -timeout=20 -max_total_time=$((minutes * 60)) \
        -print_final_stats=1 >"$work/logs/$target.log" 2>&1
}

pids=()
for target in "${targets[@]}"; do
    fuzz "$target" &
    pids+=($!)
done
status=0
for n in "${!targets[@]}"; do
    if wait "${pids[$n]}"; then outcome=ok; else outcome=FAILED status=1; fi
    log=$work/logs/${targets[$n]}.log
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    edges=$(grep -ao 'cov: [0-9]*' "$log" | tail -1 | tr -dc 0-9)
    printf 'REPORT fuzz %-13s %-7s %9s executions, %6s edges\n' "${targets[$n]}" "$outcome" "${executions:-?}" "${edges:-?}"
    [ "$outcome" = ok ] || tail -n 40 "$log"
done
exit "$status"
