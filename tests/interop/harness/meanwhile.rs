//! A client that comes again and again while something is done to others: not one request of its may
//! fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The client in its loop.
pub struct Meanwhile {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    thread: JoinHandle<Option<String>>,
}

impl Meanwhile {
    /// Visits until it is told to stop, or until a visit does not say what is wanted.
    pub fn start(visit: impl Fn() -> String + Send + 'static, wanted: &'static str) -> Self {
        let (stop, done) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (told, count) = (Arc::clone(&stop), Arc::clone(&done));
        let thread = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                let said = visit();
                if !said.contains(wanted) {
                    return Some(said);
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
            None
        });
        Self { stop, done, thread }
    }

    /// Waits for so many more visits; then ends it. Answers how many there were in all.
    pub fn end(self, more: usize) -> usize {
        let (enough, deadline) = (self.done.load(Ordering::Relaxed) + more, Instant::now() + Duration::from_secs(60));
        while self.done.load(Ordering::Relaxed) < enough && !self.thread.is_finished() {
            assert!(Instant::now() < deadline, "visits do not go on");
            thread::sleep(Duration::from_millis(5));
        }
        self.stop.store(true, Ordering::Relaxed);
        assert_eq!(self.thread.join().unwrap(), None, "somebody else's visit failed");
        self.done.load(Ordering::Relaxed)
    }
}
