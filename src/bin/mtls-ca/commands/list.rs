//! `mtls-ca list`: what was issued.

use mtls_ca::authority::Access;
use mtls_ca::ledger::{Entry, Filter, LedgerError, Status};
use mtls_ca::profile::ProfileName;
use mtls_ca::{Threshold, Time};
use serde_json::Value;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// List certificates
///
/// Examples:
///   mtls-ca list
///   mtls-ca list --expiring 30d --json
///   mtls-ca list --name '*.internal' --status all --csv
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only those with a name like this; `*` stands for anything, `?` for one character
    #[arg(long, value_name = "GLOB")]
    name: Option<String>,
    /// Only those of this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<ProfileName>,
    /// Only those issued since: 2026-01-31, 2026-01-31T12:00:00Z
    #[arg(long, value_name = "WHEN")]
    issued_since: Option<Time>,
    /// Only those within 30d of their end, or with 33% of their lifetime left; the nearest first
    #[arg(long, value_name = "TIME|PERCENT")]
    expiring: Option<Threshold>,
    /// Where they stand
    #[arg(long, value_enum, default_value = "valid")]
    status: StatusWord,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Print CSV (RFC 4180) with a heading
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StatusWord {
    /// Issued and not past its end
    Valid,
    /// Issued and past its end
    Expired,
    /// Reserved, and not completed
    Pending,
    /// Every one, those given up before they were signed too
    All,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let ca = context.open(Access::Read)?;
    let filter = Filter {
        name: args.name.clone(),
        profile: args.profile.as_ref().map(ToString::to_string),
        issued_since: args.issued_since,
        expiring: args.expiring,
        status: match args.status {
            StatusWord::Valid => Status::Valid,
            StatusWord::Expired => Status::Expired,
            StatusWord::Pending => Status::Pending,
            StatusWord::All => Status::All,
        },
        limit: args.limit,
    };
    let mut listed = Listed::default();
    ca.ledger().list::<LedgerError>(&filter, context.now, |entry| {
        listed.take(&entry, args.csv, context);
        Ok(())
    })?;
    let is_empty = listed.count == 0;
    let answer = listed.answer(args.csv, context);
    Ok(if is_empty && !args.csv { answer.notice("no certificate fits") } else { answer })
}

/// What will be printed of the certificates, and nothing else: there may be many.
#[derive(Default)]
struct Listed {
    count: usize,
    rows: Vec<[String; 5]>,
    csv: String,
    documents: Vec<Value>,
}

impl Listed {
    fn take(&mut self, entry: &Entry, csv: bool, context: &Context) {
        self.count += 1;
        if context.global.json {
            self.documents.push(view::entry::json(entry, context));
        } else if csv {
            let line: Vec<String> = view::entry::fields(entry, context).iter().map(|field| quoted(field)).collect();
            self.csv.push_str(&line.join(","));
            self.csv.push_str("\r\n");
        } else {
            let view::entry::Row { serial, name, profile, status, expires } = view::entry::Row::of(entry, context);
            self.rows.push([serial, name, profile, status, expires]);
        }
    }

    fn answer(self, csv: bool, context: &Context) -> Answer {
        let Self { count, rows, csv: lines, documents } = self;
        let heading = "serial,status,subject,names,profile,not_before,not_after,requester,sha256\r\n";
        let text = match (csv, count) {
            (true, _) => format!("{heading}{lines}"),
            (false, 0) => String::new(),
            (false, _) => view::table::table(["serial", "name", "profile", "status", "expires"], rows, context.style),
        };
        // Not by `json!`, which would copy them.
        let members = [("certificates".to_owned(), Value::Array(documents))];
        Answer::new(text, Value::Object(members.into_iter().collect()))
    }
}

/// RFC 4180 section 2; and a leading `=`, `+`, `-` or `@` gets a quote in front, for spreadsheets
/// would run it.
fn quoted(field: &str) -> String {
    let guarded = match field.chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{field}"),
        _ => field.to_owned(),
    };
    if guarded.contains([',', '"', '\r', '\n']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}
