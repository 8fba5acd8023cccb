//! What a system takes and refuses, as far as a check of files can use it.

use serde::{Deserialize, Serialize};

/// What is known of a system. Every key may be left out: then nothing is said of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// Which TLS library speaks for it: how it words refusals follows from that.
    pub tls: Option<Tls>,
    /// The encodings that it reads: `pem`, `pkcs12`, `jks`, `der`.
    pub reads: Vec<String>,
    /// The forms of private keys that it loads: `pkcs8`, `sec1`, `pkcs1`.
    pub key_forms: Vec<String>,
    /// Key algorithms of leaf certificates that it refuses.
    pub refused_algorithms: Vec<String>,
    /// Key algorithms of CAs that it refuses.
    pub refused_ca_algorithms: Vec<String>,
    /// Whether it survives a UTF-8 byte order mark before PEM.
    pub bom: Option<bool>,
    /// The widest mode of a key file that it accepts, in octal.
    pub key_mode: Option<String>,
    /// How many CAs above the certificate the recipe's configuration lets through.
    pub depth: Option<u8>,
    /// How many it lets through without the setting.
    pub default_depth: Option<u8>,
    /// What it does with CRLs.
    pub crl: Option<CrlUse>,
    /// Which CAs belong into its trust file.
    pub trust: Option<TrustForm>,
    /// The extended key usage that it needs: `server`, `client` or `both`.
    pub usage: Option<String>,
    /// How it names a peer.
    pub identity: Option<IdentityForm>,
    /// What it does, as a client, with a server certificate without alternative names: `accepts` or
    /// `refuses`.
    pub cn_only_server: Option<String>,
}

/// A TLS library, by how it words refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "their names say it")]
pub enum Tls {
    Openssl,
    Gnutls,
    Go,
    Rustls,
    Boringssl,
    Jsse,
    Erlang,
}

/// What a system does with CRLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CrlUse {
    /// It reads none.
    None,
    /// It wants one of every CA of the chain.
    All,
    /// It wants that of the issuing CA.
    Leaf,
    /// It asks by OCSP.
    Ocsp,
}

/// Which CAs belong into the trust file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustForm {
    /// The roots.
    Roots,
    /// The issuing CAs as well.
    RootsAndIssuing,
}

/// How a system names a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityForm {
    /// `CN=svc-a,O=x`.
    Rfc2253,
    /// `/O=x/CN=svc-a`.
    Oneline,
    /// `cn=svc-a,o=x`.
    Ldap,
    /// The common name.
    Cn,
    /// A DNS name among the alternative names.
    Dns,
    /// The URI among the alternative names.
    Uri,
    /// An e-mail address among the alternative names.
    Email,
    /// It does not.
    None,
}
