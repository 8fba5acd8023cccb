#!/bin/sh
# Tomcat reads its stores and CRLs again; says so, and ends with 1 where it did not.
answer=$(curl -fsS --unix-socket '{{ dir }}/reload.sock' \
    'http://localhost/?invoke=Catalina:type=ProtocolHandler,port={{ port }}&op=reloadSslHostConfigs')
echo "$answer" | head -n 1
case $answer in OK*) ;; *) exit 1 ;; esac
