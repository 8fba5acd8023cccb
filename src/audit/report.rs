//! What was done in a period, by whom, and what was unusual about it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::filter::Since;
use super::record::Record;
use crate::words::clock::{Now, Time};

const HOUR: i64 = 3_600;
/// An hour is unusual with more than so many times what the same account does in an hour otherwise.
const TIMES_AS_MANY: u64 = 3;

/// Gathers a report, event by event, from the first one of the log on.
#[derive(Debug)]
pub struct Reporter {
    since: Since,
    now: Now,
    at_least: u64,
    events: u64,
    by: BTreeMap<(String, Option<String>), Counts>,
    others: BTreeMap<String, u64>,
    hours: BTreeMap<(String, &'static str), Hours>,
}

/// What was counted of one account or job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Certificates issued.
    pub issued: u64,
    /// Certificates refused.
    pub refused: u64,
    /// Certificates revoked.
    pub revoked: u64,
    /// Keys that stayed closed.
    pub failed_unlocks: u64,
    /// Everything else that was done.
    pub other: u64,
}

/// A line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The account: `alice@ca-1`.
    pub who: String,
    /// The job of a build server.
    pub ci_job: Option<String>,
    /// What was done.
    pub counts: Counts,
}

/// An hour in which somebody did far more than they use to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Burst {
    /// Who.
    pub who: String,
    /// What: `issued`, `refused`, `revoked` or `failed_unlocks`.
    pub what: &'static str,
    /// The beginning of the hour.
    pub hour: Time,
    /// How many.
    pub count: u64,
    /// How many in the hours before the period in which there were any, on average; 0 where there was
    /// none.
    pub usual: u64,
}

/// What was done in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many events.
    pub events: u64,
    /// By account and job; the busiest first.
    pub by: Vec<Line>,
    /// Other actions, and how often.
    pub other_actions: BTreeMap<String, u64>,
    /// What was unusual.
    pub bursts: Vec<Burst>,
}

#[derive(Debug, Default)]
struct Hours {
    before: BTreeMap<i64, u64>,
    within: BTreeMap<i64, u64>,
}

impl Reporter {
    /// About everything since then; an hour with fewer than `at_least` of a kind is no burst.
    #[must_use]
    pub fn new(since: Since, now: Now, at_least: u64) -> Self {
        let (by, others, hours) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { since, now, at_least, events: 0, by, others, hours }
    }

    /// Takes the next event.
    pub fn take(&mut self, record: &Record) {
        let within = self.since.includes(record, self.now);
        let kind = kind(record);
        if let Some(kind) = kind {
            let hours = self.hours.entry((record.who().0, kind)).or_default();
            let hours = if within { &mut hours.within } else { &mut hours.before };
            *hours.entry(record.time.unix().div_euclid(HOUR)).or_default() += 1;
        }
        if !within {
            return;
        }
        self.events += 1;
        // The intention is told by its result.
        if record.outcome == "intended" {
            return;
        }
        let counts = self.by.entry(record.who()).or_default();
        match kind {
            Some("issued") => counts.issued += 1,
            Some("refused") => counts.refused += 1,
            Some("revoked") => counts.revoked += 1,
            Some(_) => counts.failed_unlocks += 1,
            None => {
                counts.other += 1;
                let result = if record.outcome == "done" { String::new() } else { format!(" {}", record.outcome) };
                *self.others.entry(format!("{}{result}", record.action)).or_default() += 1;
            }
        }
    }

    /// What was gathered.
    #[must_use]
    pub fn finish(self) -> Report {
        let Self { events, by, others, hours, at_least, .. } = self;
        let mut by: Vec<Line> = by.into_iter().map(|((who, ci_job), counts)| Line { who, ci_job, counts }).collect();
        by.sort_by_key(|line| std::cmp::Reverse(line.counts.issued + line.counts.refused + line.counts.revoked));
        let mut bursts = Vec::new();
        for ((who, what), Hours { before, within }) in hours {
            let usual = before.values().sum::<u64>().checked_div(before.len() as u64).unwrap_or(0);
            let limit = at_least.max(usual.saturating_mul(TIMES_AS_MANY).saturating_add(1));
            for (hour, count) in within.into_iter().filter(|(_, count)| *count >= limit) {
                let hour = at(hour);
                bursts.push(Burst { who: who.clone(), what, hour, count, usual });
            }
        }
        bursts.sort_by_key(|burst| burst.hour);
        Report { events, by, other_actions: others, bursts }
    }
}

