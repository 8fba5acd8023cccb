//! From templates and values to the files of a deployment.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use zeroize::Zeroizing;

use super::data::Recipe;
use super::shelf::{RecipeError, Shelved};
use super::values::Values;
use crate::keys::Passphrase;

/// One file of a deployment. `Debug` shows nothing of one that holds a password.
#[derive(Clone)]
pub struct RenderedFile {
    /// Below the output folder.
    pub path: String,
    /// What is in it.
    pub text: Zeroizing<String>,
    /// Whether it is its owner's alone.
    pub secret: bool,
}

impl std::fmt::Debug for RenderedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RenderedFile({})", self.path)
    }
}

/// A deployment.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Its configuration.
    pub files: Vec<RenderedFile>,
    /// What checks the configuration.
    pub check: Vec<String>,
    /// What starts the system.
    pub start: Vec<String>,
    /// What makes it take up new files.
    pub reload: Vec<String>,
    /// What an operator has to know.
    pub notes: Vec<String>,
}

#[derive(Serialize)]
struct WithPassword<'a> {
    #[serde(flatten)]
    values: &'a Values,
    password: &'a str,
}

/// Fills in the templates. `password` goes only into those that are marked as secret.
///
/// # Errors
/// A value that may not be written there; a template that does not make sense.
pub fn render(shelved: &Shelved, values: &Values, password: Option<&Passphrase>) -> Result<Rendered, RecipeError> {
    values.check()?;
    // A password is text: ours are letters and digits, others' are as their owner wrote them.
    let password = password.map(|password| Zeroizing::new(String::from_utf8_lossy(password.expose()).into_owned()));
    let environment = environment()?;
    let recipe = &shelved.recipe;
    let fill = |name: &str, text: &str, secret: bool| {
        let filled = match password.as_ref().filter(|_| secret) {
            Some(password) => environment.render_named_str(name, text, Serde(WithPassword { values, password })),
            None => environment.render_named_str(name, text, Serde(values)),
        };
        filled.map_err(|error| RecipeError::Template { template: name.to_owned(), reason: described(&error) })
    };
    let line = |what: &str, words: &[String]| -> Result<Vec<String>, RecipeError> {
        words.iter().map(|word| fill(what, word, false)).collect()
    };
    let mut files = Vec::new();
    for template in &recipe.templates {
        let text = shelved.templates.get(&template.from).map_or("", String::as_str);
        files.push(RenderedFile {
            path: template.to.clone(),
            text: Zeroizing::new(fill(&template.from, text, template.secret)?),
            secret: template.secret,
        });
    }
    Ok(Rendered {
        files,
        check: line("commands.check", &recipe.commands.check)?,
        start: line("commands.start", &recipe.commands.start)?,
        reload: line("commands.reload", &recipe.commands.reload)?,
        notes: line("notes", &recipe.notes)?,
    })
}

impl Shelved {
    /// Whether a template, a command or a note of it asks for this value.
    ///
    /// # Errors
    /// A template that does not make sense.
    pub fn asks_for(&self, value: &str) -> Result<bool, RecipeError> {
        let environment = environment()?;
        let Recipe { commands, notes, templates, .. } = &self.recipe;
        let words = commands.check.iter().chain(&commands.start).chain(&commands.reload).chain(notes);
        let places = templates.iter().map(|template| &template.to);
        for text in self.templates.values().chain(places).chain(words) {
            let malformed = |error: minijinja::Error| RecipeError::Template {
                template: self.recipe.name.clone(),
                reason: described(&error),
            };
            if environment.template_from_str(text).map_err(malformed)?.undeclared_variables(false).contains(value) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn environment() -> Result<Environment<'static>, RecipeError> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    let wrong =
        |error: minijinja::Error| RecipeError::Template { template: "syntax".to_owned(), reason: described(&error) };
    environment.set_syntax(syntax.map_err(wrong)?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    // A string or list of JSON, which is one of YAML, JavaScript and Python as well.
    environment.add_filter("json", |value: Value| {
        let unwritable = |reason: String| minijinja::Error::new(ErrorKind::InvalidOperation, reason);
        if value.is_undefined() {
            return Err(unwritable("the value is not defined".to_owned()));
        }
        serde_json::to_string(&value).map_err(|error| unwritable(error.to_string()))
    });
    Ok(environment)
}

fn described(error: &minijinja::Error) -> String {
    match error.line() {
        Some(line) => format!("line {line}: {error}"),
        None => error.to_string(),
    }
}
