//! File names for certificates: what a name becomes before it may stand in a path.

/// The longest stem that is made.
const LONGEST: usize = 100;

/// A file name's stem for a name that somebody typed: letters, digits, dots, dashes and underscores;
/// anything else becomes a dash; never empty, never beginning with a dot or dash, at most 100 long.
///
/// ```
/// use mtls_ca::bundle::slug::slug;
/// assert_eq!(slug("api.internal"), "api.internal");
/// assert_eq!(slug("*.api.internal"), "wildcard.api.internal");
/// assert_eq!(slug("spiffe://example.org/payments"), "example.org-payments");
/// assert_eq!(slug("../../etc/passwd"), "etc-passwd");
/// ```
#[must_use]
pub fn slug(name: &str) -> String {
    let without_scheme = name.split_once("://").map_or(name, |(_, rest)| rest);
    let spelled = without_scheme.replace('*', "wildcard");
    let mut slug = String::new();
    for c in spelled.chars().take(4 * LONGEST) {
        let kept = c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        match (kept, slug.chars().last()) {
            (true, Some('.')) if c == '.' => {}
            (true, _) => slug.push(c),
            (false, Some('-') | None) => {}
            (false, Some(_)) => slug.push('-'),
        }
    }
    let trimmed = slug.trim_start_matches(['.', '-']).trim_end_matches(['.', '-']);
    let stem: String = trimmed.chars().take(LONGEST).collect();
    if stem.is_empty() { "certificate".to_owned() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_leaves_the_folder(text in any::<String>()) {
            let stem = slug(&text);
            prop_assert!(!stem.is_empty() && stem.len() <= LONGEST);
            prop_assert!(!stem.starts_with(['.', '-']));
            prop_assert!(stem.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
        }
    }
}
