#!/bin/sh
# A container image of mtls-ca without a Dockerfile and without a container engine: the program, the
# libraries that it is linked with, one account, and an empty /ca for the volume with the CA.
#
#   examples/container/image.sh target/release/mtls-ca out
#
# out/image.tar    an OCI image: docker load -i, podman load -i, skopeo copy oci-archive:out/image.tar …
# out/rootfs.tar   its one layer:
#   docker import --change 'ENTRYPOINT ["/usr/bin/mtls-ca"]' --change 'USER 65532' out/rootfs.tar mtls-ca
#
#   docker run --rm -v ca:/ca mtls-ca init --name "Example CA"
#   docker run --rm -v ca:/ca mtls-ca issue api.internal --profile server --out /ca/tls
#
# The same program gives the same image, to the octet.
set -eu

[ $# = 2 ] || { echo "usage: $0 MTLS-CA OUT" >&2; exit 2; }
binary=$1
out=$2
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

root=$work/root
install -D -m 755 "$binary" "$root/usr/bin/mtls-ca"
# A program that is linked statically has none.
{ ldd "$binary" || true; } | grep -o '/[^ ]*' | while read -r library; do
    install -D -m 755 "$library" "$root$library"
done
mkdir -p "$root/etc" "$root/ca" "$root/tmp"
echo 'ca:x:65532:65532:mtls-ca:/ca:/sbin/nologin' >"$root/etc/passwd"
echo 'ca:x:65532:' >"$root/etc/group"
find "$root" -type d -exec chmod 755 {} +
chmod 644 "$root/etc/passwd" "$root/etc/group"
chmod 1777 "$root/tmp"
chmod 700 "$root/ca"

layer=$work/rootfs.tar
# archive OWNER FOLDER WORDS…: without anything in it that differs from day to day.
archive() {
    owner=$1 folder=$2
    shift 2
    tar -C "$folder" --sort=name --mtime=@0 --format=ustar --numeric-owner "--owner=$owner" "--group=$owner" "$@"
}
archive 0 "$root" --exclude=./ca -cf "$layer" .
archive 65532 "$root" -rf "$layer" ./ca

# The image layout of OCI: every part stands under the digest of its octets.
blobs=$work/image/blobs/sha256
mkdir -p "$blobs"
digest() { sha256sum "$1" | cut -d ' ' -f 1; }
size() { wc -c <"$1" | tr -d ' '; }
keep() { cp "$1" "$blobs/$(digest "$1")"; }
case $(uname -m) in
    aarch64) architecture=arm64 ;;
    *) architecture=amd64 ;;
esac
cat >"$work/config.json" <<JSON
{"architecture":"$architecture","os":"linux","config":{"User":"65532:65532","Env":["MTLS_CA_DIR=/ca/ca"],"Entrypoint":["/usr/bin/mtls-ca"],"WorkingDir":"/ca","Volumes":{"/ca":{}}},"rootfs":{"type":"layers","diff_ids":["sha256:$(digest "$layer")"]}}
JSON
cat >"$work/manifest.json" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:$(digest "$work/config.json")","size":$(size "$work/config.json")},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:$(digest "$layer")","size":$(size "$layer")}]}
JSON
cat >"$work/image/index.json" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$(digest "$work/manifest.json")","size":$(size "$work/manifest.json"),"annotations":{"org.opencontainers.image.ref.name":"mtls-ca:latest"}}]}
JSON
echo '{"imageLayoutVersion":"1.0.0"}' >"$work/image/oci-layout"
keep "$layer"
keep "$work/config.json"
keep "$work/manifest.json"
archive 0 "$work/image" -cf "$out/image.tar" .
mv "$layer" "$out/rootfs.tar"
