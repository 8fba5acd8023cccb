//! `mtls-ca profile`: the rules.

use std::path::PathBuf;

use mtls_ca::authority::profiles_in;
use mtls_ca::profile::{ProfileName, ProfileSet, Source};
use mtls_ca::store::read::read_limited;
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

/// List, show and check profiles
///
/// Examples:
///   mtls-ca profile list
///   mtls-ca profile show server
///   mtls-ca profile check ca/profiles/*.toml
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The profiles that can be asked for
    List,
    /// One profile, every value with the line that says so
    Show {
        /// The profile
        name: ProfileName,
    },
    /// Check profile files, or all profiles of the CA
    Check {
        /// The files; without any, those of the CA directory
        files: Vec<PathBuf>,
    },
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    match &args.what {
        What::List => list(&profiles_in(&context.global.ca_dir)?, context),
        What::Show { name } => show(&profiles_in(&context.global.ca_dir)?, name, context),
        What::Check { files } => check(files, context),
    }
}

fn list(set: &ProfileSet, context: &Context) -> Result<Answer, Failure> {
    let mut rows = Vec::new();
    let mut profiles = Vec::new();
    let mut notices = Vec::new();
    for name in set.names() {
        match set.get(name) {
            Ok(profile) => {
                rows.push((name.as_str(), format!("{} ({})", profile.description, profile.place)));
                profiles
                    .push(json!({ "name": name.as_str(), "description": profile.description, "place": profile.place }));
            }
            Err(error) => {
                notices.push(format!("`{name}` is not usable: mtls-ca profile check"));
                profiles.push(json!({ "name": name.as_str(), "findings": error.findings() }));
            }
        }
    }
    Ok(Answer::new(view::rows(&rows, context.style), json!({ "profiles": profiles })).notices(notices))
}

fn show(set: &ProfileSet, name: &ProfileName, context: &Context) -> Result<Answer, Failure> {
    let profile = set.get(name)?;
    Ok(Answer::new(view::profile::text(profile, context.style), json!({ "profile": view::profile::json(profile) })))
}

fn check(files: &[PathBuf], context: &Context) -> Result<Answer, Failure> {
    let set = if files.is_empty() { profiles_in(&context.global.ca_dir)? } else { named(files)? };
    let mut findings = Vec::new();
    let mut checked = 0;
    for name in set.names() {
        checked += 1;
        match set.get(name) {
            Ok(profile) => findings.extend(profile.remarks()),
            Err(error) => findings.extend(error.findings().iter().cloned()),
        }
    }
    findings.dedup();
    let wrong = findings.iter().any(mtls_ca::Finding::is_error);
    if wrong {
        return Err(Failure::new(Exit::Usage, "profile", "a profile is not usable").findings(findings));
    }
    let text = format!("{checked} profiles checked, no error\n");
    Ok(Answer::new(text, json!({ "checked": checked, "findings": findings })).notices(view::findings(&findings)))
}

/// These files, together with the profiles that they may extend.
fn named(files: &[PathBuf]) -> Result<ProfileSet, Failure> {
    let mut sources = Vec::new();
    for file in files {
        let bytes = read_limited(file, 1024 * 1024)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::new(Exit::Failed, "unreadable", format!("`{}` is not UTF-8", file.display())))?;
        sources.push(Source { file: file.display().to_string(), text });
    }
    Ok(ProfileSet::with_files(sources)?)
}
