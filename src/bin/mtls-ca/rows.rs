//! Which requests a batch has: folders, patterns and lists become paths, in the order that was typed.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mtls_ca::store::walk::{Search, Seen, files_meant, is_pattern, seen_below};
use mtls_ca::store::{FileError, read};
use mtls_ca::words::typed::typed_path;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Progress;

/// What requests in a folder are called; programs on Windows write it in upper case.
const EXTENSIONS: [&str; 3] = ["csr", "req", "p10"];

/// The longest line of a list, and more than any path has.
const LONGEST_LINE: u64 = 64 * 1024;
/// Windows begins lists with a byte order mark.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Whether a word means many requests: a folder, or a pattern.
pub fn is_many(word: &Path) -> bool {
    word.is_dir() || !word.exists() && word.iter().any(is_pattern)
}

/// The requests that all words mean, and what cannot be read on the way to them.
#[derive(Default)]
pub struct Meant {
    pub requests: Vec<PathBuf>,
    pub missed: Vec<Missed>,
    /// What is told of the words that mean nothing.
    pub notices: Vec<String>,
}

/// A place that cannot be read: there may be requests in it.
pub struct Missed {
    pub place: PathBuf,
    pub error: FileError,
}

impl Missed {
    fn of(error: FileError) -> Result<Self, FileError> {
        match error {
            FileError::Io { ref path, .. } => Ok(Self { place: path.clone(), error }),
            other => Err(other),
        }
    }
}

/// All that is meant. Where nothing is, that is the failure, and so is the one place that cannot be read.
pub fn all(words: &[PathBuf]) -> Result<Meant, Failure> {
    let (mut all, mut empty) = (Meant::default(), Vec::new());
    for word in words {
        if !is_many(word) {
            all.requests.push(word.clone());
            continue;
        }
        let found = expanded(word)?;
        if found.is_empty() {
            empty.push(word);
        }
        for seen in found {
            match seen {
                // As it would have been typed: without `./` before it.
                Ok(file) => all.requests.push(file.strip_prefix(".").map(Path::to_owned).unwrap_or(file)),
                Err(error) => all.missed.push(Missed::of(*error)?),
            }
        }
    }
    all.notices = empty.iter().map(|word| format!("there is no request in `{}`", word.display())).collect();
    if !all.requests.is_empty() {
        return Ok(all);
    }
    match (empty.first(), all.missed.pop()) {
        (Some(word), None) => Err(no_requests(word)),
        (None, Some(missed)) if all.missed.is_empty() => Err(missed.error.into()),
        (_, last) => {
            all.missed.extend(last);
            Ok(all)
        }
    }
}

/// The files of a folder that are requests, or those that a pattern means, sorted: all of them, however many.
fn expanded(word: &Path) -> Result<Vec<Seen>, Failure> {
    if word.is_dir() {
        let is_known = |own: &OsStr| EXTENSIONS.iter().any(|known| own.eq_ignore_ascii_case(known));
        let is_meant = |name: &OsStr| Path::new(name).extension().is_some_and(is_known);
        let found = seen_below(word, &Search { is_meant: &is_meant, depth: 0, most: usize::MAX });
        Ok(found.unwrap_or_else(|error| vec![Err(Box::new(error))]))
    } else if word.iter().any(|part| part == "**") {
        Err(however_deep(word))
    } else if means_folders(word) {
        Ok(Vec::new())
    } else {
        Ok(files_meant(word))
    }
}

/// Whether a pattern ends with a slash, as only folders do.
fn means_folders(word: &Path) -> bool {
    word.as_os_str().as_bytes().ends_with(b"/")
}

/// Nothing is there, with what may have been meant.
fn no_requests(word: &Path) -> Failure {
    let message = format!("there is no request in `{}`", word.display());
    let failure = Failure::new(Exit::Failed, "no_requests", message);
    if word.is_dir() {
        let known = EXTENSIONS.map(|known| format!("`.{known}`")).join(", ");
        return failure.hint(format!("in a folder, files that end in {known} are requests"));
    }
    match means_folders(word) || word.extension().is_none() {
        true => failure.hint(format!(
            "a pattern means files, not the folders that they are in: mtls-ca sign {}",
            typed_path(word.join("*.csr"))
        )),
        false => {
            failure.hint("a pattern means files: in each part of its path `*` and `?` stand for what is in one name")
        }
    }
}

