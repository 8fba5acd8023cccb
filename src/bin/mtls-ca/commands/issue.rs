//! `mtls-ca issue`: key and certificate in one step.

use std::path::{Path, PathBuf};

use mtls_ca::authority::batch;
use mtls_ca::authority::{Access, Authority, Delivered, KeyOrder, KeyPlan, Parcel, Plan};
use mtls_ca::bundle::deliver::{Beside, CERTIFICATE, Delivery, KEY, KeyText, Role, TRUST, apart, plan_public};
use mtls_ca::bundle::export::{self, Extras, Format};
use mtls_ca::bundle::{pem, slug::slug};
use mtls_ca::enroll::csr;
use mtls_ca::profile::ProfileName;
use mtls_ca::store::FileError;
use mtls_ca::store::atomic::Existing;
use mtls_ca::store::directory::create_directory;
use mtls_ca::store::versions::Versions;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::{AuthorityError, Order};
use serde_json::{Map, json};

use super::sign::Wishes;
use crate::context::{Context, PassphraseArgs};
use crate::delivery::DeliveryArgs;
use crate::failure::{Exit, Failure};
use crate::formats::FormatArgs;
use crate::output::{Answer, Issued};
use crate::successor::NewKey;
use crate::{rows, unlock, view};

/// Make a key and its certificate in one step
///
/// Examples:
///   mtls-ca issue api.internal --profile server --out tls
///   mtls-ca issue billing --san spiffe://example.org/billing --lifetime 24h
///   mtls-ca issue api.internal --profile server --deliver /etc/nginx/api --owner nginx
///   mtls-ca issue orders --profile server --san orders.internal --format pkcs12 --make-store-password store.pw
///   mtls-ca issue --from-csv services.csv --out tls --report report.json
///   mtls-ca issue db-1 --profile peer --san db-1.internal --san 10.0.0.7 --key-algorithm rsa-2048
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// What it is called: the common name, the files' name, and, where it is a host, address, URI or
    /// e-mail address and no --san is given, the subject alternative name
    #[arg(required_unless_present = "from_csv")]
    name: Option<String>,
    #[command(flatten)]
    wishes: Wishes,
    /// ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096 or rsa-8192
    #[arg(long, value_name = "ALGORITHM", default_value = "ecdsa-p256")]
    key_algorithm: KeyAlgorithm,
    /// The directory for NAME.key, NAME.crt and ca.crt; made where it is missing
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The key's file, instead of NAME.key
    #[arg(long, value_name = "FILE")]
    key_out: Option<PathBuf>,
    /// The certificate's file, instead of NAME.crt
    #[arg(long, value_name = "FILE")]
    cert_out: Option<PathBuf>,
    /// The trust file, instead of ca.crt
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
    /// Replace a certificate that is there already; a key never is
    #[arg(long)]
    force: bool,
    /// Print what would be granted, and change nothing
    #[arg(long, conflicts_with_all = ["out", "key_out", "cert_out", "ca_out", "force"])]
    dry_run: bool,
    /// The passphrase that encrypts the new key; without it the key is stored in clear, mode 0600
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    /// A folder of versions, made where it is missing: DIR/current/tls.key, tls.crt, chain.crt, ca.crt
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "key_out", "cert_out", "ca_out", "force", "dry_run"])]
    deliver: Option<PathBuf>,
    /// Make those of this table: name,profile,san,lifetime,subject,key_algorithm,out in its first line,
    /// of which all but `name` may be left out, then a line for each; `-` is standard input
    ///
    /// Keys are never replaced. A line that has its certificate is passed over, and one that an ended run left is
    /// taken up again; one that fails stops no other (exit code 7).
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "name", "san", "subject", "lifetime", "not_after", "path_length", "permit", "exclude", "key_algorithm",
        "key_out", "cert_out", "ca_out", "dry_run", "deliver",
    ])]
    from_csv: Option<PathBuf>,
    /// Write what became of each line of the table, as JSON
    #[arg(long, value_name = "FILE", requires = "from_csv")]
    report: Option<PathBuf>,
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    delivery: DeliveryArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    if let Some(table) = &args.from_csv {
        return args.batch(table, context);
    }
    let files = args.files();
    args.formats.check()?;
    if !args.dry_run {
        files.apart(args, context)?;
    }
    let access = if args.dry_run { Access::Read } else { Access::Sign };
    let mut ca = context.open(access)?;
    let order = args.order(&ca)?;
    let KeyPlan { key, plan } = ca.plan_key_on_record(&order, &context.act())?;
    if args.dry_run {
        let text = format!(
            "{}{}",
            view::issued::text(plan.preview(), plan.profile(), None, context),
            view::grants::table(plan.grants(), context)
        );
        let json = json!({ "dry_run": true, "certificates": [view::issued::planned_json(&plan, context)] });
        return Ok(Answer::new(text, json).notices(view::findings(&plan.findings())));
    }

    let key_passphrase = match &args.key_passphrase_file {
        Some(file) => context.passphrase_from(Some(file), "the new key")?,
        None => None,
    };
    let text = KeyText::seal(key, key_passphrase.as_ref()).map_err(Failure::backend)?;
    let extras = args.formats.extras(context)?;
    let delivered = match &args.deliver {
        Some(folder) => {
            let (attributes, hook) = (args.delivery.attributes(), args.delivery.hook()?);
            let delivery = Delivery::folder(folder, &attributes, context.patience()).map_err(AuthorityError::from)?;
            let parcel = Parcel { delivery, key: Some(text), extras, is_new_key: true, hook };
            let signer = unlock::active(&ca, &args.passphrase, context)?;
            ca.issue_into(plan, parcel, &signer, &context.act())?
        }
        None => args.issue_files(&files, text, extras, plan, &mut ca, context)?,
    };
    let Some(issued) = delivered.issued else {
        return Err(Failure::new(Exit::Internal, "not_issued", "a certificate was delivered and not issued"));
    };

    let details = if context.global.verbose { view::grants::table(issued.grants(), context) } else { String::new() };
    let text = format!(
        "{}{}{details}",
        view::issued::text(issued.certificate(), issued.profile(), Some(&files.certificate), context),
        files.rows(context)
    );
    let places = json!({
        "file": view::path(&files.certificate),
        "key_file": view::path(&files.key),
        "ca_file": view::path(&files.trust),
        "formats": view::formats(&files.extras),
    });
    let places = places.as_object().cloned().unwrap_or_else(Map::new);
    let json = json!({ "certificates": [view::issued::json(&issued, places, context)] });
    let mut made = Issued::default();
    made.add(issued.certificate().serial());
    Ok(Answer::new(text, json)
        .having_issued(made)
        .notices(view::grants::differences(issued.grants(), issued.findings()))
        .notices(view::findings(issued.findings())))
}

