//! CAs: path lengths, name constraints, and what is below them.

use super::*;
use crate::policy::constraints::parse_subtree;
use crate::words::x509::constraints::Subtree;

fn constraints(permitted: &[&str], excluded: &[&str]) -> NameConstraints {
    let read = |list: &[&str]| list.iter().map(|text| parse_subtree(text).unwrap()).collect();
    NameConstraints { permitted: read(permitted), excluded: read(excluded) }
}

#[test]
fn path_lengths_fit_below_the_issuer() {
    // The issuer's, the order's, and the granted one or the error.
    for (above, wished, expected) in [
        (None, None, Ok((Some(0), false))),
        (None, Some(3), Ok((Some(3), false))),
        (Some(1), None, Ok((Some(0), false))),
        (Some(1), Some(1), Err("policy.path_length_too_long")),
        (Some(2), Some(1), Ok((Some(1), false))),
        (Some(0), None, Err("policy.no_ca_below")),
        (None, Some(255), Ok((Some(255), false))),
        (None, Some(256), Err("policy.path_length_too_long")),
        (None, Some(300), Err("policy.path_length_too_long")),
    ] {
        let authority = authority(NameConstraints::default(), above);
        let order = Order { path_length: wished, ..Order::default() };
        let result = apply(&profile("intermediate"), &request("CN=Sub CA", &[]), &order, &terms(&authority), now());
        match expected {
            Ok((length, held)) => {
                assert_eq!(all_codes(&result).contains(&"policy.path_length_held"), held);
                assert_eq!(result.unwrap().content().basic_constraints.path_length, length, "{above:?} {wished:?}");
            }
            Err(code) => assert_eq!(error_codes(&result), [code], "{above:?} {wished:?}"),
        }
    }
    // A CA further up counts as well.
    let (issuer, root) = (authority(NameConstraints::default(), None), authority(NameConstraints::default(), Some(1)));
    let above = [root];
    let terms = IssuerTerms::authority(&issuer, &above, SignatureAlgorithm::Ed25519);
    let result = apply(&profile("intermediate"), &request("CN=Sub CA", &[]), &Order::default(), &terms, now());
    assert_eq!(error_codes(&result), ["policy.no_ca_below"]);
}

#[test]
fn the_profiles_path_length_is_held_to_the_room_below_the_issuer() {
    for (above, of_the_profile, expected) in [
        (Some(2), "3", (Some(1), true)),
        (Some(4), "3", (Some(3), false)),
        (Some(5), "3", (Some(3), false)),
        (None, "3", (Some(3), false)),
    ] {
        let authority = authority(NameConstraints::default(), above);
        let rules = profile(&format!("extends = \"intermediate\"\n[usage]\npath_length = {of_the_profile}\n"));
        let result = apply(&rules, &request("CN=Sub CA", &[]), &Order::default(), &terms(&authority), now());
        let held = all_codes(&result).contains(&"policy.path_length_held");
        assert_eq!((result.unwrap().content().basic_constraints.path_length, held), expected, "{above:?}");
    }
}

#[test]
fn a_root_signs_itself_and_a_leaf_does_not() {
    let terms = IssuerTerms::itself(SignatureAlgorithm::EcdsaP256Sha256);
    let root = apply(&profile("root"), &request("CN=Root,O=Example", &[]), &Order::default(), &terms, now()).unwrap();
    assert_eq!(root.content().issuer, root.content().subject);
    assert_eq!(root.content().authority_key_identifier, root.content().subject_key_identifier);
    assert!(root.content().basic_constraints.ca);
    let leaf = apply(&profile("client"), &request("CN=a", &["a.b"]), &Order::default(), &terms, now());
    assert_eq!(error_codes(&leaf), ["policy.leaf_signs_itself"]);
    let nameless = apply(&profile("root"), &request("", &[]), &Order::default(), &terms, now());
    assert_eq!(error_codes(&nameless), ["policy.ca_without_subject"]);
    let with_key_of_issuer = {
        let mut asked = request("CN=a", &["a.b"]);
        asked.public_key = other_key();
        draft(&profile("client"), &asked, &Order::default())
    };
    assert_eq!(error_codes(&with_key_of_issuer), ["policy.key_is_issuers"]);
    // The key of a CA further up is no better.
    let mut issuer = free_authority();
    issuer.public_key =
        spki("302a300506032b657003210000000000000000000000000000000000000000000000000000000000000000ff");
    let above = [free_authority()];
    let terms = IssuerTerms::authority(&issuer, &above, SignatureAlgorithm::Ed25519);
    let mut asked = request("CN=a", &["a.b"]);
    asked.public_key = other_key();
    let result = apply(&profile("client"), &asked, &Order::default(), &terms, now());
    assert_eq!(error_codes(&result), ["policy.key_is_issuers"]);
}

