//! `recipe` of a system that signs by itself: a CA below this one, in the form that the system reads, and
//! its configuration.

use std::path::PathBuf;

use mtls_ca::authority::kubeadm::{ClusterOrder, kubeadm};
use mtls_ca::authority::{Access, LayoutOrder, Mesh, MeshOrder, Signer, mesh};
use mtls_ca::bundle::layout::{Naming, Placed, System, put};
use mtls_ca::enroll::csr;
use mtls_ca::recipe::{self, Rendered, Shelved};
use mtls_ca::store::FileError;
use mtls_ca::store::atomic::{Existing, Output, Readers};
use mtls_ca::store::attributes::Kind;
use mtls_ca::words::typed::typed_path;
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::{Authority, Finding, Lifetime};

use crate::commands::recipe::Place;
use crate::context::{Context, PassphraseArgs};
use crate::deployment::{self, Folder};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::{unlock, view};

/// The CA's directory, the files for the system, and the same as a document of Kubernetes.
const AUTHORITY: &str = "authority";
const FILES: &str = "files";
const DOCUMENT: &str = "secret.yaml";

/// What was asked for.
pub struct HandedOver<'a> {
    pub place: &'a Place,
    pub name: &'a str,
    pub lifetime: Option<Lifetime>,
    pub force: bool,
    pub passphrase: &'a PassphraseArgs,
    pub shelved: &'a Shelved,
}

impl HandedOver<'_> {
    /// Makes the CA where it is missing, and writes everything.
    pub fn run(&self, context: &Context) -> Result<Answer, Failure> {
        let system = self.system()?;
        let mut parent = context.open(Access::Sign)?;
        let folder = Folder::of(self.place, self.shelved)?;
        let values = deployment::values(self.place, self.name, &folder, self.shelved, None, &parent, context)?;
        let rendered = recipe::render(self.shelved, &values, None)?;
        folder.make()?;
        let outputs = folder.outputs(&rendered, self.force)?;
        let signer = unlock::active(&parent, self.passphrase, context)?;
        let (mut files, findings) = match system {
            System::Kubeadm => (self.cluster(&folder, &mut parent, &signer, context)?, Vec::new()),
            _ => self.mesh(system, &folder, &mut parent, &signer, context)?,
        };
        for (output, file) in outputs.iter().zip(&rendered.files) {
            output.write(file.text.as_bytes())?;
            files.push(output.path().to_owned());
        }
        Ok(self.answer(system, &folder, &rendered, files, context).notices(view::findings(&findings)))
    }

    fn system(&self) -> Result<System, Failure> {
        let layout = self.shelved.recipe.layout.as_deref().unwrap_or_default();
        layout.parse().map_err(|error: mtls_ca::bundle::layout::NotASystem| {
            Failure::new(Exit::Failed, "recipe", format!("the recipe `{}` has no layout", self.shelved.recipe.name))
                .cause(error)
        })
    }

    fn mesh(
        &self,
        system: System,
        folder: &Folder,
        parent: &mut Authority,
        signer: &Signer,
        context: &Context,
    ) -> Result<(Vec<PathBuf>, Vec<Finding>), Failure> {
        let Place { subject, key_algorithm, .. } = self.place;
        let wanted = MeshOrder {
            subject: csr::Wishes::named(self.name, subject.clone(), Vec::new())?.subject,
            key_algorithm: *key_algorithm,
            lifetime: self.lifetime.map(LifetimeWish::For),
            // A SPIRE server makes a CA of its own below.
            path_length: (system == System::Spiffe).then_some(1),
        };
        let directory = folder.path.join(AUTHORITY);
        let Mesh { mut ca, signer, is_new: _ } =
            mesh(&directory, &wanted, parent, signer, &context.act(), context.patience())?;
        let order = LayoutOrder { system, crls: false, naming: Naming::default() };
        let (laid, mut placed) = ca.export_authority(&order, &signer, &context.act(), |laid| {
            let mut placed = put(&folder.path.join(FILES), &laid.files, self.force)?;
            if let Some(text) = &laid.manifest {
                placed.push(document(folder, text)?);
            }
            Ok(placed)
        })?;
        Ok((placed.drain(..).map(|file| file.path).collect(), laid.findings))
    }

    fn cluster(
        &self,
        folder: &Folder,
        parent: &mut Authority,
        signer: &Signer,
        context: &Context,
    ) -> Result<Vec<PathBuf>, Failure> {
        let order = ClusterOrder { node: None, lifetime: None, key_algorithm: self.place.key_algorithm };
        let made = kubeadm(parent, signer, &order, &folder.path, &context.act(), context.patience())?;
        Ok(made.files.into_iter().map(|file| file.path).collect())
    }

    fn answer(
        &self,
        system: System,
        folder: &Folder,
        rendered: &Rendered,
        files: Vec<PathBuf>,
        context: &Context,
    ) -> Answer {
        let directory = match system {
            System::Kubeadm => folder.path.join("authorities"),
            _ => folder.path.join(AUTHORITY),
        };
        let (shelved, prints) = (self.shelved, self.place.out.is_none());
        let handed = view::recipe::Handed { shelved, rendered, folder: &folder.path, files: &files, prints };
        handed.answer(context).notice(format!(
            "`{}` stays here: whoever has it is the CA. The other files go to the system",
            typed_path(&directory)
        ))
    }
}

/// The document, its owner's alone; the same one may stand there already.
fn document(folder: &Folder, text: &str) -> Result<Placed, FileError> {
    let path = folder.path.join(DOCUMENT);
    if !std::fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
        Output::plan(&path, Readers::Owner, Existing::Keep)?.write(text.as_bytes())?;
    }
    Ok(Placed { path, kind: Kind::Key })
}
