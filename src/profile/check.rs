//! From what files say to a profile that does not contradict itself, and remarks on what it leaves
//! open.

use super::document::Sourced;
use super::file::ProfileFile;
use super::kinds::{NameKind, UnknownExtensions};
use super::name::ProfileName;
use super::{NameRules, Profile, SubjectRules, Urls};
use crate::words::finding::{Finding, Place};
use crate::words::x509::algorithm::{KeyAlgorithm, KeyRule};
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsage, KeyUsages};

impl Profile {
    /// The one way to a profile.
    pub(super) fn check(
        name: ProfileName,
        place: Place,
        digest: Fingerprint,
        file: ProfileFile,
    ) -> Result<Self, Vec<Finding>> {
        let ProfileFile {
            description,
            extends,
            algorithms,
            key_usage,
            extended_key_usage,
            ca,
            path_length,
            default_lifetime,
            max_lifetime,
            dns,
            ip,
            uri,
            email,
            cn,
            require,
            allow,
            set,
            crl,
            ocsp,
            issuer,
            unknown,
            policies,
        } = file;
        let is_ca = ca.as_ref().is_some_and(|ca| ca.value);
        let Some(extended) = extended_key_usage else {
            let missing =
                Finding::error("profile.incomplete", "the profile does not say what its certificates are for")
                    .allowed("`[usage] extended`, or a profile that says it in `extends`")
                    .hint("begin the file with a line such as `extends = \"client\"`")
                    .at(place);
            return Err(vec![missing]);
        };
        let key_usage = match key_usage {
            Some(list) => Sourced::new(list.value.iter().map(|usage| usage.value).collect(), list.place),
            None => Sourced::new(default_key_usage(is_ca), place.clone()),
        };
        let algorithms = algorithms.unwrap_or_else(|| Sourced::new(default_algorithms(&place), place.clone()));
        let profile = Self {
            name,
            description: description.map(|text| text.value).unwrap_or_default(),
            extends,
            algorithms,
            key_usage,
            extended_key_usage: Sourced::new(deduplicated(extended.value), extended.place),
            ca: is_ca,
            path_length,
            default_lifetime,
            max_lifetime,
            names: NameRules { dns, ip, uri, email, cn, require: require.map(|list| list.value).unwrap_or_default() },
            subject: SubjectRules { allow, set: set.unwrap_or_default() },
            urls: Urls { crl, ocsp, issuer },
            unknown_extensions: unknown.unwrap_or_else(|| Sourced::new(UnknownExtensions::Drop, place.clone())),
            policies: deduplicated(policies.map(|list| list.value).unwrap_or_default()),
            place,
            digest,
        };
        let contradictions = profile.contradictions();
        if contradictions.is_empty() { Ok(profile) } else { Err(contradictions) }
    }

