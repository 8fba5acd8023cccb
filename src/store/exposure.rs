//! Whether others than its owner can get at a CA directory. Looks at modes alone and opens nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

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
