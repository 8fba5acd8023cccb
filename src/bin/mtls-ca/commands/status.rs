//! `mtls-ca status`: how the CA stands, in every form that somebody may want it in.

mod scan;

use std::path::{Path, PathBuf};

use mtls_ca::authority::status::timeline::Bucket;
use mtls_ca::authority::{Access, Authority, StatusOrder, StatusReport};
use mtls_ca::bundle::deliver::{Role, apart};
use mtls_ca::store::atomic::{Existing, Output, Readers};
use mtls_ca::{Lifetime, Threshold};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;
use crate::view::status::{calendar, html, markdown, prometheus, text};

/// Show how the CA stands: what ends when, what is wrong, and what to type
///
/// CAs, keys, CRLs, OCSP responder, renew watcher, and of every name the newest certificate. Exit
/// code 3 when something ends inside the window or is broken, else 0. A CRL and a responder live for
/// days: they are due with 20 % of their life left, or with the percentage of --expiring.
///
/// Examples:
///   mtls-ca status
///   mtls-ca status --expiring 14d --json
///   mtls-ca status --html report.html
///   mtls-ca status --prometheus /var/lib/prometheus/node-exporter/mtls-ca.prom
///   mtls-ca status --ics > expiry.ics
///   mtls-ca status --scan api.internal:443 db.internal:5432
///   mtls-ca status --scan servers.txt
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Tell of what ends within this time, or with this share of its life left
    #[arg(long, value_name = "TIME|PERCENT", default_value = "30d")]
    expiring: Threshold,
    /// List at most so many certificates inside the window
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Write metrics for the textfile collector of Prometheus' node exporter, `-` to standard output
    #[arg(long, value_name = "FILE|-", conflicts_with = "scan")]
    prometheus: Option<PathBuf>,
    /// Write a report that any browser shows: one file, nothing else needed; `-` to standard output
    #[arg(long, value_name = "FILE|-", conflicts_with = "scan")]
    html: Option<PathBuf>,
    /// Print a calendar of what ends when (iCalendar)
    #[arg(long, conflicts_with_all = ["scan", "markdown", "json"])]
    ics: bool,
    /// Print Markdown
    #[arg(long, conflicts_with_all = ["scan", "json"])]
    markdown: bool,
    /// Look at these servers, or those of a file (one a line, `#` begins a comment), and compare what
    /// they serve with the ledger
    #[arg(long, value_name = "HOST:PORT|FILE", num_args = 1..)]
    scan: Vec<PathBuf>,
    /// With --scan: how long to wait for each server [default: 10s]
    #[arg(long, value_name = "TIME", requires = "scan")]
    timeout: Option<Lifetime>,
    /// With --scan: how many servers are looked at at once [default: 16]
    #[arg(long, value_name = "N", requires = "scan", value_parser = clap::value_parser!(u16).range(1..=256))]
    parallel: Option<u16>,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    if !args.scan.is_empty() {
        return scan::run(&args.scan, args.timeout, args.parallel, args.expiring, context);
    }
    let files = args.files(context)?;
    let ca = context.open(Access::Read)?;
    let report = typed(ca.status(&args.order(), context.now)?, context);
    let mut written = Vec::new();
    for (form, output) in &files.files {
        output.write(form.made(&report, &ca, context)?.as_bytes())?;
        written.push(output.path());
    }
    let json = json!({ "status": report, "written": written.iter().map(|path| view::path(path)).collect::<Vec<_>>() });
    let answer = match files.stdout {
        Some(form) => Answer::new("", json).with_data(form.made(&report, &ca, context)?.into_bytes()),
        None if written.is_empty() => Answer::new(text::report(&report, context.style, context.now), json),
        None => Answer::new(text::written(&report, &written), json),
    };
    Ok(match view::status::verdict(&report) {
        Some(verdict) => answer.refused(Exit::No, verdict),
        None => answer,
    })
}

/// A form of the report other than text and JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Prometheus,
    Html,
    Calendar,
    Markdown,
}

/// Where the forms go.
#[derive(Default)]
struct Files {
    files: Vec<(Form, Output)>,
    stdout: Option<Form>,
}

impl Form {
    fn made(self, report: &StatusReport, ca: &Authority, context: &Context) -> Result<String, Failure> {
        Ok(match self {
            Self::Prometheus => prometheus::metrics(report),
            Self::Calendar => calendar::calendar(report),
            Self::Markdown => markdown::document(report, context.now),
            Self::Html => {
                let ends: Vec<Bucket> = ca.ends(html::STRETCHES, context.now)?;
                html::page(report, &ends, context.now)
            }
        })
    }
}

impl Args {
    fn order(&self) -> StatusOrder {
        let of_all = self.ics || self.html.is_some() || self.prometheus.is_some();
        let ahead = if of_all { self.limit } else { StatusOrder::default().ahead };
        StatusOrder { window: self.expiring, most: self.limit, ahead }
    }

    /// Files are planned before anything is read; standard output takes one form.
    fn files(&self, context: &Context) -> Result<Files, Failure> {
        let mut files = Files::default();
        let mut stdout: Vec<Form> = Vec::new();
        let mut roles = Vec::new();
        for (form, place) in [(Form::Prometheus, &self.prometheus), (Form::Html, &self.html)] {
            match place {
                Some(path) if path == Path::new("-") => stdout.push(form),
                Some(path) => {
                    files.files.push((form, Output::plan(path.clone(), Readers::Everybody, Existing::Replace)?));
                    roles.push(Role::new(if form == Form::Html { "the report" } else { "the metrics" }, path));
                }
                None => {}
            }
        }
        apart(&[], &roles, Some(&context.global.ca_dir))?;
        stdout.extend(self.ics.then_some(Form::Calendar));
        stdout.extend(self.markdown.then_some(Form::Markdown));
        if stdout.len() > usize::from(!context.global.json) {
            return Err(Failure::usage("standard output takes one form of the report")
                .hint("name a file for the others: --html report.html --prometheus mtls-ca.prom"));
        }
        files.stdout = stdout.pop();
        Ok(files)
    }
}

/// What to type, for this CA directory.
fn typed(mut report: StatusReport, context: &Context) -> StatusReport {
    for item in &mut report.items {
        item.next = item.next.take().map(|next| context.typed(&next));
    }
    report
}
