//! Where recipes are found: built in, or in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use thiserror::Error;

use super::data::Recipe;
use super::values::Unsafe;
use crate::store::FileError;
use crate::store::read::read_limited;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/examples/recipes");
const FILE: &str = "recipe.toml";
const LARGEST: u64 = 1024 * 1024;

/// Why there is no deployment.
#[derive(Debug, Error)]
pub enum RecipeError {
    /// No recipe is called so.
    #[error("no recipe is called `{}`", name.escape_debug())]
    Unknown {
        /// What was asked for.
        name: String,
        /// One that is called nearly so.
        nearest: Option<&'static str>,
    },
    /// Its `recipe.toml` does not make sense.
    #[error("`{file}`: {reason}")]
    Malformed {
        /// Which one.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file of the recipe cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A template does not make sense.
    #[error("template `{template}`: {reason}")]
    Template {
        /// Which one.
        template: String,
        /// Why.
        reason: String,
    },
    /// A value may not be written into a configuration.
    #[error(transparent)]
    Unsafe(#[from] Unsafe),
}

/// A recipe with the texts of its templates.
#[derive(Debug, Clone)]
pub struct Shelved {
    /// What it says.
    pub recipe: Recipe,
    /// Each template by its file's name.
    pub templates: BTreeMap<String, String>,
}

/// All built-in recipes, by name.
///
/// # Errors
/// Never with those that are shipped, which a test reads.
pub fn all() -> Result<Vec<Shelved>, RecipeError> {
    let mut names: Vec<&str> = BUILT_IN.dirs().filter_map(|folder| folder.path().to_str()).collect();
    names.sort_unstable();
    names.into_iter().map(built_in).collect()
}

/// A built-in recipe by its name, or one in a folder where the word is a path: it holds a slash.
///
/// # Errors
/// Where there is none, or it does not make sense.
pub fn find(word: &str) -> Result<Shelved, RecipeError> {
    if word.contains('/') { in_folder(Path::new(word)) } else { built_in(word) }
}

/// The name that somebody who mistyped may have meant.
fn nearest(written: &str) -> Option<&'static str> {
    let names = BUILT_IN.dirs().filter_map(|folder| folder.path().to_str());
    let (distance, name) =
        names.map(|name| (strsim::damerau_levenshtein(&written.to_lowercase(), name), name)).min()?;
    (distance <= 2 || name.starts_with(written) && written.len() > 2).then_some(name)
}

fn built_in(name: &str) -> Result<Shelved, RecipeError> {
    let unknown = || RecipeError::Unknown { name: name.chars().take(60).collect(), nearest: nearest(name) };
    let folder = BUILT_IN.get_dir(name).ok_or_else(unknown)?;
    let text = |file: &str| -> Result<String, RecipeError> {
        let found = folder.get_file(folder.path().join(file)).and_then(include_dir::File::contents_utf8);
        let shown = format!("built-in {name}/{file}");
        found
            .map(str::to_owned)
            .ok_or_else(|| RecipeError::Malformed { file: shown, reason: "it is missing".to_owned() })
    };
    shelved(name, &format!("built-in {name}/{FILE}"), text)
}

fn in_folder(folder: &Path) -> Result<Shelved, RecipeError> {
    let text = |file: &str| -> Result<String, RecipeError> {
        let path: PathBuf = folder.join(file);
        let malformed =
            |reason: &str| RecipeError::Malformed { file: path.display().to_string(), reason: reason.to_owned() };
        String::from_utf8(read_limited(&path, LARGEST)?).map_err(|_| malformed("it is not UTF-8"))
    };
    let name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
    shelved(&name.unwrap_or_default(), &folder.join(FILE).display().to_string(), text)
}

fn shelved(
    name: &str,
    shown: &str,
    text: impl Fn(&str) -> Result<String, RecipeError>,
) -> Result<Shelved, RecipeError> {
    let malformed = |reason: String| RecipeError::Malformed { file: shown.to_owned(), reason };
    let written = text(FILE)?;
    let mut recipe: Recipe = toml::from_str(&written).map_err(|error| {
        let before = error.span().and_then(|span| written.get(..span.start));
        let line = before.map(|before| format!("line {}: ", before.matches('\n').count().saturating_add(1)));
        malformed(format!("{}{}", line.unwrap_or_default(), error.message()))
    })?;
    name.clone_into(&mut recipe.name);
    let mut templates = BTreeMap::new();
    for template in &recipe.templates {
        let stays_below = |path: &str| {
            let path = Path::new(path);
            path.components().all(|part| matches!(part, std::path::Component::Normal(_)))
        };
        if !stays_below(&template.from) || !stays_below(&template.to) {
            return Err(malformed(format!("`{}` or `{}` leaves its folder", template.from, template.to)));
        }
        templates.insert(template.from.clone(), text(&template.from)?);
    }
    Ok(Shelved { recipe, templates })
}
