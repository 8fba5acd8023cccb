//! Alternative names: by pattern, by order, by need.

use super::*;

#[test]
fn each_kind_is_held_to_its_own_patterns() {
    let restricted = "extends = \"client\"\n[names]\ndns = [\"*.svc.internal\"]\nip = [\"10.0.0.0/8\"]\nuri = [\"spiffe://example.org/**\"]\nemail = []\n";
    for (rules, names, expected) in [
        ("client", &["a.svc.internal", "10.0.0.1", "ops@example.org"][..], &[][..]),
        (restricted, &["a.svc.internal", "10.0.0.1"], &[]),
        (restricted, &["a.b.svc.internal"], &["policy.dns_not_allowed"]),
        (restricted, &["*.svc.internal"], &["policy.dns_not_allowed"]),
        (restricted, &["192.168.0.1"], &["policy.ip_not_allowed"]),
        (restricted, &["https://example.org/a"], &["policy.uri_not_allowed"]),
        (restricted, &["ops@example.org"], &["policy.email_not_allowed"]),
        (restricted, &["evil.example", "1.1.1.1"], &["policy.dns_not_allowed", "policy.ip_not_allowed"]),
        ("extends = \"client\"\n[names]\ndns = [\"a.b\"]", &["a.b", "10.0.0.1"], &[]),
        ("extends = \"client\"\n[names]\ndns = [\"[*].svc.internal\"]", &["*.svc.internal"], &[]),
        ("client", &["*.svc.internal"], &[]),
        ("client", &["*.internal"], &["policy.wildcard_too_wide"]),
        ("extends = \"client\"\n[names]\ndns = [\"[*].internal\"]", &["*.internal"], &[]),
        ("extends = \"client\"\n[names]\nrequire = [\"dns\", \"ip\"]", &["a.b"], &["policy.name_missing"]),
    ] {
        let result = draft(&profile(rules), &request("", names), &Order::default());
        assert_eq!(error_codes(&result), expected, "{rules} {names:?}");
    }
}

#[test]
fn a_refusal_cites_the_line() {
    let rules = profile("extends = \"client\"\n[names]\ndns = [\"*.svc.internal\"]\n");
    let refusal = draft(&rules, &request("", &["evil.example"]), &Order::default()).unwrap_err();
    let finding = refusal.errors().next().unwrap();
    assert_eq!(finding.place.as_ref().unwrap().to_string(), "ca/profiles/x.toml:3");
    assert_eq!(finding.asked.as_deref(), Some("dns:evil.example"));
    assert_eq!(finding.allowed.as_deref(), Some("`*.svc.internal`"));
    let shown = "refused by the rules of profile `x`: the name `dns:evil.example` is not allowed; \
                 allowed: `*.svc.internal` (ca/profiles/x.toml:3)";
    assert_eq!(refusal.to_string(), shown);
}

#[test]
fn a_server_needs_a_name_and_may_get_it_from_its_cn() {
    for (subject, names, expected, granted) in [
        ("CN=api.internal,O=Example", &[][..], &[][..], &["dns:api.internal"][..]),
        ("CN=10.0.0.5", &[], &[], &["ip:10.0.0.5"]),
        ("CN=fd00::5", &[], &[], &["ip:fd00::5"]),
        ("CN=My Server", &[], &["policy.san_missing"], &[]),
        ("O=Example", &[], &["policy.san_missing"], &[]),
        ("CN=a.internal+CN=b.internal", &[], &["policy.san_missing"], &[]),
        ("CN=*.internal", &[], &["policy.wildcard_too_wide", "policy.san_missing"], &[]),
        ("CN=api.internal", &["b.internal"], &[], &["dns:b.internal"]),
    ] {
        let result = draft(&profile("server"), &request(subject, names), &Order::default());
        assert_eq!(error_codes(&result), expected, "{subject}");
        if let Ok(draft) = &result {
            let sans: Vec<String> = draft.content().sans.iter().map(ToString::to_string).collect();
            assert_eq!(sans, granted, "{subject}");
            assert_eq!(all_codes(&result).contains(&"policy.name_from_cn"), names.is_empty());
        }
    }
}

