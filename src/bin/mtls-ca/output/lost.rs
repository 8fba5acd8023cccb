//! What is said where standard output takes no answer: the certificates that were issued all the same.

use std::io;

use mtls_ca::x509::serial::Serial;

use crate::failure::{Exit, Failure};

/// The certificates that a command issued.
#[derive(Debug, Clone, Default)]
pub struct Issued {
    pub count: u64,
    /// Those of them that can be named; of a batch, none.
    pub serials: Vec<Serial>,
}

impl Issued {
    /// One more.
    pub fn add(&mut self, serial: &Serial) {
        self.count += 1;
        self.serials.push(serial.clone());
    }
}

/// So many certificates are named where the answer is lost.
const NAMED: usize = 5;

/// Standard output takes nothing more. A certificate is issued all the same, and a second try makes another.
pub fn lost_answer(error: &io::Error, issued: &Issued) -> Failure {
    let Issued { count, serials } = issued;
    let but = match (*count, serials.as_slice()) {
        (0, _) => String::new(),
        (_, [serial]) => format!(", but certificate {serial} was issued"),
        (1, _) => ", but 1 certificate was issued".to_owned(),
        (count, _) => format!(", but {count} certificates were issued"),
    };
    let failure = Failure::new(Exit::Failed, "io", format!("cannot write the answer{but}: {error}"));
    let named = serials.iter().take(NAMED);
    let failure = named
        .fold(failure, |failure, serial| failure.hint(format!("it is in the ledger: mtls-ca show {serial} --pem")));
    if *count > serials.len().min(NAMED) as u64 { failure.hint("see all of them: mtls-ca list") } else { failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_named_as_a_person_reads() {
        let error = io::Error::from(io::ErrorKind::StorageFull);
        let lost = |count: u64, named: u8| {
            let serials = (1..=named).map(|number| format!("{number:02x}").parse().unwrap()).collect();
            let Failure { message, hints, exit, .. } = lost_answer(&error, &Issued { count, serials });
            assert_eq!(exit, Exit::Failed);
            (message, hints)
        };
        let (message, hints) = lost(0, 0);
        assert!(message.starts_with("cannot write the answer: ") && hints.is_empty(), "{message}");
        let (message, hints) = lost(1, 1);
        assert!(message.starts_with("cannot write the answer, but certificate 01 was issued: "), "{message}");
        assert_eq!(hints, ["it is in the ledger: mtls-ca show 01 --pem"]);
        let (message, hints) = lost(7, 7);
        assert!(message.starts_with("cannot write the answer, but 7 certificates were issued: "), "{message}");
        assert_eq!((hints.len(), hints.last().unwrap().as_str()), (NAMED + 1, "see all of them: mtls-ca list"));
        assert_eq!(lost(1232, 0).1, ["see all of them: mtls-ca list"]);
    }
}
