#!/usr/bin/env bash
# What the benchmarks give to other tools beside us: the same CA key, the same request, the same kind of
# certificate. Sourced, in the folder where they work.

# The root that a CA of ours has made, with its key in clear.
peers_ca() {
    cp "$1/issuers/g1/issuer.crt" ca.pem
    cp "$1/issuers/g1/issuer.key" ca.key
}

# A P-256 key and a request for one name, in leaf.key and leaf.csr.
peers_request() {
    openssl ecparam -name prime256v1 -genkey -noout -out leaf.key
    openssl req -new -key leaf.key -subj "/CN=${1%%.*}" -addext "subjectAltName=DNS:$1" -out leaf.csr
}

# The settings of `openssl ca`, in openssl.cnf, with an empty index. The last lines say where names come from:
#   peers_openssl USAGE names DNS:NAME      always these
#   peers_openssl USAGE copied              those of the request
peers_openssl() {
    local usage=$1 names=$2 copied=''
    if [ "$names" = copied ]; then copied='copy_extensions = copy'; fi
    cat >openssl.cnf <<CONFIG
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = certs
crlnumber = number
rand_serial = yes
default_md = sha256
default_days = 90
policy = any
unique_subject = no
x509_extensions = leaf
$copied
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = $usage
CONFIG
    if [ "$names" = names ]; then echo "subjectAltName = $3" >>openssl.cnf; fi
    mkdir -p certs
    : >index.txt
    echo 01 >number
}

# The settings of `cfssl sign`, in cfssl.json.
peers_cfssl() {
    echo '{"signing":{"default":{"expiry":"2160h","usages":["digital signature","client auth"]}}}' >cfssl.json
}
