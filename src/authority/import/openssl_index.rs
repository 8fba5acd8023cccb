//! `index.txt`, the text database of `openssl ca` and easy-rsa: a line for each certificate, six fields
//! with tabs between them.

use super::source::{Record, Trouble};
use crate::ledger::Revocation;
use crate::words::clock::Time;
use crate::words::x509::reason::RevocationReason;

/// Every line, as a record or as what is wrong with it. `file` is what the lines are called after.
pub(super) fn parse(text: &[u8], file: &str) -> (Vec<Record>, Vec<Trouble>) {
    let text = String::from_utf8_lossy(text);
    let (mut records, mut troubles) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{file}:{}", number + 1);
        match record(line, &place) {
            Ok(record) => records.push(record),
            Err(reason) => troubles.push(Trouble { place, reason }),
        }
    }
    (records, troubles)
}

fn record(line: &str, place: &str) -> Result<Record, String> {
    let fields = fields(line);
    let [status, ends, revoked, serial, _file, subject] = fields.as_slice() else {
        return Err(format!("it has {} fields with tabs between them, and six are wanted", fields.len()));
    };
    let revocation = match (status.as_str(), revoked.as_str()) {
        // `E` is what `openssl ca -updatedb` makes of `V` when a certificate has ended.
        ("V" | "E", "") => None,
        ("V" | "E", _) => return Err(format!("its status is `{status}`, and it has a time of revocation")),
        ("R", "") => return Err("its status is `R`, and it has no time of revocation".to_owned()),
        ("R", revoked) => Some(revocation(revoked)?),
        _ => return Err(format!("its status is `{status}`; known are `V`, `R` and `E`")),
    };
    Ok(Record {
        place: place.to_owned(),
        serial: serial.parse().map_err(|error| format!("{error}"))?,
        subject: Some(subject.clone()).filter(|subject| !subject.is_empty()),
        not_after: Some(moment(ends)?),
        revocation,
    })
}

/// A backslash keeps the tab behind it from ending a field.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\t' => fields.push(String::new()),
            '\\' if characters.peek() == Some(&'\t') => {
                let tab = characters.next();
                fields.last_mut().into_iter().for_each(|field| field.extend(tab));
            }
            other => fields.last_mut().into_iter().for_each(|field| field.push(other)),
        }
    }
    fields
}

/// `TIME`, `TIME,REASON`, or a word of OpenSSL's own with what belongs to it.
fn revocation(text: &str) -> Result<Revocation, String> {
    let mut parts = text.splitn(3, ',');
    let revoked_at = moment(parts.next().unwrap_or_default())?;
    let (word, more) = (parts.next(), parts.next());
    let (reason, invalid_since) = match word {
        None => (RevocationReason::Unspecified, None),
        Some("holdInstruction") => (RevocationReason::CertificateHold, None),
        Some("keyTime") => (RevocationReason::KeyCompromise, Some(moment(more.unwrap_or_default())?)),
        Some("CAkeyTime") => (RevocationReason::CaCompromise, Some(moment(more.unwrap_or_default())?)),
        Some(word) => match word.parse().map_err(|error| format!("{error}"))? {
            // Only a delta CRL says this (RFC 5280 section 5.3.1); in a full database the line is revoked.
            RevocationReason::RemoveFromCrl => (RevocationReason::Unspecified, None),
            reason => (reason, None),
        },
    };
    Ok(Revocation { revoked_at, reason, invalid_since })
}

