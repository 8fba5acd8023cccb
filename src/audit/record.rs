//! An event as it is read back: what every event has, and the rest as it stands. Events of newer
//! programs are read as well as those of this one.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::chain::Link;
use crate::words::clock::Time;

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub seq: u64,
    /// When.
    pub time: Time,
    /// Who: the account.
    pub user: String,
    /// On which machine.
    pub host: String,
    /// In which job of a build server.
    pub ci_job: Option<String>,
    /// With which command.
    pub command: String,
    /// What: `issue`.
    pub action: String,
    /// How it went: `done`.
    pub outcome: String,
    /// The whole event, as it is written.
    body: String,
}

/// What every event has. The rest is looked at only where somebody asks: a log is long.
#[derive(Deserialize)]
struct Heading<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow, default)]
    actor: Account<'a>,
    #[serde(borrow, default)]
    command: Cow<'a, str>,
    #[serde(borrow, default)]
    action: Cow<'a, str>,
    #[serde(borrow, default)]
    result: Ending<'a>,
}

#[derive(Default, Deserialize)]
struct Account<'a> {
    #[serde(borrow, default)]
    user: Cow<'a, str>,
    #[serde(borrow, default)]
    host: Cow<'a, str>,
    ci_job: Option<String>,
}

#[derive(Default, Deserialize)]
struct Ending<'a> {
    #[serde(borrow, default)]
    outcome: Cow<'a, str>,
}

impl Record {
    /// Reads an event; none where its bytes are no event.
    #[must_use]
    pub fn read(link: &Link) -> Option<Self> {
        let Heading { time, actor, command, action, result } = serde_json::from_str(&link.body).ok()?;
        Some(Self {
            seq: link.seq,
            time: time.parse().ok()?,
            user: actor.user.into_owned(),
            host: actor.host.into_owned(),
            ci_job: actor.ci_job,
            command: command.into_owned(),
            action: action.into_owned(),
            outcome: result.outcome.into_owned(),
            body: link.body.clone(),
        })
    }

    /// The whole event.
    #[must_use]
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Who, as a report groups them: the account, and the job where there is one.
    #[must_use]
    pub fn who(&self) -> (String, Option<String>) {
        (format!("{}@{}", self.user, self.host), self.ci_job.clone())
    }

    /// The kind of the object and its members.
    #[must_use]
    pub fn object(&self) -> Option<(String, Value)> {
        match self.event().get_mut("object")?.take() {
            Value::Object(kinds) => kinds.into_iter().next(),
            _ => None,
        }
    }

    /// A member of the object as text.
    #[must_use]
    pub fn of_object(&self, name: &str) -> Option<String> {
        self.object()?.1.get(name)?.as_str().map(str::to_owned)
    }

    /// To what it was done, in a few words.
    #[must_use]
    pub fn about(&self) -> String {
        let Some((kind, members)) = self.object() else { return String::new() };
        let say = |name: &str| match members.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(format!("{name} {number}")),
            _ => None,
        };
        let told: Vec<String> =
            ["issuer", "serial", "number", "seq", "file", "what", "count", "entries", "profile", "reason", "subject"]
                .into_iter()
                .filter_map(say)
                .collect();
        if told.is_empty() { kind } else { told.join(" ") }
    }

    /// Why it was refused, given up, or failed.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        let event = self.event();
        let result = event.get("result")?;
        if let Some(reason) = result.get("reason").and_then(Value::as_str) {
            return Some(reason.to_owned());
        }
        let rules: Vec<&str> = result.get("rules")?.as_array()?.iter().filter_map(Value::as_str).collect();
        Some(rules.join(", "))
    }

    /// Whether one of the object's members is this text: a serial number, a subject, a digest.
    #[must_use]
    pub fn concerns(&self, text: &str) -> bool {
        let plain = text.replace(':', "").to_ascii_lowercase();
        let fits = |value: &Value| value.as_str().is_some_and(|own| own == text || own == plain);
        self.object().is_some_and(|(_, members)| members.as_object().is_some_and(|members| members.values().any(fits)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::chain::BEGINNING;

    #[test]
    fn events_are_read_back_and_others_are_not() {
        let body = r#"{"action":"revoke","actor":{"ci_job":"7","host":"h","user":"u"},"command":"revoke","object":{"revocation":{"issuer":"g1","reason":"keyCompromise","serial":"0a1b","subject":"CN=a"}},"result":{"outcome":"failed","reason":"disk full"},"time":"2027-01-31T00:00:00Z"}"#;
        let record = Record::read(&BEGINNING.followed_by(body.to_owned())).unwrap();
        assert_eq!(record.who(), ("u@h".to_owned(), Some("7".to_owned())));
        assert_eq!(record.about(), "g1 0a1b keyCompromise CN=a");
        assert_eq!(record.why().as_deref(), Some("disk full"));
        for (text, concerned) in [("0a1b", true), ("0A:1B", true), ("CN=a", true), ("0a1", false), ("h", false)] {
            assert_eq!(record.concerns(text), concerned, "{text}");
        }
        for body in ["", "[]", "{}", "{\"time\":\"yesterday\"}"] {
            assert_eq!(Record::read(&BEGINNING.followed_by(body.to_owned())), None, "{body}");
        }
        let bare = Record::read(&BEGINNING.followed_by("{\"time\":\"2027-01-31T00:00:00Z\"}".to_owned())).unwrap();
        assert_eq!((bare.about(), bare.why()), (String::new(), None));
    }
}
