//! Other people's tools judge what we make, and we read what they make. Each system has its module;
//! `./tests/run.sh interop` runs them all, `./tests/run.sh interop nginx` one of them.

mod harness;
mod issued;

mod cfssl;
mod clients;
mod gnutls;
mod golang;
mod keytool;
mod nginx;
mod node;
mod openssl;
mod openssl_requests;
mod pkilint;
mod pyca;
mod rotation;
mod windows;
