//! The files below a folder, in the order of their names.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fs::FileType;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::FileError;

/// How many files of one folder are looked at by whoever reads each of them.
pub const MOST_FILES: usize = 1_000_000;

/// Which files are meant, how deep they are looked for, and how many there may be.
pub struct Search<'a> {
    /// By its name.
    pub is_meant: &'a dyn Fn(&OsStr) -> bool,
    /// How many folders below the first: 0 is that one alone.
    pub depth: usize,
    /// How many files of those that are meant.
    pub most: usize,
}

/// Every regular file that is meant, in a folder and in those below it. Links to files are followed, links to
/// folders are not, and those that lead nowhere hide nothing. What is not meant takes no place.
///
/// # Errors
/// - the first folder that cannot be read, or link that cannot be followed;
/// - [`FileError::TooManyFiles`] where there are more: none is left out in silence.
pub fn files_below(folder: &Path, search: &Search<'_>) -> Result<Vec<PathBuf>, FileError> {
    let leads_somewhere = |seen: &Seen| !matches!(seen, Err(error) if error.is_not_found());
    let seen = seen_below(folder, search)?.into_iter().filter(leads_somewhere);
    seen.collect::<Result<_, _>>().map_err(|error| *error)
}

/// A file, or why there may be others that are not seen.
pub type Seen = Result<PathBuf, Box<FileError>>;

/// Every regular file that is meant, as before; a folder below the first that cannot be read is one entry, a link that
/// cannot be followed too, and the rest goes on.
///
/// # Errors
/// - the first folder cannot be read;
/// - [`FileError::TooManyFiles`], as before.
pub fn seen_below(folder: &Path, search: &Search<'_>) -> Result<Vec<Seen>, FileError> {
    let mut seen = Vec::new();
    collect(folder, search.depth, search, &mut seen)?;
    match seen.len() > search.most {
        true => Err(FileError::TooManyFiles { folder: folder.to_owned(), most: search.most }),
        false => Ok(seen),
    }
}

/// Ends with one file more than there may be.
fn collect(folder: &Path, depth: usize, search: &Search<'_>, seen: &mut Vec<Seen>) -> Result<(), FileError> {
    let is_wanted = |name: &OsStr, kind: FileType| if kind.is_dir() { depth > 0 } else { (search.is_meant)(name) };
    for (name, kind) in listed(folder, is_wanted).map_err(FileError::io("read", folder))? {
        if seen.len() > search.most {
            break;
        }
        let path = folder.join(name);
        if kind.is_dir() {
            if let Err(error) = collect(&path, depth - 1, search, seen) {
                seen.push(Err(Box::new(error)));
            }
            continue;
        }
        match kind_of(&path, kind) {
            Ok(kind) if kind.is_file() => seen.push(Ok(path)),
            Ok(_) => {}
            Err(error) => seen.push(unread(&path, error)),
        }
    }
    Ok(())
}

/// What stands there, or where the link that stands there leads.
fn kind_of(path: &Path, kind: FileType) -> io::Result<FileType> {
    if kind.is_symlink() { path.metadata().map(|found| found.file_type()) } else { Ok(kind) }
}

/// The entry for what cannot be looked at.
fn unread(path: &Path, error: io::Error) -> Seen {
    Err(Box::new(FileError::io("read", path)(error)))
}

/// Every regular file in a folder and in those below it, however deep; the first folder too is one entry where it
/// cannot be read. A link that cannot be followed counts as a file, which whoever reads it finds out. After this many
/// files the last entry says that there are more.
#[must_use]
pub fn all_below(folder: &Path, most: usize) -> Vec<Seen> {
    let mut all = All { seen: Vec::new(), most };
    if all.take(folder).is_break() {
        all.seen.push(Err(Box::new(FileError::TooManyFiles { folder: folder.to_owned(), most })));
    }
    all.seen
}

struct All {
    seen: Vec<Seen>,
    most: usize,
}

impl All {
    /// The end of a path's length is the end of this: links to folders are not followed.
    fn take(&mut self, folder: &Path) -> ControlFlow<()> {
        let listed = match listed(folder, |_, _| true) {
            Ok(listed) => listed,
            Err(error) => {
                self.seen.push(unread(folder, error));
                return ControlFlow::Continue(());
            }
        };
        for (name, kind) in listed {
            let path = folder.join(name);
            if kind.is_dir() {
                self.take(&path)?;
                continue;
            }
            // Pipes, sockets and devices are nobody's certificates; where a link leads, the system says.
            if kind_of(&path, kind).map_or(true, |kind| kind.is_file()) {
                if self.seen.len() >= self.most {
                    return ControlFlow::Break(());
                }
                self.seen.push(Ok(path));
            }
        }
        ControlFlow::Continue(())
    }
}

