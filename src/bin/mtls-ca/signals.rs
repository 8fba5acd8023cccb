//! SIGTERM and SIGINT as a flag, for commands that end cleanly.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};

use crate::failure::{Exit, Failure};

/// A flag that a signal sets. The second signal ends the process at once, as it does by default.
pub fn stop() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))
            .and_then(|_| register(signal, Arc::clone(&stop)))
            .map_err(|error| Failure::new(Exit::Failed, "signal", "cannot listen to signals").cause(error))?;
    }
    Ok(stop)
}
