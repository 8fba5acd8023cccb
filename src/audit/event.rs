//! One event of the audit log, and the bytes that stand for it.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::store::read::read_limited;
use crate::words::clock::Now;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;

/// The most of `/etc/passwd` that is read.
const LARGEST_ACCOUNTS: u64 = 1024 * 1024;

/// Who acts, when, with which command: what every event of one call has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The moment that the verb acts at.
    pub now: Now,
    /// Who.
    pub actor: Actor,
    /// The command as its user knows it: `sign`.
    pub command: String,
}

impl Act {
    /// What this process does now, for the account and on the machine that the operating system
    /// says it runs for; `command` is what an auditor should read, such as `issue` or a program's
    /// name.
    #[must_use]
    pub fn of_process(command: impl Into<String>, now: Now) -> Self {
        Self { now, actor: Actor::of_process(), command: command.into() }
    }
}

/// Whom the operating system says we act for. As text: `user@host`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// The job of a build server, where its environment names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci_job: Option<String>,
    /// The machine.
    pub host: String,
    /// The account.
    pub user: String,
}

impl Actor {
    /// The account and the machine's name, as the kernel has them; the account by its name where
    /// `/etc/passwd` has one, else by its number. Directory services are not asked: they may be away,
    /// and the log is written now.
    #[must_use]
    pub fn of_process() -> Self {
        let number = rustix::process::getuid().as_raw();
        let accounts = read_limited(Path::new("/etc/passwd"), LARGEST_ACCOUNTS).unwrap_or_default();
        Self {
            ci_job: None,
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            user: account(&accounts, number).unwrap_or_else(|| format!("uid {number}")),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)
    }
}

/// The name of an account among the lines of passwd(5).
fn account(lines: &[u8], number: u32) -> Option<String> {
    let text = String::from_utf8_lossy(lines);
    let named = |line: &str| {
        let mut fields = line.split(':');
        let (name, _password, own) = (fields.next()?, fields.next()?, fields.next()?);
        (own.parse() == Ok(number) && !name.is_empty()).then(|| name.to_owned())
    };
    text.lines().find_map(named)
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A CA certificate of our own was made or taken in.
    AddIssuer,
    /// A CA certificate of our own became the one that signs.
    ActivateIssuer,
    /// A CRL is built.
    BuildCrl,
    /// The CA directory is copied away.
    Backup,
    /// The settings or a profile are not what they were.
    ChangeConfig,
    /// A passphrase is changed.
    ChangePassphrase,
    /// The head of this log is signed.
    Checkpoint,
    /// Files were handed over to a service, and its hook ran.
    Deliver,
    /// A private key leaves the CA in another form.
    ExportKey,
    /// Certificates of another tool were taken in.
    Import,
    /// The CRL of a CA above was taken in.
    ImportCrl,
    /// A certificate is issued.
    Issue,
    /// OCSP responses are made.
    OcspRespond,
    /// A CA certificate of our own is prepared, to take over later.
    PrepareIssuer,
    /// Revocations from before this ledger were taken in.
    RecordRevocations,
    /// A hold is taken back.
    Release,
    /// The CA directory is repaired.
    Repair,
    /// The CA directory was made from a backup.
    Restore,
    /// A CA certificate of our own was made again for the same subject and key.
    ReissueIssuer,
    /// A CA certificate of our own is not trusted any more.
    RetireIssuer,
    /// A certificate is revoked.
    Revoke,
    /// A key is opened for signing.
    Unlock,
    /// A step of a rotation is taken back.
    UndoRotation,
}

