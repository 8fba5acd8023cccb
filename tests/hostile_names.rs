//! Names that nobody should type, in every place where a name is typed: `tests/vectors/hostile-names.toml`
//! says how each ends. Wherever it ends, no file is left outside of the folder where files go, and nothing is
//! shown that a terminal would obey.

mod session;
mod terminal;

use std::fs;

use serde::Deserialize;
use serde_json::Value;
use session::Session;
use terminal::{document, harmless};

const NAMES: &str = include_str!("vectors/hostile-names.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    text: String,
    csr: Option<i32>,
    issue: Option<i32>,
    called: Option<i32>,
    issued: Option<i32>,
    subject: Option<i32>,
    root: Option<i32>,
    permit: Option<i32>,
    pattern: Option<i32>,
    rule: Option<String>,
}

#[test]
fn each_name_ends_as_its_row_says_wherever_it_is_typed() {
    let table: Table = toml::from_str(NAMES).unwrap();
    let (first, second) = table.name.split_at(table.name.len() / 2);
    let wrong = std::thread::scope(|scope| {
        let halves = [scope.spawn(|| try_all(first)), scope.spawn(|| try_all(second))];
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect::<Vec<String>>()
    });
    println!("COUNTED hostile names: {} in 8 places", table.name.len());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

fn try_all(rows: &[Row]) -> Vec<String> {
    let session = Session::new();
    session.ok(&["init", "--name", "Example"]);
    fs::create_dir(session.path().join("work")).unwrap();
    rows.iter().flat_map(|row| row.try_everywhere(&session)).collect()
}

impl Row {
    fn try_everywhere(&self, session: &Session) -> Vec<String> {
        let text = self.text.as_str();
        let (subject, permit) = (format!("CN={text}"), format!("dns:{text}"));
        let places: [(&str, Option<i32>, &[&str]); 7] = [
            ("csr", self.csr, &["csr", "t", "--san", text]),
            ("issue", self.issue, &["issue", "t", "--profile", "server", "--san", text]),
            ("called", self.called, &["csr", text]),
            ("issued", self.issued, &["issue", text, "--profile", "client"]),
            ("subject", self.subject, &["csr", "t", "--subject", &subject]),
            ("root", self.root, &["init", "--ca-dir", "other", "--name", text]),
            ("permit", self.permit, &["init", "--ca-dir", "other", "--permit", &permit]),
        ];
        let tried = places.into_iter().filter_map(|(place, exit, words)| {
            let ca = if words[0] == "init" { &[][..] } else { &["--ca-dir", "../ca"] };
            self.try_at(session, exit.unwrap_or(2), &[ca, words].concat()).err().map(|error| (place, error))
        });
        let mut wrong: Vec<String> = tried.map(|(place, error)| format!("{text:?} {place}: {error}")).collect();
        let profile = session.path().join("ca/profiles/named.toml");
        let pattern = format!("extends = \"server\"\n[names]\ndns = [{}]\n", toml::Value::from(text));
        fs::write(&profile, pattern).unwrap();
        let exit = self.pattern.unwrap_or(2);
        let checked = self.try_at(session, exit, &["--ca-dir", "../ca", "profile", "check"]);
        wrong.extend(checked.err().map(|error| format!("{text:?} pattern: {error}")));
        fs::remove_file(&profile).unwrap();
        wrong
    }

    /// Runs it in a folder of its own, in words and in JSON, and takes away what it made.
    fn try_at(&self, session: &Session, exit: i32, words: &[&str]) -> Result<(), String> {
        let work = session.path().join("work");
        for json in [false, true] {
            let format: &[&str] = if json { &["--json"] } else { &[] };
            let output = session.mtls_ca(&[format, words].concat()).current_dir(&work).output().unwrap();
            let what = format!("{words:?}");
            let told = harmless(&what, &output.stderr);
            let found = output.status.code();
            if found != Some(exit) {
                return Err(format!("exit {found:?}, not {exit}: {told}"));
            }
            if json {
                self.said(&document(&what, &output.stdout), exit)?;
            } else {
                harmless(&what, &output.stdout);
            }
            // In the folder, and nowhere else; as plain names.
            for entry in fs::read_dir(&work).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
                if !name.chars().all(plain) || name.starts_with(['.', '-']) {
                    return Err(format!("the file `{name}`"));
                }
            }
            fs::remove_dir_all(&work).unwrap();
            fs::create_dir(&work).unwrap();
            let beside = fs::read_dir(session.path()).unwrap().count();
            if beside != 3 {
                return Err(format!("{beside} files beside the folder"));
            }
        }
        Ok(())
    }

    fn said(&self, document: &Value, exit: i32) -> Result<(), String> {
        let error = &document["error"];
        match exit {
            0 if error.is_null() => Ok(()),
            2 if error["kind"] == "usage"
                || error["kind"] == "profile"
                || error["findings"][0]["place"].is_object() =>
            {
                Ok(())
            }
            4 => {
                let codes = error["findings"].as_array().into_iter().flatten().map(|finding| &finding["code"]);
                let wanted = self.rule.as_deref().unwrap_or_default();
                if codes.into_iter().any(|code| code == wanted) {
                    Ok(())
                } else {
                    Err(format!("no `{wanted}`: {error}"))
                }
            }
            _ => Err(error.to_string()),
        }
    }
}
