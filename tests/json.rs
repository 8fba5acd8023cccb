//! Every command's JSON, on success and on failure, is the one that `docs/json.md` describes: the
//! tables of the document are the schema.

mod sandbox;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sandbox::Sandbox;
use serde_json::Value;

const DOCUMENT: &str = include_str!("../docs/json.md");

/// Members of a table: name and type.
type Table = BTreeMap<String, String>;

struct Schema {
    tables: BTreeMap<String, Table>,
    seen: RefCell<BTreeSet<(String, String)>>,
}

impl Schema {
    fn read() -> Self {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        let mut heading = String::new();
        for line in DOCUMENT.lines() {
            if let Some(name) = line.strip_prefix("### ") {
                heading = name.to_owned();
            }
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            if let ["", member, kind, _, ""] = cells.as_slice()
                && !["member", "---"].contains(member)
            {
                let before =
                    tables.entry(heading.clone()).or_default().insert((*member).to_owned(), (*kind).to_owned());
                assert_eq!(before, None, "{heading}.{member} stands there twice");
            }
        }
        Self { tables, seen: RefCell::default() }
    }

    /// The whole document of a command.
    fn check(&self, document: &Value) {
        let command = document["command"].as_str().unwrap();
        assert_eq!(document["format"], 1, "{document:#}");
        let mut members = document.as_object().unwrap().clone();
        members.remove("format");
        members.remove("command");
        if let Some(error) = members.remove("error") {
            self.check_object("error", &error, command);
            if members.is_empty() {
                return;
            }
        }
        if members.keys().eq(["help"]) || members.keys().eq(["version"]) {
            return;
        }
        self.check_object(command, &Value::Object(members), command);
    }

    fn check_object(&self, table: &str, value: &Value, place: &str) {
        let known = self.tables.get(table).unwrap_or_else(|| panic!("{place}: there is no table {table}"));
        let members = value.as_object().unwrap_or_else(|| panic!("{place} is no object: {value:#}"));
        for (member, value) in members {
            let place = format!("{place}.{member}");
            let kind = known.get(member).unwrap_or_else(|| panic!("{place} is not documented"));
            self.seen.borrow_mut().insert((table.to_owned(), member.clone()));
            match kind.strip_suffix('?') {
                Some(_) if value.is_null() => {}
                optional => self.check_type(optional.unwrap_or(kind), value, &place),
            }
        }
        for (member, kind) in known {
            assert!(kind.ends_with('?') || members.contains_key(member), "{place}.{member} is missing");
        }
    }

    fn check_type(&self, kind: &str, value: &Value, place: &str) {
        if let Some(item) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
            let items = value.as_array().unwrap_or_else(|| panic!("{place} is no list: {value:#}"));
            return items.iter().for_each(|value| self.check_type(item, value, &format!("{place}[]")));
        }
        let fits = match kind {
            "text" => value.is_string(),
            "number" => value.is_i64(),
            "boolean" => value.is_boolean(),
            "map" => value.is_object(),
            "time" => {
                value.as_str().is_some_and(|text| text.parse::<mtls_ca::Time>().is_ok_and(|t| t.to_string() == text))
            }
            _ => return self.check_object(kind, value, place),
        };
        assert!(fits, "{place} is no {kind}: {value:#}");
    }
}

