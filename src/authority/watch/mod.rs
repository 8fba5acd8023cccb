//! One process that keeps any number of delivered certificates fresh: `renew --watch`.
//!
//! Each target is looked at when it is due, and at least once in each interval; files, targets and the
//! CA are read again each time, and between rounds nothing is locked. Whatever fails is tried again,
//! later each time. Waits are jittered, so that a fleet does not come all at once.

mod state;
mod targets;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use state::{SILENCE, TargetState, WatchState};
pub use targets::{EXPIRING, TargetsError, read_targets};

use super::deliver::RefreshError;
use super::refresh::{Place, Refresh, Target};
use super::{Access, Authority};
use crate::audit::event::{Act, Actor};
use crate::keys::{Passphrase, random};
use crate::store::FileError;
use crate::words::clock::{Now, Time};

/// The first pause after a failure, in seconds; it doubles with each.
const FIRST_PAUSE: i64 = 60;
/// At most so long between two signs of life.
const BEAT: i64 = 60;

/// What a watcher is told once.
#[derive(Debug)]
pub struct Watch {
    /// The CA's directory.
    pub directory: PathBuf,
    /// Where its state is written.
    pub state: PathBuf,
    /// How often each target is looked at, though it is not due, in seconds.
    pub interval: i64,
    /// How long it waits for other processes.
    pub patience: Duration,
    /// What opens the CA's key.
    pub passphrase: Option<Passphrase>,
    /// Whose acts the audit log sees.
    pub actor: Actor,
}

/// What a watcher is given by its process: the clock, the sleep, and somebody to tell.
pub struct World<'a> {
    /// The time.
    pub now: &'a dyn Fn() -> Now,
    /// Sleeps; `false` when the watcher is to end.
    pub pause: &'a mut dyn FnMut(Duration) -> bool,
    /// The targets, as they are now.
    pub targets: &'a mut dyn FnMut() -> Result<Vec<Target>, TargetsError>,
    /// Hears what happens.
    pub tell: &'a mut dyn FnMut(Happening<'_>),
}

