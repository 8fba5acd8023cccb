//! Whether the names of a certificate lie within the constraints of every CA above, asked before
//! it is signed (RFC 5280 sections 4.2.1.10 and 6.1.3 (b) and (c)).

use super::matching::{Standing, dn_within, dns_touches, dns_within, email_within, ip_within, uri_within};
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::{NameConstraints, Subtree};
use crate::words::x509::general_name::escaped;
use crate::words::x509::name::Name;
use crate::words::x509::oid;
use crate::words::x509::san::San;

const CLAUSE: &str = "RFC 5280 section 4.2.1.10";

/// A name that constraints are about.
enum Constrained<'a> {
    San(&'a San),
    /// An emailAddress of the subject, which section 4.2.1.10 wants checked as a mailbox.
    SubjectEmail(&'a str),
    Subject(&'a Name),
}

/// What the constraints of these CAs, those of each by itself, say about a certificate's names.
pub(crate) fn check<'a>(
    names: &[San],
    subject: &Name,
    is_ca: bool,
    authorities: impl Iterator<Item = &'a Certificate>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for authority in authorities {
        let authority_name = authority.subject().rfc4514();
        if authority.extensions().get(&oid::NAME_CONSTRAINTS).is_none() {
            continue;
        }
        if let Some(constraints) = authority.extensions().name_constraints() {
            findings.extend(check_one(names, subject, is_ca, constraints, &authority_name));
        } else {
            let message = format!("the name constraints of the CA `{authority_name}` cannot be read");
            findings.push(Finding::error("policy.constraints_unreadable", message).clause(CLAUSE));
        }
    }
    findings
}

/// What the constraints of one CA say.
fn check_one(
    names: &[San],
    subject: &Name,
    is_ca: bool,
    constraints: &NameConstraints,
    authority: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let emails = subject.attributes().filter(|attribute| attribute.kind == oid::EMAIL_ADDRESS);
    let emails = emails.filter_map(|attribute| attribute.value.text()).map(Constrained::SubjectEmail);
    let directory = (!subject.is_empty()).then_some(Constrained::Subject(subject));
    for name in names.iter().map(Constrained::San).chain(emails).chain(directory) {
        if let Some(excluded) = constraints.excluded.iter().find(|subtree| name.touches(subtree)) {
            let message = format!("`{}` lies within `{excluded}`, which the CA `{authority}` excludes", name.shown());
            findings.push(Finding::error("policy.name_excluded", message).asked(name.shown()).clause(CLAUSE));
        }
        let of_kind: Vec<&Subtree> = constraints.permitted.iter().filter(|subtree| name.is_of_kind(subtree)).collect();
        if !of_kind.is_empty() && !of_kind.iter().any(|subtree| name.is_within(subtree)) {
            let permitted: Vec<String> = of_kind.iter().map(|subtree| format!("`{subtree}`")).collect();
            let message = format!("`{}` lies outside of what the CA `{authority}` permits", name.shown());
            let finding = Finding::error("policy.name_not_permitted", message).asked(name.shown());
            findings.push(finding.allowed(permitted.join(", ")).clause(CLAUSE));
        }
    }
    if !is_ca && !names.iter().any(|san| matches!(san, San::Dns(_))) {
        findings.extend(beyond_by_cn(subject, constraints).map(|common_name| {
            let message = format!(
                "the CN `{}` is outside of the DNS names that the CA `{authority}` permits",
                escaped(common_name)
            );
            Finding::error("policy.cn_outside_constraints", message)
                .asked(format!("CN={}", escaped(common_name)))
                .clause("OpenSSL's check_name_constraints")
                .hint("add a DNS name within them as `--san`, or take a CN that does not read as a host")
        }));
    }
    findings
}

/// The CNs for which OpenSSL refuses a leaf without DNS names (error 47): those that read as hosts
/// and lie outside of the DNS constraints. Its `check_name_constraints` (crypto/x509/x509_vfy.c)
/// asks `NAME_CONSTRAINTS_check_CN` (crypto/x509/v3_ncons.c) of the last certificate alone, if that
/// has no dNSName, and there for every CN.
pub(crate) fn beyond_by_cn<'a>(
    subject: &'a Name,
    constraints: &'a NameConstraints,
) -> impl Iterator<Item = &'a str> + use<'a> {
    fn bases(list: &[Subtree]) -> impl Iterator<Item = &String> {
        list.iter().filter_map(|subtree| if let Subtree::Dns(base) = subtree { Some(base) } else { None })
    }
    let common_names = subject.attributes().filter(|attribute| attribute.kind == oid::COMMON_NAME);
    // Trailing NULs of sloppy encoders do not count there.
    let texts = common_names.filter_map(|attribute| attribute.value.text()).map(|text| text.trim_end_matches('\0'));
    texts.filter(|text| reads_as_host(text)).filter(|text| {
        let outside = bases(&constraints.permitted).next().is_some()
            && !bases(&constraints.permitted).any(|base| dns_within(text, base));
        outside || bases(&constraints.excluded).any(|base| dns_within(text, base))
    })
}

/// As `cn2dnsid` of OpenSSL has it: two or more labels of letters, digits, `_` and inner `-`.
/// Addresses such as `10.0.0.1` are among these.
fn reads_as_host(text: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_inner);
    let labels: Vec<&str> = text.split('.').collect();
    labels.len() > 1 && labels.iter().all(|label| is_label(label) && !label.starts_with('-') && !label.ends_with('-'))
}

