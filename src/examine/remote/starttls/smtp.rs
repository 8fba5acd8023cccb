//! SMTP's STARTTLS (RFC 3207 section 4).

use super::{Answered, Clear};

/// How many lines a reply may have.
const MOST_LINES: usize = 100;

pub fn begin(clear: &mut Clear<'_>) -> Result<(), String> {
    expect("220", &reply(clear)?)?;
    clear.say(HELLO)?;
    let offers = reply(clear)?;
    expect("250", &offers)?;
    let is_offered = |line: &String| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"));
    if !offers.iter().any(is_offered) {
        return Err("it does not offer STARTTLS".to_owned());
    }
    clear.say(b"STARTTLS\r\n")?;
    expect("220", &reply(clear)?)
}

/// What is said first, in clear and again within TLS.
pub const HELLO: &[u8] = b"EHLO [127.0.0.1]\r\n";

pub fn read(answer: &[u8]) -> Option<Answered> {
    let text = String::from_utf8_lossy(answer);
    let line = text.lines().next()?.to_owned();
    let refused = line.starts_with('4') || line.starts_with('5');
    Some(Answered { text: line, refused })
}

/// The lines of one reply (RFC 5321 section 4.2.1): the last has no hyphen behind its number.
fn reply(clear: &mut Clear<'_>) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    loop {
        let line = clear.hear_line()?;
        let is_last = line.as_bytes().get(3) != Some(&b'-');
        lines.push(line);
        if is_last {
            return Ok(lines);
        }
        if lines.len() >= MOST_LINES {
            return Err("its reply has no end".to_owned());
        }
    }
}

fn expect(code: &str, lines: &[String]) -> Result<(), String> {
    match lines.first() {
        Some(line) if line.starts_with(code) => Ok(()),
        Some(line) => Err(format!("it answers `{}`", line.chars().take(200).collect::<String>())),
        None => Err("it answers nothing".to_owned()),
    }
}
