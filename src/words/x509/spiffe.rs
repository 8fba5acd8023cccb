//! What a URI of the scheme `spiffe` has to look like (SPIFFE-ID).

/// Sections 2.1 and 2.2 of SPIFFE-ID; says which part of them the URI breaks. `more` is whether it has a
/// query or a fragment.
pub(super) fn rule(text: &str, authority: &str, host: &str, path: &str, more: bool) -> Result<(), &'static str> {
    if more {
        return Err("it has no query and no fragment");
    }
    if authority.len() != host.len() {
        return Err("a trust domain has no user and no port");
    }
    if host.len() > 255 || !host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
        return Err("a trust domain is made of letters, digits, dots, dashes and underscores");
    }
    if authority.bytes().any(|b| b.is_ascii_uppercase()) || !text.starts_with("spiffe://") {
        return Err("its scheme and trust domain are written in lower case");
    }
    let segments_are_fine = path.is_empty()
        || path.split('/').skip(1).all(|segment| {
            !matches!(segment, "" | "." | "..")
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        });
    if segments_are_fine {
        Ok(())
    } else {
        Err("path segments are made of letters, digits, dots, dashes and underscores, none empty, `.` or `..`")
    }
}
