//! A CA for a system that signs by itself, below this one: made where it is missing, opened where it is
//! there.

use std::path::Path;
use std::time::Duration;

use super::{Access, Authority, AuthorityError, NewCa, Signer, intermediate};
use crate::audit::event::Act;
use crate::keys::Passphrase;
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::lifetime::LifetimeWish;
use crate::words::x509::name_text::NameText;

/// What the CA is to be, where it has to be made.
#[derive(Debug, Clone)]
pub struct MeshOrder {
    /// Its subject.
    pub subject: NameText,
    /// Its key.
    pub key_algorithm: KeyAlgorithm,
    /// How long it holds; the profile's default where not given.
    pub lifetime: Option<LifetimeWish>,
    /// How many CAs may stand below it; the profile's where not given.
    pub path_length: Option<u32>,
}

/// The CA, open.
#[derive(Debug)]
pub struct Mesh {
    /// It.
    pub ca: Authority,
    /// Its key.
    pub signer: Signer,
    /// Whether it was made just now.
    pub is_new: bool,
}

/// The CA in `directory`. A new one is certified by `parent`, and its key is sealed with the passphrase of
/// the parent's.
///
/// # Errors
/// [`AuthorityError::Refused`] where a rule forbids it, such as a parent whose path length is 0;
/// [`AuthorityError::Key`] where it is there already and sealed otherwise.
pub fn mesh(
    directory: &Path,
    order: &MeshOrder,
    parent: &mut Authority,
    signer: &Signer,
    act: &Act,
    patience: Duration,
) -> Result<Mesh, AuthorityError> {
    let is_new = !directory.exists();
    if is_new {
        let MeshOrder { subject, key_algorithm, lifetime, path_length } = order.clone();
        let passphrase = signer.passphrase.as_ref().map(Passphrase::again);
        let subject = Some(subject);
        let new = NewCa { subject, key_algorithm, lifetime, path_length, passphrase, ..NewCa::plain() };
        intermediate(directory, &new, parent, signer, act)?;
    }
    let ca = Authority::open(directory, Access::Sign, patience)?;
    let locked = ca.locked_key()?;
    let passphrase = signer.passphrase.as_ref().filter(|_| locked.needs_passphrase());
    let signer = locked.unlock(passphrase)?;
    Ok(Mesh { ca, signer, is_new })
}
