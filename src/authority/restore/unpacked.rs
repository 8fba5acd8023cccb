//! From the bytes of an archive, which may come from anywhere, to files in a folder.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use super::Unsound;
use crate::authority::AuthorityError;
use crate::authority::backup::{BackedUpFile, FORMAT, MANIFEST, Manifest};
use crate::store::FileError;
use crate::store::archive::{ArchiveError, unpack};
use crate::store::atomic::{Existing, Output, Readers};
use crate::store::directory;
use crate::words::x509::fingerprint::Digesting;

/// A manifest lists a few files for each CA certificate.
const LARGEST_MANIFEST: u64 = 64 * 1024 * 1024;

/// Writes the files of an archive below a folder, each only as its manifest has it.
pub(super) fn unpack_into(folder: &Path, from: impl Read) -> Result<Manifest, AuthorityError> {
    let mut manifest: Option<Manifest> = None;
    let mut missing: BTreeMap<String, BackedUpFile> = BTreeMap::new();
    unpack(from, |name, size, content| {
        if manifest.is_none() {
            let read = read_manifest(name.as_str(), size, content)?;
            missing = read.files.iter().map(|file| (file.name.to_string(), file.clone())).collect();
            manifest = Some(read);
            return Ok(());
        }
        let Some(file) = missing.remove(name.as_str()) else {
            return Err(Unsound::Unlisted(name.to_string()).into());
        };
        if file.size != size {
            return Err(Unsound::Changed(name.to_string()).into());
        }
        let path = file.name.within(folder);
        make_folders(folder, &path)?;
        // Whatever the manifest says: a key, the ledger and the settings are their owner's.
        let may_be_public = [".crt", ".csr", ".pem", ".der"].iter().any(|ending| name.as_str().ends_with(ending));
        let readers = if file.public && may_be_public { Readers::Everybody } else { Readers::Owner };
        let mut digesting = Digesting::new();
        Output::plan(&path, readers, Existing::Keep)?.write_with(|target| {
            copy(content, target, &mut digesting, &path)?;
            Ok::<_, AuthorityError>(())
        })?;
        if digesting.finish().to_string() == file.sha256 {
            Ok(())
        } else {
            Err(AuthorityError::from(Unsound::Changed(name.to_string())))
        }
    })?;
    match (manifest, missing.into_keys().next()) {
        (None, _) => Err(Unsound::NoManifest.into()),
        (Some(_), Some(name)) => Err(Unsound::Missing(name).into()),
        (Some(manifest), None) => {
            // They are there even where they are empty.
            for name in ["issuers", "profiles"] {
                let path = folder.join(name);
                if !path.is_dir() {
                    directory::create_directory(&path)?;
                }
            }
            Ok(manifest)
        }
    }
}

fn read_manifest(name: &str, size: u64, content: &mut dyn Read) -> Result<Manifest, AuthorityError> {
    if name != MANIFEST || size > LARGEST_MANIFEST {
        return Err(Unsound::NoManifest.into());
    }
    let mut text = Vec::new();
    content.read_to_end(&mut text).map_err(|error| ArchiveError::NotAnArchive(error.to_string()))?;
    // The format first: a newer one may have other members.
    let number = serde_json::from_slice::<serde_json::Value>(&text)
        .map_err(|error| Unsound::Manifest(error.to_string()))?
        .get("format")
        .and_then(serde_json::Value::as_u64)
        .and_then(|number| u32::try_from(number).ok());
    match number {
        Some(FORMAT) => Ok(serde_json::from_slice(&text).map_err(|error| Unsound::Manifest(error.to_string()))?),
        Some(other) => Err(Unsound::Format(other).into()),
        None => Err(Unsound::Manifest("it has no `format`".to_owned()).into()),
    }
}

/// The folders between, each as `init` makes them.
fn make_folders(folder: &Path, path: &Path) -> Result<(), FileError> {
    let mut wanted: Vec<&Path> = path.ancestors().skip(1).take_while(|above| *above != folder).collect();
    wanted.reverse();
    for above in wanted {
        if !above.is_dir() {
            directory::create_directory(above)?;
        }
    }
    Ok(())
}

fn copy(
    from: &mut dyn Read,
    into: &mut std::fs::File,
    digesting: &mut Digesting,
    path: &Path,
) -> Result<(), AuthorityError> {
    use std::io::Write as _;
    let mut buffer = zeroize::Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        let read = from.read(&mut buffer).map_err(|error| ArchiveError::NotAnArchive(error.to_string()))?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        digesting.update(bytes);
        into.write_all(bytes).map_err(FileError::io("write", path))?;
    }
}