/// Some shells mean folders however deep by `**`. Here it would mean one folder, and the others would be left out.
fn however_deep(word: &Path) -> Failure {
    let plain: PathBuf = word.iter().take_while(|part| !is_pattern(part)).collect();
    let folder = if plain.as_os_str().is_empty() { Path::new(".") } else { &plain };
    let name = word.file_name().filter(|name| *name != "**").unwrap_or(OsStr::new("*.csr"));
    let (shown, folder, name) = (word.display(), typed_path(folder), typed_path(Path::new(name)));
    Failure::usage(format!("`**` in `{shown}` is none of the patterns: `*` and `?` stand for what is in one name"))
        .hint(format!("however deep they are: find {folder} -name {name} | mtls-ca sign --from-file -"))
}

/// What a batch works through.
pub struct Rows<I> {
    pub rows: I,
    /// How many there are, where that is known.
    pub total: Option<u64>,
    /// Where there may be more of them: each is a row that failed, before the others.
    pub missed: Vec<Missed>,
    /// What is told beside them.
    pub notices: Vec<String>,
    /// Tells at their end whether that was all, where they may break off.
    pub broken: Option<Broken>,
}

impl<I> Rows<I> {
    /// With its rows made into others, one for one.
    pub fn with<J>(self, made: impl FnOnce(I) -> J) -> Rows<J> {
        let Self { rows, total, missed, notices, broken } = self;
        Rows { rows: made(rows), total, missed, notices, broken }
    }
}

/// The requests that were named, each word for what it means.
pub fn named(words: &[PathBuf]) -> Result<Rows<std::vec::IntoIter<PathBuf>>, Failure> {
    let Meant { requests, missed, notices } = all(words)?;
    let total = Some((requests.len() + missed.len()) as u64);
    Ok(Rows { total, rows: requests.into_iter(), missed, notices, broken: None })
}

/// The requests of a list. How many there are is found out where it is a file, and only where somebody sees it.
pub fn listed(list: &Path, context: &Context) -> Result<Rows<List>, Failure> {
    let total = match can_be_counted(list, context) {
        true => Some(List::open(list)?.count() as u64),
        false => None,
    };
    let rows = List::open(list)?;
    let broken = Some(Broken { list: list.to_owned(), error: Arc::clone(&rows.broken) });
    Ok(Rows { rows, total, missed: Vec::new(), notices: Vec::new(), broken })
}

/// Whether a source can be read twice, and somebody sees how far it is.
pub fn can_be_counted(source: &Path, context: &Context) -> bool {
    Progress::is_wanted(context) && source != Path::new("-") && source.is_file()
}

/// A list of paths, a line each; empty lines are passed over.
pub struct List {
    lines: Box<dyn BufRead + Send>,
    is_begun: bool,
    broken: Arc<Mutex<Option<io::Error>>>,
}

/// Why a list ended before its end.
pub struct Broken {
    list: PathBuf,
    error: Arc<Mutex<Option<io::Error>>>,
}

impl Broken {
    /// The failure, where there is one.
    pub fn failure(&self) -> Option<Failure> {
        let error = self.error.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let message = format!("cannot read `{}` to its end", self.list.display());
        Some(Failure::new(Exit::Partly, "io", message).cause(error))
    }
}

/// A file that is read piece by piece, however large it is; `-` is standard input.
pub fn source(path: &Path) -> Result<Box<dyn BufRead + Send>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    Ok(Box::new(BufReader::new(read::open(path)?)))
}

impl List {
    /// Opens it; `-` is standard input.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Ok(Self { lines: source(path)?, is_begun: false, broken: Arc::default() })
    }

    /// The next line with what ends it; nothing at the end.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than 65536 bytes"));
        }
        if !self.is_begun && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        self.is_begun = true;
        Ok(line)
    }
}

impl Iterator for List {
    type Item = PathBuf;

    fn next(&mut self) -> Option<PathBuf> {
        loop {
            let mut line = match self.line() {
                Ok(line) if line.is_empty() => return None,
                Ok(line) => line,
                Err(error) => {
                    *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return None;
                }
            };
            let ends = line.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            line.truncate(line.len() - ends);
            if !line.is_empty() {
                return Some(PathBuf::from(OsString::from_vec(line)));
            }
        }
    }
}
