//! Servers that refuse to run as root run as somebody else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Run, Server, Workshop};

/// A user of the machine under whom programs of a test run; ourselves, where we are not root.
pub struct Account<'a> {
    shop: &'a Workshop,
    user: Option<&'static str>,
}

impl<'a> Account<'a> {
    /// The user of this name, or `nobody` where the machine has none of that name.
    pub fn open(shop: &'a Workshop, user: &'static str) -> Self {
        if !rustix::process::getuid().is_root() {
            return Self { shop, user: None };
        }
        // The way to its own files leads through the workshop; what is there keeps its own mode.
        fs::set_permissions(shop.path(""), fs::Permissions::from_mode(0o711)).unwrap();
        let known = shop.tool("id", &["-u", user]).code == Some(0);
        Self { shop, user: Some(if known { user } else { "nobody" }) }
    }

    /// A new folder of its own.
    pub fn folder(&self, name: &str) {
        fs::create_dir_all(self.shop.path(name)).unwrap();
        self.give(name);
    }

    /// Hands over a file, or a folder with all that is in it.
    pub fn give(&self, name: &str) {
        if let Some(user) = self.user {
            self.shop.tool("chown", &["-R", user, name]).ok();
        }
    }

    /// What is typed to run a program as this user, with these variables.
    fn line(&self, variables: &[(&str, &str)], program: &str, words: &[&str]) -> Vec<String> {
        let user = |option: &str, user: &str| format!("--{option}={user}");
        let group = |user: &str| self.shop.tool("id", &["-g", user]).ok().stdout.trim().to_owned();
        let as_user = self.user.map(|name| {
            ["setpriv".to_owned(), user("reuid", name), user("regid", &group(name)), "--clear-groups".to_owned()]
        });
        let variables = variables.iter().map(|(name, value)| format!("{name}={value}"));
        let program = [program].into_iter().chain(words.iter().copied()).map(str::to_owned);
        as_user.into_iter().flatten().chain(["env".to_owned()]).chain(variables).chain(program).collect()
    }

    /// Runs a program as this user.
    pub fn tool(&self, variables: &[(&str, &str)], program: &str, words: &[&str]) -> Run {
        let line = self.line(variables, program, words);
        self.shop.tool(&line[0], &line[1..])
    }

    /// Starts a server as this user, and waits until it listens.
    pub fn serve(&self, variables: &[(&str, &str)], program: &str, words: &[&str], port: u16) -> Server {
        let line = self.line(variables, program, words);
        self.shop.serve(&line[0], &line[1..], port)
    }
}

/// Ends what a program has left running, whose number stands in a file; waits a while for its end.
pub fn end(shop: &Workshop, pid_file: &str, signal: &str) {
    let Ok(text) = fs::read_to_string(shop.path(pid_file)) else { return };
    let Some(pid) = text.lines().next().map(str::trim).filter(|pid| !pid.is_empty()) else { return };
    shop.tool("kill", &["-s", signal, pid]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while !has_ended(pid) && Instant::now() < deadline {
        sleep(Duration::from_millis(20));
    }
}

/// Whether it is gone, or waits for nothing but its parent (state Z, proc(5)).
fn has_ended(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_none_or(|rest| rest.is_empty() || rest.trim_start().starts_with('Z'))
}
