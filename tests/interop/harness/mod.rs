//! What the tests against other people's tools share: a folder to work in, runs that explain
//! themselves, servers that end with their test.

pub mod account;
pub mod backend;
pub mod caller;
pub mod case;
pub mod cast;
pub mod gateway;
pub mod go_refusals;
pub mod host;
pub mod jvm;
pub mod load;
pub mod matrix;
pub mod meanwhile;
pub mod probe;
pub mod recipe;
pub mod refusals;
pub mod renewal;
pub mod revocation;
mod run;
mod server;
pub mod turnover;
pub mod visitor;

pub use run::Run;
pub use server::{Server, eventually, eventually_says, eventually_within, free_port};

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A key algorithm by the names that our command line and openssl have for it.
pub struct Algorithm {
    pub ours: &'static str,
    pub openssl: &'static [&'static str],
}

/// Every key algorithm that is tried with every tool.
pub const ALGORITHMS: [Algorithm; 5] = [
    Algorithm { ours: "rsa-2048", openssl: &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] },
    Algorithm { ours: "ecdsa-p256", openssl: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] },
    Algorithm { ours: "ecdsa-p384", openssl: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"] },
    Algorithm { ours: "ecdsa-p521", openssl: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"] },
    Algorithm { ours: "ed25519", openssl: &["-algorithm", "ED25519"] },
];

/// A temporary folder in which our binary and other tools work together.
pub struct Workshop {
    folder: PathBuf,
    /// Takes the folder away at the end.
    _temporary: Option<tempfile::TempDir>,
}

impl Workshop {
    /// A folder for a test of this system, or `None`, said loudly, where one of its programs is
    /// missing. On a build server that is a failure.
    pub fn open(system: &str, programs: &[&str]) -> Option<Self> {
        let missing: Vec<&str> = programs.iter().copied().filter(|program| find(program).is_none()).collect();
        if !missing.is_empty() {
            // Past the test harness, which would swallow it.
            let line =
                format!("\nSKIPPED system {system}: {} not found (see tests/packages.txt)\n", missing.join(", "));
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            assert!(std::env::var_os("CI").is_none_or(|value| value != "true"), "{}", line.trim());
            return None;
        }
        let folder = tempfile::Builder::new().prefix("mtls-ca-interop-").tempdir().unwrap();
        Some(Self { folder: folder.path().to_owned(), _temporary: Some(folder) })
    }

    /// An empty folder of this name below `target/tmp`, which stays: for what several tests use.
    pub fn lasting(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        Self { folder, _temporary: None }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs our binary, as a user without any settings would.
    pub fn mtls_ca<S: AsRef<OsStr>>(&self, words: &[S]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mtls-ca"));
        command.args(words);
        self.run(command)
    }

    /// The JSON document with which our binary answers.
    pub fn json<S: AsRef<OsStr>>(&self, words: &[S]) -> serde_json::Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mtls-ca"));
        command.args(words).arg("--json");
        let run = self.run(command).ok();
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout))
    }

    /// Where a program is.
    pub fn path_of(&self, program: &str) -> PathBuf {
        find(program).unwrap_or_else(|| panic!("{program} is not installed"))
    }

    /// Runs somebody else's tool.
    pub fn tool<S: AsRef<OsStr>>(&self, program: &str, words: &[S]) -> Run {
        let mut command = Command::new(find(program).unwrap_or_else(|| panic!("{program} is not installed")));
        command.args(words);
        self.run(command)
    }

    /// Runs somebody else's tool on the content of a file.
    pub fn pipe<S: AsRef<OsStr>>(&self, program: &str, words: &[S], input: &str) -> Run {
        let mut command = Command::new(find(program).unwrap_or_else(|| panic!("{program} is not installed")));
        self.seal(command.args(words));
        Run::of(command.stdin(fs::File::open(self.path(input)).unwrap()))
    }

    /// A command in this folder with a bare environment.
    pub fn run(&self, mut command: Command) -> Run {
        self.seal(&mut command);
        Run::of(command.stdin(Stdio::null()))
    }

    /// Starts somebody else's server, and waits until it listens.
    pub fn serve<S: AsRef<OsStr>>(&self, program: &str, words: &[S], port: u16) -> Server {
        let mut command = Command::new(find(program).unwrap_or_else(|| panic!("{program} is not installed")));
        command.args(words);
        self.seal(&mut command);
        Server::start(command, port, &self.path(&format!("server-{port}.log")))
    }

    fn seal(&self, command: &mut Command) {
        let go_caches = ["GOCACHE", "GOPATH", "GOMODCACHE"].map(|name| (name, go_cache().join(name)));
        command.current_dir(&self.folder).env_clear().env("HOME", &self.folder).env("LC_ALL", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(go_caches).env("GOFLAGS", "-mod=mod");
        command.env("NODE_PATH", node_modules());
        command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off");
    }
}

/// Go compiles its standard library once for all tests.
fn go_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("go")
}

fn node_modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/node/node_modules")
}

/// A file of this folder in the repository.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(name)
}

/// Where a program is: on PATH, where Debian keeps servers, or (`venv:`) among the Python tools of the
/// tests; or that a package of Python's (`pip:`), of Node's (`module:`), or the libraries of a POM (`mvn:`)
/// are there.
fn find(program: &str) -> Option<PathBuf> {
    if let Some(package) = program.strip_prefix("module:") {
        return Some(node_modules().join(package).join("package.json")).filter(|path| path.is_file());
    }
    let python = match std::env::var_os("MTLS_CA_TEST_PYTHON") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/python/bin"),
    };
    if let Some(package) = program.strip_prefix("pip:") {
        let versions = fs::read_dir(python.join("../lib")).into_iter().flatten().flatten();
        let packages = versions.map(|version| version.path().join("site-packages").join(package));
        return packages.map(|folder| folder.join("__init__.py")).find(|path| path.is_file());
    }
    if let Some(pom) = program.strip_prefix("mvn:") {
        return Some(jvm::fetched(pom).join("fetched")).filter(|path| path.is_file());
    }
    let named_for_tests = program.strip_prefix("venv:");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = match named_for_tests {
        Some(_) => vec![python],
        None => {
            let go = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/go");
            std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into(), go]).collect()
        }
    };
    folders.into_iter().map(|folder| folder.join(named_for_tests.unwrap_or(program))).find(|path| path.is_file())
}
