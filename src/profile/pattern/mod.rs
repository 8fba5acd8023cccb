//! Which names a profile grants: patterns for each kind of name, every one as strict as it reads.

mod common_name;
mod dns;
mod email;
mod glob;
mod uri;

pub use common_name::CommonNamePattern;
pub use dns::DnsPattern;
pub use email::EmailPattern;
pub use uri::UriPattern;

use thiserror::Error;

/// Text that is no pattern of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not a {kind}: {reason}")]
pub struct NotAPattern {
    /// What was written, shortened.
    pub found: String,
    /// `DNS pattern`, `URI pattern`, `e-mail pattern`, `CN pattern`.
    pub kind: &'static str,
    /// Why not, and what would be.
    pub reason: &'static str,
}

impl NotAPattern {
    fn new(found: &str, kind: &'static str, reason: &'static str) -> Self {
        Self { found: found.chars().take(120).collect(), kind, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in ".{0,60}") {
            let _ = text.parse::<DnsPattern>();
            let _ = text.parse::<UriPattern>();
            let _ = text.parse::<EmailPattern>();
            let _ = text.parse::<CommonNamePattern>();
        }

        #[test]
        fn what_is_read_is_printed_back(text in r"(\*\*?\.)?[a-z]{1,5}(\.[a-z]{1,5}){0,3}") {
            prop_assert_eq!(text.parse::<DnsPattern>().unwrap().to_string(), text);
        }
    }
}
