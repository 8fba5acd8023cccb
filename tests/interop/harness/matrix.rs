//! What a test has seen of a system, for the table of `docs/consumers.md`: one file for each test, in
//! `target/consumers/SYSTEM/`, which `tests/consumers.rs` puts together.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// One test's part of a system's row. It counts as failed until [`Row::passed`].
#[derive(Serialize)]
pub struct Row {
    #[serde(skip)]
    path: PathBuf,
    passed: bool,
    version: String,
    accepted: Vec<String>,
    refused: Vec<String>,
    revocation: Vec<String>,
    rotation: Vec<String>,
}

impl Row {
    /// A part of the row of `system`, a folder of `examples/recipes`; `part` tells its tests apart.
    pub fn open(system: &str, part: &str, version: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let recipe = root.join("examples/recipes").join(system).join("recipe.toml");
        assert!(recipe.is_file(), "there is no recipe {}", recipe.display());
        let path = root.join("target/consumers").join(system).join(format!("{part}.json"));
        let (accepted, refused, revocation, rotation) = Default::default();
        let row = Self { path, passed: false, version: version.to_owned(), accepted, refused, revocation, rotation };
        row.write();
        row
    }

    /// Who was let in, as the system named it.
    pub fn accepted(&mut self, identity: &str) {
        add(&mut self.accepted, identity);
    }

    /// Who was refused, for the documented reason and between two accepted controls.
    pub fn refused(&mut self, case: &str) {
        add(&mut self.refused, case);
    }

    /// What was seen of a revocation while the system went on.
    pub fn revocation(&mut self, seen: &str) {
        add(&mut self.revocation, seen);
    }

    /// What was seen of a rotation under load, with its figures.
    pub fn rotation(&mut self, seen: &str) {
        add(&mut self.rotation, seen);
    }

    /// The test has come to its end.
    pub fn passed(mut self) {
        self.passed = true;
        self.write();
    }

    fn write(&self) {
        fs::create_dir_all(self.path.parent().unwrap()).unwrap();
        fs::write(&self.path, serde_json::to_string_pretty(self).unwrap()).unwrap();
    }
}

fn add(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}