struct Files {
    key: PathBuf,
    certificate: PathBuf,
    trust: PathBuf,
    /// Further forms.
    extras: Vec<(Format, PathBuf)>,
}

impl Files {
    /// Where they are, but the certificate, for people.
    fn rows(&self, context: &Context) -> String {
        let mut rows = vec![("key", self.key.display().to_string()), ("trust", self.trust.display().to_string())];
        rows.extend(self.extras.iter().map(|(format, path)| (format.name(), path.display().to_string())));
        view::rows(&rows, context.style)
    }

    /// Three files, none of which is read, nor the CA's own.
    fn apart(&self, args: &Args, context: &Context) -> Result<(), Failure> {
        let mut inputs = args.passphrase_files(context);
        inputs.extend(args.formats.password.files());
        let mut outputs = vec![
            Role::new("the key", &self.key),
            Role::new("the certificate", &self.certificate),
            Role::new("the trust file", &self.trust),
        ];
        outputs.extend(self.extras.iter().map(|(format, path)| Role::new(format!("the {format}"), path)));
        Ok(apart(&inputs, &outputs, Some(&context.global.ca_dir))?)
    }
}

impl Args {
    /// A table of keys and certificates.
    fn batch(&self, table: &Path, context: &Context) -> Result<Answer, Failure> {
        if self.delivery.is_given() || self.formats.wanted().next().is_some() {
            return Err(Failure::usage("the lines of a table become files, without `--format`, owners or hooks")
                .hint("make them first, then `mtls-ca export` brings certificates into other forms"));
        }
        let mut ca = context.open(Access::Sign)?;
        let open = || Ok::<_, Failure>(batch::Table::open(rows::source(table)?, self.profile(&ca))?);
        let total = if rows::can_be_counted(table, context) { Some(open()?.count() as u64) } else { None };
        let lines = open()?;
        let passphrase = match &self.key_passphrase_file {
            Some(file) => context.passphrase_from(Some(file), "the new keys")?,
            None => None,
        };
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        let errand = batch::KeyFiles::new(&ca, passphrase, existing)?;
        let mut inputs = self.passphrase_files(context);
        inputs.push(Role::new("the table", table));
        let mut places = batch::Places::beside(self.report.as_deref(), &inputs, &context.global.ca_dir);
        let folder = self.out.clone().unwrap_or_default();
        let lines = lines.map(move |line| batch::KeyRow::new(line, &folder, &mut places));
        let lines = rows::Rows { rows: lines, total, missed: Vec::new(), notices: Vec::new(), broken: None };
        crate::batch::run(lines, &errand, &mut ca, (&self.passphrase, self.report.as_deref()), context)
    }

