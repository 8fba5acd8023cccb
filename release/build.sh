#!/usr/bin/env bash
# Makes what a release hands out, for the machine it runs on: the program, once as usual and once
# static, the list of what is in it (CycloneDX), and their checksums; then says sizes and start times.
#
#   ./release/build.sh [FOLDER]      into FOLDER (target/release-files)
#
# Two runs from the same commit with the same Rust and C compilers give the same bytes, wherever the
# source, the crates and the build folder lie: ./tests/run.sh reproducible compares two.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
out=$(realpath -m "${1:-target/release-files}")
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/releases
crates=$(realpath "${CARGO_HOME:-$HOME/.cargo}")
host=$(rustc -vV | sed -n 's/^host: //p')

# No clock and no place: dates in the program, if a crate asked for any, are the beginning of 1980, the one
# in the list of contents is the commit's, and paths begin with a word instead of a folder.
committed=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH=315532800 CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$target LC_ALL=C TZ=UTC
# Of several maps that fit, the last one counts.
export CFLAGS="-ffile-prefix-map=$root=/mtls-ca -ffile-prefix-map=$target=/build -ffile-prefix-map=$crates=/crates"
export RUSTFLAGS="--remap-path-prefix=$root=/mtls-ca --remap-path-prefix=$target=/build --remap-path-prefix=$crates=/crates"

# build NAME FLAG…: the program, linked with these flags of rustc, as FOLDER/NAME.
build() {
    local name=$1 path
    shift
    echo "--- $name"
    # With --target, the flags above are those of the program, and not of what the build itself runs.
    cargo rustc --locked --profile dist --bin mtls-ca --target "$host" -- "$@"
    install -m 755 "$target/$host/dist/mtls-ca" "$out/$name"
    # A path of this machine would make the next machine's bytes others.
    for path in "$root" "$crates" "$target"; do
        if grep -qaF "$path/" "$out/$name"; then
            echo "error: $name holds the path $path" >&2
            return 1
        fi
    done
}

# start NAME WORD…: how much of a processor a cold process takes, the mean of many; other load does not count.
start() {
    local name=$1 runs=200 TIMEFORMAT='%U %S' spent
    shift
    spent=$({ time for _ in $(seq $runs); do "$out/$name" "$@" >/dev/null; done; } 2>&1)
    awk -v runs=$runs '{ printf "%.1f ms\n", ($1 + $2) * 1000 / runs }' <<<"$spent"
}

rm -rf "$out"
mkdir -p "$out"
programs=("mtls-ca-$host")
build "mtls-ca-$host"
case $host in
    *-linux-gnu)
        # Only the last step differs: the crates are the same, and the C library is linked in.
        build "mtls-ca-$host-static" -C target-feature=+crt-static
        programs+=("mtls-ca-$host-static")
        ;;
esac
SOURCE_DATE_EPOCH=$committed python3 release/sbom.py "$host" >"$out/mtls-ca.cdx.json"
(cd "$out" && sha256sum mtls-ca* >SHA256SUMS && cat SHA256SUMS)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$out/mtls-ca-$host" --ca-dir "$scratch/ca" init --quiet >/dev/null
for name in "${programs[@]}"; do
    echo "REPORT $name: $(($(stat -c %s "$out/$name") / 1024)) KiB," \
        "a cold --version takes $(start "$name" --version), list of an empty CA $(start "$name" --ca-dir "$scratch/ca" list --quiet)"
done
