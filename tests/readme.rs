//! The README's sessions, run with the real binary: every command of a `console` block works, and
//! says what the page says it says, numbers and dates apart.

mod session;

use std::path::Path;

use session::{Session, binary};

/// A command of the page and the lines that it shows below.
struct Step {
    command: String,
    shown: Vec<String>,
}

fn steps() -> Vec<Step> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(page).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => inside = line == "```console",
            Some(command) if inside => steps.push(Step { command: command.to_owned(), shown: Vec::new() }),
            None if inside => {
                steps.last_mut().expect("a console block begins with a command").shown.push(line.to_owned())
            }
            _ => {}
        }
    }
    steps
}

/// Numbers, serials, dates and fingerprints all become `#`.
fn masked(line: &str) -> String {
    let is_digit = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '-';
    let mut out = String::new();
    for word in line.split_inclusive(|c: char| c.is_whitespace() || "=(),".contains(c)) {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let volatile = bare.chars().any(|c| c.is_ascii_digit()) && !bare.contains('.') && !bare.contains('/');
        if volatile && bare.chars().all(|c| is_digit(c) || "TZ".contains(c)) {
            out.push('#');
            out.push_str(word.get(bare.len()..).unwrap_or_default());
        } else {
            out.push_str(word);
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_tells_the_truth() {
    let session = Session::new();
    let folder = Path::new(binary()).parent().unwrap().to_owned();
    let path = std::env::join_paths([folder, "/usr/local/bin".into(), "/usr/bin".into(), "/bin".into()]).unwrap();
    let steps = steps();
    assert!(steps.len() >= 5, "only {} commands were found in README.md", steps.len());
    for Step { command, shown } in steps {
        let script = format!("exec 2>&1; {command}");
        let output = session.command("sh", &["-ec", &script]).env("PATH", &path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() || shown.iter().any(|line| line.starts_with("error:")), "$ {command}\n{said}");
        let said_lines: Vec<String> = said.lines().map(masked).collect();
        for line in shown.iter().filter(|line| !line.trim().is_empty() && line.as_str() != "…") {
            assert!(said_lines.contains(&masked(line)), "$ {command}\nthe page shows\n  {line}\nbut it says\n{said}");
        }
    }
}

/// The table of docs/operations.md, in its order, on a CA that is at work.
#[test]
fn the_tasks_of_an_operator_are_commands() {
    let session = Session::new();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let text = std::fs::read_to_string(page).unwrap();
    let tasks = text.lines().filter(|line| line.starts_with("| every ") || line.starts_with("| years "));
    let commands: Vec<&str> =
        tasks.flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|code| code.starts_with("mtls-ca ")).collect();
    assert!(commands.len() >= 12, "{commands:?}");
    let folder = Path::new(binary()).parent().unwrap().to_owned();
    let path = std::env::join_paths([folder, "/usr/bin".into(), "/bin".into()]).unwrap();
    let run = |script: &str| {
        let script = format!("exec 2>&1; {script}");
        let output = session.command("sh", &["-ec", &script]).env("PATH", &path).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let setting = "[publish]\ndir = \"../pub\"\n";
    let begin = format!(
        "mtls-ca init -q; printf '{setting}' >> ca/ca.toml; \
         for n in a b c; do mtls-ca issue $n.internal --profile server --out tls -q; done; \
         mtls-ca revoke a.internal -q; echo 127.0.0.1:1 > hosts.txt; mtls-ca backup ca-2027-01-31.tar -q"
    );
    let (status, said) = run(&begin);
    assert_eq!(status, Some(0), "{said}");
    for command in commands {
        // Nobody answers at the one address of hosts.txt, and that is an answer: 3.
        let expected = if command.contains("--scan") { Some(3) } else { Some(0) };
        let (status, said) = run(command);
        assert_eq!(status, expected, "$ {command}\n{said}");
    }
}
