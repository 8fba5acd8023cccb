//! What goes into the templates, and what may not.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::identity::Identity;

/// The values of one deployment. All paths are as the deployed system sees them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Values {
    /// The folder of the deployment.
    pub dir: String,
    /// What it is called.
    pub name: String,
    /// The host by which clients reach it: its first DNS name or address, else its name.
    pub host: String,
    /// Its alternative names, without their kinds.
    pub sans: Vec<String>,
    /// Where it listens.
    pub port: u16,
    /// Where it passes requests on to.
    pub upstream: String,
    /// What it calls.
    pub url: String,
    /// Who is let in. Nobody, where it is empty.
    pub allow: Vec<Identity>,
    /// The file with all CRLs.
    pub crl: String,
    /// One file for each CRL, the issuing CA's first.
    pub crls: Vec<String>,
    /// The file with the password of stores.
    pub password_file: String,
    /// Each form of the certificate, by its variable.
    #[serde(flatten)]
    pub files: std::collections::BTreeMap<String, String>,
}

/// A value that could change the meaning of the file that it is written into.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{value}` cannot be written into a configuration file: `{character}` has a meaning there")]
pub struct Unsafe {
    /// The value, with the character escaped.
    pub value: String,
    /// The first character that is in the way, escaped.
    pub character: String,
}

impl Values {
    /// The file of a deployment's folder in which they are written down.
    pub const RECORD: &'static str = "recipe.json";

    /// As they are written down.
    ///
    /// # Errors
    /// Never: all of them are text.
    pub fn to_record(&self) -> Result<Vec<u8>, String> {
        let mut record = serde_json::to_vec_pretty(self).map_err(|error| error.to_string())?;
        record.push(b'\n');
        Ok(record)
    }

    /// As they were written down.
    ///
    /// # Errors
    /// Where that was something else.
    pub fn from_record(record: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(record).map_err(|error| error.to_string())
    }

    /// Checks that no value ends a string, a line or a block of whatever file it is written into.
    ///
    /// # Errors
    /// The first that does.
    pub fn check(&self) -> Result<(), Unsafe> {
        let Self { dir, name, host, sans, port: _, upstream, url, allow, crl, crls, password_file, files } = self;
        let plain = [dir, name, host, upstream, url, crl, password_file].into_iter();
        let lists = sans.iter().chain(crls).chain(files.values());
        plain.chain(lists).chain(allow.iter().flat_map(Identity::texts)).try_for_each(|text| check(text))
    }
}

fn check(text: &str) -> Result<(), Unsafe> {
    const MEANT: &str = "\"'`\\$;{}<>&|%#";
    match text.chars().find(|c| MEANT.contains(*c) || c.is_control()) {
        None => Ok(()),
        Some(found) => {
            Err(Unsafe { value: text.escape_debug().to_string(), character: found.escape_debug().to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_string_or_a_line_is_refused() {
        for bad in ["a\"b", "a\nb", "a;b", "${HOME}", "a\\b", "</x>", "a#b"] {
            assert!(Values { name: bad.to_owned(), ..Values::default() }.check().is_err(), "{bad}");
            let allow = vec![Identity::named(bad)];
            assert!(Values { allow, ..Values::default() }.check().is_err(), "{bad}");
        }
        let names = ["spiffe://example.org/billing", "CN=billing,O=Example Org", "/O=x/CN=y", "a+b@c.d", "[::1]:8443"];
        for good in names {
            assert_eq!(Values { name: good.to_owned(), ..Values::default() }.check(), Ok(()), "{good}");
        }
    }
}
