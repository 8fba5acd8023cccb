//! Java for the tests: libraries that the install stage has fetched by Maven, and small programs that are
//! compiled in the workshop.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Workshop;

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
    let named = names.find_map(|name| {
        let version = name.strip_prefix(library)?.strip_suffix(".jar")?;
        version.starts_with(|first: char| first.is_ascii_digit()).then(|| version.to_owned())
    });
    named.unwrap_or_else(|| panic!("no {library} in {name}"))
}

/// Compiles programs into `classes`; their class path, with these libraries.
pub fn compile(shop: &Workshop, libraries: &str, sources: &[PathBuf]) -> String {
    let sources: Vec<&str> = sources.iter().map(|path| path.to_str().unwrap()).collect();
    let words = ["-parameters", "-proc:none", "-cp", libraries, "-d", "classes"];
    shop.tool("javac", &[&words, sources.as_slice()].concat()).ok();
    format!("{}:{libraries}", shop.path("classes").display())
}

/// A program that is asked line by line: it answers each question in one line, which begins with `= `.
pub struct Program {
    child: Child,
    questions: RefCell<ChildStdin>,
    answers: RefCell<Lines<BufReader<ChildStdout>>>,
    log: PathBuf,
}

impl Program {
    /// Starts it; what else it says goes into a log.
    pub fn start(shop: &Workshop, class_path: &str, words: &[&str]) -> Self {
        let mut command = Command::new("java");
        command.args(QUICK).args(["-cp", class_path]).args(words);
        shop.seal(&mut command);
        let log = shop.path("program.log");
        let errors = File::create(&log).unwrap();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let (questions, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let answers = RefCell::new(BufReader::new(answers).lines());
        Self { child, questions: RefCell::new(questions), answers, log }
    }

    pub fn ask(&self, question: &str) -> String {
        writeln!(self.questions.borrow_mut(), "{question}").unwrap();
        let mut said = Vec::new();
        for line in self.answers.borrow_mut().by_ref().map(Result::unwrap) {
            match line.strip_prefix("= ") {
                Some(answer) => return answer.to_owned(),
                None => said.push(line),
            }
        }
        let errors = std::fs::read_to_string(&self.log).unwrap_or_default();
        panic!("`{question}` is not answered:\n{}\n{errors}", said.join("\n"));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
