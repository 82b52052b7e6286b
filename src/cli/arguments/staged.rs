//! What can be typed for the embedded site: which scenario, and where.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{Arming, Screen};
use crate::staging::scenario;

/// Arguments of `demo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Demo {
    /// What goes wrong there [default: broken-image]
    #[arg(value_name = "SCENARIO", value_parser = PossibleValuesParser::new(scenario::names()))]
    pub scenario: Option<String>,
    #[command(flatten)]
    pub screen: Screen,
    #[command(flatten)]
    pub arming: Arming,
}

/// Arguments of `staging`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Staging {
    /// What goes wrong there [default: broken-image]
    #[arg(value_name = "SCENARIO", value_parser = PossibleValuesParser::new(scenario::names()))]
    pub scenario: Option<String>,
    /// Print the scenarios that there are
    #[arg(long, conflicts_with_all = ["scenario", "port"])]
    pub list: bool,
    /// Listen on ports from this one on [default: free ones]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
}
