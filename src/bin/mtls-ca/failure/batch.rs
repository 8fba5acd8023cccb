//! Rows of a batch that have no answer, in words.

use mtls_ca::authority::AuthorityError;
use mtls_ca::authority::batch::{Column, RowError, TableError};
use mtls_ca::keys::OpenKeyError;
use mtls_ca::store::FileError;
use mtls_ca::store::exposure::Exposed;
use mtls_ca::words::typed::typed_path;

use crate::failure::{Exit, Failure};

impl From<RowError> for Failure {
    fn from(error: RowError) -> Self {
        let message = error.to_string();
        match error {
            RowError::Authority(error @ AuthorityError::CompromisedKey(_)) => {
                Self::from(error).hint("`issue --from-csv` makes a new key where the old one was moved away")
            }
            RowError::Authority(error) => error.into(),
            RowError::File(error @ FileError::NoDirectory(_)) => {
                Self::from(error).hint("make it first, or name another one: --out DIR")
            }
            RowError::File(error) => error.into(),
            RowError::Unreadable { path, source } => Self::unreadable(&path, &source),
            RowError::Several { .. } => {
                Self::new(Exit::Failed, "several_requests", message).hint("put each into a file of its own")
            }
            RowError::Occupied(_) => Self::new(Exit::Failed, "exists", message)
                .hint("move it away, or name another folder: --out DIR; --force replaces it"),
            RowError::ForAnother(_) => Self::new(Exit::Failed, "other_request", message)
                .hint("--force replaces it; else move it away, or name another folder: --out DIR"),
            RowError::NoAnswer(_) => {
                Self::new(Exit::Failed, "exists", message).hint("move it away, or name another folder: --out DIR")
            }
            RowError::Misplaced(error) => error.into(),
            RowError::Key { path, source } => {
                let failure = Self::locked(&path, &source, "--key-passphrase-file FILE");
                match source {
                    OpenKeyError::Empty => {
                        let (key, aside) = (typed_path(&path), typed_path(path.with_extension("key.empty")));
                        failure.hint(format!("or have a new one made: mv {key} {aside}"))
                    }
                    _ => failure,
                }
            }
            RowError::Exposed { path, exposed } => {
                let key = typed_path(&path);
                let aside = typed_path(path.with_extension("key.exposed"));
                let failure = Self::new(Exit::Refused, "exposed_key", message);
                let failure = match exposed {
                    Exposed::Mode(_) => failure.hint(format!("if nobody else read it: chmod 600 {key}")),
                    Exposed::Account(_) => failure.hint(format!("if you trust who made it: chown \"$(id -u)\" {key}")),
                };
                failure.hint(format!("else have a new one made: mv {key} {aside}"))
            }
            RowError::Line(error) => error.into(),
            RowError::Undelivered { serial, error } => {
                let below = Self::from(error);
                let causes = [vec![below.message.clone()], below.causes.clone()].concat();
                Self { message, causes, ..below }.hint(format!("it is in the ledger: mtls-ca show {serial} --pem"))
            }
        }
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        let failure = Self::new(Exit::Usage, "table", error.to_string());
        match error {
            TableError::Io(source) => Self { exit: Exit::Failed, kind: "io", ..failure }.cause(source),
            TableError::NoName | TableError::UnknownColumn { .. } | TableError::TwiceColumn(_) => {
                failure.hint("the first line names the columns: name,profile,san,lifetime,subject,key_algorithm,out")
            }
            TableError::Field { column: Column::Out, .. } => failure.hint(
                "give the lines for another folder a table of their own: mtls-ca issue --from-csv FILE --out DIR",
            ),
            TableError::TooLong { .. } | TableError::Unclosed { .. } => {
                failure.hint("see whether a quote is missing there, or the end of the file")
            }
            TableError::Fields { .. } | TableError::Field { .. } | TableError::NotText { .. } => failure,
        }
    }
}