/// Commands in their order, on one CA, and the exit code of each.
const CALLS: &[(&str, i32)] = &[
    ("mtls-ca init --name Example --permit dns:internal --permit ip:10.0.0.0/8", 0),
    ("mtls-ca init", 1),
    ("mtls-ca init --key-algorithm dsa", 2),
    ("mtls-ca init --ca-dir sub --parent ca --name Sub --path-length 0", 0),
    ("mtls-ca init --ca-dir waiting --request --name Waiting", 0),
    ("mtls-ca sign waiting/issuers/g1/issuer.csr --profile intermediate --out waiting.crt", 0),
    ("mtls-ca init --ca-dir waiting --complete waiting.crt --chain ca/ca.crt", 0),
    ("mtls-ca init --ca-dir waiting --complete waiting.crt", 1),
    ("mtls-ca init --ca-dir old --adopt old.crt --adopt-key old.key --without-history", 0),
    ("mtls-ca csr api.internal --usage client", 0),
    ("mtls-ca csr other --key api.internal.key", 0),
    ("mtls-ca csr api.internal", 1),
    ("mtls-ca sign api.internal.csr", 0),
    ("mtls-ca sign api.internal.csr", 1),
    ("mtls-ca sign api.internal.csr --out -", 0),
    ("mtls-ca sign api.internal.csr --dry-run", 0),
    ("mtls-ca sign odd.csr --dry-run", 0),
    ("mtls-ca sign api.internal.csr missing.csr --force", 7),
    ("mtls-ca sign api.internal.csr --lifetime 50y --force", 4),
    ("mtls-ca sign api.internal.csr missing.csr", 7),
    ("mtls-ca sign missing.csr api.internal.csr --report report.json", 7),
    ("mtls-ca sign 'nosuch*.csr'", 1),
    ("mtls-ca issue --from-csv services.csv --out tls", 7),
    ("mtls-ca issue --from-csv ca/ca.toml", 2),
    ("mtls-ca sign api.internal.csr --profile nosuch", 2),
    ("mtls-ca issue web.internal --profile server", 0),
    ("mtls-ca bundle --out trust.crt", 0),
    ("mtls-ca issue store.internal --format der --format pkcs12 --make-store-password store.pw", 0),
    ("mtls-ca export store.internal.p12 --passphrase-file store.pw --format key --out store-again.key", 0),
    ("mtls-ca inspect store.internal.p12 --passphrase-file store.pw", 0),
    ("mtls-ca issue db.internal --profile server --dry-run", 0),
    ("mtls-ca issue example.com --profile server", 4),
    ("mtls-ca list --status all", 0),
    ("mtls-ca list --limit many", 2),
    ("mtls-ca list --csv", 2),
    ("mtls-ca --ca-dir nowhere list", 1),
    ("mtls-ca show web.internal", 0),
    ("mtls-ca show web.internal --pem", 0),
    ("mtls-ca show web", 1),
    ("mtls-ca issue gone.internal --quiet > made && mtls-ca revoke gone.internal --dry-run", 0),
    ("mtls-ca revoke web", 1),
    ("mtls-ca revoke gone.internal --reason certificateHold", 0),
    ("mtls-ca revoke gone.internal --release", 0),
    ("mtls-ca revoke --profile client", 1),
    ("mtls-ca revoke gone.internal --no-crl --reason superseded", 0),
    ("mtls-ca --ca-dir sub crl build", 0),
    ("mtls-ca --ca-dir sub crl show", 0),
    ("mtls-ca --ca-dir waiting crl set", 1),
    ("mtls-ca crl build", 0),
    ("mtls-ca --ca-dir sub crl import ca/issuers/g1/crl.pem", 0),
    ("mtls-ca --ca-dir sub crl show", 0),
    ("mtls-ca --ca-dir sub crl set", 0),
    ("mtls-ca --ca-dir sub crl set --out set.pem", 0),
    ("mtls-ca crl refresh", 0),
    ("mtls-ca crl show ca/issuers/g1/crl.der", 0),
    ("mtls-ca crl import ca/issuers/g1/crl.pem", 0),
    ("mtls-ca crl import old.crl", 4),
    ("mtls-ca import openssl --index index --ca-dir old --dry-run", 7),
    ("mtls-ca import certs old.crt mixed.pem --crl old.crl --ca-dir old", 7),
    ("mtls-ca import certs nowhere --ca-dir old", 1),
    ("mtls-ca export web.internal.crt --layout certbot --out live", 0),
    ("mtls-ca export web.internal --layout certbot --out live2", 4),
    ("mtls-ca --ca-dir sub export --layout istio --out cacerts", 0),
    ("mtls-ca export --layout kubeadm --out k8s --control-plane cp-1", 4),
    ("mtls-ca export --layout nomad --out nomad", 2),
    ("mtls-ca key generate --out new.key", 0),
    ("mtls-ca key generate --out new.key", 1),
    ("mtls-ca key passphrase new.key --new-passphrase-file pass", 0),
    ("mtls-ca key passphrase new.key", 6),
    ("mtls-ca key show new.key", 0),
    ("mtls-ca key show --issuer", 0),
    ("mtls-ca lint web.internal.crt old.crt", 0),
    ("mtls-ca lint mixed.pem", 3),
    ("mtls-ca lint --ledger", 0),
    ("mtls-ca lint missing", 1),
    ("mtls-ca backup b.tar", 0),
    ("mtls-ca backup b.tar", 1),
    ("mtls-ca restore b.tar back --crl nowhere", 1),
    ("mtls-ca restore b.tar back2", 0),
    ("mtls-ca restore --crl ca/issuers/g1/crl.pem", 0),
    ("rm -f back/ledger.sqlite* && mtls-ca restore --from-certs web.internal.crt --ca-dir back", 0),
    ("mtls-ca ocsp respond --request question.der", 0),
    ("mtls-ca ocsp respond --request old.key", 3),
    ("mtls-ca ocsp respond --request missing", 1),
    ("mtls-ca ocsp build --out responses", 0),
    ("mtls-ca ocsp build", 2),
    ("mtls-ca audit show --limit 3", 0),
    ("mtls-ca audit show --since yesterday", 2),
    ("mtls-ca audit export --since 2 --out events.jsonl", 0),
    ("mtls-ca audit report --burst 1", 0),
    ("mtls-ca audit checkpoint --out checkpoint.json", 0),
    ("mtls-ca audit verify --since checkpoint.json", 0),
    ("mtls-ca audit verify --since events.jsonl", 1),
    ("mtls-ca renew web.internal", 0),
    ("mtls-ca renew web.internal.crt --dry-run", 0),
    ("mtls-ca renew web.internal.crt --expiring 1d", 0),
    ("mtls-ca renew web.internal nosuch --out ./", 7),
    ("mtls-ca renew nosuch", 1),
    ("mtls-ca rekey web.internal.crt", 2),
    ("mtls-ca rekey web.internal --deliver web", 0),
    ("mtls-ca rekey web", 0),
    ("timeout --preserve-status 3 mtls-ca renew --watch web", 0),
    ("mtls-ca status --expiring 1d", 0),
    ("mtls-ca status --expiring 99d --html status.html --prometheus status.prom", 3),
    ("mtls-ca status --scan 127.0.0.1:1", 3),
    ("mtls-ca status --markdown", 2),
    ("mtls-ca check", 0),
    ("chmod 644 ca/issuers/g1/issuer.key && mtls-ca check", 3),
    ("mtls-ca check --repair", 0),
    ("mtls-ca check --fail-on nothing", 2),
    ("mtls-ca profile list", 0),
    ("mtls-ca profile show client", 0),
    ("mtls-ca profile show narrow", 0),
    ("mtls-ca profile show nosuch", 2),
    ("mtls-ca profile check", 0),
    ("mtls-ca profile check narrow.toml broken.toml", 2),
    ("mtls-ca profile", 2),
    (
        "mtls-ca inspect web.internal.crt api.internal.csr web.internal.key odd.csr sealed.key old.crl chain.p7b public.pem --pem",
        0,
    ),
    ("mtls-ca inspect web.internal.crt missing", 7),
    ("mtls-ca inspect missing", 1),
    (
        "mkdir looked && cp web.internal.crt web.internal.key store.p12 looked && head -c 99 old.crt > looked/cut && mtls-ca inspect looked",
        7,
    ),
    ("mtls-ca lint looked", 7),
    ("mtls-ca verify looked --as server", 7),
    ("mtls-ca inspect mixed.pem", 7),
    ("mtls-ca inspect ca", 0),
    ("mtls-ca inspect store.p12", 0),
    ("mtls-ca verify web.internal.crt --as server --host web.internal", 0),
    ("mtls-ca verify web.internal.crt --as client", 3),
    ("mtls-ca verify web.internal.crt --as server --require-crl", 3),
    ("mtls-ca verify missing", 1),
    ("mtls-ca verify . --as server --ca ca/ca.crt", 3),
    ("mtls-ca verify web.internal.crt mixed.pem missing --each --as server", 7),
    ("mtls-ca doctor web.internal.crt web.internal.key --name web.internal", 0),
    ("mtls-ca doctor web.internal.crt web.internal.key --as client --for nginx", 3),
    ("openssl x509 -in web.internal.crt -outform DER -out web.der && mtls-ca doctor web.der", 0),
    ("mtls-ca doctor missing", 1),
    ("mtls-ca doctor web.internal.crt --for nosuch", 2),
    ("mtls-ca fingerprint web.internal.crt", 0),
    ("mtls-ca fingerprint web.internal.key", 0),
    ("mtls-ca fingerprint missing", 1),
    ("mtls-ca needs-renewal web.internal.crt", 3),
    ("mtls-ca needs-renewal web.internal.crt --expiring 90d", 0),
    ("mtls-ca needs-renewal web.internal.key", 1),
    (
        "mtls-ca handshake --server-cert web.internal.crt --server-key web.internal.key --client-cert web.internal.crt --client-key web.internal.key",
        3,
    ),
    ("mtls-ca handshake 127.0.0.1:1", 3),
    ("mtls-ca handshake 127.0.0.1:1 --ca missing", 1),
    ("mtls-ca handshake", 2),
    ("mtls-ca rotate status", 0),
    ("mtls-ca rotate activate", 1),
    ("mtls-ca rotate prepare", 0),
    ("mtls-ca rotate activate", 4),
    ("mtls-ca rotate activate --force", 0),
    ("mtls-ca rotate retire", 4),
    ("mtls-ca rotate status --all --probe 127.0.0.1:1", 0),
    ("mtls-ca rotate undo", 0),
    ("mtls-ca rotate prepare --keep-key --parent nowhere", 2),
    ("mtls-ca --ca-dir waiting rotate prepare --request", 0),
    ("mtls-ca --ca-dir waiting rotate undo", 0),
    ("mtls-ca --ca-dir waiting rotate prepare --parent ca", 0),
    ("mtls-ca --ca-dir waiting rotate activate", 0),
    ("mtls-ca --ca-dir waiting rotate retire", 0),
    ("mtls-ca --ca-dir waiting rotate prepare --keep-key --parent ca", 0),
    ("mtls-ca --ca-dir waiting rotate compromised g2 --parent ca", 0),
    ("mtls-ca rotate compromised g1", 0),
    ("mtls-ca rotate", 2),
    ("mtls-ca recipe", 0),
    ("mtls-ca recipe nginx", 0),
    ("mtls-ca recipe nginx --name web.internal --san dns:web.internal --allow nobody", 0),
    ("mtls-ca recipe nginx --name web.internal", 1),
    ("mtls-ca recipe nginx --check nginx", 0),
    ("mtls-ca recipe nosuch", 2),
    ("mtls-ca completions fish", 0),
    ("mtls-ca completions csh", 2),
    ("mtls-ca man", 0),
    ("mkdir pages && mtls-ca man --out pages", 0),
    ("mtls-ca", 2),
    ("mtls-ca sgin", 2),
    ("mtls-ca --version", 0),
    ("mtls-ca sign --help", 0),
];