fn at(hour: i64) -> Time {
    Time::from_unix(hour.saturating_mul(HOUR)).unwrap_or(Time::MIN)
}

/// What an event counts as, where it is one of those that are counted one by one.
fn kind(record: &Record) -> Option<&'static str> {
    match (record.action.as_str(), record.outcome.as_str()) {
        ("issue", "done") => Some("issued"),
        ("issue", "refused") => Some("refused"),
        ("revoke", "done") => Some("revoked"),
        ("unlock", "failed") => Some("failed_unlocks"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::chain::{BEGINNING, Link};

    fn event(seq: u64, time: &str, user: &str, action: &str, outcome: &str) -> Record {
        let body = format!(
            r#"{{"action":"{action}","actor":{{"host":"h","user":"{user}"}},"command":"x","object":{{"file":{{"what":"y"}}}},"result":{{"outcome":"{outcome}"}},"time":"{time}"}}"#
        );
        let link = Link { seq, ..BEGINNING.followed_by(body) };
        Record::read(&link).unwrap()
    }

    #[test]
    fn who_did_what_and_what_was_unusual() {
        let now = Now::at("2027-01-31T00:00:00Z".parse().unwrap());
        let mut reporter = Reporter::new("1d".parse().unwrap(), now, 10);
        let mut seq = 0;
        let mut take = |times: u32, time: &str, user: &str, action: &str, outcome: &str| {
            for _ in 0..times {
                seq += 1;
                reporter.take(&event(seq, time, user, action, outcome));
            }
        };
        // The days before: alice issues four an hour, bob twenty.
        take(4, "2027-01-10T08:00:00Z", "alice", "issue", "done");
        take(4, "2027-01-11T08:30:00Z", "alice", "issue", "done");
        take(20, "2027-01-11T08:30:00Z", "bob", "issue", "done");
        // The day: alice thirteen in an hour, bob forty, mallory nine refusals and ten failed unlocks.
        take(13, "2027-01-30T09:00:00Z", "alice", "issue", "intended");
        take(13, "2027-01-30T09:00:00Z", "alice", "issue", "done");
        take(40, "2027-01-30T10:00:00Z", "bob", "issue", "done");
        take(9, "2027-01-30T11:00:00Z", "mallory", "issue", "refused");
        take(10, "2027-01-30T12:59:59Z", "mallory", "unlock", "failed");
        take(1, "2027-01-30T13:00:00Z", "alice", "build_crl", "done");
        let report = reporter.finish();
        assert_eq!(report.events, 13 + 13 + 40 + 9 + 10 + 1);
        let lines: Vec<(&str, u64, u64, u64)> = report
            .by
            .iter()
            .map(|line| (line.who.as_str(), line.counts.issued, line.counts.refused, line.counts.failed_unlocks))
            .collect();
        assert_eq!(lines, [("bob@h", 40, 0, 0), ("alice@h", 13, 0, 0), ("mallory@h", 0, 9, 10)]);
        let bursts: Vec<(&str, &str, String, u64, u64)> = report
            .bursts
            .iter()
            .map(|burst| (burst.who.as_str(), burst.what, burst.hour.to_string(), burst.count, burst.usual))
            .collect();
        assert_eq!(
            bursts,
            [
                ("alice@h", "issued", "2027-01-30T09:00:00Z".to_owned(), 13, 4),
                ("mallory@h", "failed_unlocks", "2027-01-30T12:00:00Z".to_owned(), 10, 0),
            ]
        );
        assert_eq!(report.other_actions.get("build_crl"), Some(&1));
    }
}