impl Constrained<'_> {
    fn shown(&self) -> String {
        match self {
            Self::San(san) => san.to_string(),
            Self::SubjectEmail(address) => format!("emailAddress={}", escaped(address)),
            Self::Subject(name) => name.rfc4514(),
        }
    }

    fn is_of_kind(&self, subtree: &Subtree) -> bool {
        let kind = match self {
            Self::San(san) => san.kind(),
            Self::SubjectEmail(_) => "email",
            Self::Subject(_) => "dn",
        };
        subtree.kind() == kind
    }

    fn standing(&self, subtree: &Subtree) -> Standing {
        let within = match (self, subtree) {
            (Self::San(San::Uri(uri)), Subtree::Uri(base)) => return uri_within(uri.as_str(), base),
            (Self::San(San::Email(address)), Subtree::Email(base)) => return email_within(address.as_str(), base),
            (Self::SubjectEmail(address), Subtree::Email(base)) => return email_within(address, base),
            (Self::San(San::Ip(_)), Subtree::BadIp(_)) => return Standing::Unclear,
            (Self::San(San::Dns(name)), Subtree::Dns(base)) => dns_within(name.as_str(), base),
            (Self::San(San::Ip(address)), Subtree::Ip(range)) => ip_within(*address, range),
            (Self::Subject(name), Subtree::Directory(base)) => dn_within(name, base),
            _ => false,
        };
        if within { Standing::Within } else { Standing::Outside }
    }

    fn is_within(&self, subtree: &Subtree) -> bool {
        self.standing(subtree) == Standing::Within
    }

    /// What cannot be judged counts as excluded.
    fn touches(&self, subtree: &Subtree) -> bool {
        match (self, subtree) {
            (Self::San(San::Dns(name)), Subtree::Dns(base)) => dns_touches(name.as_str(), base),
            _ => self.standing(subtree) != Standing::Outside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding;
    use crate::policy::constraints::parse_subtree;

    fn codes(names: &[&str], subject: &str, permitted: &[&str], excluded: &[&str]) -> Vec<&'static str> {
        let names: Vec<San> = names.iter().map(|name| name.parse().unwrap()).collect();
        let text: crate::NameText = subject.parse().unwrap();
        let subject = encoding::name::encode(text.rdns()).unwrap();
        let subtrees = |list: &[&str]| list.iter().map(|text| parse_subtree(text).unwrap()).collect();
        let constraints = NameConstraints { permitted: subtrees(permitted), excluded: subtrees(excluded) };
        check_one(&names, &subject, false, &constraints, "CN=CA").iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn each_kind_is_held_to_the_subtrees_of_its_kind() {
        const OUT: &str = "policy.name_not_permitted";
        const EXCLUDED: &str = "policy.name_excluded";
        const CN: &str = "policy.cn_outside_constraints";
        for (names, subject, permitted, excluded, expected) in [
            (&["a.svc.internal"][..], "", &["dns:svc.internal"][..], &[][..], &[][..]),
            (&["a.other"], "", &["dns:svc.internal"], &[], &[OUT]),
            (&["10.0.0.1"], "", &["dns:svc.internal"], &[], &[]),
            (&["10.0.0.1"], "", &["dns:svc.internal"], &["ip:0.0.0.0/0"], &[EXCLUDED]),
            (&["10.0.0.1", "11.0.0.1"], "", &["ip:10.0.0.0/8"], &[], &[OUT]),
            (&["fd00::1"], "", &["ip:10.0.0.0/8"], &[], &[OUT]),
            (&["*.internal"], "", &["dns:internal"], &["dns:db.internal"], &[EXCLUDED]),
            (&["spiffe://example.org/a"], "", &["uri:example.org"], &[], &[]),
            (&["spiffe://other.org/a"], "", &["uri:example.org"], &[], &[OUT]),
            (&["https://10.0.0.1/"], "", &[], &["uri:example.org"], &[EXCLUDED]),
            (&["ops@example.org"], "", &["email:example.org"], &[], &[]),
            (&[], "emailAddress=ops@other.org", &["email:example.org"], &[], &[OUT]),
            (&[], "CN=a,O=Example", &["dn:O=Example"], &[], &[]),
            (&[], "CN=a,O=Other", &["dn:O=Example"], &[], &[OUT]),
            (&[], "CN=a,OU=x,O=Example", &["dn:O=Example"], &["dn:OU=x,O=Example"], &[EXCLUDED]),
            (&["a.b"], "", &["dn:O=Example"], &[], &[]),
            (&[], "CN=api.other", &["dns:svc.internal"], &[], &[CN]),
            (&["10.0.0.1"], "CN=10.0.0.1", &["dns:svc.internal"], &[], &[CN]),
            (&[], "CN=a.svc.internal,CN=api.other,CN=b.other", &["dns:svc.internal"], &[], &[CN, CN]),
            (&[], "CN=db.internal", &["dns:internal"], &["dns:db.internal"], &[CN]),
            (&[], "CN=a.svc.internal", &["dns:svc.internal"], &[], &[]),
            (&[], "CN=postgres", &["dns:svc.internal"], &[], &[]),
            (&[], "CN=My Server v1.2", &["dns:svc.internal"], &[], &[]),
            (&[], "CN=api.other", &["ip:10.0.0.0/8"], &[], &[]),
            (&["a.svc.internal"], "CN=api.other", &["dns:svc.internal"], &[], &[]),
        ] {
            assert_eq!(
                codes(names, subject, permitted, excluded),
                expected,
                "{names:?} {subject} {permitted:?} {excluded:?}"
            );
        }
    }
}