    /// What is read to open the CA's key, and to seal new ones.
    fn passphrase_files(&self, context: &Context) -> Vec<Role> {
        let own = self.key_passphrase_file.iter().map(|file| Role::new("the key's passphrase", file));
        context.passphrase_files(&self.passphrase).into_iter().chain(own).collect()
    }

    /// The profile that is asked for, else what `ca.toml` says, else client.
    fn profile(&self, ca: &Authority) -> ProfileName {
        self.wishes.profile.as_ref().or_else(|| ca.default_profile()).cloned().unwrap_or(ProfileName::CLIENT)
    }

    /// What it is called; a table has no such name.
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Key, certificate and trust as files of their own; the key comes first.
    fn issue_files(
        &self,
        files: &Files,
        text: KeyText,
        extras: Extras,
        plan: Plan,
        ca: &mut Authority,
        context: &Context,
    ) -> Result<Delivered, Failure> {
        if let Some(folder) = &self.out
            && !folder.is_dir()
        {
            if folder.exists() {
                return Err(Failure::from(FileError::NoDirectory(folder.clone())));
            }
            create_directory(folder)?;
        }
        let attributes = self.delivery.attributes();
        let key = NewKey::at(files.key.clone(), text, &attributes)?;
        plan_public(files.certificate.clone(), self.force)?;
        let trust = pem::certificates(&ca.trust()?);
        // The same trust file may serve many: one that says the same already may stay.
        let trust_stands = std::fs::read(&files.trust).is_ok_and(|found| found == trust.as_bytes());
        if !trust_stands {
            plan_public(files.trust.clone(), self.force)?;
        }
        for (format, path) in &files.extras {
            export::plan(*format, path, None, &extras.sealing, self.force)?;
        }
        let trust = (!trust_stands).then(|| files.trust.clone());
        let beside = Beside { chain: None, trust, extras: files.extras.clone() };
        let delivery = Delivery::files(&files.certificate, &beside, &attributes)?;
        let parcel = Parcel { delivery, key: None, extras, is_new_key: false, hook: self.delivery.hook()? };
        let signer = unlock::active(ca, &self.passphrase, context)?;
        key.issue(plan, parcel, ca, &signer, context)
    }

    fn files(&self) -> Files {
        if let Some(folder) = &self.deliver {
            let at = |name| Versions::member(folder, name);
            let extras = self.formats.wanted().map(|format| (format, at(format.file()))).collect();
            return Files { key: at(KEY), certificate: at(CERTIFICATE), trust: at(TRUST), extras };
        }
        let stem = slug(self.name());
        let folder = self.out.clone().unwrap_or_default();
        let place = |given: &Option<PathBuf>, name: String| given.clone().unwrap_or_else(|| folder.join(name));
        let certificate = place(&self.cert_out, format!("{stem}.crt"));
        Files {
            extras: self.formats.beside(&certificate),
            key: place(&self.key_out, format!("{stem}.key")),
            certificate,
            trust: place(&self.ca_out, "ca.crt".to_owned()),
        }
    }

    fn order(&self, ca: &Authority) -> Result<KeyOrder, Failure> {
        let Wishes { subject, san, .. } = &self.wishes;
        let named = csr::Wishes::named(self.name(), subject.clone(), san.clone())?;
        Ok(KeyOrder {
            profile: self.profile(ca),
            key_algorithm: self.key_algorithm,
            order: Order { subject: Some(named.subject), sans: named.sans, ..self.wishes.order() },
        })
    }
}
