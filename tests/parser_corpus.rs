//! The real commands over 18,102 odd files: fuzz corpora and test data of OpenSSL, GnuTLS, BoringSSL, pyca and
//! others. Whatever is in a file, the command ends within a second and below 200 MB, says what it says in text
//! that no terminal obeys, ends with a documented exit code, and with `--json` prints one document.
//!
//! The corpus is not part of this repository: see `corpora/mod.rs`. Plain `cargo test` takes a few hundred files;
//! `./tests/run.sh corpora` looks into all of them, many in one process, and puts a spread of them to each command
//! alone; in the long form every file is put to every command alone.

mod corpora;
mod session;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use session::Session;

/// What one file may take, in seconds of the processor: those of a clock say more about who else is busy.
const MOST_TIME: usize = 1;
/// Seconds by the clock for each of the processor: more than a busy machine makes of it, and less than for ever.
const LONGEST: usize = 30;
/// In the units of `ulimit -d`, kilobytes: all that a process can write to, its stack and program included.
const MOST_MEMORY: &str = "204800";
/// Files that one process looks into where several go into one.
const TOGETHER: usize = 100;

/// One command; `FILE` stands for the file.
struct Case {
    name: &'static str,
    words: &'static [&'static str],
    /// Whether it takes many files.
    many: bool,
    /// The exit codes that it may end with.
    codes: &'static [i32],
}

const CASES: &[Case] = &[
    Case { name: "inspect", words: &["inspect", "FILE"], many: true, codes: &[0, 1, 7] },
    Case {
        name: "inspect with a password",
        words: &["inspect", "--passphrase-file", "password", "FILE"],
        many: true,
        codes: &[0, 1, 6, 7],
    },
    Case { name: "lint", words: &["lint", "FILE"], many: true, codes: &[0, 1, 3, 6, 7] },
    Case { name: "verify", words: &["verify", "--ca", "ca/ca.crt", "FILE"], many: false, codes: &[0, 1, 3, 6] },
    Case {
        name: "verify beside it",
        words: &["verify", "--ca", "ca/ca.crt", "--intermediates", "FILE", "client.crt"],
        many: false,
        codes: &[0, 1, 3, 6],
    },
    Case {
        name: "verify with it as CRL",
        words: &["verify", "--ca", "ca/ca.crt", "--crl", "FILE", "client.crt"],
        many: false,
        codes: &[0, 1, 3],
    },
    Case { name: "sign", words: &["sign", "--out", "-", "FILE"], many: false, codes: &[0, 1, 4] },
    Case {
        name: "export",
        words: &["export", "--format", "pkcs7-pem", "--out", "-", "FILE"],
        many: false,
        codes: &[0, 1, 3, 4, 6],
    },
];

#[test]
fn a_few_files() {
    let Some(corpus) = Corpus::unpacked() else { return };
    let mut judge = Judge::new(&corpus);
    let few: Vec<&PathBuf> = corpus.files.iter().step_by(907).collect();
    judge.alone(&few, |_, _, _| true);
    judge.end();
}

#[test]
#[ignore = "run by ./tests/run.sh corpora"]
fn all_files() {
    let Some(corpus) = Corpus::unpacked() else { return };
    assert!(corpus.files.len() > 18_000, "only {} files", corpus.files.len());
    let all: Vec<&PathBuf> = corpus.files.iter().collect();
    let mut judge = Judge::new(&corpus);
    if session::is_long() {
        judge.together(&all);
        judge.alone(&all, |place, case, json| json || place % 8 == case);
    } else {
        judge.together(&all);
        // Each file goes to one command in one form, and every sixth of them goes at all.
        judge.alone(&all, |place, case, json| place % 96 == case * 12 + usize::from(json) * 6);
    }
    judge.end();
}

struct Corpus {
    _folder: tempfile::TempDir,
    files: Vec<PathBuf>,
}

impl Corpus {
    fn unpacked() -> Option<Self> {
        let folder = corpora::unpacked("parser-corpus.tar.xz")?;
        let files = fs::read_dir(folder.path().join("files")).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = files.collect();
        files.sort();
        Some(Self { _folder: folder, files })
    }
}

/// Runs the commands, and collects what is wrong.
struct Judge<'a> {
    corpus: &'a Corpus,
    session: Session,
    wrong: Mutex<Vec<String>>,
    ends: Mutex<BTreeMap<(&'static str, i32), usize>>,
    slowest: Mutex<Duration>,
}

impl<'a> Judge<'a> {
    fn new(corpus: &'a Corpus) -> Self {
        let session = Session::new();
        session.ok(&["init", "--name", "Corpus CA", "--non-interactive"]);
        session.ok(&["issue", "client", "--profile", "client", "--out", "."]);
        fs::write(session.path().join("password"), "password\n").unwrap();
        let (wrong, ends, slowest) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { corpus, session, wrong, ends, slowest }
    }

    /// Each file to each command that is chosen for it, alone, as text or JSON.
    fn alone(&mut self, files: &[&PathBuf], chosen: impl Fn(usize, usize, bool) -> bool + Sync) {
        let jobs: Vec<(&Case, bool, &PathBuf)> = files
            .iter()
            .enumerate()
            .flat_map(|(place, file)| {
                let chosen = &chosen;
                let forms =
                    CASES.iter().enumerate().flat_map(|(number, case)| [(number, case, true), (number, case, false)]);
                let forms = forms.filter(move |(number, _, json)| chosen(place, *number, *json));
                forms.map(move |(_, case, json)| (case, json, *file))
            })
            .collect();
        self.on_all_cores(jobs.len(), |number| {
            let (case, json, file) = jobs[number];
            self.run(case, json, &[file]);
        });
    }

