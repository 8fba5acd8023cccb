//! Subjects: whole and untouched where nothing forbids, and default-deny where names are restricted.

use super::*;
use crate::words::x509::name::{Attribute, AttributeValue};

#[test]
fn a_profile_that_restricts_dns_grants_no_other_identity() {
    let rules = profile("extends = \"client\"\n[names]\ndns = [\"*.svc.internal\"]\n");
    let asked = request("CN=postgres,O=system:masters", &["api.svc.internal"]);
    let refusal = draft(&rules, &asked, &Order::default()).unwrap_err();
    let codes: Vec<&str> = refusal.errors().map(|finding| finding.code).collect();
    assert_eq!(codes, ["policy.subject_not_allowed", "policy.cn_not_allowed"]);
    assert!(refusal.errors().all(|finding| finding.place.as_ref().unwrap().to_string() == "ca/profiles/x.toml:3"));
}

#[test]
fn subjects_by_rule() {
    const DNS: &str = "extends = \"client\"\n[names]\ndns = [\"**.internal\"]\n";
    const CN: &str = "extends = \"client\"\n[names]\ncn = [\"svc-*\"]\n";
    const ALLOW: &str = "extends = \"client\"\n[names]\ndns = [\"**.internal\"]\n[subject]\nallow = [\"OU\"]\n";
    const ALLOW_FREE: &str = "extends = \"client\"\n[subject]\nallow = [\"CN\", \"OU\"]\n";
    const SET: &str = "extends = \"client\"\n[subject]\nset = { C = \"DE\", O = \"Example\" }\n";
    const EMAIL: &str =
        "extends = \"client\"\n[names]\nemail = [\"@example.org\"]\n[subject]\nallow = [\"emailAddress\"]\n";
    // Profile, asked subject, granted subject or the errors.
    for (rules, asked, expected) in [
        ("client", "CN=a,OU=x,OU=y,O=Example,C=DE", Ok("CN=a,OU=x,OU=y,O=Example,C=DE")),
        ("client", "CN=a+OU=b,DC=example,DC=org", Ok("CN=a+OU=b,DC=example,DC=org")),
        ("client", "1.2.3.4=x,CN=a", Ok("CN=a")),
        (DNS, "CN=a.internal", Ok("CN=a.internal")),
        (DNS, "CN=A.Internal", Ok("CN=A.Internal")),
        (DNS, "CN=b.internal", Err(&["policy.cn_not_allowed"][..])),
        (DNS, "CN=a.internal,OU=x", Err(&["policy.subject_not_allowed"])),
        (DNS, "CN=a.internal,C=DE,ST=x,L=y", Ok("CN=a.internal")),
        (DNS, "UID=root,CN=a.internal", Err(&["policy.subject_not_allowed"])),
        (DNS, "CN=a.internal+CN=root", Err(&["policy.cn_not_allowed"])),
        (CN, "CN=svc-a", Ok("CN=svc-a")),
        (CN, "CN=root", Err(&["policy.cn_not_allowed"])),
        (CN, "CN=svc-a,O=system:masters", Err(&["policy.subject_not_allowed"])),
        (ALLOW, "CN=a.internal,OU=x", Ok("CN=a.internal,OU=x")),
        (ALLOW, "CN=root,OU=x,O=y", Err(&["policy.subject_not_allowed", "policy.cn_not_allowed"])),
        (ALLOW_FREE, "CN=root,OU=x,O=y", Ok("CN=root,OU=x")),
        (SET, "CN=a", Ok("CN=a,O=Example,C=DE")),
        (SET, "CN=a,O=Evil,O=Twice", Ok("CN=a,O=Example,C=DE")),
        (SET, "CN=a,O=Example,C=DE", Ok("CN=a,O=Example,C=DE")),
        (EMAIL, "emailAddress=ops@example.org", Ok("emailAddress=ops@example.org")),
        (EMAIL, "emailAddress=ops@evil.org", Err(&["policy.subject_not_allowed"])),
        ("workload", "CN=a.internal,O=x", Ok("CN=a.internal")),
    ] {
        let names: &[&str] = if rules == "workload" { &["a.internal", "spiffe://d/p"] } else { &["a.internal"] };
        let result = draft(&profile(rules), &request(asked, names), &Order::default());
        match expected {
            Ok(subject) => {
                let granted = result.unwrap_or_else(|refusal| panic!("{rules} {asked}: {refusal}"));
                assert_eq!(granted.content().subject.rfc4514(), subject, "{rules} {asked}");
            }
            Err(codes) => assert_eq!(error_codes(&result), codes, "{rules} {asked}"),
        }
    }
}

#[test]
fn every_attribute_has_a_row() {
    let rules = profile("extends = \"client\"\n[subject]\nallow = [\"CN\"]\nset = { O = \"Example\" }\n");
    let result = draft(&rules, &request("CN=a+OU=x,O=Evil,C=DE", &["a.internal"]), &Order::default());
    let expected = [
        ("DE".to_owned(), Verdict::Dropped),
        ("Evil".to_owned(), Verdict::Changed),
        ("a".to_owned(), Verdict::Granted),
        ("x".to_owned(), Verdict::Dropped),
    ];
    let mut found = verdicts(&result, "subject ");
    found.sort_by(|left, right| left.0.cmp(&right.0));
    assert_eq!(found, expected);
}

