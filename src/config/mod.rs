//! Profiles: loaded, merged and validated, with every mistake reported at once.
