//! What could not be read among many things: which was the first, how many there are, and how the process ends.

use crate::failure::{Exit, Failure};

/// All that could not be read.
#[derive(Debug, Default)]
pub struct Missed {
    first: Option<Failure>,
    count: usize,
    /// Whether another one failed otherwise than the first.
    is_mixed: bool,
}

impl Missed {
    /// One more.
    pub fn take(&mut self, failure: &Failure) {
        let first = self.first.get_or_insert_with(|| failure.clone());
        self.is_mixed |= first.exit != failure.exit;
        self.count += 1;
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The first of them, for the whole; none where all was read. Where all failed alike the process ends as each of
    /// them alone would have ended it.
    pub fn verdict(self, is_any_read: bool) -> Option<Failure> {
        let Self { first, count, is_mixed } = self;
        let first = first?;
        let exit = if is_any_read || is_mixed { Exit::Partly } else { first.exit };
        let first = match count.saturating_sub(1) {
            0 => first,
            more => first.cause(format!("{more} more could not be read")),
        };
        Some(Failure { exit, ..first })
    }

    /// Where the answer is no for another reason, this is said below it.
    pub fn below(&self, verdict: Failure) -> Failure {
        match &self.first {
            None => verdict,
            Some(first) => verdict.cause(format!("{} could not be read; the first: {}", self.count, first.message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_alike_end_as_one_of_them_and_some_of_many_do_not() {
        let failure = |exit| Failure::new(exit, "x", "cannot read `x`");
        let missed = |exits: &[Exit]| {
            let mut missed = Missed::default();
            exits.iter().for_each(|exit| missed.take(&failure(*exit)));
            missed
        };
        let exit = |exits: &[Exit], is_any_read| missed(exits).verdict(is_any_read).map(|failure| failure.exit);
        assert_eq!(exit(&[], true), None);
        assert_eq!(exit(&[Exit::Secret, Exit::Secret], false), Some(Exit::Secret));
        assert_eq!(exit(&[Exit::Secret, Exit::Failed], false), Some(Exit::Partly));
        assert_eq!(exit(&[Exit::Secret], true), Some(Exit::Partly));
        assert_eq!(missed(&[Exit::Failed; 3]).verdict(true).unwrap().causes, ["2 more could not be read"]);
        let no = missed(&[Exit::Failed; 3]).below(Failure::new(Exit::No, "no", "no"));
        assert_eq!(no.causes, ["3 could not be read; the first: cannot read `x`"]);
    }
}
