//! A point in time by which the network must have answered. The only place of the library where
//! time is measured; what time it is, is still the caller's to say.

use std::time::{Duration, Instant};

/// The end of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::examine) struct Deadline(Instant);

impl Deadline {
    /// So long from here.
    #[allow(clippy::disallowed_methods, reason = "a time limit on the network is measured")]
    pub(in crate::examine) fn after(wait: Duration) -> Self {
        // A wait that the clock cannot express is held at a day.
        let now = Instant::now();
        Self(now.checked_add(wait).unwrap_or_else(|| now + Duration::from_secs(86_400)))
    }

    /// What is left of it.
    #[allow(clippy::disallowed_methods, reason = "a time limit on the network is measured")]
    pub(in crate::examine) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
