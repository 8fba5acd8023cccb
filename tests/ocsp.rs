//! OCSP over the life of a CA, with chosen times: who answers for whom, when a responder is replaced,
//! what is made in advance and what is left alone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mtls_ca::authority::{self, Access, NewCa, OcspAnswer, OcspBuild};
use mtls_ca::encoding::certificate;
use mtls_ca::encoding::ocsp::{cert_id, request, response};
use mtls_ca::keys::Passphrase;
use mtls_ca::ledger::{History, Ledger, NewIssuer, Revocation, RevokedElsewhere};
use mtls_ca::store::layout::{IssuerNumber, Layout, ResponseFolder};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::fingerprint::IdDigest;
use mtls_ca::x509::ocsp::{CertStatus, NoAnswer, OcspResponse};
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::{Act, Authority, KeyOrder, Now, Serial, Time};

const DAY: i64 = 86_400;
const START: i64 = 1_801_353_600;

fn after(days: i64) -> Act {
    Act::of_process("test", Now::at(Time::from_unix(START + days * DAY).unwrap()))
}

struct Room {
    folder: tempfile::TempDir,
}

impl Room {
    fn new() -> Self {
        let room = Self { folder: tempfile::tempdir().unwrap() };
        let new = NewCa { name: Some("First".to_owned()), organization: Some("Example".to_owned()), ..NewCa::plain() };
        authority::init(&room.directory(), &new, &after(0)).unwrap();
        room
    }

    fn directory(&self) -> PathBuf {
        self.folder.path().join("ca")
    }

    fn open(&self) -> Authority {
        Authority::open(&self.directory(), Access::Sign, Duration::ZERO).unwrap()
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(&Layout::at(self.directory()).ledger(), Duration::ZERO).unwrap()
    }

    fn issue(&self, name: &str, act: &Act) -> Certificate {
        let mut ca = self.open();
        let signer = ca.unlock(None).unwrap();
        let issued = ca.issue_key(&KeyOrder::client(name).unwrap(), &signer, act).unwrap();
        issued.issued().certificate().clone()
    }

    /// A second CA certificate takes over.
    fn rotate(&self, act: &Act) {
        let other = self.folder.path().join("second");
        let new = NewCa { name: Some("Second".to_owned()), ..NewCa::plain() };
        let report = authority::init(&other, &new, act).unwrap();
        let second = Layout::at(self.directory()).issuer(IssuerNumber::new(2).unwrap());
        std::fs::rename(Layout::at(&other).issuer(IssuerNumber::FIRST).path(), second.path()).unwrap();
        let new = NewIssuer {
            subject: &report.certificate.subject().rfc4514(),
            public_key: report.certificate.public_key().fingerprint(),
            certificate: report.certificate.der(),
            history: History::Whole,
            last_crl_number: None,
        };
        self.ledger().add_issuer(&new, act).unwrap();
    }

    fn revoke(&self, certificate: &Certificate, reason: RevocationReason, act: &Act) {
        let number = self.ledger().by_serial(certificate.serial()).unwrap()[0].issuer;
        let revocation = Revocation { revoked_at: act.now.time(), reason, invalid_since: None };
        let revoked = [RevokedElsewhere { serial: certificate.serial().clone(), revocation }];
        self.ledger().record_revoked_elsewhere(number, &revoked, None, act).unwrap();
    }

    fn ask(&self, question: &[u8], act: &Act) -> OcspAnswer {
        self.open().ocsp_respond(question, None, None, act).unwrap()
    }

    fn status(&self, issuer: &Certificate, serial: &Serial, act: &Act) -> CertStatus {
        signed(self.ask(&question(IdDigest::Sha1, issuer, serial), act)).content().responses[0].status
    }

    fn responses(&self) -> PathBuf {
        self.folder.path().join("ocsp")
    }

    fn build(&self, expiring: Option<&str>, act: &Act) -> Vec<(usize, usize, usize)> {
        let expiring = expiring.map(|text| text.parse().unwrap());
        let build = OcspBuild { folder: Some(self.responses()), lifetime: None, expiring };
        let built = self.open().ocsp_build(&build, None, act).unwrap();
        built.iter().map(|one| (one.written, one.kept, one.removed)).collect()
    }
}

fn question(digest: IdDigest, issuer: &Certificate, serial: &Serial) -> Vec<u8> {
    request::about(&cert_id(digest, issuer, serial).unwrap()).unwrap()
}

fn signed(answer: OcspAnswer) -> OcspResponse {
    match answer {
        OcspAnswer::Signed { response, .. } => *response,
        OcspAnswer::Refused { why, reason, .. } => panic!("{why}: {reason}"),
    }
}

