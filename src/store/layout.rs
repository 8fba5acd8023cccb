//! Where everything stands in a CA directory. Nobody else writes such a path.
//!
//! ```text
//! ca/                         0700
//!   .gitignore                *
//!   ca.toml                   what the operator wants
//!   ledger.sqlite             what is (with -wal and -shm beside it)
//!   issuers/g1/issuer.crt     one folder per CA certificate of this authority
//!   issuers/g1/issuer.key     0600
//!   issuers/g1/above.crt      the CAs above it, the root last; absent under a root
//!   issuers/g1/issuer.csr     its request, where it was made from one
//!   issuers/g2/cross.crt      the same key and subject certified by the root before
//!   issuers/g1/crl.der|pem
//!   audit.key                 0600, signs checkpoints of the audit log; made with the first
//!   issuers/g1/ocsp.key       0600; its OCSP responder: key and certificate
//!   ca.crt                    what peers should trust
//!   chain.crt                 what goes behind a leaf
//!   profiles/*.toml           the operator's own profiles
//! ```
//!
//! There is no lock file: the kernel lock ([`super::lock`]) is on the directory itself.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::words::x509::serial::Serial;

/// The paths of one CA directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

/// The generation of a CA certificate within its authority: 1 for the first, shown as `g1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerNumber(u32);

/// The paths of one issuer's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerFolder {
    path: PathBuf,
}

/// The paths of a directory that is open to all: what peers and web servers fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFolder {
    path: PathBuf,
}

impl IssuerNumber {
    /// The number that `init` gives.
    pub const FIRST: Self = Self(1);

    /// This number, where it is not 0.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for IssuerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "g{}", self.0)
    }
}

/// Text that is no number of a CA certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the number of a CA certificate, such as `g1`")]
pub struct NotAnIssuer(pub String);

impl std::str::FromStr for IssuerNumber {
    type Err = NotAnIssuer;

    fn from_str(text: &str) -> Result<Self, NotAnIssuer> {
        let number = text.strip_prefix('g').and_then(|digits| digits.parse().ok()).and_then(Self::new);
        // `g01` and `g+1` would be other texts for the same.
        number.filter(|number| number.to_string() == text).ok_or_else(|| NotAnIssuer(text.chars().take(40).collect()))
    }
}

impl serde::Serialize for IssuerNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Layout {
    /// The CA directory at this path, whether or not there is one.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the operator wants.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("ca.toml")
    }

    /// What is: issuers, certificates, audit chain.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.sqlite")
    }

    /// Keeps the directory out of version control.
    #[must_use]
    pub fn gitignore(&self) -> PathBuf {
        self.root.join(".gitignore")
    }

    /// What peers should trust: all live roots.
    #[must_use]
    pub fn trust(&self) -> PathBuf {
        self.root.join("ca.crt")
    }

    /// What goes behind a leaf: the active issuer and its chain, without the root.
    #[must_use]
    pub fn chain(&self) -> PathBuf {
        self.root.join("chain.crt")
    }

    /// What a watcher knows of itself and its targets.
    #[must_use]
    pub fn watch(&self) -> PathBuf {
        self.root.join("watch.json")
    }

    /// The operator's own profiles.
    #[must_use]
    pub fn profiles(&self) -> PathBuf {
        self.root.join("profiles")
    }

    /// The folder of all issuers.
    #[must_use]
    pub fn issuers(&self) -> PathBuf {
        self.root.join("issuers")
    }

    /// The key that signs checkpoints of the audit log.
    #[must_use]
    pub fn audit_key(&self) -> PathBuf {
        self.root.join("audit.key")
    }

    /// The folder of one issuer.
    #[must_use]
    pub fn issuer(&self, number: IssuerNumber) -> IssuerFolder {
        IssuerFolder { path: self.issuers().join(number.to_string()) }
    }

    /// Whether something that looks like a CA directory is there, finished or waiting for an
    /// offline ceremony.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.ledger().is_file() || self.issuer(IssuerNumber::FIRST).request().is_file()
    }
}

impl IssuerFolder {
    /// The folder at this path: one that is built beside its place.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The CA certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.path.join("issuer.crt")
    }

    /// The certificates of the CAs above it, its own issuer first and the root last; absent under a
    /// root. `ca.crt` and `chain.crt` are derived from it and from `issuer.crt`.
    #[must_use]
    pub fn above(&self) -> PathBuf {
        self.path.join("above.crt")
    }

    /// The same subject and key, certified by the root before it; derived from the ledger.
    #[must_use]
    pub fn cross(&self) -> PathBuf {
        self.path.join("cross.crt")
    }

    /// Its private key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.path.join("issuer.key")
    }

    /// The key of its OCSP responder, and the certificate behind it: one file, so that they never
    /// differ.
    #[must_use]
    pub fn responder(&self) -> PathBuf {
        self.path.join("ocsp.key")
    }

    /// The request that waits for an offline root to sign it.
    #[must_use]
    pub fn request(&self) -> PathBuf {
        self.path.join("issuer.csr")
    }

    /// The newest CRL, in DER.
    #[must_use]
    pub fn crl_der(&self) -> PathBuf {
        self.path.join("crl.der")
    }

    /// The newest CRL, in PEM.
    #[must_use]
    pub fn crl_pem(&self) -> PathBuf {
        self.path.join("crl.pem")
    }
}

