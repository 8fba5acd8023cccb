//! The folder of a deployment: what goes into it, and what is there already.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use mtls_ca::authority::{Authority, CrlOrder, CrlSet, Signer};
use mtls_ca::bundle::export::{Format, PasswordError, password_file};
use mtls_ca::encoding::certificate;
use mtls_ca::enroll::csr;
use mtls_ca::keys::Passphrase;
use mtls_ca::recipe::{CrlNeed, Identity, IdentityForm, Recipe, RecipeError, Rendered, Shelved, Values};
use mtls_ca::store::FileError;
use mtls_ca::store::atomic::{self, Existing, Output, Readers};
use mtls_ca::store::directory::create_open_directory;
use mtls_ca::store::versions::Versions;
use mtls_ca::words::typed::{typed_path, typed_word};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::{AuthorityError, San};

use crate::commands::recipe::Place;
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// The file with all CRLs, and the file with the password, below the folder.
const CRLS: &str = "crl/crl.pem";
const PASSWORD: &str = "password";

/// Where a deployment is, and where it will be.
#[derive(Debug)]
pub struct Folder {
    /// Here.
    pub path: PathBuf,
    /// On the machine that uses it.
    pub at: PathBuf,
}

impl Folder {
    /// As the user wants it, else one of the system's name.
    pub fn of(place: &Place, shelved: &Shelved) -> Result<Self, Failure> {
        let path = place.out.clone().unwrap_or_else(|| PathBuf::from(&shelved.recipe.name));
        let absolute = std::path::absolute(&path).map_err(|error| {
            Failure::new(Exit::Failed, "io", format!("cannot find `{}`", path.display())).cause(error)
        })?;
        Ok(Self { at: place.at.clone().unwrap_or(absolute), path })
    }

    /// The folder of versions with the certificate.
    pub fn tls(&self) -> PathBuf {
        self.path.join("tls")
    }

    /// The password of stores, where the recipe has some; made where there is none yet.
    pub fn password(&self, shelved: &Shelved) -> Result<Option<Arc<Passphrase>>, Failure> {
        match shelved.recipe.certificate.as_ref().is_some_and(|need| need.password) {
            true => Ok(Some(Arc::new(password_file(&self.path.join(PASSWORD))?))),
            false => Ok(None),
        }
    }

    /// An error where the certificate that is there already is another one than is wanted, or lacks a form.
    pub fn check_kept(&self, name: &str, place: &Place, recipe: &Recipe, context: &Context) -> Result<(), Failure> {
        let tls = self.tls();
        let file = Versions::member(&tls, Format::Fullchain.file());
        let leaf = leaf_of(&file, context)?;
        let named = csr::Wishes::named(name, place.subject.clone(), place.san.clone())?;
        let has = |san: &San| {
            leaf.extensions().subject_alt_names().iter().any(|found| found.to_san().is_ok_and(|found| found == *san))
        };
        if let Some(missing) = named.sans.iter().find(|san| !has(san)) {
            let message =
                format!("the certificate in `{}` is for another service: it lacks `{missing}`", tls.display());
            return Err(Failure::new(Exit::Failed, "another_certificate", message)
                .hint("choose another folder with `--out`")
                .hint(format!("mtls-ca inspect {}", typed_path(&file))));
        }
        let formats = recipe.certificate.iter().flat_map(|need| &need.formats);
        let lacking = formats.copied().find(|format| !Versions::member(&tls, format.file()).exists());
        match lacking {
            Some(format) => {
                let message = format!("there is no `{}` beside the certificate in `{}`", format.file(), tls.display());
                Err(Failure::new(Exit::Failed, "no_form", message).hint(context.typed(&format!(
                    "mtls-ca renew {}{}",
                    typed_path(&tls),
                    self.forms(recipe)
                ))))
            }
            None => Ok(()),
        }
    }

    /// The options of `renew` that make every form anew.
    fn forms(&self, recipe: &Recipe) -> String {
        let mut words = String::new();
        if let Some(need) = &recipe.certificate {
            for format in &need.formats {
                words.push_str(&format!(" --format {format}"));
            }
            if need.password {
                words.push_str(&format!(" --store-password-file {}", typed_path(self.path.join(PASSWORD))));
            }
        }
        words
    }

    /// Makes it, where it is missing.
    pub fn make(&self) -> Result<(), Failure> {
        if !self.path.exists() {
            create_open_directory(&self.path)?;
        }
        Ok(())
    }

