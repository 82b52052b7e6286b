//! What HAProxy writes, made into facts. Nothing that it leaves out is made up.

mod info;
mod look;
mod page;
mod servers;
mod stat;

pub(super) use look::QUESTION;
pub use look::look;
pub(super) use page::page;
pub(super) use stat::stats;

use crate::model::text::clean;

/// A number, if there is one; HAProxy says -1 for never.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.trim().parse().ok()
}

/// Text as it may be shown.
fn safe(text: &str) -> String {
    clean(text).into_owned()
}

#[cfg(test)]
mod tests;
