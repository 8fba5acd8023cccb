//! `mtls-ca recipe`: a ready deployment for a system that consumes certificates.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use mtls_ca::authority::{Access, Authority, Delivered, KeyOrder, KeyPlan, Parcel, Signer};
use mtls_ca::bundle::deliver::{Delivery, KeyText};
use mtls_ca::bundle::export::{Extras, Sealing};
use mtls_ca::enroll::csr;
use mtls_ca::keys::Passphrase;
use mtls_ca::recipe::{self, CertificateNeed, Role, Shelved};
use mtls_ca::store::handover::Exclusive;
use mtls_ca::store::versions::Versions;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::{AuthorityError, Lifetime, NameText, Order, San};

use super::doctor;
use crate::context::{Context, PassphraseArgs};
use crate::delivery::DeliveryArgs;
use crate::deployment::{self, Folder};
use crate::failure::Failure;
use crate::handed_over::HandedOver;
use crate::output::Answer;
use crate::view::recipe::Written;
use crate::{unlock, view};

/// A ready deployment: certificate, CRLs and configuration for a system
///
/// Without SYSTEM the systems are listed. With one, what it needs is issued into a folder, and its
/// configuration is written beside: TLS 1.2 and 1.3, client certificates demanded and checked against
/// CRLs, and a list of who is let in. Nobody is on that list but whom --allow names.
///
/// Examples:
///   mtls-ca recipe                                        the systems
///   mtls-ca recipe nginx --name api.internal --allow billing --out /etc/nginx/mtls
///   mtls-ca recipe postgresql --name db-1.internal --allow billing --allow reports
///   mtls-ca recipe curl --name billing --url https://api.internal:8443/
///   mtls-ca recipe ./my-recipes/broker --name broker.internal    one of your own
///   mtls-ca recipe nginx --check /etc/nginx/mtls                 is it still right?
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The system: a name of the list, or the folder of a recipe of your own, with a slash
    system: Option<String>,
    /// Check a deployment instead: is what is in this folder right for the system?
    #[arg(long, value_name = "DIR", requires = "system", conflicts_with = "name")]
    check: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// How long the certificate holds: 90d, 24h; else what the recipe and the profile say
    #[arg(long, value_name = "TIME", requires = "name")]
    lifetime: Option<Lifetime>,
    /// Replace configuration files that are there already. A certificate that is there stays
    #[arg(long, requires = "name")]
    force: bool,
    #[command(flatten)]
    delivery: DeliveryArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// What the deployment is, and where.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// What it is called: the common name, and the subject alternative name where there is no --san
    #[arg(long, requires = "system")]
    pub name: Option<String>,
    /// A subject alternative name (repeatable)
    #[arg(long, value_name = "NAME", requires = "name")]
    pub san: Vec<San>,
    /// The subject, instead of the common name alone: `O=Example,CN=api`
    #[arg(long, value_name = "DN", requires = "name")]
    pub subject: Option<NameText>,
    /// ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096 or rsa-8192
    #[arg(long, value_name = "ALGORITHM", requires = "name", default_value = "ecdsa-p256")]
    pub key_algorithm: KeyAlgorithm,
    /// Who is let in (repeatable): a certificate by name or number, a certificate's file, or a common name
    #[arg(long, value_name = "WHO", requires = "name")]
    pub allow: Vec<String>,
    /// The folder; else one of the system's name here
    #[arg(long, value_name = "DIR", requires = "name")]
    pub out: Option<PathBuf>,
    /// Where the folder will be on the machine that uses it; else where it is now
    #[arg(long, value_name = "PATH", requires = "name")]
    pub at: Option<PathBuf>,
    /// Where it listens
    #[arg(long, value_name = "PORT", requires = "name")]
    pub port: Option<u16>,
    /// Where it passes requests on to
    #[arg(long, value_name = "HOST:PORT", requires = "name")]
    pub upstream: Option<String>,
    /// What it calls
    #[arg(long, value_name = "URL", requires = "name")]
    pub url: Option<String>,
}

