//! The profiles that are part of the binary.

/// Name and text of each, as `ca-profiles/` has them.
pub(super) const BUILTIN: [(&str, &str); 9] = [
    ("root", include_str!("../../ca-profiles/root.toml")),
    ("intermediate", include_str!("../../ca-profiles/intermediate.toml")),
    ("cross", include_str!("../../ca-profiles/cross.toml")),
    ("server", include_str!("../../ca-profiles/server.toml")),
    ("client", include_str!("../../ca-profiles/client.toml")),
    ("peer", include_str!("../../ca-profiles/peer.toml")),
    ("workload", include_str!("../../ca-profiles/workload.toml")),
    ("ocsp-responder", include_str!("../../ca-profiles/ocsp-responder.toml")),
    ("audit-signer", include_str!("../../ca-profiles/audit-signer.toml")),
];
