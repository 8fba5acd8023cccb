//! The certificates of a Kubernetes cluster as kubeadm lays them out: three CAs below this one, each with
//! a directory of its own, and, where their keys are to stay here, every certificate of a control plane's
//! node.

use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::{Authority, AuthorityError, KeyOrder, KeyPlan, Mesh, MeshOrder, Signer, mesh};
use crate::audit::event::Act;
use crate::bundle::layout::kubeadm::{
    API_SERVER_ADDRESS, API_SERVER_NAMES, Authority as Role, Hosts, LEAVES, Leaf, kubeconfig, service_accounts,
};
use crate::bundle::layout::{self, File, Naming, Placed, System};
use crate::bundle::pem;
use crate::keys::{PrivateKey, seal};
use crate::store::FileError;
use crate::store::attributes::Kind;
use crate::store::directory::create_directory;
use crate::store::read::{is_file, read_limited};
use crate::words::order::Order;
use crate::words::x509::algorithm::{KeyAlgorithm, RsaBits};
use crate::words::x509::lifetime::{Lifetime, LifetimeWish};
use crate::words::x509::name::Attribute;
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid;
use crate::words::x509::san::{DnsName, San};

use super::layout::LayoutOrder;

const LARGEST: u64 = 1024 * 1024;
/// As long as kubeadm's own certificates hold.
const LEAF_LIFETIME: Lifetime = Lifetime::days(365);

/// A node of the control plane whose certificates are to be made here.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name, as `kubeadm init --node-name` or `hostname` has it.
    pub name: DnsName,
    /// Further names and addresses: the address that it listens on, that of a load balancer.
    pub sans: Vec<San>,
    /// Where its clients find the API server: `cp.internal:6443`.
    pub endpoint: String,
}

/// What is to be made.
#[derive(Debug, Clone)]
pub struct ClusterOrder {
    /// The node; with none, kubeadm is handed the keys of the CAs and makes all other certificates itself.
    pub node: Option<Node>,
    /// How long a node's certificates hold; a year where not given.
    pub lifetime: Option<LifetimeWish>,
    /// What keys the CAs and the node get.
    pub key_algorithm: KeyAlgorithm,
}

/// What was made.
#[derive(Debug)]
pub struct Cluster {
    /// The directories of the three CAs, and whether each is new.
    pub authorities: Vec<(PathBuf, bool)>,
    /// The files for `/etc/kubernetes`.
    pub files: Vec<Placed>,
}

/// One of the three, open.
struct Below {
    role: Role,
    ca: Authority,
    signer: Signer,
}

/// Makes what is missing of a cluster's CAs in `folder/authorities`, and what kubeadm reads in
/// `folder/pki`, or in `folder/NODE` where there is a node. Whatever is there stays as it is, so that the
/// certificates of the next node are made with the same CAs.
///
/// The keys of the CAs are sealed with the passphrase of this CA's.
///
/// # Errors
/// [`AuthorityError::Refused`] where a rule forbids a certificate, such as a path length of 0;
/// [`AuthorityError::File`] where something is in the way.
pub fn kubeadm(
    parent: &mut Authority,
    signer: &Signer,
    order: &ClusterOrder,
    folder: &Path,
    act: &Act,
    patience: Duration,
) -> Result<Cluster, AuthorityError> {
    let home = folder.join("authorities");
    made(folder)?;
    made(&home)?;
    let (mut authorities, mut below) = (Vec::new(), Vec::new());
    for role in Role::ALL {
        let directory = home.join(role.common_name());
        let wanted = MeshOrder {
            subject: NameText::of(vec![Attribute::new(oid::COMMON_NAME, role.common_name())]),
            key_algorithm: order.key_algorithm,
            lifetime: None,
            path_length: None,
        };
        let Mesh { ca, signer, is_new } = mesh(&directory, &wanted, parent, signer, act, patience)?;
        below.push(Below { role, ca, signer });
        authorities.push((directory, is_new));
    }
    let accounts = service_account_files(&home)?;
    let files = match &order.node {
        None => hand_over_keys(below, accounts, &folder.join("pki"), act)?,
        Some(node) => certify_node(below, accounts, order, node, &folder.join(node.name.as_str()), act)?,
    };
    Ok(Cluster { authorities, files })
}

/// The CAs with their keys: kubeadm does the rest.
fn hand_over_keys(
    mut below: Vec<Below>,
    accounts: Vec<File>,
    pki: &Path,
    act: &Act,
) -> Result<Vec<Placed>, AuthorityError> {
    let mut paths = Vec::new();
    for Below { role, ca, signer } in &mut below {
        let order = LayoutOrder { system: System::Kubeadm, crls: false, naming: Naming::default() };
        let place = |laid: &layout::Laid| layout::put(pki, &renamed(*role, &laid.files), false);
        let (_, written) = ca.export_authority(&order, signer, act, place)?;
        paths.extend(written);
    }
    paths.extend(layout::put(pki, &accounts, false)?);
    paths.extend(layout::put(pki, &bundle(&below), false)?);
    Ok(paths)
}

/// The files of a CA under the name of its role.
fn renamed(role: Role, files: &[File]) -> Vec<File> {
    let end = |file: &File| if file.kind == Kind::Key { "key" } else { "crt" };
    let named = |file: &File| File {
        path: format!("{}.{}", role.stem(), end(file)),
        kind: file.kind,
        bytes: file.bytes.clone(),
    };
    files.iter().map(named).collect()
}

