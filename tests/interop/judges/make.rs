//! What our binary makes for the judges: for each key algorithm a root, an intermediate and a certificate of
//! each profile, from a new key and from requests with keys of every algorithm, lists and responses of both
//! CAs, and a root that was replaced.

use std::thread;

use mtls_ca::authority::{self, NewCa};
use mtls_ca::{Act, Now};

use super::origins;
use super::stock::{Above, Item};
use crate::harness::Workshop;

/// Every key algorithm, by our name and by openssl's words.
pub const ALGORITHMS: [(&str, &[&str]); 7] = [
    ("ecdsa-p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("ecdsa-p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("ecdsa-p521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    ("ed25519", &["-algorithm", "ED25519"]),
    ("rsa-2048", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("rsa-3072", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]),
    ("rsa-4096", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]),
];

pub const HOST: &str = "api.internal";

/// A profile of leaves, the name that it is asked for, and what the certificate is for.
pub type Role = (&'static str, Option<&'static str>, &'static [&'static str]);

pub const ROLES: [Role; 5] = [
    ("server", Some("dns:api.internal"), &["server"]),
    ("client", Some("dns:api.internal"), &["client"]),
    ("peer", Some("dns:api.internal"), &["server", "client"]),
    ("workload", Some("spiffe://example.org/api"), &["server", "client"]),
    ("ocsp-responder", None, &["ocsp"]),
];

/// Where to find out about a certificate, as a CA writes it into its own.
pub const URLS: &str = "\n[urls]\ncrl = \"http://pki.internal/{issuer}.crl\"\nocsp = \"http://ocsp.internal/{issuer}\"\n\
                        issuer = \"http://pki.internal/{issuer}.crt\"\n";

pub fn all(shop: &Workshop) -> Vec<Item> {
    for (name, words) in ALGORITHMS {
        let (key, request) = (format!("requests/{name}.key"), format!("requests/{name}.csr"));
        std::fs::create_dir_all(shop.path("requests")).unwrap();
        shop.tool("openssl", &[&["genpkey", "-out", &key], words].concat()).ok();
        let words = ["req", "-new", "-key", &key, "-subj", "/O=Example/CN=api.internal", "-out", &request];
        // More than it will get.
        let asks = ["-addext", "subjectAltName=DNS:api.internal", "-addext", "1.3.6.1.4.1.99999.1=ASN1:NULL"];
        shop.tool("openssl", &[&words[..], &asks, &["-addext", "basicConstraints=CA:FALSE"]].concat()).ok();
    }
    thread::scope(|scope| {
        let of_each = ALGORITHMS
            .map(|(name, _)| scope.spawn(move || [own(shop, name), turned(shop, name), kept(shop, name)].concat()));
        let others = scope.spawn(|| origins::all(shop));
        of_each.into_iter().chain([others]).flat_map(|made| made.join().unwrap()).collect()
    })
}

