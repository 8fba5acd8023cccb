#!/bin/sh
# Redis reads its certificate, key and trust file again, for every connection from now on.
exec sh '{{ dir }}/operate.sh' CONFIG SET \
    tls-cert-file '{{ cert }}' tls-key-file '{{ key }}' tls-ca-cert-file '{{ ca }}'
