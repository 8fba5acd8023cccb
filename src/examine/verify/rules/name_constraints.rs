//! What a CA may certify (RFC 5280 sections 6.1.3(b), 6.1.3(c) and 6.1.4(g)): every name of every
//! certificate below it lies within its permitted subtrees and outside its excluded ones. Self-issued
//! intermediates are exempt. The constraints of the anchor count too.

use super::subtree::{self, Standing};
use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::policy::constraints::names::beyond_by_cn;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::{NameConstraints, Subtree};
use crate::words::x509::general_name::{GeneralName, escaped};
use crate::words::x509::oid;

const NAMES: Rule =
    Rule { code: "name_constraints", basis: Basis::Validation, clause: "RFC 5280 sections 6.1.3(b) and 6.1.3(c)" };
const FORM: Rule = Rule { code: "name_constraints", basis: Basis::Validation, clause: "RFC 5280 section 4.2.1.10" };
const PROFILE: Rule = Rule { code: "name_constraints", basis: Basis::Profile, clause: "RFC 5280 section 4.2.1.10" };
const PEERS: Rule =
    Rule { code: "name_constraints", basis: Basis::Policy, clause: "OpenSSL, NAME_CONSTRAINTS_check_CN" };
const LIMIT: Rule = Rule { code: "name_constraints", basis: Basis::Policy, clause: "policy: bounded work" };

/// Comparisons of a name with a subtree that one path may ask for; rustls allows as many.
const MAX_COMPARISONS: usize = 250_000;

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let names: Vec<Vec<GeneralName>> = case.path.links().iter().map(|certificate| names_of(certificate)).collect();
    let mut comparisons = 0_usize;
    let mut constrained = false;
    for (position, authority) in case.path.authorities().rev() {
        let Some(constraints) = authority.extensions().name_constraints() else { continue };
        constrained = true;
        let before = checks.len();
        form(position, authority, constraints, checks);
        let below = names.iter().take(position).map(Vec::len).sum::<usize>();
        comparisons = comparisons.saturating_add(
            below.saturating_mul(constraints.permitted.len().saturating_add(constraints.excluded.len())),
        );
        if comparisons > MAX_COMPARISONS {
            checks.push(
                LIMIT
                    .fails(
                        position,
                        format!("more than {MAX_COMPARISONS} comparisons of names with constraints are needed"),
                    )
                    .why("so many names and constraints are made to keep a validator busy"),
            );
            return;
        }
        for (number, (certificate, names)) in case.path.links().iter().zip(&names).enumerate().take(position) {
            // RFC 5280 section 6.1.3(b): not for self-issued certificates, unless it is the last of the path.
            if number > 0 && certificate.is_self_issued() {
                continue;
            }
            checks.extend(names.iter().find_map(|name| refused(number, name, authority, constraints)));
            if number == 0 {
                checks.extend(common_name(certificate, authority, constraints));
            }
        }
        if checks.len() == before {
            checks.push(
                NAMES.holds(position, format!("all names are within what `{}` may certify", authority.subject())),
            );
        }
    }
    if !constrained {
        checks.push(NAMES.idle(None, "no CA of the path constrains names"));
    }
}

/// The names that constraints are about: the subject, its e-mail addresses, and the alternative names.
fn names_of(certificate: &Certificate) -> Vec<GeneralName> {
    let subject = certificate.subject();
    let mut names = certificate.extensions().subject_alt_names().to_vec();
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    let mailboxes = subject.attributes().filter(|attribute| attribute.kind == oid::EMAIL_ADDRESS);
    names.extend(mailboxes.map(|mailbox| GeneralName::Email(mailbox.value.text().unwrap_or_default().to_owned())));
    names
}

