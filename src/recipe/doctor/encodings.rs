//! What a file is encoded in, and whether the system loads that.

use super::Wish;
use crate::examine::diagnosis::{Cause, Diagnosis};
use crate::examine::inspect::key::{KeyContainer, PrivateKeyReport};
use crate::examine::papers::{Coding, Desk, Holder, Paper};
use crate::recipe::facts::{Facts, KeyFormWord, Reading, Tls};
use crate::words::typed::typed_word;

/// Files, and things in files, that are not what they should be.
pub(super) fn unreadable(desk: &Desk<'_>) -> Vec<Diagnosis> {
    let named = desk.papers().iter().filter(|paper| paper.is_named || paper.is_useful());
    let faults = named.flat_map(|paper| paper.unread.iter().map(move |unread| (paper, unread)));
    faults
        .filter(|(paper, unread)| !unread.reason.is_empty() || (paper.is_named && !paper.is_useful()))
        .map(|(paper, unread)| {
            let reason = if unread.reason.is_empty() { "is not read here" } else { &unread.reason };
            let password = if unread.what.contains("store") { " --passphrase-file FILE" } else { "" };
            Diagnosis::error(Cause::Unreadable, format!("`{}`: the {} is not readable", paper.place, unread.what))
                .proof(reason)
                .fix(format!("mtls-ca inspect {}{password}", typed_word(&paper.place)))
        })
        .collect()
}

/// Folders that cannot be read: there may be more in them, which nobody misses where the rest is sound.
pub(super) fn closed_folders(desk: &Desk<'_>) -> Vec<Diagnosis> {
    let folders = desk.papers().iter().filter(|paper| paper.coding == Coding::Folder);
    folders
        .map(|paper| {
            let told = Diagnosis::warning(Cause::Unreadable, format!("the folder `{}` cannot be read", paper.place));
            let proofs = paper.unread.iter().map(|unread| unread.reason.clone());
            proofs.fold(told, Diagnosis::proof).fix(format!("ls -ld {}", typed_word(&paper.place)))
        })
        .collect()
}

/// The files of one holder, and those beside them.
pub(super) fn of_holder(desk: &Desk<'_>, holder: &Holder<'_>, wish: &Wish<'_>) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    let key_paper = holder.key.map(|(paper, _)| paper);
    let mut seen: Vec<&Paper> = Vec::new();
    // Of several trust files, one that is read is enough.
    let trust = || desk.trust.iter().copied();
    let readable = trust().any(|paper| coding(desk, paper, wish).is_none());
    let trust = trust().filter(|paper| !readable || coding(desk, paper, wish).is_none());
    let all = [Some(holder.presented), key_paper].into_iter().flatten().chain(trust);
    for paper in all.chain(desk.crls.iter().copied()) {
        if seen.iter().any(|earlier| std::ptr::eq::<Paper>(*earlier, paper)) {
            continue;
        }
        seen.push(paper);
        found.extend(byte_order_mark(paper, wish));
        found.extend(coding(desk, paper, wish));
        found.extend(hidden_from_java(paper, wish));
    }
    match holder.key {
        Some((paper, key)) => found.extend(key_form(paper, key, wish)),
        None if wish.deployment.is_some() || holder.presented.coding == Coding::Pkcs12 => {
            found.push(
                Diagnosis::error(Cause::KeyMissing, format!("there is no key beside `{}`", holder.presented.place))
                    .proof("without its key a certificate cannot be used")
                    .fix(format!(
                        "# put the key beside it, or have a new one made: mtls-ca rekey {}",
                        holder.leaf.serial()
                    )),
            );
        }
        None => {}
    }
    found
}

/// Go, rustls and BoringSSL look for `-----BEGIN` at the first octet.
fn byte_order_mark(paper: &Paper, wish: &Wish<'_>) -> Option<Diagnosis> {
    if !paper.has_bom {
        return None;
    }
    let refuses = wish.facts().is_none_or(Facts::refuses_bom);
    let file = typed_word(&paper.place);
    refuses.then(|| {
        wish.told(
            Cause::EncodingBom,
            format!(
                "`{}` begins with a byte order mark, {}",
                paper.place,
                wish.who("which is not read", "which Go, rustls and Envoy do not read")
            ),
        )
        .proof("its first octets are EF BB BF, as editors on Windows write them; Go, rustls and Envoy refuse it")
        .fix(format!(r"sed -i '1s/^\xef\xbb\xbf//' {file}"))
    })
}

