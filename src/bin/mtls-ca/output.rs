//! The one mouth: everything that is printed is printed here. Standard output is data, standard
//! error is talk.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the one file that prints")]

mod listing;
mod lost;

use std::cell::RefCell;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mtls_ca::x509::general_name::escaped;
use owo_colors::OwoColorize;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cli::{ColorChoice, Unparsed};
use crate::context::{Context, no_color};
use crate::failure::{Exit, Failure};
use listing::Listing;
pub use lost::Issued;
use lost::lost_answer;

/// What a command has to say: the same value as text and as JSON.
#[derive(Debug, Default)]
pub struct Answer {
    /// For people, on standard output.
    pub text: String,
    /// Bytes for standard output where they are the data itself (`--out -`, `--pem`); then the text
    /// goes to standard error.
    pub data: Option<Vec<u8>>,
    /// For programs: the members of the JSON document beside `format` and `command`.
    pub json: Map<String, Value>,
    /// For people, on standard error, unless `--quiet`.
    pub notices: Vec<String>,
    /// Whether documents of one line each went before it; then it is one too.
    pub is_last_of_lines: bool,
    /// How the process ends.
    pub exit: Exit,
    /// For `Exit::No` and `Exit::Partly`: the one `error:` line that names the first cause.
    pub verdict: Option<Failure>,
    /// What is in the ledger now, whether the answer arrives or not.
    pub issued: Issued,
}

impl Answer {
    /// An answer in text and as the members of a JSON object.
    pub fn new(text: impl Into<String>, members: Value) -> Self {
        let json = match members {
            Value::Object(members) => members,
            Value::Null => Map::new(),
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        Self { text: text.into(), json, ..Self::default() }
    }

    /// Adds a notice.
    pub fn notice(mut self, notice: impl Into<String>) -> Self {
        self.notices.push(notice.into());
        self
    }

    /// Adds notices.
    pub fn notices(mut self, notices: impl IntoIterator<Item = String>) -> Self {
        self.notices.extend(notices);
        self
    }

    /// Puts these bytes on standard output instead of the text.
    pub fn with_data(mut self, data: Vec<u8>) -> Self {
        self.data = Some(data);
        self
    }

    /// Says which certificates were issued, should the answer be lost.
    pub fn having_issued(self, issued: Issued) -> Self {
        Self { issued, ..self }
    }

    /// With notices and hints that can be typed as they stand, for this CA directory.
    fn typed_for(self, context: &Context) -> Self {
        let notices = self.notices.iter().map(|notice| context.typed(notice)).collect();
        Self { notices, verdict: self.verdict.map(|verdict| verdict.typed_for(context)), ..self }
    }

    /// Ends with the answer no, and its first cause.
    pub fn refused(mut self, exit: Exit, verdict: Failure) -> Self {
        self.exit = exit;
        self.verdict = Some(Failure { exit, ..verdict });
        self
    }
}

/// How text may look where it is going.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether colours are wanted.
    pub color: bool,
    /// How many columns there are; none where it does not go to a terminal, and may be as wide as it
    /// is.
    pub width: Option<usize>,
}

impl Style {
    /// The style of standard output.
    pub fn of_stdout(choice: ColorChoice, no_color: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        Self { color: wanted(choice, no_color, terminal), width: terminal.then(terminal_width) }
    }

    fn of_stderr(choice: ColorChoice, no_color: bool) -> Self {
        Self { color: wanted(choice, no_color, io::stderr().is_terminal()), width: None }
    }
}

fn wanted(choice: ColorChoice, no_color: bool, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !no_color,
    }
}

fn terminal_width() -> usize {
    rustix::termios::tcgetwinsize(io::stdout()).map_or(100, |size| usize::from(size.ws_col)).clamp(40, 160)
}

/// Prints what a command answered or why it failed, and says how the process ends.
pub fn render(context: &Context, result: Result<Answer, Failure>) -> ExitCode {
    let style = Style::of_stderr(context.global.color, context.no_color);
    let result = result.map(|answer| answer.typed_for(context)).map_err(|failure| failure.typed_for(context));
    let (exit, issued, printed) = match result {
        Ok(answer) => (answer.exit, answer.issued.clone(), render_answer(context, style, answer)),
        Err(failure) => {
            let members = vec![("error".to_owned(), failure.to_json())];
            let printed = match context.growing.take() {
                Some(listing) => listing.end(members),
                None if context.global.json => stdout(document(context.command, members).as_bytes()),
                None => Ok(()),
            };
            let told = remarks(context, style, &[]).and_then(|()| stderr(&failure.to_text(style)));
            (failure.exit, Issued::default(), printed.and(told))
        }
    };
    end(exit, printed, |error| lost_answer(error, &issued).typed_for(context).to_text(style))
}