/// A root and an intermediate with keys of this algorithm, and all that they sign.
fn own(shop: &Workshop, algorithm: &str) -> Vec<Item> {
    let at = |name: &str| format!("{algorithm}/{name}");
    let (root, ca) = (at("root"), at("ca"));
    let init = |dir: &str, name: &str, more: &[&str]| {
        let name = format!("{name} {algorithm}");
        let words = ["init", "--ca-dir", dir, "--name", &name, "--organization", "Example", "--key-algorithm"];
        shop.mtls_ca(&[&words[..], &[algorithm], more].concat()).ok();
    };
    std::fs::create_dir_all(shop.path(algorithm)).unwrap();
    init(&root, "Judged Root", &["--trust-domain", "example.org"]);
    add_urls(shop, &root);
    init(&ca, "Judged Issuing", &["--parent", &root]);
    init(&at("gone"), "Gone", &["--parent", &root]);
    shop.mtls_ca(&["revoke", &at("gone/issuers/g1/issuer.crt"), "--ca-dir", &root]).ok();

    // From new keys, and without URLs.
    for (profile, san, _) in ROLES {
        let out = at(profile);
        let san: Vec<&str> = san.into_iter().flat_map(|san| ["--san", san]).collect();
        let words = ["issue", HOST, "--ca-dir", &ca, "--profile", profile, "--key-algorithm", algorithm, "--out", &out];
        shop.mtls_ca(&[&words[..], &san].concat()).ok();
    }
    for (n, reason) in ["keyCompromise", "superseded", "certificateHold"].into_iter().enumerate() {
        let out = at(&format!("revoked-{n}"));
        shop.mtls_ca(&["issue", HOST, "--ca-dir", &ca, "--profile", "server", "--out", &out]).ok();
        let since: &[&str] = if n == 0 { &["--at", "2026-01-31"] } else { &[] };
        let file = format!("{out}/{HOST}.crt");
        shop.mtls_ca(&[&["revoke", &file, "--ca-dir", &ca, "--reason", reason], since].concat()).ok();
    }
    // From requests, and with URLs.
    add_urls(shop, &ca);
    for (key, _) in ALGORITHMS {
        for (profile, san, _) in ROLES {
            let (request, out) = (format!("requests/{key}.csr"), at(&format!("asked-{key}-{profile}.crt")));
            let san: Vec<&str> = san.into_iter().flat_map(|san| ["--san", san]).collect();
            let words = ["sign", &request, "--ca-dir", &ca, "--profile", profile, "--out", &out];
            shop.mtls_ca(&[&words[..], &san].concat()).ok();
        }
    }

    let above = Above { crls: crls(shop, &[&ca, &root]), ..below(shop, &root, &ca) };
    let of_root = Above { between: Vec::new(), crls: crls(shop, &[&root]), root: above.root.clone() };
    let own = |name: &str| one(shop, &at(&format!("{name}/{HOST}.crt")), &above);
    let mut items = vec![
        Item::certificate(shop, &at("root"), &above.root, &["ca"], &of_root),
        Item::certificate(shop, &at("intermediate"), &above.between[0], &["ca"], &of_root),
        Item::crl(shop, &at("root-crl"), &crls(shop, &[&root]), &of_root, &above.between[0]),
        Item::crl(shop, &at("crl"), &crls(shop, &[&ca]), &above, &own("server")),
    ];
    for (profile, _, purposes) in ROLES {
        items.push(at_host(Item::certificate(shop, &at(profile), &own(profile), purposes, &above), profile));
    }
    for (key, _) in ALGORITHMS {
        for (profile, _, purposes) in ROLES {
            let pem = one(shop, &at(&format!("asked-{key}-{profile}.crt")), &above);
            let id = at(&format!("asked/{key}/{profile}"));
            items.push(at_host(Item::certificate(shop, &id, &pem, purposes, &above), profile));
        }
    }
    for (dir, name, above) in [(&root, "Judged Root", &of_root), (&ca, "Judged Issuing", &above)] {
        shop.mtls_ca(&["audit", "checkpoint", "--ca-dir", dir]).ok();
        let name = format!("audit log of {name} {algorithm}");
        let pem = shop.mtls_ca(&["show", &name, "--pem", "--ca-dir", dir]).ok().stdout;
        let id = if *dir == root { at("root-audit-signer") } else { at("audit-signer") };
        items.push(Item::certificate(shop, &id, &blocks(&pem)[0], &["document"], above));
    }

    let revoked: Vec<String> = (0..3).map(|n| own(&format!("revoked-{n}"))).collect();
    let server = own("server");
    let (by_ca, by_root) = (at("ocsp"), at("root-ocsp"));
    shop.mtls_ca(&["ocsp", "build", "--ca-dir", &ca, "--out", &by_ca]).ok();
    shop.mtls_ca(&["ocsp", "build", "--ca-dir", &root, "--out", &by_root]).ok();
    for (name, says, pem) in
        [("good", "good", &server), ("revoked", "revoked", &revoked[0]), ("held", "revoked", &revoked[2])]
    {
        items.push(Item::ocsp(
            shop,
            &at(&format!("ocsp/{name}")),
            &response(shop, &by_ca, "g1", pem),
            says,
            &above,
            pem,
        ));
    }
    let between = &above.between[0];
    items.push(Item::ocsp(
        shop,
        &at("root-ocsp/good"),
        &response(shop, &by_root, "g1", between),
        "good",
        &of_root,
        between,
    ));
    // Asked for with a nonce; and about one that the ledger does not know, for another tool used the key.
    let (stranger, request) = (at("stranger.crt"), format!("requests/{algorithm}.csr"));
    let [issuer, key] = ["crt", "key"].map(|ending| format!("{ca}/issuers/g1/issuer.{ending}"));
    let words =
        ["x509", "-req", "-in", &request, "-CA", &issuer, "-CAkey", &key, "-set_serial", "0x1234567890", "-days", "7"];
    shop.write(&at("stranger.ext"), "basicConstraints=critical,CA:FALSE\nauthorityKeyIdentifier=keyid\n");
    let extensions = ["-extfile", &at("stranger.ext"), "-out", &stranger];
    shop.tool("openssl", &[&words[..], &extensions].concat()).ok();
    let stranger = text(shop, &stranger);
    for (name, digest, says, pem) in [
        ("nonce", "-sha1", "good", &server),
        ("sha256", "-sha256", "good", &server),
        ("unknown", "-sha1", "unknown", &stranger),
    ] {
        let (question, answer) = (at(&format!("{name}.request")), at(&format!("{name}.response")));
        let number = format!("0x{}", serial(pem));
        let words = ["ocsp", digest, "-issuer", &issuer, "-serial", &number, "-reqout", &question];
        shop.tool("openssl", &words).ok();
        shop.mtls_ca(&["ocsp", "respond", "--request", &question, "--out", &answer, "--ca-dir", &ca]).ok();
        items.push(Item::ocsp(shop, &at(&format!("ocsp/{name}")), &shop.read(&answer), says, &above, pem));
    }
    items
}

