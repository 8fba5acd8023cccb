//! Which file systems a CA directory must not be on: those of other machines, where kernel locks
//! and the ledger's shared memory do not reach the other side.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{major, minor, statfs};

use super::FileError;

/// `f_type` of statfs(2), from linux/magic.h and, where they are not in it, the manual page.
const NETWORK: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x00c3_6400, "Ceph"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
];

const FUSE: u64 = 0x6573_5546;

/// Kinds of FUSE that reach another machine. Others (overlays of rootless containers, encrypting
/// ones) are as local as what lies under them.
const NETWORK_FUSE: &[&str] = &[
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.rclone",
    "fuse.gcsfuse",
    "fuse.davfs",
    "fuse.curlftpfs",
    "fuse.glusterfs",
    "fuse.ceph",
    "fuse.ceph-fuse",
    "fuse.juicefs",
    "fuse.seaweedfs",
    "fuse.blobfuse",
    "fuse.blobfuse2",
    "fuse.goofys",
    "fuse.mount-s3",
    "fuse.smbnetfs",
    "fuse.moosefs",
];

/// Refuses a path on a network file system.
///
/// # Errors
/// [`FileError::NetworkFileSystem`] with its type, or what the system said.
pub fn refuse_network(path: &Path) -> Result<(), FileError> {
    let found = statfs(path).map_err(|errno| FileError::io("open", path)(errno.into()))?;
    // The field's width and sign differ between architectures; the magic numbers have 32 bits.
    #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "`f_type` differs between architectures")]
    let magic = found.f_type as u64 & 0xffff_ffff;
    let kind = if magic == FUSE { network_fuse(path) } else { name_of(magic).map(str::to_owned) };
    match kind {
        Some(kind) => Err(FileError::NetworkFileSystem { path: path.to_owned(), kind }),
        None => Ok(()),
    }
}

fn name_of(magic: u64) -> Option<&'static str> {
    NETWORK.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name)
}

fn network_fuse(path: &Path) -> Option<String> {
    let device = fs::metadata(path).ok()?.dev();
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let kind = mounted_type(&mounts, &format!("{}:{}", major(device), minor(device)))?;
    NETWORK_FUSE.contains(&kind).then(|| kind.to_owned())
}

/// The file system type of a device in the text of `/proc/self/mountinfo`: the third field is the
/// device, the first behind the lone `-` is the type.
fn mounted_type<'a>(mounts: &'a str, device: &str) -> Option<&'a str> {
    let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    line.split(' ').skip_while(|field| *field != "-").nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_ones_pass_and_network_ones_have_names() {
        let folder = tempfile::tempdir().unwrap();
        refuse_network(folder.path()).unwrap();
        assert_eq!(name_of(0x6969), Some("NFS"));
        // ext4, btrfs, xfs, tmpfs, overlayfs
        for local in [0xef53, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630] {
            assert_eq!(name_of(local), None);
        }
    }

    #[test]
    fn the_type_of_a_fuse_mount_is_found() {
        // The example of proc_pid_mountinfo(5), and a line of a machine with sshfs.
        let mounts = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n\
                      41 30 0:52 / /srv rw,nosuid,nodev - fuse.sshfs box:/srv rw,user_id=0\n";
        assert_eq!(mounted_type(mounts, "98:0"), Some("ext3"));
        assert_eq!(mounted_type(mounts, "0:52"), Some("fuse.sshfs"));
        assert_eq!(mounted_type(mounts, "0:53"), None);
    }
}
