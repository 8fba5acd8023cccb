//! Profiles as operators write them.
