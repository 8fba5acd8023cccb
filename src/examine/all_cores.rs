//! The same work for many things, on all cores. What comes out stands in their order.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{available_parallelism, scope};

/// So many things are taken at a time.
const HANDFUL: usize = 16;

/// What `work` makes of each of these.
pub fn each<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let handfuls = things.len().div_ceil(HANDFUL);
    let workers = available_parallelism().map_or(1, usize::from).min(handfuls);
    if workers < 2 {
        return things.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut made = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let mut handful = things.iter().skip(number.saturating_mul(HANDFUL)).take(HANDFUL).peekable();
            if handful.peek().is_none() {
                return made;
            }
            made.push((number, handful.map(&work).collect::<Vec<R>>()));
        }
    };
    let mut made = scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(take)).collect();
        running.into_iter().flat_map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))).collect::<Vec<_>>()
    });
    made.sort_unstable_by_key(|(number, _)| *number);
    made.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_things() {
        for count in [0, 1, 15, 16, 17, 1_000] {
            let things: Vec<usize> = (0..count).collect();
            let twice = each(&things, |n| {
                // The first of them is ready last.
                std::thread::sleep(std::time::Duration::from_micros(if *n == 0 { 2_000 } else { 0 }));
                n * 2
            });
            assert_eq!(twice, things.iter().map(|n| n * 2).collect::<Vec<_>>(), "{count}");
        }
    }
}