/// A PKCS#12 trust store whose entries lack Oracle's attribute (2.16.840.1.113894.746875.1.1).
fn hidden_from_java(paper: &Paper, wish: &Wish<'_>) -> Option<Diagnosis> {
    let is_java = wish.facts().is_none_or(|facts| facts.tls == Some(Tls::Jsse));
    if paper.hidden_from_java == 0 || !paper.keys.is_empty() || !is_java {
        return None;
    }
    let whole = paper.hidden_from_java == paper.certificates.len();
    let is = if whole { "is empty".to_owned() } else { format!("lacks {} entries", paper.hidden_from_java) };
    Some(
        wish.told(Cause::TrustStoreEmpty, format!("the trust store `{}` {is} to Java", paper.place))
            .proof("its certificates are not marked as trusted (attribute 2.16.840.1.113894.746875.1.1)")
            .proof("`openssl pkcs12 -export -nokeys` makes such; Java says that the trustAnchors parameter must be non-empty")
            .fix("mtls-ca bundle --format pkcs12 --make-store-password trust.pw --out truststore.p12"),
    )
}

/// PEM, DER or a store, where the system reads something else.
fn coding(desk: &Desk<'_>, paper: &Paper, wish: &Wish<'_>) -> Option<Diagnosis> {
    let (reading, is) = match paper.coding {
        Coding::Pem => (Reading::Pem, "PEM"),
        Coding::Der => (Reading::Der, "DER"),
        Coding::Base64 => (Reading::Der, "base64 without the lines of PEM"),
        Coding::Pkcs12 => (Reading::Pkcs12, "PKCS#12"),
        Coding::Jks => (Reading::Jks, "a Java key store"),
        Coding::Pkcs7 => (Reading::Der, "PKCS#7"),
        Coding::Folder | Coding::Unknown => return None,
    };
    let plain = [Reading::Pem, Reading::Pkcs12, Reading::Jks];
    let reads = wish.facts().map_or(&plain[..], |facts| &facts.reads);
    if reads.is_empty() || reads.contains(&reading) && paper.coding != Coding::Pkcs7 {
        return None;
    }
    // CRLs of Java programs are PEM or DER files whatever its stores are.
    if reads.iter().all(|one| matches!(one, Reading::Pkcs12 | Reading::Jks))
        && paper.certificates.is_empty()
        && paper.keys.is_empty()
    {
        return None;
    }
    let file = typed_word(&paper.place);
    let list: Vec<&str> = reads.iter().map(|reading| reading.words()).collect();
    let told = wish
        .told(
            Cause::EncodingUnread,
            format!("`{}` is {is}, {}", paper.place, wish.who("which is not read", "which hardly any server can read")),
        )
        .proof(format!("what is read is {}", list.join(", ")))
        .proof(format!("the file holds {}", paper.words()));
    Some(if reads.contains(&Reading::Pem) {
        if paper.keys.is_empty() {
            told.fix(format!("mtls-ca inspect --pem {file} > {}", typed_word(format!("{}.pem", paper.place))))
        } else {
            told.fix(format!(
                "(umask 077; openssl pkey -in {file} -out {})",
                typed_word(format!("{}.pem", paper.place))
            ))
        }
    } else {
        let certificate = desk.holders.first().map_or("CERT", |holder| holder.presented.place.as_str());
        told.fix(format!(
            "mtls-ca export {} --format pkcs12 --make-store-password store.pw --out tls.p12",
            typed_word(certificate)
        ))
    })
}

/// Encrypted keys, and SEC1 or PKCS#1 where only PKCS#8 is loaded.
fn key_form(paper: &Paper, key: &PrivateKeyReport, wish: &Wish<'_>) -> Option<Diagnosis> {
    if matches!(paper.coding, Coding::Pkcs12 | Coding::Jks) {
        return None;
    }
    let plain = format!(
        "(umask 077; openssl pkey -in {} -out {})",
        typed_word(&paper.place),
        typed_word(format!("{}.pkcs8", paper.place))
    );
    if key.encrypted {
        return Some(
            wish.told(
                Cause::KeyEncrypted,
                format!(
                    "the key in `{}` is encrypted, and {}",
                    paper.place,
                    wish.who("without its passphrase not loaded", "no program can load it without its passphrase")
                ),
            )
            .proofs(key.protection.as_ref().map(|protection| format!("it is encrypted with {protection}")))
            .proof("no program starts by itself with an encrypted key, unless it is configured where the passphrase is")
            .fix(plain),
        );
    }
    let form = match key.container {
        KeyContainer::Pkcs8 => KeyFormWord::Pkcs8,
        KeyContainer::Sec1 => KeyFormWord::Sec1,
        KeyContainer::Pkcs1 => KeyFormWord::Pkcs1,
        KeyContainer::Dsa => return None,
    };
    let facts = wish.facts()?;
    if facts.key_forms.is_empty() || facts.key_forms.contains(&form) {
        return None;
    }
    let list: Vec<&str> = facts.key_forms.iter().map(|form| form.words()).collect();
    Some(
        wish.told(
            Cause::KeyForm,
            format!(
                "the key in `{}` is in the form {}, which is not loaded by {}",
                paper.place,
                form.words(),
                wish.title()
            ),
        )
        .proof(format!("what is loaded is {}", list.join(", ")))
        .fix(plain),
    )
}
