#!/bin/sh
# Who may read and write, by common name. Run it with a certificate whose common name is root, first and
# whenever somebody is added:
#   sh access.sh admin/root.crt admin/root.key
set -eu
etcd() {
    ETCDCTL_API=3 etcdctl --endpoints='https://{{ host }}:{{ port }}' --cacert='{{ ca }}' --cert="$cert" --key="$key" "$@"
}
cert=$1 key=$2
etcd user get root >/dev/null 2>&1 || etcd user add root --no-password
etcd user grant-role root root
etcd role get clients >/dev/null 2>&1 || etcd role add clients
etcd role grant-permission clients --prefix=true readwrite /
{% for client in allow if client.cn %}
etcd user get '{{ client.cn }}' >/dev/null 2>&1 || etcd user add '{{ client.cn }}' --no-password
etcd user grant-role '{{ client.cn }}' clients
{% endfor %}
etcd auth enable
