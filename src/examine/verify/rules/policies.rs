//! Certificate policies (RFC 5280 sections 6.1.2(d)–(f), 6.1.3(d)–(f), 6.1.4(a)–(j) and 6.1.5), with any
//! policy acceptable to us. What remains to be found out is whether some CA asks for an explicit policy
//! and whether any policy then holds along the whole path.
//!
//! Of the `valid_policy_tree` only the lowest level is kept: with any policy acceptable, the branches above
//! a level do not matter once it is made (RFC 9618 explains why a tree need not be built). Its size is
//! bounded by the policies and mappings that the certificates hold.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::ExtensionBody;
use crate::words::x509::oid::{self, Oid};

const POLICIES: Rule =
    Rule { code: "policies", basis: Basis::Validation, clause: "RFC 5280 sections 6.1.3(d) to 6.1.3(f)" };
const MAPPING: Rule = Rule { code: "policies", basis: Basis::Validation, clause: "RFC 5280 section 6.1.4(a)" };

/// A level of the tree: each `valid_policy` and its `expected_policy_set`.
type Level = BTreeMap<Oid, BTreeSet<Oid>>;

/// The state variables of section 6.1.2.
struct State {
    level: Level,
    explicit_policy: usize,
    policy_mapping: usize,
    inhibit_any: usize,
}

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    // The anchor is no part of the path (section 6.1), a pinned certificate is all of it.
    let links = case.path.links();
    let path: Vec<&Certificate> = if case.path.is_anchored() && links.len() > 1 {
        links.iter().take(links.len() - 1).copied().collect()
    } else {
        links.to_vec()
    };
    let concerned = path.iter().any(|certificate| {
        certificate.extensions().iter().any(|extension| {
            matches!(extension.body, ExtensionBody::PolicyConstraints { .. } | ExtensionBody::PolicyMappings(_))
        })
    });
    if !concerned {
        checks.push(POLICIES.idle(None, "no CA of the path asks for a certificate policy"));
        return;
    }
    // Sections 6.1.2(d) to 6.1.2(f), where nothing is asked for initially.
    let start = path.len() + 1;
    let any = BTreeSet::from([oid::ANY_POLICY]);
    let mut state = State {
        level: Level::from([(oid::ANY_POLICY, any)]),
        explicit_policy: start,
        policy_mapping: start,
        inhibit_any: start,
    };
    for (position, certificate) in path.iter().enumerate().rev() {
        let exempt = position > 0 && certificate.is_self_issued();
        state.process(certificate, exempt);
        if state.explicit_policy == 0 && state.level.is_empty() {
            checks.push(refused(position, certificate));
            return;
        }
        if position > 0
            && let Err(check) = state.prepare(position, certificate)
        {
            checks.push(*check);
            return;
        }
    }
    let Some(leaf) = path.first() else { return };
    state.wrap_up(leaf);
    checks.push(if state.explicit_policy == 0 && state.level.is_empty() {
        refused(0, leaf)
    } else {
        POLICIES.holds(None, "the certificate policies hold along the path, or none is asked for")
    });
}

fn refused(position: usize, certificate: &Certificate) -> Check {
    POLICIES
        .fails(
            position,
            format!("a CA above asks for a certificate policy, and `{}` has none that holds", certificate.subject()),
        )
        .why("policyConstraints with requireExplicitPolicy wants one policy along the whole path")
        .hint("have the certificate issued with a policy of its CA")
}

/// The policies of a certificate; none where the extension is absent.
fn policies(certificate: &Certificate) -> Option<&[Oid]> {
    certificate.extensions().iter().find_map(|extension| match &extension.body {
        ExtensionBody::CertificatePolicies(policies) => Some(policies.as_slice()),
        _ => None,
    })
}