/// A root that was replaced by one with another key and name, and certified by the old one.
fn turned(shop: &Workshop, algorithm: &str) -> Vec<Item> {
    let ca = format!("{algorithm}/turned-ca");
    std::fs::create_dir_all(shop.path(algorithm)).unwrap();
    let words = ["init", "--ca-dir", &ca, "--name", "Turning Root", "--key-algorithm", algorithm];
    shop.mtls_ca(&words).ok();
    let before = peer(shop, &ca, "before");
    shop.mtls_ca(&["rotate", "prepare", "--ca-dir", &ca]).ok();
    shop.mtls_ca(&["rotate", "activate", "--force", "--ca-dir", &ca]).ok();
    let after = peer(shop, &ca, "after");
    shop.mtls_ca(&["crl", "build", "--ca-dir", &ca]).ok();
    let responses = format!("{algorithm}/turned-ocsp");
    shop.mtls_ca(&["ocsp", "build", "--ca-dir", &ca, "--out", &responses]).ok();

    let file = |generation: &str, name: &str| text(shop, &format!("{ca}/issuers/{generation}/{name}"));
    let (old, new, cross) = (file("g1", "issuer.crt"), file("g2", "issuer.crt"), file("g2", "cross.crt"));
    let lists = ["g1", "g2"].map(|generation| file(generation, "crl.pem"));
    // Behind the cross certificate there are the lists of both.
    let of = |root: &str, between: &[String]| Above {
        between: between.to_vec(),
        root: root.to_owned(),
        crls: if between.is_empty() { lists[usize::from(*root == new)].clone() } else { lists.concat() },
    };
    let id = |name: &str| format!("{algorithm}/turned/{name}");
    let leaf = |name: &str, chain: &[String], above: &Above| {
        Item::certificate(shop, &id(name), &chain[0], &["server", "client"], above).at_host(HOST)
    };
    vec![
        Item::certificate(shop, &id("old"), &old, &["ca"], &of(&old, &[])),
        Item::certificate(shop, &id("new"), &new, &["ca"], &of(&new, &[])),
        Item::certificate(shop, &id("cross"), &cross, &["ca"], &of(&old, &[])),
        leaf("before", &before, &of(&old, &[])),
        leaf("after", &after, &of(&new, &[])),
        // The way of a peer that has the old root alone, with the file as it is.
        leaf("after-by-old", &after, &of(&old, &after[1..])),
        Item::crl(shop, &id("old-crl"), &lists[0], &of(&old, &[]), &before[0]),
        Item::crl(shop, &id("new-crl"), &lists[1], &of(&new, &[]), &after[0]),
        Item::ocsp(shop, &id("ocsp"), &response(shop, &responses, "g2", &after[0]), "good", &of(&new, &[]), &after[0]),
    ]
}