#[test]
fn an_untouched_subject_keeps_its_octets() {
    // O as T61String (0x14) and CN as BMPString (0x1e), as Windows and old tools write them.
    let der = HEXLOWER.decode(b"301f310c300a060355040a1403457867310f300d06035504031e06007300760063").unwrap();
    let mut asked = request("", &["a.internal"]);
    asked.subject = encoding::name::read(&der).unwrap();
    let granted = draft(&profile("client"), &asked, &Order::default()).unwrap();
    assert_eq!(granted.content().subject.der(), der);
    // What stays of a changed one keeps its string type.
    let rules = profile("extends = \"client\"\n[subject]\nallow = [\"CN\"]\n");
    let granted = draft(&rules, &asked, &Order::default()).unwrap();
    assert!(HEXLOWER.encode(granted.content().subject.der()).ends_with("1e06007300760063"));
}

#[test]
fn values_that_no_name_should_have_are_refused_or_left_out() {
    let with = |value: AttributeValue| {
        let attribute = Attribute { kind: oid::ORGANIZATION, value };
        let mut asked = request("CN=a", &["a.internal"]);
        asked.subject = Name::from_encoding(vec![vec![attribute]], vec![0x30, 0]);
        draft(&profile("client"), &asked, &Order::default())
    };
    let read = |text: &str| AttributeValue::Read { text: Some(text.to_owned()), der: vec![0x0c, 0] };
    for bad in ["a\nb", "a\u{1b}[2J", "\u{202e}gpj", &"x".repeat(65)] {
        assert_eq!(error_codes(&with(read(bad))), ["policy.subject_value"], "{bad:?}");
    }
    assert!(with(read(" ")).unwrap().content().subject.is_empty());
    let unreadable = AttributeValue::Read { text: None, der: vec![4, 1, 0xff] };
    assert!(with(unreadable).unwrap().content().subject.is_empty());
}

#[test]
fn the_subject_of_the_order_takes_the_place_of_the_requests() {
    let order = Order { subject: Some("CN=b,O=Example".parse().unwrap()), ..Order::default() };
    let result = draft(&profile("client"), &request("CN=a,O=Example", &["a.internal"]), &order);
    let from_request: Vec<Verdict> = rows(&result)
        .iter()
        .filter(|row| row.item.starts_with("subject") && row.origin == super::super::Origin::Request)
        .map(|row| row.verdict)
        .collect();
    assert_eq!(from_request, [Verdict::Granted, Verdict::Dropped]);
    assert_eq!(result.unwrap().content().subject.rfc4514(), "CN=b,O=Example");
}

#[test]
fn a_cn_is_vouched_for_only_by_names_that_a_pattern_granted() {
    const DNS: &str = "extends = \"client\"\n[names]\ndns = [\"*.svc.internal\"]\n";
    const URI: &str = "extends = \"client\"\n[names]\nuri = [\"spiffe://example.org/**\"]\n";
    const EMAIL: &str = "extends = \"client\"\n[names]\nemail = [\"@example.org\"]\n";
    const CN: &str = "extends = \"client\"\n[names]\ncn = [\"svc-*\"]\n";
    const DENIED: &[&str] = &["policy.cn_not_allowed"];
    for (rules, common_name, san, expected) in [
        (DNS, "system:kube-controller-manager", "uri:system:kube-controller-manager", DENIED),
        (DNS, "admin@evil.com", "email:admin@evil.com", DENIED),
        (DNS, "10.0.0.1", "ip:10.0.0.1", DENIED),
        (DNS, "a.svc.internal", "dns:a.svc.internal", &[]),
        (URI, "spiffe://example.org/a", "uri:spiffe://example.org/a", &[]),
        (URI, "root.internal", "dns:root.internal", DENIED),
        (EMAIL, "ops@example.org", "email:ops@example.org", &[]),
        (CN, "root", "dns:root", DENIED),
        (CN, "svc-a", "dns:svc-a", &[]),
        ("client", "system:masters", "uri:system:masters", &[]),
    ] {
        let asked = request(&format!("CN={common_name}"), &[san]);
        let result = draft(&profile(rules), &asked, &Order::default());
        assert_eq!(error_codes(&result), expected, "{rules} {common_name} {san}");
    }
}

#[test]
fn a_common_name_that_the_profile_requires_has_to_be_there() {
    let rules = profile("extends = \"client\"\n[names]\nrequire = [\"cn\"]\n");
    let refusal = draft(&rules, &request("O=Example", &["a.internal"]), &Order::default()).unwrap_err();
    let found: Vec<_> = refusal.errors().map(|error| (error.code, error.place.as_ref().unwrap().to_string())).collect();
    assert_eq!(found, [("policy.name_missing", "ca/profiles/x.toml:3".to_owned())]);
    assert!(draft(&rules, &request("O=Example,CN=a", &["a.internal"]), &Order::default()).is_ok());
}
