#!/bin/sh
# Spring Boot sees that a file of a folder is another, but not that a link above the folder is: it reads
# the stores from here. Before the first start, and after each renewal.
set -e
umask 077
mkdir -p '{{ dir }}/stores'
cd '{{ dir }}/stores'
for store in '{{ truststore_p12 }}' '{{ p12 }}'; do
    name=$(basename "$store")
    cp "$store" ".$name"
    mv ".$name" "$name"
done
