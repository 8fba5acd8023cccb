//! Bringing CRLs out: into the generation's folder, and from there, with the CA certificates, into
//! the directory that `ca.toml` publishes to. What is out is never replaced by something older.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::build::is_ahead;
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::authority::settings::Settings;
use crate::authority::{Authority, AuthorityError, Generation};
use crate::bundle::pem;
use crate::encoding::pem as encoding;
use crate::encoding::revocation::SignedList;
use crate::ledger::{Issuer, Ledger};
use crate::store::FileError;
use crate::store::atomic::{self, Readers};
use crate::store::crl_file;
use crate::store::directory;
use crate::store::hook::Hook;
use crate::store::layout::{Layout, PublishedFolder};
use crate::store::lock::DirectoryLock;
use crate::store::read::is_file;
use crate::words::clock::Now;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::name::Name;
use crate::words::x509::revocation::ListHead;

/// How long to wait for another process that brings a CRL out.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was brought out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// The files that are there now, or were already as they should be.
    pub files: Vec<PathBuf>,
    /// Whether the concatenated set of all CRLs could not be made, for one of a CA above is missing.
    pub incomplete: bool,
}

impl Authority {
    /// Brings out into the directory of `[publish] dir` what is not there yet: each generation's CRL
    /// and certificate, the trust bundle, and the set of all CRLs. Without that setting it does
    /// nothing.
    ///
    /// # Errors
    /// [`AuthorityError::ForeignPublished`] where another CA's CRL is in the way, and
    /// [`AuthorityError::File`], also where the directory above the one to publish to is missing.
    pub fn publish(&self, now: Now) -> Result<Published, AuthorityError> {
        let Some((layout, folder)) = self.publish_places() else { return Ok(Published::default()) };
        let _lock = DirectoryLock::alone(&layout.issuers(), PATIENCE)?;
        self.publish_under_lock(&layout, &folder, now)
    }

    fn publish_under_lock(
        &self,
        layout: &Layout,
        folder: &PublishedFolder,
        now: Now,
    ) -> Result<Published, AuthorityError> {
        make_room(folder.path())?;
        let mut files = Vec::new();
        for generation in self.generations()? {
            let (number, own) = (generation.number, layout.issuer(generation.number));
            if let Some(ours) = crl_file::head(&own.crl_der())? {
                let there = theirs(&folder.crl_der(number), &ours.issuer)?;
                if there.is_none_or(|there| there.number() < ours.number()) {
                    for (from, to) in [(own.crl_der(), folder.crl_der(number)), (own.crl_pem(), folder.crl_pem(number))]
                    {
                        copy(&from, &to)?;
                    }
                }
                files.extend([folder.crl_der(number), folder.crl_pem(number)]);
            }
            // RFC 5280 section 4.2.2.1: what caIssuers points to is DER.
            keep(&folder.certificate_der(number), generation.certificate.der())?;
            keep(&folder.certificate_pem(number), pem::certificate(&generation.certificate).as_bytes())?;
            files.extend([folder.certificate_der(number), folder.certificate_pem(number)]);
        }
        keep(&folder.trust(), pem::certificates(&self.trust()?).as_bytes())?;
        files.push(folder.trust());
        let incomplete = match self.crl_set(now) {
            Ok(set) => {
                atomic::replace_with(&folder.crl_set(), Readers::Everybody, |out| set.write_to(out))?;
                files.push(folder.crl_set());
                false
            }
            Err(AuthorityError::IncompleteSet(_)) => true,
            Err(error) => return Err(error),
        };
        Ok(Published { files, incomplete })
    }

    /// Runs what the operator wants to run after CRLs were brought out. That it failed is in the audit
    /// log.
    ///
    /// # Errors
    /// [`AuthorityError::Hook`] where it failed.
    pub fn after_publishing(&mut self, hook: &Hook, act: &Act) -> Result<(), AuthorityError> {
        let Err(error) = hook.run() else { return Ok(()) };
        let object = Object::File { what: format!("after publishing: {hook}") };
        let outcome = Outcome::Failed { reason: error.to_string() };
        self.ledger.append(&Event::new(act, Action::Deliver, object, outcome))?;
        Err(error.into())
    }

