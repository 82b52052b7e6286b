//! What can be typed for commands that may write: leave to write, and words of agreement.

use std::ffi::OsString;

use clap::{Args, Subcommand};

use super::{Output, Place};

/// What the JSON of a proposal and of its end looks like, for `--help`.
const HELP: &str = "\
Nothing is written without both --write and --yes; what they have to name is shown with the proposal.

With --output json a proposal is one object on one line:
  {\"verb\", \"store\", \"about\", \"items\": [{\"subject\", \"state\": \"whole|broken|absent|unknown\" or null, \"why\": [],
    \"steps\": [{\"act\", \"key\", \"size\", \"modified\", \"guards\": [{\"key\", \"expect\"}]}], \"references\": [], \"before\",
    \"after\", \"mind\": []}],
   \"demand\": {\"word\", \"what\", \"also\": [], \"line\", \"name\": []}, \"commands\": [], \"undo\", \"command\"}
  act is {\"delete\": {\"version\"}}, {\"create\": {\"content\"}}, {\"replace\": {\"version\", \"content\"}},
  {\"put-back\": {\"version\", \"content\"}}, \"remove-folder\", {\"make-folder\": {\"attributes\"}},
  {\"api-delete\": {\"repository\", \"tag\"}} or {\"api-put\": {\"repository\", \"tag\", \"media_type\", \"content\"}}.
  expect is {\"version\"}, \"absent\" or \"nothing-below\". demand.line is what the cockpit wants typed; --yes takes
  demand.word, and --healthy and --unknown stand for the words of demand.also; name is what --write= has to
  name, if anything. commands do the same by hand; command is this command with everything it needs.
and what came of it:
  {\"verb\", \"store\", \"entry\", \"ending\": \"done\" or \"stopped\" or {\"changed\": {\"why\"}} or {\"failed\": {\"why\"}},
   \"steps\": [{\"key\", \"outcome\": {\"done|already|changed|failed|put-back\": {\"version\" or \"why\"}}}], \"of\",
   \"proofs\": [{\"of\", \"before\", \"after\"}], \"notes\": []}
  entry is the id in the journal, for undo and resume. Steps that were not begun are not listed; of counts all.

Exit codes:
  0   a proposal was shown, or everything was done
  1   it stopped, something had changed, or something failed on the way
  2   nothing to propose: it is absent, could not be read, or this does not apply here
  64  wrong usage: the wrong --yes, or --healthy, --unknown or the name in --write= is missing";

/// Whether anything may be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Writing")]
pub struct Arming {
    /// Allow writing; a protected profile and every gs:// bucket ask for their name: --write=NAME
    ///
    /// Without it nothing is ever written. NAME is the profile's or the bucket's. The cockpit can also be armed for a
    /// while by `:write 10m`.
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub write: Option<String>,
}

impl Arming {
    /// This, or that of `outer` where nothing is said.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        Self { write: self.write.or(outer.write) }
    }
}

/// Words of agreement that go with `--yes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Writing")]
pub struct Words {
    /// With --yes: agree although nothing is wrong with a tag
    #[arg(long)]
    pub healthy: bool,
    /// With --yes: agree although a tag's state could not be read
    #[arg(long)]
    pub unknown: bool,
    /// With --yes: agree although no server of a load balancer's backend is left that is up
    #[arg(long)]
    pub last: bool,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Delete {
    /// What to delete: group/project/image:tag, or …@sha256:… for the link of a revision
    ///
    /// All forms that `scan` takes; `-` reads more of them from standard input, one a line. Without --yes nothing is
    /// written: the proposal is shown. Blobs and manifests always stay.
    #[arg(value_name = "REF", required = true)]
    pub references: Vec<OsString>,
    /// Delete tags through the registry's API, not in the bucket: it knows no precondition
    ///
    /// The only way where a metadata database holds the tags. Always by tag: a DELETE by digest would take every tag
    /// on it. Needs --write for the proposal too, because the registry is asked what it allows by trying to delete
    /// a tag of a random name that nobody has.
    #[arg(long)]
    pub api: bool,
    #[command(flatten)]
    pub arming: Arming,
    /// Agree: the tag; with several, their number; of a digest the first 12 letters
    #[arg(long, value_name = "WORD", require_equals = true, help_heading = "Writing")]
    pub yes: Option<String>,
    #[command(flatten)]
    pub words: Words,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `undo`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Undo {
    /// Entry of the journal, or the beginning of its id [default: the newest of this bucket that can be undone]
    #[arg(value_name = "ID")]
    pub entry: Option<String>,
    /// List what the journal has of this bucket, newest first
    #[arg(long, conflicts_with_all = ["entry", "yes"])]
    pub list: bool,
    #[command(flatten)]
    pub again: Again,
}

/// Arguments of `resume`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Resume {
    /// Entry of the journal, or the beginning of its id
    #[arg(value_name = "ID")]
    pub entry: String,
    #[command(flatten)]
    pub again: Again,
}

/// What `undo` and `resume` have in common.
#[derive(Debug, Args)]
pub struct Again {
    #[command(flatten)]
    pub arming: Arming,
    /// Agree; the word is the command's own name and may be left out
    #[arg(long, value_name = "WORD", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    #[arg(help_heading = "Writing")]
    pub yes: Option<String>,
    #[command(flatten)]
    pub words: Words,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
    #[command(flatten)]
    pub place: Place,
}

/// What to look at in the journal.
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// List what was done, newest first, or show one entry line by line
    Show {
        /// Entry, or the beginning of its id
        #[arg(value_name = "ID")]
        entry: Option<String>,
        /// How to print
        #[arg(long, short, value_enum, default_value_t)]
        output: Output,
    },
    /// Check that no line was changed or lost and that the backups are what was kept; exits 1 if not
    Verify {
        /// How to print
        #[arg(long, short, value_enum, default_value_t)]
        output: Output,
    },
}
