//! The files that were named, and those of the folders that were named. Folders of versions (`current`) and
//! of deployments (`tls/current` beside `crl`) are known.

use std::fs::metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::paper::Paper;
use crate::keys::Passphrase;
use crate::store::FileError;
use crate::store::read::{LARGEST_FILE, read_limited};
use crate::store::walk::{Search, Seen, seen_below};
use crate::words::clock::Now;

const DEEPEST: usize = 4;
const LONGEST_PASSWORD: u64 = 4 * 1024;
const MOST_FILES: usize = 2_000;

/// Every file, read. Of folders only what holds something that TLS uses, and the folders in them that cannot be read.
///
/// # Errors
/// The first named file or folder that cannot be read.
pub fn gather(paths: &[PathBuf], password: Option<&Passphrase>, now: Now) -> Result<Vec<Paper>, FileError> {
    let mut papers = Vec::new();
    for path in paths {
        if !path.is_dir() {
            papers.push(read(path, true, password, now)?);
            continue;
        }
        let beside = password_of(path);
        let password = password.or(beside.as_ref());
        for seen in files_of(path)? {
            match seen {
                // A file that others keep from us, or that is no file of ours, is passed over.
                Ok(file) => papers.extend(read(&file, false, password, now).ok().filter(Paper::is_useful)),
                Err(error) => papers.extend(closed(*error)),
            }
        }
    }
    Ok(papers)
}

/// The password of the stores of a deployment.
fn password_of(folder: &Path) -> Option<Passphrase> {
    Passphrase::from_file_content(read_limited(&folder.join("password"), LONGEST_PASSWORD).ok()?)
}

/// Files of every name.
const fn all(depth: usize) -> Search<'static> {
    Search { is_meant: &|_| true, depth, most: MOST_FILES }
}

fn files_of(folder: &Path) -> Result<Vec<Seen>, FileError> {
    for versions in [folder.to_owned(), folder.join("tls")] {
        let current = versions.join("current");
        if current.is_dir() {
            let mut files = seen_below(&current, &all(0))?;
            let lists = folder.join("crl");
            if lists.is_dir() {
                files.extend(seen_below(&lists, &all(0))?);
            }
            return Ok(files);
        }
    }
    seen_below(folder, &all(DEEPEST))
}

/// A folder below the one that was named: what is in it may be missed, or not. A link is never one that is looked into.
fn closed(error: FileError) -> Option<Paper> {
    let FileError::Io { path, source, .. } = error else { return None };
    (!path.is_symlink()).then(|| Paper::closed(&path.display().to_string(), &source))
}

fn read(path: &Path, is_named: bool, password: Option<&Passphrase>, now: Now) -> Result<Paper, FileError> {
    let bytes = Zeroizing::new(read_limited(path, LARGEST_FILE)?);
    let told = metadata(path).ok();
    let paper = Paper::read(&path.display().to_string(), &bytes, password, now);
    Ok(Paper {
        is_named,
        mode: told.as_ref().map(|told| told.mode() & 0o7777),
        owner: told.as_ref().map(MetadataExt::uid),
        ..paper
    })
}
