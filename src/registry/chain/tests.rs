//! Chains as somebody might see them, and the verdicts that follow.
