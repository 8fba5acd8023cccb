//! A table of refusals: each with its reason, and an accepted control before and after it.

use super::case::Case;
use super::eventually;
use super::matrix::Row;

/// How somebody is tried.
pub struct Refusals<'a, C> {
    /// Who is accepted between each two.
    pub friend: C,
    /// What a visit of the friend says: who it was to the other side.
    pub accepted: &'a str,
    /// One visit, and all that came of it.
    pub visit: &'a dyn Fn(C) -> String,
    /// What the system under test has logged so far; empty where it keeps no log.
    pub log: &'a dyn Fn() -> String,
}

impl<C: Case> Refusals<'_, C> {
    /// Goes through the table: who, what the visit has to say, and what the log has to say besides,
    /// where there is a text. Each refusal, and who was accepted, goes into the row.
    pub fn walk(&self, row: &mut Row, table: &[(C, &str, &str)]) {
        self.control();
        row.accepted(self.accepted);
        for (case, told, logged) in table {
            let before = (self.log)().len();
            let seen = (self.visit)(*case);
            assert!(seen.contains(told), "{}: wanted `{told}`, and saw: {seen}\n{}", case.said(), (self.log)());
            if !logged.is_empty() {
                let what = format!("{}: `{logged}` in the log", case.said());
                eventually(&what, || (self.log)().get(before..).is_some_and(|log| log.contains(logged)));
            }
            self.control();
            row.refused(case.said());
        }
    }

    fn control(&self) {
        let seen = (self.visit)(self.friend);
        assert!(seen.contains(self.accepted), "wanted `{}`, and saw: {seen}\n{}", self.accepted, (self.log)());
    }
}
