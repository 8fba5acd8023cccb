//! How many certificates end when, on a scale on which days, months and years have room.

use crate::authority::{Authority, AuthorityError};
use crate::words::clock::{Now, Time};

/// Seconds after which the scale changes from even to logarithmic: a day.
const SCALE: f64 = 86_400.0;
/// Where the scale ends: thirty years.
const FURTHEST: i64 = 30 * 31_536_000;
/// Seconds before now that have room on the left.
const PAST: i64 = 30 * 86_400;

/// Certificates that end in one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Where it begins, from 0 to 1.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// How many end in it.
    pub count: u32,
}

/// Where a time stands on the scale, from 0 (a month ago) to 1 (in thirty years).
#[must_use]
pub fn place(time: Time, now: Now) -> f64 {
    let seconds = time.seconds_since(now.time()).clamp(-PAST, FURTHEST);
    let (left, right) = (stretched(-PAST), stretched(FURTHEST));
    (stretched(seconds) - left) / (right - left)
}

/// The time at a place of the scale.
fn time_at(place: f64, now: Now) -> Time {
    let (left, right) = (stretched(-PAST), stretched(FURTHEST));
    let value = left + place * (right - left);
    let seconds = value.signum() * SCALE * (value.abs().exp() - 1.0);
    #[expect(clippy::cast_possible_truncation, reason = "at most thirty years of seconds")]
    let seconds = seconds.round() as i64;
    now.time().plus_seconds(seconds)
}

/// Even up to about a day on both sides of now, logarithmic beyond.
fn stretched(seconds: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most thirty years of seconds")]
    let seconds = seconds as f64;
    seconds.signum() * (seconds.abs() / SCALE).ln_1p()
}

impl Authority {
    /// How many certificates end in each of so many stretches of the scale.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn ends(&self, stretches: u32, now: Now) -> Result<Vec<Bucket>, AuthorityError> {
        let places: Vec<f64> = (0..=stretches).map(|n| f64::from(n) / f64::from(stretches.max(1))).collect();
        let edges: Vec<Time> = places.iter().map(|place| time_at(*place, now)).collect();
        let counts = self.ledger().ends_between(&edges)?;
        let stretches = places.iter().zip(places.iter().skip(1)).zip(counts);
        Ok(stretches.map(|((from, to), count)| Bucket { from: *from, to: *to, count }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_its_time_belong_together() {
        let now = Now::at("2030-01-01T00:00:00Z".parse().unwrap());
        for days in [-30, -3, 0, 1, 7, 90, 3_650, 10_950] {
            let time = now.time().plus_seconds(days * 86_400);
            assert!(time_at(place(time, now), now).seconds_since(time).abs() <= 1, "{days}");
        }
        assert_eq!((place(Time::MIN, now), place(Time::MAX, now)), (0.0, 1.0));
        // A week has more room than the year after the first nine.
        let width = |from: i64, to: i64| {
            place(now.time().plus_seconds(to * 86_400), now) - place(now.time().plus_seconds(from * 86_400), now)
        };
        assert!(width(0, 7) > 5.0 * width(9 * 365, 10 * 365));
    }
}
