//! What the operator's settings were at a moment: the digest of `ca.toml` and of each profile file.
//! Events carry the first; a change of any is an event of its own.

use std::collections::BTreeMap;

use super::event::Object;
use crate::words::x509::fingerprint::Fingerprint;

/// The name by which `ca.toml` goes among the settings.
pub const CONFIG: &str = "ca.toml";

/// Digests of the operator's files, by their names within the CA directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsDigest {
    files: BTreeMap<String, Fingerprint>,
}

impl SettingsDigest {
    /// With one more file: `ca.toml`, or `profiles/payments.toml`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, content: &[u8]) -> Self {
        self.files.insert(name.into(), Fingerprint::of(content));
        self
    }

    /// The digest of `ca.toml`.
    #[must_use]
    pub fn config(&self) -> Option<Fingerprint> {
        self.files.get(CONFIG).copied()
    }

    /// As the ledger keeps it: lines as `sha256sum` writes them.
    pub(crate) fn text(&self) -> String {
        self.files.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect()
    }

    /// What became of the files since `before`, a text of [`SettingsDigest::text`]: one object of an
    /// event for each that was changed, added or taken away.
    pub(crate) fn changes_since(&self, before: &str) -> Vec<Object> {
        let line = |line: &str| {
            let (digest, name) = line.split_once("  ")?;
            Some((name.to_owned(), digest.parse().ok()?))
        };
        let before: BTreeMap<String, Fingerprint> = before.lines().filter_map(line).collect();
        let mut names: Vec<&String> = self.files.keys().chain(before.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let change = |name: &String| {
            let (after, before) = (self.files.get(name).copied(), before.get(name).copied());
            (after != before).then(|| Object::Settings { after, before, file: name.clone() })
        };
        names.into_iter().filter_map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_named() {
        let before =
            SettingsDigest::default().with(CONFIG, b"a").with("profiles/x.toml", b"x").with("profiles/y.toml", b"y");
        let after =
            SettingsDigest::default().with(CONFIG, b"b").with("profiles/y.toml", b"y").with("profiles/z.toml", b"z");
        assert_eq!(after.changes_since(&after.text()), []);
        let changes: Vec<(String, bool, bool)> = after
            .changes_since(&before.text())
            .into_iter()
            .map(|object| match object {
                Object::Settings { after, before, file } => (file, before.is_some(), after.is_some()),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [(CONFIG, true, true), ("profiles/x.toml", true, false), ("profiles/z.toml", false, true)];
        assert_eq!(changes, expected.map(|(file, before, after)| (file.to_owned(), before, after)));
        // printf b | sha256sum
        assert!(
            after.text().starts_with("3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  ca.toml\n")
        );
    }
}
