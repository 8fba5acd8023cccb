//! Files in the making: each stands beside its place under a name of ours, locked by who fills it. So what a
//! process that was ended left behind is told from what another one is at work on.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use super::directory::parent_of;
use super::{FileError, file_system};

const PREFIX: &str = ".mtls-ca-";
const SUFFIX: &str = ".part";
/// How many characters stand between the two.
const RANDOM: usize = 6;
/// How often a file is made that somebody sweeps away before it is locked.
const ATTEMPTS: usize = 16;

/// An empty file beside this one, mode 0600 from its first moment, locked until it is closed.
///
/// # Errors
/// What the system said.
pub(super) fn beside(path: &Path) -> Result<NamedTempFile, FileError> {
    for _ in 0..ATTEMPTS {
        // Opened here, for the library would put the name of the file in the making, which nobody knows, into
        // its errors.
        let beside = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .rand_bytes(RANDOM)
            .make_in(parent_of(path), |path| {
                File::options().read(true).write(true).create_new(true).mode(0o600).open(path)
            })
            .map_err(FileError::io("create", path))?;
        match beside.as_file().try_lock() {
            // Swept between the two.
            Err(TryLockError::WouldBlock) => {}
            Ok(()) if beside.as_file().metadata().is_ok_and(|found| found.nlink() == 0) => {}
            // Where nothing can be locked, nothing is swept either.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(beside),
        }
    }
    Err(FileError::io("create", path)(ErrorKind::ResourceBusy.into()))
}

/// Takes away the files in the making of this directory whose process is gone: regular files of this account,
/// with names that only this module gives, that nobody has locked. Links are not followed. What cannot be
/// looked at stays. Returns how many went.
pub fn sweep(directory: &Path) -> usize {
    // Locks of other machines are not seen.
    if file_system::refuse_network(directory).is_err() {
        return 0;
    }
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let ours = entries.flatten().filter(|entry| is_ours(entry.file_name().as_encoded_bytes()));
    ours.filter(|entry| swept(&entry.path()).is_some()).count()
}

fn is_ours(name: &[u8]) -> bool {
    let random = name.strip_prefix(PREFIX.as_bytes()).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

fn swept(path: &Path) -> Option<()> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path).ok()?;
    let found = file.metadata().ok()?;
    if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() {
        return None;
    }
    file.try_lock().ok()?;
    // Whoever filled it may have given it its name meanwhile.
    let there = fs::symlink_metadata(path).ok()?;
    if (there.dev(), there.ino()) != (found.dev(), found.ino()) {
        return None;
    }
    fs::remove_file(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_nobody_is_at_work_on_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let target = at("api.key");
        let at_work = beside(&target).unwrap();
        let (_, left) = beside(&target).unwrap().keep().unwrap();
        fs::write(at("precious"), "1").unwrap();
        for name in
            [".mtls-ca-before-api.crt", ".mtls-ca-abc.part", ".mtls-ca-abcde-.part", "a.part", ".mtls-ca-abcdef"]
        {
            fs::write(at(name), "1").unwrap();
        }
        symlink(at("precious"), at(".mtls-ca-links1.part")).unwrap();
        fs::create_dir(at(".mtls-ca-folder.part")).unwrap();
        let before = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(sweep(folder.path()), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before - 1);
        assert!(at_work.path().exists() && !left.exists() && at("precious").exists());
        // It is no file in the making any more once it has its name.
        at_work.persist_noclobber(&target).unwrap();
        assert_eq!(sweep(folder.path()), 0);
        assert!(target.exists());
    }

    #[test]
    fn who_sweeps_takes_nothing_from_those_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let target = |n: u32| folder.path().join(format!("{n}.crt"));
        let is_over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                        sweep(folder.path());
                    }
                });
            }
            for n in 0..2_000 {
                beside(&target(n)).unwrap().persist_noclobber(target(n)).unwrap();
            }
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert!((0..2_000).all(|n| target(n).exists()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2_000);
    }
}
