//! `mtls-ca ocsp`: whether certificates still hold, answered one by one or in advance.

use std::path::{Path, PathBuf};

use mtls_ca::audit::event::Act;
use mtls_ca::authority::{Access, Authority, OcspAnswer, OcspBuild};
use mtls_ca::bundle::deliver::{Destination, Role, apart, plan_public};
use mtls_ca::keys::Passphrase;
use mtls_ca::{Lifetime, Threshold};

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::unlock;
use crate::view;

/// Answer OCSP requests, and make responses in advance
///
/// Each CA certificate of this CA has a responder of its own, with a short-lived certificate that is made
/// anew when less than a third of its life is left. docs/ocsp.md has a recipe for a web server.
///
/// Examples:
///   mtls-ca ocsp build                                 responses into publish.dir, for all certificates
///   mtls-ca ocsp build --out /srv/ocsp --expiring 50%  for cron: only those that are half over
///   mtls-ca ocsp respond --request question.der --out answer.der
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Answer one request, as clients send it: DER in a file
    Respond(RespondArgs),
    /// Make a response for every certificate that has not ended
    ///
    /// Per CA certificate a folder (g1, g2, ...) with SERIAL.ocsp for servers that staple, and with a file
    /// for each path by which clients ask with GET.
    Build(BuildArgs),
}

#[derive(Debug, clap::Args)]
struct RespondArgs {
    /// The request; `-` is standard input
    #[arg(long, value_name = "FILE|-")]
    request: PathBuf,
    /// Where the response goes; `-` is standard output. Without it the answer is only told
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
    /// How long the response holds
    #[arg(long, value_name = "TIME", default_value = "4d")]
    lifetime: Lifetime,
    /// Replace an existing file
    #[arg(long, requires = "out")]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Debug, clap::Args)]
struct BuildArgs {
    /// The folder, made where it is missing; `ocsp` below `publish.dir` of ca.toml where not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How long the responses hold
    #[arg(long, value_name = "TIME", default_value = "4d")]
    lifetime: Lifetime,
    /// Only those that end so soon, or have so little of their life left, or are wrong or missing
    #[arg(long, value_name = "TIME|PERCENT")]
    expiring: Option<Threshold>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    match &args.what {
        What::Respond(args) => respond(args, context),
        What::Build(args) => build(args, context),
    }
}

fn respond(args: &RespondArgs, context: &Context) -> Result<Answer, Failure> {
    let request = context.read_input(&args.request)?;
    let output = match args.out.as_deref().map(Destination::from_argument) {
        Some(Destination::Path(path)) => {
            let inputs = [Role::new("the request", &args.request)];
            apart(&inputs, &[Role::new("the response", &path)], Some(&context.global.ca_dir))?;
            Some(plan_public(path, args.force)?)
        }
        Some(Destination::Stdout) | None => None,
    };
    let (mut ca, passphrase, act) = open(&args.passphrase, context)?;
    let answer = ca.ocsp_respond(&request, Some(args.lifetime), passphrase.as_ref(), &act)?;
    if let Some(output) = &output {
        output.write(answer.der())?;
    }
    let told = Answer::new(view::ocsp::text(&answer, context), view::ocsp::json(&answer, output.as_ref()))
        .notices(view::findings(&ca.warnings(context.now)));
    let told = if args.out.as_deref() == Some(Path::new("-")) { told.with_data(answer.der().to_vec()) } else { told };
    Ok(match &answer {
        OcspAnswer::Signed { .. } => told,
        OcspAnswer::Refused { why, reason, .. } => {
            let message = format!("the request is answered with `{why}`");
            told.refused(Exit::No, Failure::new(Exit::No, "no_answer", message).cause(reason))
        }
    })
}

fn build(args: &BuildArgs, context: &Context) -> Result<Answer, Failure> {
    if let Some(out) = &args.out {
        apart(&[], &[Role::new("the responses", out)], Some(&context.global.ca_dir))?;
    }
    let (mut ca, passphrase, act) = open(&args.passphrase, context)?;
    let wish = OcspBuild { folder: args.out.clone(), lifetime: Some(args.lifetime), expiring: args.expiring };
    let built = ca.ocsp_build(&wish, passphrase.as_ref(), &act)?;
    Ok(Answer::new(view::ocsp::built_text(&built, context), view::ocsp::built_json(&built))
        .notices(view::findings(&ca.warnings(context.now))))
}

/// The CA, the passphrase of its responders' keys where they need one, and the act.
fn open(args: &PassphraseArgs, context: &Context) -> Result<(Authority, Option<Passphrase>, Act), Failure> {
    let ca = Authority::open(&context.global.ca_dir, Access::Sign, context.patience())?;
    let passphrase = unlock::passphrase_where(ca.answering_takes_passphrase(context.now)?, args, context)?;
    Ok((ca, passphrase, context.act()))
}
