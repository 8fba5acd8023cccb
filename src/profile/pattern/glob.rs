//! Wildcards in text, as the patterns of profiles use them.

use std::fmt;

/// Text in which `*` stands for one or more characters up to the separator, `**` for one or more
/// characters of any kind, and `[*]` for the star itself. No wildcard stands for a star: a name
/// that is itself a wildcard is matched by nothing but `[*]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    tokens: Vec<Token>,
    separator: char,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    Star,
    DoubleStar,
}

impl Glob {
    /// Reads a pattern; every text is one.
    #[must_use]
    pub fn new(text: &str, separator: char) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let (token, length) = if rest.starts_with("[*]") {
                (Token::Literal('*'), 3)
            } else if rest.starts_with("**") {
                (Token::DoubleStar, 2)
            } else if c == '*' {
                (Token::Star, 1)
            } else {
                (Token::Literal(c), c.len_utf8())
            };
            tokens.push(token);
            rest = rest.get(length..).unwrap_or("");
        }
        Self { text: text.to_owned(), tokens, separator }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `text` is matched. Takes time proportional to pattern times text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        // `reached[n]`: whether the tokens so far match exactly the first n characters.
        let characters: Vec<char> = text.chars().collect();
        let mut reached: Vec<bool> = std::iter::once(true).chain(characters.iter().map(|_| false)).collect();
        for token in &self.tokens {
            let mut next = Vec::with_capacity(reached.len());
            next.push(false);
            for (before, c) in reached.iter().zip(&characters) {
                let on_from_here = next.last().copied().unwrap_or(false);
                next.push(match token {
                    Token::Literal(literal) => *before && literal == c,
                    Token::Star => (*before || on_from_here) && *c != self.separator && *c != '*',
                    Token::DoubleStar => (*before || on_from_here) && *c != '*',
                });
            }
            reached = next;
        }
        reached.last().copied().unwrap_or(false)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_stop_where_they_should() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a.b", "a.b", true),
            ("a.b", "axb", false),
            ("*.b", "a.b", true),
            ("*.b", "a.a.b", false),
            ("*.b", ".b", false),
            ("**.b", "a.a.b", true),
            ("**.b", "b", false),
            ("*.b", "*.b", false),
            ("**.b", "*.b", false),
            ("[*].b", "*.b", true),
            ("[*].b", "a.b", false),
            ("api-*.b", "api-1.b", true),
            ("api-*.b", "api-.b", false),
            ("*", "é", true),
            ("a**c", "abbc", true),
        ] {
            assert_eq!(Glob::new(pattern, '.').matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = Glob::new(&"*a".repeat(200), '.');
        assert!(!pattern.matches(&"a".repeat(399)));
    }

    proptest! {
        #[test]
        fn any_text_without_stars_matches_itself_only(text in "[^*]{0,20}", other in "[^*]{0,20}") {
            let glob = Glob::new(&text, '.');
            prop_assert!(glob.matches(&text));
            prop_assert_eq!(glob.matches(&other), text == other);
        }

        #[test]
        fn any_pattern_is_read(pattern in ".{0,40}", text in ".{0,40}") {
            let _ = Glob::new(&pattern, '/').matches(&text);
        }
    }
}
