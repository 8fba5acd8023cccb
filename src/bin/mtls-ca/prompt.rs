//! Reading secrets from a terminal: only where standard input is one, with echo off, and never by
//! opening a terminal behind the caller's back.

use std::io::{self, BufRead, IsTerminal};

use mtls_ca::keys::Passphrase;
use mtls_ca::x509::general_name::escaped;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::output::ask;

/// Whether somebody can be asked.
pub fn is_possible() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a passphrase once. Nothing typed is `None`.
pub fn passphrase(question: &str) -> io::Result<Option<Passphrase>> {
    // It names files, which anybody may have named.
    ask(&escaped(question))?;
    let line = {
        let _quiet = EchoOff::new()?;
        read_line()
    };
    ask("\n")?;
    Ok(Passphrase::from_file_content(line?))
}

/// Asks for a new passphrase until it was typed twice alike.
pub fn new_passphrase(question: &str) -> io::Result<Passphrase> {
    loop {
        let Some(first) = passphrase(question)? else {
            ask("a passphrase is needed; `--no-passphrase` stores the key in clear\n")?;
            continue;
        };
        match passphrase("the same again: ")? {
            Some(second) if second.is_same_as(&first) => return Ok(first),
            _ => ask("they differ; once more\n")?,
        }
    }
}

fn read_line() -> io::Result<Vec<u8>> {
    // The buffer is large enough never to grow, so that no copy of the secret stays behind.
    let mut line = Vec::with_capacity(4_096);
    let read = io::stdin().lock().read_until(b'\n', &mut line)?;
    if read == 0 { Err(io::Error::new(io::ErrorKind::UnexpectedEof, "standard input ended")) } else { Ok(line) }
}

/// Turns echo off and, when dropped, back to what it was.
struct EchoOff(Termios);

impl EchoOff {
    fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ICANON);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        // Nothing can be done where the terminal is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
