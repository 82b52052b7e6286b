//! Carries out effects and reports what came of them.
