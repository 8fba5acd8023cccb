//! The layouts of a workload's certificate.

use super::manifest::{Metadata, secret};
use super::material::{File, Laid, Material};
use crate::bundle::slug::slug;
use crate::keys::KeyError;

/// The four files of certbot's `live/NAME`.
pub(super) fn certbot(material: &Material<'_>) -> Result<Laid, KeyError> {
    Ok(Laid::folder(vec![
        File::key("privkey.pem", &material.key_pem()?),
        File::public("cert.pem", &crate::bundle::pem::certificate(material.certificate)),
        File::public("chain.pem", &material.chain_pem()),
        File::public("fullchain.pem", &material.full_chain()),
    ]))
}

/// A secret of the type `kubernetes.io/tls`; `ca.crt`, which cert-manager and ingress controllers keep
/// beside it, holds the roots.
pub(super) fn kubernetes(material: &Material<'_>) -> Result<Laid, KeyError> {
    let (key, chain, roots) = (material.key_pem()?, material.full_chain(), material.roots_pem());
    let called = material.naming.name.as_ref().map_or_else(|| secret_name(material), ToString::to_string);
    let namespace = material.naming.namespace.as_ref().map(ToString::to_string);
    let metadata = Metadata { name: &called, namespace: namespace.as_deref() };
    let members = [("ca.crt", roots.as_str()), ("tls.crt", chain.as_str()), ("tls.key", key.as_str())];
    Ok(Laid {
        manifest: Some(secret(&metadata, "kubernetes.io/tls", &members)),
        ..Laid::folder(vec![
            File::key("tls.key", &key),
            File::public("tls.crt", &chain),
            File::public("ca.crt", &roots),
        ])
    })
}

/// An X.509-SVID under the names that SPIFFE's helper gives it by default.
pub(super) fn spiffe(material: &Material<'_>) -> Result<Laid, KeyError> {
    Ok(Laid::folder(vec![
        File::key("svid_key.pem", &material.key_pem()?),
        File::public("svid.pem", &material.full_chain()),
        File::public("svid_bundle.pem", &material.roots_pem()),
    ]))
}

/// What a secret is called where nobody said: after the certificate's first DNS name, else its common
/// name, in the letters that Kubernetes takes.
fn secret_name(material: &Material<'_>) -> String {
    let names = material.certificate.extensions().subject_alt_names();
    let dns = names.iter().find(|name| name.kind() == "dns").map(|name| name.value());
    let named = dns.or_else(|| material.certificate.subject().common_name().map(str::to_owned)).unwrap_or_default();
    let plain: String = slug(&named).to_ascii_lowercase().replace(['_', '.'], "-");
    let joined = plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    format!("{joined}-tls")
}