/// Every regular file that a pattern means, in the order of the names: each part of the path may be a pattern of
/// [`matches`]. Links are followed, as a shell follows them. What cannot be read is one entry, and the rest goes on.
#[must_use]
pub fn files_meant(pattern: &Path) -> Vec<Seen> {
    let mut seen = Vec::new();
    let parts: Vec<&OsStr> = pattern.iter().collect();
    meant(Path::new(""), &parts, false, &mut seen);
    seen
}

/// Whether `*` or `?` stands in it.
#[must_use]
pub fn is_pattern(part: &OsStr) -> bool {
    part.as_bytes().iter().any(|octet| matches!(octet, b'*' | b'?'))
}

/// As deep as the pattern has parts. Behind the first that is a pattern not all that it means has the same in it.
fn meant(folder: &Path, parts: &[&OsStr], is_behind: bool, seen: &mut Vec<Seen>) {
    let plain = parts.iter().take_while(|part| !is_pattern(part)).count();
    let (plain, patterns) = parts.split_at(plain);
    let folder = plain.iter().fold(folder.to_owned(), |folder, part| folder.join(part));
    let [pattern, rest @ ..] = patterns else {
        return match folder.metadata() {
            Ok(found) if found.is_file() => seen.push(Ok(folder)),
            Err(error) if !is_nothing(&error) => seen.push(unread(&folder, error)),
            Ok(_) | Err(_) => {}
        };
    };
    let is_wanted = |name: &OsStr, kind: FileType| {
        let may_be = if rest.is_empty() { !kind.is_dir() } else { !kind.is_file() };
        may_be && matches(pattern.as_bytes(), name.as_bytes())
    };
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    let listed = match listed(here, is_wanted) {
        Ok(listed) => listed,
        Err(error) if is_behind && is_nothing(&error) => return,
        Err(error) => return seen.push(unread(here, error)),
    };
    for (name, kind) in listed {
        let path = folder.join(name);
        match kind_of(&path, kind) {
            Ok(kind) if kind.is_dir() && !rest.is_empty() => meant(&path, rest, true, seen),
            Ok(kind) if kind.is_file() && rest.is_empty() => seen.push(Ok(path)),
            Ok(_) => {}
            // There are no files behind a link that leads nowhere.
            Err(error) if !rest.is_empty() && is_nothing(&error) => {}
            Err(error) => seen.push(unread(&path, error)),
        }
    }
}

/// Whether the system says that nothing is there.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// What stands in a folder and is wanted, in the order of the names. The folder is closed by then.
fn listed(folder: &Path, is_wanted: impl Fn(&OsStr, FileType) -> bool) -> io::Result<Vec<(OsString, FileType)>> {
    let mut listed = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        if is_wanted(&name, kind) {
            listed.push((name, kind));
        }
    }
    listed.sort_unstable_by(|(one, _), (other, _)| order(one, other));
    Ok(listed)
}

/// The order of names by their octets. Of two that differ in the case of their endings the lower comes first: `a.csr`
/// before `a.CSR`, which would have the same answer.
fn order(one: &OsStr, other: &OsStr) -> Ordering {
    fn lowered(name: &OsStr) -> impl Iterator<Item = u8> {
        let octets = name.as_bytes();
        let dot = octets.iter().rposition(|octet| *octet == b'.').unwrap_or(octets.len());
        octets.iter().enumerate().map(move |(at, octet)| if at > dot { octet.to_ascii_lowercase() } else { *octet })
    }
    lowered(one).cmp(lowered(other)).then_with(|| other.cmp(one))
}

/// Whether a name is meant by a pattern, in which `*` stands for any characters and `?` for any one: an octet where the
/// name is not UTF-8. A name that begins with a dot is not meant by a pattern that does not.
fn matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    if name.starts_with(b".") && !pattern.starts_with(b".") {
        return false;
    }
    // Where the last `*` may take one character more.
    let mut back: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern, name) {
            ([b'*', rest @ ..], _) => {
                back = Some((rest, name));
                pattern = rest;
                continue;
            }
            ([], []) => return true,
            ([b'?', rest @ ..], [_, ..]) => {
                (pattern, name) = (rest, behind_one(name));
                continue;
            }
            ([wanted, rest @ ..], [found, behind @ ..]) if wanted == found => {
                (pattern, name) = (rest, behind);
                continue;
            }
            _ => {}
        }
        match back {
            Some((rest, from @ [_, ..])) => {
                (pattern, name) = (rest, behind_one(from));
                back = Some((pattern, name));
            }
            _ => return false,
        }
    }
}