/// What other tools lay ready.
const READY: &str = r#"
openssl ecparam -name prime256v1 -genkey -noout -out old.key
openssl req -x509 -key old.key -days 3650 -subj /CN=Old -addext keyUsage=critical,keyCertSign,cRLSign -out old.crt
printf '[req]\nprompt=no\ndistinguished_name=n\nattributes=a\nreq_extensions=e\n[n]\nCN=odd.internal\n' > odd.cnf
printf '[a]\nchallengePassword=secret123\nunstructuredName=odd\n[e]\nsubjectAltName=DNS:odd.internal\n' >> odd.cnf
printf '1.2.3.4.5=ASN1:UTF8String:hello\nkeyUsage=digitalSignature,keyAgreement\n' >> odd.cnf
openssl req -new -key old.key -config odd.cnf -out odd.csr
printf 'name,profile,lifetime\norders.internal,server,30d\nbroken,,soon\n' > services.csv
printf 'x' > pass && openssl pkey -in old.key -aes256 -passout file:pass -out sealed.key
openssl pkey -in old.key -pubout -out public.pem
openssl crl2pkcs7 -nocrl -certfile old.crt -out chain.p7b
openssl pkcs12 -export -inkey old.key -in old.crt -passout pass:x -out store.p12
(cat old.crt; echo -----BEGIN CERTIFICATE-----; echo AAEC; echo -----END CERTIFICATE-----) > mixed.pem
printf 'R\t301231235959Z\t260101000000Z,keyCompromise\t2A\tunknown\t/CN=gone\n' > index && echo 2A > number
printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n' > ca.cnf
openssl ca -config ca.cnf -gencrl -crldays 30 -keyfile old.key -cert old.crt -out old.crl
printf 'extends = "server"\n[names]\ndns = ["*.svc.internal"]\n' > narrow.toml
printf 'extends = "server"\n[lifetime]\nmaxx = "1d"\n' > broken.toml
"#;

