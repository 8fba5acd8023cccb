//! Whose a delivered file is, and who may read it.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::str::FromStr;

use thiserror::Error;

use super::FileError;

/// The bits that a key's mode never has unless somebody says so for the key itself: more than its
/// owner's reading and writing, and its group's reading.
const BEYOND_A_KEY: u32 = !0o640;

/// An account, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(u32);

/// A group of accounts, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group(u32);

/// Permission bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(u32);

/// Text that is no owner, group or mode.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAnAttribute {
    /// There is no such account here.
    #[error("there is no user `{0}` on this machine; a number is taken as it is")]
    NoUser(String),
    /// There is no such group here.
    #[error("there is no group `{0}` on this machine; a number is taken as it is")]
    NoGroup(String),
    /// It is not a mode.
    #[error("`{0}` is not a mode such as 0640: three or four octal digits, of which the first is 0")]
    NoMode(String),
}

impl FromStr for Owner {
    type Err = NotAnAttribute;

    fn from_str(text: &str) -> Result<Self, NotAnAttribute> {
        if let Ok(number) = text.parse() {
            return Ok(Self(number));
        }
        match nix::unistd::User::from_name(text) {
            Ok(Some(user)) => Ok(Self(user.uid.as_raw())),
            _ => Err(NotAnAttribute::NoUser(text.chars().take(64).collect())),
        }
    }
}

impl FromStr for Group {
    type Err = NotAnAttribute;

    fn from_str(text: &str) -> Result<Self, NotAnAttribute> {
        if let Ok(number) = text.parse() {
            return Ok(Self(number));
        }
        match nix::unistd::Group::from_name(text) {
            Ok(Some(group)) => Ok(Self(group.gid.as_raw())),
            _ => Err(NotAnAttribute::NoGroup(text.chars().take(64).collect())),
        }
    }
}

impl Mode {
    /// 0600, a key's.
    pub const KEY: Self = Self(0o600);
    /// 0644, a certificate's.
    pub const PUBLIC: Self = Self(0o644);

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// What a key may have of it.
    #[must_use]
    pub const fn for_key(self) -> Self {
        Self(self.0 & !BEYOND_A_KEY)
    }
}

impl FromStr for Mode {
    type Err = NotAnAttribute;

    fn from_str(text: &str) -> Result<Self, NotAnAttribute> {
        let refuse = || NotAnAttribute::NoMode(text.chars().take(20).collect());
        let digits = if text.len() == 4 { text.strip_prefix('0').ok_or_else(refuse)? } else { text };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse());
        }
        u32::from_str_radix(digits, 8).map(Self).map_err(|_| refuse())
    }
}

/// What was said of the owner and mode of delivered files. What was not said is kept, where a file
/// is replaced; a new file belongs to whoever runs the command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Whose the files are.
    pub owner: Option<Owner>,
    /// Of which group.
    pub group: Option<Group>,
    /// Their mode. A key gets no more of it than 0640.
    pub mode: Option<Mode>,
    /// The key's mode, whatever it is.
    pub key_mode: Option<Mode>,
}

/// What kind of file gets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A private key: 0600 unless somebody says otherwise.
    Key,
    /// A certificate or a list of them: 0644.
    Public,
}

impl Attributes {
    /// The mode of a file: what was said, else that of the file before it, else its kind's.
    #[must_use]
    pub fn mode_of(&self, kind: Kind, before: Option<&Metadata>) -> Mode {
        let kept = before.map(|found| Mode(found.permissions().mode() & 0o777));
        match kind {
            Kind::Key => self.key_mode.or(self.mode.map(Mode::for_key)).or(kept).unwrap_or(Mode::KEY),
            Kind::Public => self.mode.or(kept).unwrap_or(Mode::PUBLIC),
        }
    }

    /// Gives an open file, at `path`, its owner and group: what was said, else those of the file
    /// before it.
    ///
    /// # Errors
    /// Where the system does not allow it: only root gives files away.
    pub(super) fn own(&self, file: &File, path: &Path, before: Option<&Metadata>) -> Result<(), FileError> {
        let failed = |error: io::Error| FileError::io("set the owner of", path)(error);
        let now = file.metadata().map_err(failed)?;
        let owner = self.owner.map(|owner| owner.0).or(before.map(Metadata::uid)).filter(|uid| *uid != now.uid());
        let group = self.group.map(|group| group.0).or(before.map(Metadata::gid)).filter(|gid| *gid != now.gid());
        if owner.is_none() && group.is_none() {
            return Ok(());
        }
        std::os::unix::fs::fchown(file, owner, group).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_octal_and_keys_are_closed() {
        for (text, bits) in [("0640", 0o640), ("640", 0o640), ("600", 0o600), ("0444", 0o444)] {
            assert_eq!(text.parse::<Mode>().unwrap().bits(), bits, "{text}");
        }
        for bad in ["", "64", "888", "1777", "4755", "rw", "06400", "0x1"] {
            assert!(bad.parse::<Mode>().is_err(), "{bad}");
        }
        let said = |mode: &str| Attributes { mode: Some(mode.parse().unwrap()), ..Attributes::default() };
        for (mode, key) in [("0644", 0o640), ("0666", 0o640), ("0600", 0o600), ("0400", 0o400), ("0750", 0o640)] {
            assert_eq!(said(mode).mode_of(Kind::Key, None).bits(), key, "{mode}");
        }
        let wide = Attributes { key_mode: Some("0644".parse().unwrap()), ..Attributes::default() };
        assert_eq!(wide.mode_of(Kind::Key, None).bits(), 0o644);
        assert_eq!(wide.mode_of(Kind::Public, None).bits(), 0o644);
        assert_eq!(Attributes::default().mode_of(Kind::Key, None), Mode::KEY);
    }

    #[test]
    fn owners_have_names_or_numbers() {
        assert_eq!("root".parse(), Ok(Owner(0)));
        assert_eq!("0".parse(), Ok(Group(0)));
        assert!(matches!("no such user".parse::<Owner>(), Err(NotAnAttribute::NoUser(_))));
        assert!(matches!("no such group".parse::<Group>(), Err(NotAnAttribute::NoGroup(_))));
    }
}