/// What follows the first character.
fn behind_one(name: &[u8]) -> &[u8] {
    // RFC 3629 section 3: no character has more than four octets.
    let first = name.get(..4).unwrap_or(name).utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    name.get(first.map_or(1, char::len_utf8)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_names() {
        for (pattern, name, meant) in [
            ("*.csr", "a.csr", true),
            ("*.csr", ".csr", false),
            (".*", ".csr", true),
            ("*.csr", "a.csr.bak", false),
            ("a?c*", "abc", true),
            ("a?c*", "ac", false),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("ä?", "äö", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), meant, "{pattern} {name}");
        }
        // Latin-1, as other systems left it.
        for (pattern, name, meant) in [
            (&b"*.csr"[..], &b"m\xfcller.csr"[..], true),
            (b"m?ller.csr", b"m\xfcller.csr", true),
            (b"m\xfc*", b"m\xfcller.csr", true),
            (b"m??ller.csr", b"m\xfcller.csr", false),
        ] {
            assert_eq!(matches(pattern, name), meant, "{pattern:?} {name:?}");
        }
    }

    #[test]
    fn what_cannot_be_looked_at_is_told() {
        let room = tempfile::tempdir().unwrap();
        std::fs::create_dir(room.path().join("in")).unwrap();
        std::fs::write(room.path().join("in/a.csr"), "").unwrap();
        for (target, link) in [("x.csr", "in/x.csr"), ("nowhere", "in/y.csr"), ("loop", "loop"), ("no", "nothing")] {
            std::os::unix::fs::symlink(target, room.path().join(link)).unwrap();
        }
        let told = |seen: Vec<Seen>| -> Vec<String> {
            let told = |seen: Seen| match seen {
                Ok(file) => file.strip_prefix(room.path()).unwrap().display().to_string(),
                Err(error) => error.to_string().replace(&format!("{}/", room.path().display()), ""),
            };
            seen.into_iter().map(told).collect()
        };
        let links = ["cannot read `in/x.csr`", "cannot read `in/y.csr`"];
        assert_eq!(told(files_meant(&room.path().join("in/*.csr"))), [&["in/a.csr"], &links[..]].concat());
        assert_eq!(
            told(files_meant(&room.path().join("*/*.csr"))),
            [&["in/a.csr"], &links[..], &["cannot read `loop`"]].concat()
        );
        let within = room.path().join("in");
        assert_eq!(told(seen_below(&within, &all(0, 10)).unwrap()), [&["in/a.csr"], &links[..]].concat());
        assert!(files_below(&within, &all(0, 10)).is_err());
        std::fs::remove_file(within.join("x.csr")).unwrap();
        assert_eq!(files_below(&within, &all(0, 10)).unwrap(), [within.join("a.csr")]);
    }

    #[test]
    fn of_endings_the_lower_case_comes_first() {
        let mut names = ["B.csr", "a.b", "a.CSR", "a.csr", "a.Csr", "a.d", "a"].map(OsStr::new);
        names.sort_by(|one, other| order(one, other));
        assert_eq!(names, ["B.csr", "a", "a.b", "a.csr", "a.Csr", "a.CSR", "a.d"]);
    }

    #[test]
    fn each_part_of_a_path_may_be_a_pattern() {
        let room = tempfile::tempdir().unwrap();
        let at = |name: &str| room.path().join(name);
        for name in ["b/in/x.csr", "a/in/x.csr", "a/in/y.csr", "a/x.csr", ".d/in/x.csr", "c/in", "e*/in/x.csr", "x.csr"]
        {
            std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            std::fs::write(at(name), "").unwrap();
        }
        std::os::unix::fs::symlink("b", at("link")).unwrap();
        std::fs::create_dir(at("f")).unwrap();
        std::fs::create_dir_all(at("b/in/folder.csr")).unwrap();
        for (pattern, means) in [
            ("*/in/x.csr", &["a/in/x.csr", "b/in/x.csr", "e*/in/x.csr", "link/in/x.csr"][..]),
            ("?/in/*.csr", &["a/in/x.csr", "a/in/y.csr", "b/in/x.csr"]),
            ("?/*/?.csr", &["a/in/x.csr", "a/in/y.csr", "b/in/x.csr"]),
            ("a/../*/x.csr", &["a/../a/x.csr"]),
            ("*.csr", &["x.csr"]),
            (".*/in/*", &[".d/in/x.csr"]),
            ("*/*/*/x.csr", &[]),
            ("x.csr/*", &["cannot read"]),
            ("no/*/x.csr", &["cannot read"]),
        ] {
            let seen = files_meant(&at(pattern));
            let told = |seen: Seen| match seen {
                Ok(file) => file.strip_prefix(room.path()).unwrap().display().to_string(),
                Err(error) => error.to_string().chars().take(11).collect(),
            };
            assert_eq!(seen.into_iter().map(told).collect::<Vec<_>>(), means, "{pattern}");
        }
    }

    #[test]
    fn files_come_in_the_order_of_their_names() {
        let room = tempfile::tempdir().unwrap();
        for name in ["b", "a", "sub/deep/d", "sub/c"] {
            let path = room.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(room.path(), room.path().join("sub/loop")).unwrap();
        let found = |depth, most| -> Vec<String> {
            let found = files_below(room.path(), &all(depth, most)).unwrap();
            found.iter().map(|path| path.strip_prefix(room.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(found(8, 4), ["a", "b", "sub/c", "sub/deep/d"]);
        assert_eq!(found(0, 10), ["a", "b"]);
        assert!(files_below(&room.path().join("no"), &all(0, 1)).is_err());
    }

    /// Whatever they are called.
    const fn all(depth: usize, most: usize) -> Search<'static> {
        Search { is_meant: &|_| true, depth, most }
    }

    #[test]
    fn what_is_not_meant_does_not_count_and_what_is_too_much_is_said() {
        let room = tempfile::tempdir().unwrap();
        std::fs::create_dir(room.path().join("sub")).unwrap();
        for n in 0..5 {
            std::fs::write(room.path().join(format!("{n}.crt")), "").unwrap();
            std::fs::write(room.path().join(format!("{n}.csr")), "").unwrap();
            std::fs::write(room.path().join(format!("sub/{n}.csr")), "").unwrap();
        }
        let is_meant = |name: &OsStr| Path::new(name).extension().is_some_and(|own| own == "csr");
        for (depth, count) in [(0, 5), (1, 10)] {
            let search = |most| Search { is_meant: &is_meant, depth, most };
            let found = files_below(room.path(), &search(count)).unwrap();
            assert!(found.len() == count && found.iter().all(|file| file.extension().unwrap() == "csr"), "{found:?}");
            for most in [0, count - 1] {
                let told = files_below(room.path(), &search(most));
                assert!(
                    matches!(&told, Err(FileError::TooManyFiles { folder, most: said })
                        if folder == room.path() && *said == most),
                    "{told:?}"
                );
            }
        }
    }

    /// A path longer than the system takes cannot be read by anybody, root included.
    #[test]
    fn a_folder_that_cannot_be_read_is_one_entry_and_the_rest_goes_on() {
        let room = tempfile::tempdir().unwrap();
        let deep = "for n in $(seq 18); do mkdir $0 && cd $0 || exit 1; done";
        let name = "n".repeat(250);
        let made =
            std::process::Command::new("bash").args(["-c", deep, &name]).current_dir(room.path()).status().unwrap();
        assert!(made.success());
        for file in ["a", "z", &format!("{name}/{name}/b")] {
            std::fs::write(room.path().join(file), "").unwrap();
        }
        for (target, link) in [("nowhere", "to nothing"), ("to itself", "to itself"), (".", "to a folder")] {
            std::os::unix::fs::symlink(target, room.path().join(link)).unwrap();
        }
        let seen = all_below(room.path(), 100);
        let short = |path: &Path| path.strip_prefix(room.path()).unwrap().to_string_lossy().replace(&name, "n");
        let told: Vec<String> = seen
            .iter()
            .map(|seen| match seen {
                Ok(path) => short(path),
                Err(error) => match &**error {
                    FileError::Io { act: "read", path, .. } => format!("not {}", short(path).len()),
                    other => panic!("{other}"),
                },
            })
            .collect();
        let [a, b, not, itself, nothing, z] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!([a, b, itself, nothing, z], ["a", "n/n/b", "to itself", "to nothing", "z"]);
        assert!(not.starts_with("not "), "{not}");
        // One that leads to itself cannot be followed.
        assert!(files_below(room.path(), &all(8, 10)).is_err());
        std::fs::remove_file(room.path().join("to itself")).unwrap();
        assert_eq!(files_below(room.path(), &all(8, 10)).unwrap().len(), 3);
        assert!(files_below(room.path(), &all(100, 10)).is_err());

        let seen = all_below(room.path(), 1);
        assert!(
            matches!(seen.as_slice(), [Ok(_), Err(error)] if matches!(**error, FileError::TooManyFiles { most: 1, .. }))
        );
        let seen = all_below(&room.path().join("no"), 1);
        assert!(matches!(seen.as_slice(), [Err(error)] if error.is_not_found()));
    }

    #[test]
    fn no_folder_is_too_deep() {
        let room = tempfile::tempdir().unwrap();
        let deepest = (0..60).fold(room.path().to_owned(), |path, _| path.join("d"));
        std::fs::create_dir_all(&deepest).unwrap();
        std::fs::write(deepest.join("f"), "").unwrap();
        let seen = all_below(room.path(), 10);
        assert!(matches!(seen.as_slice(), [Ok(path)] if path.ends_with("d/d/f")), "{seen:?}");
    }
}
