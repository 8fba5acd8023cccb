#!/bin/sh
# redis-cli as the operator: ./operate.sh ACL LIST
REDISCLI_AUTH=$(cat '{{ password_file }}')
export REDISCLI_AUTH
exec redis-cli -e --no-auth-warning --user operator --tls -h '{{ host }}' -p {{ port }} \
    --cacert '{{ ca }}' --cert '{{ cert }}' --key '{{ key }}' "$@"
