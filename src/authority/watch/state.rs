//! What a watcher writes down after each round, for `status` and whoever else wants to know.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::store::FileError;
use crate::store::atomic::{Readers, replace};
use crate::store::read::read_limited;
use crate::words::clock::Time;

/// The largest state that is read.
const LARGEST: u64 = 16 * 1024 * 1024;
/// A watcher that was not heard of for so many seconds is gone, or hangs.
pub const SILENCE: i64 = 300;

/// What a watcher knows of itself and its targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchState {
    /// 1.
    pub format: u8,
    /// The process.
    pub pid: u32,
    /// Since when it runs.
    pub started_at: Time,
    /// When it was last heard of.
    pub heartbeat: Time,
    /// When it ended cleanly; none while it runs, or where it was killed.
    pub stopped_at: Option<Time>,
    /// Each target.
    pub targets: Vec<TargetState>,
}

/// What is known of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetState {
    /// The file or folder.
    pub place: String,
    /// The certificate that is there, where it could be read.
    pub serial: Option<String>,
    /// When that ends.
    pub not_after: Option<Time>,
    /// From when on it is due.
    pub due_from: Option<Time>,
    /// `waiting` before the first attempt, `fresh`, `renewed`, `delivered` or `failed`.
    pub outcome: String,
    /// Why it failed.
    pub error: Option<String>,
    /// How often in a row.
    pub failures: u32,
    /// When it was last looked at.
    pub last_attempt: Option<Time>,
    /// When it will be looked at.
    pub next_attempt: Time,
}

impl WatchState {
    /// Whether the watcher should be running and was not heard of for too long.
    #[must_use]
    pub fn is_silent(&self, now: Time) -> bool {
        self.stopped_at.is_none() && now.seconds_since(self.heartbeat) > SILENCE
    }

    /// Whether its process is there.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// What the system said.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        replace(path, text.as_bytes(), Readers::Owner)
    }

    /// Reads it; `None` where there is none, or it is not a watcher's.
    ///
    /// # Errors
    /// What the system said.
    pub fn read(path: &Path) -> Result<Option<Self>, FileError> {
        match read_limited(path, LARGEST) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok().and_then(|value| Self::from_json(&value))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        let targets = value.get("targets")?.as_array()?.iter().map(TargetState::from_json).collect::<Option<_>>()?;
        Some(Self {
            format: u8::try_from(value.get("format")?.as_u64()?).ok().filter(|format| *format == 1)?,
            pid: u32::try_from(value.get("pid")?.as_u64()?).ok()?,
            started_at: time(value, "started_at")?,
            heartbeat: time(value, "heartbeat")?,
            stopped_at: time(value, "stopped_at"),
            targets,
        })
    }
}

impl TargetState {
    fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            place: text(value, "place")?,
            serial: text(value, "serial"),
            not_after: time(value, "not_after"),
            due_from: time(value, "due_from"),
            outcome: text(value, "outcome")?,
            error: text(value, "error"),
            failures: u32::try_from(value.get("failures")?.as_u64()?).ok()?,
            last_attempt: time(value, "last_attempt"),
            next_attempt: time(value, "next_attempt")?,
        })
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn time(value: &Value, name: &str) -> Option<Time> {
    value.get(name)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watch.json");
        assert_eq!(WatchState::read(&path).unwrap(), None);
        let at = |unix| Time::from_unix(unix).unwrap();
        let target = TargetState {
            place: "api.crt".to_owned(),
            serial: Some("5f".to_owned()),
            not_after: Some(at(9)),
            due_from: None,
            outcome: "failed".to_owned(),
            error: Some("busy".to_owned()),
            failures: 2,
            last_attempt: Some(at(3)),
            next_attempt: at(4),
        };
        let state = WatchState {
            format: 1,
            pid: 7,
            started_at: at(1),
            heartbeat: at(2),
            stopped_at: None,
            targets: vec![target],
        };
        state.write(&path).unwrap();
        assert_eq!(WatchState::read(&path).unwrap(), Some(state.clone()));
        assert!(state.is_silent(at(303)) && !state.is_silent(at(302)));
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(WatchState::read(&path).unwrap(), None);
    }
}
