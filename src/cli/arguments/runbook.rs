//! What can be typed after `runbook`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Output, Place};

/// What `--help` says about JSON and exit codes.
const HELP: &str = "\
With --output json every line is one object. list prints
  {\"id\", \"title\", \"file\", \"replaces\", \"steps\": [{\"anchor\", \"heading\", \"depth\", \"checks\": [], \"verbs\": []}]}
  where file is null for what comes with the program, and replaces says whether it stands in place of such a one.
list and check print what is wrong as
  {\"file\", \"line\", \"what\", \"hint\"}
  where line 0 is the file as a whole.

Exit codes:
  0   all runbooks can be read
  1   one cannot, or a step that one leads to is not there
  64  wrong usage, including a runbook or step that does not exist";

/// What to do with runbooks.
#[derive(Debug, Subcommand)]
pub enum Runbook {
    /// Name all runbooks, and say where they come from
    #[command(after_long_help = HELP)]
    List {
        /// How to print
        #[arg(long, short, value_enum, default_value_t)]
        output: Output,
    },
    /// Print a runbook, or one step of it, as Markdown, with the profile's names in its commands
    #[command(after_long_help = HELP)]
    Show {
        /// Which one; one step of it as NAME#STEP
        #[arg(value_name = "NAME[#STEP]")]
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Name every mistake in runbooks, by file and line
    #[command(after_long_help = HELP)]
    Check {
        /// Files to check [default: all that come with the program and all in the configuration folder]
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// How to print
        #[arg(long, short, value_enum, default_value_t)]
        output: Output,
    },
}
