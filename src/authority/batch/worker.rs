//! What many threads do of a batch: everything but the ledger.

use std::sync::mpsc::Sender;

use super::floor::{Floor, Piece, Ticket, ToSign};
use super::{Ask, Errand, Repeat, Wish};
use crate::audit::event::{Act, Event};
use crate::authority::audit::Asked;
use crate::authority::issue::{Recorded, Signed, signed};
use crate::authority::{AuthorityError, Desk, Signer};
use crate::encoding::request;
use crate::ledger::ReservedRow;
use crate::words::x509::fingerprint::Fingerprint;

/// What a worker hands to the committer.
pub(super) enum Said<R, E> {
    Asked(Vec<(Ticket<R>, Asking<E>)>),
    Signed(Vec<Signing<R>>),
    /// A worker is lost.
    Broken,
}

/// What became of asking a row.
pub(super) enum Asking<E> {
    Planned(Box<Recorded>, Repeat),
    Stands(Stood<E>),
    /// With what goes on record where it was a rule that refused.
    Failed(E, Option<Box<Event>>),
}

/// A certificate that is in its place, and why its row fails where it is no answer.
pub(super) struct Stood<E> {
    pub(super) certificate: Fingerprint,
    pub(super) public_key: Fingerprint,
    pub(super) answers: Option<(Vec<u8>, E)>,
    pub(super) otherwise: E,
}

/// What became of using the key.
pub(super) struct Signing<R> {
    pub(super) ticket: Ticket<R>,
    pub(super) row: ReservedRow,
    pub(super) signed: Result<Signed, AuthorityError>,
}

/// Tells the committer where a worker panics: it would wait for its rows for ever.
struct Watch<'a, R, E>(&'a Sender<Said<R, E>>);

impl<R, E> Drop for Watch<'_, R, E> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Where the committer has gone, nobody waits.
            let _gone = self.0.send(Said::Broken);
        }
    }
}

pub(super) fn work<I: Iterator<Item = E::Row>, E: Errand>(
    floor: &Floor<'_, I>,
    errand: &E,
    desk: Desk<'_>,
    signer: &Signer,
    act: &Act,
    committer: &Sender<Said<E::Row, E::Error>>,
) {
    let _watch = Watch(committer);
    while let Some(piece) = floor.next() {
        let said = match piece {
            Piece::Ask(rows) => Said::Asked(
                rows.into_iter()
                    .map(|ticket| {
                        let asking = ask(errand, &ticket.row, desk, act);
                        (ticket, asking)
                    })
                    .collect(),
            ),
            Piece::Sign(reserved) => Said::Signed(reserved.into_iter().map(|each| sign(each, signer)).collect()),
        };
        if committer.send(said).is_err() {
            return;
        }
    }
}

fn ask<E: Errand>(errand: &E, row: &E::Row, desk: Desk<'_>, act: &Act) -> Asking<E::Error> {
    let Wish { request, order, profile, repeat } = match errand.ask(row, &desk) {
        Ok(Ask::Certify(wish)) => *wish,
        Ok(Ask::Stands { certificate, public_key, answers, otherwise }) => {
            return Asking::Stands(Stood { certificate, public_key, answers, otherwise });
        }
        Err(error) => return Asking::Failed(error, None),
    };
    let der = request.der().to_vec();
    match desk.plan(request, &order, &profile, act.now) {
        Ok(plan) => match errand.ready(row) {
            Ok(()) => Asking::Planned(Box::new(Recorded::of(plan, act)), repeat),
            Err(error) => Asking::Failed(error, None),
        },
        Err(error) => {
            let asked = request::read(&der).ok().map(|request| Asked::of(&request, &order, &profile, &desk));
            let event = asked.and_then(|asked| asked.refused(&error, act));
            Asking::Failed(error.into(), event.map(Box::new))
        }
    }
}

fn sign<R>(reserved: ToSign<R>, signer: &Signer) -> Signing<R> {
    let ToSign { ticket, row, plan } = reserved;
    let signed = signed(plan.into_cleared(), &signer.key, signer.certificate.public_key());
    Signing { ticket, row, signed }
}
