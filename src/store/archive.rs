//! Named files in one archive (ustar, IEEE 1003.1): written the same way each time, and read with
//! suspicion, for it may come from anywhere.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use tar::{Archive, Builder, EntryType, Header};
use thiserror::Error;

use super::FileError;
use super::atomic::Readers;
use crate::words::clock::Time;

/// The longest name, which is what the one field of a ustar header holds.
const LONGEST_NAME: usize = 100;
/// How many files an archive may have.
const MOST_ENTRIES: usize = 200_000;

/// The name of a file within an archive: a relative path of plain parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryName(String);

/// Text that is no name of a file within an archive.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no name that an archive may have")]
pub struct NotAnEntryName(pub String);

/// Why an archive is not taken.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// It is none, or cut off.
    #[error("it is not a whole archive: {0}")]
    NotAnArchive(String),
    /// A name that leads elsewhere.
    #[error(transparent)]
    Name(#[from] NotAnEntryName),
    /// A link, a device, a directory, or an extension of the format.
    #[error("`{name}` is {found}; only plain files are taken")]
    NotAFile {
        /// Its name.
        name: String,
        /// What it is.
        found: &'static str,
    },
    /// A name that occurs twice.
    #[error("`{0}` is in it twice")]
    Twice(EntryName),
    /// More files than any backup has.
    #[error("it has more than {MOST_ENTRIES} files")]
    TooMany,
    /// It could not be written.
    #[error("it could not be written: {0}")]
    NotWritten(std::io::Error),
    /// A file that goes into it, or comes out of it.
    #[error(transparent)]
    File(#[from] FileError),
}

impl EntryName {
    /// The name of a file below a directory; `None` where an archive may not have it.
    #[must_use]
    pub fn below(directory: &Path, file: &Path) -> Option<Self> {
        file.strip_prefix(directory).ok()?.to_str()?.parse().ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it stands below a directory.
    #[must_use]
    pub fn within(&self, directory: &Path) -> PathBuf {
        directory.join(&self.0)
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EntryName {
    type Err = NotAnEntryName;

    fn from_str(text: &str) -> Result<Self, NotAnEntryName> {
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        let is_clean = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.starts_with(".mtls-ca-");
        let fits = !text.is_empty()
            && text.len() <= LONGEST_NAME
            && !text.chars().any(|character| character.is_control() || character == '\\')
            && text.split('/').all(is_clean)
            && Path::new(text).components().all(is_plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAnEntryName(text.chars().take(200).collect())) }
    }
}

impl serde::Serialize for EntryName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for EntryName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An archive that is being written.
pub struct Packer<W: Write> {
    builder: Builder<W>,
    modified: Time,
}

impl<W: Write> Packer<W> {
    /// Begins one whose files are all of one moment.
    pub fn new(into: W, modified: Time) -> Self {
        Self { builder: Builder::new(into), modified }
    }

    /// Adds a file of `size` bytes.
    ///
    /// # Errors
    /// Where it cannot be read or written, or has another size.
    pub fn add(
        &mut self,
        name: &EntryName,
        readers: Readers,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), ArchiveError> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_path(name.as_str()).map_err(ArchiveError::NotWritten)?;
        header.set_size(size);
        header.set_mode(readers.mode());
        header.set_mtime(u64::try_from(self.modified.unix()).unwrap_or(0));
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        let mut counted = content.take(size);
        self.builder.append(&header, &mut counted).map_err(ArchiveError::NotWritten)?;
        match counted.limit() {
            0 => Ok(()),
            missing => Err(ArchiveError::NotAnArchive(format!("`{name}` is {missing} bytes shorter than it was"))),
        }
    }

    /// Writes the end.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn finish(self) -> Result<W, ArchiveError> {
        self.builder.into_inner().map_err(ArchiveError::NotWritten)
    }
}

/// Hands over each file of an archive, in its order, with its size and content. Anything that is not a
/// plain file with a plain name of its own ends it.
///
/// # Errors
/// What the receiver says, or what is wrong with the archive.
pub fn unpack<E: From<ArchiveError>>(
    from: impl Read,
    mut receive: impl FnMut(EntryName, u64, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let broken = |error: std::io::Error| E::from(ArchiveError::NotAnArchive(error.to_string()));
    let mut seen = BTreeSet::new();
    let mut archive = Archive::new(from);
    // Raw: long names, sparse files and the like come as entries of their own type, and are refused.
    for entry in archive.entries().map_err(broken)?.raw(true) {
        let mut entry = entry.map_err(broken)?;
        let text = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let found = match entry.header().entry_type() {
            EntryType::Regular => None,
            EntryType::Symlink | EntryType::Link => Some("a link"),
            EntryType::Directory => Some("a directory"),
            EntryType::Block | EntryType::Char | EntryType::Fifo => Some("a device"),
            _ => Some("of another kind"),
        };
        if let Some(found) = found {
            return Err(ArchiveError::NotAFile { name: text.chars().take(200).collect(), found }.into());
        }
        let name: EntryName = text.parse().map_err(ArchiveError::from)?;
        if !seen.insert(name.clone()) {
            return Err(ArchiveError::Twice(name).into());
        }
        if seen.len() > MOST_ENTRIES {
            return Err(ArchiveError::TooMany.into());
        }
        let size = entry.size();
        receive(name, size, &mut entry)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(archive: &[u8]) -> Result<Vec<String>, ArchiveError> {
        let mut listed = Vec::new();
        unpack(archive, |name, size, content| {
            let mut text = String::new();
            content.read_to_string(&mut text).map_err(ArchiveError::NotWritten)?;
            listed.push(format!("{name} {size} {text}"));
            Ok::<_, ArchiveError>(())
        })?;
        Ok(listed)
    }

    /// An archive with one entry of this type and name, whatever it is.
    fn hostile(kind: EntryType, name: &str) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o644);
        header.set_cksum();
        let mut builder = Builder::new(Vec::new());
        builder.append(&header, &b""[..]).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn files_come_out_as_they_went_in_and_two_archives_are_alike() {
        let pack = || {
            let mut packer = Packer::new(Vec::new(), Time::from_unix(1_801_353_600).unwrap());
            for (name, content) in [("a", "one"), ("b/c.crt", "")] {
                let size = content.len() as u64;
                packer.add(&name.parse().unwrap(), Readers::Owner, size, &mut content.as_bytes()).unwrap();
            }
            packer.finish().unwrap()
        };
        assert_eq!(list(&pack()).unwrap(), ["a 3 one", "b/c.crt 0 "]);
        assert_eq!(pack(), pack());
        let mut packer = Packer::new(Vec::new(), Time::MIN);
        assert!(packer.add(&"a".parse().unwrap(), Readers::Owner, 4, &mut &b"one"[..]).is_err());
    }

    #[test]
    fn hostile_archives_are_refused() {
        for name in ["../x", "/etc/x", "a/../b", "./a", "a//b", "a/", "", ".mtls-ca-x", "a\u{7}", "a\\b"] {
            assert!(name.parse::<EntryName>().is_err(), "{name}");
            assert!(list(&hostile(EntryType::Regular, name)).is_err(), "{name}");
        }
        for kind in [
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Directory,
            EntryType::Fifo,
            EntryType::Char,
            EntryType::GNUSparse,
            EntryType::GNULongName,
            EntryType::XHeader,
        ] {
            assert!(matches!(list(&hostile(kind, "a")), Err(ArchiveError::NotAFile { .. })), "{kind:?}");
        }
        let one = hostile(EntryType::Regular, "a");
        let twice = [&one[..512], &one[..]].concat();
        assert!(matches!(list(&twice), Err(ArchiveError::Twice(_))));
        assert!(matches!(list(&[b'x'; 2048]), Err(ArchiveError::NotAnArchive(_))));
    }
}