/// The constraints say something, and say it as section 4.2.1.10 has it.
fn form(position: usize, authority: &Certificate, constraints: &NameConstraints, checks: &mut Vec<Check>) {
    if constraints.is_empty() {
        checks.push(PROFILE.fails(position, format!("the name constraints of `{}` are empty", authority.subject())));
    }
    let all = || constraints.subtrees();
    for (subtree, defect) in
        all().filter_map(|subtree| subtree::defect(subtree).map(|defect| (subtree, defect))).take(3)
    {
        checks.push(
            FORM.fails(
                position,
                format!("the name constraint `{subtree}` of `{}` is malformed: {defect}", authority.subject()),
            )
            .why("what it should permit or exclude cannot be told")
            .hint("make the CA's certificate anew with a constraint such as `dns:example.com` or `ip:192.0.2.0/24`"),
        );
    }
    if let Some(subtree) = all().find(|subtree| matches!(subtree, Subtree::Dns(base) if base.starts_with('.'))) {
        checks.push(
            // OpenSSL and rustls take it so, and adopted CAs have it.
            PROFILE
                .warns(
                    position,
                    format!("the name constraint `{subtree}` of `{}` begins with a dot", authority.subject()),
                )
                .why("DNS constraints have no leading dot; most peers take it for the hosts below, some refuse it")
                .hint("make the CA's certificate anew with the constraint without its dot"),
        );
    }
}

/// A CN that OpenSSL holds to the DNS constraints, which RFC 5280 does not: only a warning here.
fn common_name(leaf: &Certificate, authority: &Certificate, constraints: &NameConstraints) -> Option<Check> {
    if leaf.extensions().subject_alt_names().iter().any(|name| matches!(name, GeneralName::Dns(_))) {
        return None;
    }
    let common_name = escaped(beyond_by_cn(leaf.subject(), constraints).next()?);
    let found = format!("the CN `{common_name}` reads as a host outside of what `{}` may certify", authority.subject());
    Some(
        PEERS
            .warns(0, found)
            .why("OpenSSL refuses such a leaf where it has no DNS name (error 47)")
            .hint("have the certificate issued with a DNS name, or with another CN"),
    )
}

/// Why these constraints refuse the name, if they do.
fn refused(number: usize, name: &GeneralName, authority: &Certificate, constraints: &NameConstraints) -> Option<Check> {
    let by = authority.subject();
    for subtree in &constraints.excluded {
        match subtree::standing(name, subtree) {
            None | Some(Standing::Outside) => {}
            Some(Standing::Within | Standing::Partly) => {
                return Some(
                    NAMES
                        .fails(number, format!("`{name}` lies within `{subtree}`, which `{by}` excludes"))
                        .why("that CA may not certify such a name, nor may any below it")
                        .hint("have the certificate issued by another CA, or without that name"),
                );
            }
            Some(Standing::Unclear(reason)) => return Some(unclear(number, name, subtree, by, reason)),
        }
    }
    let mut permitted = Vec::new();
    for subtree in &constraints.permitted {
        match subtree::standing(name, subtree) {
            None => {}
            Some(Standing::Within) => return None,
            Some(Standing::Outside | Standing::Partly) => permitted.push(subtree),
            Some(Standing::Unclear(reason)) => return Some(unclear(number, name, subtree, by, reason)),
        }
    }
    (!permitted.is_empty()).then(|| {
        let list: Vec<_> = permitted.iter().take(5).map(|subtree| format!("`{subtree}`")).collect();
        NAMES
            .fails(number, format!("`{name}` lies outside of what `{by}` may certify: {}", list.join(", ")))
            .why("that CA may only certify names of this kind within these, and so may any below it")
            .hint("have the certificate issued by another CA, or without that name")
    })
}