fn read(path: &Path) -> OcspResponse {
    match response::read(&std::fs::read(path).unwrap()).unwrap() {
        response::Response::Answer(response) => *response,
        response::Response::NoAnswer(why) => panic!("{why}"),
    }
}

#[test]
fn each_generation_answers_for_its_own_certificates_by_a_responder_of_its_own() {
    let room = Room::new();
    let (good, held) = (room.issue("good", &after(0)), room.issue("held", &after(0)));
    let first = room.open().certificate().clone();
    room.rotate(&after(1));
    let young = room.issue("young", &after(1));
    let second = room.open().certificate().clone();
    assert_ne!(first.subject(), second.subject());
    room.revoke(&held, RevocationReason::CertificateHold, &after(2));

    let act = after(3);
    let hold = CertStatus::Revoked { revoked_at: after(2).now.time(), reason: RevocationReason::CertificateHold };
    assert_eq!(room.status(&first, good.serial(), &act), CertStatus::Good);
    assert_eq!(room.status(&first, held.serial(), &act), hold);
    assert_eq!(room.status(&second, young.serial(), &act), CertStatus::Good);
    // A number of the other generation is not one of this.
    assert_eq!(room.status(&second, good.serial(), &act), CertStatus::Unknown);
    assert_eq!(room.status(&first, &Serial::from_octets(&[5]), &act), CertStatus::Unknown);

    for (issuer, other, serial) in [(&first, &second, good.serial()), (&second, &first, young.serial())] {
        for digest in [IdDigest::Sha1, IdDigest::Sha256] {
            let response = signed(room.ask(&question(digest, issuer, serial), &act));
            let [responder] = response.certificates() else { panic!("one certificate") };
            responder.verify_signature(issuer.public_key()).unwrap();
            assert!(responder.verify_signature(other.public_key()).is_err());
            response.verify_signature(responder).unwrap();
            assert_eq!(response.content().responses[0].certificate.serial(), serial);
        }
    }
    // One responder may not speak for both.
    let both = [question(IdDigest::Sha1, &first, good.serial()), question(IdDigest::Sha1, &second, young.serial())];
    let requests: Vec<u8> = both.iter().flat_map(|one| one[6..].to_vec()).collect();
    let wrap = |content: &[u8]| [&[0x30, 0x81, u8::try_from(content.len()).unwrap()], content].concat();
    let answer = room.ask(&wrap(&wrap(&wrap(&requests))), &act);
    assert!(matches!(answer, OcspAnswer::Refused { why: NoAnswer::Unauthorized, .. }), "{answer:?}");
}

#[test]
fn a_superseded_generation_signs_for_its_responder_alone() {
    let room = Room::new();
    let old = room.open().unlock(None).unwrap();
    room.rotate(&after(1));
    let mut ca = room.open();
    let refused = ca.issue_key(&KeyOrder::client("late").unwrap(), &old, &after(2)).unwrap_err();
    assert!(matches!(refused, mtls_ca::AuthorityError::ForeignPlan));
    let first = ca.generation(IssuerNumber::FIRST).unwrap();
    let responder = ca.responder(&first, None, &after(2)).unwrap();
    responder.certificate().verify_signature(first.certificate().public_key()).unwrap();
    let row = ca.ledger().by_fingerprint(&responder.certificate().fingerprint()).unwrap().unwrap();
    assert_eq!((row.issuer, row.profile.as_deref()), (IssuerNumber::FIRST, Some("ocsp-responder")));
    assert_eq!(row.subject.as_deref(), Some("CN=OCSP responder g1,O=Example"));
}

#[test]
fn a_responder_is_replaced_in_the_last_third_of_its_life_and_when_it_cannot_answer() {
    let room = Room::new();
    let responder = |act: &Act| {
        let mut ca = room.open();
        let active = ca.active().clone();
        let responder = ca.responder(&active, None, act).unwrap();
        (responder.is_new(), responder.certificate().clone())
    };
    let (is_new, first) = responder(&after(0));
    assert!(is_new);
    assert_eq!(responder(&after(9)), (false, first.clone()));
    let (is_new, second) = responder(&after(10));
    assert!(is_new && second != first && second.public_key() != first.public_key());
    // Whoever may have its key, it is not used again.
    room.revoke(&second, RevocationReason::KeyCompromise, &after(10));
    assert!(responder(&after(10)).0);
    // Half of a pair, and no pair at all.
    let file = Layout::at(room.directory()).issuer(IssuerNumber::FIRST).responder();
    let content = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, content.split("-----BEGIN CERTIFICATE").next().unwrap()).unwrap();
    assert!(responder(&after(10)).0);
    std::fs::remove_file(&file).unwrap();
    let (_, last) = responder(&after(10));
    // The key of the CA is kept elsewhere: the responder goes on to its end, and then says what is missing.
    let key = Layout::at(room.directory()).issuer(IssuerNumber::FIRST).key();
    std::fs::rename(&key, room.folder.path().join("offline.key")).unwrap();
    assert_eq!(responder(&after(23)), (false, last));
    let mut ca = room.open();
    let active = ca.active().clone();
    let error = ca.responder(&active, None, &after(25)).unwrap_err();
    assert!(error.to_string().contains("issuer.key"), "{error}");
}

