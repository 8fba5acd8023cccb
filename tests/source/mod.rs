//! A Rust source file as tokens: enough of the language to see which paths it names.

/// One file, with comments and the contents of literals taken out.
pub struct Source {
    /// Where it stands, below `src/`.
    pub path: String,
    text: String,
    tokens: Vec<Token>,
    imports: Vec<Import>,
}

struct Token {
    line: usize,
    text: String,
}

/// One leaf of a `use`: the whole path and the name that it binds.
struct Import {
    line: usize,
    path: Vec<String>,
    binds: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let mut source =
            Self { path: path.to_owned(), text: text.to_owned(), tokens: tokens(text), imports: Vec::new() };
        source.imports = (0..source.tokens.len())
            .filter(|at| source.text_at(*at) == "use")
            .flat_map(|at| source.tree(if source.text_at(at + 1) == "::" { at + 2 } else { at + 1 }))
            .collect();
        source
    }

    /// Names directly under the crate's root that the file uses, by `crate::`, by the library's own
    /// name, or by enough `super::`, with the line of each.
    pub fn names_at_the_root(&self) -> Vec<(usize, String)> {
        let depth = self.module_depth();
        let mut names = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let after_supers = self.skip_supers(at);
            let starts_path = at == 0 || !matches!(self.text_at(at - 1), "::" | "super");
            let root = match self.text_at(at) {
                "crate" | "mtls_ca" if starts_path && !self.is_visibility(at) => Some(at + 1),
                "super" if starts_path && after_supers.1 >= depth => Some(after_supers.0),
                _ => None,
            };
            if let Some(next) = root {
                if self.text_at(next) == "::" {
                    names.extend(self.tree(next + 1).into_iter().map(|import| (import.line, import.path[0].clone())));
                } else if self.text_at(next) == "as" {
                    names.push((self.tokens[at].line, "*".to_owned()));
                }
            }
            at = after_supers.0.max(at + 1);
        }
        names
    }

    /// What the file's `pub use` statements export, each with the first segment of its path.
    pub fn exports(&self) -> Vec<(String, String)> {
        let mut exports = Vec::new();
        for at in 1..self.tokens.len() {
            if self.text_at(at) == "use" && self.text_at(at - 1) == "pub" {
                exports
                    .extend(self.tree(at + 1).into_iter().map(|mut import| (import.binds, import.path.swap_remove(0))));
            }
        }
        exports
    }

    /// Lines on which a path begins with this crate, unless the file has a module of that name.
    pub fn lines_naming_crate(&self, name: &str) -> Vec<usize> {
        let mut lines = Vec::new();
        for import in &self.imports {
            if import.path[0] == name && !self.has_module_called(name) {
                lines.push(import.line);
            }
        }
        for at in 0..self.tokens.len() {
            let before = if at == 0 { "" } else { self.text_at(at - 1) };
            let begins = before != "::" || at < 2 || !is_word(self.text_at(at - 2));
            let external = before == "crate" && at > 1 && self.text_at(at - 2) == "extern";
            let path = self.text_at(at + 1) == "::" && begins;
            if self.text_at(at) == name && (external || path && !self.has_module_called(name)) {
                lines.push(self.tokens[at].line);
            }
        }
        lines.sort_unstable();
        lines.dedup();
        lines
    }

    /// Lines on which these tokens stand one after the other.
    pub fn lines_with(&self, written: &[&str]) -> Vec<usize> {
        (0..self.tokens.len())
            .filter(|at| written.iter().enumerate().all(|(n, text)| self.text_at(at + n) == *text))
            .map(|at| self.tokens[at].line)
            .collect()
    }

    /// How long the file is, a closing `#[cfg(test)] mod tests` apart; a `tests.rs` is all tests.
    pub fn lines_without_tests(&self) -> usize {
        if self.path.ends_with("/tests.rs") {
            return 0;
        }
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests {"));
        tests.unwrap_or(lines.len())
    }

    /// Whether the file begins by saying what it is for.
    pub fn starts_with_its_sentence(&self) -> bool {
        self.text.starts_with("//! ")
    }

    fn text_at(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    /// How many `super::` lead from this file to the crate's root.
    fn module_depth(&self) -> usize {
        let segments = self.path.split('/').count();
        if self.path.ends_with("/mod.rs") { segments - 1 } else { segments }
    }

    /// Where the path goes on after `super::super`, and how many of them there were.
    fn skip_supers(&self, mut at: usize) -> (usize, usize) {
        let mut supers = 0;
        while self.text_at(at) == "super" {
            supers += 1;
            at += 1;
            if self.text_at(at) == "::" && self.text_at(at + 1) == "super" {
                at += 1;
            }
        }
        (at, supers)
    }

    /// `pub(crate)` and `pub(in crate::x)` name no import.
    fn is_visibility(&self, at: usize) -> bool {
        at >= 2 && matches!((self.text_at(at - 2), self.text_at(at - 1)), ("pub", "(") | ("(", "in"))
    }

    /// Whether the name is that of a module here, or of something imported from elsewhere.
    fn has_module_called(&self, name: &str) -> bool {
        let bound = self.imports.iter().any(|import| import.binds == name && import.path[0] != name);
        bound || !self.lines_with(&["mod", name]).is_empty()
    }

    /// The leaves of the use tree, or the one path, that begins here.
    fn tree(&self, start: usize) -> Vec<Import> {
        let mut leaves = Vec::new();
        let mut at = start;
        self.branch(&mut at, &mut Vec::new(), &mut leaves);
        leaves
    }

    fn branch(&self, at: &mut usize, prefix: &mut Vec<String>, leaves: &mut Vec<Import>) {
        let length = prefix.len();
        loop {
            match self.text_at(*at) {
                "{" => {
                    *at += 1;
                    while !matches!(self.text_at(*at), "}" | "") {
                        self.branch(at, prefix, leaves);
                        if self.text_at(*at) == "," {
                            *at += 1;
                        }
                    }
                    *at += 1;
                    break;
                }
                word if is_word(word) || word == "*" => {
                    prefix.push(word.to_owned());
                    let line = self.tokens[*at].line;
                    *at += 1;
                    if self.text_at(*at) == "::"
                        && (is_word(self.text_at(*at + 1)) || matches!(self.text_at(*at + 1), "{" | "*"))
                    {
                        *at += 1;
                        continue;
                    }
                    let mut binds = word.to_owned();
                    if self.text_at(*at) == "as" {
                        self.text_at(*at + 1).clone_into(&mut binds);
                        *at += 2;
                    }
                    leaves.push(Import { line, path: prefix.clone(), binds });
                    break;
                }
                _ => {
                    *at += 1;
                    break;
                }
            }
        }
        prefix.truncate(length);
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Splits Rust into words, `::` and single signs; comments, strings and characters leave nothing.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let start = at;
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        match chars[at] {
            '/' if next == '/' => at = position(&chars, at, |c| c == '\n'),
            '/' if next == '*' => at = end_of_block_comment(&chars, at),
            '"' => at = end_of_string(&chars, at + 1),
            '\'' if next == '\\' => at = position(&chars, at + 3, |c| c == '\'') + 1,
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 3,
            ':' if next == ':' => {
                tokens.push(Token { line, text: "::".to_owned() });
                at += 2;
            }
            c if c.is_alphanumeric() || c == '_' => {
                at = position(&chars, at, |c| !(c.is_alphanumeric() || c == '_'));
                let word: String = chars[start..at].iter().collect();
                let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
                if matches!(word.as_str(), "r" | "br" | "cr") && chars.get(at + hashes) == Some(&'"') {
                    at = end_of_raw_string(&chars, at + hashes + 1, hashes);
                } else {
                    tokens.push(Token { line, text: word });
                }
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push(Token { line, text: c.to_string() });
                }
                at += 1;
            }
        }
        at = at.min(chars.len());
        line += chars[start..at].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

fn position(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|at| wanted(chars[*at])).unwrap_or(chars.len())
}

fn end_of_block_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn end_of_string(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn end_of_raw_string(chars: &[char], start: usize, hashes: usize) -> usize {
    let ends =
        |at: &usize| chars[*at] == '"' && chars[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (start..chars.len()).find(ends).map_or(chars.len(), |at| at + 1 + hashes)
}