/// To what it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// A certificate of the ledger.
    Certificate {
        /// SHA-256 of the certificate, once there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// `g1`.
        issuer: String,
        /// The profile by which it is issued.
        profile: String,
        /// Its number.
        serial: Serial,
        /// Its subject as text (RFC 4514).
        subject: String,
    },
    /// A CRL.
    Crl {
        /// How many entries.
        #[serde(skip_serializing_if = "Option::is_none")]
        entries: Option<u64>,
        /// SHA-256 of its DER, once there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// `g1`; for the CRL of a CA above, its subject.
        issuer: String,
        /// From when on it is to be replaced.
        next_update: crate::words::clock::Time,
        /// Its number.
        number: Serial,
    },
    /// A file or directory that the operator named.
    File {
        /// What it is to the command.
        what: String,
    },
    /// The end of this log.
    Head {
        /// The hash of its last event.
        hash: Fingerprint,
        /// How many events there are.
        seq: u64,
    },
    /// Certificates that were issued before this ledger, by another tool or in a ledger that is lost.
    Inheritance {
        /// How many rows were added.
        count: usize,
        /// The last CRL number from before, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        crl_number: Option<Serial>,
        /// `g1`.
        issuer: String,
        /// SHA-256 over the added serial numbers, each in lower-case hexadecimal and a line of its own,
        /// sorted as octets.
        serials_sha256: Fingerprint,
        /// The tool or file that they come from.
        source: String,
        /// How many rows that were known already learned something: a revocation, a certificate.
        updated: usize,
    },
    /// A CA certificate of our own.
    Issuer {
        /// SHA-256 of the certificate.
        fingerprint: Fingerprint,
        /// `g1`.
        issuer: String,
        /// Its subject as text (RFC 4514).
        subject: String,
    },
    /// A certificate that is taken back, or was not to be any more.
    Revocation {
        /// Since when it is said not to be trusted.
        #[serde(skip_serializing_if = "Option::is_none")]
        invalid_since: Option<crate::words::clock::Time>,
        /// `g1`.
        issuer: String,
        /// Why.
        reason: RevocationReason,
        /// Its number.
        serial: Serial,
        /// Its subject as text (RFC 4514), where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
    },
    /// What was asked, and no certificate was made.
    Request {
        /// The profile by whose rules it was asked for.
        profile: String,
        /// Digest of the public key that was to be certified.
        public_key: Fingerprint,
        /// The subject that the request names, as text (RFC 4514).
        subject: String,
    },
    /// Certificates that are known only by their numbers on a CRL.
    Revocations {
        /// How many.
        count: usize,
        /// The CRL's number, where it had one.
        #[serde(skip_serializing_if = "Option::is_none")]
        crl_number: Option<Serial>,
        /// `g1`.
        issuer: String,
    },
    /// A file of the operator's settings.
    Settings {
        /// SHA-256 of it now; none where it is gone.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Fingerprint>,
        /// SHA-256 of it before; none where it is new.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Fingerprint>,
        /// Its name within the CA directory: `ca.toml`.
        file: String,
    },
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Written down before it is done.
    Intended,
    /// Done.
    Done,
    /// Given up.
    Abandoned {
        /// Why.
        reason: String,
    },
    /// It did not work.
    Failed {
        /// Why.
        reason: String,
    },
    /// A rule forbids it.
    Refused {
        /// The codes of the rules.
        rules: Vec<String>,
    },
}

/// From what was asked to what is granted, as digests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Digests {
    /// Of the request, followed by what the operator ordered beside it: see
    /// [`Order::asked`](crate::words::order::Order::asked).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Fingerprint>,
    /// Of the to-be-signed bytes that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted: Option<Fingerprint>,
    /// Of the profile, with all that it extends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Fingerprint>,
}

/// One event.
///
/// The fields stand in alphabetical order, here and in every type above, so that what serde writes
/// is the canonical form of RFC 8785 (which sorts keys, and leaves out white space).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    action: Action,
    actor: Actor,
    command: String,
    /// Digest of the `ca.toml` that it was done under.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digests: Option<Digests>,
    object: Object,
    result: Outcome,
    time: crate::words::clock::Time,
}

impl Event {
    /// What `act` does to `object`, and how it went.
    #[must_use]
    pub fn new(act: &Act, action: Action, object: Object, result: Outcome) -> Self {
        let Act { now, actor, command } = act.clone();
        Self { action, actor, command, config: None, digests: None, object, result, time: now.time() }
    }

    /// With the digests of what was asked and granted.
    #[must_use]
    pub fn with_digests(self, digests: Digests) -> Self {
        Self { digests: Some(digests), ..self }
    }

    /// With the digest of the `ca.toml` that it was done under.
    pub(crate) fn under(self, config: Option<Fingerprint>) -> Self {
        Self { config, ..self }
    }

