//! What is kept of an input once it was looked at: only what will be printed, for there may be many.

use std::path::Path;

use mtls_ca::Now;
use mtls_ca::examine::inspect::glance::glance;
use mtls_ca::examine::inspect::{self, Content, Item, inspect, inspect_unlocking};
use mtls_ca::keys::Passphrase;
use mtls_ca::store::read::read_limited;
use serde_json::{Value, json};

use crate::context::LARGEST_INPUT;
use crate::input::Seen;
use crate::output::Style;
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
    /// `input`, and `items`, with `server` before them where it is one.
    pub document: Value,
}

impl Glance {
    /// At what an input held.
    pub fn of(seen: &Seen, manner: Manner) -> Self {
        let Seen { place, server, items } = seen;
        let Manner { json, pem, short, style } = manner;
        let count = |fits: fn(&Content) -> bool| items.iter().filter(|item| fits(&item.content)).count();
        let in_full = || {
            let server = server.as_ref().map(|server| format!("{}\n", view::inspect::server::text(server, style)));
            format!("{}{}", server.unwrap_or_default(), view::inspect::text(items, style))
        };
        Self {
            place: place.clone(),
            is_server: server.is_some(),
            things: items.len(),
            unreadable: count(|content| matches!(content, Content::Unreadable { .. })),
            has_pem: pem && items.iter().any(|item| item.pem().is_some()),
            keys: count(|content| matches!(content, Content::PrivateKey(_))),
            rows: if short && !json { items.iter().map(|item| short::row(place, item)).collect() } else { Vec::new() },
            text: if short || json || pem { String::new() } else { in_full() },
            pem: if pem && !json { items.iter().filter_map(Item::pem).collect() } else { String::new() },
            document: if json { document(seen, pem) } else { Value::Null },
        }
    }

    /// At a file that is one certificate, in a line.
    fn in_short(place: String, glance: inspect::glance::Glance) -> Self {
        let rows = vec![short::row_of(&place, glance)];
        let (text, pem, document) = (String::new(), String::new(), Value::Null);
        Self { place, is_server: false, things: 1, unreadable: 0, has_pem: false, keys: 0, rows, text, pem, document }
    }

    /// At a file of a folder; nothing where there is nothing to be said of it.
    pub fn of_file(file: &Path, unlock: Option<&Passphrase>, now: Now, manner: Manner) -> Option<Self> {
        let bytes = read_limited(file, LARGEST_INPUT).ok()?;
        if let (true, false, Some(glance)) = (manner.short, manner.json, glance(&bytes, now)) {
            return Some(Self::in_short(file.display().to_string(), glance));
        }
        let found = match unlock {
            Some(passphrase) => inspect_unlocking(&bytes, passphrase, now),
            None => inspect(&bytes, now),
        };
        let seen = Seen { place: file.display().to_string(), server: None, items: found.ok()? };
        Some(Self::of(&seen, manner))
    }
}

fn document(seen: &Seen, with_pem: bool) -> Value {
    let item = |item: &Item| {
        let mut document = json!(item);
        if let (true, Some(members), Some(pem)) = (with_pem, document.as_object_mut(), item.pem()) {
            members.insert("pem".to_owned(), Value::String(pem));
        }
        document
    };
    let items: Vec<Value> = seen.items.iter().map(item).collect();
    match &seen.server {
        Some(server) => json!({ "input": seen.place, "server": server, "items": items }),
        None => json!({ "input": seen.place, "items": items }),
    }
}
