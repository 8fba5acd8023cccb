//! What has to be done by hand when a root's key is in other hands: nobody stands above a root, so
//! nothing that this program could sign takes it back.

use mtls_ca::authority::Generation;
use mtls_ca::words::typed::typed_path;

use crate::context::Context;

/// The page, paragraph by paragraph.
pub fn of_root(compromised: &Generation, active: &Generation, context: &Context) -> Vec<String> {
    let directory = &context.global.ca_dir;
    let bundle = typed_path(directory.join("ca.crt"));
    let (old, new) = (compromised.certificate(), active.certificate());
    vec![
        format!(
            "Whoever has this key can make certificates for every name, and every peer that still trusts `{}` (sha256 \
             {}) believes them. No CRL helps: peers do not ask about a root. Until a peer has lost that root, it is open.",
            old.subject().rfc4514(),
            old.fingerprint()
        ),
        format!(
            "1. On every peer, servers and clients alike, replace the trust file by {bundle}. It holds `{}` (sha256 {}) \
             and not the old one any more; compare that digest over a way that an attacker does not hold. Look for the \
             old one in every other place: bundles of the system, Java key stores, container images, ConfigMaps.",
            new.subject().rfc4514(),
            new.fingerprint()
        ),
        context.typed(
            "2. Make every certificate again with a new key, and put it into use: `mtls-ca rekey NAME` each. Keys that \
             lay only on their own hosts may be kept: `mtls-ca renew --all --out DIR`.",
        ),
        "3. Make every intermediate below the old root again: `mtls-ca --ca-dir DIR rotate compromised gN --parent ROOT`."
            .to_owned(),
        "4. Expect connections to fail between peers of which one has done this and the other has not: there is no \
         bridge between the two roots, for it would lead the attacker across as well."
            .to_owned(),
        "5. Restart what was changed: open connections and resumed sessions outlive the trust that they began with."
            .to_owned(),
        "6. Find out how the key was lost before the new one lies in the same place. docs/root-compromise.md has more."
            .to_owned(),
    ]
}
