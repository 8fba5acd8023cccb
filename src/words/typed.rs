//! Paths and words as they can be typed into a shell, for hints.

use std::ffi::OsStr;
use std::path::Path;

/// A path as the shell takes it: quoted where it holds more than letters, digits and `._/-:`.
#[must_use]
pub fn typed_path(path: impl AsRef<Path>) -> String {
    typed_word(path.as_ref().as_os_str())
}

/// The same for any word. One that begins like an option gets `./` in front, so it is for names of
/// files. Bytes that a terminal would obey are spelled out (`$'\x1b'`).
#[must_use]
pub fn typed_word(word: impl AsRef<OsStr>) -> String {
    let bytes = word.as_ref().as_encoded_bytes();
    let front = if bytes.len() > 1 && bytes.starts_with(b"-") { "./" } else { "" };
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._/-:".contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.is_empty() && bytes.iter().all(is_plain) => format!("{front}{text}"),
        Ok(text) if !text.chars().any(is_obeyed) => format!("'{front}{}'", text.replace('\'', r"'\''")),
        _ => {
            let spelled = bytes.iter().map(|byte| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            });
            format!("$'{front}{}'", spelled.collect::<String>())
        }
    }
}

/// Control characters, and those that change the order in which a line is read.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn plain_words_stay_and_others_are_quoted() {
        for (word, typed) in [
            ("ca/issuers/g1", "ca/issuers/g1"),
            ("127.0.0.1:443", "127.0.0.1:443"),
            ("my ca", "'my ca'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's", r"'it'\''s'"),
            ("-x.csr", "./-x.csr"),
            ("-", "-"),
            ("", "''"),
            ("Élan", "'Élan'"),
            ("a\x1b[2Jb", r"$'a\x1b[2Jb'"),
        ] {
            assert_eq!(typed_path(word), typed);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "starts a process")]
    fn a_shell_reads_the_same_bytes() {
        let words: [&[u8]; 6] = [b"a b", b"it's", b"a\nb'c\\d", b"\xff\xfe", "é\u{202e}x".as_bytes(), b"*?;&|<>`\"!"];
        for word in words {
            let script = format!("printf %s {}", typed_word(OsStr::from_bytes(word)));
            let said = Command::new("bash").args(["-c", &script]).output().unwrap();
            assert_eq!(said.stdout, word, "{script}");
        }
    }
}