impl Place {
    /// An error where an option is given that this system has no use for.
    fn has_effect(&self, shelved: &Shelved) -> Result<(), Failure> {
        let given = [("port", self.port.is_some()), ("upstream", self.upstream.is_some()), ("url", self.url.is_some())];
        for (option, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            if !shelved.asks_for(option)? {
                let title = &shelved.recipe.title;
                return Err(Failure::usage(format!("`--{option}` has no effect on a deployment of {title}")));
            }
        }
        Ok(())
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let Some(system) = &args.system else { return Ok(view::recipe::list(&recipe::all()?, context)) };
    let shelved = recipe::find(system)?;
    if let Some(folder) = &args.check {
        return doctor::check(&shelved, folder, context);
    }
    let Some(name) = &args.place.name else { return Ok(view::recipe::about(system, &shelved, context)) };
    args.place.has_effect(&shelved)?;
    let Some(need) = &shelved.recipe.certificate else { return args.authority(name, &shelved, context) };

    let mut ca = context.open(Access::Sign)?;
    let folder = Folder::of(&args.place, &shelved)?;
    let signer = RefCell::new(None);
    let unlock = |ca: &Authority| args.signer(ca, &signer, context);
    let crls = deployment::crls(&shelved.recipe, &mut ca, &unlock, context)?;
    let values = deployment::values(&args.place, name, &folder, &shelved, crls.as_ref(), &ca, context)?;
    // Whatever may refuse does so before a file is written.
    let fresh = match Versions::is_one(&folder.tls()) {
        true => folder.check_kept(name, &args.place, &shelved.recipe, context).map(|()| None)?,
        false => {
            let plan = ca.plan_key_on_record(&args.order(need, name)?, &context.act())?;
            Some((plan, args.signer(&ca, &signer, context)?))
        }
    };
    folder.make()?;
    // Of two at once, the second finds what the first one made, and issues nothing.
    let _lock = Exclusive::of(&folder.path, context.patience()).map_err(AuthorityError::from)?;
    let fresh = fresh.filter(|_| !Versions::is_one(&folder.tls()));
    let password = folder.password(&shelved)?;
    let rendered = recipe::render(&shelved, &values, password.as_deref())?;
    let outputs = folder.outputs(&rendered, args.force)?;
    let issued = match fresh {
        Some((plan, signer)) => args.issue(plan, need, &folder, password, &signer, &mut ca, context)?.issued,
        None => None,
    };
    let mut files = match (shelved.recipe.crl, &crls) {
        (Some(need), Some(set)) => folder.write_crls(need, set)?,
        _ => Vec::new(),
    };
    for (output, file) in outputs.iter().zip(&rendered.files) {
        output.write(file.text.as_bytes())?;
        files.push(output.path().to_owned());
    }
    folder.write_record(&values)?;
    let prints = args.place.out.is_none();
    // Where no template asks for the list, there is none, and everybody is let in.
    let has_list = shelved.templates.values().any(|template| template.contains(" allow "));
    let nobody_is_let_in =
        has_list && args.place.allow.is_empty() && matches!(shelved.recipe.role, Role::Server | Role::Both);
    let strangers = deployment::strangers(&args.place.allow, &ca)?;
    let (shelved, rendered, folder, issued) = (&shelved, &rendered, &folder, issued.as_ref());
    let written = Written { shelved, rendered, folder, issued, files, prints, nobody_is_let_in };
    Ok(view::recipe::written(&written, context).notices(strangers))
}

impl Args {
    /// A CA below this one, for a system that signs by itself.
    fn authority(&self, name: &str, shelved: &Shelved, context: &Context) -> Result<Answer, Failure> {
        let (place, lifetime, force) = (&self.place, self.lifetime, self.force);
        HandedOver { place, name, lifetime, force, passphrase: &self.passphrase, shelved }.run(context)
    }

    /// The CA's key, opened once, when it is first needed.
    fn signer(
        &self,
        ca: &Authority,
        open: &RefCell<Option<Rc<Signer>>>,
        context: &Context,
    ) -> Result<Rc<Signer>, Failure> {
        if let Some(signer) = open.borrow().as_ref() {
            return Ok(Rc::clone(signer));
        }
        let signer = Rc::new(unlock::active(ca, &self.passphrase, context)?);
        *open.borrow_mut() = Some(Rc::clone(&signer));
        Ok(signer)
    }

    fn order(&self, need: &CertificateNeed, name: &str) -> Result<KeyOrder, Failure> {
        let Place { subject, san, key_algorithm, .. } = &self.place;
        let named = csr::Wishes::named(name, subject.clone(), san.clone())?;
        let lifetime = self.lifetime.or(need.lifetime).map(LifetimeWish::For);
        let order = Order { subject: Some(named.subject), sans: named.sans, lifetime, ..Order::default() };
        Ok(KeyOrder { profile: need.profile.clone(), key_algorithm: *key_algorithm, order })
    }

    #[expect(clippy::too_many_arguments, reason = "what one deployment is made of")]
    fn issue(
        &self,
        KeyPlan { key, plan }: KeyPlan,
        need: &CertificateNeed,
        folder: &Folder,
        password: Option<Arc<Passphrase>>,
        signer: &Signer,
        ca: &mut Authority,
        context: &Context,
    ) -> Result<Delivered, Failure> {
        let key = Some(KeyText::seal(key, None).map_err(Failure::backend)?);
        let attributes = self.delivery.attributes();
        let delivery =
            Delivery::folder(&folder.tls(), &attributes, context.patience()).map_err(AuthorityError::from)?;
        let sealing = Sealing { alias: None, password };
        let extras = Extras { formats: need.formats.clone(), sealing };
        let parcel = Parcel { delivery, key, extras, is_new_key: true, hook: self.delivery.hook()? };
        Ok(ca.issue_into(plan, parcel, signer, &context.act())?)
    }
}