/// The CAs without their keys, and every certificate of a node.
fn certify_node(
    mut below: Vec<Below>,
    accounts: Vec<File>,
    order: &ClusterOrder,
    node: &Node,
    folder: &Path,
    act: &Act,
) -> Result<Vec<Placed>, AuthorityError> {
    // Everything that a rule has to say comes before the first certificate.
    if folder.exists() {
        return Err(FileError::Exists(folder.to_owned()).into());
    }
    let mut plans = Vec::new();
    for leaf in &LEAVES {
        let authority = of(&mut below, leaf)?;
        plans.push((leaf, authority.ca.plan_key_on_record(&key_order(leaf, order, node)?, act)?));
    }
    made(folder)?;
    let pki = folder.join("pki");
    let certificates = |below: &[Below]| -> Vec<File> {
        let file = |one: &Below| public(format!("{}.crt", one.role.stem()), &pem::certificate(one.ca.certificate()));
        below.iter().map(file).collect()
    };
    let mut paths = layout::put(&pki, &certificates(&below), false)?;
    paths.extend(layout::put(&pki, &accounts, false)?);
    paths.extend(layout::put(&pki, &bundle(&below), false)?);
    for (leaf, KeyPlan { key, plan }) in plans {
        let authority = of(&mut below, leaf)?;
        let (trust, key) = (pem::certificate(authority.ca.certificate()), seal(&key, None)?);
        if !leaf.in_kubeconfig {
            // The key first: a certificate whose key is lost helps nobody.
            paths.extend(layout::put(&pki, &[secret(format!("{}.key", leaf.stem), &key)], false)?);
        }
        let issued = authority.ca.issue(plan, &authority.signer, act)?;
        let certificate = pem::certificate(issued.certificate());
        paths.extend(if leaf.in_kubeconfig {
            let user = common_name(leaf, node);
            let server = format!("https://{}", node.endpoint);
            let text = kubeconfig(&server, &user, &trust, &certificate, &key);
            layout::put(folder, &[secret(leaf.stem.to_owned(), &text)], false)?
        } else {
            layout::put(&pki, &[public(format!("{}.crt", leaf.stem), &certificate)], false)?
        });
    }
    Ok(paths)
}

fn of<'a>(below: &'a mut [Below], leaf: &Leaf) -> Result<&'a mut Below, AuthorityError> {
    let found = below.iter_mut().find(|one| one.role == leaf.authority);
    found.ok_or(AuthorityError::NoCertificate)
}

fn key_order(leaf: &Leaf, order: &ClusterOrder, node: &Node) -> Result<KeyOrder, AuthorityError> {
    let organization = leaf.organization.iter().map(|name| Attribute::new(oid::ORGANIZATION, *name));
    let own = Attribute::new(oid::COMMON_NAME, common_name(leaf, node));
    let mut names: Vec<San> = Vec::new();
    if leaf.hosts != Hosts::None {
        names.push(San::Dns(node.name.clone()));
    }
    let fixed: &[&str] = match leaf.hosts {
        Hosts::None => &[],
        Hosts::ApiServer => &[API_SERVER_NAMES.as_slice(), &[API_SERVER_ADDRESS]].concat(),
        Hosts::Etcd => &["localhost", "127.0.0.1", "::1"],
    };
    names.extend(fixed.iter().filter_map(|name| name.parse::<San>().ok()));
    if leaf.hosts != Hosts::None {
        names.extend(node.sans.iter().filter(|san| matches!(san, San::Dns(_) | San::Ip(_))).cloned());
    }
    let mut sans: Vec<San> = Vec::new();
    names.into_iter().for_each(|name| {
        if !sans.contains(&name) {
            sans.push(name)
        }
    });
    Ok(KeyOrder {
        profile: leaf.profile.clone(),
        key_algorithm: order.key_algorithm,
        order: Order {
            subject: Some(NameText::of(organization.chain([own]).collect())),
            sans,
            lifetime: Some(order.lifetime.unwrap_or(LifetimeWish::For(LEAF_LIFETIME))),
            ..Order::default()
        },
    })
}

fn common_name(leaf: &Leaf, node: &Node) -> String {
    leaf.common_name.replace("NODE", node.name.as_str())
}

/// The API server's CA up to its root, for the clients in pods that want a chain up to a self-signed
/// certificate: `--root-ca-file` of the controller manager.
fn bundle(below: &[Below]) -> Vec<File> {
    let kubernetes = below.iter().filter(|one| one.role == Role::Kubernetes);
    let whole = |one: &Below| pem::certificates(one.ca.issuer.with_those_above());
    kubernetes.map(|one| public("ca-bundle.crt".to_owned(), &whole(one))).collect()
}

/// The pair that vouches for service accounts: the same on every node, so it is kept beside the CAs.
fn service_account_files(home: &Path) -> Result<Vec<File>, AuthorityError> {
    let path = home.join("sa.key");
    let key = if is_file(&path)? {
        let text = Zeroizing::new(read_limited(&path, LARGEST)?);
        let locked = crate::keys::LockedKey::read(&text);
        locked.and_then(|locked| locked.open(None)).map_err(|source| AuthorityError::Key { path, source })?
    } else {
        PrivateKey::generate(KeyAlgorithm::Rsa(RsaBits::B2048))?
    };
    let files = service_accounts(&key)?;
    layout::put(home, &files, false)?;
    Ok(files)
}

fn made(folder: &Path) -> Result<(), FileError> {
    if folder.is_dir() { Ok(()) } else { create_directory(folder) }
}

fn public(path: String, text: &str) -> File {
    File { path, kind: Kind::Public, bytes: Zeroizing::new(text.as_bytes().to_vec()) }
}

fn secret(path: String, text: &str) -> File {
    File { path, kind: Kind::Key, bytes: Zeroizing::new(text.as_bytes().to_vec()) }
}
