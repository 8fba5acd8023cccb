//! The tree of kubeadm: read by client-go as kubeadm reads it, verified by openssl with each CA as the one
//! anchor, and run by etcd.

use serde_json::json;

use crate::harness::matrix::Row;
use crate::harness::{Workshop, eventually, eventually_says, free_port};
use crate::validators::{ask, made, recipe, version, yaml};

const LEAVES: [(&str, &str, &str); 7] = [
    ("apiserver", "ca", "sslserver"),
    ("apiserver-kubelet-client", "ca", "sslclient"),
    ("apiserver-etcd-client", "etcd/ca", "sslclient"),
    ("front-proxy-client", "front-proxy-ca", "sslclient"),
    ("etcd/server", "etcd/ca", "sslserver"),
    ("etcd/peer", "etcd/ca", "sslclient"),
    ("etcd/healthcheck-client", "etcd/ca", "sslclient"),
];
const CAS: [(&str, &str); 3] = [("ca", "kubernetes"), ("etcd/ca", "etcd-ca"), ("front-proxy-ca", "front-proxy-ca")];

#[test]
#[ignore = "run by ./tests/run.sh interop kubeadm"]
fn takes_cas_and_nodes() {
    let Some(shop) = Workshop::open("kubeadm", &["validators", "openssl"]) else { return };
    let mut row = Row::open("kubeadm", "files", &format!("client-go {}", version("k8s.io/client-go")));
    for algorithm in ["ecdsa-p256", "rsa-2048"] {
        let (root, out) = (format!("root-{algorithm}"), format!("k8s-{algorithm}"));
        made(&shop, &format!("init --ca-dir {root} --name Root --key-algorithm {algorithm}"));
        let words = ["--ca-dir", &root, "--name", "cp.internal", "--key-algorithm", algorithm, "--out", &out];
        recipe(&shop, "kubeadm", &words);
        for (stem, name) in CAS {
            let words = [format!("{out}/pki/{stem}")];
            assert_eq!(ask(&shop, "kubeadm", &words).ok().stdout, format!("CN={name}\n"));
            let words =
                ["verify", "-CAfile", &format!("{root}/ca.crt"), &format!("{out}/pki/{stem}.crt")].map(str::to_owned);
            shop.tool("openssl", &words).ok();
        }
        // The pair of service accounts belongs together.
        let public = shop.tool("openssl", &["pkey", "-in", &format!("{out}/pki/sa.key"), "-pubout"]).ok().stdout;
        assert_eq!(public.as_bytes(), shop.read(&format!("{out}/pki/sa.pub")));
        row.accepted(&format!("three CAs with their keys, {algorithm}"));
        let config = yaml(&shop, &format!("{out}/kubeadm.yaml"));
        assert_eq!(config[0]["controlPlaneEndpoint"], "cp.internal:6443");
    }
    made(
        &shop,
        "--ca-dir root-ecdsa-p256 export --layout kubeadm --out k8s-ecdsa-p256 --control-plane cp-1 --san 10.0.0.11 --endpoint cp.internal:6443",
    );
    let pki = "k8s-ecdsa-p256/cp-1/pki";
    for (stem, above, purpose) in LEAVES {
        let anchor = format!("{pki}/{above}.crt");
        ask(&shop, "kubeadm", &[format!("{pki}/{stem}"), anchor.clone()]).ok();
        let file = format!("{pki}/{stem}.crt");
        shop.tool("openssl", &["verify", "-partial_chain", "-CAfile", &anchor, "-purpose", purpose, &file]).ok();
        // No other CA of the cluster stands in for its own.
        for (other, _) in CAS.iter().filter(|(other, _)| *other != above) {
            let words = [format!("{pki}/{stem}"), format!("{pki}/{other}.crt")];
            ask(&shop, "kubeadm", &words).code(1).says("unknown authority");
        }
    }
    row.accepted("a node's seven certificates, each by its own CA alone, no CA key");
    row.refused("each by the other two CAs");
    // What a kubeconfig file holds opens the API server's door as its user.
    let admin = &yaml(&shop, "k8s-ecdsa-p256/cp-1/admin.conf")[0];
    assert_eq!(admin["clusters"][0]["cluster"]["server"], "https://cp.internal:6443");
    assert_eq!(admin["current-context"], admin["contexts"][0]["name"]);
    let data = |value: &serde_json::Value| data_encoding::BASE64.decode(value.as_str().unwrap().as_bytes()).unwrap();
    let user = &admin["users"][0]["user"];
    shop.write("admin.crt", data(&user["client-certificate-data"]));
    shop.write("admin.key", data(&user["client-key-data"]));
    assert_eq!(
        data(&admin["clusters"][0]["cluster"]["certificate-authority-data"]),
        shop.read(&format!("{pki}/ca.crt"))
    );
    let said = ask(&shop, "kubeadm", &["admin".to_owned(), format!("{pki}/ca.crt")]).ok().stdout;
    assert_eq!(said, "CN=kubernetes-admin,O=kubeadm:cluster-admins dns=[] ip=[]\n");
    assert_eq!(admin["preferences"], json!(null));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop kubeadm"]
fn etcd_runs_with_its_part_of_the_tree() {
    let Some(shop) = Workshop::open("kubeadm", &["etcd", "curl"]) else { return };
    // `etcd Version: 3.4.23` is the first line.
    let version = shop.tool("etcd", &["--version"]).ok().stdout;
    let mut row = Row::open("kubeadm", "etcd", &version.lines().next().unwrap().replace(" Version:", ""));
    made(&shop, "init --ca-dir root --name Root");
    made(&shop, "export --ca-dir root --layout kubeadm --out k8s --control-plane cp-1");
    let pki = |name: &str| shop.path("k8s/cp-1/pki").join(name).to_str().unwrap().to_owned();
    let (client, peer) = (free_port(), free_port());
    let (clients, peers) = (format!("https://127.0.0.1:{client}"), format!("https://127.0.0.1:{peer}"));
    let cluster = format!("cp-1={peers}");
    // As kubeadm's manifest of etcd has it.
    let words = [
        "--name=cp-1",
        "--data-dir=etcd",
        &format!("--listen-client-urls={clients}"),
        &format!("--advertise-client-urls={clients}"),
        &format!("--listen-peer-urls={peers}"),
        &format!("--initial-advertise-peer-urls={peers}"),
        &format!("--initial-cluster={cluster}"),
        &format!("--cert-file={}", pki("etcd/server.crt")),
        &format!("--key-file={}", pki("etcd/server.key")),
        &format!("--trusted-ca-file={}", pki("etcd/ca.crt")),
        "--client-cert-auth=true",
        &format!("--peer-cert-file={}", pki("etcd/peer.crt")),
        &format!("--peer-key-file={}", pki("etcd/peer.key")),
        &format!("--peer-trusted-ca-file={}", pki("etcd/ca.crt")),
        "--peer-client-cert-auth=true",
    ]
    .map(str::to_owned);
    let server = shop.serve("etcd", &words, client);
    let health = |who: &str| {
        let words = [
            "--silent",
            "--show-error",
            "--cacert",
            &pki("etcd/ca.crt"),
            "--cert",
            &pki(&format!("{who}.crt")),
            "--key",
            &pki(&format!("{who}.key")),
            &format!("{clients}/health"),
        ]
        .map(str::to_owned);
        shop.tool("curl", &words)
    };
    eventually("etcd is healthy", || health("etcd/healthcheck-client").stdout.contains("\"true\""));
    health("apiserver-etcd-client").ok().says("\"true\"");
    row.accepted("kube-etcd-healthcheck-client, kube-apiserver-etcd-client");
    // A client of the API server, by a CA below the same root, is nobody to etcd.
    assert_ne!(health("apiserver-kubelet-client").code, Some(0));
    assert_ne!(health("front-proxy-client").code, Some(0));
    // Its own CA is the one that etcd misses: both have its root above them.
    eventually_says("etcd's reason", "certificate", || {
        server.log().lines().filter(|line| line.contains("rejected connection")).collect::<String>()
    });
    health("etcd/healthcheck-client").ok().says("\"true\"");
    row.refused("a client of the API server's CA and one of the front proxy's");
    row.passed();
}
