#!/usr/bin/env bash
# Two release builds of the same source, from two places, have the same digests; and the static program
# lives in an empty room.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD/target/release-files
crates=${CARGO_HOME:-$HOME/.cargo}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

./release/build.sh "$here"

# Another folder, another home of the crates, another folder to build in.
there=$scratch/another/place/with/a/longer/name
mkdir -p "$there" "$scratch/crates"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -c | tar -x -C "$there"
ln -s "$(realpath "$crates/registry")" "$scratch/crates/registry"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
CARGO_HOME=$scratch/crates CARGO_TARGET_DIR=$scratch/build "$there/release/build.sh" "$scratch/files"

diff -u "$here/SHA256SUMS" "$scratch/files/SHA256SUMS"
echo "REPORT both builds have the same digests:"
sed 's/^/REPORT /' "$here/SHA256SUMS"

# No interpreter, no library, no file but its own: what it needs is in it.
for static in "$here"/*-static; do
    [ -x "$static" ] || continue
    if ldd "$static" 2>/dev/null | grep -q '=>'; then
        echo "error: $static asks for shared libraries"
        exit 1
    fi
    room=$scratch/room
    mkdir -p "$room/tmp"
    cp "$static" "$room/mtls-ca"
    enter=(chroot "$room")
    [ "$(id -u)" = 0 ] || enter=(unshare --map-root-user chroot "$room")
    "${enter[@]}" /mtls-ca --ca-dir /ca init --quiet
    "${enter[@]}" /mtls-ca --ca-dir /ca issue api.internal --profile server --out /tls --quiet
    "${enter[@]}" /mtls-ca verify /tls/api.internal.crt --ca /ca/ca.crt --as server --host api.internal
    # It knows accounts from files, and hosts too.
    mkdir -p "$room/etc"
    echo 'service:x:0:0::/:/none' >"$room/etc/passwd"
    echo '127.0.0.1 here.internal' >"$room/etc/hosts"
    "${enter[@]}" /mtls-ca --ca-dir /ca issue web.internal --profile server --out /web --owner service --quiet
    said=$("${enter[@]}" /mtls-ca inspect here.internal:9 2>&1 || true)
    grep -qF '127.0.0.1:9' <<<"$said" || { echo "error: here.internal was not looked up: $said"; exit 1; }
    # The tools of the machine read what it made.
    openssl verify -x509_strict -CAfile "$room/ca/ca.crt" "$room/tls/api.internal.crt"
done