impl PublishedFolder {
    /// The directory at this path, whether or not there is one.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An issuer's CRL in DER, as a distribution point serves it (RFC 5280 section 4.2.1.13).
    #[must_use]
    pub fn crl_der(&self, number: IssuerNumber) -> PathBuf {
        self.path.join(format!("{number}.crl"))
    }

    /// The same in PEM, as servers read it.
    #[must_use]
    pub fn crl_pem(&self, number: IssuerNumber) -> PathBuf {
        self.path.join(format!("{number}.crl.pem"))
    }

    /// An issuer's certificate in DER, as caIssuers points to it (RFC 5280 section 4.2.2.1).
    #[must_use]
    pub fn certificate_der(&self, number: IssuerNumber) -> PathBuf {
        self.path.join(format!("{number}.crt"))
    }

    /// The same in PEM.
    #[must_use]
    pub fn certificate_pem(&self, number: IssuerNumber) -> PathBuf {
        self.path.join(format!("{number}.crt.pem"))
    }

    /// What peers should trust.
    #[must_use]
    pub fn trust(&self) -> PathBuf {
        self.path.join("ca.crt")
    }

    /// The CRLs of every CA of every chain, in PEM.
    #[must_use]
    pub fn crl_set(&self) -> PathBuf {
        self.path.join("crls.pem")
    }
}

/// OCSP responses that were made in advance, of one issuer: a folder that a web server hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseFolder {
    path: PathBuf,
}

impl ResponseFolder {
    /// That of an issuer, below the folder of them all.
    #[must_use]
    pub fn within(root: &Path, number: IssuerNumber) -> Self {
        Self { path: root.join(number.to_string()) }
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The response about this certificate, for servers that staple it.
    #[must_use]
    pub fn stapled(&self, serial: &Serial) -> PathBuf {
        self.path.join(format!("{serial}.ocsp"))
    }

    /// The response for clients that put this request into the path of a GET, as base64 (RFC 6960
    /// appendix A.1). The slashes of base64 become folders, and file systems take several of them for
    /// one; the ending keeps files and folders apart, also where the text ends with a slash.
    #[must_use]
    pub fn asked_by(&self, request: &[u8]) -> PathBuf {
        // Put behind as text: joined, a path that began with a slash would lead elsewhere.
        let mut path = self.path.clone().into_os_string();
        path.push(format!("/{}.ocsp", data_encoding::BASE64.encode(request)));
        path.into()
    }

    /// The certificate that a file of this folder is about, by its name.
    #[must_use]
    pub fn serial_of(file: &Path) -> Option<Serial> {
        let name = file.file_name()?.to_str()?.strip_suffix(".ocsp")?;
        let octets = data_encoding::HEXLOWER.decode(name.as_bytes()).ok()?;
        (!octets.is_empty()).then(|| Serial::from_octets(&octets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_disk_format() {
        let layout = Layout::at("ca");
        let second = IssuerNumber::new(2).unwrap();
        assert_eq!(layout.issuer(second).key(), Path::new("ca/issuers/g2/issuer.key"));
        assert_eq!(layout.ledger(), Path::new("ca/ledger.sqlite"));
        assert_eq!(IssuerNumber::new(0), None);
        assert_eq!("g2".parse(), Ok(second));
        for text in ["g0", "2", "g", "g02", "g+2", "G2"] {
            assert_eq!(text.parse::<IssuerNumber>(), Err(NotAnIssuer(text.to_owned())));
        }
        assert_eq!(PublishedFolder::at("/srv/pki").crl_der(second), Path::new("/srv/pki/g2.crl"));
    }

    #[test]
    fn responses_are_found_by_number_and_by_request() {
        let folder = ResponseFolder::within(Path::new("ocsp"), IssuerNumber::FIRST);
        let serial = Serial::from_octets(&[0x0a, 0xff]);
        assert_eq!(folder.stapled(&serial), Path::new("ocsp/g1/0aff.ocsp"));
        assert_eq!(ResponseFolder::serial_of(&folder.stapled(&serial)), Some(serial));
        // RFC 4648 section 4: six bits of one are a slash.
        assert_eq!(folder.asked_by(&[0xff, 0xff, 0xfe]), Path::new("ocsp/g1////+.ocsp"));
        assert_eq!(folder.asked_by(&[0x30, 0xff, 0xff]), Path::new("ocsp/g1/MP/.ocsp"));
        assert_eq!(ResponseFolder::serial_of(&folder.asked_by(&[0xfb])), None);
    }
}
