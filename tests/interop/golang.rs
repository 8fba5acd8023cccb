//! Go's crypto/x509 verifies what we make, and we sign its requests. The program is in `go/`.

use crate::harness::{ALGORITHMS, Workshop, fixture};
use crate::issued;

/// A workshop with the Go program in it.
fn open() -> Option<Workshop> {
    let shop = Workshop::open("golang", &["go"])?;
    for file in ["go.mod", "main.go"] {
        shop.write(&format!("go/{file}"), std::fs::read(fixture("go").join(file)).unwrap());
    }
    shop.tool("go", &["build", "-C", "go", "-o", "../x509"]).code.filter(|code| *code == 0).or_else(|| {
        // Go before 1.20 has no -C.
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "cd go && go build -o ../x509"]);
        shop.run(command).ok().code
    });
    Some(shop)
}

#[test]
#[ignore = "run by ./tests/run.sh interop golang"]
fn takes_what_we_make() {
    let Some(shop) = open() else { return };
    let program = shop.path("x509");
    for algorithm in &ALGORITHMS {
        let authority = issued::authority(&shop, algorithm);
        for leaf in issued::one_of_each_role(&shop, &authority, algorithm) {
            let roles: &[&str] = match leaf.profile {
                "server" => &["server"],
                "client" => &["client"],
                _ => &["server", "client"],
            };
            for role in roles {
                let mut command = std::process::Command::new(&program);
                command.args(["verify", role]).arg(&authority.root).arg(&leaf.certificate).arg(&leaf.key);
                if leaf.profile != "client" {
                    command.arg(leaf.name);
                }
                shop.run(command).ok();
            }
            if leaf.profile == "server" {
                let mut command = std::process::Command::new(&program);
                command.args(["verify", "client"]).arg(&authority.root).arg(&leaf.certificate).arg(&leaf.key);
                shop.run(command).code(1).says("incompatible key usage");
            }
        }
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop golang"]
fn its_requests_are_signed() {
    let Some(shop) = open() else { return };
    let root = issued::plain_root(&shop);
    for algorithm in &ALGORITHMS {
        let (request, key) = (format!("{}.csr", algorithm.ours), format!("{}.key", algorithm.ours));
        let mut command = std::process::Command::new(shop.path("x509"));
        command.args(["request", algorithm.ours, "api.internal", &request, &key]);
        shop.run(command).ok();
        let certificate = issued::sign(&shop, &request, "server");
        let mut command = std::process::Command::new(shop.path("x509"));
        command.args(["verify", "server"]).arg(&root).arg(certificate).args([&key, "api.internal"]);
        shop.run(command).ok();
    }
}
