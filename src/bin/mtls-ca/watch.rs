//! `renew --watch`: its options, its ending by a signal, and what it tells while it runs.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mtls_ca::Lifetime;
use mtls_ca::authority::watch::{EXPIRING, Happening, TargetsError, Watch, WatchState, World, read_targets};
use mtls_ca::authority::{Access, Target};
use mtls_ca::store::layout::Layout;
use mtls_ca::words::typed::typed_path;
use serde_json::json;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::{Answer, tell};
use crate::signals;

/// Staying, and looking again.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Watching")]
pub struct WatchArgs {
    /// Keep the files and folders fresh until SIGTERM or SIGINT
    #[arg(long, conflicts_with_all = ["all", "out", "force", "dry_run"])]
    watch: bool,
    /// Those that this file lists as well, each with options of its own
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "out"])]
    targets: Option<PathBuf>,
    /// How often each is looked at, though it is not due [default: 1h]
    #[arg(long, value_name = "TIME", requires = "watch")]
    interval: Option<Lifetime>,
    /// Where to write how it stands [default: watch.json in the CA directory]
    #[arg(long, value_name = "FILE", requires = "watch")]
    state: Option<PathBuf>,
}

impl WatchArgs {
    pub const fn is_wanted(&self) -> bool {
        self.watch
    }

    /// Whether a file lists targets.
    pub const fn has_list(&self) -> bool {
        self.targets.is_some()
    }

    /// The targets of `--targets`.
    pub fn listed(&self) -> Result<Vec<Target>, Failure> {
        Ok(self.targets.as_deref().map_or(Ok(Vec::new()), read_targets)?)
    }
}

/// Runs until a signal comes.
pub fn run(
    typed: Vec<Target>,
    args: &WatchArgs,
    passphrase: &PassphraseArgs,
    context: &Context,
) -> Result<Answer, Failure> {
    let directory = context.global.ca_dir.clone();
    let state = args.state.clone().unwrap_or_else(|| Layout::at(&directory).watch());
    alone(&state, context)?;
    // What is wrong with the CA or its key is better found now than at night.
    let ca = context.open(Access::Read)?;
    let locked = ca.locked_key()?;
    let passphrase = match locked.needs_passphrase() {
        true => context.passphrase(passphrase, &format!("the CA's key in `{}`", directory.display()))?,
        false => None,
    };
    drop(locked.unlock(passphrase.as_ref())?);
    drop(ca);
    let stop = signals::stop()?;
    let watch = Watch {
        directory,
        state,
        interval: args.interval.map_or(3_600, Lifetime::seconds),
        patience: context.patience(),
        passphrase,
        actor: context.act().actor,
    };
    let with_threshold = |target: &Target| Target { expiring: target.expiring.or(Some(EXPIRING)), ..target.clone() };
    let typed: Vec<Target> = typed.iter().map(with_threshold).collect();
    let mut targets = || match &args.targets {
        Some(file) => Ok([typed.clone(), read_targets(file)?].concat()),
        None => Ok(typed.clone()),
    };
    let mut pause = |time: Duration| asleep(time, &stop);
    let mut said = |happening: Happening<'_>| {
        let line = match happening {
            Happening::Renewed(state) => {
                let serial = state.serial.clone().unwrap_or_default();
                let until = state.not_after.map(|end| end.to_string()).unwrap_or_default();
                format!("{}: {} {serial}, until {until}", state.place, state.outcome)
            }
            Happening::Failed(state) => {
                let error = state.error.clone().unwrap_or_default();
                format!("{}: failed, next attempt at {}: {error}", state.place, state.next_attempt)
            }
            Happening::Targets(error) => format!("the targets stay as they were: {error}"),
        };
        tell(context, &line);
    };
    let now = || context.clock();
    let mut world = World { now: &now, pause: &mut pause, targets: &mut targets, tell: &mut said };
    let watched = watch.run(&mut world)?;
    let text = format!("ended: {} renewed, {} failed\n", watched.renewed, watched.failed);
    Ok(Answer::new(text, json!({ "watched": { "renewed": watched.renewed, "failed": watched.failed } })))
}

/// Sleeps in small pieces; `false` once a signal has come.
fn asleep(time: Duration, stop: &AtomicBool) -> bool {
    let piece = Duration::from_millis(200);
    let mut left = time;
    while !stop.load(Ordering::Relaxed) && !left.is_zero() {
        let nap = left.min(piece);
        std::thread::sleep(nap);
        left -= nap;
    }
    !stop.load(Ordering::Relaxed)
}

/// Of two watchers with one state, each would hide the other.
fn alone(state: &std::path::Path, context: &Context) -> Result<(), Failure> {
    let Some(found) = WatchState::read(state)? else { return Ok(()) };
    let other = found.pid != std::process::id() && found.is_running();
    if found.stopped_at.is_some() || found.is_silent(context.now.time()) || !other {
        return Ok(());
    }
    let message = format!("process {} watches already, by `{}`", found.pid, state.display());
    Err(Failure::new(Exit::Busy, "busy", message)
        .hint(format!("a second one has a state of its own: --state {}", typed_path(state.with_extension("2.json")))))
}

impl From<TargetsError> for Failure {
    fn from(error: TargetsError) -> Self {
        match error {
            TargetsError::File(error) => error.into(),
            error => Self::new(Exit::Usage, "targets", error.to_string()),
        }
    }
}
