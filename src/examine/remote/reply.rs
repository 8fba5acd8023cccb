//! What a server said once the handshake was done.

use serde::Serialize;

use super::starttls::StartTls;

/// How much of an answer is kept as text.
const KEPT: usize = 300;

/// What came of speaking to a server within TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Whether it answered.
    pub kind: ReplyKind,
    /// The status, where it answered in HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// What it calls itself: the header `Server` of HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The beginning of what it said, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether what it said is a refusal, where its protocol tells.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

/// Whether a server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    /// It said something.
    Data,
    /// It closed the connection when it was spoken to.
    Closed,
    /// It said nothing in time.
    Silent,
}

impl Reply {
    /// Nothing was said.
    pub(super) const fn none(kind: ReplyKind) -> Self {
        Self { kind, http_status: None, server: None, text: None, refused: false }
    }

    /// What these octets say.
    pub(super) fn of(data: &[u8], starttls: Option<StartTls>) -> Self {
        if let Some(answered) = starttls.and_then(|protocol| protocol.read(data)) {
            let text = Some(one_line(&answered.text));
            return Self { text, refused: answered.refused, ..Self::none(ReplyKind::Data) };
        }
        let text = String::from_utf8_lossy(data);
        let status = text.strip_prefix("HTTP/").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let header = |name: &str| {
            let line = head.lines().skip(1).find(|line| {
                line.split_once(':').is_some_and(|(field, _)| status.is_some() && field.eq_ignore_ascii_case(name))
            })?;
            Some(one_line(line.split_once(':')?.1))
        };
        // Express says what it is elsewhere.
        let server = header("server").or_else(|| header("x-powered-by"));
        let said = match status {
            Some(_) => title(body).unwrap_or_else(|| without_tags(body)),
            None => one_line(&text),
        };
        let text = Some(said).filter(|said| !said.is_empty());
        Self { http_status: status, server, text, ..Self::none(ReplyKind::Data) }
    }
}

/// The title of a page, which says what its body repeats.
fn title(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("<title>")?;
    let (title, _) = rest.split_once("</title>")?;
    Some(one_line(title)).filter(|title| !title.is_empty())
}

/// The text of a page, in one line.
fn without_tags(body: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in body.chars() {
        match character {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if inside => {}
            other => text.push(other),
        }
    }
    one_line(&text)
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_far_as_they_say_something() {
        let nginx = b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nContent-Length: 9\r\n\r\n<html>\r\n<head>\
            <title>400 The SSL certificate error</title></head>";
        let reply = Reply::of(nginx, None);
        assert_eq!((reply.http_status, reply.server.as_deref()), (Some(400), Some("nginx/1.22.1")));
        assert_eq!(reply.text.as_deref(), Some("400 The SSL certificate error"));

        let redis = Reply::of(b"-ERR wrong number of arguments for 'get' command\r\n", None);
        assert_eq!((redis.http_status, redis.server), (None, None));
        assert_eq!(redis.text.as_deref(), Some("-ERR wrong number of arguments for 'get' command"));

        let fatal = b"E\0\0\0\x4aSFATAL\0VFATAL\0C28000\0Mconnection requires a valid client certificate\0\0";
        let postgres = Reply::of(fatal, Some(StartTls::Postgres));
        assert_eq!(postgres.text.as_deref(), Some("FATAL: connection requires a valid client certificate"));
        assert!(postgres.refused);

        let late = [&b"R\0\0\0\x08\0\0\0\0"[..], &b"E\0\0\0\x21SFATAL\0Mrole does not exist\0\0"[..]].concat();
        let reply = Reply::of(&late, Some(StartTls::Postgres));
        assert_eq!((reply.text.as_deref(), reply.refused), (Some("FATAL: role does not exist"), true));

        let mysql = Reply::of(b"\x20\0\0\x03\xff\x15\x04#28000Access denied for user", Some(StartTls::Mysql));
        assert_eq!(mysql.text.as_deref(), Some("1045 Access denied for user"));
        assert!(mysql.refused);
    }

    #[test]
    fn hostile_answers_are_short_and_of_one_line() {
        for data in
            [b"\x1b[2J\n".repeat(500), b"HTTP/".to_vec(), b"HTTP/1.1 999999\r\n\r\n".to_vec(), vec![0xff; 9_000]]
        {
            for starttls in [None, Some(StartTls::Postgres), Some(StartTls::Mysql), Some(StartTls::Ldap)] {
                let reply = Reply::of(&data, starttls);
                let text = reply.text.unwrap_or_default();
                assert!(text.chars().count() <= KEPT && !text.contains(char::is_control), "{text:?}");
            }
        }
    }
}
