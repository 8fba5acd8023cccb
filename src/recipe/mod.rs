//! Deployments of systems that consume certificates, as data: one folder a system with a `recipe.toml` and
//! templates, built in from `examples/recipes/` or the operator's own.
//!
//! A recipe says which certificate a system needs and in which forms, which CRLs, what its configuration
//! looks like, how it takes up new files, and what it cannot do. There is no code for any one system.

mod data;
pub mod doctor;
mod facts;
mod identity;
mod render;
mod shelf;
mod values;

pub use data::{CertificateNeed, Commands, CrlNeed, Recipe, Role, Rotation, TemplateFile};
pub use facts::{CnOnly, CrlUse, Facts, IdentityForm, KeyFormWord, KeyMode, Reading, Tls, TrustForm, Usage};
pub use identity::Identity;
pub use render::{Rendered, RenderedFile, render};
pub use shelf::{RecipeError, Shelved, all, find};
pub use values::{Unsafe, Values};
