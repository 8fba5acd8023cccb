//! File sets that are broken in one way each, made by openssl, and the first line of `mtls-ca doctor` about
//! each: the sentences are written by hand in `cases.toml`.

#[path = "../sandbox/mod.rs"]
mod sandbox;

use mtls_ca::recipe::{Role, Shelved};
use sandbox::{Ended, Sandbox};
use serde::Deserialize;
use serde_json::Value;

const WORKSHOP: &str = include_str!("workshop.sh");
const CASES: &str = include_str!("cases.toml");
const MOMENT: &str = "2030-06-01T00:00:00Z";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    workshop: Workshop,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workshop {
    make: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    make: String,
    call: String,
    /// What is good about the same moment: the sound server, where nothing is said.
    #[serde(default = "sound")]
    control: String,
    first: String,
    #[serde(default)]
    says: Vec<String>,
}

fn sound() -> String {
    "api.pem api.key root.crt".to_owned()
}

#[test]
fn each_broken_set_has_its_cause() {
    let Table { workshop, case: cases } = toml::from_str(CASES).unwrap();
    let common = Sandbox::new();
    let made = common.shell(&format!("{WORKSHOP}\n{}", workshop.make));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let faults: Vec<String> = cases.iter().flat_map(|case| faults(case, &common)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    let broken = cases.iter().filter(|case| case.first.starts_with("NOT good")).count();
    assert!(broken >= 25, "{broken}");
}

/// What is not as the case has it, in a copy of the common folder.
fn faults(case: &Case, common: &Sandbox) -> Vec<String> {
    let own = Sandbox::new();
    let copied = own.shell(&format!("cp -a {}/. .", common.path().display()));
    assert_eq!(copied.code, 0, "{}", copied.stderr);
    let made = own.shell(&format!("{WORKSHOP}\n{}", case.make));
    if made.code != 0 {
        return vec![format!("{}: cannot be made\n{}", case.name, made.stderr)];
    }
    let doctor = |call: &str| own.shell(&format!("mtls-ca doctor {call} --at {MOMENT}"));
    let mut faults = Vec::new();
    let mut expect_good = |when: &str, Ended { code, stdout, stderr }: Ended| {
        if code != 0 {
            faults.push(format!("{}: the control {when} is not good\n{stdout}{stderr}", case.name));
        }
    };
    expect_good("before", doctor(&case.control));
    let Ended { code, stdout, stderr } = doctor(&case.call);
    expect_good("after", doctor(&case.control));
    // Root's keys may be readable for their group.
    let mode = if rustix::process::getuid().is_root() { "0640" } else { "0600" };
    let first = case.first.replace("MODE", mode);
    let is_no = first.starts_with("NOT good");
    if stdout.lines().next() != Some(&first) || code != if is_no { 3 } else { 0 } {
        faults.push(format!("{}: {code}, not\n{first}\n{stdout}{stderr}", case.name));
    }
    // One line on standard error, with the same cause.
    let sentence = first.split_once(": ").and_then(|(_, rest)| Some(rest.rsplit_once(" (")?.0));
    if is_no && !stderr.lines().next().is_some_and(|line| sentence.is_some_and(|sentence| line.ends_with(sentence))) {
        faults.push(format!("{}: standard error says\n{stderr}", case.name));
    }
    faults.extend(untypable(&stdout, &own).map(|line| format!("{}: cannot be typed: {line}", case.name)));
    let missing = case.says.iter().filter(|said| !stdout.contains(*said));
    faults.extend(missing.map(|said| format!("{}: does not say\n{said}\n{stdout}", case.name)));
    faults
}

/// Lines to type whose command or options there are not.
fn untypable<'a>(stdout: &'a str, sandbox: &Sandbox) -> impl Iterator<Item = &'a str> {
    let typed = stdout.lines().filter_map(|line| line.trim_start().strip_prefix("> mtls-ca "));
    typed.filter(|line| {
        let options: Vec<&str> = line.split(' ').filter(|word| word.starts_with("--")).collect();
        let command = line.split(' ').take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()));
        let command: Vec<&str> =
            command.take(if line.starts_with("crl ") || line.starts_with("rotate ") { 2 } else { 1 }).collect();
        let help = sandbox.shell(&format!("mtls-ca {} --help", command.join(" ")));
        help.code != 0 || !options.iter().all(|option| help.stdout.contains(option))
    })
}

/// Deployments that were sound when they were made: what is done to them, and the first line of `--check`.
const DEPLOYMENTS: &[(&str, &str, &str)] = &[
    ("nginx", "true", "good for NGINX"),
    ("haproxy", "true", "good for HAProxy"),
    ("nginx", "echo '# mine' >> nginx/nginx.conf", "good for NGINX"),
    (
        "nginx",
        "rm nginx/crl/crl.pem",
        "NOT good for NGINX: there is no CRL of the CA `CN=Issuing` (diagnosis.crl_missing)",
    ),
    (
        "nginx",
        "rm nginx/tls/current/tls.key",
        "NOT good for NGINX: there is no key beside `nginx/tls/current/tls.crt` (diagnosis.key_missing)",
    ),
    (
        "nginx",
        "cat issuing/ca.crt > turned; cat issuing/chain.crt nginx/tls/current/tls.crt > turned; cat turned > nginx/tls/current/tls.crt",
        "NOT good for NGINX: the first certificate is that of `CN=Issuing`, and the server's own, `CN=api.internal`, stands at place 2 (diagnosis.chain_order)",
    ),
    (
        "nginx",
        "openssl x509 -in nginx/tls/current/tls.crt -out one.crt; cat one.crt > nginx/tls/current/tls.crt",
        "NOT good for NGINX: the server does not present the intermediate CA `CN=Issuing` (diagnosis.intermediate_missing)",
    ),
    (
        "haproxy",
        "openssl x509 -in haproxy/tls/current/tls.crt > one.crt; cat haproxy/tls/current/tls.key one.crt > haproxy/tls/current/tls.pem",
        "NOT good for HAProxy: the server does not present the intermediate CA `CN=Issuing` (diagnosis.intermediate_missing)",
    ),
    (
        "nginx",
        "mtls-ca key generate --out new.key; cat new.key > nginx/tls/current/tls.key",
        "NOT good for NGINX: `nginx/tls/current/tls.key` is not the key of `CN=api.internal` (diagnosis.key_mismatch)",
    ),
    (
        "nginx",
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout x.key -subj /CN=Root -out x.crt 2>/dev/null; cat x.crt > nginx/tls/current/ca.crt",
        "NOT good for NGINX: `CN=Issuing` was signed by a CA of the name `CN=Root` with another key than that of the CA which is trusted (diagnosis.same_name_other_key)",
    ),
];

