//! Runbooks: what their Markdown says, how each step stands as things are, and how far somebody came.
//!
//! # Format
//!
//! A runbook is a Markdown file that reads well in any viewer. `# Title` and an introduction come first; each
//! `## Heading`, and each `### Heading` below it, is a step. A step's anchor is its heading in small letters, with one
//! `-` for whatever is neither letter nor digit. Fenced blocks are bound by the words after the fence:
//!
//! | words | what it is |
//! |---|---|
//! | `check RULE` | the step is answered by what this rule sees, of several by the first that finds something; each line of the body names where to go on: `fires: #anchor because …`, and so with `clear:` and `unknown:`; `other-runbook#anchor` leads elsewhere |
//! | `verb VERB SUBJECT` | offers a verb; the subject is `finding`, `service`, or one such as `tag:group/project:v1`; the body says when |
//! | anything else | a command to copy, in which `{bucket}` and the like are filled in; `{{` and `}}` are plain braces |
//!
//! A step without a check waits for whoever walks the runbook.

mod block;
mod fill;
mod live;
mod mistake;
mod names;
mod page;
mod parse;
mod shelf;
#[cfg(test)]
mod tests;
mod walk;
mod write;

pub use block::{Aim, Block, Branch, Check, On, Place};
pub use fill::{NAMES, Names, fill};
pub use live::{Live, StepState, Turn, first, live, next, turn};
pub use mistake::Mistake;
pub use names::{names, names_of};
pub use page::{Runbook, Step, anchor};
pub use parse::{Known, parse};
pub use shelf::{Origin, Paper, Shelf};
pub use walk::{Answer, Noted, Walk};
pub use write::write;
