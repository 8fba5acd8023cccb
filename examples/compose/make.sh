#!/bin/sh
# What compose.yaml mounts: a CA, a gateway that demands client certificates, a service behind it that
# demands the gateway's, and a client to try both with. Run it again to renew what is due, with its CRLs;
# then: docker compose exec gateway nginx -s reload; docker compose kill -s HUP service
#
#   ./make.sh && docker compose up -d
#   curl --cacert client/ca.crt --cert client/billing.crt --key client/billing.key https://localhost:8443/
set -eu
cd "$(dirname "$0")"

[ -d ca ] || mtls-ca --non-interactive init --name "Compose CA"
[ -f client/billing.crt ] || mtls-ca --non-interactive issue billing --profile client --out client

# The paths within the containers are those of compose.yaml. Root in the containers reads the keys.
[ -d gateway ] || mtls-ca --non-interactive recipe nginx --name localhost --out gateway --at /etc/mtls \
    --port 8443 --upstream 127.0.0.1:8080 --allow billing
[ -d hop ] || mtls-ca --non-interactive recipe nginx-proxy --name gateway --out hop --at /etc/hop \
    --port 8080 --upstream service:8443
[ -d service ] || mtls-ca --non-interactive recipe nodejs --name service --san service --out service --at /srv/mtls \
    --port 8443 --allow gateway

mtls-ca --non-interactive crl refresh
for folder in gateway hop service; do
    mtls-ca --non-interactive renew "$folder/tls" --expiring 33%
    mtls-ca --non-interactive bundle --crl --out "$folder/crl/crl.pem"
done
