//! What runs after files were changed, so that a service reads them: a command, or a signal to the
//! process whose number is in a file. No shell is between, and no secret of ours is inherited.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use thiserror::Error;

use super::FileError;
use super::read::read_limited;

/// Variables that carry our secrets, or lead to them. A hook does not see them.
pub const SECRETS: [&str; 5] = [
    "MTLS_CA_PASSPHRASE",
    "MTLS_CA_PASSPHRASE_FILE",
    "MTLS_CA_STORE_PASSWORD",
    "MTLS_CA_STORE_PASSWORD_FILE",
    "CREDENTIALS_DIRECTORY",
];

/// How long a command may take where nobody says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// Between a command that was told to end and its killing.
const GRACE: Duration = Duration::from_secs(2);
/// The most that a file with a process number holds.
const LARGEST_PID_FILE: u64 = 64;

/// What a hook does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Runs a program with arguments.
    Exec {
        /// A path, or a name that is looked up in `PATH`.
        program: OsString,
        /// Its arguments, as they are.
        arguments: Vec<OsString>,
    },
    /// Sends a signal.
    Signal {
        /// The file whose first line is the number of the process.
        pid_file: PathBuf,
        /// Which signal.
        signal: SignalName,
    },
}

/// What runs after a change, how long, and how often it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// What it does.
    pub action: Action,
    /// After so long a command is ended, and has failed.
    pub timeout: Duration,
    /// How often it is tried again after it failed.
    pub retries: u32,
}

/// A signal by which services reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalName(Signal);

const SIGNALS: [(&str, Signal); 6] = [
    ("HUP", Signal::HUP),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
    ("INT", Signal::INT),
    ("TERM", Signal::TERM),
    ("WINCH", Signal::WINCH),
];

impl SignalName {
    /// SIGHUP, on which most services read their files again.
    pub const HUP: Self = Self(Signal::HUP);
}

/// Text that names no such signal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is none of the signals HUP, USR1, USR2, INT, TERM, WINCH")]
pub struct NotASignal(pub String);

impl FromStr for SignalName {
    type Err = NotASignal;

    fn from_str(text: &str) -> Result<Self, NotASignal> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let found = SIGNALS.iter().find(|(known, _)| *known == name);
        found.map(|(_, signal)| Self(*signal)).ok_or_else(|| NotASignal(text.chars().take(40).collect()))
    }
}

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = SIGNALS.iter().find(|(_, signal)| *signal == self.0).map_or("?", |(name, _)| name);
        write!(f, "SIG{name}")
    }
}

