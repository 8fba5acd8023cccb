//! Reading files of unknown size and kind without hanging and without filling memory.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::FileError;

/// The most that a file may weigh which somebody names or hands in, in bytes.
pub const LARGEST_FILE: u64 = 10 * 1024 * 1024;

/// Reads a whole file of at most `limit` bytes.
///
/// Directories, devices, sockets and named pipes are refused: opening a pipe that nobody writes
/// to would hang for ever. Descriptors that the shell opened (`/dev/stdin`, `/dev/fd/63` of
/// `<(command)`) have somebody at the other end and are read.
///
/// The buffer is made once, in full size, so that a secret is not left behind by its growing.
///
/// # Errors
/// Says what stands there instead of a file, or that it is too large, or what the system said.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let (file, metadata) = opened(path)?;
    if !metadata.is_file() {
        return read_at_most(&file, path, limit, 64 * 1024);
    }
    if metadata.len() > limit {
        return Err(FileError::TooLarge { path: path.to_owned(), limit });
    }
    read_at_most(&file, path, limit, metadata.len())
}

/// Opens what is read piece by piece, however long it is. What [`read_limited`] refuses is refused.
///
/// # Errors
/// Says what stands there instead of a file, or what the system said.
pub fn open(path: &Path) -> Result<File, FileError> {
    opened(path).map(|(file, _)| file)
}

fn opened(path: &Path) -> Result<(File, Metadata), FileError> {
    // O_NONBLOCK: opening a named pipe returns at once. It changes nothing for regular files.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(FileError::io("read", path))?;
    let metadata = file.metadata().map_err(FileError::io("read", path))?;
    if metadata.is_file() {
        return Ok((file, metadata));
    }
    if is_open_descriptor(path) && !metadata.is_dir() {
        let flags = fcntl_getfl(&file).map_err(|e| FileError::io("read", path)(e.into()))?;
        fcntl_setfl(&file, flags - OFlags::NONBLOCK).map_err(|e| FileError::io("read", path)(e.into()))?;
        return Ok((file, metadata));
    }
    Err(FileError::NotAFile { path: path.to_owned(), found: kind_of(&metadata) })
}

/// Whether a regular file stands there; a symbolic link is none, wherever it leads.
///
/// # Errors
/// Something else stands there, or the system does not say what.
pub fn is_file(path: &Path) -> Result<bool, FileError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) => Err(FileError::NotAFile { path: path.to_owned(), found: kind_of(&found) }),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(FileError::io("read", path)(error)),
    }
}

/// What stands there instead of a regular file, following links; none where it is one.
///
/// # Errors
/// Nothing is there, or the system does not say what.
pub fn kind_if_no_file(path: &Path) -> Result<Option<&'static str>, FileError> {
    let found = std::fs::metadata(path).map_err(FileError::io("read", path))?;
    Ok(if found.is_file() { None } else { Some(kind_of(&found)) })
}

fn read_at_most(file: &File, path: &Path, limit: u64, expected: u64) -> Result<Vec<u8>, FileError> {
    let room = usize::try_from(expected.min(limit).saturating_add(1)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(room);
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(FileError::io("read", path))?;
    if bytes.len() as u64 > limit { Err(FileError::TooLarge { path: path.to_owned(), limit }) } else { Ok(bytes) }
}

fn is_open_descriptor(path: &Path) -> bool {
    path == Path::new("/dev/stdin") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

/// What a thing that is no regular file is, in words.
pub(super) fn kind_of(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_dir() {
        "a directory"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        "something else"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_limited(&path, 5).unwrap(), b"12345");
        let error = read_limited(&path, 4).unwrap_err();
        assert!(matches!(error, FileError::TooLarge { limit: 4, .. }));
        assert_eq!(error.to_string(), format!("`{}` is larger than 4 bytes", path.display()));
    }

    #[test]
    fn a_file_is_told_from_what_is_not_there_and_from_what_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("f"), folder.path().join("l"));
        assert!(!is_file(&file).unwrap());
        fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(is_file(&file).unwrap() && !is_file(&file.join("below")).unwrap());
        assert!(matches!(is_file(&link), Err(FileError::NotAFile { found: "a symbolic link", .. })));
        assert!(matches!(is_file(folder.path()), Err(FileError::NotAFile { found: "a directory", .. })));
        // The name is longer than a file system takes: neither there nor absent.
        assert!(matches!(is_file(&folder.path().join("n".repeat(300))), Err(FileError::Io { .. })));
    }

    #[test]
    fn what_the_shell_opened_is_read() {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let (reader, mut writer) = std::io::pipe().unwrap();
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| read_limited(Path::new(&path), 100_000));
            std::thread::sleep(std::time::Duration::from_millis(20));
            writer.write_all(&[7; 90_000]).unwrap();
            drop(writer);
            assert_eq!(reading.join().unwrap().unwrap().len(), 90_000);
        });
    }

    #[test]
    fn what_is_no_file_is_refused_without_hanging() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for (path, found) in
            [(pipe.as_path(), "a named pipe"), (folder.path(), "a directory"), (Path::new("/dev/zero"), "a device")]
        {
            match read_limited(path, 10) {
                Err(FileError::NotAFile { found: said, .. }) => assert_eq!(said, found),
                other => panic!("{path:?}: {other:?}"),
            }
        }
        assert!(read_limited(&folder.path().join("absent"), 10).unwrap_err().is_not_found());
    }
}
