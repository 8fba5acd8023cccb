//! Each layout, of what its system takes and of what it refuses: one thing wrong at a time, between two
//! controls that are accepted. What the systems' own code says of the same is in `tests/interop/validators.rs`.

use std::path::Path;
use std::time::Duration;

use mtls_ca::authority::{self, Access, CrlOrder, LayoutOrder, NewCa, Signer};
use mtls_ca::bundle::layout::{Laid, LayoutError, Material, Naming, System, lay_out};
use mtls_ca::keys::PrivateKey;
use mtls_ca::store::attributes::Kind;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::constraints::Subtree;
use mtls_ca::{Act, Authority, AuthorityError, KeyOrder, Now, San};

const PATIENCE: Duration = Duration::from_secs(10);

fn act() -> Act {
    Act::of_process("test", Now::from_system())
}

/// A root and a CA below it with keys of these kinds, in a folder.
fn mesh(folder: &Path, root: &str, below: &str, permitted: Vec<Subtree>) -> Authority {
    let act = act();
    let new = |name: &str, algorithm: &str| NewCa {
        name: Some(name.to_owned()),
        key_algorithm: algorithm.parse::<KeyAlgorithm>().unwrap(),
        ..NewCa::plain()
    };
    authority::init(&folder.join("root"), &new("Root", root), &act).unwrap();
    let mut parent = Authority::open(&folder.join("root"), Access::Sign, PATIENCE).unwrap();
    let signer = parent.unlock(None).unwrap();
    let mut constrained = new("Mesh", below);
    constrained.name_constraints.permitted = permitted;
    authority::intermediate(&folder.join("mesh"), &constrained, &mut parent, &signer, &act).unwrap();
    Authority::open(&folder.join("mesh"), Access::Sign, PATIENCE).unwrap()
}

fn laid(ca: &Authority, system: System, crls: bool) -> Result<Laid, AuthorityError> {
    let signer = ca.unlock(None).unwrap();
    ca.lay_out(&LayoutOrder { system, crls, naming: Naming::default() }, &signer, Now::from_system())
}