    /// Its configuration files, none of which takes the place of another unless that is wanted.
    pub fn outputs(&self, rendered: &Rendered, force: bool) -> Result<Vec<Output>, Failure> {
        let existing = if force { Existing::Replace } else { Existing::Keep };
        let plan = |file: &mtls_ca::recipe::RenderedFile| {
            let path = self.path.join(&file.path);
            if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
                create_open_directory(parent)?;
            }
            Output::plan(path, if file.secret { Readers::Owner } else { Readers::Everybody }, existing)
        };
        rendered.files.iter().map(plan).collect::<Result<_, FileError>>().map_err(Failure::from)
    }

    /// Writes down what the configuration was made with, for `--check` to make it again.
    pub fn write_record(&self, values: &Values) -> Result<(), Failure> {
        let record = values.to_record().map_err(|error| Failure::new(Exit::Internal, "internal", error))?;
        Ok(atomic::replace(&self.path.join(Values::RECORD), &record, Readers::Everybody)?)
    }

    /// Writes the CRLs as the system reads them, and answers with the files.
    pub fn write_crls(&self, need: CrlNeed, set: &CrlSet) -> Result<Vec<PathBuf>, Failure> {
        let folder = self.path.join("crl");
        if !folder.exists() {
            create_open_directory(&folder)?;
        }
        let unreadable = |error| Failure::new(Exit::Failed, "io", "cannot read the CRLs").cause(error);
        let mut written = Vec::new();
        if need.file {
            let path = self.path.join(CRLS);
            atomic::replace_with(&path, Readers::Everybody, |out| set.write_to(out))?;
            written.push(path);
        }
        if need.each {
            for (name, pem) in set.each().map_err(unreadable)? {
                let path = folder.join(name);
                atomic::replace(&path, &pem, Readers::Everybody)?;
                written.push(path);
            }
        }
        Ok(written)
    }
}

/// What goes into the templates.
pub fn values(
    place: &Place,
    name: &str,
    folder: &Folder,
    shelved: &Shelved,
    set: Option<&CrlSet>,
    ca: &Authority,
    context: &Context,
) -> Result<Values, Failure> {
    let recipe = &shelved.recipe;
    let below = |path: &str| folder.at.join(path).display().to_string();
    let formats = recipe.certificate.iter().flat_map(|need| &need.formats).copied();
    let always = [Format::Key, Format::Fullchain, Format::Chain, Format::Trust];
    let files = formats.chain(always).map(|format| {
        (format.variable().to_owned(), Versions::member(&folder.at.join("tls"), format.file()).display().to_string())
    });
    let sans: Vec<String> = place.san.iter().map(bare).collect();
    let reachable = place.san.iter().find(|san| matches!(san, San::Dns(_) | San::Ip(_))).map(bare);
    let each = match (recipe.crl, set) {
        (Some(CrlNeed { each: true, .. }), Some(set)) => set.each().unwrap_or_default(),
        _ => Vec::new(),
    };
    let values = Values {
        dir: folder.at.display().to_string(),
        name: name.to_owned(),
        host: reachable.unwrap_or_else(|| name.to_owned()),
        sans,
        port: place.port.or(recipe.port).unwrap_or_default(),
        upstream: place.upstream.clone().or_else(|| recipe.upstream.clone()).unwrap_or_default(),
        url: place.url.clone().or_else(|| recipe.url.clone()).unwrap_or_default(),
        allow: allowed(place, recipe, ca, context)?,
        crl: below(CRLS),
        crls: each.iter().map(|(name, _)| below(&format!("crl/{name}"))).collect(),
        password_file: below(PASSWORD),
        files: files.collect(),
    };
    values.check().map_err(RecipeError::from)?;
    Ok(values)
}

/// A name without its kind.
fn bare(san: &San) -> String {
    let text = san.to_string();
    text.split_once(':').map_or(text.clone(), |(_, bare)| bare.to_owned())
}

/// Who is let in, each once: a system may refuse the second of two, or stop at it.
fn allowed(place: &Place, recipe: &Recipe, ca: &Authority, context: &Context) -> Result<Vec<Identity>, Failure> {
    use IdentityForm::{Cn, Ldap, Oneline, Rfc2253};
    let mut allowed: Vec<Identity> = Vec::new();
    for who in &place.allow {
        let found = identity(who, ca, context)?;
        // An empty subject on a list of subjects would let in every workload that has none.
        let nameless = match recipe.facts.identity {
            Some(form @ (Rfc2253 | Oneline | Ldap | Cn)) => found.seen_as(form).is_none(),
            _ => who.trim().is_empty(),
        };
        if nameless {
            let message = format!("`{who}` has no subject, and {} knows its clients by that", recipe.title);
            return Err(Failure::new(Exit::Usage, "unsafe_value", message)
                .hint("allow a certificate with a common name: mtls-ca issue NAME --profile client"));
        }
        if !allowed.iter().any(|other| Identity { name: found.name.clone(), ..other.clone() } == found) {
            allowed.push(found);
        }
    }
    Ok(allowed)
}

/// Somebody on the list: a certificate's file, a certificate of the ledger, else a common name.
fn identity(who: &str, ca: &Authority, context: &Context) -> Result<Identity, Failure> {
    let path = Path::new(who);
    if path.is_file() {
        return Ok(Identity::of(who, &leaf_of(path, context)?));
    }
    // Renewals have the same names, so the newest speaks for all of them.
    let mut found = ca.newest_named(who)?;
    if found.is_empty() {
        found = ca.ledger().find(who, 1)?;
    }
    let Some(newest) = found.first() else { return stranger(who) };
    if found.iter().any(|entry| entry.subject != newest.subject) {
        let failure =
            Failure::new(Exit::Failed, "ambiguous", format!("`{who}` means certificates of several subjects"));
        return Err(found.iter().fold(failure, |failure, entry| failure.hint(format!("--allow {}", entry.serial))));
    }
    match ca.ledger().certificate(newest.id)? {
        Some(der) => {
            let read = certificate::read(&der).map_err(|error| Failure::unreadable(ca.ledger().path(), &error))?;
            Ok(Identity::of(who, &read))
        }
        None => Ok(Identity::named(who)),
    }
}