fn unclear(
    number: usize,
    name: &GeneralName,
    subtree: &Subtree,
    by: &crate::words::x509::name::Name,
    reason: &str,
) -> Check {
    NAMES
        .fails(number, format!("whether `{name}` lies within `{subtree}` of `{by}` cannot be told: {reason}"))
        .why("a validator that cannot tell has to refuse (RFC 5280 section 4.2.1.10)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::answer::Verdict;
    use crate::examine::verify::sample::{ask, refusals, root};
    use crate::words::x509::constraints::Subtree;
    use crate::words::x509::usage::Purpose;

    fn dns(base: &str) -> Subtree {
        Subtree::Dns(base.to_owned())
    }

    #[test]
    fn names_of_every_kind_are_held_within() {
        let root = root("CN=Root");
        let directory = |text: &str| Subtree::Directory(crate::examine::verify::sample::named(text));
        for (permitted, excluded, subject, sans, refused) in [
            (vec![dns("internal")], vec![], "CN=leaf", vec!["a.internal"], false),
            (vec![dns("internal")], vec![], "CN=leaf", vec!["a.internal", "a.example"], true),
            (vec![dns("internal")], vec![], "CN=leaf", vec!["ip:10.0.0.1"], false),
            (vec![dns("internal")], Subtree::every_address().to_vec(), "CN=leaf", vec!["ip:10.0.0.1"], true),
            (vec![], vec![dns("secret.internal")], "CN=leaf", vec!["*.internal"], true),
            (vec![Subtree::Email("example.org".into())], vec![], "CN=leaf,emailAddress=a@example.com", vec![], true),
            (vec![Subtree::Email("example.org".into())], vec![], "CN=leaf,emailAddress=a@example.org", vec![], false),
            (vec![directory("O=Example")], vec![], "CN=leaf,O=Example", vec![], false),
            (vec![directory("O=Example")], vec![], "CN=leaf,O=Other", vec![], true),
            (vec![], vec![directory("O=Example")], "CN=leaf,O=EXAMPLE", vec![], true),
            (vec![Subtree::Uri("example.org".into())], vec![], "CN=leaf", vec!["spiffe://example.org/a"], false),
            (vec![Subtree::Uri("example.org".into())], vec![], "CN=leaf", vec!["spiffe://evil.example.org/a"], true),
            // Self-issued, yet the last of the path.
            (vec![dns("internal")], vec![], "CN=Issuing", vec!["a.example"], true),
        ] {
            let issuing = root.ca("CN=Issuing", |content| {
                content.name_constraints = NameConstraints { permitted: permitted.clone(), excluded: excluded.clone() };
            });
            let leaf = issuing.leaf(subject, |content| {
                content.sans = sans.iter().map(|san| san.parse().unwrap()).collect();
            });
            let answer = ask(&[&leaf, &issuing.certificate, &root.certificate], Purpose::Client, |_| {});
            let found = refusals(&answer).contains(&"name_constraints");
            assert_eq!(found, refused, "{permitted:?} {excluded:?} {subject} {sans:?}: {answer:?}");
        }
    }

    #[test]
    fn each_ca_narrows_and_self_issued_intermediates_are_exempt() {
        let permit = |base: &str| NameConstraints { permitted: vec![dns(base)], excluded: vec![] };
        let root = root("CN=Root");
        let upper = root.ca("CN=Upper", |content| content.name_constraints = permit("a.internal"));
        let same = upper.ca("CN=Upper", |content| content.sans = vec!["upper.example".parse().unwrap()]);
        let lower = upper.ca("CN=Lower", |content| content.name_constraints = permit("internal"));
        for (issuing, name, refused) in
            [(&lower, "x.a.internal", false), (&lower, "x.b.internal", true), (&same, "x.a.internal", false)]
        {
            let leaf = issuing.leaf("CN=leaf", |content| content.sans = vec![name.parse().unwrap()]);
            let chain = [&leaf, &issuing.certificate, &upper.certificate, &root.certificate];
            let answer = ask(&chain, Purpose::Client, |_| {});
            assert_eq!(refusals(&answer).contains(&"name_constraints"), refused, "{name}: {answer:?}");
        }
    }

    #[test]
    fn what_peers_differ_about_is_a_warning() {
        let root = root("CN=Root");
        // The constraint, the leaf's CN and names, whether it is refused, and whether something is warned of.
        for (base, subject, sans, refused, warned) in [
            (".internal", "CN=leaf", vec!["a.internal"], false, true),
            (".internal", "CN=leaf", vec!["internal"], true, true),
            ("internal", "CN=leaf", vec!["a.internal"], false, false),
            ("internal", "CN=10.0.0.1", vec!["ip:10.0.0.1"], false, true),
            ("internal", "CN=a.example,CN=b.internal", vec![], false, true),
            ("internal", "CN=a.example", vec!["a.internal"], false, false),
            ("internal", "CN=a.internal", vec![], false, false),
        ] {
            let issuing = root.ca("CN=Issuing", |content| {
                content.name_constraints = NameConstraints { permitted: vec![dns(base)], excluded: vec![] };
            });
            let leaf = issuing.leaf(subject, |content| {
                content.sans = sans.iter().map(|san| san.parse().unwrap()).collect();
            });
            let answer = ask(&[&leaf, &issuing.certificate, &root.certificate], Purpose::Client, |_| {});
            assert_eq!(refusals(&answer).contains(&"name_constraints"), refused, "{base} {subject}: {answer:?}");
            let warns = |check: &Check| check.verdict == Verdict::Warns && check.rule == "name_constraints";
            assert_eq!(answer.checks().iter().any(warns), warned, "{base} {subject}: {answer:?}");
        }
    }
}
