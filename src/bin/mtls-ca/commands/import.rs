//! `mtls-ca import`: what another tool issued under the same CA.

use std::path::PathBuf;

use mtls_ca::authority::Access;
use mtls_ca::authority::import::Source;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

/// Take in what another tool issued with this CA's key: certificates, revocations, CRL number
///
/// The CA itself comes first: `init --adopt CERT --adopt-key KEY`. A second import adds nothing.
///
/// Examples:
///   mtls-ca import openssl demoCA --dry-run
///   mtls-ca import easyrsa /etc/openvpn/easy-rsa/pki
///   mtls-ca import cfssl --db certs.db
///   mtls-ca import certs old/*.crt --crl old/crl.pem
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, clap::Subcommand)]
enum From {
    /// The folder of `openssl ca`: index.txt, crlnumber, newcerts/
    #[command(verbatim_doc_comment)]
    Openssl {
        /// The folder, `dir` in openssl.cnf
        #[arg(value_name = "DIR", required_unless_present = "index", conflicts_with = "index")]
        folder: Option<PathBuf>,
        /// The index alone, where it is called otherwise; crlnumber and newcerts are looked for beside it
        #[arg(long, value_name = "FILE")]
        index: Option<PathBuf>,
        /// A folder with certificates that is elsewhere
        #[arg(long, value_name = "DIR")]
        certs: Vec<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// The pki folder of easy-rsa 3, or the keys folder of easy-rsa 2
    Easyrsa {
        /// The folder with index.txt
        #[arg(value_name = "PKI_DIR")]
        folder: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// The certificate database of cfssl, in SQLite
    Cfssl {
        /// The file that `data_source` of its -db-config names
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// The depot of certstrap (out/): certificates, and the CRL of the CA
    Certstrap(Folder),
    /// A folder of minica, which cannot revoke
    Minica(Folder),
    /// A folder of mkcert, which cannot revoke
    Mkcert(Folder),
    /// Certificates in any files and folders, whatever their names; with --crl also what was revoked
    Certs {
        /// Certificates in PEM or DER, or folders of them
        #[arg(value_name = "FILE|DIR", required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
}

impl From {
    /// Whether there is no database that says that there is nothing.
    const fn is_by_files(&self) -> bool {
        match self {
            Self::Openssl { .. } | Self::Easyrsa { .. } | Self::Cfssl { .. } => false,
            Self::Certstrap(_) | Self::Minica(_) | Self::Mkcert(_) | Self::Certs { .. } => true,
        }
    }
}

#[derive(Debug, clap::Args)]
struct Folder {
    /// The folder; those below it are looked through as well
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// The last CRL, where it is not among the tool's files
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// There is no CRL, for nothing was ever revoked
    #[arg(long, conflicts_with = "crl")]
    nothing_revoked: bool,
    /// Say what would be taken in, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let (source, common) = match &args.from {
        From::Openssl { folder, index, certs, common } => {
            let place = index.as_ref().or(folder.as_ref()).cloned().unwrap_or_default();
            (Source::openssl(&place, certs)?, common)
        }
        From::Easyrsa { folder, common } => (Source::easyrsa(folder)?, common),
        From::Cfssl { db, common } => (Source::cfssl(db)?, common),
        From::Certstrap(Folder { folder, common }) => (Source::folder_with_crls("certstrap", folder)?, common),
        From::Minica(Folder { folder, common }) => (Source::folder_without_revocation("minica", folder)?, common),
        From::Mkcert(Folder { folder, common }) => (Source::folder_without_revocation("mkcert", folder)?, common),
        From::Certs { paths, common } => (Source::certificates(paths)?, common),
    };
    let source = common.crl.iter().try_fold(source, |source, crl| source.with_crl(crl))?;
    let source = if common.nothing_revoked { source.with_nothing_revoked() } else { source };
    if args.from.is_by_files() && source.is_empty() {
        return Err(Failure::new(Exit::Failed, "nothing_found", "no certificate and no CRL is among these files")
            .hint("name the folder where they are; folders below it are looked through as well"));
    }
    if common.dry_run {
        let ca = context.open(Access::Read)?;
        return Ok(view::import::report(&ca.inheritance(source)?, true, context));
    }
    let mut ca = context.open(Access::Record)?;
    let inheritance = ca.inheritance(source)?;
    ca.import(&inheritance, &context.act())?;
    Ok(view::import::report(&inheritance, false, context))
}