/// UTCTime or GeneralizedTime as RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2 have them.
fn moment(text: &str) -> Result<Time, String> {
    let wrong = || format!("`{text}` is not a time such as `270131120000Z`");
    let digits = text.strip_suffix('Z').ok_or_else(wrong)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let whole = match digits.len() {
        // RFC 5280 section 4.1.2.5.1: below 50 is of this century.
        12 if digits < "50" => format!("20{digits}"),
        12 => format!("19{digits}"),
        14 => digits.to_owned(),
        _ => return Err(wrong()),
    };
    let part = |from: usize, to: usize| whole.get(from..to).unwrap_or_default();
    let rfc3339 =
        format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14));
    rfc3339.parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_is_read() {
        let text = "V\t290224192327Z\t\tC905\tunknown\t/CN=srv\n\
                    # a remark\n\
                    \n\
                    E\t490224192327Z\t\t01\tunknown\t/C=DE/O=A/CN=old\r\n\
                    R\t500224192327Z\t261122192328Z\t02\tunknown\t/CN=plain\n\
                    R\t20500224192327Z\t261122192328Z,superseded\t03\tunknown\t/CN=cli\n\
                    R\t290224192328Z\t261122192328Z,CACompromise\t04\tunknown\t/CN=ca\n\
                    R\t290224192328Z\t261122192328Z,keyTime,20261101000000Z\t05\tunknown\t/CN=key\n\
                    R\t290224192328Z\t261122192328Z,holdInstruction,holdInstructionReject\t06\tunknown\t/CN=hold\n\
                    V\t290224192328Z\t\t07\tunknown\t/CN=a\\\tb\n";
        let (records, troubles) = parse(text.as_bytes(), "index.txt");
        assert_eq!(troubles, []);
        let places: Vec<&str> = records.iter().map(|record| record.place.as_str()).collect();
        assert_eq!(places[..2], ["index.txt:1", "index.txt:4"]);
        let ends: Vec<String> = records.iter().map(|record| record.not_after.unwrap().to_string()).collect();
        assert_eq!(
            ends[..4],
            ["2029-02-24T19:23:27Z", "2049-02-24T19:23:27Z", "1950-02-24T19:23:27Z", "2050-02-24T19:23:27Z"]
        );
        assert_eq!(records[0].serial.to_string(), "00c905");
        assert_eq!(records[7].subject.as_deref(), Some("/CN=a\tb"));
        let revocations: Vec<String> = records
            .iter()
            .filter_map(|record| record.revocation.as_ref())
            .map(|revocation| {
                let since = revocation.invalid_since.map_or(String::new(), |since| format!(" {since}"));
                format!("{} {}{since}", revocation.revoked_at, revocation.reason)
            })
            .collect();
        assert_eq!(
            revocations,
            [
                "2026-11-22T19:23:28Z unspecified",
                "2026-11-22T19:23:28Z superseded",
                "2026-11-22T19:23:28Z cACompromise",
                "2026-11-22T19:23:28Z keyCompromise 2026-11-01T00:00:00Z",
                "2026-11-22T19:23:28Z certificateHold",
            ]
        );
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (line, said) in [
            ("V\t290224192327Z\t\t01\tunknown", "it has 5 fields"),
            ("V 290224192327Z 01 unknown /CN=x", "it has 1 fields"),
            ("X\t290224192327Z\t\t01\tunknown\t/CN=x", "its status is `X`"),
            ("V\t290224192327Z\t261122192328Z\t01\tunknown\t/CN=x", "its status is `V`, and it has a time"),
            ("R\t290224192327Z\t\t01\tunknown\t/CN=x", "its status is `R`, and it has no time"),
            ("V\t2902241923\t\t01\tunknown\t/CN=x", "`2902241923` is not a time"),
            ("V\t299924192327Z\t\t01\tunknown\t/CN=x", "`299924192327Z` is not a time"),
            ("R\t290224192327Z\t261122192328Z,stolen\t01\tunknown\t/CN=x", "`stolen` is not a revocation reason"),
            ("R\t290224192327Z\t261122192328Z,keyTime\t01\tunknown\t/CN=x", "`` is not a time"),
            ("V\t290224192327Z\t\tzz\tunknown\t/CN=x", "`zz` is not a serial number"),
        ] {
            let (records, troubles) = parse(format!("\n{line}\n").as_bytes(), "i");
            assert_eq!(records, [], "{line}");
            assert!(troubles[0].place == "i:2" && troubles[0].reason.starts_with(said), "{line}: {troubles:?}");
        }
    }
}
