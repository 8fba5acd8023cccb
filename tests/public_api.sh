#!/usr/bin/env bash
# Are the public items of the library those of docs/public-api.txt?
#
#   ./tests/public_api.sh            compares
#   ./tests/public_api.sh --write    writes the list anew
#
# Needs nightly Rust, whose rustdoc writes JSON, and cargo-public-api (tests/packages.txt has the version).
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/target/tools/cargo/bin:$PATH

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "SKIPPED public items: there is no nightly Rust (\`rustup toolchain install nightly\`)"
    exit 0
fi
if ! command -v cargo-public-api >/dev/null; then
    echo "SKIPPED public items: there is no cargo-public-api (\`cargo install --locked cargo-public-api\`)"
    exit 0
fi
if [ "${1:-}" != --write ] && [ ! -f docs/public-api.txt ]; then
    echo "SKIPPED public items: no list was written yet (./tests/public_api.sh --write)"
    exit 0
fi
# Neither automatic nor blanket implementations: they follow from what is there. Colours never.
list() {
    cargo +nightly public-api --color never --target-dir "$PWD/target/public-api" -sss
}
mkdir -p target
list >target/public-api.txt
if [ "${1:-}" = --write ]; then
    cp target/public-api.txt docs/public-api.txt
    exit 0
fi
if ! diff -u docs/public-api.txt target/public-api.txt; then
    echo "error: the library's public items are others than docs/public-api.txt says"
    echo "hint: where that is meant: ./tests/public_api.sh --write, and a line in CHANGELOG.md"
    exit 1
fi
