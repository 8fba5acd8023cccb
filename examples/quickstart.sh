#!/usr/bin/env bash
# From nothing to mutual TLS: makes a CA in a fresh folder, signs a server and a client, looks at
# what came out, and lets the two talk. Prints every command, so that it can be copied.
#
#   ./examples/quickstart.sh [FOLDER]      (default ./quickstart; made anew each time)
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$PWD/quickstart}
marker=.made-by-mtls-ca-quickstart
server=

cleanup() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
}
trap cleanup EXIT
trap 'echo "quickstart: failed in line $LINENO" >&2' ERR

say() { printf '\n# %s\n' "$*"; }
# Prints a command as it would be typed, then runs it.
run() {
    printf '$'
    local word
    for word in "$@"; do
        case $word in
            *[!A-Za-z0-9_./:=,@+-]* | '') printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}

say "build the release binary"
cd "$repository"
run cargo build --release --locked --quiet --bin mtls-ca --example mtls_echo
target=$(cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
export PATH=$target/release:$target/release/examples:$PATH

if [ -e "$folder" ]; then
    # Only a folder that this script made, or an empty one, is made anew.
    if [ -e "$folder/$marker" ] || [ -z "$(ls -A "$folder")" ]; then
        rm -rf "$folder"
    else
        echo "quickstart: $folder exists and is not mine; name another folder" >&2
        exit 1
    fi
fi
mkdir -p "$folder"
cd "$folder"
touch "$marker"

say "a root CA in ./ca"
run mtls-ca init --name 'Quickstart Root'

say "a key and a request for a server and for a client"
if command -v openssl >/dev/null; then
    run openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out api.key
    run openssl req -new -key api.key -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -out api.csr
    run openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out billing.key
    run openssl req -new -key billing.key -subj /CN=billing -addext subjectAltName=DNS:billing.internal -out billing.csr
else
    run mtls-ca csr localhost --san dns:localhost --san ip:127.0.0.1 --out api.csr
    run mtls-ca csr billing --san dns:billing.internal --out billing.csr
fi

say "sign them"
run mtls-ca sign api.csr --profile server
run mtls-ca sign billing.csr --profile client

say "what came out"
run mtls-ca inspect billing.crt
run mtls-ca verify api.crt --as server --host localhost
run mtls-ca verify billing.crt --as client
run mtls-ca list

say "a server that demands client certificates, and three callers"
echo '$ mtls_echo serve api.crt api.key ca/ca.crt &'
mtls_echo serve api.crt api.key ca/ca.crt >server.log &
server=$!
for _ in $(seq 100); do
    port=$(head -n 1 server.log)
    [ -n "$port" ] && break
    sleep 0.05
done
[ -n "$port" ] || { echo "quickstart: the server did not start" >&2; exit 1; }

# refused CALLER COMMAND…: the command has to end with 3.
refused() {
    local code=0
    printf '# %s\n' "$1"
    shift
    run "$@" || code=$?
    [ "$code" = 3 ] || { echo "quickstart: this should have been refused, but ended with $code" >&2; exit 1; }
}

echo '# the client that we signed: accepted'
run mtls_echo call "$port" localhost ca/ca.crt billing.crt billing.key
refused "nobody: refused" mtls_echo call "$port" localhost ca/ca.crt
run mtls-ca init --ca-dir stranger --name 'Somebody Else'
run mtls-ca issue billing --ca-dir stranger --out stranger-tls
refused "the same name from another CA: refused" \
    mtls_echo call "$port" localhost ca/ca.crt stranger-tls/billing.crt stranger-tls/billing.key
run mtls_echo call "$port" localhost ca/ca.crt billing.crt billing.key

say "what the server saw"
run sed 1d server.log
[ "$(grep -c '^accepted CN=billing$' server.log)" = 2 ]
[ "$(grep -c '^refused: ' server.log)" = 2 ]

say "done: the CA is in $folder/ca; next: mtls-ca --help"