#[test]
fn a_client_may_be_known_by_its_subject_alone() {
    let result = draft(&profile("client"), &request("CN=svc-a", &[]), &Order::default());
    assert_eq!(all_codes(&result), ["policy.client_without_san"]);
    let result = draft(&profile("client"), &request("", &[]), &Order::default());
    assert_eq!(error_codes(&result), ["policy.nameless"]);
}

#[test]
fn names_of_the_order_take_the_place_of_the_requests() {
    let order = Order { sans: sans(&["b.internal", "c.internal"]), ..Order::default() };
    let result = draft(&profile("server"), &request("", &["a.internal", "b.internal"]), &order);
    let expected = [
        ("dns:a.internal".to_owned(), Verdict::Dropped),
        ("dns:b.internal".to_owned(), Verdict::Granted),
        ("dns:c.internal".to_owned(), Verdict::Granted),
    ];
    assert_eq!(verdicts(&result, "san "), expected);
    assert_eq!(result.unwrap().content().sans, sans(&["b.internal", "c.internal"]));
    // They go through the same rules.
    let rules = profile("extends = \"server\"\n[names]\ndns = [\"a.internal\"]");
    let result = draft(&rules, &request("", &["a.internal"]), &order);
    assert_eq!(error_codes(&result), ["policy.dns_not_allowed", "policy.dns_not_allowed"]);
}

#[test]
fn names_that_are_not_issued_are_named() {
    let names = vec![
        GeneralName::Dns("API.Internal".to_owned()),
        GeneralName::Dns("api.internal".to_owned()),
        GeneralName::Other { kind: "1.3.6.1.4.1.311.20.2.3".parse().unwrap(), value: vec![12, 0] },
        GeneralName::RegisteredId("1.2.3".parse().unwrap()),
    ];
    let asked = with_extension(request("", &[]), oid::SUBJECT_ALT_NAME, ExtensionBody::SubjectAltName(names));
    let result = draft(&profile("server"), &asked, &Order::default());
    let found: Vec<Verdict> = verdicts(&result, "san ").into_iter().map(|(_, verdict)| verdict).collect();
    // The kinds that are not issued come first, for they are no wishes.
    assert_eq!(found, [Verdict::Dropped, Verdict::Dropped, Verdict::Changed, Verdict::Dropped]);
    assert_eq!(result.as_ref().unwrap().content().sans, sans(&["api.internal"]));
    let strict = profile("extends = \"server\"\n[extensions]\nunknown = \"error\"");
    let result = draft(&strict, &asked, &Order::default());
    assert_eq!(error_codes(&result), ["policy.name_kind_not_issued", "policy.name_kind_not_issued"]);

    let bad =
        ExtensionBody::SubjectAltName(vec![GeneralName::Dns("a\u{1b}[2Jb".to_owned()), GeneralName::BadIp(vec![1])]);
    let asked = with_extension(request("", &[]), oid::SUBJECT_ALT_NAME, bad);
    let result = draft(&profile("server"), &asked, &Order::default());
    assert_eq!(error_codes(&result), ["policy.name_malformed", "policy.name_malformed"]);
    assert!(!result.unwrap_err().to_string().contains('\u{1b}'));
}

#[test]
fn spiffe_ids_stand_alone_and_within_their_domain() {
    let domain = crate::profile::Sourced::new(
        "example.org".parse().unwrap(),
        crate::Place { file: "ca/ca.toml".to_owned(), line: Some(4) },
    );
    for (rules, names, expected) in [
        ("workload", &["spiffe://example.org/pay"][..], &[][..]),
        ("workload", &["spiffe://example.org/pay", "pay.internal"], &[]),
        ("workload", &["pay.internal"], &["policy.name_missing"]),
        ("workload", &["https://example.org/pay"], &["policy.name_missing"]),
        ("workload", &["spiffe://example.org/pay", "https://example.org/x"], &["policy.spiffe_many_uris"]),
        ("workload", &["spiffe://example.org/a", "spiffe://example.org/b"], &["policy.spiffe_many_uris"]),
        ("workload", &["spiffe://example.org"], &["policy.spiffe_without_path"]),
        ("workload", &["spiffe://other.org/pay"], &["policy.spiffe_foreign_domain"]),
        ("client", &["spiffe://other.org/pay"], &["policy.spiffe_foreign_domain"]),
        ("peer", &["spiffe://example.org/pay"], &[]),
    ] {
        let authority = free_authority();
        let terms = IssuerTerms { trust_domain: Some(&domain), ..terms(&authority) };
        let result = apply(&profile(rules), &request("", names), &Order::default(), &terms, now());
        assert_eq!(error_codes(&result), expected, "{rules} {names:?}");
    }
    let result = draft(&profile("client"), &request("", &["spiffe://example.org/a"]), &Order::default());
    assert_eq!(all_codes(&result), ["policy.spiffe_one_usage"]);
    let workload =
        draft(&profile("workload"), &request("CN=postgres,O=x", &["spiffe://d/p"]), &Order::default()).unwrap();
    assert!(workload.content().subject.is_empty());
    assert_eq!(workload.content().key_usage, KeyUsages::of(&[KeyUsage::DigitalSignature]));
    for bad in ["spiffe://a/b", "spiffe://a:1", "A.B", "", "https://a"] {
        assert!(bad.parse::<super::super::TrustDomain>().is_err(), "{bad}");
    }
}

