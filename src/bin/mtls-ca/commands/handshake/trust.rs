//! Whom both sides trust, and what they know of revocation.

use std::path::{Path, PathBuf};

use mtls_ca::encoding::revocation;
use mtls_ca::examine::diagnosis::Known;
use mtls_ca::store::layout::Layout;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::revocation::RevocationList;

use crate::container::opened;
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Trust and revocation.
#[derive(Debug, Clone, clap::Args)]
pub struct TrustArgs {
    /// Whom to trust; without it the roots of the CA directory
    #[arg(long, value_name = "FILE")]
    pub ca: Vec<PathBuf>,
    /// The password of a PKCS#12 or Java trust store among them
    #[arg(long, value_name = "FILE")]
    pub ca_passphrase_file: Option<PathBuf>,
    /// Revocation lists
    #[arg(long, value_name = "FILE")]
    pub crl: Vec<PathBuf>,
}

/// What was read.
pub struct Trust {
    /// None where nobody was named and there is no CA directory.
    pub anchors: Option<Vec<Certificate>>,
    /// The file, for the lines to type.
    pub file: Option<String>,
    pub crls: Vec<RevocationList>,
    pub crl_file: Option<String>,
    /// The CAs between, where the CA directory has them.
    pub between: Vec<Certificate>,
    pub between_file: String,
}

impl TrustArgs {
    pub fn read(&self, context: &Context) -> Result<Trust, Failure> {
        let layout = Layout::at(&context.global.ca_dir);
        let (trust, chain) = (layout.trust(), layout.chain());
        let files = if self.ca.is_empty() && trust.is_file() { vec![trust] } else { self.ca.clone() };
        let anchors = (!files.is_empty())
            .then(|| certificates(&files, self.ca_passphrase_file.as_deref(), context))
            .transpose()?;
        let mut crls = Vec::new();
        for file in &self.crl {
            let bytes = context.read_input(file)?;
            crls.extend(revocation::read_all(&bytes).map_err(|error| Failure::unreadable(file, &error))?);
        }
        let between =
            if chain.is_file() { certificates(std::slice::from_ref(&chain), None, context)? } else { Vec::new() };
        Ok(Trust {
            anchors,
            file: files.first().map(|file| shown(file)),
            crls,
            crl_file: self.crl.first().map(|file| shown(file)),
            between,
            between_file: shown(&chain),
        })
    }
}

impl Trust {
    /// The trusted CAs, where a command cannot do without.
    pub fn demanded(&self) -> Result<&[Certificate], Failure> {
        self.anchors.as_deref().ok_or_else(|| {
            Failure::new(Exit::Usage, "no_trust", "nobody to trust")
                .hint("name a root with --ca FILE, or a CA directory with --ca-dir DIR")
        })
    }

    /// Certificates that are at hand: those between, and the roots that one side trusts and the other
    /// may not.
    pub fn known(&self) -> Vec<Known<'_>> {
        let of = |place| move |certificate| Known { certificate, place };
        let between = self.between.iter().map(of(self.between_file.as_str()));
        let roots = self.anchors.iter().flatten().map(of(self.file.as_deref().unwrap_or_default()));
        between.chain(roots).collect()
    }
}

/// The certificates of several files, stores among them.
pub fn certificates(
    files: &[PathBuf],
    passphrase_file: Option<&Path>,
    context: &Context,
) -> Result<Vec<Certificate>, Failure> {
    let mut found = Vec::new();
    for file in files {
        let bytes = context.read_input(file)?;
        found.extend(opened(file, &bytes, passphrase_file, "--ca-passphrase-file FILE", context)?.certificates);
    }
    Ok(found)
}

pub fn shown(path: &Path) -> String {
    path.display().to_string()
}
