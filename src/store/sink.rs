//! Where audit events are sent on to: a file that grows by whole lines, or the system's log. What
//! the lines say is other modules' business.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use super::FileError;
use crate::words::clock::Time;

/// The socket of the system's log, whatever program serves it.
const SYSTEM_LOG: &str = "/dev/log";
/// RFC 5424 section 6.2.1: facility 10 (security and authorization), severity 5 (notice).
const PRIORITY: u8 = 10 * 8 + 5;
/// A log that does not listen must not hold up a CA.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where events go, as `audit.sink` of `ca.toml` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// The end of this file.
    File(PathBuf),
    /// The system's log, at this socket.
    Syslog(PathBuf),
}

/// A sink that is open.
#[derive(Debug)]
pub struct OpenSink {
    path: PathBuf,
    end: End,
}

#[derive(Debug)]
enum End {
    File(File),
    Syslog(UnixDatagram),
}

impl Sink {
    /// `syslog`, `syslog:/path/of/socket`, or a file; one with a relative path is within the CA
    /// directory, for nobody knows where the next command is typed.
    #[must_use]
    pub fn named(text: &str, ca_directory: &Path) -> Self {
        match text.strip_prefix("syslog") {
            Some("") => Self::Syslog(PathBuf::from(SYSTEM_LOG)),
            Some(rest) if rest.starts_with(":/") => Self::Syslog(PathBuf::from(rest.trim_start_matches(':'))),
            _ => Self::File(ca_directory.join(text)),
        }
    }

    /// Opens it. A file that is not there yet is made with mode 0640, for the program that collects
    /// it; one that is there keeps its mode.
    ///
    /// # Errors
    /// What the system said.
    pub fn open(&self) -> Result<OpenSink, FileError> {
        match self {
            Self::File(path) => {
                // O_APPEND: each write lands whole at the end, whoever else writes. O_NONBLOCK: a pipe
                // that nobody reads is an error and no wait.
                let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
                let file = OpenOptions::new()
                    .append(true)
                    .create(true)
                    .mode(0o640)
                    .custom_flags(flags.bits().cast_signed())
                    .open(path)
                    .map_err(FileError::io("open", path))?;
                Ok(OpenSink { path: path.clone(), end: End::File(file) })
            }
            Self::Syslog(path) => {
                let connect = || {
                    let socket = UnixDatagram::unbound()?;
                    socket.connect(path)?;
                    socket.set_write_timeout(Some(PATIENCE))?;
                    Ok(socket)
                };
                let socket = connect().map_err(FileError::io("open", path))?;
                Ok(OpenSink { path: path.clone(), end: End::Syslog(socket) })
            }
        }
    }
}

impl OpenSink {
    /// Sends one line, given without its end, in one write.
    ///
    /// # Errors
    /// What the system said.
    pub fn send(&mut self, line: &str, time: Time) -> Result<(), FileError> {
        let Self { path, end } = self;
        let sent = match end {
            End::File(file) => file.write_all(format!("{line}\n").as_bytes()),
            End::Syslog(socket) => socket.send(syslog(line, time).as_bytes()).map(drop),
        };
        sent.map_err(FileError::io("write to", path))
    }
}

/// The form that local logs read (RFC 3164 section 4.1, without the host, as syslog(3) sends it).
fn syslog(line: &str, time: Time) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let calendar = time.calendar();
    let month = MONTHS.get(usize::from(u8::from(calendar.month())).saturating_sub(1)).unwrap_or(&"Jan");
    let (hour, minute, second) = calendar.to_hms();
    let (day, process) = (calendar.day(), std::process::id());
    format!("<{PRIORITY}>{month} {day:2} {hour:02}:{minute:02}:{second:02} mtls-ca[{process}]: {line}")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn files_grow_by_whole_lines() {
        let room = tempfile::tempdir().unwrap();
        let sink = Sink::named("events.jsonl", room.path());
        assert_eq!(sink, Sink::File(room.path().join("events.jsonl")));
        sink.open().unwrap().send("{\"n\":1}", at("2027-01-31")).unwrap();
        sink.open().unwrap().send("{\"n\":2}", at("2027-01-31")).unwrap();
        let path = room.path().join("events.jsonl");
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"n\":1}\n{\"n\":2}\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o137, 0);
        assert!(Sink::named("/dev/null/x", room.path()).open().is_err());
    }

    #[test]
    fn the_systems_log_gets_what_it_reads() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        let sink = Sink::named(&format!("syslog:{}", path.display()), room.path());
        sink.open().unwrap().send("{}", at("2027-01-03T04:05:06Z")).unwrap();
        let mut buffer = [0; 200];
        let length = log.recv(&mut buffer).unwrap();
        // RFC 3164 section 4.1: `<85>`, then `Mmm dd hh:mm:ss` with a blank in front of one digit.
        let expected = format!("<85>Jan  3 04:05:06 mtls-ca[{}]: {{}}", std::process::id());
        assert_eq!(std::str::from_utf8(&buffer[..length]).unwrap(), expected);
        assert_eq!(Sink::named("syslog", room.path()), Sink::Syslog(PathBuf::from("/dev/log")));
        assert!(Sink::Syslog(room.path().join("nobody")).open().is_err());
    }
}
