//! Java for the tests: libraries that the install stage has fetched by Maven, and small programs that are
//! compiled in the workshop.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::case::Peer;
use super::cast::Cast;
use super::host::Host;
use super::{Run, Workshop};

/// A program of seconds is not worth the second compiler.
pub const QUICK: [&str; 2] = ["-Xshare:auto", "-XX:TieredStopAtLevel=1"];

/// `target/tools/java/NAME`, which the line `mvn tests/interop/NAME/pom.xml` of tests/packages.txt makes.
pub fn fetched(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/java").join(name)
}

/// All libraries of a POM, as a class path.
pub fn libraries(name: &str) -> String {
    fetched(name).join("lib/*").to_str().unwrap().to_owned()
}

/// The one folder below, for what comes as a distribution.
pub fn distribution(name: &str) -> PathBuf {
    let mut folders = std::fs::read_dir(fetched(name)).unwrap().map(|entry| entry.unwrap().path());
    folders.find(|path| path.is_dir() && !path.ends_with("lib")).unwrap()
}

/// `17.0.15`
pub fn version(shop: &Workshop) -> String {
    shop.tool("java", &["-version"]).ok().stderr.split('"').nth(1).unwrap().to_owned()
}

/// The version of a library among those of a POM.
pub fn version_of(name: &str, library: &str) -> String {
    let files = std::fs::read_dir(fetched(name).join("lib")).unwrap();
    let mut names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let named = names.find_map(|name| name.strip_prefix(library)?.strip_suffix(".jar").map(str::to_owned));
    named.unwrap_or_else(|| panic!("no {library} in {name}"))
}

/// Compiles programs into `classes`; their class path, with these libraries.
pub fn compile(shop: &Workshop, libraries: &str, sources: &[PathBuf]) -> String {
    let sources: Vec<&str> = sources.iter().map(|path| path.to_str().unwrap()).collect();
    let words = ["-parameters", "-proc:none", "-cp", libraries, "-d", "classes"];
    shop.tool("javac", &[&words, sources.as_slice()].concat()).ok();
    format!("{}:{libraries}", shop.path("classes").display())
}

/// Runs a program to its end.
pub fn run(shop: &Workshop, class_path: &str, words: &[&str]) -> Run {
    shop.tool("java", &[&QUICK, ["-cp", class_path].as_slice(), words].concat())
}

/// What a client in Java says of servers, all in one start: the program gets their URLs, and prints a
/// line for each, which begins with its URL.
pub struct Calls<'a> {
    answers: RefCell<VecDeque<(String, String)>>,
    hosts: Vec<(Peer, Host<'a>)>,
}

impl<'a> Calls<'a> {
    /// Calls the good server, and again after each of these.
    pub fn make(cast: &'a Cast<'a>, peers: &[Peer], call: &dyn Fn(&[String]) -> Run) -> Self {
        let host = |peer: &Peer| {
            let host = Host::start(cast);
            host.show(*peer);
            (*peer, host)
        };
        let hosts: Vec<(Peer, Host)> = std::iter::once(&Peer::Good).chain(peers).map(host).collect();
        let good = hosts[0].1.url();
        let urls: Vec<String> = std::iter::once(good.clone())
            .chain(hosts[1..].iter().flat_map(|(_, host)| [host.url(), good.clone()]))
            .collect();
        let run = call(&urls).ok();
        let lines = run.stdout.lines().filter(|line| line.starts_with("https://"));
        let answers: VecDeque<(String, String)> =
            lines.map(|line| line.split_once(' ').unwrap()).map(|(url, said)| (url.into(), said.into())).collect();
        assert_eq!(answers.len(), urls.len(), "{run}");
        Self { answers: RefCell::new(answers), hosts }
    }

    /// What came of the next call, which has to be this one.
    pub fn next(&self, peer: Peer) -> String {
        let (_, host) = self.hosts.iter().find(|(known, _)| *known == peer).unwrap();
        let (url, said) = self.answers.borrow_mut().pop_front().unwrap();
        assert_eq!(url, host.url());
        said
    }
}
