//! Profiles as operators write them: what is read, from which line, and what is refused in which words.

use proptest::prelude::*;

use super::*;
use crate::words::x509::usage::KeyUsage;

fn set(files: &[(&str, &str)]) -> ProfileSet {
    let source = |(file, text): &(&str, &str)| Source { file: (*file).to_owned(), text: (*text).to_owned() };
    ProfileSet::with_files(files.iter().map(source).collect()).unwrap()
}

fn get(files: &[(&str, &str)], name: &str) -> Result<Profile, ProfileError> {
    set(files).get(&name.parse().unwrap()).cloned()
}

#[test]
fn every_built_in_profile_holds_together() {
    let builtin = ProfileSet::builtin();
    let names: Vec<&str> = builtin.names().iter().map(|name| name.as_str()).collect();
    assert_eq!(
        names,
        ["audit-signer", "client", "cross", "intermediate", "ocsp-responder", "peer", "root", "server", "workload"]
    );
    for name in builtin.names() {
        let profile = builtin.get(name).unwrap();
        assert!(!profile.description.is_empty(), "{name}");
        assert_eq!(profile.remarks(), [], "{name}");
        assert_eq!(profile.names.first_restriction(), None, "{name} restricts no names");
        assert_eq!(profile.ca, matches!(name.as_str(), "root" | "intermediate" | "cross"));
    }
    let peer = builtin.get(&"peer".parse().unwrap()).unwrap();
    assert!(peer.is_for_servers() && peer.is_for_clients());
    assert!(builtin.get(&"workload".parse().unwrap()).unwrap().is_for_workloads());
}

#[test]
fn values_remember_their_lines_through_a_chain_of_files() {
    let files = [
        ("ca/profiles/db.toml", "extends = \"internal\"\n[names]\ncn = [\"postgres\"]\n"),
        (
            "ca/profiles/internal.toml",
            "extends = \"client\"\n\n[names]\ndns = [\n  \"*.a.internal\",\n  \"*.b.internal\",\n]\n",
        ),
        ("ca/profiles/client.toml", "extends = \"client\"\n[lifetime]\nmax = \"30d\"\n"),
    ];
    let profile = get(&files, "db").unwrap();
    assert_eq!(profile.place.to_string(), "ca/profiles/db.toml");
    let dns = profile.names.dns.unwrap();
    assert_eq!(dns.place.to_string(), "ca/profiles/internal.toml:4");
    assert_eq!(dns.value[1].place.to_string(), "ca/profiles/internal.toml:6");
    assert_eq!(profile.names.cn.unwrap().place.to_string(), "ca/profiles/db.toml:3");
    assert_eq!(profile.max_lifetime.unwrap().place.to_string(), "ca/profiles/client.toml:3");
    assert_eq!(profile.extended_key_usage.place.to_string(), "built-in client.toml:9");
    assert!(profile.key_usage.value.contains(KeyUsage::DigitalSignature));
}

#[test]
fn every_key_is_read() {
    let text = r#"
description = "everything"
[key]
algorithms = ["ecdsa-p256", "rsa>=3072"]
[usage]
key = ["digitalSignature"]
extended = ["clientAuth", "1.3.6.1.5.5.7.3.4"]
ca = false
[lifetime]
default = "30d"
max = "90d"
[names]
dns = ["**.svc.internal"]
ip = ["10.0.0.0/8", "fd00::1"]
uri = ["spiffe://example.org/**"]
email = ["@example.org"]
cn = ["svc-*"]
require = ["dns", "spiffe"]
[subject]
allow = ["O", "2.5.4.11"]
set = { O = "Example", C = "DE" }
[urls]
crl = ["http://pki.example.org/{issuer}.crl"]
ocsp = []
issuer = ["http://pki.example.org/{issuer}.crt"]
[extensions]
unknown = "error"
policies = ["1.3.6.1.4.1.99999.1"]
"#;
    let profile = get(&[("all.toml", text)], "all").unwrap();
    assert_eq!(profile.algorithms.value.len(), 2);
    assert_eq!(profile.extended_key_usage.value.len(), 2);
    assert_eq!(profile.names.require.len(), 2);
    assert_eq!(profile.names.ip.unwrap().value[1].value.to_string(), "fd00::1/128");
    let set: Vec<&str> = profile.subject.set.iter().map(|set| set.value.text.as_str()).collect();
    assert_eq!(set, ["Example", "DE"], "in the order of the file");
    assert_eq!(profile.urls.crl.unwrap().value[0].value.for_issuer("g2"), "http://pki.example.org/g2.crl");
    assert_eq!(profile.unknown_extensions.value, UnknownExtensions::Error);
}

