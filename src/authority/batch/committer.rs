//! The one thread of a batch that has the ledger: it gathers what the workers did, and writes it in
//! groups.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};

use super::floor::{Floor, MOMENT, Ticket, ToSign};
use super::worker::{Asking, Said, Signing, Stood};
use super::{Answer, Repeat, Told};
use crate::audit::event::{Act, Event};
use crate::authority::AuthorityError;
use crate::authority::audit::Asked;
use crate::authority::issue::{Recorded, Signed};
use crate::encoding::certificate;
use crate::ledger::{Again, Ledger, ReservedRow, Round, RowId, Standing, Stands, Use, Wanted};
use crate::store::layout::IssuerNumber;
use crate::words::x509::certificate::Certificate;

/// So many rows go into one transaction, unless no more come.
const GROUP: usize = 1_024;

/// What it needs for that.
pub(super) struct Committer<'a> {
    pub(super) ledger: &'a mut Ledger,
    pub(super) issuer: IssuerNumber,
    pub(super) chain: Arc<[Certificate]>,
    pub(super) act: &'a Act,
    /// The newest row from before the batch.
    pub(super) newest: RowId,
}

/// What the workers did since the last transaction.
struct Hand<R, E> {
    planned: Vec<(Ticket<R>, Recorded, Repeat)>,
    stands: Vec<(Ticket<R>, Stood<E>)>,
    failed: Vec<(Ticket<R>, E)>,
    refusals: Vec<Event>,
    reserved: Vec<ReservedRow>,
    signed: Vec<(Ticket<R>, Signed)>,
    unsigned: Vec<(ReservedRow, String)>,
}

impl<R, E: From<AuthorityError>> Hand<R, E> {
    const fn new() -> Self {
        Self {
            planned: Vec::new(),
            stands: Vec::new(),
            failed: Vec::new(),
            refusals: Vec::new(),
            reserved: Vec::new(),
            signed: Vec::new(),
            unsigned: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.is_light(1)
    }

    /// Whether it is not worth a transaction of this size.
    fn is_light(&self, rows: usize) -> bool {
        self.planned.len().max(self.signed.len()).max(self.stands.len()).max(self.failed.len()) < rows
    }

    fn take(&mut self, said: Said<R, E>) {
        match said {
            Said::Asked(rows) => {
                for (ticket, asking) in rows {
                    match asking {
                        Asking::Planned(plan, repeat) => self.planned.push((ticket, *plan, repeat)),
                        Asking::Stands(stood) => self.stands.push((ticket, stood)),
                        Asking::Failed(error, event) => {
                            self.failed.push((ticket, error));
                            self.refusals.extend(event.map(|event| *event));
                        }
                    }
                }
            }
            Said::Signed(rows) => {
                for Signing { ticket, row, signed } in rows {
                    match signed {
                        Ok(signed) => {
                            self.reserved.push(row);
                            self.signed.push((ticket, signed));
                        }
                        Err(error) => {
                            self.unsigned.push((row, error.to_string()));
                            self.failed.push((ticket, error.into()));
                        }
                    }
                }
            }
            Said::Broken => {}
        }
    }
}

impl<E: From<AuthorityError>> Stood<E> {
    fn asked_about(&self) -> Stands<'_> {
        let request = self.answers.as_ref().map(|(request, _)| request.as_slice());
        Stands { certificate: self.certificate, public_key: self.public_key, request }
    }

    fn told(self, of: Use) -> Result<Answer, E> {
        match (of, self.answers) {
            (Use::No, _) => Err(self.otherwise),
            (Use::CompromisedKey, _) => Err(AuthorityError::CompromisedKey(self.public_key).into()),
            (Use::ForAnother, Some((_, error))) => Err(error),
            (Use::ForAnother | Use::Current, _) => Ok(Answer::Stood(self.certificate)),
        }
    }
}

