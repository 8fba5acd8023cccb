//! `mtls-ca bundle`: whom peers trust, and which certificates they refuse.

use std::path::{Path, PathBuf};

use mtls_ca::authority::{Access, Authority};
use mtls_ca::bundle::deliver::{Loose, Role, apart, put_loose, says_the_same};
use mtls_ca::bundle::export::{self, Format, Parts, Sealing, holds_exactly};
use mtls_ca::store::attributes::Kind;
use mtls_ca::store::directory::create_open_directory;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::general_name::escaped;
use serde_json::json;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::delivery::DeliveryArgs;
use crate::failure::{Exit, Failure};
use crate::formats::StorePasswordArgs;
use crate::output::Answer;
use crate::view;

/// Write what peers trust, or with --crl what they refuse, where it has changed
///
/// The trust bundle holds the roots of every CA certificate of this CA that is not retired, so that
/// peers accept both during a rotation. A set of CRLs is written only where it has one of every CA
/// of every chain, and none has ended: with less, servers refuse every client.
///
/// A file that says the same already stays, and then nothing runs: a timer may do this every hour.
///
/// Examples:
///   mtls-ca bundle > ca.crt
///   mtls-ca bundle --format pkcs12 --make-store-password trust.pw --out truststore.p12
///   mtls-ca bundle --issuing --out /etc/ldap/ca-all.crt --exec systemctl restart slapd
///   mtls-ca bundle --crl --out /etc/nginx/crl.pem --each /srv/node/crl --exec systemctl reload nginx
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The CAs between roots and leaves as well: GnuTLS and OpenLDAP check CRLs of trusted CAs only
    #[arg(long, conflicts_with = "crl")]
    issuing: bool,
    /// pem, pkcs7, pkcs7-pem, pkcs12 with an entry for each root that Java counts, or jks
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "pem", conflicts_with = "crl")]
    format: Form,
    #[command(flatten)]
    password: StorePasswordArgs,
    /// The CRLs of every CA of every chain instead, in PEM, one behind the other
    #[arg(long)]
    crl: bool,
    /// Each CRL in a file of its own in this directory, made where it is missing: Node.js reads only
    /// the first of several in one text
    #[arg(long, value_name = "DIR", requires = "crl")]
    each: Option<PathBuf>,
    /// The file, replaced in one step where it says something else; - or nothing for standard output
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
    #[command(flatten)]
    delivery: DeliveryArgs,
}

/// In which form trust is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Pem,
    Pkcs7,
    Pkcs7Pem,
    Pkcs12,
    Jks,
}

impl Form {
    const fn format(self) -> Format {
        match self {
            Self::Pem => Format::Trust,
            Self::Pkcs7 => Format::Pkcs7,
            Self::Pkcs7Pem => Format::Pkcs7Pem,
            Self::Pkcs12 => Format::TruststorePkcs12,
            Self::Jks => Format::TruststoreJks,
        }
    }
}

/// What was collected.
struct Collected {
    /// For `--out`, or for standard output.
    whole: Option<Zeroizing<Vec<u8>>>,
    /// The file says the same, though perhaps in other octets.
    stands: bool,
    /// Files of their own.
    each: Vec<Loose>,
    count: usize,
    what: &'static str,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    args.check(context)?;
    let ca = context.open(Access::Read)?;
    let Collected { whole, stands, each, count, what } =
        if args.crl { args.crls(&ca, context)? } else { args.trust(&ca, context)? };
    let mut files = each;
    let mut answer_data = None;
    match (whole, &args.out) {
        (Some(bytes), Some(out)) if out.as_path() != Path::new("-") => {
            if !stands {
                files.push(Loose { path: out.clone(), kind: Kind::Public, bytes });
            }
        }
        (Some(bytes), _) => answer_data = Some(bytes),
        (None, _) => {}
    }
    files.retain(|file| !says_the_same(&file.path, &file.bytes));
    let changed: Vec<String> = files.iter().map(|file| view::path(&file.path)).collect();
    if !files.is_empty() {
        put_loose(files, &args.delivery.attributes(), args.delivery.hook()?.as_ref())?;
    }
    let words = match (what, count) {
        ("crls", 1) => "CRL",
        ("crls", _) => "CRLs",
        (_, 1) => "certificate",
        _ => "certificates",
    };
    let json = json!({ "what": what, "count": count, "changed": changed });
    Ok(match answer_data {
        Some(bytes) => Answer::new(String::new(), json).with_data(bytes.to_vec()),
        None if changed.is_empty() => Answer::new(format!("{count} {words}, as before\n"), json),
        None => {
            let lines: String = changed.iter().map(|file| format!("{}\n", escaped(file))).collect();
            Answer::new(format!("{lines}{count} {words}\n"), json)
        }
    })
}

impl Args {
    fn check(&self, context: &Context) -> Result<(), Failure> {
        let to_file = self.out.as_deref().is_some_and(|out| out != Path::new("-"));
        if self.delivery.is_given() && !to_file && self.each.is_none() {
            return Err(Failure::usage("no file is written, so that options for files have no effect"));
        }
        if self.password.is_given() && !self.format.format().has_password() {
            return Err(Failure::usage("a store's password has no effect: no store is written").hint("--format pkcs12"));
        }
        let outputs = self.out.iter().filter(|_| to_file).chain(&self.each);
        let outputs: Vec<Role> = outputs.map(|path| Role::new("an output", path)).collect();
        Ok(apart(&self.password.files(), &outputs, Some(&context.global.ca_dir))?)
    }

    fn crls(&self, ca: &Authority, context: &Context) -> Result<Collected, Failure> {
        let unreadable = |error| Failure::new(Exit::Failed, "io", "cannot read the CRLs").cause(error);
        let set = ca.crl_set(context.now)?;
        let mut each = Vec::new();
        if let Some(folder) = &self.each {
            create_open_directory(folder)?;
            for (name, pem) in set.each().map_err(unreadable)? {
                each.push(Loose { path: folder.join(name), kind: Kind::Public, bytes: Zeroizing::new(pem) });
            }
        }
        let mut whole = None;
        if self.out.is_some() || self.each.is_none() {
            let mut pem = Vec::new();
            set.write_to(&mut pem).map_err(unreadable)?;
            whole = Some(Zeroizing::new(pem));
        }
        Ok(Collected { whole, stands: false, each, count: set.count(), what: "crls" })
    }

    fn trust(&self, ca: &Authority, context: &Context) -> Result<Collected, Failure> {
        let trust = if self.issuing { ca.trust_with_issuing()? } else { ca.trust()? };
        let format = self.format.format();
        let password = self.password.for_writing(format.has_password(), context)?;
        let sealing = Sealing { alias: None, password };
        let (Some(first), count) = (trust.first(), trust.len()) else {
            return Err(Failure::new(Exit::Internal, "no_trust", "this CA has no root"));
        };
        let file = self.out.as_deref().filter(|out| *out != Path::new("-"));
        let stands = file.is_some_and(|file| format.has_password() && holds_exactly(file, &trust, &sealing));
        if let (Some(file), false) = (file, stands) {
            export::plan(format, file, None, &sealing, true)?;
        }
        let rest: Vec<Certificate> = trust.iter().skip(1).cloned().collect();
        let parts = Parts { leaf: first, chain: &rest, trust: &trust, key: None };
        let whole = Some(export::write(format, &parts, &sealing)?.bytes);
        Ok(Collected { whole, stands, each: Vec::new(), count, what: "certificates" })
    }
}