impl State {
    /// Sections 6.1.3(d) and 6.1.3(e).
    fn process(&mut self, certificate: &Certificate, exempt: bool) {
        let parents = std::mem::take(&mut self.level);
        let Some(policies) = policies(certificate) else { return };
        for policy in policies.iter().filter(|policy| **policy != oid::ANY_POLICY) {
            let expected = parents.values().any(|expected| expected.contains(policy));
            if expected || parents.contains_key(&oid::ANY_POLICY) {
                self.level.insert(policy.clone(), BTreeSet::from([policy.clone()]));
            }
        }
        if policies.contains(&oid::ANY_POLICY) && (self.inhibit_any > 0 || exempt) {
            for policy in parents.values().flatten() {
                self.level.entry(policy.clone()).or_insert_with(|| BTreeSet::from([policy.clone()]));
            }
        }
    }

    /// Section 6.1.4(a) to 6.1.4(j).
    fn prepare(&mut self, position: usize, certificate: &Certificate) -> Result<(), Box<Check>> {
        let extensions = certificate.extensions();
        for extension in extensions {
            if let ExtensionBody::PolicyMappings(mappings) = &extension.body {
                self.map(position, mappings)?;
            }
        }
        if !certificate.is_self_issued() {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any = self.inhibit_any.saturating_sub(1);
        }
        for extension in extensions {
            match extension.body {
                ExtensionBody::PolicyConstraints { require_explicit, inhibit_mapping } => {
                    lower(&mut self.explicit_policy, require_explicit);
                    lower(&mut self.policy_mapping, inhibit_mapping);
                }
                ExtensionBody::InhibitAnyPolicy(skip) => lower(&mut self.inhibit_any, Some(skip)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Sections 6.1.4(a) and 6.1.4(b).
    fn map(&mut self, position: usize, mappings: &[(Oid, Oid)]) -> Result<(), Box<Check>> {
        if mappings.iter().any(|(issuer, subject)| *issuer == oid::ANY_POLICY || *subject == oid::ANY_POLICY) {
            let check = MAPPING.fails(position, "a policy is mapped to or from anyPolicy, which is not allowed");
            return Err(Box::new(check));
        }
        let mut mapped: Level = BTreeMap::new();
        for (issuer, subject) in mappings {
            mapped.entry(issuer.clone()).or_default().insert(subject.clone());
        }
        let any = self.level.contains_key(&oid::ANY_POLICY);
        for (issuer, subjects) in mapped {
            if self.policy_mapping == 0 {
                self.level.remove(&issuer);
            } else if any || self.level.contains_key(&issuer) {
                self.level.insert(issuer, subjects);
            }
        }
        Ok(())
    }

    /// Sections 6.1.5(a) and 6.1.5(b).
    fn wrap_up(&mut self, leaf: &Certificate) {
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        for extension in leaf.extensions() {
            if let ExtensionBody::PolicyConstraints { require_explicit: Some(0), .. } = extension.body {
                self.explicit_policy = 0;
            }
        }
    }
}

fn lower(counter: &mut usize, skip: Option<u32>) {
    if let Some(skip) = skip {
        *counter = (*counter).min(usize::try_from(skip).unwrap_or(usize::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{ask, refusals, root, with};
    use crate::words::x509::usage::Purpose;

    const A: Oid = Oid::literal("1.3.6.1.4.1.99999.1");
    const B: Oid = Oid::literal("1.3.6.1.4.1.99999.2");

    /// What a certificate says of policies.
    #[derive(Clone, Default)]
    struct Says {
        policies: Vec<Oid>,
        explicit: Option<u32>,
        inhibit_mapping: Option<u32>,
        mapping: Option<(Oid, Oid)>,
        inhibit_any: Option<u32>,
    }

    impl Says {
        fn policies(policies: &[Oid]) -> Self {
            Self { policies: policies.to_vec(), ..Self::default() }
        }

        fn on(&self, certificate: &Certificate) -> Certificate {
            let mut bent = certificate.clone();
            if !self.policies.is_empty() {
                let body = ExtensionBody::CertificatePolicies(self.policies.clone());
                bent = with(&bent, oid::CERTIFICATE_POLICIES, false, body);
            }
            if self.explicit.is_some() || self.inhibit_mapping.is_some() {
                let (require_explicit, inhibit_mapping) = (self.explicit, self.inhibit_mapping);
                let body = ExtensionBody::PolicyConstraints { require_explicit, inhibit_mapping };
                bent = with(&bent, oid::POLICY_CONSTRAINTS, true, body);
            }
            if let Some(mapping) = &self.mapping {
                bent = with(&bent, oid::POLICY_MAPPINGS, true, ExtensionBody::PolicyMappings(vec![mapping.clone()]));
            }
            if let Some(skip) = self.inhibit_any {
                bent = with(&bent, oid::INHIBIT_ANY_POLICY, true, ExtensionBody::InhibitAnyPolicy(skip));
            }
            bent
        }
    }

    #[test]
    fn an_explicit_policy_holds_along_the_path() {
        let root = root("CN=Root");
        let upper = root.ca("CN=Upper", |_| {});
        let lower = upper.ca("CN=Lower", |_| {});
        let leaf = lower.leaf("CN=leaf", |_| {});
        let asks = |policies: &[Oid]| Says { explicit: Some(0), ..Says::policies(policies) };
        let any = || Says::policies(&[oid::ANY_POLICY]);
        for (name, upper_says, lower_says, leaf_says, refused) in [
            ("nobody asks", Says::default(), Says::default(), Says::default(), false),
            ("one policy all along", asks(&[A]), Says::policies(&[A]), Says::policies(&[A, B]), false),
            ("leaf has none", asks(&[A]), Says::policies(&[A]), Says::default(), true),
            ("leaf has another", asks(&[A]), Says::policies(&[A]), Says::policies(&[B]), true),
            ("any in the middle", asks(&[A]), any(), Says::policies(&[A]), false),
            ("any at the end", asks(&[A]), Says::policies(&[A]), any(), false),
            ("the middle has none", asks(&[A]), Says::default(), Says::policies(&[A]), true),
            (
                "asked for after two more",
                Says { explicit: Some(2), ..Says::default() },
                Says::default(),
                Says::default(),
                true,
            ),
            (
                "asked for after three more",
                Says { explicit: Some(3), ..Says::default() },
                Says::default(),
                Says::default(),
                false,
            ),
            ("any, inhibited", Says { inhibit_any: Some(0), ..asks(&[A]) }, any(), Says::policies(&[A]), true),
            (
                "any, inhibited from the next on",
                Says { inhibit_any: Some(1), ..asks(&[A]) },
                any(),
                Says::policies(&[A]),
                false,
            ),
            ("mapped", Says { mapping: Some((A, B)), ..asks(&[A]) }, Says::policies(&[B]), Says::policies(&[B]), false),
            (
                "mapped, yet the old one is used",
                Says { mapping: Some((A, B)), ..asks(&[A]) },
                Says::policies(&[A]),
                Says::policies(&[A]),
                true,
            ),
            (
                "mapping inhibited above",
                Says { inhibit_mapping: Some(0), ..asks(&[A]) },
                Says { mapping: Some((A, B)), ..Says::policies(&[A]) },
                Says::policies(&[B]),
                true,
            ),
            (
                "mapped from any",
                Says { mapping: Some((oid::ANY_POLICY, B)), ..asks(&[A]) },
                Says::policies(&[A]),
                Says::policies(&[A]),
                true,
            ),
        ] {
            let (upper, lower) = (upper_says.on(&upper.certificate), lower_says.on(&lower.certificate));
            let chain = [&leaf_says.on(&leaf), &lower, &upper, &root.certificate];
            let answer = ask(&chain, Purpose::Client, |_| {});
            assert_eq!(refusals(&answer).contains(&"policies"), refused, "{name}: {:?}", answer.first_cause());
        }
    }
}