#[test]
fn malformed_names_are_refused_and_no_cn_takes_their_place() {
    for bad in [
        GeneralName::BadIp(vec![10, 0, 0, 1, 0]),
        GeneralName::BadIp(vec![10, 0, 0, 1, 255, 0, 0, 0]),
        GeneralName::Unsupported { tag: 1, value: "ö@example.org".into() },
        GeneralName::Unsupported { tag: 2, value: "bücher.internal".into() },
        GeneralName::Unsupported { tag: 6, value: "https://bücher.internal/".into() },
    ] {
        let body = ExtensionBody::SubjectAltName(vec![bad.clone()]);
        let asked = with_extension(request("CN=api.internal", &[]), oid::SUBJECT_ALT_NAME, body);
        let result = draft(&profile("server"), &asked, &Order::default());
        assert_eq!(error_codes(&result), ["policy.name_malformed"], "{bad}");
        assert!(!all_codes(&result).contains(&"policy.name_from_cn"), "{bad}");
    }
}

#[test]
fn requests_that_ask_for_too_much_get_one_row() {
    let many = |count: usize| -> Vec<GeneralName> {
        (0..count).map(|number| GeneralName::Dns(format!("n{number}.internal"))).collect()
    };
    let named =
        |count| with_extension(request("", &[]), oid::SUBJECT_ALT_NAME, ExtensionBody::SubjectAltName(many(count)));
    let ordered = |count: usize| many(count).iter().map(|name| name.to_san().unwrap()).collect();
    let extended = |count: usize| {
        let malformed = || extension("1.2.3.4".parse().unwrap(), ExtensionBody::Malformed("x".to_owned()));
        Request { extensions: Extensions::new((0..count).map(|_| malformed()).collect()), ..request("CN=a", &["a.b"]) }
    };
    let attribute = || RequestAttribute { oid: oid::CHALLENGE_PASSWORD, values: vec![0x31, 0] };
    let attributed =
        |count: usize| Request { attributes: (0..count).map(|_| attribute()).collect(), ..request("CN=a", &["a.b"]) };
    let subject = |count: usize| request(&vec!["OU=x"; count].join(","), &["a.b"]);
    let sized = |count: usize| Request { der: vec![0; count], ..request("CN=a", &["a.b"]) };
    for (asked, sans, too_large) in [
        (named(1000), Vec::new(), false),
        (named(1001), Vec::new(), true),
        (named(30_000), Vec::new(), true),
        (named(1), ordered(1000), false),
        (named(1), ordered(1001), true),
        (extended(30_000), Vec::new(), true),
        (attributed(100), Vec::new(), false),
        (attributed(30_000), Vec::new(), true),
        (subject(100), Vec::new(), false),
        (subject(101), Vec::new(), true),
        (sized(256 * 1024), Vec::new(), false),
        (sized(256 * 1024 + 1), Vec::new(), true),
    ] {
        let order = Order { sans, ..Order::default() };
        let result = draft(&profile("client"), &asked, &order);
        let expected: &[&str] = if too_large { &["policy.request_too_large"] } else { &[] };
        assert_eq!(error_codes(&result), expected);
        assert_eq!(rows(&result).len() == 1, too_large);
    }
}
