//! The files below a folder, in the order of their names.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::FileError;

/// How many files of one folder are looked at.
pub const MOST_FILES: usize = 1_000_000;

/// Every regular file in a folder and in those below it, down to this depth (0 is the folder alone).
/// Links to files are followed, links to folders are not.
///
/// # Errors
/// The first folder that cannot be read.
pub fn files_below(folder: &Path, depth: usize, most: usize) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    collect(folder, depth, most, &mut found)?;
    Ok(found)
}

fn collect(folder: &Path, depth: usize, most: usize, found: &mut Vec<PathBuf>) -> Result<(), FileError> {
    let failed = FileError::io("read", folder);
    let listed = || -> std::io::Result<Vec<(DirEntry, bool)>> {
        let mut listed = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let is_folder = entry.file_type()?.is_dir();
            listed.push((entry, is_folder));
        }
        listed.sort_by_key(|(entry, _)| entry.file_name());
        Ok(listed)
    };
    for (entry, is_folder) in listed().map_err(failed)? {
        let path = entry.path();
        if is_folder && depth > 0 {
            collect(&path, depth - 1, most, found)?;
        } else if !is_folder && found.len() < most && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether a name is meant by a pattern, in which `*` stands for any characters and `?` for any one. A
/// name that begins with a dot is not meant by a pattern that does not.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    // Where the last `*` may take one character more.
    let mut back: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let mut ahead = pattern.clone();
        match (ahead.next(), name.clone().next()) {
            (Some('*'), _) => {
                pattern = ahead;
                back = Some((pattern.clone(), name.clone()));
                continue;
            }
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                pattern = ahead;
                name.next();
                continue;
            }
            _ => {}
        }
        let Some((rest, from)) = &mut back else { return false };
        if from.next().is_none() {
            return false;
        }
        pattern = rest.clone();
        name = from.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_names() {
        for (pattern, name, meant) in [
            ("*.csr", "a.csr", true),
            ("*.csr", ".csr", false),
            (".*", ".csr", true),
            ("*.csr", "a.csr.bak", false),
            ("a?c*", "abc", true),
            ("a?c*", "ac", false),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("ä?", "äö", true),
        ] {
            assert_eq!(matches(pattern, name), meant, "{pattern} {name}");
        }
    }

    #[test]
    fn files_come_in_the_order_of_their_names() {
        let room = tempfile::tempdir().unwrap();
        for name in ["b", "a", "sub/deep/d", "sub/c"] {
            let path = room.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(room.path(), room.path().join("sub/loop")).unwrap();
        let found = |depth, most| -> Vec<String> {
            let found = files_below(room.path(), depth, most).unwrap();
            found.iter().map(|path| path.strip_prefix(room.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(found(8, 10), ["a", "b", "sub/c", "sub/deep/d"]);
        assert_eq!(found(0, 10), ["a", "b"]);
        assert_eq!(found(8, 1), ["a"]);
        assert!(files_below(&room.path().join("no"), 0, 1).is_err());
    }
}
