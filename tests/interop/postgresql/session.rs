//! An open session of a line-by-line client, such as psql: questions go in, answers come out.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Session {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Session {
    /// psql, connected as this line says.
    pub fn start(program: &str, connection: &str) -> Self {
        let mut command = Command::new(program);
        command.args(["-X", "-At", connection]).env_clear().env("LC_ALL", "C.UTF-8");
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output) }
    }

    /// One question with an answer of one line; an empty one, where the session has ended.
    pub fn ask(&mut self, query: &str) -> String {
        let _ = writeln!(self.input, "{query};");
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// A question of which the session does not come back: its answer, and what the client says.
    pub fn last(mut self, query: &str) -> (String, String) {
        let answer = self.ask(query);
        drop(self.input);
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        self.child.wait().unwrap();
        (answer, said)
    }
}
