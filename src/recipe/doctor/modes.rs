//! Who may read the key.

use super::Wish;
use crate::examine::diagnosis::{Cause, Diagnosis};
use crate::examine::papers::Holder;
use crate::words::finding::Severity;
use crate::words::typed::typed_word;

/// The mode of the file with the key.
pub(super) fn of_holder(holder: &Holder<'_>, wish: &Wish<'_>) -> Option<Diagnosis> {
    let (paper, _) = holder.key?;
    let (mode, owner) = (paper.mode? & 0o777, paper.owner?);
    let widest = wish.facts().and_then(|facts| facts.key_mode).map(|mode| {
        // PostgreSQL and libpq let the group read a key that root owns.
        if owner == 0 { mode.bits() | 0o040 } else { mode.bits() }
    });
    let refuses = widest.is_some_and(|widest| mode & !widest != 0);
    // The group of a service may read its key; everybody may not.
    if !refuses && mode & 0o007 == 0 {
        return None;
    }
    let sentence = match (refuses, widest) {
        (true, Some(widest)) => {
            format!(
                "the key `{}` has mode {mode:04o}, and more than {widest:04o} is refused by {}",
                paper.place,
                wish.title()
            )
        }
        _ => format!("the key `{}` has mode {mode:04o}: everybody on this machine can use it", paper.place),
    };
    let told = Diagnosis::error(Cause::KeyMode, sentence)
        .proof(format!("it belongs to the user with number {owner}"))
        .fix(format!("chmod 0600 {}", typed_word(&paper.place)));
    Some(if refuses { told } else { Diagnosis { severity: Severity::Warning, ..told } })
}
