//! What a scan costs: round trips by nesting, not by layers; requests by objects; bytes within bounds.
