//! Key stores and trust stores: what we write is opened by OpenSSL, keytool, Java, GnuTLS, NSS, Python, Node
//! and Ruby, and what those write is read by us.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::harness::{Workshop, fixture};

const PASSWORD: &str = "changeit";
const FORMATS: [&str; 8] =
    ["pkcs12", "pkcs12-legacy", "jks", "truststore-pkcs12", "truststore-jks", "pkcs7", "pkcs7-pem", "combined"];

/// A root, an issuing CA, and a server's certificate with all of its forms in `ALGORITHM/`.
fn shop(system: &str, programs: &[&str]) -> Option<Workshop> {
    let shop = Workshop::open(system, programs)?;
    shop.write("pw", "changeit\n");
    shop.mtls_ca(&["--ca-dir", "root", "init", "--name", "Stores Root"]).ok();
    shop.mtls_ca(&["--ca-dir", "ca", "init", "--name", "Stores Issuing", "--parent", "root"]).ok();
    for algorithm in ["ecdsa-p256", "rsa-2048"] {
        let mut words = vec!["--ca-dir", "ca", "issue", "api.internal", "--profile", "server"];
        words.extend(["--key-algorithm", algorithm, "--out", algorithm, "--store-password-file", "pw"]);
        words.extend(FORMATS.iter().flat_map(|format| ["--format", *format]));
        shop.mtls_ca(&words).ok();
    }
    Some(shop)
}

const FOLDERS: [&str; 2] = ["ecdsa-p256", "rsa-2048"];

/// What we find in a store: its keys, its other certificates, and the subjects of all of them.
fn inspected(shop: &Workshop, store: &str) -> (u64, u64, Vec<String>, Value) {
    let document = shop.json(&["inspect", store, "--passphrase-file", "pw"]);
    let items = document["inputs"][0]["items"].as_array().unwrap().clone();
    let subjects = items.iter().filter_map(|item| item["subject"]["rfc4514"].as_str()).map(str::to_owned).collect();
    let count = |member: &str| items[0][member].as_u64().unwrap();
    (count("keys"), count("trusted"), subjects, items[0].clone())
}

