//! `mtls-ca backup`: everything of a CA in one file.

use std::path::{Path, PathBuf};

use mtls_ca::authority::Access;
use mtls_ca::authority::backup::Destination;
use mtls_ca::bundle::deliver::{Role, apart};
use mtls_ca::keys::Passphrase;
use mtls_ca::store::FileError;
use mtls_ca::store::atomic::{Existing, Output, Readers};

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

/// Copy the whole CA into one file, also while others issue
///
/// The file is a tar archive with a manifest: ledger, settings, profiles, CA certificates, and the keys
/// as they are. It is as secret as they are; --encrypt seals all of it with a passphrase of its own.
///
/// Examples:
///   mtls-ca backup /media/safe/ca-2027-01-31.tar
///   mtls-ca backup ca.backup --encrypt --passphrase-file backup.pass
///   mtls-ca backup - | age -r age1… > ca.tar.age
///   tar -tvf /media/safe/ca-2027-01-31.tar      (what is in it)
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The file, or `-` for standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Encrypt it with the passphrase that is given, or asked for
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let passphrase = args.passphrase(context)?;
    let to = args.destination(context)?;
    let mut ca = context.open(Access::Record)?;
    let backup = ca.backup(to, passphrase.as_ref(), &context.act())?;
    Ok(view::backup::made(&args.file, backup, context))
}

impl Args {
    fn passphrase(&self, context: &Context) -> Result<Option<Passphrase>, Failure> {
        if !self.encrypt {
            return match self.passphrase.is_given() {
                true => Err(Failure::usage("--passphrase-file and --passphrase-fd have no effect without --encrypt")
                    .hint("the keys go along as they are; --encrypt seals the whole backup")),
                false => Ok(None),
            };
        }
        match context.new_passphrase(&self.passphrase, "the backup", false)? {
            None => Err(Failure::passphrase_missing("the backup")),
            some => Ok(some),
        }
    }

    fn destination(&self, context: &Context) -> Result<Destination, Failure> {
        if self.file == Path::new("-") {
            return Ok(Destination::Memory);
        }
        let inputs = context.passphrase_files(&self.passphrase);
        apart(&inputs, &[Role::new("the backup", &self.file)], Some(&context.global.ca_dir))?;
        // Like a key, a backup takes no other file's place.
        let planned = Output::plan(&self.file, Readers::Owner, Existing::Keep);
        planned.map(Destination::File).map_err(|error| match &error {
            FileError::Exists(_) => Failure::new(Exit::Failed, "exists", error.to_string())
                .hint("a backup replaces nothing: give it a name of its own, such as one with the date"),
            _ => error.into(),
        })
    }
}