/// A root with a new certificate for the same key and name: what it signs is below both.
fn kept(shop: &Workshop, algorithm: &str) -> Vec<Item> {
    let ca = format!("{algorithm}/kept-ca");
    std::fs::create_dir_all(shop.path(algorithm)).unwrap();
    // There is a new one once a day at most.
    let long_ago = Now::at(Now::from_system().time().plus_seconds(-60 * 24 * 60 * 60));
    let new = NewCa { name: Some("Kept Root".to_owned()), key_algorithm: algorithm.parse().unwrap(), ..NewCa::plain() };
    authority::init(&shop.path(&ca), &new, &Act::of_process("test", long_ago)).unwrap();
    let before = peer(shop, &ca, "kept-before");
    let file = |name: &str| text(shop, &format!("{ca}/issuers/g1/{name}"));
    let old = file("issuer.crt");
    shop.mtls_ca(&["rotate", "prepare", "--keep-key", "--ca-dir", &ca]).ok();
    let after = peer(shop, &ca, "kept-after");
    shop.mtls_ca(&["crl", "build", "--ca-dir", &ca]).ok();
    let (new, list) = (file("issuer.crt"), file("crl.pem"));
    assert_ne!(old, new);
    let of = |root: &str| Above { between: Vec::new(), root: root.to_owned(), crls: list.clone() };
    let id = |name: &str| format!("{algorithm}/kept/{name}");
    let leaf = |name: &str, chain: &[String], root: &str| {
        Item::certificate(shop, &id(name), &chain[0], &["server", "client"], &of(root)).at_host(HOST)
    };
    vec![
        Item::certificate(shop, &id("new"), &new, &["ca"], &of(&new)),
        leaf("before", &before, &new),
        leaf("after", &after, &old),
        Item::crl(shop, &id("crl"), &list, &of(&old), &before[0]),
    ]
}

/// A certificate from a CA, and what stands behind it in its file.
fn peer(shop: &Workshop, ca: &str, name: &str) -> Vec<String> {
    let out = format!("{}/{name}", ca.split('/').next().unwrap());
    shop.mtls_ca(&["issue", HOST, "--ca-dir", ca, "--profile", "peer", "--out", &out]).ok();
    blocks(&text(shop, &format!("{out}/{HOST}.crt")))
}

pub fn add_urls(shop: &Workshop, ca: &str) {
    let file = format!("{ca}/ca.toml");
    shop.write(&file, text(shop, &file) + URLS);
}

pub fn text(shop: &Workshop, name: &str) -> String {
    String::from_utf8(shop.read(name)).unwrap()
}

/// The blocks of a PEM file, each as text.
pub fn blocks(text: &str) -> Vec<String> {
    pem::parse_many(text).unwrap().iter().map(ToString::to_string).collect()
}

/// The root, and the intermediate below it.
pub fn below(shop: &Workshop, root: &str, ca: &str) -> Above {
    let issuer = |dir: &str| blocks(&text(shop, &format!("{dir}/issuers/g1/issuer.crt"))).remove(0);
    Above { between: vec![issuer(ca)], root: issuer(root), crls: String::new() }
}

pub fn crls(shop: &Workshop, cas: &[&str]) -> String {
    cas.iter().map(|ca| text(shop, &format!("{ca}/issuers/g1/crl.pem"))).collect()
}

/// The certificate of a file, behind which the CAs between stand.
pub fn one(shop: &Workshop, file: &str, above: &Above) -> String {
    let mut all = blocks(&text(shop, file));
    let normal = |pems: &[String]| pems.iter().map(|pem| pem::parse(pem).unwrap().into_contents()).collect::<Vec<_>>();
    assert_eq!(normal(&all[1..]), normal(&above.between), "{file}: its chain");
    all.remove(0)
}

pub fn serial(pem: &str) -> String {
    let block = pem::parse(pem).unwrap();
    let (_, certificate) = x509_parser::parse_x509_certificate(block.contents()).unwrap();
    data_encoding::HEXLOWER.encode(certificate.raw_serial())
}

/// The response that was made in advance about a certificate.
pub fn response(shop: &Workshop, folder: &str, issuer: &str, pem: &str) -> Vec<u8> {
    shop.read(&format!("{folder}/{issuer}/{}.ocsp", serial(pem)))
}

/// Servers have a host.
pub fn at_host(item: Item, profile: &str) -> Item {
    if matches!(profile, "server" | "peer") { item.at_host(HOST) } else { item }
}
