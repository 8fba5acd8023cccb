# Certificates of 2030 by openssl alone, and what breaks them. Sourced by every case of cases.toml.
set -e
START=20300101000000Z END=20301231000000Z

CA_EXT="basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always"
LEAF_EXT="basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always"

# key FILE [ALGORITHM OPTION]
key() {
    openssl genpkey -algorithm "${2:-EC}" -pkeyopt "${3:-ec_paramgen_curve:P-256}" -out "$1" 2>/dev/null
    chmod 600 "$1"
}

# The book of a CA: `openssl ca` wants one for each.
book() {
    mkdir -p "book/$1"
    touch "book/$1/index.txt"
    [ -f "book/$1/serial" ] || openssl rand -hex 8 > "book/$1/serial"
    printf '01\n' > "book/$1/crlnumber"
    cat > "book/$1/ca.cnf" <<END
[ca]
default_ca = c
[c]
database = book/$1/index.txt
serial = book/$1/serial
crlnumber = book/$1/crlnumber
new_certs_dir = book/$1
unique_subject = no
default_md = ${MD:-sha256}
policy = any
crl_extensions = crl
[any]
O = optional
CN = supplied
[crl]
authorityKeyIdentifier = keyid:always
END
}

# sign NAME SUBJECT CA EXTENSIONS: NAME.key (made where it is missing) and NAME.crt. CA is NAME itself for a root.
sign() {
    [ -f "$1.key" ] || key "$1.key"
    book "$3"
    printf '%s\n' "$4" > "$1.ext"
    openssl req -new -key "$1.key" -subj "$2" -config /dev/null -out "$1.csr" 2>/dev/null ||
        openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
    self=
    [ "$1" = "$3" ] && self="-selfsign -keyfile $1.key" || self="-keyfile $3.key -cert $3.crt"
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "book/$3/ca.cnf" $self -in "$1.csr" -extfile "$1.ext" \
        -startdate "${FROM:-$START}" -enddate "${TO:-$END}" -out "$1.crt" 2>signing.log || { cat signing.log >&2; return 1; }
}

root() { sign "$1" "$2" "$1" "$CA_EXT"; }
ca() { sign "$1" "$2" "$3" "$CA_EXT"; }
server() { sign "$1" "/CN=$1" "$2" "$LEAF_EXT
extendedKeyUsage=serverAuth
subjectAltName=${3:-DNS:$1.internal}"; }
client() { sign "$1" "/CN=$1" "$2" "$LEAF_EXT
extendedKeyUsage=clientAuth
subjectAltName=${3:-DNS:$1.internal}"; }

# crl CA: CA.crl of May to July 2030.
crl() {
    book "$1"
    openssl ca -gencrl -config "book/$1/ca.cnf" -keyfile "$1.key" -cert "$1.crt" \
        -crl_lastupdate "${FROM:-20300501000000Z}" -crl_nextupdate "${TO:-20300701000000Z}" -out "$1.crl" 2>/dev/null
}

# revoke NAME CA
revoke() {
    openssl ca -config "book/$2/ca.cnf" -keyfile "$2.key" -cert "$2.crt" -revoke "$1.crt" \
        -crl_reason keyCompromise 2>/dev/null
    # The moment is that of the case, not of this machine.
    awk -F '\t' -v OFS='\t' '$1 == "R" { $3 = "300529000000Z,keyCompromise" } { print }' "book/$2/index.txt" > index.new
    mv index.new "book/$2/index.txt"
}
