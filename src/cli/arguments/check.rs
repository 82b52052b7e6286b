//! What can be typed behind `check`.

use clap::Args;
use jiff::SignedDuration;

use super::{Output, Place};
use crate::config;

const HELP: &str = "\
Everything that the profile names is looked at once, as the cockpit would: the cluster, the load balancers, the front \
door, the bucket, the logs as far back as `history` says, and the 10 most failing tags. Then every check is made, and \
causes are told from what follows from them. Nothing is written. No terminal is needed; a pipe gets no colours. The \
first line sums it up.

JSON: one object:
  {\"profile\", \"at\", \"summary\", \"settled\", \"unread\": [{\"lack\", \"what\"}], \"checks\": [
    {\"rule\", \"state\": \"fires|clear|unknown\", \"sentence\", \"step\", \"seen\", \"needs\": [{\"lack\", \"what\"}], \"findings\": [
      {\"cause\", \"explained_by\": [], \"impact\", \"confidence\", \"words\", \"since\", \"about\": [], \"evidence\": [
        {\"words\", \"from\", \"weight\", \"age_seconds\", \"for\"}], \"next\", \"step\", \"verbs\": []}]}]}
  impact is outage, degraded or risk; confidence is certain, likely or possible; weight is proof or hint; for is
  false where it speaks against the finding. cause is false for what follows from another finding, and explained_by
  has the rules of those. lack is blind (it could not be read), waiting (no answer yet, or it takes longer watching)
  or off (nobody configured it). since, seen and age_seconds are null where they are not known. step is
  runbook#step. unread is what is watched and could not be read, though a check may go by others of its kind. More
  fields may come.

Exit codes:
  0   nothing is wrong as far as it is watched
  1   something is wrong (wins over 2)
  2   nothing wrong was found, but something could not be looked at; what nobody configured does not count
  64  wrong usage or wrong configuration";

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Check {
    /// Longest time to look, such as 20s or 1m; what gave no answer by then could not be looked at
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = config::parse_duration)]
    pub within: SignedDuration,
    /// Print the first line only, and with nothing wrong nothing at all
    #[arg(long, short)]
    pub quiet: bool,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
    #[command(flatten)]
    pub place: Place,
}
