//! Whether others than its owner can get at a CA directory, or at a key. Looks at modes and owners alone and opens
//! nothing.

use std::fmt;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::FileError;
use super::directory::parent_of;
use super::layout::{IssuerNumber, Layout};
use crate::words::finding::Finding;
use crate::words::typed::typed_path;

/// The bits of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// What of a CA directory is open to others: the directory itself, the key of this issuer, and the
/// ledger. What is not there, or in a place that may not be looked at, is not spoken of.
#[must_use]
pub fn exposed(layout: &Layout, issuer: IssuerNumber) -> Vec<Finding> {
    let parts = [
        ("store.directory_exposed", layout.root().to_owned(), "0700"),
        ("store.key_exposed", layout.issuer(issuer).key(), "0600"),
        ("store.ledger_exposed", layout.ledger(), "0600"),
    ];
    parts.iter().filter_map(|(code, path, wanted)| look(code, path, wanted)).collect()
}

/// What a key may not have open: more than its group's reading, which services have that share one.
const BEYOND_A_KEY: u32 = 0o037;

/// Who else may have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposed {
    /// Its mode lets others at it.
    Mode(u32),
    /// It is the file of this account, which is neither ours nor that of the folder.
    Account(u32),
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode(mode) if mode & 0o022 != 0 => write!(f, "can be changed by other users (mode {mode:04o})"),
            Self::Mode(mode) => write!(f, "can be read by other users (mode {mode:04o})"),
            Self::Account(owner) => write!(f, "belongs to account {owner}"),
        }
    }
}

/// Whether a key is open to others, or was put there by another account. Whoever works as root takes the keys of
/// those who own the folder.
///
/// # Errors
/// What the system said.
pub fn opened_to_others(key: &Path) -> Result<Option<Exposed>, FileError> {
    let found = fs::symlink_metadata(key).map_err(FileError::io("read", key))?;
    let own = rustix::process::geteuid();
    let mode = found.permissions().mode() & 0o7777;
    let folder = fs::metadata(parent_of(key)).map(|folder| folder.uid());
    let is_known = found.uid() == own.as_raw()
        || found.uid() == 0
        || own.is_root() && folder.is_ok_and(|owner| owner == found.uid());
    Ok(if mode & BEYOND_A_KEY != 0 {
        Some(Exposed::Mode(mode))
    } else if !is_known {
        Some(Exposed::Account(found.uid()))
    } else {
        None
    })
}

fn look(code: &'static str, path: &Path, wanted: &str) -> Option<Finding> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    let verb = match mode & OTHERS {
        0 => return None,
        open if open & 0o022 != 0 => "changed",
        open if open & 0o044 != 0 => "read",
        _ => "entered",
    };
    let message = format!("`{}` can be {verb} by other users (mode {mode:04o})", path.display());
    Some(Finding::warning(code, message).hint(format!("chmod {wanted} {}", typed_path(path))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_can_reach_is_told_part_by_part() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::at(folder.path().join("ca"));
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(exposed(&layout, IssuerNumber::FIRST), []);
        let key = layout.issuer(IssuerNumber::FIRST).key();
        fs::create_dir_all(key.parent().unwrap()).unwrap();
        for file in [&key, &layout.ledger()] {
            fs::write(file, "").unwrap();
            set(file, 0o600);
        }
        set(layout.root(), 0o700);
        assert_eq!(exposed(&layout, IssuerNumber::FIRST), []);
        for (path, mode, closed, code, verb) in [
            (layout.root(), 0o777, 0o700, "store.directory_exposed", "changed"),
            (layout.root(), 0o750, 0o700, "store.directory_exposed", "read"),
            (layout.root(), 0o711, 0o700, "store.directory_exposed", "entered"),
            (&key, 0o640, 0o400, "store.key_exposed", "read"),
            (&layout.ledger(), 0o664, 0o600, "store.ledger_exposed", "changed"),
        ] {
            set(path, mode);
            let [finding] = exposed(&layout, IssuerNumber::FIRST).try_into().unwrap();
            assert_eq!(finding.code, code);
            let message = format!("`{}` can be {verb} by other users (mode {mode:04o})", path.display());
            assert_eq!(finding.message, message);
            set(path, closed);
        }
        assert_eq!(exposed(&layout, IssuerNumber::FIRST), []);
    }
}