/// Where standard output takes nothing, standard error is told the rest nevertheless.
fn render_answer(context: &Context, style: Style, answer: Answer) -> io::Result<()> {
    let Answer { text, data, json, notices, is_last_of_lines, exit: _, verdict, issued: _ } = answer;
    let is_quiet = context.global.quiet;
    let mut talk = String::new();
    let printed = if context.global.json {
        let error = verdict.iter().map(|failure| ("error".to_owned(), failure.to_json()));
        let members = json.into_iter().chain(error);
        let document = if is_last_of_lines { on_one_line } else { document };
        match context.growing.take() {
            Some(listing) => listing.end(members),
            None => stdout(document(context.command, members.collect()).as_bytes()),
        }
    } else {
        match data {
            Some(data) => {
                talk = text;
                stdout(&data)
            }
            None => stdout(text.as_bytes()),
        }
    };
    let tell = || {
        if !is_quiet {
            stderr(&talk)?;
            notices.iter().try_for_each(|notice| note(notice, style))?;
        }
        remarks(context, style, &notices)?;
        verdict.as_ref().map_or(Ok(()), |failure| stderr(&failure.to_text(style)))
    };
    let told = tell();
    printed.and(told)
}

/// What every command tells of the CA that it opened, once.
fn remarks(context: &Context, style: Style, told: &[String]) -> io::Result<()> {
    let remarks = if context.global.quiet { Vec::new() } else { context.remarks() };
    remarks.iter().filter(|remark| !told.contains(remark)).try_for_each(|remark| note(remark, style))
}

fn note(notice: &str, style: Style) -> io::Result<()> {
    let label = if style.color { "note:".cyan().bold().to_string() } else { "note:".to_owned() };
    let notice = notice.lines().map(escaped).collect::<Vec<_>>().join("\n");
    stderr(&format!("{label} {notice}\n"))
}

/// The one JSON document: format and command first, the rest behind them.
fn document(command: &str, members: Vec<(String, Value)>) -> String {
    format!("{}\n", printed(&headed(command, members), Layout::Indented))
}

/// The same for one of many: a line each.
fn on_one_line(command: &str, members: Vec<(String, Value)>) -> String {
    format!("{}\n", printed(&headed(command, members), Layout::OneLine))
}

/// The JSON document that a command has begun to print, whose end is `render`'s.
pub type Growing = RefCell<Option<Listing<BufWriter<Stdout>>>>;

/// Adds an element to the one long list of the answer, which is printed as it grows. Its JSON is [`element`]'s.
/// Says whether anybody reads it.
pub fn add(context: &Context, member: &str, element: &str) -> bool {
    let mut growing = context.growing.borrow_mut();
    let begin = || Listing::begin(BufWriter::new(io::stdout()), context.command, member);
    growing.get_or_insert_with(begin).add(element)
}

/// An element of a long list.
///
/// # Errors
/// It cannot be said in JSON, which is a bug.
pub fn element(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    text.map(quiet).map_err(|error| Failure::new(Exit::Internal, "internal", error.to_string()))
}

/// How a JSON document is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Indented,
    OneLine,
}

/// JSON that does not disturb a terminal either. RFC 8259 section 7 lets control characters above U+001F and
/// those that reorder text stand in strings as they are; here they are escaped, which reads as the same.
pub fn printed(document: &Value, layout: Layout) -> String {
    let text = match layout {
        Layout::Indented => format!("{document:#}"),
        Layout::OneLine => document.to_string(),
    };
    quiet(text)
}

fn quiet(text: String) -> String {
    let is_plain = |byte| matches!(byte, b' '..=b'~' | b'\n');
    if text.bytes().all(is_plain) || !text.contains(is_loud) {
        return text;
    }
    let mut quiet = String::with_capacity(text.len());
    for c in text.chars() {
        match is_loud(c) {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| quiet.push_str(&format!("\\u{unit:04x}"))),
            false => quiet.push(c),
        }
    }
    quiet
}

/// What [`escaped`] does not leave as it is, line ends apart.
fn is_loud(c: char) -> bool {
    let mut buffer = [0; 4];
    let one: &str = c.encode_utf8(&mut buffer);
    !matches!(c, ' '..='~' | '\n') && escaped(one) != one
}

fn headed(command: &str, members: Vec<(String, Value)>) -> Value {
    let mut document = Map::from_iter([("format".to_owned(), json!(1)), ("command".to_owned(), json!(command))]);
    document.extend(members);
    Value::Object(document)
}

