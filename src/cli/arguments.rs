//! What can be typed on the command line, and the help for it.

mod check;
mod runbook;
mod staged;
mod top;
mod writing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;

use crate::config::{self, Theme};

pub use check::Check;
pub use runbook::Runbook;
pub use staged::{Demo, Staging};
pub use top::{By, Top};
pub use writing::{Again, Arming, Delete, Journal, Resume, Undo, Words};

const ABOUT: &str = "\
Terminal incident cockpit for whoever is on call for a container registry.

It says which tags of a registry are broken, by which object, and what cures them. It only reads, until it is
told --write; what it then deletes it can take back.

Try it without a registry:   quarterdeck demo
Ask about one tag:           quarterdeck scan --bucket file:///srv/registry group/project/image:tag
Ask about all of them:       quarterdeck audit --bucket gs://bucket
Ask what is wrong right now: quarterdeck check
Ask a log what fails most:   quarterdeck top /var/log/haproxy.log
See what a delete would do:  quarterdeck delete --bucket file:///srv/registry group/project/image:tag
Look into log files:         quarterdeck --log /var/log/haproxy.log
Set it up for good:          quarterdeck config init";

const EXIT_CODES: &str = "\
Exit codes:
  0   nothing worse than `harmless` was found
  1   a finding worse than `harmless` (wins over 2)
  2   nothing was found, but something could not be read, a tag is absent, or there is no registry there
      (for top, delete, undo, resume, journal and runbook see their own --help)
  64  wrong usage or wrong configuration

Settings come from the configuration file, then QUARTERDECK_* variables, then flags; the last one wins.
`quarterdeck config init` writes a file that explains every setting.";

/// Everything on the command line.
#[derive(Debug, Parser)]
#[command(name = "quarterdeck", version, about, long_about = ABOUT, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub screen: Screen,
    #[command(flatten)]
    pub arming: Arming,
    #[command(flatten)]
    pub logs: Logs,
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Arguments {
    /// Why an option stands before a subcommand that has no use for it.
    pub fn misplaced(&self) -> Option<&'static str> {
        const SCREEN: &str = "--theme, --print, --keys and --size are for the cockpit and its demo";
        const DEMO: &str = "demo and staging have a registry of their own: --profile, --bucket and --config are not for them";
        const WRITE: &str = "--write allows writing, and nothing is written here";
        const FILE: &str = "--profile and --bucket choose a registry, and none is looked at here";
        let (screen, write) = (self.screen != Screen::default(), self.arming.write.is_some());
        const LOG: &str = "--log is for the cockpit itself";
        let place = &self.place;
        if self.command.is_some() && !self.logs.log.is_empty() {
            return Some(LOG);
        }
        match &self.command {
            None => None,
            Some(Command::Demo(_)) => (*place != Place::default()).then_some(DEMO),
            Some(Command::Scan(_) | Command::Audit(_) | Command::Check(_)) => {
                screen.then_some(SCREEN).or(write.then_some(WRITE))
            }
            Some(Command::Delete(_) | Command::Undo(_) | Command::Resume(_)) => screen.then_some(SCREEN),
            Some(Command::Staging(_)) => screen
                .then_some(SCREEN)
                .or(write.then_some(WRITE))
                .or((*place != Place::default()).then_some(DEMO)),
            Some(Command::Runbook(Runbook::Show { .. })) => {
                screen.then_some(SCREEN).or(write.then_some(WRITE))
            }
            Some(
                Command::Top(_)
                | Command::Runbook(Runbook::List { .. } | Runbook::Check { .. })
                | Command::Config(_)
                | Command::Journal(_)
                | Command::Completions { .. }
                | Command::Man,
            ) => {
                let registry = place.profile.is_some() || place.bucket.is_some();
                screen.then_some(SCREEN).or(registry.then_some(FILE)).or(write.then_some(WRITE))
            }
        }
    }
}

