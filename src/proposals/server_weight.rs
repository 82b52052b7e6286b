//! Gives a server another weight: a number, so much more or less, or the one of the configuration file.

use super::servers::{self, Wanted};
use super::{Ground, NoProposal};
use crate::model::{Item, Setting, Target, Weight};

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let weight = target.object.as_deref().unwrap_or_default().parse::<Weight>();
    let weight = weight.map_err(NoProposal::NotHere)?;
    let wanted = Wanted {
        to: &|was, state| Ok(Setting { weight: weight.of(was.weight, state.initial_weight), ..was }),
        after: match weight {
            Weight::To(0) => "no new sessions but from clients that stick to it; its checks go on".to_owned(),
            Weight::To(_) | Weight::By(_) | Weight::Configured => {
                "it is sent more or less, in proportion to the weights of the others".to_owned()
            }
        },
        mind: vec![
            "a backend whose algorithm is fixed (source, uri, static-rr …) takes no weight but 0 % and 100 %: HAProxy \
             says so, and nothing is set"
                .to_owned(),
        ],
    };
    servers::item(ground, target, wanted).await
}
