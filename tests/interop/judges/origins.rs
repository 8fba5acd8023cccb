//! CAs and certificates that came about in other ways: adopted and imported from openssl, signed by a parent
//! of another make, restored from a backup, renewed, and many at once; and one with all that a certificate
//! of ours can have.

use super::make::{ALGORITHMS, HOST, ROLES, Role, add_urls, at_host, below, blocks, crls, one, text};
use super::stock::{Above, Item};
use crate::harness::Workshop;

pub fn all(shop: &Workshop) -> Vec<Item> {
    [rich(shop), adopted(shop), below_another(shop), restored(shop), many(shop)].concat()
}

const EVERYTHING: &str = "\
extends = \"peer\"
[extensions]
policies = [\"1.3.6.1.4.1.99999.2.1\"]
[usage]
extended = [\"serverAuth\", \"clientAuth\"]
";

/// Names of all kinds, constraints, policies, URLs, three CAs, and years that UTCTime has not.
fn rich(shop: &Workshop) -> Vec<Item> {
    let subject = "CN=Rich Root,OU=Zwei,OU=Eins+L=Köln,O=Müller & Söhne\\, Köln,ST=NRW,C=DE,DC=example,DC=org";
    let words = ["init", "--ca-dir", "rich/root", "--subject", subject, "--lifetime", "30y"];
    std::fs::create_dir_all(shop.path("rich")).unwrap();
    shop.mtls_ca(&words).ok();
    add_urls(shop, "rich/root");
    let middle = ["init", "--ca-dir", "rich/middle", "--name", "Rich Middle", "--parent", "rich/root"];
    shop.mtls_ca(&[&middle[..], &["--path-length", "1", "--lifetime", "14y"]].concat()).ok();
    add_urls(shop, "rich/middle");
    let limits = [
        "dns:example.org",
        "dns:internal",
        "ip:10.0.0.0/8",
        "ip:fd00::/8",
        "uri:example.org",
        "uri:.example.org",
        "email:example.org",
    ];
    let limits = limits.into_iter().flat_map(|limit| ["--permit", limit]);
    let words: Vec<&str> = ["init", "--ca-dir", "rich/ca", "--name", "Rich Issuing", "--parent", "rich/middle"]
        .into_iter()
        .chain(limits)
        .chain(["--exclude", "dns:secret.internal", "--exclude", "ip:10.255.0.0/16"])
        .collect();
    shop.mtls_ca(&words).ok();
    add_urls(shop, "rich/ca");
    shop.write("rich/ca/profiles/everything.toml", EVERYTHING);
    let names = [
        "dns:api.internal",
        "dns:*.svc.internal",
        "dns:xn--kln-sna.example.org",
        "ip:10.0.0.7",
        "ip:fd00::7",
        "uri:https://example.org/api",
        "email:ops@example.org",
    ];
    let names = names.into_iter().flat_map(|name| ["--san", name]);
    let subject = "CN=api.internal,UID=api,SERIALNUMBER=7,OU=Zwei,O=Müller,C=DE";
    let words: Vec<&str> =
        ["issue", HOST, "--ca-dir", "rich/ca", "--profile", "everything", "--subject", subject, "--out", "rich/leaf"]
            .into_iter()
            .chain(names)
            .collect();
    shop.mtls_ca(&words).ok();
    for ca in ["rich/root", "rich/middle", "rich/ca"] {
        shop.mtls_ca(&["crl", "build", "--ca-dir", ca]).ok();
    }
    let top = below(shop, "rich/root", "rich/middle");
    let lowest = below(shop, "rich/root", "rich/ca").between.remove(0);
    let all = ["rich/ca", "rich/middle", "rich/root"];
    let of_root = Above { between: Vec::new(), crls: crls(shop, &all[2..]), ..top.clone() };
    let of_middle = Above { crls: crls(shop, &all[1..]), ..top.clone() };
    let between = vec![lowest.clone(), top.between[0].clone()];
    let above = Above { between, root: top.root.clone(), crls: crls(shop, &all) };
    let leaf = one(shop, "rich/leaf/api.internal.crt", &above);
    vec![
        Item::certificate(shop, "rich/root", &top.root, &["ca"], &of_root),
        Item::certificate(shop, "rich/middle", &top.between[0], &["ca"], &of_root),
        Item::certificate(shop, "rich/issuing", &lowest, &["ca"], &of_middle),
        Item::certificate(shop, "rich/leaf", &leaf, &["server", "client"], &above).at_host(HOST),
        Item::crl(shop, "rich/crl", &text(shop, "rich/ca/issuers/g1/crl.pem"), &above, &leaf),
    ]
}

const THEIR_CA: [&str; 6] = [
    "-addext",
    "basicConstraints=critical,CA:TRUE",
    "-addext",
    "keyUsage=critical,keyCertSign,cRLSign",
    "-addext",
    "subjectKeyIdentifier=hash",
];

/// A root that openssl made with this key.
fn their_root(shop: &Workshop, folder: &str, key: &[&str]) {
    let (key_file, file) = (format!("{folder}/old.key"), format!("{folder}/old.crt"));
    std::fs::create_dir_all(shop.path(folder)).unwrap();
    shop.tool("openssl", &[&["genpkey", "-out", &key_file], key].concat()).ok();
    let subject = "/DC=org/DC=example/OU=One/OU=Two/O=Old+CN=Old Root";
    // RFC 5280 section 4.1.1.2: the parameters of sha384WithRSA are NULL, of ECDSA they are left out.
    let words =
        ["req", "-new", "-x509", "-sha384", "-key", &key_file, "-subj", subject, "-days", "3650", "-out", &file];
    shop.tool("openssl", &[&words[..], &THEIR_CA].concat()).ok();
}

/// Our leaves, lists and responses of a CA that openssl made and used before.
fn adopted(shop: &Workshop) -> Vec<Item> {
    let mut items = Vec::new();
    for (folder, key) in [
        ("adopted-rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..]),
        ("adopted-ec", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ] {
        let at = |name: &str| format!("{folder}/{name}");
        their_root(shop, folder, key);
        // What it issued and revoked before.
        for (file, content) in [
            (
                "openssl.cnf",
                "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nserial=serial\ncrlnumber=crlnumber\nnew_certs_dir=newcerts\ndefault_md=sha256\npolicy=any\ndefault_days=365\ndefault_crl_days=30\n[any]\ncommonName=supplied\n",
            ),
            ("index.txt", ""),
            ("serial", "01\n"),
            ("crlnumber", "2A\n"),
        ] {
            shop.write(&at(file), content);
        }
        std::fs::create_dir(shop.path(&at("newcerts"))).unwrap();
        let inside = shop.path(folder);
        let script = "openssl req -new -key old.key -subj /CN=before.internal -out before.csr && \
                      openssl ca -batch -config openssl.cnf -keyfile old.key -cert old.crt -in before.csr -notext -out before.pem && \
                      openssl ca -config openssl.cnf -keyfile old.key -cert old.crt -revoke before.pem -crl_reason keyCompromise";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("cd '{}' && {script}", inside.display())]);
        shop.run(command).ok();
        let (ca, old, key) = (at("ca"), at("old.crt"), at("old.key"));
        shop.mtls_ca(&["init", "--ca-dir", &ca, "--adopt", &old, "--adopt-key", &key]).ok();
        shop.mtls_ca(&["import", "openssl", folder, "--ca-dir", &ca]).ok();
        shop.mtls_ca(&["issue", HOST, "--ca-dir", &ca, "--profile", "peer", "--out", &at("leaf")]).ok();
        shop.mtls_ca(&["crl", "build", "--ca-dir", &ca]).ok();
        shop.mtls_ca(&["ocsp", "build", "--ca-dir", &ca, "--out", &at("pub")]).ok();
        let root = blocks(&text(shop, &old)).remove(0);
        let crl = text(shop, &format!("{ca}/issuers/g1/crl.pem"));
        let above = Above { between: Vec::new(), root, crls: crl.clone() };
        let leaf = one(shop, &at("leaf/api.internal.crt"), &above);
        items.push(Item::certificate(shop, &at("peer"), &leaf, &["server", "client"], &above).at_host(HOST));
        items.push(Item::crl(shop, &at("crl"), &crl, &above, &leaf));
        let answer = super::make::response(shop, &at("pub"), "g1", &leaf);
        items.push(Item::ocsp(shop, &at("ocsp"), &answer, "good", &above, &leaf));
    }
    items
}

/// An intermediate of ours whose parent is openssl.
fn below_another(shop: &Workshop) -> Vec<Item> {
    their_root(shop, "below", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let run = shop.mtls_ca(&["init", "--ca-dir", "below/ca", "--name", "Below Another", "--request"]).ok();
    let request =
        ["below/ca/issuers/g1/issuer.csr", "below/ca/issuer.csr"].into_iter().find(|file| shop.path(file).exists());
    let request = request.unwrap_or_else(|| panic!("no request\n{run}"));
    shop.write(
        "below/ca.ext",
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    );
    let words = ["x509", "-req", "-in", request, "-CA", "below/old.crt", "-CAkey", "below/old.key", "-CAcreateserial"];
    shop.tool("openssl", &[&words[..], &["-days", "900", "-extfile", "below/ca.ext", "-out", "below/ca.crt"]].concat())
        .ok();
    let words = ["init", "--ca-dir", "below/ca", "--complete", "below/ca.crt", "--chain", "below/old.crt"];
    shop.mtls_ca(&words).ok();
    shop.mtls_ca(&["issue", HOST, "--ca-dir", "below/ca", "--profile", "server", "--out", "below/leaf"]).ok();
    shop.mtls_ca(&["crl", "build", "--ca-dir", "below/ca"]).ok();
    // The list of the parent.
    for (file, content) in [("index.txt", ""), ("crlnumber", "01\n")] {
        shop.write(&format!("below/{file}"), content);
    }
    shop.write("below/crl.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=below/index.txt\ncrlnumber=below/crlnumber\ndefault_md=sha256\ndefault_crl_days=7\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n");
    let words = [
        "ca",
        "-gencrl",
        "-config",
        "below/crl.cnf",
        "-cert",
        "below/old.crt",
        "-keyfile",
        "below/old.key",
        "-out",
        "below/old.crl",
    ];
    shop.tool("openssl", &words).ok();
    let crl = text(shop, "below/ca/issuers/g1/crl.pem");
    let issuer = blocks(&text(shop, "below/ca/issuers/g1/issuer.crt")).remove(0);
    let root = blocks(&text(shop, "below/old.crt")).remove(0);
    let above = Above { between: vec![issuer], root, crls: crl.clone() + &text(shop, "below/old.crl") };
    let leaf = one(shop, "below/leaf/api.internal.crt", &above);
    vec![
        Item::certificate(shop, "below/server", &leaf, &["server"], &above).at_host(HOST),
        Item::crl(shop, "below/crl", &crl, &above, &leaf),
    ]
}

/// A CA out of its backup, and what it renews and makes anew.
fn restored(shop: &Workshop) -> Vec<Item> {
    std::fs::create_dir_all(shop.path("restored")).unwrap();
    shop.mtls_ca(&["init", "--ca-dir", "restored/lost", "--name", "Restored Root"]).ok();
    shop.mtls_ca(&["issue", HOST, "--ca-dir", "restored/lost", "--profile", "peer", "--out", "restored/leaf"]).ok();
    shop.mtls_ca(&["backup", "restored/ca.tar", "--ca-dir", "restored/lost"]).ok();
    std::fs::rename(shop.path("restored/lost"), shop.path("restored/gone")).unwrap();
    shop.mtls_ca(&["restore", "restored/ca.tar", "restored/ca", "--nothing-revoked"]).ok();
    let (ca, file) = ("restored/ca", "restored/leaf/api.internal.crt");
    shop.mtls_ca(&["renew", file, "--ca-dir", ca, "--out", "restored/renewed.crt"]).ok();
    shop.mtls_ca(&["rekey", file, "--ca-dir", ca, "--out", "restored/rekeyed"]).ok();
    shop.mtls_ca(&["crl", "build", "--ca-dir", ca]).ok();
    let root = blocks(&text(shop, "restored/ca/issuers/g1/issuer.crt")).remove(0);
    let crl = text(shop, "restored/ca/issuers/g1/crl.pem");
    let above = Above { between: Vec::new(), root: root.clone(), crls: crl.clone() };
    let renewed = one(shop, "restored/renewed.crt", &above);
    let rekeyed = one(shop, "restored/rekeyed/api.internal.crt", &above);
    vec![
        Item::certificate(shop, "restored/root", &root, &["ca"], &above),
        Item::certificate(shop, "restored/renewed", &renewed, &["server", "client"], &above).at_host(HOST),
        Item::certificate(shop, "restored/rekeyed", &rekeyed, &["server", "client"], &above).at_host(HOST),
        Item::crl(shop, "restored/crl", &crl, &above, &renewed),
    ]
}

/// Certificates for all requests by one command, and those of a table with keys of our making.
fn many(shop: &Workshop) -> Vec<Item> {
    std::fs::create_dir_all(shop.path("many/signed")).unwrap();
    shop.mtls_ca(&["init", "--ca-dir", "many/ca", "--name", "Many Root"]).ok();
    let requests: Vec<String> = ALGORITHMS.iter().map(|(key, _)| format!("requests/{key}.csr")).collect();
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    let words = ["--ca-dir", "many/ca", "--profile", "server", "--out", "many/signed"];
    shop.mtls_ca(&[&["sign"], &requests[..], &words].concat()).ok();
    let line = |(profile, san, _): &Role| format!("{HOST},{profile},{},{profile}\n", san.unwrap_or_default());
    let table: String = ROLES.iter().map(line).collect();
    shop.write("many/table.csv", format!("name,profile,san,out\n{table}"));
    let words = ["issue", "--from-csv", "many/table.csv", "--ca-dir", "many/ca", "--out", "many/made"];
    std::fs::create_dir_all(shop.path("many/made")).unwrap();
    shop.mtls_ca(&words).ok();
    shop.mtls_ca(&["crl", "build", "--ca-dir", "many/ca"]).ok();
    let root = blocks(&text(shop, "many/ca/issuers/g1/issuer.crt")).remove(0);
    let above = Above { between: Vec::new(), root, crls: crls(shop, &["many/ca"]) };
    let asked = ALGORITHMS.iter().map(|(key, _)| {
        let pem = one(shop, &format!("many/signed/{key}.crt"), &above);
        Item::certificate(shop, &format!("many/asked/{key}/server"), &pem, &["server"], &above).at_host(HOST)
    });
    let made = ROLES.iter().map(|(profile, _, purposes)| {
        let pem = one(shop, &format!("many/made/{profile}/{HOST}.crt"), &above);
        at_host(Item::certificate(shop, &format!("many/table/{profile}"), &pem, purposes, &above), profile)
    });
    asked.chain(made).collect()
}