#[test]
fn a_responder_is_sealed_with_its_ca() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("ca");
    let passphrase = |text: &str| Passphrase::new(text.as_bytes().to_vec());
    let new = NewCa { passphrase: passphrase("open sesame"), ..NewCa::plain() };
    authority::init(&directory, &new, &after(0)).unwrap();
    let mut ca = Authority::open(&directory, Access::Sign, Duration::ZERO).unwrap();
    assert!(ca.answering_takes_passphrase(after(0).now).unwrap());
    let active = ca.active().clone();
    let mut responder =
        |text: &str| ca.responder(&active, passphrase(text).as_ref(), &after(0)).map(|one| one.is_new());
    assert!(responder("wrong").is_err());
    assert!(responder("open sesame").unwrap());
    assert!(!responder("open sesame").unwrap());
    assert!(responder("wrong").is_err());
    let file = std::fs::read_to_string(Layout::at(&directory).issuer(IssuerNumber::FIRST).responder()).unwrap();
    assert!(file.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));

    // Both change together, or neither does.
    let (old, new) = (passphrase("open sesame"), passphrase("open barley"));
    assert!(ca.change_passphrase(new.as_ref(), old.as_ref(), &after(1)).unwrap().is_empty());
    assert!(ca.change_passphrase(passphrase("x").as_ref(), new.as_ref(), &after(1)).is_err());
    assert!(ca.unlock(old.as_ref()).is_ok());
    let changed = ca.change_passphrase(old.as_ref(), new.as_ref(), &after(1)).unwrap();
    let names: Vec<_> = changed.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(names, ["issuer.key", "ocsp.key"]);
    assert!(ca.unlock(old.as_ref()).is_err() && ca.unlock(new.as_ref()).is_ok());
    assert!(!ca.responder(&active, new.as_ref(), &after(1)).unwrap().is_new());
    // A run that ended between the two is ended by the same call.
    let key = Layout::at(&directory).issuer(IssuerNumber::FIRST).key();
    let sealed = std::fs::read(&key).unwrap();
    ca.change_passphrase(new.as_ref(), old.as_ref(), &after(1)).unwrap();
    std::fs::write(&key, sealed).unwrap();
    let changed = ca.change_passphrase(old.as_ref(), new.as_ref(), &after(1)).unwrap();
    assert!(changed.len() == 1 && changed[0].ends_with("ocsp.key"));
    let mut outcomes = Vec::new();
    let collect = |link: mtls_ca::audit::chain::Link| {
        if link.body.contains("change_passphrase") {
            assert!(!link.body.contains("sesame") && !link.body.contains("barley"));
            outcomes.push(link.body.contains("intended"));
        }
        Ok::<(), mtls_ca::ledger::LedgerError>(())
    };
    ca.ledger().events(1, collect).unwrap();
    assert_eq!(outcomes, [true, false, true, false, true, false]);
}

