//! `docs/consumers.md`: which systems accept what we make, and refuse what they should, put together
//! from what the interop tests have seen (`target/consumers`) and from the recipes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Systems that have to have been run on a build server, where their recipe does not say why not.
const WANTED: [&str; 40] = [
    "apache",
    "axios",
    "caddy",
    "cert-manager",
    "curl",
    "envoy",
    "etcd",
    "express",
    "go",
    "grpc",
    "haproxy",
    "hitch",
    "istio",
    "java",
    "kafka",
    "kubeadm",
    "lighttpd",
    "linkerd",
    "mariadb",
    "mosquitto",
    "nats",
    "nginx",
    "nginx-proxy",
    "nodejs",
    "openldap",
    "postgresql",
    "prometheus",
    "python",
    "rabbitmq",
    "redis",
    "ruby-faraday",
    "rustls",
    "spiffe",
    "spring-boot",
    "spring-feign",
    "stunnel",
    "tomcat",
    "traefik",
    "vault",
    "wildfly-elytron",
];

const BEGIN: &str = "<!-- matrix: written by `./tests/run.sh matrix`, from what the tests have seen -->";
const END: &str = "<!-- end of the matrix -->";

/// What of `recipe.toml` stands in the matrix.
#[derive(Deserialize)]
struct Recipe {
    title: String,
    not_run: Option<String>,
    #[serde(default)]
    cannot: Vec<String>,
}

/// What one test has written (`tests/interop/harness/matrix.rs`).
#[derive(Deserialize)]
struct Part {
    passed: bool,
    version: String,
    accepted: Vec<String>,
    refused: Vec<String>,
    revocation: Vec<String>,
    rotation: Vec<String>,
}

/// A system and all parts of its row.
struct System {
    name: String,
    recipe: Recipe,
    parts: BTreeMap<String, Part>,
}

impl System {
    /// Why the row is not green.
    fn fault(&self) -> Option<String> {
        let red: Vec<&str> =
            self.parts.iter().filter(|(_, part)| !part.passed).map(|(name, _)| name.as_str()).collect();
        match (&self.recipe.not_run, red.as_slice(), self.parts.is_empty()) {
            (None, [], true) => Some("no test of it has run".to_owned()),
            (_, [], _) => None,
            (_, red, _) => Some(format!("failed: {}", red.join(", "))),
        }
    }

    /// What all parts say of one thing, each once.
    fn joined(&self, of: impl Fn(&Part) -> &[String], between: &str) -> String {
        let mut said: Vec<&str> = Vec::new();
        for text in self.parts.values().flat_map(of) {
            if !said.contains(&text.as_str()) {
                said.push(text);
            }
        }
        if said.is_empty() { "–".to_owned() } else { cell(&said.join(between)) }
    }

    fn row(&self) -> String {
        let Self { name, recipe, parts } = self;
        let version = match (&recipe.not_run, self.fault()) {
            (_, Some(fault)) => format!("**{}**", cell(&fault)),
            (Some(reason), _) if parts.is_empty() => format!("not run: {}", cell(reason)),
            _ => {
                let versions: BTreeSet<&str> = parts.values().map(|part| part.version.as_str()).collect();
                cell(&versions.into_iter().collect::<Vec<_>>().join(", "))
            }
        };
        let [accepted, refused] = [self.joined(|part| &part.accepted, "; "), self.joined(|part| &part.refused, ", ")];
        let [revocation, rotation] =
            [self.joined(|part| &part.revocation, "; "), self.joined(|part| &part.rotation, "; ")];
        let title = cell(&recipe.title);
        format!(
            "| {title} | {version} | {accepted} | {refused} | {revocation} | {rotation} | [{name}](../examples/recipes/{name}/) |\n"
        )
    }
}

/// Text that stays within its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn folders(path: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn systems() -> Vec<System> {
    let (recipes, seen) = (root().join("examples/recipes"), root().join("target/consumers"));
    let known = folders(&recipes).into_iter().map(|name| {
        let text = fs::read_to_string(recipes.join(&name).join("recipe.toml")).unwrap();
        let recipe = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let files = fs::read_dir(seen.join(&name)).into_iter().flatten().flatten().map(|entry| entry.path());
        let parts = files.filter(|path| path.extension().is_some_and(|end| end == "json")).map(|path| {
            let part = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), part)
        });
        System { name, recipe, parts: parts.collect() }
    });
    known.collect()
}

fn matrix(systems: &[System]) -> String {
    let mut text = format!(
        "{BEGIN}\n\n| system | version | accepted | refused | revocation | rotation | recipe |\n|---|---|---|---|---|---|---|\n"
    );
    systems.iter().for_each(|system| text.push_str(&system.row()));
    text.push_str("\n### What they cannot do\n\n");
    for System { recipe, .. } in systems.iter().filter(|system| !system.recipe.cannot.is_empty()) {
        writeln!(text, "- {}: {}", recipe.title, recipe.cannot.join("; ")).unwrap();
    }
    format!("{text}\n{END}")
}

#[test]
#[ignore = "run by ./tests/run.sh matrix, after the interop tests"]
fn the_matrix_is_written_and_every_row_is_green_or_has_its_reason() {
    let systems = systems();
    let path = root().join("docs/consumers.md");
    let page =
        fs::read_to_string(&path).unwrap_or_else(|_| format!("# Who consumes the certificates\n\n{BEGIN}\n{END}\n"));
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    fs::write(&path, format!("{before}{}{after}", matrix(&systems))).unwrap();

    let faults = systems.iter().filter_map(|system| Some(format!("{}: {}", system.name, system.fault()?)));
    let missing = WANTED.iter().filter(|name| systems.iter().all(|system| system.name != **name));
    let faults: Vec<String> = faults.chain(missing.map(|name| format!("{name}: there is no recipe"))).collect();
    if std::env::var_os("CI").is_some_and(|value| value == "true") {
        assert!(faults.is_empty(), "{faults:#?}");
    } else {
        faults.iter().for_each(|fault| eprintln!("not green: {fault}"));
    }
}

#[test]
fn a_row_is_red_until_its_tests_have_passed() {
    let part = |passed| Part {
        passed,
        version: "1.0".to_owned(),
        accepted: vec!["CN=billing".to_owned()],
        refused: vec!["expired".to_owned(), "a|b".to_owned()],
        revocation: Vec::new(),
        rotation: Vec::new(),
    };
    let system = |not_run: Option<&str>, parts: &[(&str, bool)]| System {
        name: "some".to_owned(),
        recipe: Recipe { title: "Some".to_owned(), not_run: not_run.map(str::to_owned), cannot: Vec::new() },
        parts: parts.iter().map(|(name, passed)| ((*name).to_owned(), part(*passed))).collect(),
    };
    assert_eq!(system(None, &[]).fault().as_deref(), Some("no test of it has run"));
    assert_eq!(system(None, &[("deep", true), ("flat", false)]).fault().as_deref(), Some("failed: flat"));
    assert_eq!(system(Some("too big"), &[]).fault(), None);
    assert!(system(Some("too big"), &[]).row().contains("| not run: too big |"));
    let green = system(None, &[("deep", true), ("flat", true)]);
    assert_eq!(green.fault(), None);
    assert_eq!(
        green.row(),
        "| Some | 1.0 | CN=billing | expired, a\\|b | – | – | [some](../examples/recipes/some/) |\n"
    );
}