/// What a watcher tells.
#[derive(Debug)]
pub enum Happening<'a> {
    /// A target has a new certificate, or one that had not arrived.
    Renewed(&'a TargetState),
    /// A target is as it was.
    Failed(&'a TargetState),
    /// The list of targets cannot be used; the one before is.
    Targets(&'a TargetsError),
}

/// What a watcher did until it was told to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watched {
    /// How many times a target was renewed.
    pub renewed: u32,
    /// How many attempts failed.
    pub failed: u32,
}

impl Watch {
    /// Keeps the targets fresh until the pause says that it is to end.
    ///
    /// # Errors
    /// Where its state cannot be written.
    pub fn run(&self, world: &mut World<'_>) -> Result<Watched, FileError> {
        let started = (world.now)().time();
        let mut watched = Watched::default();
        let mut listed: Vec<(Target, TargetState)> = Vec::new();
        loop {
            let now = (world.now)();
            match (world.targets)() {
                Ok(targets) => listed = taken_over(targets, listed, now.time()),
                Err(error) => (world.tell)(Happening::Targets(&error)),
            }
            for (target, state) in &mut listed {
                if state.next_attempt > now.time() {
                    continue;
                }
                self.attempt(target, state, (world.now)());
                match state.outcome.as_str() {
                    "failed" => {
                        watched.failed += 1;
                        (world.tell)(Happening::Failed(state));
                    }
                    "fresh" => {}
                    _ => {
                        watched.renewed += 1;
                        (world.tell)(Happening::Renewed(state));
                    }
                }
            }
            let now = (world.now)().time();
            self.write(&listed, started, now, None)?;
            let next = listed.iter().map(|(_, state)| state.next_attempt).min();
            let wait = next.map_or(BEAT, |next| next.seconds_since(now).clamp(1, BEAT));
            if !(world.pause)(Duration::from_secs(wait.unsigned_abs())) {
                let now = (world.now)().time();
                self.write(&listed, started, now, Some(now))?;
                return Ok(watched);
            }
        }
    }

    /// Looks at one target, renews it where it is due, and decides when to look again.
    fn attempt(&self, target: &Target, state: &mut TargetState, now: Now) {
        state.last_attempt = Some(now.time());
        match self.refresh(target, now) {
            Ok(found) => {
                *state = TargetState { place: std::mem::take(&mut state.place), ..found };
                let due = state.due_from.map_or(self.interval, |due| due.seconds_since(now.time()));
                // Where the threshold is longer than the certificate, a new one is due at once: that must
                // not become one certificate each second.
                let left = state.not_after.map_or(self.interval, |end| end.seconds_since(now.time()));
                let soonest = if state.outcome == "fresh" { 1 } else { (left / 3).clamp(1, self.interval) };
                state.next_attempt = later(now, due.clamp(soonest, self.interval));
            }
            Err(error) => {
                state.failures = state.failures.saturating_add(1);
                state.outcome = "failed".to_owned();
                state.error = Some(in_one_line(&error));
                let doubled = FIRST_PAUSE.saturating_mul(1 << state.failures.saturating_sub(1).min(20));
                state.next_attempt = later(now, doubled.min(self.interval.max(FIRST_PAUSE)));
            }
        }
    }

    fn refresh(&self, target: &Target, now: Now) -> Result<TargetState, RefreshError> {
        let mut ca = Authority::open(&self.directory, Access::Sign, self.patience)?;
        let act = Act { now, actor: self.actor.clone(), command: "renew".to_owned() };
        let (serial, validity, outcome) = match ca.plan_refresh(target, self.patience, now)? {
            Refresh::NotDue { serial, validity, .. } => (serial, validity, "fresh"),
            Refresh::Due(due) => {
                let signer = match due.needs_signer() {
                    true => {
                        let locked = ca.locked_key()?;
                        let passphrase = self.passphrase.as_ref().filter(|_| locked.needs_passphrase());
                        Some(locked.unlock(passphrase)?)
                    }
                    false => None,
                };
                let delivered = ca.refresh(*due, signer.as_ref(), &act)?;
                let outcome = if delivered.issued.is_some() { "renewed" } else { "delivered" };
                (delivered.certificate.serial().clone(), delivered.certificate.validity(), outcome)
            }
        };
        Ok(TargetState {
            place: String::new(),
            serial: Some(serial.to_string()),
            not_after: Some(validity.not_after),
            due_from: target.expiring.map(|threshold| threshold.due(validity)),
            outcome: outcome.to_owned(),
            error: None,
            failures: 0,
            last_attempt: Some(now.time()),
            next_attempt: now.time(),
        })
    }

    fn write(
        &self,
        listed: &[(Target, TargetState)],
        started_at: Time,
        heartbeat: Time,
        stopped_at: Option<Time>,
    ) -> Result<(), FileError> {
        let targets = listed.iter().map(|(_, state)| state.clone()).collect();
        let state = WatchState { format: 1, pid: std::process::id(), started_at, heartbeat, stopped_at, targets };
        state.write(&self.state)
    }
}

/// The targets of now, with what is known of those that were there before.
fn taken_over(targets: Vec<Target>, before: Vec<(Target, TargetState)>, now: Time) -> Vec<(Target, TargetState)> {
    let mut known: Vec<TargetState> = before.into_iter().map(|(_, state)| state).collect();
    let state = |target: &Target| {
        let place = place_of(target);
        match known.iter().position(|state| state.place == place) {
            Some(position) => known.swap_remove(position),
            None => TargetState {
                place,
                serial: None,
                not_after: None,
                due_from: None,
                outcome: "waiting".to_owned(),
                error: None,
                failures: 0,
                last_attempt: None,
                next_attempt: now,
            },
        }
    };
    let states: Vec<TargetState> = targets.iter().map(state).collect();
    targets.into_iter().zip(states).collect()
}

/// The file or folder of a target, as it is shown.
#[must_use]
pub fn place_of(target: &Target) -> String {
    let path: &Path = match &target.place {
        Place::File { certificate, .. } => certificate,
        Place::Folder(path) => path,
    };
    path.display().to_string()
}

/// So many seconds from now, and up to a tenth more.
fn later(now: Now, seconds: i64) -> Time {
    // Without randomness there is no jitter, and nothing else depends on it.
    let share = random::octets::<2>().map_or(0, u16::from_be_bytes);
    let jitter = seconds.saturating_mul(i64::from(share)) / (10 * i64::from(u16::MAX));
    now.time().plus_seconds(seconds.saturating_add(jitter))
}

fn in_one_line(error: &RefreshError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}
