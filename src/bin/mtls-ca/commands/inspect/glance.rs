//! What is kept of an input once it was looked at: only what will be printed, for there may be many.

use std::path::Path;

use mtls_ca::Now;
use mtls_ca::examine::candidate;
use mtls_ca::examine::inspect::glance::glance;
use mtls_ca::examine::inspect::{self, Content, Item, inspect, inspect_unlocking};
use mtls_ca::examine::remote::Served;
use mtls_ca::keys::Passphrase;
use mtls_ca::x509::general_name::escaped;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::input::Seen;
use crate::output::{Style, element};
use crate::view;
use crate::view::inspect::short::{self, Row};

/// How inputs are told of.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// As JSON.
    pub json: bool,
    /// As PEM, or with PEM in the JSON.
    pub pem: bool,
    /// A line for each thing.
    pub short: bool,
    /// How text may look.
    pub style: Style,
}

/// What is told of one input.
pub struct Glance {
    /// The path or the server, as the user would type it.
    pub place: String,
    /// Whether it is a server.
    pub is_server: bool,
    /// How many things there are, and how many of them cannot be read.
    pub things: usize,
    pub unreadable: usize,
    /// Whether any of them is printed as PEM.
    pub has_pem: bool,
    /// How many of them are private keys.
    pub keys: usize,
    /// A line each.
    pub rows: Vec<Row>,
    /// All of it, for people.
    pub text: String,
    /// Each thing as PEM.
    pub pem: String,
    /// `input`, and `items`, with `server` before them where it is one, as an element of the answer in JSON.
    pub document: Option<String>,
}

impl Glance {
    /// At what an input held.
    ///
    /// # Errors
    /// It cannot be said in JSON, which is a bug.
    pub fn of(seen: &Seen, manner: Manner) -> Result<Self, Failure> {
        let Seen { place, server, items } = seen;
        let Manner { json, pem, short, style } = manner;
        let count = |fits: fn(&Content) -> bool| items.iter().filter(|item| fits(&item.content)).count();
        let in_full = || {
            let server = server.as_ref().map(|server| format!("{}\n", view::inspect::server::text(server, style)));
            format!("{}{}", server.unwrap_or_default(), view::inspect::text(items, style))
        };
        Ok(Self {
            is_server: server.is_some(),
            things: items.len(),
            unreadable: count(|content| matches!(content, Content::Unreadable { .. })),
            has_pem: pem && items.iter().any(|item| item.pem().is_some()),
            keys: count(|content| matches!(content, Content::PrivateKey(_))),
            rows: if short && !json { items.iter().map(|item| short::row(place, item)).collect() } else { Vec::new() },
            text: if short || json || pem { String::new() } else { in_full() },
            pem: if pem && !json { items.iter().filter_map(Item::pem).collect() } else { String::new() },
            document: if json { Some(element(&document(seen, pem))?) } else { None },
            ..Self::nothing(place.clone())
        })
    }

    fn nothing(place: String) -> Self {
        let (rows, text, pem, document) = (Vec::new(), String::new(), String::new(), None);
        let (is_server, has_pem) = (false, false);
        Self { place, is_server, things: 0, unreadable: 0, has_pem, keys: 0, rows, text, pem, document }
    }

    /// At a file that is one certificate, in a line.
    fn in_short(place: String, glance: inspect::glance::Glance) -> Self {
        Self { things: 1, rows: vec![short::row_of(&place, glance)], ..Self::nothing(place) }
    }

    /// At what could not be read, where others were.
    ///
    /// # Errors
    /// It cannot be said in JSON, which is a bug.
    pub fn missed(place: String, failure: &Failure, manner: Manner) -> Result<Self, Failure> {
        let Manner { json, pem, short, style: _ } = manner;
        let why = failure.reason();
        Ok(Self {
            rows: if short && !json { vec![short::row_of_missed(&place, why)] } else { Vec::new() },
            text: match (json || short, pem) {
                (true, _) => String::new(),
                (false, true) => format!("{}: not read: {why}\n", escaped(&place)),
                (false, false) => format!("not read: {why}\n"),
            },
            document: match json {
                true => Some(element(&json!({ "input": place, "error": failure.to_json() }))?),
                false => None,
            },
            ..Self::nothing(place)
        })
    }

    /// At a file of a folder; nothing where there is nothing to be said of it.
    ///
    /// # Errors
    /// It cannot be read, or is broken.
    pub fn of_file(
        file: &Path,
        unlock: Option<&Passphrase>,
        now: Now,
        manner: Manner,
    ) -> Result<Option<Self>, Failure> {
        let Some(bytes) = candidate::read(file)? else { return Ok(None) };
        if manner.short
            && !manner.json
            && let Some(glance) = glance(&bytes, now)
        {
            return Ok(Some(Self::in_short(view::path(file), glance)));
        }
        let found = match unlock {
            Some(passphrase) => inspect_unlocking(&bytes, passphrase, now),
            None => inspect(&bytes, now),
        };
        match found {
            Ok(items) => Self::of(&Seen { place: view::path(file), server: None, items }, manner).map(Some),
            Err(error) if error.is_nothing_known() => Ok(None),
            Err(error) => Err(Failure::of_inspect(error, file)),
        }
    }
}

/// What JSON says of one input.
#[derive(Serialize)]
struct Document<'a> {
    input: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a Served>,
    items: Vec<Thing<'a>>,
}

#[derive(Serialize)]
struct Thing<'a> {
    #[serde(flatten)]
    item: &'a Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    pem: Option<String>,
}

fn document(seen: &Seen, with_pem: bool) -> Document<'_> {
    let Seen { place, server, items } = seen;
    let thing = |item| Thing { item, pem: if with_pem { Item::pem(item) } else { None } };
    Document { input: place, server: server.as_ref(), items: items.iter().map(thing).collect() }
}
