//! Documents of Kubernetes as YAML, written by hand because there is so little of it: quoted names,
//! base64, and members in a fixed order, so that the same input gives the same octets.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use thiserror::Error;
use zeroize::Zeroizing;

/// The longest name of an object.
const LONGEST: usize = 253;

/// The name of an object of Kubernetes: a DNS subdomain (RFC 1123 as Kubernetes reads it: lower case,
/// at most 253 octets).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubernetesName(String);

/// Text that names no object.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no name for an object of Kubernetes: lower-case letters, digits, `-` and `.`, beginning and ending \
     with a letter or digit, at most 253 long"
)]
pub struct NotAKubernetesName(pub String);

impl FromStr for KubernetesName {
    type Err = NotAKubernetesName;

    fn from_str(text: &str) -> Result<Self, NotAKubernetesName> {
        let is_edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let label = |label: &str| {
            let bytes = label.as_bytes();
            let edges = [bytes.first(), bytes.last()];
            edges.iter().all(|byte| byte.is_some_and(|byte| is_edge(*byte)))
                && bytes.iter().all(|byte| is_edge(*byte) || *byte == b'-')
        };
        if text.len() <= LONGEST && text.split('.').all(label) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAKubernetesName(text.to_owned()))
        }
    }
}

impl fmt::Display for KubernetesName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a document goes.
pub(super) struct Metadata<'a> {
    pub name: &'a str,
    pub namespace: Option<&'a str>,
}

/// A secret. Its members are sorted by their names, as Kubernetes prints them.
pub(super) fn secret(metadata: &Metadata<'_>, kind: &str, members: &[(&str, &str)]) -> Zeroizing<String> {
    let mut text = head("Secret", metadata);
    text.push_str(&format!("type: {kind}\ndata:\n"));
    for (name, value) in sorted(members) {
        let encoded = Zeroizing::new(BASE64.encode(value.as_bytes()));
        text.push_str(&format!("  {name}: "));
        text.push_str(&encoded);
        text.push('\n');
    }
    text
}

/// A config map whose values are whole lines.
pub(super) fn config_map(metadata: &Metadata<'_>, members: &[(&str, &str)]) -> String {
    let mut text = head("ConfigMap", metadata).to_string();
    text.push_str("data:\n");
    for (name, value) in sorted(members) {
        text.push_str(&format!("  {name}: |\n"));
        for line in value.lines() {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

/// Room for the secrets of one document, so that no copy is left where a string grew.
const ROOM: usize = 256 * 1024;

fn head(kind: &str, Metadata { name, namespace }: &Metadata<'_>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    text.push_str(&format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: \"{name}\"\n"));
    if let Some(namespace) = namespace {
        text.push_str(&format!("  namespace: \"{namespace}\"\n"));
    }
    text
}

fn sorted<'a>(members: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut sorted = members.to_vec();
    sorted.sort_by_key(|(name, _)| *name);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_same_whatever_order_its_members_come_in() {
        let metadata = Metadata { name: "yes", namespace: Some("1e3") };
        let one = secret(&metadata, "kubernetes.io/tls", &[("tls.key", "k"), ("tls.crt", "c\n")]);
        let other = secret(&metadata, "kubernetes.io/tls", &[("tls.crt", "c\n"), ("tls.key", "k")]);
        assert_eq!(one, other);
        // What YAML would read as a truth value or a number is quoted; base64 of RFC 4648 section 4.
        let expected = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"yes\"\n  namespace: \"1e3\"\n\
                        type: kubernetes.io/tls\ndata:\n  tls.crt: Ywo=\n  tls.key: aw==\n";
        assert_eq!(one.as_str(), expected);
    }

    #[test]
    fn names_are_those_that_kubernetes_takes() {
        for name in ["a", "ca-key-pair", "api.internal", "0", &"a".repeat(253)] {
            assert!(name.parse::<KubernetesName>().is_ok(), "{name}");
        }
        for name in ["", "A", "-a", "a-", "a..b", ".a", "a_b", "a b", "a\nb", "ü", "a\"b", &"a".repeat(254)] {
            assert!(name.parse::<KubernetesName>().is_err(), "{name}");
        }
    }
}
