//! Looks at a registry's bucket: scans tags, audits prefixes, lists for browsing.

pub mod audit;
pub mod browse;
pub mod facts;
pub mod links;
pub mod mode;
pub mod node;
pub mod picture;
pub mod raw;
pub mod scan;
pub mod verdicts;
