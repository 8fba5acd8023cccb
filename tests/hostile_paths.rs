//! Paths that are not what they should be: links, directories, pipes, full devices, other people's files,
//! read-only and full disks. `tests/vectors/hostile-paths.toml` says what each command answers.

mod session;
mod terminal;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde::Deserialize;
use session::{Session, binary};
use terminal::harmless;

const CASES: &str = include_str!("vectors/hostile-paths.toml");
const CASES_IN_TABLE: usize = 135;

/// The number of the user `nobody`.
const NOBODY: &str = "65534";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    before: Option<String>,
    #[serde(rename = "type")]
    typed: String,
    exit: i32,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    changes: bool,
    #[serde(rename = "as")]
    user: Option<User>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
enum User {
    #[serde(rename = "another")]
    Another,
    #[serde(rename = "root")]
    Root,
    #[serde(rename = "root in a cell")]
    Cell,
}

#[test]
fn each_path_is_answered_as_its_row_says() {
    let table: Table = toml::from_str(CASES).unwrap();
    assert_eq!(table.case.len(), CASES_IN_TABLE, "rows came or went: say here how many there are");
    let base = base();
    let (first, second) = table.case.split_at(table.case.len() / 2);
    let try_all = |cases: &[Case]| -> Vec<Ended> { cases.iter().map(|case| case.try_it(&base)).collect() };
    let ended = std::thread::scope(|scope| {
        let halves = [scope.spawn(|| try_all(first)), scope.spawn(|| try_all(second))];
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect::<Vec<Ended>>()
    });
    let mut wrong = Vec::new();
    for (case, ended) in table.case.iter().zip(&ended) {
        match ended {
            Ended::AsItShould => {}
            Ended::Otherwise(found) => wrong.push(format!("{}: {found}", case.name)),
            Ended::NotHere(reason) => {
                // Past the test harness, which would swallow it.
                std::io::stderr().write_all(format!("\nSKIPPED {}: {reason}\n", case.name).as_bytes()).unwrap();
            }
        }
    }
    let tried = ended.iter().filter(|ended| !matches!(ended, Ended::NotHere(_))).count();
    println!("COUNTED hostile paths: {tried} of {}", table.case.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.case.len(), wrong.join("\n"));
}

enum Ended {
    AsItShould,
    Otherwise(String),
    /// The machine does not let the row be tried.
    NotHere(&'static str),
}

fn base() -> Session {
    let session = Session::new();
    session.ok(&["--ca-dir", "root", "init", "--name", "Root"]);
    session.ok(&["init", "--parent", "root", "--name", "Issuing"]);
    session.ok(&["csr", "x"]);
    session.ok(&["issue", "a"]);
    session
}

/// The files as they are, links not followed, but for the ledger, where refusals are written.
type Tree = BTreeMap<PathBuf, (u32, Option<PathBuf>, Vec<u8>)>;

fn tree(session: &Session) -> Tree {
    let seen = |path: PathBuf| {
        let found = fs::symlink_metadata(&path).unwrap();
        let content = if found.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() };
        let name = path.strip_prefix(session.path()).unwrap().to_owned();
        (name, (found.permissions().mode(), fs::read_link(&path).ok(), content))
    };
    let files = session.files(".").into_iter().filter(|path| !path.to_string_lossy().contains("ledger.sqlite"));
    files.map(seen).collect()
}

impl Case {
    fn try_it(&self, base: &Session) -> Ended {
        let session = Session::new();
        let copied = session.command("cp", &["-a", &format!("{}/.", base.path().display()), "."]).status().unwrap();
        assert!(copied.success());
        let is_root = rustix::process::geteuid().is_root();
        if self.user == Some(User::Root) && !is_root {
            return Ended::NotHere("only root gives files away");
        }
        let before = self.before.as_deref().unwrap_or("true");
        if self.user != Some(User::Cell) {
            let done = shell(&session, "bash", &["-c"], before);
            if !done.status.success() {
                return Ended::Otherwise(format!("beforehand: {}", String::from_utf8_lossy(&done.stderr)));
            }
        }
        let was = tree(&session);
        let rows = rows(&session);
        let Output { status, stdout, stderr } = match self.user {
            None | Some(User::Root) => shell(&session, "timeout", &["20", "bash", "-c"], &self.typed),
            Some(User::Another) if is_root => {
                open_the_way(&session);
                let user = [&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"];
                let probe = session.command("setpriv", &[&user[..], &["test", "-x", binary()]].concat()).status();
                if !probe.is_ok_and(|status| status.success()) {
                    return Ended::NotHere("another user does not get at the program");
                }
                shell(&session, "setpriv", &[&user[..], &["timeout", "20", "bash", "-c"]].concat(), &self.typed)
            }
            // Without root nobody else can be had: what is not ours is what nobody may open.
            Some(User::Another) => return Ended::NotHere("only root becomes another user"),
            Some(User::Cell) => {
                let can =
                    session.command("unshare", &["-rm", "mount", "-t", "tmpfs", "none", "root"]).output().unwrap();
                if !can.status.success() {
                    return Ended::NotHere("nothing can be mounted here");
                }
                let line = format!("( {before} ) && {{ {}\n}}", self.typed);
                shell(&session, "unshare", &["-rm", "timeout", "20", "bash", "-c"], &line)
            }
        };
        let (shown, told) = (harmless(&self.name, &stdout), harmless(&self.name, &stderr));
        if status.code() != Some(self.exit) {
            return Ended::Otherwise(format!("{status}, not {}: {shown}{told}", self.exit));
        }
        if let Some(missing) = self.says.iter().find(|word| !told.contains(*word) && !shown.contains(*word)) {
            return Ended::Otherwise(format!("`{missing}` is not said: {shown}{told}"));
        }
        if self.changes {
            return Ended::AsItShould;
        }
        let is = tree(&session);
        // What was mounted or made beforehand in a cell left its mount point.
        let made =
            |name: &&PathBuf| self.user == Some(User::Cell) && (name.starts_with("full") || name.starts_with("out"));
        let differs = |name: &&PathBuf| was.get(*name) != is.get(*name) && !made(name);
        if let Some(name) = was.keys().chain(is.keys()).find(differs) {
            return Ended::Otherwise(format!("`{}` is another: {shown}{told}", name.display()));
        }
        if rows != self::rows(&session) {
            Ended::Otherwise("the ledger has other rows".to_owned())
        } else {
            Ended::AsItShould
        }
    }
}

/// The certificates of the ledger, where it can be read.
fn rows(session: &Session) -> Option<Vec<(String, String)>> {
    if !session.path().join("ca/ledger.sqlite").is_file() {
        return None;
    }
    let listed = session.mtls_ca(&["list"]).output().unwrap();
    listed.status.success().then(|| session.ledger())
}

/// Others may go through the folder of the session, and no further.
fn open_the_way(session: &Session) {
    fs::set_permissions(session.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

fn shell(session: &Session, program: &str, words: &[&str], line: &str) -> Output {
    let mut command: Command = session.command(program, &[words, &[line]].concat());
    command.env("M", binary()).output().unwrap()
}
