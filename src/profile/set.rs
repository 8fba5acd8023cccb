//! All profiles of a CA: the built-in ones, and the operator's, which extend or replace them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::Profile;
use super::builtin::BUILTIN;
use super::document::{Source, Sourced, nearest};
use super::error::ProfileError;
use super::file::ProfileFile;
use super::name::ProfileName;
use crate::words::finding::Finding;
use crate::words::x509::fingerprint::Fingerprint;

/// The profiles that can be asked for by name. A file is read when its profile is first asked for,
/// so that a mistake in one does not stand in the way of the others, and once only.
#[derive(Debug, Clone)]
pub struct ProfileSet {
    operator: BTreeMap<ProfileName, Source>,
    builtin: BTreeMap<ProfileName, Source>,
    /// Of the operator's files those that could not be read, and why.
    unreadable: BTreeMap<String, String>,
    /// One for each name of either map.
    checked: BTreeMap<ProfileName, OnceLock<Result<Profile, ProfileError>>>,
}

/// Which of two files of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Operator,
    Builtin,
}

impl ProfileSet {
    /// The built-in profiles alone.
    #[must_use]
    pub fn builtin() -> Self {
        let builtin: BTreeMap<ProfileName, Source> = BUILTIN
            .iter()
            .filter_map(|(name, text)| {
                let source = Source { file: format!("built-in {name}.toml"), text: (*text).to_owned() };
                Some((name.parse().ok()?, source))
            })
            .collect();
        let checked = builtin.keys().map(|name| (name.clone(), OnceLock::new())).collect();
        Self { operator: BTreeMap::new(), builtin, unreadable: BTreeMap::new(), checked }
    }

    /// The built-in profiles and these files, whose profiles are called as the files are.
    ///
    /// # Errors
    /// Files whose names are no names of profiles.
    pub fn with_files(files: Vec<Source>) -> Result<Self, ProfileError> {
        let mut set = Self::builtin();
        let mut findings = Vec::new();
        for source in files {
            let base = source.file.rsplit(['/', '\\']).next().unwrap_or(&source.file);
            match base.strip_suffix(".toml").unwrap_or(base).parse::<ProfileName>() {
                Ok(name) => {
                    set.checked.insert(name.clone(), OnceLock::new());
                    set.operator.insert(name, source);
                }
                Err(error) => {
                    findings.push(Finding::error("profile.bad_name", error.to_string()).at(source.whole()));
                }
            }
        }
        if findings.is_empty() { Ok(set) } else { Err(ProfileError::new(findings)) }
    }

    /// The same, knowing that some of its files could not be read, and why. Their profiles, and those
    /// that extend them, are not usable; the others are.
    #[must_use]
    pub fn with_unreadable(self, files: Vec<(String, String)>) -> Self {
        Self { unreadable: files.into_iter().collect(), ..self }
    }

    /// The names of all profiles, in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<&ProfileName> {
        self.checked.keys().collect()
    }

    /// The file that a profile's name stands for: the operator's, else the built-in one.
    #[must_use]
    pub fn file(&self, name: &ProfileName) -> Option<&Source> {
        self.operator.get(name).or_else(|| self.builtin.get(name))
    }

    /// Whether the operator has a file of this name.
    #[must_use]
    pub fn is_operators(&self, name: &ProfileName) -> bool {
        self.operator.contains_key(name)
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// There is none, or its file or one that it extends is wrong.
    pub fn get(&self, name: &ProfileName) -> Result<&Profile, ProfileError> {
        match (self.checked.get(name), self.origin(name)) {
            (Some(once), Some(origin)) => once.get_or_init(|| self.check(name, origin)).as_ref().map_err(Clone::clone),
            _ => Err(ProfileError::new(vec![self.unknown(name, "profile.unknown")])),
        }
    }

    /// Reads a file and those that it extends, and checks what they say together.
    fn check(&self, name: &ProfileName, origin: Origin) -> Result<Profile, ProfileError> {
        let mut findings = Vec::new();
        let mut layers = Vec::new();
        let mut digests = Vec::new();
        let mut visited = BTreeSet::new();
        let mut next = Some((name.clone(), origin));
        while let Some((name, origin)) = next.take() {
            visited.insert((name.clone(), origin));
            let Some(source) = self.source(&name, origin) else { break };
            if let Some(reason) = self.unreadable.get(&source.file) {
                findings.push(Finding::error("profile.unreadable", reason.clone()).at(source.whole()));
                break;
            }
            digests.push(Fingerprint::of(source.text.as_bytes()));
            match ProfileFile::read(source) {
                Ok(file) => {
                    if let Some(extends) = &file.extends {
                        next = self.parent(&name, origin, extends, &visited, &mut findings);
                    }
                    layers.push(file);
                }
                Err(wrong) => findings.extend(wrong),
            }
        }
        let place = self.source(name, origin).map(Source::whole);
        match (layers.into_iter().reduce(ProfileFile::over), place) {
            (Some(file), Some(place)) if findings.is_empty() => {
                Profile::check(name.clone(), place, together(&digests), file).map_err(ProfileError::new)
            }
            _ => Err(ProfileError::new(findings)),
        }
    }

    /// The parent that a file extends: the operator's of that name, else the built-in one; a file
    /// that extends its own name means the built-in one that it replaces.
    fn parent(
        &self,
        name: &ProfileName,
        origin: Origin,
        extends: &Sourced<ProfileName>,
        visited: &BTreeSet<(ProfileName, Origin)>,
        findings: &mut Vec<Finding>,
    ) -> Option<(ProfileName, Origin)> {
        let Sourced { value: wanted, place } = extends;
        let own_name = wanted == name && origin == Origin::Operator;
        let found = if own_name { self.builtin.get(wanted).map(|_| Origin::Builtin) } else { self.origin(wanted) };
        let Some(found) = found else {
            let finding = if own_name {
                let message = format!("`{wanted}` extends itself, and there is no built-in profile of that name");
                Finding::error("profile.cycle", message)
            } else {
                self.unknown(wanted, "profile.unknown_parent")
            };
            findings.push(finding.at(place.clone()));
            return None;
        };
        let parent = (wanted.clone(), found);
        if visited.contains(&parent) {
            let message = format!("`{name}` extends `{wanted}`, which extends it in turn");
            findings.push(Finding::error("profile.cycle", message).at(place.clone()));
            return None;
        }
        Some(parent)
    }

    fn origin(&self, name: &ProfileName) -> Option<Origin> {
        if self.operator.contains_key(name) {
            Some(Origin::Operator)
        } else if self.builtin.contains_key(name) {
            Some(Origin::Builtin)
        } else {
            None
        }
    }

    fn source(&self, name: &ProfileName, origin: Origin) -> Option<&Source> {
        match origin {
            Origin::Operator => self.operator.get(name),
            Origin::Builtin => self.builtin.get(name),
        }
    }

    fn unknown(&self, name: &ProfileName, code: &'static str) -> Finding {
        let names = self.names();
        let known = names.iter().map(|known| known.as_str());
        let finding = Finding::error(code, format!("there is no profile `{name}`"))
            .asked(name.as_str())
            .allowed(known.clone().collect::<Vec<_>>().join(", "));
        match nearest(name.as_str(), known) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding,
        }
    }
}

/// The digest of the files of one profile: of the only one, or of the digests of all.
fn together(digests: &[Fingerprint]) -> Fingerprint {
    match digests {
        [one] => *one,
        several => Fingerprint::of(&several.iter().flat_map(|digest| *digest.octets()).collect::<Vec<u8>>()),
    }
}