/// Somebody of whom there is no certificate here: a common name, and nothing that is more than one.
fn stranger(who: &str) -> Result<Identity, Failure> {
    let plain = |c: char| c.is_alphanumeric() || "-._@: ".contains(c);
    if !who.trim().is_empty() && who.chars().all(plain) {
        return Ok(Identity::named(who));
    }
    let message = format!("`{}` is no certificate here, and no common name alone", who.escape_debug());
    Err(Failure::new(Exit::Usage, "unknown_certificate", message)
        .hint("name a certificate's file, its number, or its common name: mtls-ca list"))
}

/// What to tell of those on the list of whom there is no certificate here.
pub fn strangers(allow: &[String], ca: &Authority) -> Result<Vec<String>, Failure> {
    let mut told = Vec::new();
    for who in allow {
        if !Path::new(who).is_file() && ca.newest_named(who)?.is_empty() && ca.ledger().find(who, 1)?.is_empty() {
            told.push(format!("no certificate here is `{who}`: whoever has this common name is let in"));
        }
    }
    Ok(told)
}

/// The first certificate of a file.
fn leaf_of(path: &Path, context: &Context) -> Result<Certificate, Failure> {
    let found = certificate::read_all(&context.read_input(path)?);
    let found = found.map_err(|error| Failure::unreadable(path, &error))?;
    found.into_iter().next().ok_or_else(|| {
        Failure::new(Exit::Failed, "no_certificate", format!("there is no certificate in `{}`", path.display()))
    })
}

/// The CRLs that the system needs; that of this CA is built where it is missing or old.
pub fn crls(
    recipe: &Recipe,
    ca: &mut Authority,
    signer: &dyn Fn(&Authority) -> Result<Rc<Signer>, Failure>,
    context: &Context,
) -> Result<Option<CrlSet>, Failure> {
    if recipe.crl.is_none() {
        return Ok(None);
    }
    if let Ok(set) = ca.crl_set(context.now) {
        return Ok(Some(set));
    }
    let order = CrlOrder { issuer: ca.active().number(), lifetime: None };
    let signer = signer(ca)?;
    ca.build_crl(&order, &signer, &context.act())?;
    Ok(Some(ca.crl_set(context.now)?))
}

/// How the certificate is renewed, as it is typed.
pub fn renewal(recipe: &Recipe, rendered: &Rendered, folder: &Folder, context: &Context) -> String {
    let words = format!("mtls-ca renew {} --expiring 33%{}", typed_path(folder.tls()), folder.forms(recipe));
    context.typed(&with_hook(words, &rendered.reload))
}

/// How the CRLs are brought up to date, as it is typed.
pub fn new_crls(recipe: &Recipe, rendered: &Rendered, folder: &Folder, context: &Context) -> Option<String> {
    let need = recipe.crl?;
    let mut words = "mtls-ca bundle --crl".to_owned();
    if need.file {
        words.push_str(&format!(" --out {}", typed_path(folder.path.join(CRLS))));
    }
    if need.each {
        words.push_str(&format!(" --each {}", typed_path(folder.path.join("crl"))));
    }
    Some(context.typed(&with_hook(words, &rendered.reload)))
}

fn with_hook(mut words: String, reload: &[String]) -> String {
    if !reload.is_empty() {
        words.push_str(" --exec");
        for word in reload {
            words.push(' ');
            words.push_str(&typed_argument(word));
        }
    }
    words
}

/// A word of a command line as it is typed; what begins with a dash is an option of that command.
pub fn typed_argument(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,".contains(c);
    if word.starts_with('-') && word.chars().all(plain) { word.to_owned() } else { typed_word(word) }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::File(error) => error.into(),
            PasswordError::Random(error) => AuthorityError::Backend(error).into(),
            PasswordError::Empty(path) => {
                Self::new(Exit::Secret, "passphrase_missing", format!("`{}` holds no password", path.display()))
                    .hint(format!("rm {}", typed_path(&path)))
            }
        }
    }
}

impl From<RecipeError> for Failure {
    fn from(error: RecipeError) -> Self {
        let message = error.to_string();
        match error {
            RecipeError::Unknown { nearest, .. } => match nearest {
                Some(nearest) => {
                    Self::new(Exit::Usage, "unknown_recipe", message).hint(format!("mtls-ca recipe {nearest}"))
                }
                None => Self::new(Exit::Usage, "unknown_recipe", message).hint("mtls-ca recipe"),
            },
            RecipeError::File(error) => error.into(),
            RecipeError::Unsafe(_) => Self::new(Exit::Usage, "unsafe_value", message),
            RecipeError::Malformed { .. } | RecipeError::Template { .. } => {
                Self::new(Exit::Failed, "malformed_recipe", message)
            }
        }
    }
}
