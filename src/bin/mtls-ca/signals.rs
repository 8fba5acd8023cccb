//! SIGTERM and SIGINT as a flag, for commands that end cleanly.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};

use crate::failure::{Exit, Failure};

/// A flag that a signal sets. A second Ctrl-C ends the process at once, as the first does by default:
/// it may wait for input that never comes.
pub fn stop() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    register_conditional_shutdown(SIGINT, 128 + SIGINT, Arc::clone(&stop))
        .and_then(|_| register(SIGINT, Arc::clone(&stop)))
        .and_then(|_| register(SIGTERM, Arc::clone(&stop)))
        .map_err(|error| Failure::new(Exit::Failed, "signal", "cannot listen to signals").cause(error))?;
    Ok(stop)
}