/// Why a hook did not do its work.
#[derive(Debug, Error)]
pub enum HookError {
    /// The program could not be started.
    #[error("`{program}` could not be started: {source}")]
    NotStarted {
        /// Which program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended, and not with 0.
    #[error("`{program}` {}", in_words(*status))]
    Failed {
        /// Which program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// It took too long, and was ended.
    #[error("`{program}` did not end within {} seconds", limit.as_secs())]
    TimedOut {
        /// Which program.
        program: String,
        /// How long it might have taken.
        limit: Duration,
    },
    /// The file with the process number cannot be used.
    #[error("there is no process number in `{}`: {reason}", path.display())]
    NoPid {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The process did not take the signal.
    #[error("{signal} could not be sent to process {pid} of `{}`: {source}", path.display())]
    NotSent {
        /// The signal.
        signal: SignalName,
        /// The number.
        pid: i32,
        /// The file that it is from.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

impl Hook {
    /// A command: its program, then its arguments. `None` of no words.
    #[must_use]
    pub fn exec(words: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut words = words.into_iter();
        let program = words.next()?;
        let action = Action::Exec { program, arguments: words.collect() };
        Some(Self { action, timeout: TIMEOUT, retries: 0 })
    }

    /// A signal to the process whose number is in a file.
    #[must_use]
    pub fn signal(pid_file: impl Into<PathBuf>, signal: SignalName) -> Self {
        let action = Action::Signal { pid_file: pid_file.into(), signal };
        Self { action, timeout: TIMEOUT, retries: 0 }
    }

    /// Does it, again after a second and then after twice as long each time, as often as `retries`
    /// says. What a command prints goes to standard error.
    ///
    /// # Errors
    /// How the last attempt failed.
    pub fn run(&self) -> Result<(), HookError> {
        let mut pause = Duration::from_secs(1);
        let mut result = self.attempt();
        for _ in 0..self.retries {
            if result.is_ok() {
                break;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(30));
            result = self.attempt();
        }
        result
    }

    fn attempt(&self) -> Result<(), HookError> {
        match &self.action {
            Action::Exec { program, arguments } => exec(program, arguments, self.timeout),
            Action::Signal { pid_file, signal } => send(pid_file, *signal),
        }
    }
}

impl fmt::Display for Hook {
    /// The program's name, or the signal and the file. Arguments are not shown, for they may be
    /// anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::Exec { program, .. } => write!(f, "{}", program.to_string_lossy()),
            Action::Signal { pid_file, signal } => write!(f, "{signal} to {}", pid_file.display()),
        }
    }
}

fn exec(program: &OsString, arguments: &[OsString], timeout: Duration) -> Result<(), HookError> {
    let name = program.to_string_lossy().into_owned();
    let not_started = |source| HookError::NotStarted { program: name.clone(), source };
    let mut command = Command::new(program);
    // Standard output is ours alone: it carries data.
    let talk = io::stderr().as_fd().try_clone_to_owned().map_err(not_started)?;
    // A group of its own, so that what it starts ends with it.
    command.args(arguments).stdin(Stdio::null()).stdout(talk).process_group(0);
    for secret in SECRETS {
        command.env_remove(secret);
    }
    let mut child = command.spawn().map_err(not_started)?;
    let status = match wait(&mut child, timeout).map_err(not_started)? {
        Some(status) => status,
        None => {
            end(&mut child).map_err(not_started)?;
            return Err(HookError::TimedOut { program: name, limit: timeout });
        }
    };
    if status.success() { Ok(()) } else { Err(HookError::Failed { program: name, status }) }
}

fn wait(child: &mut Child, patience: Duration) -> io::Result<Option<ExitStatus>> {
    let begin = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = patience.saturating_sub(begin.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Ends a command and all that it started: first as it may see it coming, then not.
fn end(child: &mut Child) -> io::Result<()> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    for (signal, grace) in [(Signal::TERM, GRACE), (Signal::KILL, Duration::MAX)] {
        if let Some(group) = group {
            // It may have ended by itself meanwhile.
            let _ended = kill_process_group(group, signal);
        }
        if wait(child, grace)?.is_some() && signal == Signal::KILL {
            return Ok(());
        }
    }
    Ok(())
}

fn send(path: &Path, signal: SignalName) -> Result<(), HookError> {
    let pid = process_in(path).map_err(|reason| HookError::NoPid { path: path.to_owned(), reason })?;
    kill_process(pid, signal.0).map_err(|errno| HookError::NotSent {
        signal,
        pid: pid.as_raw_nonzero().get(),
        path: path.to_owned(),
        source: errno.into(),
    })
}

fn process_in(path: &Path) -> Result<Pid, String> {
    let content = read_limited(path, LARGEST_PID_FILE).map_err(|error: FileError| match error {
        FileError::Io { source, .. } => source.to_string(),
        other => other.to_string(),
    })?;
    let text = String::from_utf8_lossy(&content);
    let first = text.split_whitespace().next().unwrap_or_default();
    // 0 and negative numbers mean groups, and 1 is nobody's service.
    let number = first.parse::<i32>().ok().filter(|number| *number > 1);
    number.and_then(Pid::from_raw).ok_or_else(|| format!("its first word is `{}`", first.escape_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn shell(script: &str) -> Hook {
        Hook::exec(["sh", "-c", script].map(OsString::from)).unwrap()
    }

    #[test]
    fn a_command_is_run_as_it_stands_and_its_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("a b;c");
        let hook = Hook::exec([OsString::from("touch"), made.clone().into_os_string()]).unwrap();
        hook.run().unwrap();
        assert!(made.exists());
        assert_eq!(shell("exit 3").run().unwrap_err().to_string(), "`sh` ended with exit code 3");
        assert_eq!(shell("kill -9 $$").run().unwrap_err().to_string(), "`sh` was ended by signal 9");
        let missing = Hook::exec([OsString::from("/no/such/program")]).unwrap();
        assert!(matches!(missing.run(), Err(HookError::NotStarted { .. })));
        assert!(Hook::exec([]).is_none());
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let late = folder.path().join("late");
        let script = format!("(sleep 3; touch {}) & wait", late.display());
        let hook = Hook { timeout: Duration::from_millis(100), ..shell(&script) };
        assert!(matches!(hook.run(), Err(HookError::TimedOut { .. })));
        std::thread::sleep(Duration::from_millis(3_200));
        assert!(!late.exists());
    }

    #[test]
    fn it_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("seen");
        let script = format!("test -e {0} || {{ touch {0}; exit 1; }}", seen.display());
        assert!(shell(&script).run().is_err());
        fs::remove_file(&seen).unwrap();
        Hook { retries: 1, ..shell(&script) }.run().unwrap();
    }

    #[test]
    fn a_signal_goes_to_the_process_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("pid");
        let mut child = Command::new("sleep").arg("30").spawn().unwrap();
        fs::write(&pid_file, format!("{}\n", child.id())).unwrap();
        Hook::signal(&pid_file, "sigterm".parse().unwrap()).run().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(15));
        let gone = Hook::signal(&pid_file, SignalName::HUP).run().unwrap_err();
        assert!(matches!(gone, HookError::NotSent { .. }), "{gone}");
        for content in ["", "x", "0", "-1", "1"] {
            fs::write(&pid_file, content).unwrap();
            assert!(
                matches!(Hook::signal(&pid_file, SignalName::HUP).run(), Err(HookError::NoPid { .. })),
                "{content}"
            );
        }
        assert!("KILL".parse::<SignalName>().is_err());
        assert_eq!("usr1".parse::<SignalName>().unwrap().to_string(), "SIGUSR1");
    }
}
