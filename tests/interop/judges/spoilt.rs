//! What each judge has to refuse, or is known to overlook: ours with an octet changed or shown for what they
//! are not, and certificates by rcgen alone that are wrong in one way each, beside good ones.

use rcgen::{BasicConstraints, CustomExtension, DnType, IsCa, KeyUsagePurpose, SanType, SerialNumber};

use super::make::blocks;
use super::mint::{Ca, GeneralSubtree, Leaf, NameConstraints, days};
use super::stock::{Above, Item, Kind};
use crate::harness::Workshop;

pub fn all(shop: &Workshop, sound: &[Item]) -> Vec<Item> {
    let named = |id: &str| sound.iter().find(|item| item.id == id).unwrap().clone();
    [of_ours(shop, &named), of_rcgen(shop), lists(shop)].concat()
}

/// What is ours, changed.
fn of_ours(shop: &Workshop, named: &impl Fn(&str) -> Item) -> Vec<Item> {
    let (server, list, response) = (named("ecdsa-p256/server"), named("ecdsa-p256/crl"), named("ecdsa-p256/ocsp/good"));
    // The last octet belongs to the signature: the second number of it (RFC 3279 section 2.2.3).
    let unsigned = |item: &Item, id: &str| changed(shop, item, id, |der| *der.last_mut().unwrap() ^= 1);
    let renamed = changed(shop, &server, "content", |der| {
        let at = der.windows(12).rposition(|text| text == b"api.internal").unwrap();
        der[at..at + 12].copy_from_slice(b"apj.internal");
    });
    let expiry = |der: &mut Vec<u8>| {
        // RFC 5280 section 5.1.2.5: nextUpdate is the second UTCTime of a list.
        let at: Vec<usize> = (0..der.len() - 14).filter(|at| der[*at] == 0x17 && der[at + 14] == b'Z').collect();
        der[at[1] + 3] ^= 1;
    };
    let other = named("ecdsa-p384/server");
    vec![
        unsigned(&server, "signature"),
        Item { host: Some("apj.internal"), ..renamed },
        // Its own root's name, but all above of another CA.
        Item { id: "spoilt/issuer".to_owned(), ..Item { file: server.file.clone(), ..other } },
        Item { id: "spoilt/purpose".to_owned(), purposes: vec!["client"], ..server.clone() },
        Item { id: "spoilt/host".to_owned(), host: Some("other.internal"), ..server.clone() },
        unsigned(&list, "crl-signature"),
        changed(shop, &list, "crl-content", expiry),
        // No sequence, number or time is hurt: it is the octet before the end of the response's signature
        // or, where a certificate stands behind it, of that certificate's.
        unsigned(&response, "ocsp-certificate"),
        changed(shop, &response, "ocsp-content", |der| {
            // RFC 6960 section 4.2.1: producedAt, the first GeneralizedTime; its last second.
            let at = (0..der.len() - 16).find(|at| der[*at] == 0x18 && der[at + 16] == b'Z').unwrap();
            der[at + 15] = if der[at + 15] == b'0' { b'1' } else { b'0' };
        }),
        Item { id: "spoilt/ocsp-about".to_owned(), about: named("ecdsa-p256/peer").file.into(), ..response.clone() },
        Item { id: "spoilt/ocsp-issuer".to_owned(), file: named("ecdsa-p384/ocsp/good").file, ..response.clone() },
        // RFC 6960 section 4.2.1: responseStatus 4 is not used.
        changed(shop, &response, "ocsp-status", |der| *der = vec![0x30, 0x03, 0x0a, 0x01, 0x04]),
        Item { id: "spoilt/ocsp-revoked".to_owned(), purposes: vec!["good"], ..named("ecdsa-p256/ocsp/revoked") },
    ]
}

fn changed(shop: &Workshop, item: &Item, id: &str, change: impl FnOnce(&mut Vec<u8>)) -> Item {
    let mut der = std::fs::read(item.der()).unwrap();
    change(&mut der);
    let id = format!("spoilt/{id}");
    let file = shop.write(&format!("items/{id}.der"), &der);
    if item.kind == Kind::Ocsp {
        return Item { id, file, ..item.clone() };
    }
    let label = if item.kind == Kind::Crl { "X509 CRL" } else { "CERTIFICATE" };
    let file = shop.write(&format!("items/{id}.pem"), pem::Pem::new(label, der).to_string());
    Item { id, file, ..item.clone() }
}

