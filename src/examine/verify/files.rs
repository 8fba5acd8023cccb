//! Many files, each asked about on its own.

use std::path::Path;

use super::answer::Check;
use super::judge::Judge;
use crate::examine::container::{ContainerError, open, store_kind};
use crate::examine::inspect::{Content, inspect, inspect_unlocking};
use crate::examine::{all_cores, candidate};
use crate::keys::Passphrase;
use crate::store::FileError;
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;

/// What is said of one file. The whole [`Answer`](super::Answer) of each would fill the memory where there
/// are many.
#[derive(Debug)]
pub enum Said {
    /// Its first certificate is good.
    Good,
    /// It is not: the check that says it best.
    NotGood(Box<Check>),
    /// It is not, and is none that a peer would show: all in the file are certificates of CAs, and good as such.
    /// Folders have them beside the certificates that they are for.
    Authority(Box<Check>),
    /// There is no certificate in it.
    NoCertificate,
    /// It cannot be read.
    NoFile(FileError),
    /// What is in it cannot be read.
    Unreadable(ContainerError),
}

/// What the judge says of each of these files, in their order. They are read and judged on all cores;
/// stores are opened with this password.
#[must_use]
pub fn answer_each<P>(judge: &Judge<'_>, files: &[P], password: Option<&Passphrase>) -> Vec<Said>
where
    P: AsRef<Path> + Sync,
{
    let of_authorities = judge.of_authorities();
    all_cores::each(files, |file| match candidate::read(file.as_ref()) {
        Ok(Some(bytes)) => said((judge, of_authorities.as_ref()), &bytes, password),
        Ok(None) => Said::NoCertificate,
        Err(error) => Said::NoFile(error),
    })
}

type Judges<'j, 'a> = (&'j Judge<'a>, Option<&'j Judge<'a>>);

fn said((judge, of_authorities): Judges<'_, '_>, bytes: &[u8], password: Option<&Passphrase>) -> Said {
    match open(bytes, password) {
        Ok(contained) => match judge.answer(&contained.certificates).into_first_cause() {
            None => Said::Good,
            Some(cause) => {
                let is_authority = of_authorities.is_some_and(|judge| are_authorities(judge, &contained.certificates));
                let said = if is_authority { Said::Authority } else { Said::NotGood };
                said(Box::new(cause))
            }
        },
        Err(ContainerError::Read(_)) if !claims_a_certificate(bytes, password, judge.at()) => Said::NoCertificate,
        Err(error) => Said::Unreadable(error),
    }
}

/// Whether each of them says of itself that it signs certificates, and may under this trust.
fn are_authorities(judge: &Judge<'_>, certificates: &[Certificate]) -> bool {
    let mut in_front = certificates.to_vec();
    !certificates.is_empty()
        && certificates.iter().all(|certificate| {
            // A certificate without the extension may do anything, and be a server that signed itself.
            let signs = certificate.may_sign_certificates() && certificate.extensions().key_usage().is_some();
            let is_good = signs && judge.answer(&in_front).into_first_cause().is_none();
            in_front.rotate_left(1);
            is_good
        })
}

/// Whether there is one after all, or something that is broken and may have been one.
fn claims_a_certificate(bytes: &[u8], password: Option<&Passphrase>, now: Now) -> bool {
    let seen = match password {
        Some(password) if store_kind(bytes).is_some() => inspect_unlocking(bytes, password, now),
        _ => inspect(bytes, now),
    };
    match seen {
        Ok(items) => {
            items.iter().any(|item| matches!(&item.content, Content::Certificate(_) | Content::Unreadable { .. }))
        }
        Err(error) => !error.is_nothing_known(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::pem;
    use crate::examine::verify::Question;
    use crate::examine::verify::sample::{now, root};
    use crate::words::x509::usage::Purpose;

    #[test]
    fn what_is_broken_is_not_passed_over() {
        let (root, other) = (root("CN=Root"), super::super::sample::root("CN=Other"));
        let anchors = [root.certificate.clone()];
        let judge = Judge::new(&Question::new(&[], &anchors, Purpose::Client, now()));
        let block = |der: &[u8]| pem::write("CERTIFICATE", der).into_bytes();
        let (good, foreign) = (root.leaf("CN=a", |_| {}), other.leaf("CN=b", |_| {}));
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        for (name, content) in [
            ("good.crt", block(good.der())),
            ("foreign.crt", block(foreign.der())),
            ("ca.crt", block(root.certificate.der())),
            ("other-ca.crt", block(other.certificate.der())),
            ("both.crt", block(root.certificate.der()).into_iter().chain(block(good.der())).collect()),
            ("broken.crt", block(&[0, 1, 2])),
            ("broken.der", good.der().get(..good.der().len() / 2).unwrap().to_vec()),
            ("empty", Vec::new()),
            ("notes.txt", b"nothing".to_vec()),
            // The octet that DER begins with is the digit 0.
            ("serial", b"01\n".to_vec()),
        ] {
            files.push(folder.path().join(name));
            std::fs::write(files.last().unwrap(), content).unwrap();
        }
        files.push(folder.path().join("missing"));
        let said = answer_each(&judge, &files, None);
        assert!(
            matches!(
                said.as_slice(),
                [
                    Said::Good,
                    Said::NotGood(_),
                    Said::Authority(_),
                    Said::NotGood(_),
                    Said::NotGood(_),
                    Said::Unreadable(_),
                    Said::Unreadable(_),
                    Said::NoCertificate,
                    Said::NoCertificate,
                    Said::NoCertificate,
                    Said::NoFile(_)
                ]
            ),
            "{said:?}"
        );
    }
}
