//! Drains a server: nothing new goes there but from clients that stick to it.

use super::servers::{self, Wanted};
use super::{Ground, NoProposal};
use crate::model::{AdminState, Item, Setting, Target};

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let wanted = Wanted {
        to: &|was, _| Ok(Setting { state: AdminState::Drain, ..was }),
        after: "no new sessions but from clients that stick to it; what runs there goes on to its end; its checks go on"
            .to_owned(),
        mind: Vec::new(),
    };
    servers::item(ground, target, wanted).await
}
