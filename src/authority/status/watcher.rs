//! The process that keeps certificates fresh, by what it wrote down of itself.

use super::item::{Item, Kind, Level, ago, count_of};
use crate::authority::watch::{TargetState, WatchState};
use crate::authority::{Authority, AuthorityError};
use crate::store::layout::Layout;
use crate::words::clock::Now;
use crate::words::typed::typed_path;

/// After so many failures in a row a target asks for attention.
const FAILURES: u32 = 2;

pub(super) fn items(ca: &Authority, now: Now) -> Result<Vec<Item>, AuthorityError> {
    let Some(directory) = ca.directory() else { return Ok(Vec::new()) };
    let state = Layout::at(directory).watch();
    let Some(state) = WatchState::read(&state)? else { return Ok(Vec::new()) };
    let name = format!("process {}", state.pid);
    let targets = u32::try_from(state.targets.len()).unwrap_or(u32::MAX);
    let says = format!("{}, last heard of {}", count_of(targets, "target"), ago(state.heartbeat, now));
    let item = Item { count: Some(targets), ..Item::new(Kind::Watcher, name, says) };
    let item = match state.stopped_at {
        Some(stopped) => item.raised(Level::Notice, format!("stopped {}", ago(stopped, now))),
        None if state.is_silent(now.time()) => {
            let says = format!("dead or hanging: last heard of {}", ago(state.heartbeat, now));
            item.raised(Level::Red, says)
        }
        None => item,
    };
    let mut items = vec![item.or_type("start it again: mtls-ca renew --watch")];
    items.extend(state.targets.iter().filter(|target| target.failures >= FAILURES).map(failing));
    Ok(items)
}

fn failing(target: &TargetState) -> Item {
    let reason = target.error.as_deref().unwrap_or("it does not say why");
    let says = format!("failed {} times in a row: {reason}", target.failures);
    let item = Item::new(Kind::Watcher, &target.place, "").raised(Level::Due, says);
    item.or_type(format!("mtls-ca renew {}", typed_path(&target.place)))
}
