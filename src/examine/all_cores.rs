//! The same work for many things, on all cores. What comes out stands in their order.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{available_parallelism, scope};

/// So many things are taken at a time.
const HANDFUL: usize = 32;
/// So many handfuls of each core may wait to be asked for.
const AHEAD: usize = 2;

/// What `work` makes of each of these.
pub fn each<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut made = Vec::with_capacity(things.len());
    let taken = one_by_one(things, work, |result| {
        made.push(result);
        ControlFlow::<()>::Continue(())
    });
    debug_assert!(taken.is_continue(), "nobody breaks off");
    made
}

/// The same, each handed over as soon as those before it were: what is made is never all there at once. Once
/// whoever takes it breaks off, no more is begun.
pub fn one_by_one<T: Sync, R: Send, B>(
    things: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let handfuls: Vec<&[T]> = things.chunks(HANDFUL).collect();
    let workers = available_parallelism().map_or(1, usize::from).min(handfuls.len());
    if workers < 2 {
        return things.iter().map(work).try_for_each(take);
    }
    let (work, handfuls) = (&work, &handfuls);
    scope(|scope| {
        // Each has its own share, every so many-th handful, so that none can run far ahead of the others.
        let begin = |first: usize| {
            let (made, receiver) = sync_channel::<Vec<R>>(AHEAD);
            let running = scope.spawn(move || {
                let mut share = handfuls.iter().skip(first).step_by(workers);
                // Where nobody takes it any more, the rest is not begun.
                share.all(|handful| made.send(handful.iter().map(work).collect()).is_ok())
            });
            (running, receiver)
        };
        let (running, receivers): (Vec<_>, Vec<Receiver<Vec<R>>>) = (0..workers).map(begin).unzip();
        // A share that ends before its time ended in a panic, which is passed on below.
        let due = receivers.iter().cycle().take(handfuls.len()).map_while(|receiver| receiver.recv().ok());
        let taken = due.flatten().try_for_each(&mut take);
        drop(receivers);
        for one in running {
            one.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        taken
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_stand_in_the_order_of_the_things() {
        for count in [0, 1, HANDFUL - 1, HANDFUL, HANDFUL + 1, 1_000] {
            let things: Vec<usize> = (0..count).collect();
            let twice = each(&things, |n| {
                // The first of them is ready last.
                std::thread::sleep(std::time::Duration::from_micros(if *n == 0 { 2_000 } else { 0 }));
                n * 2
            });
            assert_eq!(twice, things.iter().map(|n| n * 2).collect::<Vec<_>>(), "{count}");
        }
    }

    #[test]
    fn little_is_made_that_nobody_takes() {
        let cores = available_parallelism().map_or(1, usize::from);
        let most = (AHEAD + 2) * HANDFUL * cores;
        let things: Vec<usize> = (0..most * 100).collect();
        let made = AtomicUsize::new(0);
        let mut taken = 0;
        let ended = one_by_one(
            &things,
            |n| {
                made.fetch_add(1, Ordering::SeqCst);
                *n
            },
            |n| {
                assert_eq!(n, taken);
                taken += 1;
                assert!(made.load(Ordering::SeqCst) <= taken + most, "{n}");
                if n == 5_000 { ControlFlow::Break(n) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(ended, ControlFlow::Break(5_000));
        assert!(made.load(Ordering::SeqCst) <= 5_001 + most);
    }

    #[test]
    fn a_panic_is_passed_on() {
        let things: Vec<usize> = (0..1_000).collect();
        let work = |n: &usize| assert!(*n != 500, "that one");
        let panic = std::panic::catch_unwind(|| each(&things, work)).unwrap_err();
        assert!(panic.downcast_ref::<&str>().is_some_and(|text| text.contains("that one")) || panic.is::<String>());
    }
}
