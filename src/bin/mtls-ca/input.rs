//! Where a command that needs no CA reads from: a file, a folder, standard input or a TLS server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mtls_ca::Lifetime;
use mtls_ca::examine::inspect::{Content, Item, inspect, inspect_served, inspect_unlocking};
use mtls_ca::examine::remote::{Options, Served, StartTls, Target, fetch};
use mtls_ca::keys::Passphrase;
use mtls_ca::store::{FileError, walk};

use crate::container::password_of;
use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::identity::Identity;
use crate::wording::owner_and_mode;

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, or standard input as `-`.
    File(PathBuf),
    /// All files below a folder.
    Folder(PathBuf),
    /// A TLS server.
    Server(Target),
}

/// How TLS servers are looked at.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Options for servers")]
pub struct ServerArgs {
    /// The name to ask the server for (SNI), where it is not the host
    #[arg(long, value_name = "NAME")]
    pub server_name: Option<String>,
    /// Present this client certificate, with its chain behind it
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The client certificate's key
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Read the passphrase of the client certificate's key from this file
    #[arg(long, value_name = "FILE")]
    pub key_passphrase_file: Option<PathBuf>,
    /// How long to wait for connection and handshake [default: 10s]
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<Lifetime>,
    /// Begin in clear, and turn to TLS as this protocol does: postgres, mysql, ldap or smtp
    #[arg(long, value_name = "PROTOCOL")]
    pub starttls: Option<StartTls>,
}

/// What an input held.
pub struct Seen {
    /// The path or the server, as the user would type it.
    pub place: String,
    /// What the server showed, where it is one.
    pub server: Option<Served>,
    /// What was found.
    pub items: Vec<Item>,
}

impl Input {
    /// What the user named: `-`, what exists as a file, else a server.
    pub fn of(word: &Path) -> Self {
        let text = word.to_str().unwrap_or_default();
        let is_address = text.get(..8).is_some_and(|prefix| prefix.eq_ignore_ascii_case("https://"));
        if !is_address && word.is_dir() {
            return Self::Folder(word.to_owned());
        }
        if (is_address || !word.exists())
            && let Ok(target) = text.parse()
        {
            return Self::Server(target);
        }
        Self::File(word.to_owned())
    }

    /// The same; a store is opened with the passphrase of the command line, of the environment, or typed.
    pub fn look_inside(
        &self,
        server: &ServerArgs,
        passphrase: &PassphraseArgs,
        context: &Context,
    ) -> Result<Seen, Failure> {
        let seen = self.look(server, None, context)?;
        let (Self::File(path), [Item { content: Content::KeyStore(_), .. }]) = (self, seen.items.as_slice()) else {
            return Ok(seen);
        };
        let password = password_of(path, &context.read_input(path)?, passphrase, context)?;
        self.look(server, password.as_ref(), context)
    }

    /// Reads a file or looks at a server. Folders are their files.
    pub fn look(&self, server: &ServerArgs, unlock: Option<&Passphrase>, context: &Context) -> Result<Seen, Failure> {
        match self {
            Self::Server(target) => {
                let served = fetch(target, &server.options(context)?)?;
                let items = inspect_served(&served.chain, context.now);
                Ok(Seen { place: target.to_string(), server: Some(served), items })
            }
            Self::File(path) | Self::Folder(path) => {
                let bytes = context.read_input(path).map_err(|failure| with_port_hint(failure, path))?;
                let found = match unlock {
                    Some(passphrase) => inspect_unlocking(&bytes, passphrase, context.now),
                    None => inspect(&bytes, context.now),
                };
                let items = found.map_err(|error| Failure::of_inspect(error, path))?;
                Ok(Seen { place: path.display().to_string(), server: None, items })
            }
        }
    }
}

/// `api.internal` alone is read as a file; perhaps it was meant as a server.
fn with_port_hint(failure: Failure, path: &Path) -> Failure {
    let text = path.to_str().unwrap_or_default();
    let host = !text.contains('/') && text.contains('.') && format!("{text}:443").parse::<Target>().is_ok();
    if host && !path.exists() {
        failure.hint(format!("if it is a server, name its port: `{text}:443`"))
    } else {
        failure
    }
}

/// A file below a folder, or a place there that could not be read, and why.
pub type Below = Result<PathBuf, Box<(PathBuf, Failure)>>;

/// Every regular file below a folder, in the order of their names, and each folder that cannot be read. Links to
/// files are followed, links to folders are not.
pub fn files_below(folder: &Path) -> Vec<Below> {
    let told = |error: FileError| match error {
        FileError::Io { path, source, .. } => {
            let message = format!("cannot read the folder `{}`", path.display());
            let failure = Failure::new(Exit::Failed, "io", message).cause(source).hint(owner_and_mode(&path));
            Box::new((path, failure))
        }
        other => Box::new((folder.to_owned(), other.into())),
    };
    let seen = walk::all_below(folder, walk::MOST_FILES).into_iter();
    seen.map(|seen| seen.map_err(|error| told(*error))).collect()
}

impl ServerArgs {
    /// An error where one of these was given and no server is among the inputs.
    pub fn check(&self, inputs: &[Input]) -> Result<(), Failure> {
        let Self { server_name, cert, key, key_passphrase_file, timeout, starttls } = self;
        let given = [
            (server_name.is_some(), "--server-name"),
            (cert.is_some(), "--cert"),
            (key.is_some(), "--key"),
            (key_passphrase_file.is_some(), "--key-passphrase-file"),
            (timeout.is_some(), "--timeout"),
            (starttls.is_some(), "--starttls"),
        ];
        match given.into_iter().find(|(given, _)| *given) {
            Some((_, flag)) if !inputs.iter().any(|input| matches!(input, Input::Server(_))) => {
                Err(Failure::usage(format!("`{flag}` has no effect: no server is looked at"))
                    .hint("servers are named as `host:port` or `https://host/`"))
            }
            _ if key_passphrase_file.is_some() && key.is_none() => {
                Err(Failure::usage("`--key-passphrase-file` has no effect: there is no `--key`"))
            }
            _ => Ok(()),
        }
    }

    /// How to look, without anything to present.
    pub fn looking(&self) -> Options {
        let timeout = self.timeout.map(|timeout| Duration::from_secs(timeout.seconds().unsigned_abs()));
        let plain = Options::default();
        Options {
            server_name: self.server_name.clone(),
            timeout: timeout.unwrap_or(plain.timeout),
            starttls: self.starttls,
            ..plain
        }
    }

    fn options(&self, context: &Context) -> Result<Options, Failure> {
        let identity = self.identity(context)?.map(|identity| identity.ready);
        Ok(Options { identity, ..self.looking() })
    }

    /// The certificate to present, where one was named.
    pub fn identity(&self, context: &Context) -> Result<Option<Identity>, Failure> {
        let (Some(cert), Some(key)) = (&self.cert, &self.key) else { return Ok(None) };
        Identity::read(cert, key, self.key_passphrase_file.as_deref(), context).map(Some)
    }
}
