//! A conversation in clear, each word of it within the deadline and of bounded length.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::super::deadline::Deadline;

/// The longest line that a server may say.
const LONGEST_LINE: usize = 4_096;

/// A connection on which nothing is encrypted yet.
pub struct Clear<'s> {
    stream: &'s mut TcpStream,
    deadline: Deadline,
}

impl<'s> Clear<'s> {
    pub fn new(stream: &'s mut TcpStream, deadline: Deadline) -> Self {
        Self { stream, deadline }
    }

    pub fn say(&mut self, words: &[u8]) -> Result<(), String> {
        self.within_time()?;
        self.stream.write_all(words).map_err(|error| told(&error))
    }

    /// Exactly so many octets.
    pub fn hear(&mut self, octets: usize) -> Result<Vec<u8>, String> {
        let mut heard = Vec::new();
        while heard.len() < octets {
            let mut octet = [0; 512];
            let wanted = (octets - heard.len()).min(octet.len());
            let buffer = octet.get_mut(..wanted).unwrap_or_default();
            let count = self.read(buffer)?;
            heard.extend(buffer.iter().take(count));
        }
        Ok(heard)
    }

    /// A line without its end. Octet by octet, for what follows it may be TLS already.
    pub fn hear_line(&mut self) -> Result<String, String> {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            if line.len() >= LONGEST_LINE {
                return Err("it says a line without end".to_owned());
            }
            line.extend(self.hear(1)?);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Whatever comes within so long, at most a line's worth.
    pub fn overhear(&mut self, patience: Duration) -> Vec<u8> {
        let deadline = self.deadline;
        self.deadline = deadline.min(Deadline::after(patience));
        let mut heard = vec![0; LONGEST_LINE];
        let count = self.read(&mut heard).unwrap_or(0);
        heard.truncate(count);
        self.deadline = deadline;
        heard
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, String> {
        loop {
            self.within_time()?;
            match self.stream.read(buffer) {
                Ok(0) => return Err("it closed the connection".to_owned()),
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(told(&error)),
            }
        }
    }

    fn within_time(&self) -> Result<(), String> {
        let left = self.deadline.left();
        if left.is_zero() {
            return Err("it said nothing in time".to_owned());
        }
        let left = Some(left.max(Duration::from_millis(1)));
        let set = self.stream.set_read_timeout(left).and_then(|()| self.stream.set_write_timeout(left));
        set.map_err(|error| told(&error))
    }
}

fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it said nothing in time".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "it closed the connection".to_owned(),
        _ => error.to_string(),
    }
}