    fn contradictions(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut refuse = |place: &Place, message: String| {
            findings.push(Finding::error("profile.contradiction", message).at(place.clone()));
        };
        if self.algorithms.value.is_empty() {
            refuse(&self.algorithms.place, "`[key] algorithms` is empty, so no key could be certified".to_owned());
        }
        for rule in &self.algorithms.value {
            if let KeyRule::RsaAtLeast(bits) = rule.value
                && !(2048..=8192).contains(&bits)
            {
                refuse(&rule.place, format!("`{}`: RSA keys have 2048 to 8192 bits", rule.value));
            }
        }
        let Sourced { value: usages, place } = &self.key_usage;
        // RFC 5280 section 4.2.1.3: at least one bit is set; keyCertSign goes with cA.
        if usages.is_empty() {
            refuse(place, "`[usage] key` is empty; at least one usage has to be given".to_owned());
        }
        if self.ca && !usages.contains(KeyUsage::KeyCertSign) {
            refuse(place, "a CA needs the key usage `keyCertSign`".to_owned());
        }
        for usage in [KeyUsage::KeyCertSign, KeyUsage::CrlSign] {
            if !self.ca && usages.contains(usage) {
                refuse(place, format!("`{usage}` is for CAs, and the profile does not say `ca = true`"));
            }
        }
        for usage in [KeyUsage::EncipherOnly, KeyUsage::DecipherOnly] {
            if usages.contains(usage) && !usages.contains(KeyUsage::KeyAgreement) {
                refuse(place, format!("`{usage}` means nothing without `keyAgreement`"));
            }
        }
        if let Some(length) = &self.path_length
            && !self.ca
        {
            refuse(&length.place, "`path_length` is for CAs, and the profile does not say `ca = true`".to_owned());
        }
        if let (Some(default), Some(max)) = (&self.default_lifetime, &self.max_lifetime)
            && default.value > max.value
        {
            refuse(&default.place, format!("the default of {} is above the maximum of {}", default.value, max.value));
        }
        if self.extended_key_usage.value.contains(&ExtendedKeyUsage::ANY) {
            let message = "`anyExtendedKeyUsage` is refused by most TLS peers; name the usages".to_owned();
            refuse(&self.extended_key_usage.place, message);
        }
        for kind in &self.names.require {
            let list = match kind.value {
                NameKind::Dns => self.names.dns.as_ref().map(|list| list.value.is_empty()),
                NameKind::Ip => self.names.ip.as_ref().map(|list| list.value.is_empty()),
                NameKind::Uri | NameKind::Spiffe => self.names.uri.as_ref().map(|list| list.value.is_empty()),
                NameKind::Email => self.names.email.as_ref().map(|list| list.value.is_empty()),
                NameKind::Cn => None,
            };
            if list == Some(true) {
                refuse(&kind.place, format!("`{}` is required, and the profile grants none", kind.value));
            }
        }
        findings
    }

    /// What the profile leaves open that its author may not have meant to; for `profile check`.
    #[must_use]
    pub fn remarks(&self) -> Vec<Finding> {
        let mut remarks = Vec::new();
        if let Some(place) = self.names.first_restriction() {
            let open = [
                ("dns", self.names.dns.is_none()),
                ("ip", self.names.ip.is_none()),
                ("uri", self.names.uri.is_none()),
                ("email", self.names.email.is_none()),
            ];
            let open: Vec<&str> = open.into_iter().filter(|(_, open)| *open).map(|(kind, _)| kind).collect();
            if !open.is_empty() {
                let first = open.first().copied().unwrap_or("ip");
                let message =
                    format!("the profile restricts some names, and grants every name of the kinds {}", open.join(", "));
                remarks.push(
                    Finding::notice("profile.open_kinds", message)
                        .at(place.clone())
                        .hint(format!("write `{first} = []` to grant none of a kind")),
                );
            }
        }
        if self.ca && !self.extended_key_usage.value.is_empty() {
            let message = "extended key usages in a CA restrict everything below it for several verifiers";
            remarks.push(Finding::warning("profile.ca_usages", message).at(self.extended_key_usage.place.clone()));
        }
        if !self.ca && self.extended_key_usage.value.is_empty() {
            let message = "certificates without extended key usage are taken for every purpose";
            remarks.push(Finding::warning("profile.no_usages", message).at(self.extended_key_usage.place.clone()));
        }
        remarks
    }
}

fn default_key_usage(ca: bool) -> KeyUsages {
    if ca {
        KeyUsages::of(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign])
    } else {
        KeyUsages::of(&[KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment])
    }
}

fn default_algorithms(place: &Place) -> Vec<Sourced<KeyRule>> {
    [
        KeyRule::Exactly(KeyAlgorithm::EcdsaP256),
        KeyRule::Exactly(KeyAlgorithm::EcdsaP384),
        KeyRule::Exactly(KeyAlgorithm::EcdsaP521),
        KeyRule::Exactly(KeyAlgorithm::Ed25519),
        KeyRule::RsaAtLeast(2048),
    ]
    .into_iter()
    .map(|rule| Sourced::new(rule, place.clone()))
    .collect()
}

/// Each once, in the order of the file.
fn deduplicated<T: PartialEq>(list: Vec<Sourced<T>>) -> Vec<T> {
    let mut once: Vec<T> = Vec::new();
    for item in list {
        if !once.contains(&item.value) {
            once.push(item.value);
        }
    }
    once
}