/// The codes of what is refused; none where it is accepted.
fn codes<T, E: Into<AuthorityError>>(result: Result<T, E>) -> Vec<&'static str> {
    match result.map_err(Into::into) {
        Ok(_) => Vec::new(),
        Err(AuthorityError::Layout(LayoutError::Refused { findings, .. })) => {
            assert!(findings.iter().all(mtls_ca::Finding::is_error));
            findings.iter().map(|finding| finding.code).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn linkerd_takes_p256_and_says_why_not() {
    let uris = vec![Subtree::Uri("cluster.local".to_owned())];
    for (root, below, permitted, expected) in [
        ("ecdsa-p256", "ecdsa-p256", vec![], vec![]),
        ("ecdsa-p256", "ecdsa-p384", vec![], vec!["layout.linkerd_issuer_key"]),
        ("ecdsa-p256", "rsa-2048", vec![], vec!["layout.linkerd_issuer_key"]),
        ("ecdsa-p256", "ed25519", vec![], vec!["layout.linkerd_issuer_key"]),
        ("rsa-2048", "ecdsa-p256", vec![], vec![]),
        ("rsa-3072", "ecdsa-p256", vec![], vec!["layout.linkerd_anchor_key"]),
        ("ecdsa-p384", "ecdsa-p256", vec![], vec!["layout.linkerd_issuer_signature", "layout.linkerd_anchor_key"]),
        ("ecdsa-p256", "ecdsa-p256", uris, vec!["layout.linkerd_uri_constraints"]),
        ("ecdsa-p256", "ecdsa-p256", vec![Subtree::Dns("cluster.local".to_owned())], vec![]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ca = mesh(folder.path(), root, below, permitted);
        assert_eq!(codes(laid(&ca, System::Linkerd, false)), expected, "{root} {below}");
        // None of that is against Istio's or cert-manager's rules.
        assert_eq!(codes(laid(&ca, System::Istio, false)), Vec::<&str>::new(), "{root} {below}");
        assert_eq!(codes(laid(&ca, System::CertManager, false)), Vec::<&str>::new(), "{root} {below}");
    }
}

#[test]
fn istio_gets_the_crls_of_every_ca_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut ca = mesh(folder.path(), "ecdsa-p256", "ecdsa-p256", vec![]);
    let (signer, roots) = (ca.unlock(None).unwrap(), ca.trust().unwrap());
    let certificate = ca.certificate().clone();
    let key = key_of(&folder.path().join("mesh/issuers/g1/issuer.key"));
    let naming = Naming::default();
    let material = |crls| Material {
        certificate: &certificate,
        chain: &[],
        roots: &roots,
        key: Some(&key),
        crls,
        naming: &naming,
        now: Now::from_system(),
    };
    assert_eq!(codes(lay_out(System::Istio, &material(None))), Vec::<&str>::new());

    list(&mut ca, &signer);
    let own = std::fs::read_to_string(folder.path().join("mesh/issuers/g1/crl.pem")).unwrap();
    assert_eq!(codes(lay_out(System::Istio, &material(Some(&own)))), ["layout.istio_crl"]);

    let mut root = Authority::open(&folder.path().join("root"), Access::Sign, PATIENCE).unwrap();
    let signer = root.unlock(None).unwrap();
    list(&mut root, &signer);
    let above = std::fs::read_to_string(folder.path().join("root/issuers/g1/crl.pem")).unwrap();
    let both = format!("{own}{above}");
    let laid = lay_out(System::Istio, &material(Some(&both))).unwrap();
    assert!(laid.files.iter().any(|file| file.path == "ca-crl.pem" && file.bytes.as_slice() == both.as_bytes()));
}

fn list(ca: &mut Authority, signer: &Signer) {
    let order = CrlOrder { issuer: ca.active().number(), lifetime: None };
    ca.build_crl(&order, signer, &act()).unwrap();
}

fn key_of(path: &Path) -> PrivateKey {
    mtls_ca::keys::LockedKey::read(&std::fs::read(path).unwrap()).unwrap().open(None).unwrap()
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut ca = mesh(folder.path(), "ecdsa-p256", "ecdsa-p256", vec![]);
    let signer = ca.unlock(None).unwrap();
    let issued = ca.issue_key(&KeyOrder::server("api.internal").unwrap(), &signer, &act()).unwrap();
    let (leaf, chain) = (issued.issued().certificate().clone(), ca.chain());
    let (authority, roots) = (ca.certificate().clone(), ca.trust().unwrap());
    let authority_key = key_of(&folder.path().join("mesh/issuers/g1/issuer.key"));
    let (naming, now) = (Naming::default(), Now::from_system());
    let later = Now::at(now.time().plus_seconds(91 * 86_400));
    let earlier = Now::at(now.time().plus_seconds(-3600));
    let key = issued.key();
    type Case<'a> = (System, &'a Certificate, &'a [Certificate], Option<&'a PrivateKey>, Now, &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (System::Certbot, &leaf, &chain, Some(key), now, &[]),
        (System::Certbot, &leaf, &chain, None, now, &["layout.no_key"]),
        (System::Certbot, &leaf, &chain, Some(&authority_key), now, &["layout.key_mismatch"]),
        (System::Certbot, &leaf, &[], Some(key), now, &["layout.chain_broken"]),
        (System::Certbot, &leaf, &chain, Some(key), later, &["layout.expired"]),
        (System::Certbot, &leaf, &chain, Some(key), earlier, &["layout.not_yet_valid", "layout.not_yet_valid"]),
        (System::Certbot, &authority, &[], Some(&authority_key), now, &["layout.a_ca"]),
        (System::Kubernetes, &authority, &[], Some(&authority_key), now, &["layout.a_ca"]),
        (System::Kubernetes, &leaf, &chain, Some(key), now, &[]),
        (System::CertManager, &leaf, &chain, Some(key), now, &["layout.not_a_ca"]),
        (System::Istio, &leaf, &chain, Some(key), now, &["layout.not_a_ca"]),
        (System::Vault, &leaf, &chain, Some(key), now, &["layout.not_a_ca"]),
        (System::CertManager, &authority, &[], Some(&authority_key), now, &[]),
        (System::Spiffe, &authority, &[], Some(&authority_key), now, &["layout.spiffe_path_length"]),
        (System::Spiffe, &leaf, &chain, Some(key), now, &["layout.spiffe_id", "layout.spiffe_extended_key_usage"]),
    ];
    for (system, certificate, chain, key, now, expected) in cases {
        let material =
            Material { certificate, chain, roots: &roots, key: *key, crls: None, naming: &naming, now: *now };
        assert_eq!(codes(lay_out(*system, &material)), *expected, "{system} {}", certificate.subject().rfc4514());
    }
}

#[test]
fn documents_and_folders_are_the_same_each_time_and_keys_are_marked() {
    let folder = tempfile::tempdir().unwrap();
    let ca = mesh(folder.path(), "ecdsa-p256", "ecdsa-p256", vec![]);
    for (system, _) in System::ALL.iter().filter(|(system, _)| system.takes_a_ca()) {
        let (one, other) = (laid(&ca, *system, false).unwrap(), laid(&ca, *system, false).unwrap());
        assert_eq!(one.manifest, other.manifest);
        for (one, other) in one.files.iter().zip(&other.files) {
            assert_eq!((&one.path, &one.bytes), (&other.path, &other.bytes));
            let holds_a_key = one.bytes.windows(11).any(|text| text == b"PRIVATE KEY");
            assert_eq!(holds_a_key, one.kind == Kind::Key, "{system}: {}", one.path);
        }
    }
}

#[test]
fn a_ca_for_spire_has_room_below() {
    let folder = tempfile::tempdir().unwrap();
    drop(mesh(folder.path(), "ecdsa-p256", "ecdsa-p256", vec![]));
    for (name, expected) in [("root", vec![]), ("mesh", vec!["layout.spiffe_path_length"])] {
        let ca = Authority::open(&folder.path().join(name), Access::Sign, PATIENCE).unwrap();
        assert_eq!(codes(laid(&ca, System::Spiffe, false)), expected, "{name}");
    }
}

#[test]
fn what_a_root_hands_over_is_said() {
    let folder = tempfile::tempdir().unwrap();
    drop(mesh(folder.path(), "ecdsa-p256", "ecdsa-p256", vec![]));
    for (name, expected) in [("mesh", 0), ("root", 1)] {
        let ca = Authority::open(&folder.path().join(name), Access::Sign, PATIENCE).unwrap();
        let findings = laid(&ca, System::Istio, false).unwrap().findings;
        assert_eq!(findings.iter().filter(|finding| finding.code == "layout.root_key").count(), expected, "{name}");
    }
}

#[test]
fn names_of_a_node_are_those_that_kubeadm_wants() {
    use mtls_ca::authority::kubeadm::{ClusterOrder, Node, kubeadm};

    let folder = tempfile::tempdir().unwrap();
    let act = act();
    authority::init(&folder.path().join("root"), &NewCa::plain(), &act).unwrap();
    let mut root = Authority::open(&folder.path().join("root"), Access::Sign, PATIENCE).unwrap();
    let signer = root.unlock(None).unwrap();
    let node = |name: &str| Node {
        name: mtls_ca::x509::san::DnsName::parse(name).unwrap(),
        sans: vec!["10.0.0.11".parse::<San>().unwrap()],
        endpoint: "cp.internal:6443".to_owned(),
    };
    let order = |node| ClusterOrder { node, lifetime: None, key_algorithm: KeyAlgorithm::EcdsaP256 };
    let home = folder.path().join("k8s");
    let mut make = |node| kubeadm(&mut root, &signer, &order(node), &home, &act, PATIENCE);
    let first = make(Some(node("cp-1"))).unwrap();
    let second = make(Some(node("cp-2"))).unwrap();
    assert!(
        first.authorities.iter().all(|(_, is_new)| *is_new) && second.authorities.iter().all(|(_, is_new)| !is_new)
    );
    assert!(matches!(make(Some(node("cp-1"))), Err(AuthorityError::File(_))), "a node's certificates are made once");
    for same in ["pki/ca.crt", "pki/etcd/ca.crt", "pki/sa.key", "pki/sa.pub", "pki/front-proxy-ca.crt"] {
        let read = |node: &str| std::fs::read(home.join(node).join(same)).unwrap();
        assert_eq!(read("cp-1"), read("cp-2"), "{same}");
    }
    let keys = walk(&home.join("cp-1")).into_iter().filter(|path| path.ends_with("ca.key")).count();
    assert_eq!(keys, 0, "no CA's key is on the node");
    let subject = |file: &str| {
        let text = std::fs::read(home.join("cp-1/pki").join(file)).unwrap();
        mtls_ca::encoding::certificate::read_all(&text).unwrap().remove(0).subject().rfc4514()
    };
    // As the Kubernetes page "PKI certificates and requirements" has them.
    for (file, expected) in [
        ("apiserver.crt", "CN=kube-apiserver"),
        ("apiserver-kubelet-client.crt", "CN=kube-apiserver-kubelet-client,O=kubeadm:cluster-admins"),
        ("apiserver-etcd-client.crt", "CN=kube-apiserver-etcd-client"),
        ("front-proxy-client.crt", "CN=front-proxy-client"),
        ("etcd/server.crt", "CN=cp-1"),
        ("etcd/peer.crt", "CN=cp-1"),
        ("etcd/healthcheck-client.crt", "CN=kube-etcd-healthcheck-client"),
    ] {
        assert_eq!(subject(file), expected, "{file}");
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
