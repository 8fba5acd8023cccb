//! A server that ends with its test.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A running server; dropping it ends it.
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    pub(super) fn start(mut command: Command, port: u16, log: &Path) -> Self {
        let line = format!("{command:?}");
        let file = File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut server = Self { child, log: log.to_owned() };
        // A JVM on a busy machine takes its time.
        let deadline = Instant::now() + Duration::from_secs(90);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "{line} ended with {ended:?}:\n{}", server.log());
            assert!(Instant::now() < deadline, "{line} does not listen on {port}:\n{}", server.log());
            sleep(Duration::from_millis(20));
        }
        server
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the server has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A master that is killed leaves its workers behind; one that is asked to end takes them along.
        let _ =
            rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM);
        let deadline = Instant::now() + Duration::from_secs(3);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            sleep(Duration::from_millis(10));
        }
    }
}

/// A port of the loopback interface that was free a moment ago, and that no outgoing connection takes: those get
/// theirs from 32768 on (`ip_local_port_range`), thousands of them under load.
pub fn free_port() -> u16 {
    const FIRST: u32 = 12_000;
    const HOW_MANY: u32 = 18_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Two runs at once begin at different places.
    let begin = std::process::id() % HOW_MANY;
    let ports = (0..HOW_MANY).map(|_| FIRST + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % HOW_MANY);
    let mut free = ports.filter_map(|port| u16::try_from(port).ok());
    free.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("no port is free")
}

/// Waits until the condition holds; fails the test where it does not within five seconds.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    eventually_within(5, what, condition);
}

/// The same for what takes its time: so many seconds at most.
pub fn eventually_within(seconds: u64, what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !condition() {
        assert!(Instant::now() < deadline, "never came: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Waits until a text comes up in what a server says; shows what there was where it does not.
pub fn eventually_says(what: &str, wanted: &str, said: impl Fn() -> String) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !said().contains(wanted) {
        assert!(Instant::now() < deadline, "never came: {what}, only this:\n{}", said());
        sleep(Duration::from_millis(20));
    }
}
