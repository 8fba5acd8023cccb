//! `mtls-ca verify`: is this certificate good for that?

mod each;

use std::path::{Path, PathBuf};

use mtls_ca::encoding::revocation;
use mtls_ca::examine::verify::{Check, Question, verify};
use mtls_ca::store::layout::Layout;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::revocation::RevocationList;
use mtls_ca::x509::san::{DnsName, EmailAddress, San, UriName};
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Now, Time};
use serde_json::json;

use crate::container;
use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

/// Check a certificate and its chain for the purpose it will be used for
///
/// Examples:
///   mtls-ca verify client.crt --as client
///   mtls-ca verify server.crt --as server --host api.internal --ca root.crt
///   mtls-ca verify svc.crt --as client --spiffe-id spiffe://example.org/svc --crl ca.crl --require-crl
///   mtls-ca verify /etc/tls --as client --crl ca.crl      each file below the folder, on its own
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The certificate; further ones in the file, and in further files, count as intermediates. Where a
    /// folder is named, each file below it, however deep, is asked about on its own: a line for each, and in
    /// JSON `files`. Keys, what is none of ours and, for clients and servers, files of CA certificates alone are
    /// passed over; what is broken or cannot be read is named (exit code 7)
    #[arg(required = true, value_name = "CERT|DIR")]
    certificates: Vec<PathBuf>,
    /// Ask about each file on its own: a line for each, and in JSON `files`
    #[arg(long)]
    each: bool,
    /// Whom to trust; without it the roots of the CA directory
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Trust the operating system's roots
    #[arg(long)]
    system_roots: bool,
    /// What it is to be used for
    #[arg(long = "as", value_enum, default_value = "any")]
    purpose: PurposeWord,
    /// It must carry this host name or IP address
    #[arg(long, value_name = "NAME|IP")]
    host: Vec<String>,
    /// It must carry this e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Vec<String>,
    /// It must carry this SPIFFE ID
    #[arg(long, value_name = "URI")]
    spiffe_id: Vec<String>,
    /// Further certificates that a path may lead through
    #[arg(long, value_name = "FILE")]
    intermediates: Vec<PathBuf>,
    /// Revocation lists
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// Refuse where a CA of the path has no CRL here
    #[arg(long)]
    require_crl: bool,
    /// At most so many intermediates
    #[arg(long, value_name = "N")]
    max_depth: Option<usize>,
    /// Judge for this moment instead of now
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum PurposeWord {
    /// To authenticate as a TLS client
    Client,
    /// To authenticate as a TLS server
    Server,
    /// To sign certificates
    Ca,
    /// Anything
    Any,
}

/// What a certificate is judged by.
struct Grounds {
    intermediates: Vec<Certificate>,
    anchors: Vec<Certificate>,
    crls: Vec<RevocationList>,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    if args.each || args.certificates.iter().any(|file| file.is_dir()) {
        return each::run(args, context);
    }
    let certificates = container::certificates(&args.certificates, &args.passphrase, context)?;
    let grounds = args.grounds(context)?;
    let question = Question { certificates: &certificates, ..args.question(&grounds, context)? };
    let (judged, purpose) = (verify(&question), question.purpose);
    let file = args.certificates.first().map(PathBuf::as_path).unwrap_or(Path::new("-"));
    let answer = Answer::new(
        view::verify::text(&judged, file, purpose, context.style),
        json!({ "file": view::path(file), "as": purpose, "answer": judged }),
    );
    let answer = match &judged.second_opinion {
        Some(opinion) => answer.notice(opinion.clone()),
        None => answer,
    };
    Ok(match judged.first_cause() {
        None => answer,
        Some(cause) => answer.refused(Exit::No, not_good(file, purpose, cause)),
    })
}

/// The one line that says why not, and what can be done.
fn not_good(file: &Path, purpose: Purpose, cause: &Check) -> Failure {
    let message = format!("`{}` is not good{}: {}", file.display(), view::verify::role(purpose), cause.found);
    let verdict = Failure::new(Exit::No, cause.rule, message);
    let verdict = cause.why.iter().fold(verdict, |verdict, why| verdict.cause(why));
    cause.hint.iter().fold(verdict, |verdict, hint| verdict.hint(hint.clone()))
}

impl Args {
    fn grounds(&self, context: &Context) -> Result<Grounds, Failure> {
        let mut crls = Vec::new();
        for file in &self.crl {
            let read = revocation::read_all(&context.read_input(file)?);
            crls.extend(read.map_err(|error| Failure::unreadable(file, &error))?);
        }
        let intermediates = container::certificates(&self.intermediates, &self.passphrase, context)?;
        Ok(Grounds { intermediates, anchors: self.anchors(context)?, crls })
    }

    /// All that is asked, but for the certificate.
    fn question<'g>(&self, grounds: &'g Grounds, context: &Context) -> Result<Question<'g>, Failure> {
        let purpose = match self.purpose {
            PurposeWord::Client => Purpose::Client,
            PurposeWord::Server => Purpose::Server,
            PurposeWord::Ca => Purpose::Ca,
            PurposeWord::Any => Purpose::Any,
        };
        Ok(Question {
            intermediates: &grounds.intermediates,
            crls: &grounds.crls,
            names: self.names()?,
            require_crl: self.require_crl,
            max_depth: self.max_depth,
            ..Question::new(&[], &grounds.anchors, purpose, self.at.map_or(context.now, Now::at))
        })
    }

    /// `--ca`, `--system-roots` or both; without either, what the CA directory says peers trust.
    fn anchors(&self, context: &Context) -> Result<Vec<Certificate>, Failure> {
        let mut anchors = container::certificates(&self.ca, &self.passphrase, context)?;
        if self.system_roots {
            anchors.extend(mtls_ca::examine::system_roots::load());
        }
        if self.ca.is_empty() && !self.system_roots {
            let trust = Layout::at(&context.global.ca_dir).trust();
            if !trust.is_file() {
                let message = format!("nobody to trust: there is no `{}`", trust.display());
                return Err(Failure::new(Exit::Usage, "no_trust", message)
                    .hint("name a root with --ca FILE, a CA directory with --ca-dir DIR, or say --system-roots"));
            }
            anchors = container::certificates(&[trust], &self.passphrase, context)?;
        }
        Ok(anchors)
    }

    fn names(&self) -> Result<Vec<San>, Failure> {
        let wrong = |error: mtls_ca::x509::san::NotASan| Failure::usage(error.to_string());
        let mut names = Vec::new();
        for host in &self.host {
            names.push(match host.parse() {
                Ok(address) => San::Ip(address),
                Err(_) => DnsName::parse(host).map(San::Dns).map_err(wrong)?,
            });
        }
        for email in &self.email {
            names.push(EmailAddress::parse(email).map(San::Email).map_err(wrong)?);
        }
        for id in &self.spiffe_id {
            names.push(UriName::parse(id).map(San::Uri).map_err(wrong)?);
        }
        Ok(names)
    }
}
