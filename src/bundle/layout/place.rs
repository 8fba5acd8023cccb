//! Where the files of a layout go. All places are looked at before the first file is written.

use std::path::{Path, PathBuf};

use super::material::File;
use crate::store::FileError;
use crate::store::atomic::{Existing, Output, Readers};
use crate::store::attributes::Kind;
use crate::store::directory::{create_directory, create_open_directory};
use crate::store::read::read_limited;

/// More than any file of a layout has.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A file that stands where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where.
    pub path: PathBuf,
    /// Whether it holds a key.
    pub kind: Kind,
}

/// Writes the files into a folder, which is made where it is missing, with mode 0700. A file that says the
/// same already stays; one that says something else goes only where `force` says so, and a key never. They
/// are handed back in the order of the layout.
///
/// # Errors
/// What is in the way; then nothing was written.
pub fn put(folder: &Path, files: &[File], force: bool) -> Result<Vec<Placed>, FileError> {
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    folders.extend(files.iter().filter_map(|file| folder.join(&file.path).parent().map(Path::to_owned)));
    folders.dedup();
    for folder in folders.iter().filter(|folder| !folder.is_dir()) {
        if folder.exists() {
            return Err(FileError::NoDirectory(folder.clone()));
        }
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            create_open_directory(parent)?;
        }
        create_directory(folder)?;
    }
    let mut planned = Vec::new();
    for file in files {
        let path = folder.join(&file.path);
        if says_the_same(&path, &file.bytes) {
            continue;
        }
        let (readers, existing) = match (file.kind, force) {
            (Kind::Key, _) => (Readers::Owner, Existing::Keep),
            (Kind::Public, true) => (Readers::Everybody, Existing::Replace),
            (Kind::Public, false) => (Readers::Everybody, Existing::Keep),
        };
        planned.push((Output::plan(path, readers, existing)?, file));
    }
    for (output, file) in planned {
        output.write(&file.bytes)?;
    }
    Ok(files.iter().map(|file| Placed { path: folder.join(&file.path), kind: file.kind }).collect())
}

fn says_the_same(path: &Path, bytes: &[u8]) -> bool {
    read_limited(path, LARGEST).is_ok_and(|found| zeroize::Zeroizing::new(found).as_slice() == bytes)
}