/// Tables that no call above comes to: they need a server (see `inspect_remote.rs`).
const OF_SERVERS: [&str; 11] = [
    "trust_said",
    "server",
    "checked",
    "client_certificate",
    "outcome",
    "served_leaf",
    "attempt",
    "reply",
    "visit",
    "presented",
    "tally",
];

#[test]
fn what_is_printed_is_what_is_documented() {
    let (schema, sandbox) = (Schema::read(), Sandbox::new());
    let ready = sandbox.shell(&format!("set -e\n{READY}"));
    assert_eq!(ready.code, 0, "{}", ready.stderr);
    for (call, code) in CALLS {
        let ended = sandbox.shell(&format!("{call} --json"));
        assert_eq!(ended.code, *code, "{call}\n{}\n{}", ended.stdout, ended.stderr);
        // Exactly one document, and nothing behind it.
        let document: Value =
            serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{call}: {error}\n{}", ended.stdout));
        schema.check(&document);
        assert!(code == &0 || code == &3 || document["error"]["exit_code"] == *code, "{call}: {document:#}");
        if *call == "mtls-ca init --name Example --permit dns:internal --permit ip:10.0.0.0/8" {
            assert_eq!(sandbox.shell("cp narrow.toml ca/profiles/").code, 0);
            let ask = "openssl ocsp -issuer ca/ca.crt -serial 5 -reqout question.der";
            assert_eq!(sandbox.shell(ask).code, 0);
        }
    }
    let seen = schema.seen.borrow();
    let unseen: Vec<&String> = schema
        .tables
        .keys()
        .filter(|table| !OF_SERVERS.contains(&table.as_str()) && !seen.iter().any(|(seen, _)| seen == *table))
        .collect();
    assert_eq!(unseen, Vec::<&String>::new(), "documented, and nowhere printed");
}