#[test]
fn responses_in_advance_are_for_all_that_have_not_ended_and_only_those_that_are_due() {
    let room = Room::new();
    let (a, b) = (room.issue("a", &after(0)), room.issue("b", &after(80)));
    let issuer = room.open().certificate().clone();
    // With those of the responder, which is one of them.
    assert_eq!(room.build(None, &after(80)), [(3, 0, 0)]);
    assert_eq!(room.build(None, &after(80)), [(3, 0, 0)]);
    assert_eq!(room.build(Some("50%"), &after(81)), [(0, 3, 0)]);
    assert_eq!(room.build(Some("50%"), &after(82)), [(3, 0, 0)]);

    let folder = ResponseFolder::within(&room.responses(), IssuerNumber::FIRST);
    let of_b = folder.stapled(b.serial());
    let asked = question(IdDigest::Sha1, &issuer, b.serial());
    let response = read(&of_b);
    assert_eq!(std::fs::read(folder.asked_by(&asked)).unwrap(), response.der());
    // RFC 5019 section 2.2.1: one certificate, no nonce, both updates, by key.
    let content = response.content();
    assert_eq!((content.responses.len(), content.nonce.as_ref()), (1, None));
    assert_eq!(content.responses[0].next_update, Some(after(86).now.time()));
    assert_eq!(content.responder.as_ref().map(Vec::len), Some(20));

    // A revocation is written although nothing is due; so is what is missing or damaged.
    room.revoke(&b, RevocationReason::KeyCompromise, &after(82));
    assert_eq!(room.build(Some("50%"), &after(83)), [(1, 2, 0)]);
    let revoked = CertStatus::Revoked { revoked_at: after(82).now.time(), reason: RevocationReason::KeyCompromise };
    assert_eq!(read(&of_b).content().responses[0].status, revoked);
    std::fs::write(&of_b, "x").unwrap();
    std::fs::remove_file(folder.asked_by(&question(IdDigest::Sha1, &issuer, a.serial()))).unwrap();
    assert_eq!(room.build(Some("50%"), &after(83)), [(2, 1, 0)]);

    // What has ended goes, under both names, and nothing else that is there.
    std::fs::write(folder.path().join("robots.txt"), "").unwrap();
    assert!(folder.stapled(a.serial()).is_file());
    let [(_, _, removed)] = room.build(Some("50%"), &after(91))[..] else { panic!("one generation") };
    assert_eq!(removed, 1);
    assert!(!folder.stapled(a.serial()).exists());
    assert!(!folder.asked_by(&question(IdDigest::Sha1, &issuer, a.serial())).exists());
    assert!(of_b.is_file() && folder.path().join("robots.txt").is_file());
}

#[test]
fn a_response_ends_with_its_responder_and_an_ended_generation_is_silent() {
    let room = Room::new();
    let leaf = room.issue("a", &after(0));
    let first = room.open().certificate().clone();
    room.status(&first, leaf.serial(), &after(0));
    let response = signed(room.ask(&question(IdDigest::Sha1, &first, leaf.serial()), &after(9)));
    assert_eq!(response.content().responses[0].next_update, Some(after(13).now.time()));
    let long = Some("10d".parse().unwrap());
    let answer =
        room.open().ocsp_respond(&question(IdDigest::Sha1, &first, leaf.serial()), long, None, &after(9)).unwrap();
    assert_eq!(signed(answer).content().responses[0].next_update, Some(after(14).now.time()));
    room.rotate(&after(100));
    let end = (first.validity().not_after.unix() - START) / DAY;
    let answer = room.ask(&question(IdDigest::Sha1, &first, leaf.serial()), &after(end + 1));
    assert!(matches!(answer, OcspAnswer::Refused { why: NoAnswer::Unauthorized, .. }));
}

#[test]
fn the_published_response_of_one_certificate_is_made_anew() {
    let room = Room::new();
    let leaf = room.issue("a", &after(0));
    let entry = |room: &Room| room.ledger().by_serial(leaf.serial()).unwrap().remove(0);
    let refresh = |room: &Room| room.open().refresh_ocsp(&[entry(room)], None, &after(2)).unwrap();
    assert!(refresh(&room).is_empty());
    let publish = room.folder.path().join("srv");
    let config = Layout::at(room.directory()).config();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n[publish]\ndir = \"{}\"\n", publish.display())).unwrap();
    assert!(refresh(&room).is_empty());
    let build = OcspBuild { folder: None, lifetime: Some("3d".parse().unwrap()), expiring: None };
    room.open().ocsp_build(&build, None, &after(1)).unwrap();
    room.revoke(&leaf, RevocationReason::Superseded, &after(2));
    let path = refresh(&room).remove(0);
    assert_eq!(path, ResponseFolder::within(&publish.join("ocsp"), IssuerNumber::FIRST).stapled(leaf.serial()));
    let response = read(&path);
    let one = &response.content().responses[0];
    assert!(matches!(one.status, CertStatus::Revoked { reason: RevocationReason::Superseded, .. }));
    assert_eq!(one.next_update, Some(after(5).now.time()));
    // An ephemeral CA answers too, and has no folder.
    let mut ca = Authority::ephemeral(after(0).now).unwrap();
    let issuer = ca.certificate().clone();
    let asked = question(IdDigest::Sha1, &issuer, &Serial::from_octets(&[5]));
    let unknown = signed(ca.ocsp_respond(&asked, None, None, &after(0)).unwrap());
    assert_eq!(unknown.content().responses[0].status, CertStatus::Unknown);
    assert!(certificate::read(unknown.certificates()[0].der()).is_ok());
}
