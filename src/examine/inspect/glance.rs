//! What a list says of a certificate. Of the usual file, one certificate and nothing else, it is had without
//! the whole report: folders hold many.

use super::certificate::{is_self_signed, title};
use super::validity::ValidityReport;
use crate::encoding::certificate::read_all;
use crate::encoding::pem;
use crate::store::read::LARGEST_FILE;
use crate::words::clock::Now;

/// A certificate in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// Its common name, else its first other name, else its subject.
    pub title: String,
    /// Whether it says that it is a CA's.
    pub ca: bool,
    /// Whether subject and issuer are one name and no other key signed it, as far as can be checked.
    pub self_signed: bool,
    /// From when to when it holds.
    pub validity: ValidityReport,
}

/// At a file that is one certificate in PEM; nothing where it may be anything else, which only
/// [`inspect`](super::inspect) tells.
#[must_use]
pub fn glance(bytes: &[u8], now: Now) -> Option<Glance> {
    let is_plain = bytes.starts_with(b"-----BEGIN CERTIFICATE-----")
        && bytes.len() as u64 <= LARGEST_FILE
        && pem::begins(bytes).count() == 1;
    if !is_plain {
        return None;
    }
    let [certificate] = read_all(bytes).ok()?.try_into().ok()?;
    Some(Glance {
        title: title(certificate.subject(), certificate.extensions().subject_alt_names()),
        ca: certificate.is_ca(),
        self_signed: is_self_signed(&certificate),
        validity: ValidityReport::of(certificate.validity(), now),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::inspect::inspect;
    use crate::examine::verify::sample::{now, root};

    #[test]
    fn it_says_what_the_whole_report_says() {
        let root = root("CN=Root,O=Example");
        let ca = root.ca("CN=Issuing", |_| {});
        for certificate in [&root.certificate, &ca.certificate, &ca.leaf("CN=leaf", |_| {}), &ca.leaf("O=x", |_| {})] {
            let file = pem::write("CERTIFICATE", certificate.der());
            let items = inspect(file.as_bytes(), now()).unwrap();
            assert_eq!(glance(file.as_bytes(), now()), Some(items[0].certificate().unwrap().glance()));
            assert_eq!(glance(format!("{file}{file}").as_bytes(), now()), None);
            assert_eq!(glance(certificate.der(), now()), None);
            assert_eq!(glance(file.get(..file.len() / 2).unwrap().as_bytes(), now()), None);
        }
    }
}