    /// Another thing that was found out in the same act.
    pub(crate) fn beside(&self, action: Action, object: Object, result: Outcome) -> Self {
        Self { action, object, result, digests: None, ..self.clone() }
    }

    /// The bytes that the chain binds: canonical JSON. Writing it cannot fail, for the types above
    /// have no map with foreign keys and no number that JSON lacks.
    #[must_use]
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::clock::Time;

    /// The same value with the members of every object in the order that RFC 8785 section 3.2.3 asks
    /// (for names in ASCII, that of their bytes).
    fn sorted(value: serde_json::Value) -> serde_json::Value {
        let serde_json::Value::Object(members) = value else { return value };
        let members: std::collections::BTreeMap<_, _> = members.into_iter().map(|(k, v)| (k, sorted(v))).collect();
        serde_json::Value::Object(members.into_iter().collect())
    }

    fn keys_are_sorted(value: &serde_json::Value, text: &str) {
        assert_eq!(serde_json::to_string(&sorted(value.clone())).unwrap(), text);
    }

    #[test]
    fn accounts_have_names() {
        let lines =
            b"root:x:0:0:root:/root:/bin/sh\n+nis\nalice:x:1000:1000::/home/alice:/bin/sh\nalso:x:1000:1::/:/\n";
        for (number, name) in [(0, Some("root")), (1000, Some("alice")), (7, None)] {
            assert_eq!(account(lines, number).as_deref(), name);
        }
    }

    #[test]
    fn bytes_are_canonical() {
        let act = Act {
            now: Now::at(Time::from_unix(1_801_353_600).unwrap()),
            actor: Actor { ci_job: Some("7".into()), host: "h\u{1}".into(), user: "ö\"".into() },
            command: "sign".into(),
        };
        let serial = Serial::from_octets(&[1, 2]);
        let object = Object::Certificate {
            fingerprint: Some(Fingerprint::from_octets([0; 32])),
            issuer: "g1".into(),
            profile: "client".into(),
            serial,
            subject: "CN=a".into(),
        };
        let event = Event::new(&act, Action::Issue, object, Outcome::Abandoned { reason: "r".into() });
        let text = event.canonical();
        assert!(text.starts_with(
            "{\"action\":\"issue\",\"actor\":{\"ci_job\":\"7\",\"host\":\"h\\u0001\",\"user\":\"ö\\\"\"},\"command\":\"sign\","
        ));
        assert!(text.ends_with("\"time\":\"2027-01-31T00:00:00Z\"}"));
        let (zero, time) = (Fingerprint::from_octets([0; 32]), act.now.time());
        for other in [
            Object::Crl {
                entries: Some(1),
                fingerprint: Some(zero),
                issuer: "g1".into(),
                next_update: time,
                number: Serial::from_octets(&[3]),
            },
            Object::File { what: "backup".into() },
            Object::Head { hash: zero, seq: 1 },
            Object::Request { profile: "client".into(), public_key: zero, subject: "CN=a".into() },
            Object::Revocation {
                invalid_since: Some(time),
                issuer: "g1".into(),
                reason: RevocationReason::Unspecified,
                serial: Serial::from_octets(&[3]),
                subject: Some("CN=a".into()),
            },
            Object::Settings { after: Some(zero), before: Some(zero), file: "ca.toml".into() },
            Object::Issuer {
                fingerprint: Fingerprint::from_octets([0; 32]),
                issuer: "g1".into(),
                subject: "CN=a".into(),
            },
            Object::Inheritance {
                count: 1,
                crl_number: Some(Serial::from_octets(&[3])),
                issuer: "g1".into(),
                serials_sha256: Fingerprint::from_octets([0; 32]),
                source: "index.txt".into(),
                updated: 0,
            },
            Object::Revocations { count: 2, crl_number: Some(Serial::from_octets(&[3])), issuer: "g1".into() },
        ] {
            let digests = Digests { asked: Some(zero), granted: Some(zero), profile: Some(zero) };
            let event = Event::new(&act, Action::AddIssuer, other, Outcome::Done).with_digests(digests);
            let text = event.under(Some(zero)).canonical();
            keys_are_sorted(&serde_json::from_str(&text).unwrap(), &text);
        }
        keys_are_sorted(&serde_json::from_str(&text).unwrap(), &text);
    }
}