/// Certificates that nothing of ours has made.
fn of_rcgen(shop: &Workshop) -> Vec<Item> {
    let root = Ca::root("Mint Root");
    let ca = root.below("Mint Issuing", |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let item = |id: &str, leaf: &Leaf, crls: String| {
        let above = Above { between: blocks(&leaf.between), root: root.pem.clone(), crls };
        Item::certificate(shop, id, &leaf.pem, &["client"], &above)
    };
    let lists = || [root.crl(&[], 10), ca.crl(&[], 10)].concat();
    let revoked = ca.client(|_| ());
    let below = ca.below("Too Deep", |_| ());
    let constrained = root.below("Constrained", |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.org".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    let unmarked = root.below("No CA", |params| params.is_ca = IsCa::ExplicitNoCa);
    let speechless = root.below("No Signer", |params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature]);
    let leaf = |bend: &dyn Fn(&mut rcgen::CertificateParams)| ca.client(bend);
    let unknown = |critical: bool| {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 7], vec![5, 0]);
        extension.set_criticality(critical);
        extension
    };
    vec![
        item("minted/good", &leaf(&|_| ()), lists()),
        item("minted/extension", &leaf(&|params| params.custom_extensions = vec![unknown(false)]), lists()),
        item(
            "minted/constrained",
            &constrained.client(|params| names(params, "a.example.org")),
            [root.crl(&[], 10), constrained.crl(&[], 10)].concat(),
        ),
        item("spoilt/expired", &leaf(&|params| params.not_after = days(-2)), lists()),
        item("spoilt/not-yet", &leaf(&|params| params.not_before = days(2)), lists()),
        item("spoilt/revoked", &revoked, [root.crl(&[], 10), ca.crl(&[revoked.serial], 10)].concat()),
        item("spoilt/path-length", &below.client(|_| ()), lists() + &below.crl(&[], 10)),
        item(
            "spoilt/name-constraints",
            &constrained.client(|_| ()),
            [root.crl(&[], 10), constrained.crl(&[], 10)].concat(),
        ),
        item("spoilt/no-ca", &unmarked.client(|_| ()), root.crl(&[], 10)),
        item("spoilt/no-key-cert-sign", &speechless.client(|_| ()), root.crl(&[], 10)),
        item("spoilt/critical", &leaf(&|params| params.custom_extensions = vec![unknown(true)]), lists()),
        item(
            "spoilt/no-authority-key",
            &leaf(&|params| params.use_authority_key_identifier_extension = false),
            lists(),
        ),
        item(
            "spoilt/serial-too-long",
            &leaf(&|params| params.serial_number = Some(SerialNumber::from_slice(&[1; 21]))),
            lists(),
        ),
        item(
            "spoilt/serial-zero",
            &leaf(&|params| params.serial_number = Some(SerialNumber::from_slice(&[0]))),
            lists(),
        ),
        item(
            "spoilt/country",
            &leaf(&|params| params.distinguished_name.push(DnType::CountryName, "Nowhere")),
            lists(),
        ),
    ]
}

fn names(params: &mut rcgen::CertificateParams, name: &str) {
    params.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())];
}

/// Lists that nothing of ours has made.
fn lists(shop: &Workshop) -> Vec<Item> {
    let root = Ca::root("Mint Root");
    let impostor = Ca::root("Mint Root");
    let leaf = root.client(|_| ());
    let item = |id: &str, list: &str| {
        let above = Above { between: Vec::new(), root: root.pem.clone(), crls: list.to_owned() };
        Item::crl(shop, id, list, &above, &leaf.pem)
    };
    vec![
        item("minted/crl", &root.crl(&[77], 10)),
        item("spoilt/crl-ended", &root.crl(&[77], -1)),
        item("spoilt/crl-of-another", &impostor.crl(&[77], 10)),
        bare(shop),
    ]
}

/// A list of openssl's that has neither number nor authority key identifier.
fn bare(shop: &Workshop) -> Item {
    let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=bare/index.txt\ndefault_md=sha256\ndefault_crl_days=7\n";
    for (file, content) in [("openssl.cnf", config), ("index.txt", "")] {
        shop.write(&format!("bare/{file}"), content);
    }
    let key = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "bare/ca.key"];
    shop.tool("openssl", &key).ok();
    let words = ["req", "-new", "-x509", "-key", "bare/ca.key", "-subj", "/CN=Bare", "-out", "bare/ca.crt"];
    shop.tool("openssl", &[&words[..], &["-addext", "keyUsage=critical,keyCertSign,cRLSign"]].concat()).ok();
    let words = ["ca", "-gencrl", "-config", "bare/openssl.cnf", "-cert", "bare/ca.crt", "-keyfile", "bare/ca.key"];
    shop.tool("openssl", &[&words[..], &["-out", "bare/crl.pem"]].concat()).ok();
    let read = |name: &str| String::from_utf8(shop.read(name)).unwrap();
    let above = Above { between: Vec::new(), root: read("bare/ca.crt"), crls: read("bare/crl.pem") };
    Item::crl(shop, "spoilt/crl-bare", &read("bare/crl.pem"), &above, &above.root)
}