    /// Writes a CRL into the folder of its generation, and publishes it. Where a newer one is there
    /// already, another process was quicker, and its list has all that this one has.
    pub(super) fn bring_out(
        &self,
        generation: &Generation,
        list: &SignedList,
        number: CrlNumber,
        now: Now,
    ) -> Result<(), AuthorityError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let layout = Layout::at(directory);
        let _lock = DirectoryLock::alone(&layout.issuers(), PATIENCE)?;
        let folder = layout.issuer(generation.number);
        let there = crl_file::head(&folder.crl_der())?.and_then(|head| head.number());
        if there.is_none_or(|there| there < number) {
            atomic::replace(&folder.crl_der(), list.der(), Readers::Everybody)?;
            atomic::replace_with(&folder.crl_pem(), Readers::Everybody, |out| {
                encoding::write_to(out, "X509 CRL", list.der())
            })?;
        }
        if let Some((layout, folder)) = self.publish_places() {
            self.publish_under_lock(&layout, &folder, now)?;
        }
        Ok(())
    }

    /// Refuses where a CRL of this generation is out that the ledger does not know of, or another CA's
    /// is in its place, or no file can be: the two forms of a CRL are both written, or neither.
    pub(super) fn refuse_behind(&self, generation: &Generation) -> Result<(), AuthorityError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let layout = Layout::at(directory);
        let folder = publish_folder(&layout, &self.settings);
        if let Some(folder) = &folder {
            theirs(&folder.crl_der(generation.number), generation.certificate.subject())?;
            is_file(&folder.crl_pem(generation.number))?;
        }
        is_file(&layout.issuer(generation.number).crl_pem())?;
        let known = self.ledger.issuers()?;
        let own = known.iter().find(|issuer| issuer.number == generation.number);
        own.map_or(Ok(()), |issuer| refuse_one(&layout, folder.as_ref(), &self.ledger, issuer))
    }

    /// Where this CA publishes to, where it does.
    pub(in crate::authority) fn publish_places(&self) -> Option<(Layout, PublishedFolder)> {
        let layout = Layout::at(self.directory.as_ref()?);
        let folder = publish_folder(&layout, &self.settings)?;
        Some((layout, folder))
    }
}

/// Refuses where a CRL of any generation is out that the ledger does not know of: it is an older copy,
/// and what was revoked since would be taken back. Reads the heads of the files alone.
pub(in crate::authority) fn refuse_where_ahead(
    layout: &Layout,
    settings: &Settings,
    ledger: &Ledger,
) -> Result<(), AuthorityError> {
    let folder = publish_folder(layout, settings);
    let known: Vec<Issuer> = ledger.issuers()?;
    known.iter().try_for_each(|issuer| refuse_one(layout, folder.as_ref(), ledger, issuer))
}

fn refuse_one(
    layout: &Layout,
    folder: Option<&PublishedFolder>,
    ledger: &Ledger,
    issuer: &Issuer,
) -> Result<(), AuthorityError> {
    let Issuer { number: issuer, ref subject, .. } = *issuer;
    let places = std::iter::once(layout.issuer(issuer).crl_der()).chain(folder.map(|folder| folder.crl_der(issuer)));
    for path in places {
        // Another CA's says nothing of this one; it is refused when something is to be published.
        let Some(head) = crl_file::head(&path)?.filter(|head| head.issuer.rfc4514() == *subject) else { continue };
        let known = ledger.crl_standing(issuer)?.highest;
        if is_ahead(head.number(), known) {
            let published = head.number().map_or_else(String::new, |number| number.to_string());
            let known = known.map_or_else(|| "none".to_owned(), |known| known.to_string());
            return Err(AuthorityError::CrlAhead { path, published, known });
        }
    }
    Ok(())
}

/// Makes the directory where only it is missing. What stands above it is the operator's: a disk that is
/// not mounted, or a slip of the pen.
fn make_room(folder: &Path) -> Result<(), FileError> {
    match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() && !above.is_dir() => {
            Err(FileError::NoDirectory(folder.to_owned()))
        }
        _ => directory::create_open_directory(folder),
    }
}

/// A path that is not absolute is taken from the CA directory on.
fn publish_folder(layout: &Layout, settings: &Settings) -> Option<PublishedFolder> {
    settings.publish_dir.as_ref().map(|dir| PublishedFolder::at(layout.root().join(&dir.value)))
}

/// The CRL that is out already, where it is of the same CA.
fn theirs(path: &Path, ours: &Name) -> Result<Option<ListHead>, AuthorityError> {
    match crl_file::head(path)? {
        Some(head) if !head.issuer.matches(ours) => {
            Err(AuthorityError::ForeignPublished { path: path.to_owned(), found: head.issuer.rfc4514() })
        }
        head => Ok(head),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), AuthorityError> {
    let mut source = File::open(from).map_err(FileError::io("read", from))?;
    Ok(atomic::replace_with(to, Readers::Everybody, |out| io::copy(&mut source, out).map(drop))?)
}

/// Writes a file unless it is as it should be.
fn keep(path: &Path, content: &[u8]) -> Result<(), AuthorityError> {
    if std::fs::read(path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    Ok(atomic::replace(path, content, Readers::Everybody)?)
}
