//! System calls of our binary that change the disk. `strace` stops the binary as it enters one of
//! them, which is where it would have been stopped after the one before, or has the system refuse it.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::session::{Session, binary, is_long};

/// All that change what a disk holds, whether our binary makes them today or not. Of `openat`, only
/// those count that may create or cut off a file.
const CHANGING: [&str; 30] = [
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "copy_file_range",
    "sendfile",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "syncfs",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "truncate",
    "ftruncate",
    "fallocate",
    "fchmod",
    "fchmodat",
    "fchown",
    "openat",
];

/// One system call of a run: the so-many-th of its name, of any one thread.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    call: String,
    nth: usize,
    /// The file that it is about, under the name that its user knows.
    pub file: String,
}

/// What the system says, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// This once.
    Once(&'static str),
    /// From here on, for as long as the process runs.
    Lasting(&'static str),
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// None where it was killed.
    pub status: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Point {
    /// Whether it is about standard output or standard error, and not about a file.
    pub fn is_talk(&self) -> bool {
        self.file.is_empty()
    }

    /// Whether it puts something on the disk, or waits until it is there.
    pub fn writes(&self) -> bool {
        ["write", "pwrite", "sync", "copy_file", "sendfile"].iter().any(|word| self.call.contains(word))
    }

    /// Whether it takes something away.
    pub fn removes(&self) -> bool {
        ["unlink", "unlinkat", "rmdir"].contains(&self.call.as_str())
    }

    /// Whether this one is refused too, where that one is refused for good.
    pub fn follows(&self, refused: &Self) -> bool {
        self.call == refused.call && self.nth >= refused.nth
    }

    /// Whether a run to which this call is refused for good cannot say so.
    pub fn silences(&self, refusal: Refusal) -> bool {
        matches!(refusal, Refusal::Lasting(_)) && ["write", "writev"].contains(&self.call.as_str())
    }

    fn inject(&self, what: &str, lasting: bool) -> String {
        format!("inject={}:{what}:when={}{}", self.call, self.nth, if lasting { "+" } else { "" })
    }

    pub fn told(&self) -> String {
        format!("{} {} ({})", self.call, self.nth, self.file)
    }
}

impl Refusal {
    pub fn told(self) -> String {
        match self {
            Self::Once(error) => format!("{error} once at"),
            Self::Lasting(error) => format!("{error} from"),
        }
    }
}

/// Every point of a whole run, in the order in which they come.
pub fn points(session: &Session, words: &[&str]) -> Vec<Point> {
    let trace = format!("trace={}", CHANGING.join(","));
    let log = session.path().join("calls");
    let mut all = vec!["-f", "-qq", "-y", "-o", "calls", "-e", &trace, binary()];
    all.extend(words);
    let output = session.command("strace", &all).output().expect("strace is needed (see tests/packages.txt)");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    let renamed = renamed(&text);
    // strace counts the calls of each thread by themselves.
    let mut counted: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let Some((process, call, arguments)) = parts(line) else { continue };
        let nth = counted.entry((process.to_owned(), call.to_owned())).or_default();
        *nth += 1;
        let changes = call != "openat" || ["O_CREAT", "O_TRUNC"].iter().any(|flag| arguments.contains(flag));
        // Of two threads the first to come so far is the one that is hit; with `openat` that may be the
        // main one while the program is loaded.
        if seen.insert((call.to_owned(), *nth)) && changes {
            let file = file_of(call, arguments).unwrap_or_default();
            let file = renamed.get(last(&file)).cloned().unwrap_or(file);
            found.push(Point { call: call.to_owned(), nth: *nth, file });
        }
    }
    found
}

/// All of them in the long form, else at most so many, spread evenly.
pub fn spread<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    let step = if is_long() { 1 } else { all.len().div_ceil(most).max(1) };
    // Not always the first of a command, which all of them have alike.
    all.iter().skip(step / 2).step_by(step).cloned().collect()
}

/// Runs the binary until it enters this call.
pub fn killed(session: &Session, words: &[&str], point: &Point) -> Ended {
    traced(session, words, point, &point.inject("signal=KILL", false))
}

/// Runs the binary to its end, with this call refused.
pub fn refused(session: &Session, words: &[&str], point: &Point, refusal: Refusal) -> Ended {
    let inject = match refusal {
        Refusal::Once(error) => point.inject(&format!("error={error}"), false),
        Refusal::Lasting(error) => point.inject(&format!("error={error}"), true),
    };
    traced(session, words, point, &inject)
}

fn traced(session: &Session, words: &[&str], point: &Point, inject: &str) -> Ended {
    let trace = format!("trace={}", point.call);
    let mut all = vec!["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", inject, binary()];
    all.extend(words);
    let output = session.command("strace", &all).output().unwrap();
    // strace ends as its child did.
    let status = if output.status.signal().is_some() { None } else { output.status.code() };
    Ended { status, stdout: output.stdout, stderr: String::from_utf8_lossy(&output.stderr).into_owned() }
}

/// Hands each task to one of as many threads as there are processors; returns what failed.
pub fn side_by_side<T: Sync>(tasks: &[T], work: impl Fn(&T) + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The others are still worth knowing.
                    if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(task))) {
                        let said = panic.downcast_ref::<String>().cloned();
                        failed.lock().unwrap().push(said.unwrap_or_else(|| "a point failed".to_owned()));
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap()
}

/// `17 openat(AT_FDCWD</here>, "a", O_CREAT) = 3`: the process, the call, and what follows. Of a
/// call that another thread interrupted, the second half is not one.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let (process, rest) = line.split_once(' ')?;
    let (call, arguments) = rest.trim_start().split_once('(')?;
    CHANGING.contains(&call).then_some((process, call, arguments))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The names of files in the making, and what they are called in the end.
fn renamed(text: &str) -> BTreeMap<String, String> {
    let renames = text.lines().filter_map(parts).filter(|(_, call, _)| call.starts_with("rename"));
    let quoted = renames.map(|(.., arguments)| {
        let mut names = arguments.split('"').skip(1).step_by(2).map(plain);
        let (from, to) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        (last(&from).to_owned(), to)
    });
    quoted.collect()
}

fn file_of(call: &str, arguments: &str) -> Option<String> {
    if arguments.starts_with("AT_FDCWD") || arguments.starts_with('"') {
        // The last name is the one that comes to be.
        let names = arguments.split('"').skip(1).step_by(2);
        return if call.starts_with("rename") || call.starts_with("link") {
            names.last()
        } else {
            names.into_iter().next()
        }
        .map(plain);
    }
    // `5</ca/ledger.sqlite-wal>, …`: what it was opened as. Pipes have no path, and the streams may
    // be redirected to anything.
    let (number, rest) = arguments.split_once('<')?;
    let (path, _) = rest.split_once('>')?;
    (!["0", "1", "2"].contains(&number) && path.starts_with('/')).then(|| plain(path))
}

/// `./a` and `/there/./a` as `a` and `/there/a`, and folders that are called by a number as such.
pub fn plain(path: &str) -> String {
    let is_number = |name: &str| name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let components = Path::new(path).components();
    let named = components.map(|part| {
        if part.as_os_str().to_str().is_some_and(is_number) { "SERIAL".as_ref() } else { part.as_os_str() }
    });
    named.collect::<std::path::PathBuf>().display().to_string()
}