#[test]
fn deployments_are_checked() {
    let common = Sandbox::new();
    let made = common.shell(
        "set -e; mtls-ca init --name Root; mtls-ca crl build; mtls-ca init --ca-dir issuing --parent ca --name Issuing
        mtls-ca --ca-dir issuing crl build; mtls-ca --ca-dir issuing crl import ca/issuers/g1/crl.pem
        for system in nginx haproxy; do
            mtls-ca --ca-dir issuing recipe $system --name api.internal --allow billing --out $system
        done",
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    for (system, done, first) in DEPLOYMENTS {
        let own = Sandbox::new();
        let copied = own.shell(&format!("cp -a {}/. . && ({done})", common.path().display()));
        assert_eq!(copied.code, 0, "{done}: {}", copied.stderr);
        let Ended { code, stdout, stderr } = own.shell(&format!("mtls-ca recipe {system} --check {system}"));
        assert_eq!(stdout.lines().next(), Some(*first), "{done}\n{stdout}{stderr}");
        assert_eq!(code, if first.starts_with("NOT") { 3 } else { 0 }, "{done}");
        let is_changed = stdout.contains("diagnosis.configuration_drift");
        assert_eq!(is_changed, done.contains("# mine"), "{done}\n{stdout}");
    }
}

/// What a recipe makes passes its own check.
#[test]
fn what_a_recipe_makes_is_right_for_its_system() {
    let sandbox = Sandbox::new();
    let made = sandbox.shell(
        "set -e; mtls-ca init --name Root; mtls-ca crl build; mtls-ca init --ca-dir issuing --parent ca --name Issuing
        mtls-ca --ca-dir issuing crl build; mtls-ca --ca-dir issuing crl import ca/issuers/g1/crl.pem",
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    for Shelved { recipe, .. } in mtls_ca::recipe::all().unwrap() {
        let (name, title) = (&recipe.name, &recipe.title);
        if recipe.certificate.is_none() {
            continue;
        }
        let said = sandbox.shell(&format!(
            "mtls-ca --ca-dir issuing recipe {name} --name api --san api.internal --allow billing \
                --out {name} > made 2>&1 || cat made; mtls-ca recipe {name} --check {name}"
        ));
        assert_eq!(
            said.stdout.lines().next(),
            Some(format!("good for {title}").as_str()),
            "{}{}",
            said.stdout,
            said.stderr
        );
        assert!(!said.stdout.contains("diagnosis.configuration_drift"), "{}", said.stdout);
    }
}

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/doctor.md");
const HEADING: &str = "## What is known of each system\n";

/// What the facts of every recipe say, as a table.
fn systems() -> String {
    let mut table = String::from(
        "| system | TLS | reads | keys | refused keys | byte order mark | widest mode | CAs followed | CRLs | knows peers by | server with CN only |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for Shelved { recipe, .. } in mtls_ca::recipe::all().unwrap() {
        if recipe.role == Role::Authority {
            continue;
        }
        let facts = serde_json::to_value(&recipe.facts).unwrap();
        let word = |key: &str| facts[key].as_str().unwrap_or("-").to_owned();
        let list = |key: &str| {
            let words: Vec<&str> = facts[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if words.is_empty() { "-".to_owned() } else { words.join(", ") }
        };
        let depth = match (facts["depth"].as_u64(), facts["default_depth"].as_u64()) {
            (Some(depth), Some(default)) => format!("{depth}, else {default}"),
            (Some(depth), None) => depth.to_string(),
            (None, Some(default)) => default.to_string(),
            (None, None) => "-".to_owned(),
        };
        let bom = if recipe.facts.refuses_bom() { "refuses" } else { "survives" };
        let cells = [
            recipe.name.clone(),
            word("tls"),
            list("reads"),
            list("key_forms"),
            list("refused_algorithms"),
            bom.to_owned(),
            word("key_mode"),
            depth,
            word("crl"),
            word("identity"),
            word("cn_only_server"),
        ];
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    table
}

/// `SNAPSHOTS=overwrite` writes it anew.
#[test]
fn the_page_has_the_facts_of_every_recipe() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (above, below) = page.split_once(HEADING).unwrap();
    let (words, table) = below.split_at(below.find("\n| ").unwrap() + 1);
    let known = systems();
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        std::fs::write(PAGE, format!("{above}{HEADING}{words}{known}")).unwrap();
        return;
    }
    assert_eq!(table, known, "SNAPSHOTS=overwrite cargo test --test doctor page");
}
