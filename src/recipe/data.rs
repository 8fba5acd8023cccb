//! `recipe.toml` as types. Unknown keys are refused.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::facts::Facts;
use crate::bundle::export::Format;
use crate::profile::ProfileName;
use crate::words::x509::lifetime::Lifetime;

/// A system, and all that is known of serving it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The word by which it is asked for: the folder's name.
    #[serde(skip)]
    pub name: String,
    /// What people call it.
    pub title: String,
    /// On which side of a connection it is.
    pub role: Role,
    /// One line.
    pub about: String,
    /// The versions that the tests ran.
    #[serde(default)]
    pub tried: Option<String>,
    /// Why no test runs it.
    #[serde(default)]
    pub not_run: Option<String>,
    /// Where its own documentation is.
    #[serde(default)]
    pub docs: Option<String>,
    /// What it cannot do, and what to do instead.
    #[serde(default)]
    pub cannot: Vec<String>,
    /// What an operator has to know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The port that it listens on where nobody says another.
    #[serde(default)]
    pub port: Option<u16>,
    /// Where it passes requests on to, where nobody says another.
    #[serde(default)]
    pub upstream: Option<String>,
    /// What it calls, where nobody says another.
    #[serde(default)]
    pub url: Option<String>,
    /// The certificate that it needs; none where the system is a CA.
    #[serde(default)]
    pub certificate: Option<CertificateNeed>,
    /// The layout of `export` that it reads, where the system is a CA.
    #[serde(default)]
    pub layout: Option<String>,
    /// The CRLs that it reads; none where it reads none.
    #[serde(default)]
    pub crl: Option<CrlNeed>,
    /// Its files.
    #[serde(default, rename = "template")]
    pub templates: Vec<TemplateFile>,
    /// What is typed.
    #[serde(default)]
    pub commands: Commands,
    /// What it takes and refuses.
    #[serde(default)]
    pub facts: Facts,
}

/// On which side of a connection a system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is connected to.
    Server,
    /// It connects.
    Client,
    /// Both, with one certificate.
    Both,
    /// It is a CA below ours.
    Authority,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Both => "both",
            Self::Authority => "authority",
        })
    }
}

/// Which certificate a system needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateNeed {
    /// By which rules.
    #[serde(deserialize_with = "parsed")]
    pub profile: ProfileName,
    /// In which forms, besides key, certificate, chain and trust in PEM.
    #[serde(default, deserialize_with = "parsed_all")]
    pub formats: Vec<Format>,
    /// For how long, where the system knows no revocation.
    #[serde(default, deserialize_with = "parsed_optional")]
    pub lifetime: Option<Lifetime>,
    /// Whether stores with a password are among the forms.
    #[serde(default)]
    pub password: bool,
}

/// Which CRLs a system needs.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrlNeed {
    /// All of them in one file.
    #[serde(default)]
    pub file: bool,
    /// One file for each.
    #[serde(default)]
    pub each: bool,
}

/// A file that is made of a template.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateFile {
    /// The template, in the recipe's folder.
    pub from: String,
    /// The file, below the output folder.
    pub to: String,
    /// Whether it holds a password, and is its owner's alone.
    #[serde(default)]
    pub secret: bool,
}

/// What is typed, each as a list of arguments.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    /// Checks the configuration.
    #[serde(default)]
    pub check: Vec<String>,
    /// Starts the system.
    #[serde(default)]
    pub start: Vec<String>,
    /// Takes up new files.
    #[serde(default)]
    pub reload: Vec<String>,
    /// How it takes up new files.
    #[serde(default)]
    pub rotation: Rotation,
}

/// How a system takes up new files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// When it is told to.
    #[default]
    Reload,
    /// When it starts.
    Restart,
    /// By itself.
    Itself,
}

fn parsed<'de, D: Deserializer<'de>, T: std::str::FromStr<Err: fmt::Display>>(from: D) -> Result<T, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn parsed_optional<'de, D: Deserializer<'de>, T: std::str::FromStr<Err: fmt::Display>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    parsed(from).map(Some)
}

fn parsed_all<'de, D: Deserializer<'de>, T: std::str::FromStr<Err: fmt::Display>>(from: D) -> Result<Vec<T>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    words.iter().map(|word| word.parse().map_err(serde::de::Error::custom)).collect()
}
