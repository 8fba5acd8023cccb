//! The examples of `examples/container`, `examples/ansible` and `examples/compose`, run as far as that goes
//! without a container engine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Run, Workshop, eventually, free_port};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// A command in the workshop that finds our binary.
fn run(shop: &Workshop, program: &str, words: &[&str]) -> Run {
    let ours = Path::new(env!("CARGO_BIN_EXE_mtls-ca")).parent().unwrap().to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let script = format!("PATH={}:$PATH exec \"$0\" \"$@\"", ours.display());
    let mut command = Command::new("sh");
    command.args(["-c", &script, program]).args(words).env("PATH", path);
    shop.run(command)
}

#[test]
#[ignore = "run by ./tests/run.sh interop automation_container"]
fn automation_container() {
    let Some(shop) = Workshop::open("container", &["tar", "unshare", "ldd", "sha256sum"]) else { return };
    let script = example("container/image.sh");
    let script = script.to_str().unwrap();
    for out in ["one", "other"] {
        run(&shop, script, &[env!("CARGO_BIN_EXE_mtls-ca"), out]).ok();
    }
    assert!(shop.read("one/image.tar") == shop.read("other/image.tar"), "the same program gives the same image");

    // The layout of OCI: each part under its digest, from the index down to the layer.
    std::fs::create_dir(shop.path("image")).unwrap();
    shop.tool("tar", &["-C", "image", "-xf", "one/image.tar"]).ok();
    let part = |described: &serde_json::Value| {
        let digest = described["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
        let file = format!("image/blobs/sha256/{digest}");
        assert!(shop.tool("sha256sum", &[&file]).ok().stdout.starts_with(&digest));
        let bytes = shop.read(&file);
        assert_eq!(Some(bytes.len() as u64), described["size"].as_u64());
        bytes
    };
    let json = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    let index = json(&shop.read("image/index.json"));
    let manifest = json(&part(&index["manifests"][0]));
    let config = json(&part(&manifest["config"]));
    assert!(part(&manifest["layers"][0]) == shop.read("one/rootfs.tar"));
    assert_eq!(config["rootfs"]["diff_ids"][0], manifest["layers"][0]["digest"]);

    // The program runs with nothing else around it.
    std::fs::create_dir(shop.path("root")).unwrap();
    shop.tool("tar", &["-C", "root", "--no-same-owner", "-xf", "one/rootfs.tar"]).ok();
    let inside = |words: &[&str]| {
        let root = format!("--root={}", shop.path("root").display());
        let words: Vec<&str> = ["--map-root-user", &root, "/usr/bin/mtls-ca", "--ca-dir", "/ca/ca"]
            .into_iter()
            .chain(words.iter().copied())
            .collect();
        shop.tool("unshare", &words)
    };
    let version = inside(&["--version"]);
    if version.stderr.contains("Operation not permitted") {
        eprintln!("no new roots are made here, so the image was looked at and not run");
        return;
    }
    version.ok().says(env!("CARGO_PKG_VERSION"));
    inside(&["init", "--name", "Example CA"]).ok();
    inside(&["issue", "api.internal", "--profile", "server", "--out", "/ca/tls"]).ok();
    let words = ["verify", "root/ca/tls/api.internal.crt", "--ca", "root/ca/ca/ca.crt", "--as", "server"];
    shop.mtls_ca(&words).ok();
}

#[test]
#[ignore = "run by ./tests/run.sh interop automation_ansible"]
fn automation_ansible() {
    let Some(shop) = Workshop::open("ansible", &["venv:ansible-playbook"]) else { return };
    shop.mtls_ca(&["init", "--name", "Example CA"]).ok();
    let python = shop.tool("venv:python", &["-c", "import sys; print(sys.executable)"]).ok().stdout;
    let python = python.trim();
    shop.write(
        "inventory",
        format!(
            "[mtls]\napi.internal ansible_connection=local ansible_python_interpreter={python}\n\
                 [all:vars]\nansible_python_interpreter={python}\n"
        ),
    );
    let playbook = Path::new(python).with_file_name("ansible-playbook");
    let (book, ca, tls) = (example("ansible/certificates.yml"), shop.path("ca"), shop.path("tls"));
    let reloaded = shop.path("reloaded");
    let play = |more: &[&str]| {
        let variables = serde_json::json!({ "ca_dir": ca, "tls_dir": tls, "reload": ["touch", reloaded] }).to_string();
        let words: Vec<&str> = ["-i", "inventory", "-e", &variables, book.to_str().unwrap()]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        run(&shop, playbook.to_str().unwrap(), &words)
    };
    play(&["--syntax-check"]).ok();
    play(&[]).ok().says("failed=0");
    assert!(reloaded.exists());
    std::fs::remove_file(&reloaded).unwrap();
    let words = ["verify", "tls/api.internal.crt", "--ca", "tls/ca.crt", "--as", "server"];
    shop.mtls_ca(&words).ok();
    let first = shop.read("tls/api.internal.crt");

    // What is not due stays, and nothing is reloaded.
    play(&[]).ok().says("changed=0");
    assert_eq!(shop.read("tls/api.internal.crt"), first);
    assert!(!reloaded.exists());
    // What is due is replaced, with the same key.
    let key = shop.read("tls/api.internal.key");
    play(&["-e", "expiring=100d"]).ok().says("failed=0");
    assert_ne!(shop.read("tls/api.internal.crt"), first);
    assert_eq!(shop.read("tls/api.internal.key"), key);
    assert!(reloaded.exists());
}

#[test]
#[ignore = "run by ./tests/run.sh interop automation_compose"]
fn automation_compose() {
    let Some(shop) = Workshop::open("compose", &["nginx", "node", "curl", "venv:python"]) else { return };
    for name in ["make.sh", "compose.yaml"] {
        let to = shop.write(&format!("compose/{name}"), std::fs::read(example("compose").join(name)).unwrap());
        drop(to);
    }
    for _ in 0..2 {
        run(&shop, "sh", &["compose/make.sh"]).ok();
    }
    let script = "import json, sys, yaml\nprint(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let read = shop.tool("venv:python", &["-c", script, "compose/compose.yaml"]).ok().stdout;
    let file: serde_json::Value = serde_json::from_str(&read).unwrap();
    let services = file["services"].as_object().unwrap();
    for (name, service) in services {
        for volume in service["volumes"].as_array().unwrap() {
            let here = volume.as_str().unwrap().split(':').next().unwrap();
            assert!(shop.path("compose").join(here).exists(), "{name} mounts {here}, which nobody made");
        }
        for needed in service["depends_on"].as_array().into_iter().flatten() {
            assert!(services.contains_key(needed.as_str().unwrap()));
        }
    }

    // The same files without containers: where they are mounted becomes where they are, and each
    // container's port one of this machine.
    let (front, hop, behind) = (free_port(), free_port(), free_port());
    let moved = |file: &str, changes: &[(&str, String)]| {
        let text = String::from_utf8(shop.read(file)).unwrap();
        let text = changes.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{file} has no `{from}`");
            text.replace(from, to)
        });
        shop.write(file, text);
    };
    let at = |folder: &str| shop.path("compose").join(folder).display().to_string();
    moved("compose/service/server.js", &[("/srv/mtls", at("service")), ("listen(8443", format!("listen({behind}"))]);
    moved(
        "compose/gateway/nginx.conf",
        &[
            ("/etc/mtls", at("gateway")),
            ("listen 8443", format!("listen {front}")),
            ("127.0.0.1:8080", format!("127.0.0.1:{hop}")),
        ],
    );
    moved(
        "compose/hop/nginx.conf",
        &[
            ("/etc/hop", at("hop")),
            ("listen 127.0.0.1:8080", format!("listen 127.0.0.1:{hop}")),
            ("https://service:8443", format!("https://127.0.0.1:{behind}")),
        ],
    );
    shop.write(
        "around.conf",
        "daemon off;\npid nginx.pid;\nerror_log error.log info;\nevents {}\nhttp {\naccess_log off;\n\
         client_body_temp_path tmp;\nproxy_temp_path tmp;\nfastcgi_temp_path tmp;\nuwsgi_temp_path tmp;\nscgi_temp_path tmp;\n\
         include compose/gateway/nginx.conf;\ninclude compose/hop/nginx.conf;\n}\n",
    );
    let _service = shop.serve("node", &["compose/service/server.js"], behind);
    let prefix = shop.path("").display().to_string();
    let _gateway = shop.serve("nginx", &["-p", &prefix, "-c", "around.conf", "-e", "error.log"], front);
    let address = format!("https://localhost:{front}/");
    let ask = |more: &[&str]| {
        let words: Vec<&str> = ["--silent", "--max-time", "5", "--cacert", "compose/client/ca.crt"]
            .into_iter()
            .chain(more.iter().copied())
            .chain([address.as_str()])
            .collect();
        shop.tool("curl", &words)
    };
    let billing = ["--cert", "compose/client/billing.crt", "--key", "compose/client/billing.key"];
    eventually("the gateway asks the service", || ask(&billing).stdout.contains("hello CN=gateway"));
    ask(&[]).says("No required SSL certificate was sent");
    // A valid certificate of nobody on the list.
    shop.mtls_ca(&["--ca-dir", "compose/ca", "issue", "reports", "--profile", "client", "--out", "compose/client"])
        .ok();
    ask(&["--cert", "compose/client/reports.crt", "--key", "compose/client/reports.key"]).says("403 Forbidden");
    ask(&billing).says("hello CN=gateway");
}