#[test]
#[ignore = "run by ./tests/run.sh interop stores"]
fn stores_are_nobodys_but_their_owners() {
    let Some(shop) = shop("stores", &[]) else { return };
    for file in std::fs::read_dir(shop.path("ecdsa-p256")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let has_key = ["api.internal.key", "api.internal.p12", "api.internal-legacy.p12", "api.internal.jks"]
            .contains(&name.as_str())
            || name == "api.internal.pem";
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if has_key { 0o600 } else { 0o644 }, "{name}");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop stores"]
fn stores_open_in_openssl() {
    let Some(shop) = shop("stores", &["openssl"]) else { return };
    for folder in FOLDERS {
        for (file, mac, cipher) in [
            ("api.internal.p12", "MAC: sha256, Iteration 100000", "PBES2, PBKDF2, AES-256-CBC, Iteration 100000"),
            (
                "api.internal-legacy.p12",
                "MAC: sha1, Iteration 50000",
                "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 50000",
            ),
        ] {
            let store = format!("{folder}/{file}");
            // Without -legacy: 3DES is in OpenSSL's default provider, RC2 is not.
            let run = shop.tool("openssl", &["pkcs12", "-info", "-in", &store, "-passin", "file:pw", "-nodes"]).ok();
            run.says(mac).says(cipher).says("friendlyName: api.internal").says("subject=CN = Stores Issuing");
            let key = ["pkcs12", "-in", &store, "-passin", "file:pw", "-nodes", "-nocerts", "-out", "again.pem"];
            shop.tool("openssl", &key).ok();
            let again = shop.tool("openssl", &["pkey", "-in", "again.pem", "-pubout"]).ok();
            let own = shop.tool("openssl", &["pkey", "-in", &format!("{folder}/api.internal.key"), "-pubout"]).ok();
            assert_eq!(again.stdout, own.stdout);
        }
        for (file, form) in [("api.internal.p7b", "DER"), ("api.internal-p7b.pem", "PEM")] {
            let store = format!("{folder}/{file}");
            let run = shop.tool("openssl", &["pkcs7", "-in", &store, "-inform", form, "-print_certs", "-noout"]).ok();
            run.says("subject=CN = api.internal").says("subject=CN = Stores Issuing");
        }
        let combined = format!("{folder}/api.internal.pem");
        shop.tool("openssl", &["pkey", "-in", &combined, "-noout"]).ok();
        shop.tool("openssl", &["x509", "-in", &combined, "-noout", "-subject"]).ok().says("CN = api.internal");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop stores"]
fn stores_open_in_java() {
    let Some(shop) = shop("stores", &["keytool", "java", "openssl"]) else { return };
    // A second root, so that entries are counted and not only found.
    shop.mtls_ca(&["--ca-dir", "root", "rotate", "prepare"]).ok();
    for form in ["pkcs12", "jks"] {
        let out = format!("roots.{form}");
        let words = ["--ca-dir", "root", "bundle", "--format", form, "--store-password-file", "pw", "--out", &out];
        shop.mtls_ca(&words).ok().says("2 certificates");
        let list = ["-list", "-keystore", &out, "-storepass", PASSWORD];
        shop.tool("keytool", &list).ok().says("Your keystore contains 2 entries").says("trustedCertEntry");
    }
    // What openssl makes of the same root has no attribute, and is empty to Java.
    let bare = ["pkcs12", "-export", "-nokeys", "-in", "root/ca.crt", "-passout", "file:pw", "-out", "bare.p12"];
    shop.tool("openssl", &bare).ok();
    let mut stores = vec!["PKCS12:bare.p12:changeit".to_owned()];
    stores.extend(["PKCS12:roots.pkcs12:changeit".to_owned(), "JKS:roots.jks:changeit".to_owned()]);
    for folder in FOLDERS {
        let at = |kind: &str, file: &str| format!("{kind}:{folder}/api.internal{file}:{PASSWORD}");
        stores.extend([at("PKCS12", ".p12"), at("PKCS12", "-legacy.p12"), at("JKS", ".jks")]);
        stores.extend([at("PKCS12", "-truststore.p12"), at("JKS", "-truststore.jks")]);
    }
    let program = fixture("stores/Load.java").to_str().unwrap().to_owned();
    let words: Vec<&str> = std::iter::once(program.as_str()).chain(stores.iter().map(String::as_str)).collect();
    let mut run = shop.tool("java", &words).ok().says("bare.p12 is empty");
    run = run.says("roots.pkcs12 trusts 2").says("roots.jks trusts 2");
    for (folder, algorithm) in [("ecdsa-p256", "EC"), ("rsa-2048", "RSA")] {
        for file in [".p12", "-legacy.p12", ".jks"] {
            run = run
                .says(&format!("{folder}/api.internal{file} key api.internal chain 2 CN=api.internal {algorithm}\n"));
        }
        for file in ["-truststore.p12", "-truststore.jks"] {
            run = run.says(&format!("{folder}/api.internal{file} trusts 1"));
        }
    }
    for file in ["ecdsa-p256/api.internal.p12", "ecdsa-p256/api.internal.jks"] {
        let list = ["-list", "-v", "-keystore", file, "-storepass", PASSWORD];
        shop.tool("keytool", &list).ok().says("Alias name: api.internal").says("Certificate chain length: 2");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop stores"]
fn stores_open_in_gnutls_and_nss() {
    let Some(shop) = shop("stores", &["certtool", "pk12util", "certutil"]) else { return };
    for folder in FOLDERS {
        for (file, cipher) in [("api.internal.p12", "AES-256-CBC"), ("api.internal-legacy.p12", "3DES-CBC")] {
            let store = format!("{folder}/{file}");
            let words = ["--p12-info", "--inder", "--infile", &store, "--password", PASSWORD];
            shop.tool("certtool", &words).ok().says(cipher).says("Friendly name: api.internal").says("Elements: 2");
            let database = format!("sql:{}", store.replace('/', "-"));
            std::fs::create_dir_all(shop.path(&store.replace('/', "-"))).unwrap();
            shop.tool("certutil", &["-N", "-d", &database, "--empty-password"]).ok();
            let words = ["-i", &store, "-d", &database, "-W", PASSWORD];
            shop.tool("pk12util", &words).ok().says("PKCS12 IMPORT SUCCESSFUL");
            // u: there is a key for it. NSS names it after its subject.
            let listed = shop.tool("certutil", &["-L", "-d", &database]).ok().says("CN=Stores Issuing");
            let line = listed.stdout.lines().find(|line| line.starts_with("CN=api.internal")).unwrap().to_owned();
            assert!(line.trim_end().ends_with("u,u,u"), "{line}");
        }
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop stores"]
fn stores_open_in_python_node_and_ruby() {
    let Some(shop) = shop("stores", &["venv:python", "node", "ruby"]) else { return };
    let python = fixture("stores/pyca.py").to_str().unwrap().to_owned();
    let node = "const tls=require('tls'),fs=require('fs');for(const f of process.argv.slice(1)){\
                tls.createSecureContext({pfx:fs.readFileSync(f),passphrase:'changeit'});console.log(f,'opens');\
                try{tls.createSecureContext({pfx:fs.readFileSync(f),passphrase:'other'});console.log(f,'opens to all')}\
                catch(error){console.log(f,'is sealed')}}";
    let ruby = "ARGV.each{|f| s=OpenSSL::PKCS12.new(File.binread(f),'changeit'); \
                puts [f,s.certificate.subject,s.ca_certs.size,s.certificate.check_private_key(s.key)].join(' ')}";
    for folder in FOLDERS {
        let stores = [format!("{folder}/api.internal.p12"), format!("{folder}/api.internal-legacy.p12")];
        let [modern, legacy] = [stores[0].as_str(), stores[1].as_str()];
        let mut run = shop.tool("venv:python", &[&python, "read", modern, legacy]).ok();
        for store in [modern, legacy] {
            run = run.says(&format!("{store} key CN=api.internal others 1"));
        }
        let mut run = shop.tool("node", &["-e", node, modern, legacy]).ok();
        for store in [modern, legacy] {
            run = run.says(&format!("{store} opens\n")).says(&format!("{store} is sealed"));
        }
        let mut run = shop.tool("ruby", &["-ropenssl", "-e", ruby, modern, legacy]).ok();
        for store in [modern, legacy] {
            run = run.says(&format!("{store} /CN=api.internal 1 true"));
        }
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop stores"]
fn stores_of_others_are_read() {
    let programs = ["openssl", "keytool", "certtool", "pk12util", "certutil", "venv:python"];
    let Some(shop) = shop("stores", &programs) else { return };
    let (crt, key) = ("ecdsa-p256/api.internal.crt", "ecdsa-p256/api.internal.key");
    let openssl = |out: &str, options: &[&str]| {
        let words =
            ["pkcs12", "-export", "-in", crt, "-inkey", key, "-name", "theirs", "-passout", "file:pw", "-out", out];
        shop.tool("openssl", &[&words, options].concat()).ok();
    };
    openssl("openssl.p12", &[]);
    openssl("openssl-3des.p12", &["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "SHA1"]);
    openssl("openssl-rc2.p12", &["-legacy"]);
    openssl("openssl-nomac.p12", &["-nomac"]);
    let import = |out: &str, kind: &str| {
        let from =
            ["-importkeystore", "-srckeystore", "openssl.p12", "-srcstoretype", "PKCS12", "-srcstorepass", PASSWORD];
        let to = ["-destkeystore", out, "-deststoretype", kind, "-deststorepass", PASSWORD];
        shop.tool("keytool", &[from.as_slice(), &to].concat()).ok();
    };
    import("keytool.p12", "PKCS12");
    import("keytool.jks", "JKS");
    let words = ["--to-p12", "--load-certificate", crt, "--load-privkey", key, "--p12-name", "theirs"];
    let out = ["--password", PASSWORD, "--outder", "--outfile", "certtool.p12"];
    shop.tool("certtool", &[words.as_slice(), &out].concat()).ok();
    std::fs::create_dir_all(shop.path("nss")).unwrap();
    shop.tool("certutil", &["-N", "-d", "sql:nss", "--empty-password"]).ok();
    shop.tool("pk12util", &["-i", "openssl.p12", "-d", "sql:nss", "-W", PASSWORD]).ok();
    shop.tool("pk12util", &["-o", "nss.p12", "-n", "theirs", "-d", "sql:nss", "-W", PASSWORD]).ok();
    // NSS writes BER with indefinite lengths, within the MAC too. It is named, with what rewrites it.
    let refused = shop.mtls_ca(&["inspect", "nss.p12", "--passphrase-file", "pw"]).code(1);
    refused.says("it is in BER with indefinite lengths").says("openssl pkcs12 -legacy -in FILE -nodes");
    let plain = ["pkcs12", "-legacy", "-in", "nss.p12", "-nodes", "-passin", "file:pw", "-out", "nss.pem"];
    shop.tool("openssl", &plain).ok();
    let again = ["pkcs12", "-export", "-in", "nss.pem", "-passout", "file:pw", "-out", "nss-rewritten.p12"];
    shop.tool("openssl", &again).ok();
    let python = fixture("stores/pyca.py").to_str().unwrap().to_owned();
    shop.tool("venv:python", &[&python, "write", crt, key, "pyca"]).ok();

    for store in [
        "openssl.p12",
        "openssl-3des.p12",
        "openssl-rc2.p12",
        "openssl-nomac.p12",
        "keytool.p12",
        "keytool.jks",
        "certtool.p12",
        "nss-rewritten.p12",
        "pyca-best.p12",
        "pyca-3des.p12",
    ] {
        let (keys, _, subjects, container) = inspected(&shop, store);
        assert_eq!((keys, subjects.first().map(String::as_str)), (1, Some("CN=api.internal")), "{store}");
        let codes: Vec<&str> =
            container["remarks"].as_array().unwrap().iter().map(|remark| remark["code"].as_str().unwrap()).collect();
        let expected: &[&str] = match store {
            "openssl-rc2.p12" => &["inspect.store_outdated"],
            "openssl-nomac.p12" => &["inspect.store_no_mac"],
            _ => &[],
        };
        assert_eq!(codes, expected, "{store}");
        // The very key, by way of our own export.
        let words =
            ["export", store, "--passphrase-file", "pw", "--ca", "root/ca.crt", "--format", "key", "--out", "-"];
        let exported = shop.mtls_ca(&words).ok();
        shop.write("exported.key", &exported.stdout);
        let public = |file: &str| shop.tool("openssl", &["pkey", "-in", file, "-pubout"]).ok().stdout;
        assert_eq!(public("exported.key"), public(key), "{store}");
        let verify = ["verify", store, "--passphrase-file", "pw", "--as", "server", "--host", "api.internal"];
        let chain = ["--ca", "root/ca.crt", "--intermediates", crt];
        shop.mtls_ca(&[verify.as_slice(), &chain].concat()).ok();
        // And with another password, not at all.
        shop.write("wrong", "changeIt\n");
        shop.mtls_ca(&["inspect", store, "--passphrase-file", "wrong"]).code(6);
    }
    let trusted = |kind: &str, out: &str| {
        let words = ["-importcert", "-noprompt", "-alias", "root", "-file", "root/ca.crt", "-keystore", out];
        shop.tool("keytool", &[words.as_slice(), &["-storetype", kind, "-storepass", PASSWORD]].concat()).ok();
        let (keys, others, subjects, container) = inspected(&shop, out);
        assert_eq!((keys, others, subjects), (0, 1, vec!["CN=Stores Root".to_owned()]), "{out}");
        assert_eq!(container["remarks"], Value::Array(Vec::new()), "{out}");
    };
    trusted("PKCS12", "trusted.p12");
    trusted("JKS", "trusted.jks");
}
