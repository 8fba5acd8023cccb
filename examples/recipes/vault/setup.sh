#!/bin/sh
# Hands the CA to Vault; VAULT_ADDR and VAULT_TOKEN say which one.
set -eu
vault secrets enable -path=pki pki
vault secrets tune -max-lease-ttl=2160h pki
vault write pki/config/ca pem_bundle=@"{{ dir }}/files/pem_bundle.pem"
vault write pki/roles/mtls allowed_domains="{{ host }}" allow_subdomains=true \
    key_type=ec key_bits=256 server_flag=true client_flag=true max_ttl=72h
