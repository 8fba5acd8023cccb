#!/bin/sh
# Once the broker runs: who may read and write. Narrow --topic and --group down to what each one needs.
set -e
acl() {
    kafka-acls.sh --bootstrap-server '{{ host }}:{{ port }}' --command-config '{{ dir }}/admin.properties' "$@"
}
{% for peer in allow if peer.cn and peer.cn != "*" %}
acl --add --allow-principal 'User:{{ peer.cn }}' --producer --consumer --topic '*' --group '*'
{% endfor %}
