//! Reading secrets from a terminal: only where standard input is one, with echo off, and never by
//! opening a terminal behind the caller's back.
