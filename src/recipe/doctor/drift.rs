//! Whether the configuration is still what the recipe makes of the values that were written down.

use std::path::Path;

use crate::examine::diagnosis::{Cause, Diagnosis};
use crate::keys::Passphrase;
use crate::recipe::render::render;
use crate::recipe::shelf::Shelved;
use crate::recipe::values::Values;
use crate::store::read::read_limited;
use crate::words::typed::typed_path;

const LARGEST: u64 = 1024 * 1024;

/// Every file that differs, which is no fault, for a configuration may be changed; and every one that is
/// missing, which is: without it nothing is demanded of clients.
pub(super) fn drift(system: &Shelved, folder: &Path) -> Vec<Diagnosis> {
    let unknown = |why: String| {
        vec![
            Diagnosis::notice(Cause::ConfigurationDrift, "the configuration was not compared with the recipe")
                .proof(why)
                .fix(format!("mtls-ca recipe {} --help", system.recipe.name)),
        ]
    };
    let record = match read_limited(&folder.join(Values::RECORD), LARGEST) {
        Ok(record) => record,
        Err(error) => return unknown(error.to_string()),
    };
    let values = match Values::from_record(&record) {
        Ok(values) => values,
        Err(error) => return unknown(format!("`{}`: {error}", Values::RECORD)),
    };
    let password = read_limited(&folder.join("password"), LARGEST).ok().and_then(Passphrase::from_file_content);
    let rendered = match render(system, &values, password.as_ref()) {
        Ok(rendered) => rendered,
        Err(error) => return unknown(error.to_string()),
    };
    let of_file = |file: &crate::recipe::render::RenderedFile| {
        let path = folder.join(&file.path);
        let told = match read_limited(&path, LARGEST) {
            Err(_) => Diagnosis::error(
                Cause::ConfigurationDrift,
                format!("the configuration `{}` is missing", path.display()),
            ),
            Ok(found) if found == file.text.as_bytes() => return None,
            Ok(found) => {
                let line = first_difference(&String::from_utf8_lossy(&found), &file.text);
                let sentence = format!("`{}` is not what the recipe makes, from line {line} on", path.display());
                Diagnosis::notice(Cause::ConfigurationDrift, sentence)
            }
        };
        Some(told.proof(format!("compared with the recipe and the values in `{}`", Values::RECORD)).fix(format!(
            "# to have it made anew, call `mtls-ca recipe` as before, with --force and --out {}",
            typed_path(folder)
        )))
    };
    rendered.files.iter().filter_map(of_file).collect()
}

/// The first line, counted from 1, that is not the same.
fn first_difference(left: &str, right: &str) -> usize {
    left.lines().zip(right.lines()).take_while(|(left, right)| left == right).count() + 1
}
