//! Other people's tools judge what we make, and we read what they make. Each system has its module;
//! `./tests/run.sh interop` runs them all, `./tests/run.sh interop nginx` one of them.

#[path = "../fleet/mod.rs"]
mod fleet;
#[allow(dead_code, reason = "each system uses the part that it needs")]
mod harness;
mod issued;

mod apache;
mod backup;
mod cfssl;
#[allow(dead_code, reason = "absorbed by the cast; Node's test is the last one")]
mod clients;
mod crls;
mod curl;
mod gnutls;
mod golang;
mod handshake;
mod haproxy;
mod hitch;
mod import_openssl;
mod import_others;
mod java;
mod keytool;
mod lighttpd;
mod nginx;
mod nginx_proxy;
mod node;
mod ocsp;
mod openssl;
mod openssl_requests;
mod pkilint;
mod pyca;
mod revoked;
mod rotation;
mod spring_boot;
mod spring_feign;
mod status;
mod stunnel;
mod tomcat;
mod windows;
