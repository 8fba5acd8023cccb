//! Other people's tools judge what we make, and we read what they make. Each system has its module;
//! `./tests/run.sh interop` runs them all, `./tests/run.sh interop nginx` one of them.

#[path = "../fleet/mod.rs"]
mod fleet;
#[allow(dead_code, reason = "each system uses the part that it needs")]
mod harness;
mod issued;
mod validators;

mod apache;
mod axios;
mod backup;
mod caddy;
mod cert_manager;
mod cfssl;
#[allow(dead_code, reason = "the cast has more of them")]
mod clients;
mod crls;
mod curl;
mod envoy;
mod etcd;
mod express;
mod gnutls;
mod go;
mod golang;
mod grpc;
mod handshake;
mod haproxy;
mod hitch;
mod import_openssl;
mod import_others;
mod istio;
mod java;
mod keytool;
mod kubeadm;
mod lighttpd;
mod linkerd;
mod mariadb;
mod mosquitto;
mod nats;
mod nginx;
mod nginx_proxy;
mod nodejs;
mod ocsp;
mod openldap;
mod openssl;
mod openssl_requests;
mod pkilint;
mod postgresql;
mod prometheus;
mod pyca;
mod python;
mod rabbitmq;
mod redis;
mod revoked;
mod rotation;
mod ruby_faraday;
mod rustls;
mod spiffe;
mod spring_boot;
mod spring_feign;
mod status;
mod stunnel;
mod tomcat;
mod traefik;
mod windows;
