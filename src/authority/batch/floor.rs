//! Where the workers of a batch find their next piece of work, and how many rows are open.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use crate::authority::issue::Recorded;
use crate::ledger::ReservedRow;

/// How many rows a worker takes at once.
pub(super) const PIECE: usize = 16;
/// How many rows may be between the beginning and their outcome: so much memory a batch needs.
const MOST_OPEN: u64 = 4_096;
/// How long somebody waits who may not be called.
pub(super) const MOMENT: Duration = Duration::from_millis(2);

/// A row with its place.
pub(super) struct Ticket<R> {
    pub(super) number: u64,
    pub(super) row: R,
}

/// A reservation whose key is to be used.
pub(super) struct ToSign<R> {
    pub(super) ticket: Ticket<R>,
    pub(super) row: ReservedRow,
    pub(super) plan: Recorded,
}

/// What a worker does next.
pub(super) enum Piece<R> {
    Ask(Vec<Ticket<R>>),
    Sign(Vec<ToSign<R>>),
}

/// What the threads of a batch share.
pub(super) struct Floor<'a, I: Iterator> {
    rows: Mutex<Rows<I>>,
    state: Mutex<State<I::Item>>,
    wake: Condvar,
    stop: &'a AtomicBool,
}

struct Rows<I> {
    rest: I,
    next: u64,
}

struct State<R> {
    to_sign: VecDeque<Vec<ToSign<R>>>,
    taken: u64,
    told: u64,
    /// No row comes any more.
    exhausted: bool,
    stopped: bool,
    /// There is nothing left to do, or no way to do it.
    closed: bool,
}

/// Closes the floor when it goes, as it does where the caller panics: the workers would wait for ever.
pub(super) struct Closing<'a, 'b, I: Iterator>(pub(super) &'a Floor<'b, I>);

impl<I: Iterator> Drop for Closing<'_, '_, I> {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, I: Iterator> Floor<'a, I> {
    pub(super) fn new(rows: I, stop: &'a AtomicBool) -> Self {
        let state =
            State { to_sign: VecDeque::new(), taken: 0, told: 0, exhausted: false, stopped: false, closed: false };
        let rows = Mutex::new(Rows { rest: rows, next: 0 });
        Self { rows, state: Mutex::new(state), wake: Condvar::new(), stop }
    }

    /// The next piece: what is reserved goes before what is new. None when all is done.
    pub(super) fn next(&self) -> Option<Piece<I::Item>> {
        loop {
            let mut state = locked(&self.state);
            if state.closed {
                return None;
            }
            if let Some(piece) = state.to_sign.pop_front() {
                return Some(Piece::Sign(piece));
            }
            let has_room = state.taken.saturating_sub(state.told) < MOST_OPEN;
            if !state.exhausted && has_room {
                drop(state);
                if let Some(piece) = self.take() {
                    return Some(Piece::Ask(piece));
                }
                state = locked(&self.state);
            }
            if state.to_sign.is_empty() && !state.closed {
                drop(self.wake.wait_timeout(state, MOMENT));
            }
        }
    }

    /// Some rows; none where there are no more, or somebody else is at them: they may be slow to come.
    fn take(&self) -> Option<Vec<Ticket<I::Item>>> {
        let mut rows = match self.rows.try_lock() {
            Ok(rows) => rows,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let mut piece = Vec::with_capacity(PIECE);
        let mut stopped = false;
        while piece.len() < PIECE {
            stopped = self.stop.load(Ordering::Relaxed);
            let Some(row) = (if stopped { None } else { rows.rest.next() }) else { break };
            piece.push(Ticket { number: rows.next, row });
            rows.next += 1;
        }
        let mut state = locked(&self.state);
        state.taken = rows.next;
        state.exhausted |= piece.len() < PIECE;
        state.stopped |= stopped;
        drop(state);
        (!piece.is_empty()).then_some(piece)
    }

    /// More to sign.
    pub(super) fn sign(&self, reserved: Vec<ToSign<I::Item>>) {
        let mut reserved = reserved.into_iter();
        let mut state = locked(&self.state);
        loop {
            let piece: Vec<_> = reserved.by_ref().take(PIECE).collect();
            if piece.is_empty() {
                break;
            }
            state.to_sign.push_back(piece);
        }
        drop(state);
        self.wake.notify_all();
    }

    /// So many more rows have had their outcome told.
    pub(super) fn told(&self, rows: u64) {
        locked(&self.state).told += rows;
        self.wake.notify_all();
    }

    /// Whether so many rows are all that there were.
    pub(super) fn is_finished(&self, settled: u64) -> bool {
        let state = locked(&self.state);
        state.closed || state.exhausted && state.taken == settled
    }

    /// Sends the workers home.
    pub(super) fn close(&self) {
        locked(&self.state).closed = true;
        self.wake.notify_all();
    }

    pub(super) fn was_stopped(&self) -> bool {
        locked(&self.state).stopped
    }
}
