//! What lies in a CA directory, file by file, and what is not as it was made: modes, owners,
//! leftovers, and a place where somebody might publish a key by accident. Contents are not looked at.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::layout::Layout;
use super::read::kind_of;
use super::{FileError, atomic, removal};
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::typed::typed_path;

/// How deep is looked; a CA directory has three levels.
const DEEPEST: usize = 6;
/// What a process is at work on is younger than this.
const IN_WORK: i64 = 15 * 60;
/// How names of files in the making begin.
const IN_THE_MAKING: &str = ".mtls-ca-";

/// Something that is not as it should be, and what mends it where that is safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub finding: Finding,
    /// What mends it.
    pub mend: Option<Mend>,
}

/// A change of files that loses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Gives a file or directory its mode.
    Mode(PathBuf, u32),
    /// Takes a leftover away.
    Remove(PathBuf),
    /// Writes the file that keeps git away.
    GitIgnore(PathBuf),
}

impl Mend {
    /// Does it, and says what was done. Only while nobody else has the directory.
    ///
    /// # Errors
    /// What the system said.
    pub fn apply(&self) -> Result<String, FileError> {
        match self {
            Self::Mode(path, mode) => {
                atomic::set_mode(path, *mode)?;
                Ok(format!("mode of `{}` set to {mode:04o}", path.display()))
            }
            Self::Remove(path) => {
                removal::remove_leftover(path)?;
                Ok(format!("leftover `{}` removed", path.display()))
            }
            Self::GitIgnore(path) => {
                atomic::replace(path, b"*\n", atomic::Readers::Owner)?;
                Ok(format!("`{}` written", path.display()))
            }
        }
    }
}

/// Looks at every entry of a CA directory. `alone` says that nobody else has it now, so that whatever
/// is in the making there is a leftover.
///
/// # Errors
/// Where a directory cannot be read.
pub fn faults(layout: &Layout, now: Now, alone: bool) -> Result<Vec<Fault>, FileError> {
    let root = layout.root();
    let metadata = fs::symlink_metadata(root).map_err(FileError::io("read", root))?;
    let mut found = Vec::new();
    mode(root, &metadata, &mut found);
    let walk = Walk { owner: metadata.uid(), now, alone };
    walk.below(root, 0, &mut found)?;
    found.extend(git(layout));
    Ok(found)
}

struct Walk {
    owner: u32,
    now: Now,
    alone: bool,
}

impl Walk {
    fn below(&self, folder: &Path, depth: usize, found: &mut Vec<Fault>) -> Result<(), FileError> {
        let failed = || FileError::io("read", folder);
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed())? {
            entries.push(entry.map_err(failed())?.path());
        }
        entries.sort();
        for path in entries {
            // What is gone meanwhile was somebody's work.
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if in_the_making(&path) {
                found.extend(self.leftover(&path, &metadata));
                continue;
            }
            if metadata.uid() != self.owner {
                let message = format!(
                    "`{}` belongs to account {}, and the directory to {}",
                    path.display(),
                    metadata.uid(),
                    self.owner
                );
                let hint = format!("chown {} {}", self.owner, typed_path(&path));
                found.push(Fault { finding: Finding::warning("store.foreign_owner", message).hint(hint), mend: None });
            }
            if !metadata.is_dir() && !metadata.is_file() {
                let message = format!("`{}` is {}", path.display(), kind_of(&metadata));
                found.push(Fault { finding: Finding::warning("store.not_a_file", message), mend: None });
                continue;
            }
            mode(&path, &metadata, found);
            if metadata.is_dir() && depth < DEEPEST {
                self.below(&path, depth + 1, found)?;
            }
        }
        Ok(())
    }

    fn leftover(&self, path: &Path, metadata: &Metadata) -> Option<Fault> {
        let age = self.now.time().unix().saturating_sub(metadata.mtime());
        if !self.alone && age < IN_WORK {
            return None;
        }
        let message = format!("`{}` is a leftover of a command that was ended", path.display());
        let finding = Finding::warning("store.leftover", message).hint("mtls-ca check --repair");
        Some(Fault { finding, mend: Some(Mend::Remove(path.to_owned())) })
    }
}

fn in_the_making(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(IN_THE_MAKING.as_bytes()))
}

/// Whether a directory, a secret or another file can be got at by others than its owner.
fn mode(path: &Path, metadata: &Metadata, found: &mut Vec<Fault>) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mode = metadata.permissions().mode() & 0o7777;
    let (code, closed, wanted) = match () {
        () if metadata.is_dir() => ("store.directory_exposed", 0o077, 0o700),
        () if path.extension().is_some_and(|extension| extension == "key") => ("store.key_exposed", 0o077, 0o600),
        () if name.starts_with("ledger.sqlite") => ("store.ledger_exposed", 0o077, 0o600),
        () => ("store.file_writable", 0o022, mode & !0o022),
    };
    let open = mode & closed;
    if open == 0 {
        return;
    }
    let verb = if open & 0o022 != 0 { "changed" } else { "read" };
    let message = format!("`{}` can be {verb} by other users (mode {mode:04o})", path.display());
    let finding = Finding::warning(code, message).hint(format!("chmod {wanted:04o} {}", typed_path(path)));
    found.push(Fault { finding, mend: Some(Mend::Mode(path.to_owned(), wanted)) });
}

/// Whether the directory is within a work tree of git, where one careless `git add` publishes the key.
fn git(layout: &Layout) -> Option<Fault> {
    let root = fs::canonicalize(layout.root()).ok()?;
    let tree = root.ancestors().find(|folder| fs::symlink_metadata(folder.join(".git")).is_ok())?;
    let ignored = fs::read_to_string(layout.gitignore()).is_ok_and(|text| text.lines().any(|line| line.trim() == "*"));
    let message = format!("the CA directory is within the git work tree `{}`", tree.display());
    if ignored {
        let hint = "keep it elsewhere: `git clean -x` deletes what git ignores, and `git add -f` adds it";
        return Some(Fault { finding: Finding::notice("store.in_git", message).hint(hint), mend: None });
    }
    let message = format!("{message}, and its `.gitignore` does not keep the key out");
    let hint = format!(
        "mtls-ca check --repair, then look whether it was committed: git -C {} log --all -- {}",
        typed_path(tree),
        typed_path(root.join("issuers"))
    );
    let finding = Finding::error("store.key_in_git", message).hint(hint);
    Some(Fault { finding, mend: Some(Mend::GitIgnore(layout.gitignore())) })
}
