//! Validity: from five minutes ago to a wish that is granted or refused, or a default that is held.

use super::*;
use crate::profile::Sourced;
use crate::words::finding::Place;
use crate::words::x509::lifetime::{Lifetime, LifetimeWish};

const DAY: i64 = 86_400;

fn sourced(text: &str, line: usize) -> Sourced<Lifetime> {
    Sourced::new(text.parse().unwrap(), Place { file: "ca/ca.toml".to_owned(), line: Some(line) })
}

fn wish(text: &str) -> Option<LifetimeWish> {
    match text {
        "" => None,
        _ if text.contains('T') => Some(LifetimeWish::Until(text.parse().unwrap())),
        _ => Some(LifetimeWish::For(text.parse().unwrap())),
    }
}

#[test]
fn wishes_are_granted_or_refused_and_defaults_are_held() {
    // Profile, wish, ca.toml's default and maximum, and the end in seconds from now or the codes.
    // The CA ends in 365 days.
    for (rules, asked, default, max, expected) in [
        ("client", "", "", "", Ok((90 * DAY, &[][..]))),
        ("client", "", "30d", "", Ok((30 * DAY, &[]))),
        ("workload", "", "30d", "", Ok((DAY, &[]))),
        ("client", "", "", "7d", Ok((7 * DAY, &["policy.lifetime_held_to_maximum"]))),
        ("client", "90d", "", "", Ok((90 * DAY, &[]))),
        ("client", "1h", "", "", Ok((3_600, &[]))),
        ("client", "10m", "", "", Ok((600, &[]))),
        ("client", "2027-01-16T08:00:00Z", "", "", Ok((DAY, &[]))),
        ("client", "8d", "", "7d", Err(&["policy.lifetime_too_long"][..])),
        ("client", "7d", "", "7d", Ok((7 * DAY, &[]))),
        ("workload", "31d", "", "60d", Err(&["policy.lifetime_too_long"])),
        ("client", "366d", "", "", Err(&["policy.lifetime_beyond_issuer"])),
        ("client", "365d", "", "", Ok((365 * DAY, &[]))),
        ("client", "826d", "", "", Err(&["policy.lifetime_too_long", "policy.lifetime_beyond_issuer"])),
        ("client", "2027-01-15T08:00:00Z", "", "", Err(&["policy.lifetime_past"])),
        ("client", "2020-01-01T00:00:00Z", "", "", Err(&["policy.lifetime_past"])),
        ("intermediate", "", "", "", Ok((365 * DAY, &["policy.lifetime_clamped"]))),
    ] {
        let authority = free_authority();
        let (default, max) =
            ((!default.is_empty()).then(|| sourced(default, 2)), (!max.is_empty()).then(|| sourced(max, 3)));
        let terms = IssuerTerms { default_lifetime: default.as_ref(), max_lifetime: max.as_ref(), ..terms(&authority) };
        let order = Order { lifetime: wish(asked), ..Order::default() };
        let names: &[&str] = if rules == "workload" { &["spiffe://d/p"] } else { &["a.internal"] };
        let names = if rules == "intermediate" { &[] } else { names };
        let result = apply(&profile(rules), &request("CN=a.internal", names), &order, &terms, now());
        match expected {
            Ok((seconds, codes)) => {
                let codes_found: Vec<_> =
                    all_codes(&result).into_iter().filter(|code| code.contains("lifetime")).collect();
                assert_eq!(codes_found, codes, "{rules} {asked}");
                let validity = result.unwrap().content().validity;
                assert_eq!(validity.not_after.seconds_since(now().time()), seconds, "{rules} {asked}");
                assert_eq!(validity.not_before.seconds_since(now().time()), -300);
            }
            Err(codes) => assert_eq!(error_codes(&result), codes, "{rules} {asked}"),
        }
    }
}

#[test]
fn the_lower_maximum_is_cited() {
    let authority = free_authority();
    let max = sourced("7d", 3);
    let terms = IssuerTerms { max_lifetime: Some(&max), ..terms(&authority) };
    let order = Order { lifetime: wish("8d"), ..Order::default() };
    let refusal = apply(&profile("client"), &request("CN=a", &["a.b"]), &order, &terms, now()).unwrap_err();
    assert_eq!(refusal.errors().next().unwrap().place.as_ref().unwrap().to_string(), "ca/ca.toml:3");
}

#[test]
fn a_ca_issues_within_its_own_life_only() {
    let authority = free_authority();
    let Validity { not_before, not_after } = authority.validity();
    for (time, expected) in [
        (not_before.plus_seconds(-1), Err("policy.issuer_not_yet_valid")),
        (not_before, Ok(not_before)),
        (not_before.plus_seconds(100), Ok(not_before)),
        (not_before.plus_seconds(300), Ok(not_before)),
        (not_before.plus_seconds(301), Ok(not_before.plus_seconds(1))),
        (not_after.plus_seconds(-3_600), Ok(not_after.plus_seconds(-3_900))),
        (not_after.plus_seconds(-3_599), Err("policy.issuer_ends")),
        (not_after.plus_seconds(1), Err("policy.issuer_expired")),
    ] {
        let asked = request("CN=a", &["a.b"]);
        let result = apply(&profile("client"), &asked, &Order::default(), &terms(&authority), Now::at(time));
        match expected {
            Ok(from) => assert_eq!(result.unwrap().content().validity.not_before, from, "{time}"),
            Err(code) => assert_eq!(error_codes(&result), [code], "{time}"),
        }
    }
}
