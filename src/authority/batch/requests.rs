//! A batch of requests in files, each of which is answered by a file.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::error::RowError;
use super::places::{Places, deliver, replaceable, standing};
use super::{Answer, Ask, Errand, Repeat, Wish};
use crate::authority::{Authority, Choice, Desk};
use crate::bundle::deliver::Misplaced;
use crate::bundle::pem;
use crate::encoding::request;
use crate::profile::ProfileName;
use crate::store::atomic::Existing;
use crate::store::read::{LARGEST_FILE, read_limited};
use crate::words::order::Order;

/// What all rows have in common.
#[derive(Debug)]
pub struct RequestFiles {
    /// The profile, where one is asked for.
    pub profile: Option<ProfileName>,
    /// What is wanted beside the requests.
    pub order: Order,
    /// Whether answers that are there are made anew.
    pub existing: Existing,
    /// In PEM, what goes behind each certificate.
    chain: String,
}

/// One request and its answer.
#[derive(Debug)]
pub struct RequestFile {
    /// The request.
    pub request: PathBuf,
    /// Where the answer goes.
    pub answer: PathBuf,
    refused: Mutex<Option<RowError>>,
    choice: OnceLock<Choice>,
}

impl RequestFile {
    /// A row, whose answer takes a place of its own.
    pub fn new(request: PathBuf, answer: PathBuf, places: &mut Places) -> Self {
        let refused = if request == answer {
            let (first, second) = ("a request".to_owned(), "its answer".to_owned());
            Some(Misplaced::Twice { path: answer.clone(), first, second }.into())
        } else {
            places.take(&answer).err()
        };
        Self { request, answer, refused: Mutex::new(refused), choice: OnceLock::new() }
    }

    /// Which profile was taken, and why; none where it did not come to that.
    #[must_use]
    pub fn choice(&self) -> Option<&Choice> {
        self.choice.get()
    }
}

impl RequestFiles {
    /// For the requests of a CA.
    #[must_use]
    pub fn new(ca: &Authority, profile: Option<ProfileName>, order: Order, existing: Existing) -> Self {
        Self { profile, order, existing, chain: pem::certificates(&ca.chain()) }
    }
}

impl Errand for RequestFiles {
    type Row = RequestFile;
    type Error = RowError;

    fn ask(&self, row: &RequestFile, desk: &Desk<'_>) -> Result<Ask<RowError>, RowError> {
        if let Some(refused) = row.refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(refused);
        }
        let content = read_limited(&row.request, LARGEST_FILE)?;
        let mut found =
            request::read_all(&content).map_err(|source| RowError::Unreadable { path: row.request.clone(), source })?;
        let request = match (found.pop(), found.len()) {
            (Some(request), 0) => request,
            (_, others) => return Err(RowError::Several { path: row.request.clone(), count: others + 1 }),
        };
        if self.existing == Existing::Replace {
            replaceable(&row.answer)?;
        } else if let Some(certificate) = standing(&row.answer, request.public_key())? {
            let answers = Some((request.der().to_vec(), RowError::ForAnother(row.answer.clone())));
            let (public_key, otherwise) = (request.public_key().fingerprint(), RowError::Occupied(row.answer.clone()));
            return Ok(Ask::Stands { certificate, public_key, answers, otherwise });
        }
        let choice = desk.choose_profile(self.profile.as_ref(), &request);
        let profile = choice.profile.clone();
        // A row is asked once.
        let _first = row.choice.set(choice);
        let repeat = if self.existing == Existing::Keep { Repeat::Resume } else { Repeat::Anew };
        Ok(Ask::Certify(Box::new(Wish { request, order: self.order.clone(), profile, repeat })))
    }

    fn deliver(&self, answers: &[(&RequestFile, &Answer)]) -> Vec<Result<(), RowError>> {
        deliver(answers.iter().map(|(row, answer)| (row.answer.as_path(), *answer)), &self.chain, self.existing)
    }
}

/// The place beside a request where its answer goes: `api.csr` becomes `api.crt`, in `folder` where one
/// is named.
#[must_use]
pub fn answer_of(request: &Path, folder: Option<&Path>) -> PathBuf {
    match folder {
        Some(folder) => {
            folder.join(Path::new(request.file_name().unwrap_or(request.as_os_str())).with_extension("crt"))
        }
        None => request.with_extension("crt"),
    }
}