#[test]
fn a_server_is_described_as_documented() {
    let (schema, sandbox) = (Schema::read(), Sandbox::new());
    let script = "mtls-ca init --quiet > /dev/null && mtls-ca issue web.internal --profile server --quiet > /dev/null
        exec 3< <(exec openssl s_server -accept 127.0.0.1:0 -cert web.internal.crt -key web.internal.key \
            -CAfile ca/ca.crt -Verify 1 -www 2>&1); server=$!
        while read -r -u 3 line; do case $line in ACCEPT*) break;; esac; done
        mtls-ca inspect \"${line#ACCEPT }\" --json; mtls-ca status --scan \"${line#ACCEPT }\" --json
        mtls-ca handshake \"${line#ACCEPT }\" --cert web.internal.crt --key web.internal.key --json; kill $server
        mtls-ca handshake --listen 0 --cert web.internal.crt --key web.internal.key --count 1 --json 2> told & post=$!
        until grep -q listening told; do sleep 0.05; done
        openssl s_client -connect \"$(sed -n 's/listening on //p' told)\" -cert web.internal.crt -key web.internal.key \
            < /dev/null > /dev/null 2>&1; wait $post";
    let said = sandbox.shell(script).stdout;
    let documents: Vec<Value> = serde_json::Deserializer::from_str(&said).into_iter().map(Result::unwrap).collect();
    documents.iter().for_each(|document| schema.check(document));
    assert!(documents[0]["inputs"][0]["server"].is_object(), "{said}");
    // The certificate is for `web.internal`, and the server was asked for by its address.
    assert_eq!(documents[1]["scan"][0]["findings"][0]["code"], "scan.wrong_name", "{said}");
    let attempts = documents[2]["with_server"]["attempts"].as_array().unwrap();
    let verdicts: Vec<&Value> = attempts.iter().map(|attempt| &attempt["verdict"]).collect();
    assert_eq!(verdicts, ["refused", "refused", "accepted", "accepted"], "{said}");
    assert_eq!(documents[3]["connection"]["presented"][0]["subject"], "CN=web.internal", "{said}");
    assert_eq!(documents[4]["listened"]["refused"], 1, "{said}");
}

#[test]
fn the_examples_are_as_the_tables_say() {
    let schema = Schema::read();
    let examples = DOCUMENT.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let read: Vec<Value> = examples.map(|example| serde_json::from_str(example).unwrap()).collect();
    read.iter().for_each(|document| schema.check(document));
    let commands: BTreeSet<&str> = read.iter().filter_map(|document| document["command"].as_str()).collect();
    let documented: BTreeSet<&str> = DOCUMENT
        .split("## Shapes")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .filter(|heading| !heading.contains(' '))
        .collect();
    assert_eq!(commands, documented, "one example for each command");
}
