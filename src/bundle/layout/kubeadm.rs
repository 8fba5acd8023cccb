//! The `pki` directory of kubeadm: which CAs and certificates there are, what each is called, and where
//! it stands.
//!
//! kubeadm takes CAs that it finds in its directory in place of making its own, and makes the rest with
//! their keys. Where a CA's key is missing it is in its external CA mode: then every certificate has to be
//! there.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::material::{File, Laid, Material};
use crate::bundle::pem;
use crate::encoding;
use crate::keys::{KeyError, PrivateKey};
use crate::profile::ProfileName;

/// The CAs of a cluster. Each trusts only its own certificates: who is signed by the front proxy's may
/// speak for any user, so none of them may stand in for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The API server's, and its clients'.
    Kubernetes,
    /// etcd's.
    Etcd,
    /// That of the proxy in front of extension API servers.
    FrontProxy,
}

impl Authority {
    /// Each.
    pub const ALL: [Self; 3] = [Self::Kubernetes, Self::Etcd, Self::FrontProxy];

    /// What its subject is called: kubeadm's own names.
    #[must_use]
    pub const fn common_name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Etcd => "etcd-ca",
            Self::FrontProxy => "front-proxy-ca",
        }
    }

    /// Its files within `pki`, without their ends.
    #[must_use]
    pub const fn stem(self) -> &'static str {
        match self {
            Self::Kubernetes => "ca",
            Self::Etcd => "etcd/ca",
            Self::FrontProxy => "front-proxy-ca",
        }
    }
}

/// The files of one of the CAs.
///
/// `ca.crt` holds the CA alone, although it may stand below a root: kubeadm and the API server take
/// every certificate of that file for an anchor, and with the root among them a certificate of any other CA
/// below that root would be let in.
pub(super) fn authority(stem: &str, material: &Material<'_>) -> Result<Laid, KeyError> {
    Ok(Laid::folder(vec![
        File::key(format!("{stem}.key"), &material.key_pem()?),
        File::public(format!("{stem}.crt"), &pem::certificate(material.certificate)),
    ]))
}

/// The key pair by which service accounts are vouched for: `sa.key`, and its public half as a
/// SubjectPublicKeyInfo.
///
/// # Errors
/// Where the backend does not give the key out.
pub fn service_accounts(key: &PrivateKey) -> Result<Vec<File>, KeyError> {
    Ok(vec![
        File::key("sa.key", &crate::keys::seal(key, None)?),
        File::public("sa.pub", &encoding::pem::write("PUBLIC KEY", key.public_key().spki())),
    ])
}

/// Which host names and addresses a certificate is good for, besides those that the operator names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// It is a client's.
    None,
    /// Those by which pods know the API server.
    ApiServer,
    /// The node alone: etcd's members find each other by it, and kubeadm by `localhost`.
    Etcd,
}

/// One certificate of a control plane.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Who signs it.
    pub authority: Authority,
    /// Its files without their ends, or the name of its kubeconfig file.
    pub stem: &'static str,
    /// Whether it is handed to its user in a kubeconfig file.
    pub in_kubeconfig: bool,
    /// Its common name, in which `NODE` stands for the node's name.
    pub common_name: &'static str,
    /// The group that its user is of.
    pub organization: Option<&'static str>,
    /// The profile that it is issued by.
    pub profile: ProfileName,
    /// What it is good for.
    pub hosts: Hosts,
}

/// The name by which pods reach the API server, and its shorter forms.
pub const API_SERVER_NAMES: [&str; 4] =
    ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
/// The first address of kubeadm's default service subnet, 10.96.0.0/12, which is the API server's.
pub const API_SERVER_ADDRESS: &str = "10.96.0.1";

const fn leaf(
    authority: Authority,
    stem: &'static str,
    common_name: &'static str,
    organization: Option<&'static str>,
    profile: ProfileName,
    hosts: Hosts,
) -> Leaf {
    Leaf { authority, stem, in_kubeconfig: false, common_name, organization, profile, hosts }
}

const fn user(stem: &'static str, common_name: &'static str, organization: Option<&'static str>) -> Leaf {
    let authority = Authority::Kubernetes;
    let profile = ProfileName::CLIENT;
    Leaf { authority, stem, in_kubeconfig: true, common_name, organization, profile, hosts: Hosts::None }
}

/// Every certificate of a control plane's node, with the subjects and usages that kubeadm gives them.
#[rustfmt::skip]
pub static LEAVES: [Leaf; 12] = {
    use Authority::{Etcd, FrontProxy, Kubernetes};
    const ADMINS: Option<&str> = Some("kubeadm:cluster-admins");
    [
        leaf(Kubernetes, "apiserver", "kube-apiserver", None, ProfileName::SERVER, Hosts::ApiServer),
        leaf(Kubernetes, "apiserver-kubelet-client", "kube-apiserver-kubelet-client", ADMINS, ProfileName::CLIENT, Hosts::None),
        leaf(Etcd, "apiserver-etcd-client", "kube-apiserver-etcd-client", None, ProfileName::CLIENT, Hosts::None),
        leaf(FrontProxy, "front-proxy-client", "front-proxy-client", None, ProfileName::CLIENT, Hosts::None),
        // etcd's gateway dials its own server with the server's certificate, and its members dial each other.
        leaf(Etcd, "etcd/server", "NODE", None, ProfileName::PEER, Hosts::Etcd),
        leaf(Etcd, "etcd/peer", "NODE", None, ProfileName::PEER, Hosts::Etcd),
        leaf(Etcd, "etcd/healthcheck-client", "kube-etcd-healthcheck-client", None, ProfileName::CLIENT, Hosts::None),
        user("admin.conf", "kubernetes-admin", ADMINS),
        user("super-admin.conf", "kubernetes-super-admin", Some("system:masters")),
        user("controller-manager.conf", "system:kube-controller-manager", None),
        user("scheduler.conf", "system:kube-scheduler", None),
        user("kubelet.conf", "system:node:NODE", Some("system:nodes")),
    ]
};

/// A kubeconfig file: where the API server is, whom it is checked against, and who calls it.
#[must_use]
pub fn kubeconfig(server: &str, user: &str, authority: &str, certificate: &str, key: &str) -> Zeroizing<String> {
    let encoded = |text: &str| Zeroizing::new(BASE64.encode(text.as_bytes()));
    let context = format!("{user}@kubernetes");
    // Room for base64, so that no copy of the key is left where the string grew.
    let room = authority.len() + certificate.len() + key.len() + server.len() + user.len();
    let mut text = Zeroizing::new(String::with_capacity(2 * room + 4096));
    let lines = [
        ("apiVersion: v1\nkind: Config\nclusters:\n- name: \"kubernetes\"\n  cluster:\n    server: \"", server),
        ("\"\n    certificate-authority-data: ", &encoded(authority)),
        ("\ncontexts:\n- name: \"", &context),
        ("\"\n  context:\n    cluster: \"kubernetes\"\n    user: \"", user),
        ("\"\ncurrent-context: \"", &context),
        ("\"\nusers:\n- name: \"", user),
        ("\"\n  user:\n    client-certificate-data: ", &encoded(certificate)),
        ("\n    client-key-data: ", &encoded(key)),
    ];
    for (label, value) in lines {
        text.push_str(label);
        text.push_str(value);
    }
    text.push('\n');
    text
}
