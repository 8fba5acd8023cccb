//! How values of the library look: as text for people, as JSON for programs.
