//! Patterns of common names.

use std::fmt;
use std::str::FromStr;

use super::NotAPattern;
use super::glob::Glob;

/// Which common names are granted beside those that equal a granted alternative name: `payments`
/// that one, `svc-*` those that begin so and go on without a dot, `**` any. Case counts, for the
/// systems that know users by their CN tell it apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonNamePattern(Glob);

impl CommonNamePattern {
    /// Whether it grants the common name.
    #[must_use]
    pub fn grants(&self, common_name: &str) -> bool {
        self.0.matches(common_name)
    }
}

impl FromStr for CommonNamePattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        if text.trim().is_empty() {
            return Err(NotAPattern::new(text, "CN pattern", "it is empty; an empty list grants no further CN"));
        }
        if text.chars().any(char::is_control) {
            return Err(NotAPattern::new(text, "CN pattern", "control characters are not allowed in names"));
        }
        Ok(Self(Glob::new(text, '.')))
    }
}

impl fmt::Display for CommonNamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_by_glob_with_regard_to_case() {
        for (pattern, name, expected) in [
            ("payments", "payments", true),
            ("payments", "Payments", false),
            ("svc-*", "svc-a", true),
            ("svc-*", "svc-a.b", false),
            ("system:node:*", "system:node:n1", true),
            ("**", "anything at all. Really", true),
            ("*.svc.internal", "postgres", false),
        ] {
            assert_eq!(pattern.parse::<CommonNamePattern>().unwrap().grants(name), expected, "{pattern} {name}");
        }
        assert!(" ".parse::<CommonNamePattern>().is_err());
    }
}
