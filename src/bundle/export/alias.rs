//! Under what name an entry stands in a store.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The longest that is taken.
const LONGEST: usize = 100;

/// The name of an entry. Java looks it up without regard to case, and JKS keeps it in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias(String);

/// Text that is no alias.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("an alias is 1 to {LONGEST} printable ASCII characters, without a space at either end")]
pub struct NotAnAlias;

impl FromStr for Alias {
    type Err = NotAnAlias;

    fn from_str(text: &str) -> Result<Self, NotAnAlias> {
        let fits = (1..=LONGEST).contains(&text.len())
            && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            && text.trim() == text;
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAnAlias) }
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_what_can_be_typed() {
        for good in ["api", "My Key 1", "a"] {
            assert_eq!(good.parse::<Alias>().unwrap().to_string(), good);
        }
        for bad in ["", " api", "api ", "a\tb", "über", &"a".repeat(101)] {
            assert_eq!(bad.parse::<Alias>(), Err(NotAnAlias), "{bad}");
        }
    }
}
