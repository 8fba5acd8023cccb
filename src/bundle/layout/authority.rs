//! The layouts of a CA that a system signs with.

use zeroize::Zeroizing;

use super::manifest::{Metadata, config_map, secret};
use super::material::{File, Laid, Material};
use crate::bundle::pem;
use crate::keys::KeyError;

/// The secret of cert-manager's CA issuer: the CA first, then its chain; `ca.crt` is the one root of that
/// chain, for cert-manager puts it behind the chain and wants one unbroken line.
pub(super) fn cert_manager(material: &Material<'_>) -> Result<Laid, KeyError> {
    let (key, chain, root) = (material.key_pem()?, material.full_chain(), pem::certificate(material.root()));
    let members = [("ca.crt", root.as_str()), ("tls.crt", chain.as_str()), ("tls.key", key.as_str())];
    Ok(Laid {
        manifest: Some(named_secret(material, "ca-key-pair", "cert-manager", "kubernetes.io/tls", &members)),
        ..Laid::folder(vec![File::key("tls.key", &key), File::public("tls.crt", &chain), File::public("ca.crt", &root)])
    })
}

/// Istio's `cacerts`: the signing CA alone, the chain from it up to and with its root, and all roots that
/// the mesh trusts. The CRLs are optional, and then of every CA of `cert-chain.pem`.
pub(super) fn istio(material: &Material<'_>) -> Result<Laid, KeyError> {
    let key = material.key_pem()?;
    let own = pem::certificate(material.certificate);
    let mut whole: Vec<_> = std::iter::once(material.certificate).chain(material.between()).collect();
    if !whole.contains(&material.root()) {
        whole.push(material.root());
    }
    let (chain, roots) = (pem::certificates(whole), material.roots_pem());
    let mut members = vec![
        ("ca-cert.pem", own.as_str()),
        ("ca-key.pem", key.as_str()),
        ("cert-chain.pem", chain.as_str()),
        ("root-cert.pem", roots.as_str()),
    ];
    members.extend(material.crls.map(|crls| ("ca-crl.pem", crls)));
    let file = |(name, text): &(&str, &str)| match *name {
        "ca-key.pem" => File::key(*name, text),
        _ => File::public(*name, text),
    };
    Ok(Laid {
        manifest: Some(named_secret(material, "cacerts", "istio-system", "Opaque", &members)),
        ..Laid::folder(members.iter().map(file).collect())
    })
}

/// Linkerd's trust anchors and identity issuer: files for `linkerd install` and for Helm, and the same as
/// the secret and the config map that `identity.externalCA` reads.
pub(super) fn linkerd(material: &Material<'_>) -> Result<Laid, KeyError> {
    let (key, chain, roots) = (material.key_pem()?, material.full_chain(), material.roots_pem());
    let members = [("ca.crt", roots.as_str()), ("tls.crt", chain.as_str()), ("tls.key", key.as_str())];
    let mut manifest = named_secret(material, "linkerd-identity-issuer", "linkerd", "kubernetes.io/tls", &members);
    let namespace = material.naming.namespace.as_ref().map_or_else(|| "linkerd".to_owned(), ToString::to_string);
    let anchors = Metadata { name: "linkerd-identity-trust-roots", namespace: Some(&namespace) };
    manifest.push_str("---\n");
    manifest.push_str(&config_map(&anchors, &[("ca-bundle.crt", &roots)]));
    Ok(Laid {
        manifest: Some(manifest),
        ..Laid::folder(vec![
            File::key("issuer.key", &key),
            File::public("issuer.crt", &chain),
            File::public("ca.crt", &roots),
        ])
    })
}

/// The upstream authority of a SPIRE server that is kept on disk.
pub(super) fn spiffe(material: &Material<'_>) -> Result<Laid, KeyError> {
    Ok(Laid::folder(vec![
        File::key("upstream_ca.key", &material.key_pem()?),
        File::public("upstream_ca.crt", &material.full_chain()),
        File::public("upstream_bundle.crt", &material.roots_pem()),
    ]))
}

/// What Vault takes as `pem_bundle`: the key, the CA, and its chain up to and with the root.
pub(super) fn vault(material: &Material<'_>) -> Result<Laid, KeyError> {
    let key = material.key_pem()?;
    let chain = material.full_chain();
    let root = if material.certificate == material.root() { String::new() } else { pem::certificate(material.root()) };
    let mut bundle = Zeroizing::new(String::with_capacity(key.len() + chain.len() + root.len()));
    [key.as_str(), &chain, &root].iter().for_each(|part| bundle.push_str(part));
    Ok(Laid::folder(vec![File::key("pem_bundle.pem", &bundle)]))
}

fn named_secret(
    material: &Material<'_>,
    name: &str,
    namespace: &str,
    kind: &str,
    members: &[(&str, &str)],
) -> Zeroizing<String> {
    let name = material.naming.name.as_ref().map_or_else(|| name.to_owned(), ToString::to_string);
    let namespace = material.naming.namespace.as_ref().map_or_else(|| namespace.to_owned(), ToString::to_string);
    secret(&Metadata { name: &name, namespace: Some(&namespace) }, kind, members)
}
