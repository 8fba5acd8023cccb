//! Recipes, and what came of one.

use std::path::{Path, PathBuf};

use mtls_ca::authority::Issued;
use mtls_ca::bundle::export::Format;
use mtls_ca::recipe::{Rendered, Shelved};
use mtls_ca::store::versions::Versions;
use mtls_ca::words::typed::typed_word;
use mtls_ca::x509::general_name::escaped;
use serde_json::{Map, Value, json};

use super::table::table;
use crate::context::Context;
use crate::deployment::{self, Folder};
use crate::output::Answer;
use crate::view;

/// The systems.
pub fn list(all: &[Shelved], context: &Context) -> Answer {
    let row = |Shelved { recipe, .. }: &Shelved| {
        let tried = recipe.tried.clone().or_else(|| recipe.not_run.as_ref().map(|_| "not run".to_owned()));
        [recipe.name.clone(), recipe.role.to_string(), recipe.about.clone(), tried.unwrap_or_default()]
    };
    let text = table(["system", "role", "about", "tried"], all.iter().map(row), context.style);
    let json: Vec<Value> = all.iter().map(summary).collect();
    Answer::new(text, json!({ "recipes": json }))
        .notice("mtls-ca recipe SYSTEM says more of one; with --name it is deployed")
}

fn summary(shelved: &Shelved) -> Value {
    let recipe = &shelved.recipe;
    json!({
        "name": recipe.name,
        "title": recipe.title,
        "role": recipe.role,
        "about": recipe.about,
        "tried": recipe.tried,
        "not_run": recipe.not_run,
        "docs": recipe.docs,
        "rotation": recipe.commands.rotation,
        "cannot": recipe.cannot,
        "notes": recipe.notes,
    })
}

/// One of them.
pub fn about(system: &str, shelved: &Shelved, context: &Context) -> Answer {
    let recipe = &shelved.recipe;
    let mut rows = vec![("role", recipe.role.to_string())];
    rows.extend(recipe.certificate.as_ref().map(|need| ("profile", need.profile.to_string())));
    rows.extend(recipe.tried.clone().map(|tried| ("tried", tried)));
    rows.extend(recipe.not_run.clone().map(|why| ("not run", why)));
    rows.extend(recipe.docs.clone().map(|docs| ("docs", docs)));
    rows.extend(recipe.cannot.iter().map(|text| ("cannot", text.clone())));
    // Those with values in them are told when there are values.
    rows.extend(recipe.notes.iter().filter(|note| !note.contains("{{")).map(|note| ("note", note.clone())));
    let text = format!("{}: {}\n{}", recipe.title, recipe.about, view::rows(&rows, context.style));
    Answer::new(text, json!({ "recipe": summary(shelved) }))
        .notice(format!("mtls-ca recipe {} --name NAME deploys it", typed_word(system)))
}

/// A deployment that was written.
pub struct Written<'a> {
    pub shelved: &'a Shelved,
    pub rendered: &'a Rendered,
    pub folder: &'a Folder,
    pub issued: Option<&'a Issued>,
    pub files: Vec<PathBuf>,
    /// Whether the configuration is printed too.
    pub prints: bool,
    pub nobody_is_let_in: bool,
}

/// What came of one.
pub fn written(written: &Written<'_>, context: &Context) -> Answer {
    let Written { shelved, rendered, folder, issued, files, prints, nobody_is_let_in } = written;
    let recipe = &shelved.recipe;
    let mut text = match issued {
        Some(issued) => view::issued::text(issued.certificate(), issued.profile(), Some(&folder.tls()), context),
        None => format!("the certificate in {} stays\n", view::shown(&folder.tls())),
    };
    let renew = deployment::renewal(recipe, rendered, folder, context);
    let crls = deployment::new_crls(recipe, rendered, folder, context);
    let mut rows: Vec<(&str, String)> = files.iter().map(|file| ("wrote", file.display().to_string())).collect();
    rows.extend(typed("check", &rendered.check));
    rows.extend(typed("start", &rendered.start));
    rows.extend(typed("reload", &rendered.reload));
    rows.push(("renew", renew.clone()));
    rows.extend(crls.clone().map(|crls| ("crls", crls)));
    rows.extend(rendered.notes.iter().map(|note| ("note", note.clone())));
    rows.extend(recipe.cannot.iter().map(|text| ("cannot", text.clone())));
    text.push_str(&view::rows(&rows, context.style));
    if *prints {
        text.push_str(&printed(rendered));
    }
    let at = |format: Format| view::path(&Versions::member(&folder.tls(), format.file()));
    let places = json!({ "file": at(Format::Fullchain), "key_file": at(Format::Key), "ca_file": at(Format::Trust) });
    let places = places.as_object().cloned().unwrap_or_else(Map::new);
    let json = json!({
        "recipe": summary(shelved),
        "folder": view::path(&folder.path),
        "certificate": issued.map(|issued| view::issued::json(issued, places, context)),
        "files": files.iter().map(|file| view::path(file)).collect::<Vec<_>>(),
        "check": rendered.check,
        "start": rendered.start,
        "reload": rendered.reload,
        "renew": renew,
        "crls": crls,
    });
    let answer = Answer::new(text, json);
    match nobody_is_let_in {
        true => answer.notice("nobody is let in yet; `--allow NAME` names who is, and `--force` writes it anew"),
        false => answer,
    }
}

/// A CA that was made for a system, and handed over to it.
pub struct Handed<'a> {
    pub shelved: &'a Shelved,
    pub rendered: &'a Rendered,
    pub folder: &'a Path,
    pub files: &'a [PathBuf],
    /// Whether the configuration is printed too.
    pub prints: bool,
}

impl Handed<'_> {
    /// What came of it.
    pub fn answer(&self, context: &Context) -> Answer {
        let Self { shelved, rendered, folder, files, prints } = self;
        let mut rows: Vec<(&str, String)> = files.iter().map(|file| ("wrote", file.display().to_string())).collect();
        rows.extend(typed("check", &rendered.check));
        rows.extend(typed("start", &rendered.start));
        rows.extend(rendered.notes.iter().map(|note| ("note", note.clone())));
        rows.extend(shelved.recipe.cannot.iter().map(|text| ("cannot", text.clone())));
        let mut text = view::rows(&rows, context.style);
        if *prints {
            text.push_str(&printed(rendered));
        }
        let json = json!({
            "recipe": summary(shelved),
            "folder": view::path(folder),
            "files": files.iter().map(|file| view::path(file)).collect::<Vec<_>>(),
            "check": rendered.check,
            "start": rendered.start,
            "reload": rendered.reload,
        });
        Answer::new(text, json)
    }
}

/// The configuration as it stands in its files.
fn printed(rendered: &Rendered) -> String {
    let mut text = String::new();
    for file in rendered.files.iter().filter(|file| !file.secret) {
        text.push_str(&format!("\n--- {}\n", file.path));
        text.push_str(&file.text.lines().map(|line| format!("{}\n", escaped(line))).collect::<String>());
    }
    text
}

fn typed(label: &'static str, words: &[String]) -> Option<(&'static str, String)> {
    let line: Vec<String> = words.iter().map(|word| deployment::typed_argument(word)).collect();
    (!line.is_empty()).then(|| (label, line.join(" ")))
}
