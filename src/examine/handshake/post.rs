//! Being the server: takes connections, one thread for each, and tells of every one.

use std::io;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::own::Own;
use super::visit::{Visit, receive};
use crate::examine::diagnosis::{Files, Known};
use crate::examine::remote::Identity;
use crate::store::key_log::KeyLog;
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::revocation::RevocationList;

/// How many clients are heard at a time; the others wait at the door.
const MOST_AT_ONCE: usize = 64;
/// How long to sleep where nobody comes.
const NAP: Duration = Duration::from_millis(20);

/// A server that only looks at its clients.
#[derive(Debug)]
pub struct Post<'a> {
    /// Where it listens.
    pub listener: TcpListener,
    /// What it presents, ready to be used.
    pub identity: Identity,
    /// The same, to be read.
    pub own: Own<'a>,
    /// Whom it trusts to sign clients.
    pub trust: &'a [Certificate],
    /// Revocation lists.
    pub crls: &'a [RevocationList],
    /// Certificates that are at hand, where a missing one may be.
    pub known: &'a [Known<'a>],
    /// What its files are called.
    pub files: Files<'a>,
    /// Time for each client.
    pub timeout: Duration,
    /// Where to write the secrets of the sessions.
    pub key_log: Option<KeyLog>,
}

/// How many came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Tally {
    /// Connections.
    pub connections: usize,
    /// Clients that were let in.
    pub accepted: usize,
    /// The others.
    pub refused: usize,
}

impl Post<'_> {
    /// Listens until `is_over`, or until so many came, and tells of each when it is done.
    ///
    /// # Errors
    /// What the system says of the port.
    pub fn serve(
        &self,
        most: Option<usize>,
        now: &dyn Fn() -> Now,
        is_over: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(&Visit),
    ) -> io::Result<Tally> {
        self.listener.set_nonblocking(true)?;
        let mut tally = Tally::default();
        let (sender, receiver) = mpsc::channel::<Visit>();
        thread::scope(|scope| {
            let mut taken = 0;
            loop {
                for visit in receiver.try_iter() {
                    tally.count(&visit);
                    tell(&visit);
                }
                let enough = most.is_some_and(|most| taken >= most);
                if is_over() || enough && tally.connections >= taken {
                    break;
                }
                if enough || taken.saturating_sub(tally.connections) >= MOST_AT_ONCE {
                    thread::sleep(NAP);
                    continue;
                }
                match self.listener.accept() {
                    Ok((stream, from)) => {
                        taken += 1;
                        let (sender, now) = (sender.clone(), now());
                        scope.spawn(move || {
                            // Nobody listens any more where the post was left.
                            let _ = sender.send(receive(self, stream, from, now));
                        });
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(NAP),
                    // One that went away before it was taken.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })?;
        // Those who were still heard when it was over.
        for visit in receiver.try_iter() {
            tally.count(&visit);
            tell(&visit);
        }
        Ok(tally)
    }
}

impl Tally {
    fn count(&mut self, visit: &Visit) {
        self.connections += 1;
        match visit.accepted {
            true => self.accepted += 1,
            false => self.refused += 1,
        }
    }
}