#[test]
fn mistakes_are_named_with_file_line_and_nearest_word() {
    // Text, and what each finding has to say: its line and a part of it.
    let cases: &[(&str, &[(usize, &str)])] = &[
        ("extends = \"client\"\n[nmaes]\ndns = []", &[(2, "`nmaes` is not known")]),
        ("extends = \"client\"\n[names]\ndnss = []\nuris = []", &[(3, "`[names] dnss`"), (4, "`[names] uris`")]),
        ("extends = \"clinet\"", &[(1, "there is no profile `clinet`")]),
        ("extends = \"x\"", &[(1, "extends itself")]),
        ("extends = 3", &[(1, "`extends` has to be text, and is a whole number")]),
        ("[names]\ndns = \"a\"", &[(2, "has to be a list")]),
        ("names = 1", &[(1, "`names` has to be a table")]),
        ("extends = \"client\"\n[names]\ndns = [\n\"a..b\"]", &[(4, "`a..b` is not a DNS pattern")]),
        ("extends = \"client\"\n[names]\nip = [\"10.0.0.1/8\"]", &[(3, "the range is `10.0.0.0/8`")]),
        ("extends = \"client\"\n[lifetime]\nmax = \"forever\"", &[(3, "not a length of time")]),
        ("extends = \"client\"\n[lifetime]\ndefault = \"90d\"\nmax = \"30d\"", &[(3, "above the maximum of 30d")]),
        ("extends = \"client\"\n[usage]\nkey = []", &[(3, "is empty")]),
        ("extends = \"client\"\n[usage]\nkey = [\"keyCertSign\"]", &[(3, "is for CAs")]),
        ("extends = \"client\"\n[usage]\npath_length = 1", &[(3, "is for CAs")]),
        ("extends = \"client\"\n[usage]\npath_length = -1", &[(3, "from 0 to 255")]),
        ("extends = \"client\"\n[key]\nalgorithms = [\"rsa>=1024\"]", &[(3, "2048 to 8192")]),
        ("extends = \"client\"\n[subject]\nset = { C = \"Germany\" }", &[(3, "two letters")]),
        ("extends = \"client\"\n[subject]\nset = { XX = \"y\" }", &[(3, "not an attribute type")]),
        ("extends = \"client\"\n[urls]\ncrl = [\"ftp://x/y\"]", &[(3, "is not a URL")]),
        ("extends = \"client\"\n[extensions]\nunknown = \"keep\"", &[(3, "not one of drop, error")]),
        ("extends = \"client\"\n[names]\nip = []\nrequire = [\"ip\"]", &[(4, "is required")]),
        ("a = ", &[(1, "not TOML")]),
        ("extends = \"client\"\nextends = \"server\"", &[(2, "not TOML")]),
    ];
    for (text, expected) in cases {
        let error = get(&[("ca/profiles/x.toml", text)], "x").unwrap_err();
        let found: Vec<(usize, &str)> = error
            .findings()
            .iter()
            .map(|finding| (finding.place.as_ref().and_then(|place| place.line).unwrap_or(0), finding.message.as_str()))
            .collect();
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for ((line, part), (found_line, message)) in expected.iter().zip(&found) {
            assert!(line == found_line && message.contains(part), "{text}: {found:?}");
        }
    }
    let unknown = get(&[("x.toml", "extends = \"client\"\n[name]\ndns = []")], "x").unwrap_err();
    assert_eq!(unknown.findings()[0].hint.as_deref(), Some("did you mean `names`?"));
    let incomplete = get(&[("x.toml", "")], "x").unwrap_err();
    assert_eq!(incomplete.findings()[0].code, "profile.incomplete");
}

#[test]
fn cycles_end() {
    let files = [("a.toml", "extends = \"b\""), ("b.toml", "extends = \"c\""), ("c.toml", "extends = \"a\"")];
    let error = get(&files, "a").unwrap_err();
    assert_eq!(error.findings().len(), 1);
    assert_eq!(error.findings()[0].code, "profile.cycle");
    assert_eq!(error.to_string(), "c.toml:1: `c` extends `a`, which extends it in turn");
}

#[test]
fn a_broken_replacement_does_not_fall_back_to_the_built_in() {
    assert!(get(&[("profiles/client.toml", "[names]\ndns = 3")], "client").is_err());
    assert!(get(&[("profiles/client.toml", "[names]\ndns = 3")], "server").is_ok());
}

#[test]
fn unknown_profiles_and_bad_file_names_are_told() {
    let error = get(&[("db.toml", "extends = \"client\"")], "sever").unwrap_err();
    assert!(error.is_unknown_profile());
    assert_eq!(error.findings()[0].hint.as_deref(), Some("did you mean `server`?"));
    assert!(error.findings()[0].allowed.as_deref().unwrap().contains("client, cross, db, intermediate"));
    let bad = Source { file: "ca/profiles/My Profile.toml".to_owned(), text: String::new() };
    assert_eq!(ProfileSet::with_files(vec![bad]).unwrap_err().findings()[0].code, "profile.bad_name");
}

#[test]
fn what_is_left_open_is_remarked() {
    let profile = get(&[("x.toml", "extends = \"client\"\n[names]\ndns = [\"a.b\"]")], "x").unwrap();
    let remarks = profile.remarks();
    assert_eq!(remarks[0].code, "profile.open_kinds");
    assert_eq!(remarks[0].hint.as_deref(), Some("write `ip = []` to grant none of a kind"));
}

proptest! {
    #[test]
    fn no_file_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = get(&[("x.toml", &text)], "x");
    }

    #[test]
    fn no_value_makes_the_reader_panic(
        table in "(key|usage|lifetime|names|subject|urls|extensions)",
        key in "(algorithms|key|extended|ca|path_length|default|max|dns|ip|uri|email|cn|require|allow|set|crl|unknown|policies)",
        value in prop_oneof![Just("[]".to_owned()), Just("{}".to_owned()), "[0-9]{1,30}", "\"[ -~&&[^\"\\\\]]{0,30}\"", "\\[\"[ -~&&[^\"\\\\]]{0,30}\"\\]"],
    ) {
        let _ = get(&[("x.toml", &format!("extends = \"client\"\n[{table}]\n{key} = {value}\n"))], "x");
    }
}
