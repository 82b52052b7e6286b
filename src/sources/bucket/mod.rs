//! Looks at a registry's bucket: scans tags, audits prefixes, lists for browsing.

pub mod audit;
pub mod browse;
pub mod scan;
