//! A key file whose passphrase changes: everything is found out first, and then the file goes over to
//! the new one in one step.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{LockedKey, OpenKeyError, Passphrase, PrivateKey, seal, seal_for_peers};
use crate::encoding::pem;
use crate::store::FileError;
use crate::store::atomic::replace_key;
use crate::store::read::read_limited;
use crate::words::x509::public_key::PublicKey;

/// More than any key file weighs.
const LARGEST: u64 = 1024 * 1024;

/// Who is to open the key, which decides how its passphrase is stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealFor {
    /// We ourselves: scrypt.
    Us,
    /// Services: PBKDF2, which all of them know.
    Peers,
}

/// A key file that was opened, and what it will be.
#[derive(Debug)]
pub struct Resealing {
    path: PathBuf,
    key: PrivateKey,
    /// The new content; none where the file is already as it should be.
    content: Option<Content>,
}

/// Whose `Debug` shows nothing.
struct Content(Zeroizing<String>);

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content(…)")
    }
}

impl Resealing {
    /// Opens the key with the passphrase that it has, and seals it with the new one, or with none. A key
    /// that only the new passphrase opens has been changed before, as far as a run that did not end came.
    ///
    /// # Errors
    /// Where the file cannot be read; where neither passphrase opens it.
    pub fn prepare(
        path: &Path,
        old: Option<&Passphrase>,
        new: Option<&Passphrase>,
        seal_for: SealFor,
    ) -> Result<Result<Self, OpenKeyError>, FileError> {
        let content = Zeroizing::new(read_limited(path, LARGEST)?);
        Ok(Self::of(path, &content, old, new, seal_for))
    }

    fn of(
        path: &Path,
        content: &[u8],
        old: Option<&Passphrase>,
        new: Option<&Passphrase>,
        seal_for: SealFor,
    ) -> Result<Self, OpenKeyError> {
        let path = path.to_owned();
        let locked = LockedKey::read(content)?;
        let key = match locked.open(old) {
            Ok(key) => key,
            Err(closed) => match new.map(|new| locked.open(Some(new))) {
                Some(Ok(key)) => return Ok(Self { path, key, content: None }),
                _ => return Err(closed),
            },
        };
        if !locked.is_encrypted() && new.is_none() {
            return Ok(Self { path, key, content: None });
        }
        let sealed = match seal_for {
            SealFor::Us => seal(&key, new)?,
            SealFor::Peers => seal_for_peers(&key, new)?,
        };
        let content = Some(Content(with_the_rest(content, &sealed)?));
        Ok(Self { path, key, content })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The public half of its key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    /// Whether there is anything to do.
    #[must_use]
    pub const fn is_needed(&self) -> bool {
        self.content.is_some()
    }

    /// Puts it in its place, once the file that was written opens with the new passphrase and holds the
    /// same key.
    ///
    /// # Errors
    /// What went wrong; the old file then stays.
    pub fn write(self, new: Option<&Passphrase>) -> Result<(), FileError> {
        let Self { path, key, content } = self;
        let Some(Content(content)) = content else { return Ok(()) };
        replace_key(&path, content.as_bytes(), |written| {
            let opened = LockedKey::read(written).and_then(|locked| locked.open(new));
            opened.is_ok_and(|opened| opened.public_key() == key.public_key())
        })
    }
}

/// The key in its new form, where it stood among the other blocks of the file. The parameters that old
/// tools put before elliptic curve keys are part of PKCS#8.
fn with_the_rest(content: &[u8], sealed: &str) -> Result<Zeroizing<String>, OpenKeyError> {
    let mut text = Zeroizing::new(String::new());
    for block in pem::blocks(content)? {
        match block.label.as_str() {
            "EC PARAMETERS" => {}
            label if label.ends_with("PRIVATE KEY") => text.push_str(sealed),
            label => text.push_str(&pem::write(label, &block.der)),
        }
    }
    Ok(if text.is_empty() { Zeroizing::new(sealed.to_owned()) } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::algorithm::KeyAlgorithm;

    fn passphrase(text: &str) -> Option<Passphrase> {
        Passphrase::new(text.as_bytes().to_vec())
    }

    #[test]
    fn a_passphrase_is_set_changed_and_taken_away_and_the_rest_of_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let before = pem::write("CERTIFICATE", &[1, 2, 3]);
        let after = pem::write("CERTIFICATE", &[4, 5, 6]);
        std::fs::write(&path, format!("{before}{}{after}", *seal(&key, None).unwrap())).unwrap();
        for (old, new, needed) in [
            (None, None, false),
            (None, Some("one"), true),
            (None, Some("one"), false),
            (Some("one"), Some("two"), true),
            (Some("one"), Some("two"), false),
            (Some("two"), None, true),
        ] {
            let (old, new) = (old.and_then(passphrase), new.and_then(passphrase));
            let change = Resealing::prepare(&path, old.as_ref(), new.as_ref(), SealFor::Us).unwrap().unwrap();
            assert_eq!(change.is_needed(), needed);
            change.write(new.as_ref()).unwrap();
            let content = std::fs::read_to_string(&path).unwrap();
            assert!(content.starts_with(&before) && content.ends_with(&after), "{content}");
            let opened = LockedKey::read(content.as_bytes()).unwrap().open(new.as_ref()).unwrap();
            assert_eq!(opened.public_key(), key.public_key());
        }
        std::fs::write(&path, seal(&key, passphrase("one").as_ref()).unwrap().as_bytes()).unwrap();
        let wrong = Resealing::prepare(&path, passphrase("x").as_ref(), passphrase("y").as_ref(), SealFor::Us).unwrap();
        assert!(matches!(wrong, Err(OpenKeyError::WrongPassphrase)));
        let shown = Resealing::prepare(&path, passphrase("one").as_ref(), None, SealFor::Us).unwrap().unwrap();
        assert!(!format!("{shown:?}").contains("BEGIN"));
    }
}
