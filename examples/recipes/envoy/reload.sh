#!/bin/sh
# Something is moved into the folder that Envoy watches: it reads all files again, CRLs as well.
set -eu
cd '{{ dir }}/tls'
touch .reload.new
mv .reload.new .reload