#[test]
fn a_leaf_is_no_issuer() {
    let mut leaf = free_authority();
    leaf.extensions = Extensions::default();
    let result = apply(&profile("client"), &request("CN=a", &["a.b"]), &Order::default(), &terms(&leaf), now());
    assert_eq!(error_codes(&result), ["policy.issuer_not_ca"]);
}

#[test]
fn ordered_constraints_are_completed_and_held_within_the_parents() {
    let parent = constraints(&["dns:internal", "ip:10.0.0.0/8"], &["dns:secret.internal"]);
    let all_v4 = "ip:0.0.0.0/0";
    // Parent, permitted, excluded; what is excluded then, or the errors.
    for (above, permitted, excluded, expected) in [
        (None, &["dns:svc.internal"][..], &[][..], Ok(&[all_v4, "ip:::/0"][..])),
        (None, &["dns:svc.internal"], &["ip:10.0.0.0/8"], Ok(&[all_v4, "ip:::/0"])),
        (None, &["dns:svc.internal", "ip:10.0.0.0/8"], &[], Ok(&[])),
        (None, &["email:example.org"], &[], Ok(&[])),
        (Some(&parent), &["dns:svc.internal"], &[], Ok(&[all_v4, "ip:::/0"])),
        (Some(&parent), &["dns:example.org"], &[], Err(&["policy.constraint_not_permitted"][..])),
        (Some(&parent), &["dns:secret.internal", "ip:10.1.0.0/16"], &[], Err(&["policy.constraint_excluded"])),
        (Some(&parent), &["dns:svc.internal", "ip:11.0.0.0/8"], &[], Err(&["policy.constraint_not_permitted"])),
    ] {
        let authority = authority(above.cloned().unwrap_or_default(), None);
        let order = Order { name_constraints: constraints(permitted, excluded), ..Order::default() };
        let result = apply(&profile("intermediate"), &request("CN=Sub CA", &[]), &order, &terms(&authority), now());
        match expected {
            Ok(excluded) => {
                let granted = result.unwrap().content().name_constraints.clone();
                let shown: Vec<String> = granted.excluded.iter().map(ToString::to_string).collect();
                assert_eq!(shown, excluded, "{permitted:?}");
            }
            Err(codes) => assert_eq!(error_codes(&result), codes, "{permitted:?}"),
        }
    }
}

#[test]
fn what_peers_make_of_constraints_is_told() {
    let order = Order { name_constraints: constraints(&["uri:example.org"], &[]), ..Order::default() };
    let terms = IssuerTerms::itself(SignatureAlgorithm::EcdsaP256Sha256);
    let root = apply(&profile("root"), &request("CN=Root", &[]), &order, &terms, now());
    assert_eq!(all_codes(&root), ["policy.constraint_uri", "policy.constraint_on_root"]);
    let leaf = draft(&profile("client"), &request("CN=a", &["a.b"]), &order);
    assert_eq!(error_codes(&leaf), ["policy.constraints_on_leaf"]);
    let order = Order { path_length: Some(1), ..Order::default() };
    let leaf = draft(&profile("client"), &request("CN=a", &["a.b"]), &order);
    assert_eq!(error_codes(&leaf), ["policy.path_length_on_leaf"]);
}

