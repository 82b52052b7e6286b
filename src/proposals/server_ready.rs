//! Takes a server into use again, after it was drained or in maintenance.

use super::servers::{self, Wanted};
use super::{Ground, NoProposal};
use crate::model::{AdminState, Item, Setting, Target};

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let wanted = Wanted {
        to: &|was, _| Ok(Setting { state: AdminState::Ready, ..was }),
        after: "it is sent its share again, as soon as its checks find it up".to_owned(),
        mind: vec![
            "after maintenance HAProxy takes it for up at once, until a check finds otherwise".to_owned(),
        ],
    };
    servers::item(ground, target, wanted).await
}