/// Prints one of many answers while a command goes on: as text, or as a document of one line.
pub fn line(context: &Context, text: &str, members: &Value) -> io::Result<()> {
    if !context.global.json {
        return stdout(text.as_bytes());
    }
    let members = members.as_object().cloned().unwrap_or_default();
    stdout(on_one_line(context.command, members.into_iter().collect()).as_bytes())
}

/// Help and version go to standard output, usage errors to standard error with exit code 2.
pub fn render_unparsed(unparsed: &Unparsed) -> ExitCode {
    let Unparsed { error, json, command } = unparsed;
    if !error.use_stderr() {
        let text = error.render().to_string();
        let printed = if *json {
            let is_version = error.kind() == clap::error::ErrorKind::DisplayVersion;
            let member = match is_version {
                true => ("version".to_owned(), json!(env!("CARGO_PKG_VERSION"))),
                false => ("help".to_owned(), json!(text)),
            };
            stdout(document(command, vec![member]).as_bytes())
        } else if io::stdout().is_terminal() && !no_color() {
            stdout(error.render().ansi().to_string().as_bytes())
        } else {
            stdout(text.as_bytes())
        };
        return end(Exit::Done, printed, unwritten);
    }
    let text = error.render().to_string();
    let printed = if *json {
        stdout(document(command, vec![("error".to_owned(), usage(&text).to_json())]).as_bytes())
    } else {
        Ok(())
    };
    let told = stderr(&text);
    end(Exit::Usage, printed.and(told), unwritten)
}

/// What clap prints, as a failure: its first paragraph, and its tips as hints.
fn usage(text: &str) -> Failure {
    let paragraph: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    let message = paragraph.join(" ");
    tips.fold(Failure::usage(message.trim_start_matches("error: ")), Failure::hint)
}

fn unwritten(error: &io::Error) -> String {
    format!("error: cannot write the answer: {error}\n")
}

fn end(exit: Exit, printed: io::Result<()>, lost: impl FnOnce(&io::Error) -> String) -> ExitCode {
    match printed {
        Ok(()) => exit.into(),
        // Whoever reads has seen enough: `mtls-ca list | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit.into(),
        Err(error) => {
            let told = stderr(&lost(&error));
            drop(told);
            if exit == Exit::Done { Exit::Failed.into() } else { exit.into() }
        }
    }
}

fn stdout(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn stderr(text: &str) -> io::Result<()> {
    io::stderr().lock().write_all(text.as_bytes())
}

/// Says what happens while a command goes on, unless `--quiet`.
pub fn tell(context: &Context, line: &str) {
    if !context.global.quiet {
        // Nobody may be listening any more, and the work goes on.
        let _heard = stderr(&format!("{}\n", escaped(line)));
    }
}

/// One line on a terminal that says how far a command has come, written over and over. Elsewhere, and
/// with `--quiet` and `--json`, nothing is said.
pub struct Progress {
    last: Option<Instant>,
    is_wanted: bool,
}

/// How long a line stands at least.
const TICK: Duration = Duration::from_millis(200);

impl Progress {
    pub fn begin(context: &Context) -> Self {
        Self { last: None, is_wanted: Self::is_wanted(context) }
    }

    /// Whether anybody sees it.
    pub fn is_wanted(context: &Context) -> bool {
        io::stderr().is_terminal() && !context.global.quiet && !context.global.json
    }

    /// Says this, unless something was said just now.
    pub fn show(&mut self, line: impl FnOnce() -> String) {
        if self.is_wanted && self.last.is_none_or(|last| last.elapsed() >= TICK) {
            self.last = Some(Instant::now());
            // What is wider than the terminal would go on in the next line, and stay there.
            let columns = rustix::termios::tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col));
            let most = if columns == 0 { usize::MAX } else { columns };
            let line: String = escaped(&line()).chars().take(most).collect();
            let _seen = stderr(&format!("\r{line}\x1b[K"));
        }
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if self.last.take().is_some() {
            let _seen = stderr("\r\x1b[K");
        }
    }
}

/// Asks a question on standard error, before the answer is read from standard input.
pub fn ask(question: &str) -> io::Result<()> {
    stderr(question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_quiet_and_means_the_same() {
        let value = json!({ "a\u{7f}": "\u{9b}31m\u{202e}\u{e0001}\n\u{1b}é" });
        for layout in [Layout::Indented, Layout::OneLine] {
            let text = printed(&value, layout);
            assert!(!text.contains(is_loud), "{text:?}");
            assert!(text.contains("\\u009b31m\\u202e\\udb40\\udc01\\n\\u001bé"), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