#[test]
fn constraints_that_peers_do_not_check_are_not_ordered() {
    for subtree in [
        Subtree::RegisteredId("1.2.3".parse().unwrap()),
        Subtree::BadIp(vec![10, 0, 0, 0]),
        Subtree::Unsupported { tag: 3, value: vec![0x30, 0] },
    ] {
        let name_constraints = NameConstraints { permitted: vec![subtree.clone()], excluded: Vec::new() };
        let order = Order { name_constraints, ..Order::default() };
        let result =
            apply(&profile("intermediate"), &request("CN=Sub CA", &[]), &order, &terms(&free_authority()), now());
        assert_eq!(error_codes(&result), ["policy.constraint_unsupported"], "{subtree}");
    }
}

#[test]
fn a_ca_whose_constraints_cannot_be_read_issues_nothing() {
    let mut issuer = free_authority();
    let constraints = extension(oid::NAME_CONSTRAINTS, ExtensionBody::Malformed("cut off".to_owned()));
    issuer.extensions = Extensions::new(issuer.extensions.iter().cloned().chain([constraints]).collect());
    let result = apply(&profile("server"), &request("", &["a.internal"]), &Order::default(), &terms(&issuer), now());
    assert_eq!(error_codes(&result), ["policy.constraints_unreadable"]);
}

#[test]
fn leaves_are_held_within_the_constraints_of_every_ca_above() {
    let issuer = authority(constraints(&["dns:svc.internal"], &[]), None);
    let above = [authority(constraints(&["ip:10.0.0.0/8"], &["dns:db.svc.internal"]), None)];
    let terms = IssuerTerms::authority(&issuer, &above, SignatureAlgorithm::Ed25519);
    for (names, expected) in [
        (&["a.svc.internal", "10.0.0.1"][..], &[][..]),
        (&["a.other"], &["policy.name_not_permitted"]),
        (&["a.db.svc.internal"], &["policy.name_excluded"]),
        (&["a.other", "11.0.0.1"], &["policy.name_not_permitted", "policy.name_not_permitted"]),
    ] {
        let result = apply(&profile("server"), &request("", names), &Order::default(), &terms, now());
        assert_eq!(error_codes(&result), expected, "{names:?}");
    }
}

#[test]
fn names_of_a_ca() {
    let result =
        draft(&profile("intermediate"), &request("CN=Sub", &["sub.internal", "spiffe://d"]), &Order::default());
    assert!(all_codes(&result).contains(&"policy.ca_name_dropped"));
    assert_eq!(result.unwrap().content().sans, sans(&["spiffe://d"]));
    let result = draft(&profile("intermediate"), &request("CN=Sub", &["spiffe://d/p"]), &Order::default());
    assert_eq!(error_codes(&result), ["policy.spiffe_ca_with_path"]);
}

#[test]
fn usages_that_an_adopted_ca_does_not_pass_on_are_told() {
    let mut issuer = free_authority();
    let body = ExtensionBody::ExtendedKeyUsage(vec!["clientAuth".parse().unwrap()]);
    let extensions = issuer.extensions.iter().cloned().chain([extension(oid::EXTENDED_KEY_USAGE, body)]).collect();
    issuer.extensions = Extensions::new(extensions);
    for (rules, expected) in
        [("client", &[][..]), ("server", &["policy.usage_beyond_issuer"]), ("peer", &["policy.usage_beyond_issuer"])]
    {
        let result = apply(&profile(rules), &request("", &["a.b"]), &Order::default(), &terms(&issuer), now());
        assert_eq!(all_codes(&result), expected, "{rules}");
    }
}

#[test]
fn nobody_signs_a_root_but_itself() {
    for (rules, expected) in [
        ("root", &["policy.root_below_a_ca"][..]),
        ("extends = \"root\"\n[lifetime]\nmax = \"20y\"\n", &["policy.root_below_a_ca"]),
        ("intermediate", &[]),
    ] {
        let mut rules = profile(rules);
        // Only the issuer is asked about here.
        rules.default_lifetime = profile("intermediate").default_lifetime;
        let result = draft(&rules, &request("CN=Sub CA", &[]), &Order::default());
        assert_eq!(error_codes(&result), expected);
    }
}