/// What to do instead of opening the cockpit.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the cockpit on an embedded site: no cluster, no credentials, no network
    Demo(Demo),
    /// Serve an embedded site on loopback, for kubectl, hatop, curl, skopeo and cockpits
    Staging(Staging),
    /// Say whether tags are whole, which object breaks them, and what cures them
    Scan(Scan),
    /// Look at every tag under a prefix, or at the whole registry
    Audit(Audit),
    /// Look for everything that is known to go wrong, once: what is broken, the evidence, the next safe step
    Check(Check),
    /// Count which paths, repositories, tags, clients or servers fail most in logs
    Top(Top),
    /// Show what deleting tags would do; with --write and --yes, do it
    Delete(Delete),
    /// Show what taking back a deed would do; with --write and --yes, do it
    Undo(Undo),
    /// Show what is left to do of a deed that stopped; with --write and --yes, do it
    Resume(Resume),
    /// Show or verify the journal of what was done
    #[command(subcommand)]
    Journal(Journal),
    /// Name, print or check runbooks: walkthroughs for an incident, those that come with the program and your own
    #[command(subcommand)]
    Runbook(Runbook),
    /// Write, check or find the configuration file
    #[command(subcommand)]
    Config(Config),
    /// Print a completion script for a shell
    Completions {
        /// Shell to complete in
        shell: clap_complete::Shell,
    },
    /// Print the manual page (try: quarterdeck man | man -l -)
    Man,
}

/// Which registry to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Which registry")]
pub struct Place {
    /// Profile of the configuration file to use [default: its default_profile, or its only profile]
    #[arg(long, short, value_name = "NAME")]
    pub profile: Option<String>,
    /// Bucket to look at, without any profile: file:///srv/registry or gs://bucket/root
    ///
    /// The URL names the folder that holds docker/registry/v2. Together with --profile it replaces that
    /// profile's bucket URL.
    #[arg(long, value_name = "URL")]
    pub bucket: Option<String>,
    /// Configuration file to read instead of the usual one
    #[arg(long = "config", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Which logs to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Which logs")]
pub struct Logs {
    /// Open the cockpit on this log file, folder or 'pattern'; - reads standard input. May be given several times
    ///
    /// No profile is needed. Together with --profile or --bucket the files are followed beside what the profile
    /// names. Rotation is followed; .gz files are read once.
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
}

/// How the cockpit shows itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Screen")]
pub struct Screen {
    /// Colours; NO_COLOR means mono
    #[arg(long, value_enum)]
    pub theme: Option<Theme>,
    /// Press these keys, print one frame as text and leave: no terminal is needed
    #[arg(long)]
    pub print: bool,
    /// With --print: keys to press before, such as 'j j enter'
    #[arg(long, value_name = "KEYS")]
    pub keys: Option<String>,
    /// With --print: columns and rows of the frame [default: 120x40]
    #[arg(long, value_name = "COLUMNSxROWS", value_parser = Size::parse)]
    pub size: Option<Size>,
}

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub columns: u16,
    pub rows: u16,
}

impl Size {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once(['x', 'X', '×']);
        let size = parts.and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
        match size {
            Some((columns @ 1..=1000, rows @ 1..=1000)) => Ok(Self { columns, rows }),
            Some(_) | None => Err("want columns and rows between 1 and 1000, such as 120x40".to_owned()),
        }
    }
}

/// How closely to look, and how to say it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "How to look")]
pub struct Look {
    /// Read every blob and compare it with its digest, not only its size with the manifest
    #[arg(long)]
    pub bytes: bool,
    /// Do not judge what a running push may still be writing until it is this old; 0 judges at once [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = config::parse_duration)]
    pub settle: Option<SignedDuration>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
#[command(after_long_help = super::json::HELP)]
pub struct Scan {
    /// What to look at: group/project/image:tag, …@sha256:…, a /v2/…/manifests/… path, or a full URL
    ///
    /// Without a tag, `latest` is meant. `-` reads references from standard input, one a line; so does
    /// leaving REF out when standard input is a pipe or a file.
    #[arg(value_name = "REF")]
    pub references: Vec<std::ffi::OsString>,
    #[command(flatten)]
    pub look: Look,
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
#[command(after_long_help = super::json::HELP)]
pub struct Audit {
    /// Group or repository to look at, with everything below it [default: the whole registry]
    #[arg(value_name = "PREFIX")]
    pub prefix: Option<std::ffi::OsString>,
    #[command(flatten)]
    pub look: Look,
    #[command(flatten)]
    pub place: Place,
}

/// What to do about the configuration file.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Write a commented configuration file, unless there is one
    Init,
    /// Read a configuration file and name every mistake in it
    Check {
        /// File to check [default: the one that is in use]
        file: Option<PathBuf>,
    },
    /// Print where the configuration file is looked for
    Path,
}
