//! Where output goes: decided and checked before anything irrevocable is done, written afterwards.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store::FileError;
use crate::store::atomic::{Existing, Output, Readers};

/// What a user said about the place of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file of this name, or, where it is or ends like a directory, a file within it.
    Path(PathBuf),
}

impl Destination {
    /// `-` is standard output.
    #[must_use]
    pub fn from_argument(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdout } else { Self::Path(argument.to_owned()) }
    }
}

/// Whether a path means a directory: it is one, or it ends with a slash.
#[must_use]
pub fn means_directory(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Plans a certificate or other public file.
///
/// # Errors
/// What is in the way.
pub fn plan_public(path: PathBuf, force: bool) -> Result<Output, FileError> {
    Output::plan(path, Readers::Everybody, if force { Existing::Replace } else { Existing::Keep })
}

/// Plans a private key, which never takes the place of another file.
///
/// # Errors
/// What is in the way.
pub fn plan_key(path: PathBuf) -> Result<Output, FileError> {
    Output::plan(path, Readers::Owner, Existing::Keep)
}

/// A file that a command reads or writes, and what it is to that command: `the certificate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// In words.
    pub what: String,
    /// As the user named it.
    pub path: PathBuf,
}

impl Role {
    /// A file in its role.
    pub fn new(what: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { what: what.into(), path: path.into() }
    }
}

/// An output at a place where it would take the place of something else.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Misplaced {
    /// Two files of one command are the same.
    #[error("`{}` cannot be both {first} and {second}", path.display())]
    Twice {
        /// Which file.
        path: PathBuf,
        /// What it is.
        first: String,
        /// What it would be, too.
        second: String,
    },
    /// Another row of a batch goes there, or its report.
    #[error("another row, or the report, already writes `{}`", .0.display())]
    Taken(PathBuf),
    /// The directory of the CA that signs holds what the CA itself puts there.
    #[error("`{}` is inside the CA directory `{}`", path.display(), directory.display())]
    InsideCa {
        /// Which file.
        path: PathBuf,
        /// The CA's directory.
        directory: PathBuf,
    },
}

/// Checks that all outputs of a command differ from each other and from all that it reads, under
/// whatever name, and that none is inside the directory of its CA.
///
/// # Errors
/// The first that does not.
pub fn apart(inputs: &[Role], outputs: &[Role], ca: Option<&Path>) -> Result<(), Misplaced> {
    let mut taken: HashMap<PathBuf, &str> = HashMap::new();
    for input in inputs {
        taken.extend(read_at(&input.path).map(|place| (place, input.what.as_str())));
    }
    let closed = ca.and_then(|directory| Some((directory, directory.canonicalize().ok()?)));
    for output in outputs {
        let place = settled(&output.path);
        if let Some((directory, closed)) = &closed
            && place.starts_with(closed)
        {
            return Err(Misplaced::InsideCa { path: output.path.clone(), directory: directory.to_path_buf() });
        }
        if let Some(first) = taken.insert(place, &output.what) {
            let (first, second) = (first.to_owned(), output.what.clone());
            return Err(Misplaced::Twice { path: output.path.clone(), first, second });
        }
    }
    Ok(())
}

/// Where nothing may be written as this file is read: its own place, and what a symbolic link there leads to.
pub(crate) fn read_at(path: &Path) -> impl Iterator<Item = PathBuf> {
    std::iter::once(settled(path)).chain(path.canonicalize().ok())
}

/// The one path of a file, which need not be there: that of the nearest directory above it that
/// is, without symbolic links and dots, and the names below it.
fn settled(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut names: Vec<OsString> = Vec::new();
    let mut above = absolute.as_path();
    while let (Some(parent), Some(name)) = (above.parent(), above.file_name()) {
        names.push(name.to_owned());
        if let Ok(found) = parent.canonicalize() {
            return names.iter().rev().fold(found, |path, name| path.join(name));
        }
        above = parent;
    }
    absolute
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn no_file_has_two_roles() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("d")).unwrap();
        fs::write(at("x.csr"), "").unwrap();
        std::os::unix::fs::symlink(at("x.csr"), at("link.csr")).unwrap();
        std::os::unix::fs::symlink(at("d"), at("e")).unwrap();
        let checked = |input: &str, outputs: [&str; 2]| {
            let outputs = outputs.map(|name| Role::new(format!("output {name}"), at(name)));
            apart(&[Role::new("the request", at(input))], &outputs, None)
        };
        assert_eq!(checked("x.csr", ["x.key", "x.crt"]), Ok(()));
        assert_eq!(checked("x.csr", ["d/s", "s"]), Ok(()));
        for (input, outputs) in [
            ("x.csr", ["s", "s"]),
            ("x.csr", ["s", "./s"]),
            ("x.csr", ["d/s", "e/s"]),
            ("x.csr", ["d/../s", "s"]),
            ("x.csr", ["new/./s", "new/s"]),
            ("x.csr", ["s", "d/../x.csr"]),
            ("link.csr", ["s", "x.csr"]),
            ("link.csr", ["link.csr", "s"]),
        ] {
            assert!(matches!(checked(input, outputs), Err(Misplaced::Twice { .. })), "{input} {outputs:?}");
        }
        let error = checked("x.csr", ["x.csr", "s"]).unwrap_err();
        let text = format!("`{}` cannot be both the request and output x.csr", at("x.csr").display());
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn the_directory_of_the_ca_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("ca/issuers/g1")).unwrap();
        fs::create_dir(at("ca2")).unwrap();
        std::os::unix::fs::symlink(at("ca"), at("link")).unwrap();
        let checked = |path: &str, ca: &str| apart(&[], &[Role::new("the certificate", at(path))], Some(&at(ca)));
        for inside in ["ca/x", "ca/issuers/g1/issuer.key", "ca/new/x", "link/x", "ca2/../ca/x"] {
            assert!(matches!(checked(inside, "ca"), Err(Misplaced::InsideCa { .. })), "{inside}");
            assert!(matches!(checked(inside, "link"), Err(Misplaced::InsideCa { .. })), "{inside}");
        }
        for outside in ["x", "ca2/x", "cab"] {
            assert_eq!(checked(outside, "ca"), Ok(()), "{outside}");
        }
    }
}