impl Committer<'_> {
    /// Until every row has its outcome, or the ledger fails.
    pub(super) fn run<I: Iterator, E: From<AuthorityError>>(
        mut self,
        floor: &Floor<'_, I>,
        inbox: &Receiver<Said<I::Item, E>>,
        outbox: &Sender<Vec<Told<I::Item, E>>>,
    ) -> Result<(), AuthorityError> {
        let ran = self.gather(floor, inbox, outbox);
        floor.close();
        ran
    }

    fn gather<I: Iterator, E: From<AuthorityError>>(
        &mut self,
        floor: &Floor<'_, I>,
        inbox: &Receiver<Said<I::Item, E>>,
        outbox: &Sender<Vec<Told<I::Item, E>>>,
    ) -> Result<(), AuthorityError> {
        let mut hand = Hand::new();
        // What is refused again for a key that turned out to be known to others.
        let mut late: Vec<Event> = Vec::new();
        let mut settled = 0;
        loop {
            match inbox.recv_timeout(MOMENT) {
                // The panic comes out when the threads are joined.
                Ok(Said::Broken) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(said) => {
                    hand.take(said);
                    if hand.is_light(GROUP) {
                        continue;
                    }
                }
                Err(RecvTimeoutError::Timeout) if hand.is_empty() => {
                    if !late.is_empty() {
                        let round = Round { events: std::mem::take(&mut late), ..Round::default() };
                        self.ledger.round(round, self.act)?;
                    }
                    if floor.is_finished(settled) {
                        return Ok(());
                    }
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let mut full = std::mem::replace(&mut hand, Hand::new());
            full.refusals.append(&mut late);
            let (told, reserved) = self.commit(full, &mut late)?;
            floor.sign(reserved);
            settled += told.len() as u64;
            // Where the caller has gone, nobody wants to know.
            let _gone = outbox.send(told);
        }
    }

    /// One transaction, and what follows from it.
    #[expect(clippy::type_complexity, reason = "the two ways on")]
    fn commit<R, E: From<AuthorityError>>(
        &mut self,
        hand: Hand<R, E>,
        late: &mut Vec<Event>,
    ) -> Result<(Vec<Told<R, E>>, Vec<ToSign<R>>), AuthorityError> {
        let Hand { planned, stands, failed, refusals, reserved, signed, unsigned } = hand;
        let again = |repeat: &Repeat| match repeat {
            Repeat::Anew => Again::Anew,
            Repeat::Resume => Again::SameRequest(self.newest),
            Repeat::ResumeOfKey => Again::SameContent(self.newest),
        };
        let round = Round {
            signed: reserved.into_iter().zip(signed.iter().map(|(_, signed)| signed.certificate())).collect(),
            unsigned,
            events: refusals,
            wanted: planned
                .iter()
                .map(|(_, plan, repeat)| Wanted { reservation: plan.reservation(self.issuer), again: again(repeat) })
                .collect(),
            asked_about: stands.iter().map(|(_, stood)| stood.asked_about()).collect(),
            before: self.newest,
        };
        let done = self.ledger.round(round, self.act)?;
        let mut told: Vec<Told<R, E>> = failed.into_iter().map(|(ticket, error)| (ticket, Err(error))).collect();
        for ((ticket, signed), stored) in signed.into_iter().zip(done.signed) {
            let issued = |_| Answer::Issued(Box::new(signed.issued(Arc::clone(&self.chain))));
            told.push((ticket, stored.map(issued).map_err(|error| AuthorityError::from(error).into())));
        }
        told.extend(stands.into_iter().zip(done.uses).map(|((ticket, stood), of)| (ticket, stood.told(of))));
        let mut to_sign = Vec::with_capacity(planned.len());
        for ((ticket, plan, _), standing) in planned.into_iter().zip(done.wanted) {
            let result = match standing {
                Ok(Standing::Reserved(row)) => {
                    to_sign.push(ToSign { ticket, row, plan });
                    continue;
                }
                Ok(Standing::Answered(der)) => self.delivered(&der),
                Ok(Standing::CompromisedKey) => {
                    let draft = plan.cleared().draft();
                    let error = AuthorityError::CompromisedKey(plan.cleared().preview().public_key().fingerprint());
                    late.extend(Asked::of_draft(draft).and_then(|asked| asked.refused(&error, self.act)));
                    Err(error)
                }
                Err(error) => Err(error.into()),
            };
            told.push((ticket, result.map_err(E::from)));
        }
        Ok((told, to_sign))
    }

    fn delivered(&self, der: &[u8]) -> Result<Answer, AuthorityError> {
        let path = self.ledger.path().to_owned();
        let certificate = certificate::read(der).map_err(|source| AuthorityError::Unreadable { path, source })?;
        Ok(Answer::Delivered(Box::new(certificate)))
    }
}