    /// All files to the commands that take many, a hundred at a time, the one hundred as text, the next as JSON.
    fn together(&mut self, files: &[&PathBuf]) {
        let jobs: Vec<(&Case, usize, &[&PathBuf])> = CASES
            .iter()
            .filter(|case| case.many)
            .flat_map(|case| files.chunks(TOGETHER).enumerate().map(move |(place, files)| (case, place, files)))
            .collect();
        self.on_all_cores(jobs.len(), |number| {
            let (case, place, files) = jobs[number];
            self.run(case, place % 2 == 0, files);
        });
    }

    fn on_all_cores(&self, jobs: usize, work: impl Fn(usize) + Sync) {
        let next = AtomicUsize::new(0);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < jobs) {
                        work(number);
                    }
                });
            }
        });
    }

    fn run(&self, case: &Case, json: bool, files: &[&PathBuf]) {
        let mut words: Vec<&str> = if json { vec!["--json"] } else { Vec::new() };
        let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
        for word in case.words {
            match *word {
                "FILE" => words.extend(&names),
                word => words.push(word),
            }
        }
        let started = Instant::now();
        let output = self.limited(&words, MOST_TIME * files.len().div_ceil(20));
        let took = started.elapsed();
        let mut slowest = self.slowest.lock().unwrap();
        *slowest = (*slowest).max(took / u32::try_from(files.len()).unwrap());
        drop(slowest);
        let code = output.status.code().unwrap_or(-1);
        *self.ends.lock().unwrap().entry((case.name, code)).or_default() += 1;

        let mut problems = problems(&output, json, &names);
        if !case.codes.contains(&code) {
            let said = String::from_utf8_lossy(&output.stderr);
            problems.push(format!("it ended with {}: {}", output.status, said.lines().last().unwrap_or_default()));
        }
        if !problems.is_empty() {
            let names = files.iter().take(3).map(|file| file.file_name().unwrap().to_str().unwrap());
            let files: Vec<_> = names.chain((files.len() > 3).then_some("…")).collect();
            let form = if json { " --json" } else { "" };
            let line = format!("{}{form} {}: {}", case.name, files.join(" "), problems.join("; "));
            self.wrong.lock().unwrap().push(line);
        }
    }

    /// Where the memory or the time would not do, the process dies by a signal; where it waits for something that
    /// does not come, `timeout` kills it.
    fn limited(&self, words: &[&str], seconds: usize) -> Output {
        let script = format!("ulimit -d {MOST_MEMORY} && ulimit -t {seconds} && exec \"$@\"");
        let clock = (LONGEST * seconds).to_string();
        let limits = ["-s", "KILL", &clock, "sh", "-c", &script, "sh", session::binary()];
        let mut command = self.session.command("timeout", &limits);
        command.args(words).stdin(Stdio::null()).output().unwrap()
    }

    fn end(self) {
        let ends = self.ends.into_inner().unwrap();
        println!(
            "parser corpus: {} runs over {} files; the slowest file took {:?} by the clock",
            ends.values().sum::<usize>(),
            self.corpus.files.len(),
            self.slowest.into_inner().unwrap()
        );
        for case in CASES {
            let of_it = ends.iter().filter(|((name, _), _)| *name == case.name);
            let said: Vec<String> = of_it.map(|((_, code), count)| format!("{count} with exit code {code}")).collect();
            println!("  {}: {}", case.name, said.join(", "));
        }
        let mut wrong = self.wrong.into_inner().unwrap();
        let count = wrong.len();
        wrong.truncate(40);
        assert!(wrong.is_empty(), "{count} wrong:\n{}", wrong.join("\n"));
    }
}

fn problems(output: &Output, json: bool, files: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, stream) in [("standard output", &output.stdout), ("standard error", &output.stderr)] {
        let Ok(text) = std::str::from_utf8(stream) else {
            found.push(format!("{name} is not UTF-8"));
            continue;
        };
        if let Some(c) = text.chars().find(|c| is_obeyed(*c)) {
            found.push(format!("{name} has the character {:?}", c));
        }
        if text.contains("panicked") || text.contains("internal error") {
            found.push(format!("{name} speaks of a panic"));
        }
    }
    if json {
        found.extend(document(output, files));
    }
    found
}

/// What a terminal would obey, or what would change the order of the text.
fn is_obeyed(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What is wrong with the one document.
fn document(output: &Output, files: &[&str]) -> Vec<String> {
    let document: Value = match serde_json::from_slice(&output.stdout) {
        Ok(document) => document,
        Err(error) => return vec![format!("standard output is not one JSON document: {error}")],
    };
    let mut found = Vec::new();
    if document["format"] != 1 {
        found.push("the document has no format number".to_owned());
    }
    let told = document["error"]["exit_code"].as_i64();
    if told.is_some_and(|told| told != i64::from(output.status.code().unwrap_or(-1))) {
        found.push(format!("the document says exit code {told:?}"));
    }
    if output.status.code() == Some(1) && document["error"]["message"].as_str().is_none_or(str::is_empty) {
        found.push("it failed, and the document does not say why".to_owned());
    }
    if files.len() > 1 {
        let text = String::from_utf8_lossy(&output.stdout);
        let missing = files.iter().filter(|file| !text.contains(**file)).count();
        if missing > 0 {
            found.push(format!("{missing} of {} files are not in the document", files.len()));
        }
    }
    found
}
